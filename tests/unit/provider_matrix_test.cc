/// Every provider × everything that may happen to it × what policies do with its answers: nothing
/// is dropped for lack of knowledge, the record tells what was known, the counters add up, and
/// where the source is back so are its answers.
#include <thread>

#include "semper/semper.hpp"
#include "unit/provider_case.h"
#ifdef SEMPER_HAS_SQLITE
#include "unit/sqlite_file.h"
#endif
#ifdef SEMPER_HAS_GEOIP
#include "unit/mmdb_writer.h"
#endif
#include "unit/redis_server.h"

using namespace semper;
using namespace semper::test;
using Mood = Source::Mood;

namespace {

constexpr std::string_view kAccount = "111111111111";
constexpr std::string_view kContext =
    R"({"accountId":"111111111111","accountTags":{"env":"prod"}})";
constexpr std::string_view kGarbage = R"({"accountId":"111111)";

/// A source that the test makes do things.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view type() const = 0;
  /// The provider `name`, guarded, with what `options` say.
  virtual std::shared_ptr<ContextProvider> open(std::string name,
                                                const ProviderOptions& options) = 0;
  virtual void answers() = 0;
  virtual void absent() = 0;
  virtual void fails() = 0;
  virtual void slow() = 0;
  virtual void garbage() = 0;
  virtual void dies() = 0;
  /// What it knew stays known, as stale, while its source is unusable.
  virtual bool keeps_old() const { return false; }

 protected:
  static std::shared_ptr<ContextProvider> built_in(std::string_view name, const std::string& spec,
                                                   const ProviderOptions& options) {
    auto opened = open_provider(name, spec, options);
    INFO((opened.ok() ? "" : opened.status().message()));
    REQUIRE(opened.ok());
    return *opened;
  }
};

class CallbackBackend : public Backend {
 public:
  explicit CallbackBackend(FakeClock& clock) : clock_(clock) { source_.json = kContext; }
  std::string_view type() const override { return "callback"; }
  std::shared_ptr<ContextProvider> open(std::string name, const ProviderOptions& options) override {
    return guard_provider(source_.provider(std::move(name)), options);
  }
  void answers() override { set(Mood::kAnswers); }
  void absent() override { set(Mood::kAbsent); }
  void fails() override { set(Mood::kFails); }
  void garbage() override { set(Mood::kGarbage); }
  void dies() override { set(Mood::kThrows); }
  void slow() override {
    set(Mood::kAnswers);
    source_.meanwhile = [this] { clock_.advance(seconds(1)); };
  }

 protected:
  void set(Mood mood) {
    source_.meanwhile = nullptr;
    source_.mood = mood;
  }
  FakeClock& clock_;
  Source source_;
};

/// Its first link never knows.
class ChainBackend : public CallbackBackend {
 public:
  using CallbackBackend::CallbackBackend;
  std::string_view type() const override { return "chain"; }
  std::shared_ptr<ContextProvider> open(std::string name, const ProviderOptions& options) override {
    first_.mood = Mood::kAbsent;
    return guard_provider(make_chain_provider(name, {first_.provider(), source_.provider()}),
                          options);
  }

 private:
  Source first_;
};

class FileBackend : public Backend {
 public:
  std::string_view type() const override { return "file"; }
  bool keeps_old() const override { return true; }
  std::shared_ptr<ContextProvider> open(std::string name, const ProviderOptions& options) override {
    return built_in(name, "file:" + directory_.path("a.json") + "?key=accountId&keyKind=account",
                    options);
  }
  void answers() override { directory_.write("a.json", "[" + std::string(kContext) + "]"); }
  void absent() override { directory_.write("a.json", "[]"); }
  void fails() override { std::filesystem::remove(directory_.path("a.json")); }
  void garbage() override { directory_.write("a.json", kGarbage); }
  void dies() override { directory_.write("a.json", ""); }
  void slow() override {
    // Whoever opened it as a file would wait for ever.
    std::filesystem::remove(directory_.path("a.json"));
    REQUIRE(mkfifo(directory_.path("a.json").c_str(), 0600) == 0);
  }

 private:
  TempDir directory_;
};

#ifdef SEMPER_HAS_SQLITE
class SqliteBackend : public Backend {
 public:
  SqliteBackend() { create(); }
  std::string_view type() const override { return "sqlite"; }
  std::shared_ptr<ContextProvider> open(std::string name, const ProviderOptions& options) override {
    return built_in(
        name, "sqlite:" + path_ + "?deadline=20ms&query=SELECT json FROM accounts WHERE id = ?",
        options);
  }
  void answers() override { put(kContext); }
  void absent() override { run("DELETE FROM accounts"); }
  void fails() override { run("DROP TABLE accounts"); }
  void garbage() override { put(kGarbage); }
  void dies() override { directory_.write("a.db", std::string(5000, 'x')); }
  void slow() override {
    put(kContext);
    writer_ = std::make_unique<SqliteFile>(path_);
    writer_->run("BEGIN EXCLUSIVE");
  }

 private:
  void create() {
    std::string next = directory_.path("next.db");
    SqliteFile(next).run("CREATE TABLE accounts(id TEXT PRIMARY KEY, json TEXT)");
    std::filesystem::rename(next, path_);
  }
  void run(const std::string& sql) {
    writer_.reset();
    create();
    SqliteFile(path_).run(sql);
  }
  void put(std::string_view json) {
    run("INSERT INTO accounts VALUES('" + std::string(kAccount) + "', '" + std::string(json) +
        "')");
  }
  TempDir directory_;
  std::string path_ = directory_.path("a.db");
  std::unique_ptr<SqliteFile> writer_;
};
#endif

#ifdef SEMPER_HAS_GEOIP
/// Knows addresses only: no account tag comes from it, so that it has columns of its own.
class GeoipBackend : public Backend {
 public:
  std::string_view type() const override { return "geoip"; }
  bool keeps_old() const override { return true; }
  std::shared_ptr<ContextProvider> open(std::string name, const ProviderOptions& options) override {
    return built_in(name, "geoip:" + directory_.path("a.mmdb"), options);
  }
  void answers() override { directory_.write("a.mmdb", database(0x51024500)); }
  void absent() override { directory_.write("a.mmdb", database(0x0A000000)); }
  void fails() override { std::filesystem::remove(directory_.path("a.mmdb")); }
  void garbage() override { directory_.write("a.mmdb", kGarbage); }
  void dies() override {
    // In place, as `cp` does.
    std::filesystem::resize_file(directory_.path("a.mmdb"), 0);
  }
  void slow() override {
    std::filesystem::remove(directory_.path("a.mmdb"));
    REQUIRE(mkfifo(directory_.path("a.mmdb").c_str(), 0600) == 0);
  }

 private:
  static std::string database(std::uint32_t network) {
    MmdbWriter writer;
    writer.add(network, 24, MmdbWriter::city("GB", "United Kingdom", "London"));
    return writer.file();
  }
  TempDir directory_;
};
#endif

class RedisBackend : public Backend {
 public:
  std::string_view type() const override { return "redis"; }
  std::shared_ptr<ContextProvider> open(std::string name, const ProviderOptions& options) override {
    return built_in(name, "redis:" + server_.address() + "?deadline=20ms", options);
  }
  void answers() override { put(kContext); }
  void absent() override { run("DEL " + std::string(kAccount)); }
  void fails() override {
    absent();
    server_.command("LPUSH " + std::string(kAccount) + " x");
  }
  void garbage() override { put(kGarbage); }
  void dies() override {
    server_.stop();
    down_ = true;
  }
  void slow() override {
    put(kContext);
    server_.suspend();
  }

 private:
  void run(const std::string& command) {
    if (down_) server_.start();
    down_ = false;
    server_.resume();
    server_.command(command);
  }
  void put(std::string_view json) {
    std::string quoted;
    for (char c : json) quoted += c == '"' ? "\\\"" : std::string(1, c);
    run("SET " + std::string(kAccount) + " \"" + quoted + "\"");
  }
  RedisServer server_;
  bool down_ = false;
};

struct Seen {
  Decision decision;
  std::string json;
  bool has(std::string_view part) const { return json.find(part) != std::string::npos; }
};

/// What a policy does with the provider's answer, and how the record shows it.
struct Column {
  std::string_view name;
  std::string_view provider;
  std::string_view policy_id;
  std::string_view policy;
  void (*known)(const Seen&);
  void (*unknown)(const Seen&);
  std::string_view asks = {};  ///< another extension policy, which asks the provider
};

constexpr Column kFilterColumn = {
    "filter by account tag",
    "accounts",
    "20_filtering/cloudtrail_api_calls/f",
    R"({"metaData":{"title":"t"},"filtering":{"findingPattern":{"detail":{"eventName":["DeleteKey"]}},)"
    R"("policyScope":{"accountScope":{"exclude":"*","forceInclude":{"accountTags":{"env":"prod"}}}}}})",
    [](const Seen& seen) {
      CHECK(seen.decision == Decision::kDropped);
      CHECK(seen.has(
          R"("accountContext":{"accountId":"111111111111","accountTags":{"env":"prod"}})"));
    },
    [](const Seen& seen) {
      CHECK(seen.decision == Decision::kRelevant);
      CHECK(seen.has(R"("effect":"undetermined")"));
      CHECK(seen.has(R"("accountContext":{"accountId":"111111111111"})"));
    }};

constexpr Column kExtensionColumn = {
    "extension for accounts with a tag",
    "accounts",
    "30_extension/e",
    R"({"metaData":{"title":"t"},"extension":{"findingPattern":{"detail":{"eventName":["DeleteKey"]}},)"
    R"("extensionBlock":{"note":{"text":"production"}},)"
    R"("policyScope":{"accountScope":{"exclude":"*","forceInclude":{"accountTags":{"env":"prod"}}}}}})",
    [](const Seen& seen) {
      CHECK(seen.decision == Decision::kRelevant);
      CHECK(seen.has(R"("extensions":{"note":{"text":"production"}})"));
      CHECK(seen.has(R"("effect":"extend")"));
    },
    [](const Seen& seen) {
      CHECK(seen.decision == Decision::kRelevant);
      CHECK(!seen.has(R"("extensions")"));
      CHECK(seen.has(R"("effect":"undetermined")"));
    }};

constexpr Column kTemplateColumn = {
    "template that names the account's tag",
    "accounts",
    "30_extension/t",
    R"({"metaData":{"title":"t"},"extension":{"findingPattern":{"detail":{"eventName":["DeleteKey"]}},)"
    R"("extensionBlock":{"note":{"text":"always","env":"${normalized.accountTags.env}"}}}})",
    [](const Seen& seen) {
      CHECK(seen.decision == Decision::kRelevant);
      CHECK(seen.has(R"("extensions":{"note":{"text":"always","env":"prod"}})"));
    },
    [](const Seen& seen) {
      CHECK(seen.decision == Decision::kRelevant);
      CHECK(seen.has(R"("extensions":{"note":{"text":"always"}})"));
      CHECK(seen.has(R"("code":"unanswered_reference")"));
    }};

constexpr Column kContextColumn = {
    "what a policy asks for itself",
    "cmdb",
    "30_extension/c",
    R"({"metaData":{"title":"t"},"extension":{"findingPattern":{"detail":{"eventName":["DeleteKey"]}},)"
    R"("contextBlock":[{"provider":"cmdb","key":"${normalized.accountId}"}],)"
    R"("extensionBlock":{"note":{"text":"always","env":"${context.cmdb[0].value.accountTags.env}"}}}})",
    [](const Seen& seen) {
      CHECK(seen.decision == Decision::kRelevant);
      CHECK(seen.has(R"("context":{"cmdb":[{"key":"111111111111","value":{)"));
      CHECK(seen.has(R"("extensions":{"note":{"text":"always","env":"prod"}})"));
    },
    [](const Seen& seen) {
      CHECK(seen.decision == Decision::kRelevant);
      CHECK(seen.has(R"("extensions":{"note":{"text":"always"}})"));
      CHECK(seen.has(R"("context":{"cmdb":[]})"));
      CHECK(seen.has(
          R"("cmdb":{"provider":"cmdb","status":"missing","missing":[{"key":"111111111111","state":")"));
    }};

constexpr Column kContextPatternColumn = {
    "extension where what a policy asked for has a tag",
    "cmdb",
    "30_extension/p",
    R"({"metaData":{"title":"t"},"extension":{"findingPattern":{"context":{"cmdb":{"value":{"accountTags":{"env":["prod"]}}}}},)"
    R"("extensionBlock":{"note":{"text":"production"}}}})",
    [](const Seen& seen) {
      CHECK(seen.decision == Decision::kRelevant);
      CHECK(seen.has(R"("extensions":{"note":{"text":"production"}})"));
    },
    [](const Seen& seen) {
      CHECK(seen.decision == Decision::kRelevant);
      CHECK(!seen.has(R"("extensions")"));
      // What failed may hold it; what is absent does not.
      CHECK(seen.has(R"("state":"failed")") == seen.has(R"("effect":"undetermined")"));
    },
    R"({"metaData":{"title":"t"},"extension":{"findingPattern":{"detail":{"eventName":["DeleteKey"]}},)"
    R"("contextBlock":[{"provider":"cmdb","key":"${normalized.accountId}"}]}})"};

#ifdef SEMPER_HAS_GEOIP
constexpr Column kGeoFilterColumn = {"filter by account tag, of accounts that it does not know",
                                     "accounts",
                                     "20_filtering/cloudtrail_api_calls/f",
                                     kFilterColumn.policy,
                                     [](const Seen& seen) { kFilterColumn.unknown(seen); },
                                     [](const Seen& seen) { kFilterColumn.unknown(seen); }};

constexpr Column kGeoTemplateColumn = {
    "template with the country of the caller",
    "geo",
    "30_extension/g",
    R"({"metaData":{"title":"t"},"extension":{"findingPattern":{"detail":{"eventName":["DeleteKey"]}},)"
    R"("contextBlock":[{"provider":"geo","key":"${normalized.sourceIp}"}],)"
    R"("extensionBlock":{"note":{"text":"always","from":"${context.geo[0].value.countryCode}"}}}})",
    [](const Seen& seen) {
      CHECK(seen.decision == Decision::kRelevant);
      CHECK(seen.has(R"("context":{"geo":[{"key":"81.2.69.160","value":{"countryCode":"GB",)"));
      CHECK(seen.has(R"("extensions":{"note":{"text":"always","from":"GB"}})"));
    },
    [](const Seen& seen) {
      CHECK(seen.decision == Decision::kRelevant);
      CHECK(seen.has(R"("extensions":{"note":{"text":"always"}})"));
      CHECK(seen.has(R"("context":{"geo":[]})"));
    }};

constexpr Column kGeoExtensionColumn = {
    "extension for callers of a country",
    "geo",
    "30_extension/p",
    R"({"metaData":{"title":"t"},"extension":{"findingPattern":{"context":{"geo":{"value":{"countryCode":["GB"]}}}},)"
    R"("extensionBlock":{"note":{"text":"abroad"}}}})",
    [](const Seen& seen) {
      CHECK(seen.decision == Decision::kRelevant);
      CHECK(seen.has(R"("extensions":{"note":{"text":"abroad"}})"));
    },
    kContextPatternColumn.unknown,
    R"({"metaData":{"title":"t"},"extension":{"findingPattern":{"detail":{"eventName":["DeleteKey"]}},)"
    R"("contextBlock":[{"provider":"geo","key":"${normalized.sourceIp}"}]}})"};
#endif

constexpr std::string_view kEvent =
    R"({"version":"0","id":"1","detail-type":"AWS API Call via CloudTrail","account":"111111111111",)"
    R"("time":"2026-01-01T00:00:00Z","region":"eu-central-1","detail":{"eventSource":"kms.amazonaws.com",)"
    R"("eventID":"e","eventName":"DeleteKey","sourceIPAddress":"81.2.69.160","awsRegion":"eu-central-1","recipientAccountId":"111111111111"}})";

class Trial {
 public:
  Trial(Backend& backend, FakeClock& clock, const Column& column, seconds stale_if_error)
      : backend_(backend), clock_(clock), column_(column) {
    ProviderOptions options;
    options.clock = clock.function();
    options.ttl = seconds(10);
    options.negative_ttl = seconds(10);
    options.stale_if_error = stale_if_error;
    backend.answers();
    provider_ = backend.open(std::string(column.provider), options);
    Compiler compiler;
    REQUIRE(compiler.add_provider(column.provider, provider_).ok());
    REQUIRE(compiler.add_policy(column.policy_id, column.policy).ok());
    if (!column.asks.empty()) {
      REQUIRE(compiler.add_policy("30_extension/asks", column.asks).ok());
    }
    auto policies = compiler.compile();
    REQUIRE(policies.ok());
    evaluator_ = std::make_unique<Evaluator>(*policies);
  }

  /// Beyond every TTL, cool-down and interval of a reload.
  void pass_time() { clock_.advance(seconds(60)); }
  Seen see() {
    const Evaluation& evaluation = evaluator_->evaluate(kEvent);
    REQUIRE(evaluation.size() == 1);
    return {evaluation.decision(0), std::string(evaluation.json(0))};
  }
  void expect_fresh() {
    Seen seen = see();
    column_.known(seen);
    CHECK(seen.has(R"("status":"fresh")"));
  }
  void expect_stale() {
    Seen seen = see();
    column_.known(seen);
    CHECK(seen.has(R"("status":"stale","ageSeconds":)"));
  }
  void expect_missing() {
    Seen seen = see();
    column_.unknown(seen);
    CHECK(seen.has(R"("status":"missing","reason":")"));
  }
  void check_counters() {
    const Counters& counters = evaluator_->counters();
    CHECK(counters.in ==
          counters.relevant + counters.dropped + counters.no_finding + counters.invalid);
    ProviderCounters provider = provider_->counters();
    CHECK(provider.asked == counters.in);
    CHECK(provider.asked == provider.found + provider.stale + provider.absent + provider.failed);
  }
  const PolicySet& policies() const { return evaluator_->policies(); }
  ProviderCounters counters() const { return provider_->counters(); }

 private:
  Backend& backend_;
  FakeClock& clock_;
  const Column& column_;
  std::shared_ptr<ContextProvider> provider_;
  std::unique_ptr<Evaluator> evaluator_;
};

void try_everything(Backend& backend, FakeClock& clock, const Column& column) {
  CAPTURE(backend.type());
  CAPTURE(column.name);
  using Change = void (Backend::*)();
  struct {
    std::string_view name;
    Change change;
  } troubles[] = {{"fails", &Backend::fails},
                  {"slow", &Backend::slow},
                  {"garbage", &Backend::garbage},
                  {"dies", &Backend::dies}};
  for (auto [name, change] : troubles) {
    CAPTURE(name);
    Trial trial(backend, clock, column, seconds(0));
    trial.expect_fresh();
    (backend.*change)();
    trial.pass_time();
    backend.keeps_old() ? trial.expect_stale() : trial.expect_missing();
    // It comes back.
    backend.answers();
    trial.pass_time();
    trial.expect_fresh();
    // What it is sure not to have was never known: trouble then tells nothing.
    backend.absent();
    trial.pass_time();
    trial.expect_missing();
    (backend.*change)();
    trial.pass_time();
    trial.expect_missing();
    CHECK(trial.counters().failed > 0);
    trial.check_counters();
    backend.answers();
  }
  for (auto [name, change] : troubles) {
    CAPTURE(name);
    Trial trial(backend, clock, column, seconds(3600));
    trial.expect_fresh();
    (backend.*change)();
    trial.pass_time();
    trial.expect_stale();
    CHECK(trial.counters().stale > 0);
    trial.check_counters();
    backend.answers();
  }
}

/// Findings are evaluated by eight threads while the source changes: each is decided by one content
/// or the other, all come out.
void try_reload(Backend& backend, FakeClock& clock, const Column& column) {
  CAPTURE(backend.type());
  Trial trial(backend, clock, column, seconds(0));
  std::vector<std::thread> threads;
  std::atomic<int> seen{0};
  std::atomic<bool> done{false};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      Evaluator evaluator(trial.policies());
      while (!done) {
        const Evaluation& evaluation = evaluator.evaluate(kEvent);
        bool decided = evaluation.decision(0) == Decision::kDropped ||
                       evaluation.decision(0) == Decision::kRelevant;
        if (evaluation.size() != 1 || !decided) seen = -1'000'000;
        ++seen;
        std::this_thread::yield();
      }
    });
  }
  for (int i = 0; i < 10; ++i) {
    i % 2 == 0 ? backend.absent() : backend.answers();
    trial.pass_time();
    int before = seen;
    while (seen >= before && seen < before + 8) std::this_thread::yield();
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(seen > 0);
  trial.pass_time();
  trial.expect_fresh();
}

void try_columns(Backend& backend, FakeClock& clock,
                 std::initializer_list<const Column*> columns = {&kFilterColumn, &kExtensionColumn,
                                                                 &kTemplateColumn, &kContextColumn,
                                                                 &kContextPatternColumn}) {
  for (const Column* column : columns) {
    try_everything(backend, clock, *column);
    try_reload(backend, clock, *column);
  }
}

TEST_CASE("callback") {
  FakeClock clock;
  CallbackBackend backend(clock);
  try_columns(backend, clock);
}

TEST_CASE("chain") {
  FakeClock clock;
  ChainBackend backend(clock);
  try_columns(backend, clock);
}

TEST_CASE("file") {
  FakeClock clock;
  FileBackend backend;
  try_columns(backend, clock);
}

#ifdef SEMPER_HAS_SQLITE
TEST_CASE("sqlite") {
  FakeClock clock;
  SqliteBackend backend;
  try_columns(backend, clock);
}
#endif

#ifdef SEMPER_HAS_GEOIP
TEST_CASE("geoip") {
  FakeClock clock;
  GeoipBackend backend;
  try_columns(backend, clock, {&kGeoTemplateColumn, &kGeoExtensionColumn});
  // As the source of account contexts it knows nothing, whatever happens: nothing is dropped.
  for (auto change : {&Backend::answers, &Backend::absent, &Backend::fails, &Backend::slow,
                      &Backend::garbage, &Backend::answers}) {
    Trial trial(backend, clock, kGeoFilterColumn, seconds(3600));
    (static_cast<Backend&>(backend).*change)();
    trial.pass_time();
    trial.expect_missing();
    trial.check_counters();
    backend.answers();
  }
}
#endif

TEST_CASE("redis") {
#ifdef SEMPER_HAS_REDIS
  if (!RedisServer::is_installed()) {
    MESSAGE("skipped: redis-server is not installed");
    return;
  }
  FakeClock clock;
  RedisBackend backend;
  try_columns(backend, clock);
#endif
}

TEST_CASE("a provider that is down is not asked for every finding") {
  FakeClock clock;
  CallbackBackend backend(clock);
  Trial trial(backend, clock, kFilterColumn, seconds(0));
  backend.dies();
  trial.pass_time();
  for (int i = 0; i < 1000; ++i) {
    trial.expect_missing();
    // Each time beyond the error TTL, so that the breaker is what keeps the calls away.
    clock.advance(milliseconds(1001));
  }
  CHECK(trial.counters().calls < 1000 * 1001 / 5000 + 6);
  trial.check_counters();
}

}  // namespace
