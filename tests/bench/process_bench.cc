#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <optional>

#include "benchmarks.h"

namespace semper::bench {
namespace {

constexpr std::size_t kSizes[] = {10, 1'000, 10'000, 100'000};
constexpr std::size_t kUsual = 1'000;

/// As the command does: records of relevant findings only.
std::size_t evaluate(Evaluator& evaluator, const std::string& text) {
  std::size_t bytes = 0;
  const Evaluation& evaluation = evaluator.evaluate(text);
  for (std::size_t i = 0; i < evaluation.size(); ++i) {
    if (evaluation.decision(i) == Decision::kRelevant) bytes += evaluation.json(i).size();
  }
  return bytes;
}

void process(benchmark::State& state, const Data& data, std::size_t count, const Texts& texts) {
  Evaluator evaluator(*policy_set(data, count));
  std::size_t bytes = 0;
  for (const std::string& text : *texts) bytes += evaluate(evaluator, text);
  for (auto _ : state) {
    for (const std::string& text : *texts) benchmark::DoNotOptimize(evaluate(evaluator, text));
  }
  auto events = static_cast<double>(texts->size());
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * texts->size()));
  state.counters["event_bytes"] = static_cast<double>(total_size(*texts)) / events;
  state.counters["record_bytes"] = static_cast<double>(bytes) / events;
}

/// The events that both sets decide so; all of them where no decision is wanted.
Texts decided(const std::vector<std::string>& texts, std::optional<Decision> decision,
              const PolicySet& smallest, const PolicySet& largest) {
  if (!decision) return std::make_shared<std::vector<std::string>>(texts);
  auto chosen = std::make_shared<std::vector<std::string>>();
  Evaluator with_few(smallest);
  Evaluator with_many(largest);
  auto all_so = [&](Evaluator& evaluator, const std::string& text) {
    const Evaluation& evaluation = evaluator.evaluate(text);
    for (std::size_t i = 0; i < evaluation.size(); ++i) {
      if (evaluation.decision(i) != *decision) return false;
    }
    return evaluation.size() > 0;
  };
  for (const std::string& text : texts) {
    if (all_so(with_few, text) && all_so(with_many, text)) chosen->push_back(text);
  }
  return chosen;
}

void add(const Data& data, const std::string& name, std::optional<Decision> decision,
         const std::string& file) {
  std::size_t largest = kSizes[0];
  for (std::size_t size : kSizes) {
    if (data.has(fmt::format("policies-{}.jsonl", size))) largest = size;
  }
  // Read when first needed: other benchmarks need no set of 100,000 policies.
  auto chosen = std::make_shared<Texts>();
  auto texts = [&data, name, decision, file, largest, chosen] {
    if (!*chosen) {
      *chosen = decided(data.lines(file), decision, *policy_set(data, kSizes[0]),
                        *policy_set(data, largest));
      if ((*chosen)->empty()) fail(fmt::format("{}: no event is {}", file, name));
    }
    return *chosen;
  };
  register_readers(name, texts);
  for (std::size_t size : kSizes) {
    if (size > largest) continue;
    benchmark::RegisterBenchmark(
        fmt::format("process/{}/{}", name, size).c_str(),
        [&data, size, texts](benchmark::State& state) { process(state, data, size, texts()); });
  }
}

void add_threads(const Data& data) {
  auto texts =
      std::make_shared<const std::vector<std::string>>(data.lines("events-cloudtrail-2k.jsonl"));
  auto run = [&data, texts](benchmark::State& state) { process(state, data, kUsual, texts); };
  for (int threads : {1, 2}) {
    benchmark::RegisterBenchmark("threads/process", run)->Threads(threads)->UseRealTime();
  }
}

}  // namespace

void register_process(const Data& data) {
  add(data, "as they come", std::nullopt, "events-cloudtrail-2k.jsonl");
  add(data, "relevant", Decision::kRelevant, "events-cloudtrail-2k.jsonl");
  add(data, "dropped", Decision::kDropped, "events-cloudtrail-2k.jsonl");
  add(data, "no_finding", Decision::kNoFinding, "events-cloudtrail-raw.jsonl");
  add(data, "asff", Decision::kRelevant, "events-asff.jsonl");
  add_threads(data);
}

}  // namespace semper::bench
