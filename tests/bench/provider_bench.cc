#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "benchmarks.h"
#ifdef SEMPER_HAS_SQLITE
#include <sqlite3.h>
#endif

namespace semper::bench {
namespace {

/// From bytes to record, with the accounts from a file as it is or with everything around it.
void add_process(const Data& data, const char* name, bool guarded) {
  benchmark::RegisterBenchmark(name, [&data, guarded](benchmark::State& state) {
    auto accounts = open_account_file(data.path("accounts.jsonl"));
    if (!accounts) fail(accounts.status().message());
    PolicySet policies =
        compile(policy_texts(data, 1'000), guarded ? guard_provider(*accounts) : *accounts);
    Evaluator evaluator(policies);
    std::vector<std::string> texts = data.lines("events-cloudtrail-2k.jsonl");
    auto evaluate = [&](const std::string& text) {
      const Evaluation& evaluation = evaluator.evaluate(text);
      std::size_t bytes = 0;
      for (std::size_t i = 0; i < evaluation.size(); ++i) {
        if (evaluation.decision(i) == Decision::kRelevant) bytes += evaluation.json(i).size();
      }
      return bytes;
    };
    for (const std::string& text : texts) evaluate(text);
    for (auto _ : state) {
      for (const std::string& text : texts) benchmark::DoNotOptimize(evaluate(text));
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * texts.size()));
  });
}

#ifdef SEMPER_HAS_SQLITE
constexpr int kRows = 1'000'000;
constexpr int kKeys = 1'000;

std::string database(const Data& data) {
  std::string path = data.path("assets.db");
  if (data.has("assets.db")) return path;
  sqlite3* database = nullptr;
  std::string sql = fmt::format(
      "CREATE TABLE assets(id TEXT PRIMARY KEY, owner TEXT, tier INTEGER);"
      "WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < {}) "
      "INSERT INTO assets SELECT 'host-' || n, 'owner ' || n, n % 3 FROM c",
      kRows - 1);
  bool made = sqlite3_open(path.c_str(), &database) == SQLITE_OK &&
              sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
  sqlite3_close(database);
  if (!made) fail(path + " cannot be made");
  return path;
}

/// Takes one answer. What the evaluator does with it is the same wherever it came from.
class OneKey : public LookupCall {
 public:
  std::string_view asked;
  std::size_t bytes = 0;

  std::size_t size() const override { return 1; }
  std::string_view key(std::size_t) const override { return asked; }
  Deadline deadline() const override { return Deadline::max(); }
  void set_json(std::size_t, std::string_view json) override { bytes += json.size(); }
  void set_absent(std::size_t) override { fail(0, "absent"); }
  void fail(std::size_t, std::string_view reason) override { bench::fail(std::string(reason)); }
};

/// One key a batch, as one finding asks. Keys are spread over the whole table.
void add_lookup(const Data& data, const char* name, std::string options) {
  benchmark::RegisterBenchmark(name, [&data, options](benchmark::State& state) {
    auto provider =
        open_provider("cmdb", "sqlite:" + database(data) +
                                  "?query=SELECT owner, tier FROM assets WHERE id = ?" + options);
    if (!provider) fail(provider.status().message());
    std::vector<std::string> keys;
    for (int i = 0; i < kKeys; ++i) keys.push_back(fmt::format("host-{}", i * 997 % kRows));
    OneKey call;
    auto ask = [&] {
      for (const std::string& key : keys) {
        call.asked = key;
        (*provider)->lookup(call);
      }
    };
    ask();
    for (auto _ : state) ask();
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kKeys));
  });
}
#endif

}  // namespace

void register_providers(const Data& data) {
  add_process(data, "providers/file", false);
  add_process(data, "providers/file with everything around it", true);
#ifdef SEMPER_HAS_SQLITE
  add_lookup(data, "providers/sqlite from the database", "&cacheBytes=0");
  add_lookup(data, "providers/sqlite from the cache", "");
#endif
}

}  // namespace semper::bench
