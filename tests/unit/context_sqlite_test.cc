#include <thread>

#include "unit/provider_case.h"
#include "unit/sqlite_file.h"

using namespace semper;
using namespace semper::test;

namespace {

struct Database {
  Database() {
    SqliteFile(path).run(
        "CREATE TABLE assets(id TEXT PRIMARY KEY, owner TEXT, cost INTEGER, share REAL, json TEXT);"
        "INSERT INTO assets VALUES('h1', 'an\"n', 42, 0.5, '{\"a\": 1}'), ('h2', NULL, NULL, NULL, "
        "'x')");
  }
  std::shared_ptr<ContextProvider> open(std::string_view query, std::string_view options = "") {
    ProviderOptions provider_options;
    provider_options.clock = clock.function();
    std::string spec = "sqlite:" + path + "?query=";
    spec += query;
    spec += options;
    auto opened = open_provider("cmdb", spec, provider_options);
    problem = opened.ok() ? "" : opened.status().message();
    return opened.ok() ? *opened : nullptr;
  }

  TempDir directory;
  std::string path = directory.path("cmdb.db");
  FakeClock clock;
  std::string problem;
};

TEST_CASE("a row is an object of its columns; a column json is the object itself") {
  Database database;
  auto row = database.open("SELECT id, owner, cost, share FROM assets WHERE id = ?");
  REQUIRE(row != nullptr);
  CHECK(ask(*row, "h1").text == R"({"id":"h1","owner":"an\"n","cost":42,"share":0.5})");
  CHECK(ask(*row, "h2").text == R"({"id":"h2"})");
  CHECK(ask(*row, "none").state == State::kAbsent);
  auto json = database.open("SELECT json FROM assets WHERE id = ?");
  CHECK(ask(*json, "h1").text == R"({"a": 1})");
  CHECK(ask(*json, "h2").text == "the provider's answer is no JSON object");
  auto several = database.open("SELECT owner FROM assets WHERE id >= ?");
  CHECK(ask(*several, "h1").text == "the query gives several rows for this key");
}

TEST_CASE("a query that is not one SELECT with one parameter is refused") {
  Database database;
  for (std::string_view query :
       {"SELECT owner FROM assets", "SELECT owner FROM assets WHERE id=? AND cost=?",
        "DELETE FROM assets WHERE id=?", "SELECT 1 WHERE 1=?; SELECT 2", "",
        "SELECT owner FROM nothing WHERE id=?", "SELEC owner"}) {
    CAPTURE(query);
    CHECK(database.open(query) == nullptr);
    CHECK(database.problem.starts_with("provider cmdb: "));
  }
  auto opened = open_provider("cmdb", "sqlite:/nowhere/x.db?query=SELECT 1 WHERE 1=?");
  CHECK(opened.status().code() == StatusCode::kIo);
  CHECK(open_provider("cmdb", "sqlite:" + database.path).status().message().find("needs a query") !=
        std::string::npos);
}

TEST_CASE("what is committed is seen when the cached answer has expired") {
  Database database;
  auto provider = database.open("SELECT owner FROM assets WHERE id = ?");
  ask(*provider, "h1");
  SqliteFile(database.path).run("UPDATE assets SET owner = 'bob'");
  CHECK(ask(*provider, "h1").text == R"({"owner":"an\"n"})");
  database.clock.advance(seconds(300));
  CHECK(ask(*provider, "h1").text == R"({"owner":"bob"})");
}

TEST_CASE("a database that another takes the place of, breaks and comes back") {
  Database database;
  auto provider = database.open("SELECT owner FROM assets WHERE id = ?", "&staleIfError=0");
  ask(*provider, "h1");
  std::string next = database.directory.path("next.db");
  SqliteFile(next).run(
      "CREATE TABLE assets(id TEXT, owner TEXT); INSERT INTO assets VALUES('h1', 'new')");
  std::filesystem::copy(next, next + "2");
  std::filesystem::rename(next, database.path);
  database.clock.advance(seconds(300));
  CHECK(ask(*provider, "h1").text == R"({"owner":"new"})");
  database.directory.write("cmdb.db", std::string(5000, 'x'));
  database.clock.advance(seconds(300));
  CHECK(ask(*provider, "h1").text.find("file is not a database") != std::string::npos);
  std::filesystem::remove(database.path);
  database.clock.advance(seconds(300));
  CHECK(ask(*provider, "h1").state == State::kFailed);
  std::filesystem::rename(next + "2", database.path);
  database.clock.advance(seconds(300));
  CHECK(ask(*provider, "h1").text == R"({"owner":"new"})");
}

TEST_CASE("a query that does not end is ended at the deadline") {
  Database database;
  // The clock goes on by itself only here: each look at it takes a millisecond.
  ProviderOptions options;
  FakeClock clock = database.clock;
  options.clock = [clock]() mutable {
    clock.advance(milliseconds(1));
    return clock.function()();
  };
  std::string query =
      "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c WHERE n = "
      "-?";
  auto provider =
      *open_provider("cmdb", "sqlite:" + database.path + "?deadline=50ms&query=" + query, options);
  Told told = ask(*provider, "1");
  CHECK(told.state == State::kFailed);
  CHECK(provider->counters().late_calls == 1);
}

TEST_CASE("a database that somebody has locked fails at the deadline") {
  Database database;
  auto provider = database.open("SELECT owner FROM assets WHERE id = ?", "&deadline=20ms");
  SqliteFile writer(database.path);
  writer.run("BEGIN EXCLUSIVE");
  CHECK(ask(*provider, "h1").text == "database is locked");
  writer.run("COMMIT");
  database.clock.advance(seconds(1));
  CHECK(ask(*provider, "h1").state == State::kFresh);
}

TEST_CASE("a million rows, eight threads, each key asked for once") {
  Database database;
  SqliteFile(database.path)
      .run(
          "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000000) "
          "INSERT INTO assets(id, owner) SELECT 'host-' || n, 'owner ' || n FROM c");
  auto provider = database.open("SELECT owner FROM assets WHERE id = ?");
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 400; ++i) {
        std::string number = std::to_string(1 + i * 2477);
        wrong += ask(*provider, "host-" + number).text != "{\"owner\":\"owner " + number + "\"}";
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  ProviderCounters counters = provider->counters();
  CHECK(counters.calls == 400);
  CHECK(counters.found == 3200);
}

}  // namespace
