#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "benchmarks.h"
#include "semper/semper.h"

// What the C ABI costs beside the C++ API: the same events, all records taken as JSON.
namespace semper::bench {
namespace {

constexpr std::size_t kPolicies = 1'000;
constexpr std::size_t kBatch = 64;

semper_string_view_t view(const std::string& text) {
  return {text.data(), text.size()};
}

void must(std::int32_t status, semper_error_t* error) {
  if (status == SEMPER_OK) return;
  semper_string_view_t message = semper_error_message(error);
  fail(std::string(message.data, message.size));
}

/// The handles of a host in C; the same policies and accounts as `policy_set`.
class Host {
 public:
  Host(const Data& data, const std::vector<PolicyText>& policies) {
    semper_error_t* error = nullptr;
    semper_compiler_t* compiler = nullptr;
    must(semper_compiler_create(&compiler, &error), error);
    std::string accounts = "file:" + data.path("accounts.jsonl");
    must(semper_compiler_add_builtin_provider(compiler, {"accounts", 8}, view(accounts), nullptr,
                                              &error),
         error);
    for (const PolicyText& policy : policies) {
      must(semper_compiler_add_policy(compiler, view(policy.id), view(policy.text), &error), error);
    }
    must(semper_compiler_compile(compiler, &policies_, &error), error);
    semper_compiler_free(compiler);
    must(semper_evaluator_create(policies_, nullptr, &evaluator_, &error), error);
    must(semper_result_create(&result_, &error), error);
  }
  ~Host() {
    semper_result_free(result_);
    semper_evaluator_free(evaluator_);
    semper_policy_set_free(policies_);
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  /// Bytes of the records.
  std::size_t evaluate(const std::string& event) {
    semper_error_t* error = nullptr;
    must(semper_evaluate(evaluator_, view(event), result_, &error), error);
    return record_bytes();
  }
  std::size_t evaluate(const std::vector<semper_string_view_t>& events) {
    semper_error_t* error = nullptr;
    must(semper_evaluate_batch(evaluator_, events.data(), events.size(), result_, &error), error);
    return record_bytes();
  }

 private:
  std::size_t record_bytes() const {
    std::size_t bytes = 0;
    std::size_t count = semper_result_count(result_);
    for (std::size_t i = 0; i < count; ++i) {
      semper_record_t record = SEMPER_RECORD_INIT;
      semper_result_record(result_, i, &record, nullptr);
      bytes += record.json.size;
    }
    return bytes;
  }

  semper_policy_set_t* policies_ = nullptr;
  semper_evaluator_t* evaluator_ = nullptr;
  semper_result_t* result_ = nullptr;
};

std::size_t evaluate(Evaluator& evaluator, const std::string& event) {
  std::size_t bytes = 0;
  const Evaluation& evaluation = evaluator.evaluate(event);
  for (std::size_t i = 0; i < evaluation.size(); ++i) bytes += evaluation.json(i).size();
  return bytes;
}

template <class Run>
void measure(benchmark::State& state, std::size_t events, Run run) {
  std::size_t bytes = run();
  for (auto _ : state) benchmark::DoNotOptimize(run());
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * events));
  state.counters["record_bytes"] = static_cast<double>(bytes) / static_cast<double>(events);
}

void add(const Data& data, const std::string& name, Decision decision) {
  auto chosen = std::make_shared<std::vector<std::string>>();
  auto texts = [&data, decision, chosen]() -> const std::vector<std::string>& {
    if (!chosen->empty()) return *chosen;
    Evaluator evaluator(*policy_set(data, kPolicies));
    for (const std::string& text : data.lines("events-cloudtrail-2k.jsonl")) {
      const Evaluation& evaluation = evaluator.evaluate(text);
      if (evaluation.size() == 1 && evaluation.decision(0) == decision) chosen->push_back(text);
    }
    if (chosen->empty()) fail("no event is " + std::string(to_string(decision)));
    return *chosen;
  };
  auto cpp = [&data, texts](benchmark::State& state) {
    Evaluator evaluator(*policy_set(data, kPolicies));
    measure(state, texts().size(), [&] {
      std::size_t bytes = 0;
      for (const std::string& text : texts()) bytes += evaluate(evaluator, text);
      return bytes;
    });
  };
  // One host for all rounds, as C++ has one policy set: a new one would lie in colder memory.
  auto host = [&data]() -> Host& {
    static Host made(data, policy_texts(data, kPolicies));
    return made;
  };
  auto single = [host, texts](benchmark::State& state) {
    measure(state, texts().size(), [&] {
      std::size_t bytes = 0;
      for (const std::string& text : texts()) bytes += host().evaluate(text);
      return bytes;
    });
  };
  auto batch = [host, texts](benchmark::State& state) {
    std::vector<std::vector<semper_string_view_t>> batches;
    for (const std::string& text : texts()) {
      if (batches.empty() || batches.back().size() == kBatch) batches.emplace_back();
      batches.back().push_back(view(text));
    }
    measure(state, texts().size(), [&] {
      std::size_t bytes = 0;
      for (const auto& events : batches) bytes += host().evaluate(events);
      return bytes;
    });
  };
  benchmark::RegisterBenchmark(fmt::format("c abi/C++/{}", name).c_str(), cpp);
  benchmark::RegisterBenchmark(fmt::format("c abi/semper_evaluate/{}", name).c_str(), single);
  benchmark::RegisterBenchmark(fmt::format("c abi/semper_evaluate_batch/{}", name).c_str(), batch);
}

}  // namespace

void register_c_abi(const Data& data) {
  add(data, "relevant", Decision::kRelevant);
  add(data, "dropped", Decision::kDropped);
}

}  // namespace semper::bench
