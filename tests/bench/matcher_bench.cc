#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "benchmarks.h"

namespace semper::bench {
namespace {

using pattern::Arrays;
using pattern::Dialect;

constexpr const char* kPredicates[] = {"exact",   "prefix",   "suffix", "wildcard", "ignore-case",
                                       "numeric", "cidr",     "exists", "or",       "anything-but",
                                       "regex",   "contains", "arrays", "mixed"};
constexpr const char* kWildcards[] = {
    "plain",           "single characters", "shared pieces",         "many stars",
    "repeated letter", "nested beginnings", "no literal at the ends"};
constexpr std::size_t kListSizes[] = {10, 100, 1'000, 10'000};

Texts events(const Data& data, const std::string& name) {
  return std::make_shared<const std::vector<std::string>>(data.lines("events-" + name + ".jsonl"));
}

/// Only the matcher: the events were parsed before.
void match(benchmark::State& state, const pattern::Program& program, const Texts& texts) {
  std::vector<json::EventDocument> documents(texts->size());
  for (std::size_t i = 0; i < texts->size(); ++i) {
    if (!documents[i].parse((*texts)[i])) fail(documents[i].error().message);
  }
  pattern::Matcher matcher(program);
  std::vector<std::uint32_t> matched;
  std::size_t matches = 0;
  for (const json::EventDocument& document : documents) {
    matcher.match({document.root(), {}}, matched);
    matches += matched.size();
  }
  for (auto _ : state) {
    for (const json::EventDocument& document : documents) {
      matcher.match({document.root(), {}}, matched);
      benchmark::DoNotOptimize(matched.size());
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * texts->size()));
  state.counters["matches"] = static_cast<double>(matches) / static_cast<double>(texts->size());
}

/// From bytes to matches, as `semper match`.
void parse_and_match(benchmark::State& state, const pattern::Program& program, const Texts& texts) {
  json::EventDocument document;
  pattern::Matcher matcher(program);
  std::vector<std::uint32_t> matched;
  std::size_t matches = 0;
  auto pass = [&] {
    for (const std::string& text : *texts) {
      document.parse(text);
      matcher.match({document.root(), {}}, matched);
      matches += matched.size();
    }
  };
  pass();
  double per_event = static_cast<double>(matches) / static_cast<double>(texts->size());
  for (auto _ : state) pass();
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * texts->size()));
  state.counters["matches"] = per_event;
}

template <class Function>
void add(const Data& data, const std::string& name, const std::string& file, Dialect dialect,
         Arrays arrays, const Texts& texts, Function function) {
  benchmark::RegisterBenchmark(name.c_str(), [=, &data](benchmark::State& state) {
    function(state, program(data, file, dialect, arrays), texts);
  });
}

}  // namespace

void register_matcher(const Data& data) {
  Texts cloudtrail = events(data, "cloudtrail-1.5k");
  Texts with_lists = events(data, "arrays-20");
  for (const std::string predicate : kPredicates) {
    const Texts& texts = predicate == "arrays" ? with_lists : cloudtrail;
    add(data, "matcher/" + predicate, "matcher/" + predicate + ".jsonl", Dialect::kSemper,
        Arrays::kAny, texts, match);
  }
  for (const std::string set : kWildcards) {
    add(data, "wildcards/" + set, "wildcards/" + set + ".jsonl", Dialect::kEventBridge,
        Arrays::kAny, cloudtrail, parse_and_match);
  }
  for (std::size_t size : kListSizes) {
    Texts texts = events(data, fmt::format("arrays-{}-measured", size));
    auto add_lists = [&](const char* what, const char* set, Dialect dialect, Arrays arrays) {
      add(data, fmt::format("lists/{}/{}", what, size), fmt::format("lists/{}.jsonl", set), dialect,
          arrays, texts, parse_and_match);
    };
    add_lists("any", "fixed", Dialect::kSemper, Arrays::kAny);
    add_lists("all", "fixed", Dialect::kSemper, Arrays::kAll);
    add_lists("eventbridge", "fixed", Dialect::kEventBridge, Arrays::kAny);
    add_lists("any of 1000 patterns", "many", Dialect::kSemper, Arrays::kAny);
    add_lists("any of 1000 wildcards", "wildcards", Dialect::kSemper, Arrays::kAny);
    add_lists("all of 1000 patterns", "many", Dialect::kSemper, Arrays::kAll);
  }
}

}  // namespace semper::bench
