#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>
#include <rapidjson/document.h>

#include <map>

#include "benchmarks.h"

namespace semper::bench {
namespace {

using Policies = std::shared_ptr<const std::vector<PolicyText>>;

constexpr std::size_t kSizes[] = {1'000, 10'000, 100'000};

double heap_bytes() {
  struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
}

void compile_set(benchmark::State& state, const Data& data, const Policies& policies) {
  auto accounts = open_account_file(data.path("accounts.jsonl"));
  if (!accounts) fail(accounts.status().message());
  auto count = static_cast<double>(policies->size());
  for (auto _ : state) {
    state.PauseTiming();
    double before = heap_bytes();
    state.ResumeTiming();
    PolicySet set = compile(*policies, *accounts);
    state.PauseTiming();
    double compiled = heap_bytes();
    state.counters["set_bytes_per_policy"] = (compiled - before) / count;
    {
      Evaluator evaluator(set);
      state.counters["evaluator_bytes_per_policy"] = (heap_bytes() - compiled) / count;
    }
    set = PolicySet();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * policies->size()));
}

void rapidjson_documents(benchmark::State& state, const Policies& policies) {
  for (auto _ : state) {
    for (const PolicyText& policy : *policies) {
      rapidjson::Document document;
      document.Parse(policy.text.c_str(), policy.text.size());
      benchmark::DoNotOptimize(document.HasParseError());
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * policies->size()));
}

}  // namespace

void register_compile(const Data& data) {
  for (std::size_t size : kSizes) {
    if (!data.has(fmt::format("policies-{}.jsonl", size))) continue;
    auto read = [&data, size] {
      static std::map<std::size_t, Policies> sets;
      Policies& policies = sets[size];
      if (!policies) {
        policies = std::make_shared<const std::vector<PolicyText>>(policy_texts(data, size));
      }
      return policies;
    };
    benchmark::RegisterBenchmark(
        fmt::format("compile/semper/{}", size).c_str(),
        [&data, read](benchmark::State& state) { compile_set(state, data, read()); })
        ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark(
        fmt::format("compile/rapidjson/{}", size).c_str(),
        [read](benchmark::State& state) { rapidjson_documents(state, read()); })
        ->Unit(benchmark::kMillisecond);
  }
}

}  // namespace semper::bench
