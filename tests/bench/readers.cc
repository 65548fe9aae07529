#include <benchmark/benchmark.h>
#include <rapidjson/reader.h>
#include <simdjson.h>

#include "benchmarks.h"

namespace semper::bench {
namespace {

template <unsigned kFlags>
void rapidjson_sax(benchmark::State& state, const Texts& texts) {
  rapidjson::Reader reader;
  for (auto _ : state) {
    for (const std::string& text : *texts) {
      rapidjson::StringStream stream(text.c_str());
      rapidjson::BaseReaderHandler<> handler;
      benchmark::DoNotOptimize(reader.Parse<kFlags>(stream, handler).IsError());
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * texts->size()));
}

void simdjson_dom(benchmark::State& state, const Texts& texts) {
  std::vector<simdjson::padded_string> padded;
  for (const std::string& text : *texts) padded.emplace_back(text);
  simdjson::dom::parser parser;
  for (auto _ : state) {
    for (const simdjson::padded_string& text : padded) {
      benchmark::DoNotOptimize(parser.parse(text).error());
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * texts->size()));
}

}  // namespace

void register_readers(const std::string& name, std::function<Texts()> texts) {
  auto add = [&](const char* reader, auto function) {
    benchmark::RegisterBenchmark(
        ("read/" + std::string(reader) + "/" + name).c_str(),
        [function, texts](benchmark::State& state) { function(state, texts()); });
  };
  add("rapidjson_sax", rapidjson_sax<rapidjson::kParseDefaultFlags>);
  add("rapidjson_sax_utf8", rapidjson_sax<rapidjson::kParseValidateEncodingFlag>);
  add("simdjson_dom", simdjson_dom);
}

}  // namespace semper::bench
