#include <sys/stat.h>

#include <thread>

#include "semper/policy_set.hpp"
#include "unit/provider_case.h"

using namespace semper;
using namespace semper::test;

namespace {

struct File {
  std::shared_ptr<ContextProvider> open(std::string_view name, std::string_view spec) {
    ProviderOptions options;
    options.clock = clock.function();
    options.directory = directory.path();
    auto opened = open_provider(name, spec, options);
    problem = opened.ok() ? "" : opened.status().message();
    return opened.ok() ? *opened : nullptr;
  }
  /// The object of the key as a provider called `name` reads it from a file with this text.
  std::string read(std::string_view name, std::string_view file, std::string_view text,
                   std::string_view key, std::string_view options = "") {
    directory.write(file, text);
    auto provider = open(name, "file:" + std::string(file) + std::string(options));
    if (provider == nullptr) return problem;
    return test::ask(*provider, key).text;
  }

  TempDir directory;
  FakeClock clock;
  std::string problem;
};

TEST_CASE("every form of file gives the same answers") {
  File file;
  std::string_view want = R"({"id":"h1","owner":"ann"})";
  CHECK(file.read("cmdb", "a.json", R"([{"id":"h1","owner":"ann"}])", "h1") == want);
  CHECK(file.read("cmdb", "b.json", R"({"h1":{"id":"h1","owner":"ann"}})", "h1") == want);
  CHECK(file.read("cmdb", "c.json", "{\"id\":\"h1\",\"owner\":\"ann\"}\n\n{\"id\":\"h2\"}\n",
                  "h1") == want);
  CHECK(file.read("cmdb", "d.csv", "\xEF\xBB\xBFid,owner\r\nh1,ann\r\n", "h1") == want);
  CHECK(file.read("cmdb", "e.txt", "id,owner\nh1,ann", "h1", "?format=csv") == want);
  CHECK(file.read("cmdb", "f.json", R"([{"host":"h1"}])", "h1", "?key=host") == R"({"host":"h1"})");
  CHECK(file.read("cmdb", "g.json", R"({"h1":{"id":"other"}})", "h1") == R"({"id":"other"})");
  CHECK(file.read("cmdb", "h.json", R"([{"id":42}])", "42") == R"({"id":42})");
}

TEST_CASE("CSV: quotes, empty cells, columns with dots") {
  File file;
  CHECK(file.read("accounts", "a.csv",
                  "accountId,accountName,accountTags.env,accountTags.owner\n"
                  "111111111111,\"A, \"\"B\"\"\nC\",prod,\n\n222222222222,,,\n",
                  "111111111111") ==
        R"({"accountId":"111111111111","accountName":"A, \"B\"\nC","accountTags":{"env":"prod"}})");
  CHECK(file.read("accounts", "a.csv", "accountId,a.b\n1,x\n2,\n", "2") == R"({"accountId":"2"})");
  auto problem = [&](std::string_view text) {
    std::string told = file.read("accounts", "bad.csv", text, "1");
    return told.substr(told.find("bad.csv"));
  };
  CHECK(problem("") ==
        "bad.csv:1:1: the file is empty; want a header with the names of the columns");
  CHECK(problem("id\n1\n") == "bad.csv:1:1: the header has no column accountId");
  CHECK(problem("accountId,a\n1\n") == "bad.csv:2:1: 1 cells, but the header has 2");
  CHECK(problem("accountId,a\n1,\"x\ny\"\n1,z\n") == "bad.csv:4:1: 1 occurs twice");
  CHECK(problem("accountId,a,a.b\n") == "bad.csv:1:1: the column a.b stands in the header twice");
  CHECK(problem("accountId\n\"1\n") ==
        "bad.csv:2:1: a cell begins with a quote that is never closed");
  CHECK(problem("accountId,a\n1,\xff\n") == "bad.csv:2:1: a byte that is no UTF-8");
}

TEST_CASE("what the AWS command line prints becomes account contexts") {
  File file;
  std::string_view accounts =
      R"({"Accounts":[{"Id":"111111111111","Arn":"arn:x","Email":"a@b","Name":"Core","Status":"ACTIVE"}]})";
  CHECK(
      file.read("accounts", "aws.json", accounts, "111111111111") ==
      R"({"accountId":"111111111111","Arn":"arn:x","Email":"a@b","accountName":"Core","accountStatus":"ACTIVE"})");
  std::filesystem::create_directory(file.directory.path("tags"));
  file.directory.write("tags/111111111111.json", R"({"Tags":[{"Key":"env","Value":"prod"}]})");
  file.directory.write("tags/999999999999.json", R"({"Tags":[]})");
  CHECK(file.read("accounts", "aws.json", accounts, "111111111111", "?tags=tags")
            .ends_with(R"("accountStatus":"ACTIVE","accountTags":{"env":"prod"}})"));
  CHECK(file.read("accounts", "aws.json", R"([{"Id":"1","Tags":[{"Key":"a\"b","Value":"c"}]}])",
                  "1") == R"({"accountId":"1","accountTags":{"a\"b":"c"}})");
  file.directory.write("tags/111111111111.json", R"({"Tags":{"env":"prod"}})");
  CHECK(file.read("accounts", "aws.json", accounts, "1", "?tags=tags").find("want what aws") !=
        std::string::npos);
}

TEST_CASE("exports and scans of DynamoDB lose their types") {
  File file;
  std::string_view item =
      R"({"Item":{"accountId":{"S":"1"},"accountTags":{"M":{"env":{"S":"prod"}}},"n":{"N":"12.50"},)"
      R"("b":{"BOOL":true},"z":{"NULL":true},"l":{"L":[{"N":"1"},{"S":"x"}]},"s":{"SS":["a","b"]},"k":{"NS":["1","2"]}}})";
  std::string_view plain =
      R"({"accountId":"1","accountTags":{"env":"prod"},"n":12.50,"b":true,"z":null,"l":[1,"x"],"s":["a","b"],"k":[1,2]})";
  CHECK(file.read("accounts", "export.json", std::string(item) + "\n", "1") == plain);
  CHECK(file.read("accounts", "export2.json",
                  std::string(item) + "\n" + R"({"Item":{"accountId":{"S":"2"}}})" + "\n",
                  "2") == R"({"accountId":"2"})");
  CHECK(file.read("accounts", "scan.json", R"({"Items":[{"accountId":{"S":"3"}}],"Count":1})",
                  "3") == R"({"accountId":"3"})");
  for (std::string_view bad :
       {R"({"Item":{"accountId":"1"}})", R"({"Item":{"accountId":{"N":"1}"}}})",
        R"({"Item":{"accountId":{"X":"1"}}})", R"({"Item":{"a":{"NS":["x"]}}})"}) {
    CHECK(file.read("accounts", "bad.json", bad, "1").find("no item of DynamoDB") !=
          std::string::npos);
  }
}

TEST_CASE("a file that does not read says where and why") {
  File file;
  auto problem = [&](std::string_view text) { return file.read("cmdb", "x.json", text, "k"); };
  CHECK(problem(R"([{"id":"a"},{"id":"a"}])").ends_with("x.json:1:13: a occurs twice"));
  CHECK(problem("[\n{\"owner\":1}]").ends_with("x.json:2:1: the context has no id"));
  CHECK(problem("[1]").ends_with("x.json:1:2: a context is a JSON object"));
  CHECK(problem("").ends_with("no context in it"));
  CHECK(problem("{\"a\":").starts_with("provider cmdb: "));
  CHECK(file.open("cmdb", "file:nowhere.json") == nullptr);
  CHECK(file.problem.ends_with("nowhere.json: No such file or directory"));
}

TEST_CASE("a change is seen without a restart, after the interval") {
  File file;
  file.directory.write("a.json", R"([{"id":"k","v":1}])");
  auto provider = file.open("cmdb", "file:a.json?reload=10s");
  file.directory.write("a.json", R"([{"id":"k","v":2},{"id":"new"}])");
  file.clock.advance(seconds(9));
  CHECK(ask(*provider, "k").text == R"({"id":"k","v":1})");
  file.clock.advance(seconds(1));
  CHECK(ask(*provider, "k").text == R"({"id":"k","v":2})");
  CHECK(ask(*provider, "new").state == State::kFresh);
  CHECK(ask(*provider, "none").state == State::kAbsent);
}

TEST_CASE(
    "what does not parse leaves the old content: its objects are stale, the rest has failed") {
  File file;
  file.directory.write("a.json", R"([{"id":"k","v":1}])");
  auto provider = file.open("cmdb", "file:a.json");
  for (bool gone : {false, true}) {
    if (gone) {
      std::filesystem::remove(file.directory.path("a.json"));
    } else {
      file.directory.write("a.json", R"([{"id":"k",)");
    }
    file.clock.advance(seconds(5));
    CHECK(ask(*provider, "k").state == State::kStale);
    file.clock.advance(seconds(90));
    CHECK(ask(*provider, "k").text == R"({"id":"k","v":1})");
    CHECK(ask(*provider, "k").age == (gone ? 185 : 90));
    CHECK(ask(*provider, "other").state == State::kFailed);
    CHECK(ask(*provider, "other").text.find("a.json") != std::string::npos);
  }
  file.directory.write("a.json", R"([{"id":"other"}])");
  file.clock.advance(seconds(5));
  CHECK(ask(*provider, "k").state == State::kAbsent);
  CHECK(ask(*provider, "other").state == State::kFresh);
  ProviderCounters counters = provider->counters();
  CHECK(counters.asked == counters.found + counters.stale + counters.absent + counters.failed);
  CHECK(counters.failed_calls == 2);
  CHECK(counters.calls == 3);
}

TEST_CASE("a pipe that takes the file's place blocks nobody") {
  File file;
  file.directory.write("a.json", R"([{"id":"k"}])");
  auto provider = file.open("cmdb", "file:a.json");
  std::filesystem::remove(file.directory.path("a.json"));
  REQUIRE(mkfifo(file.directory.path("a.json").c_str(), 0600) == 0);
  file.clock.advance(seconds(5));
  CHECK(ask(*provider, "k").state == State::kStale);
  CHECK(ask(*provider, "x").text.ends_with("is no regular file"));
}

TEST_CASE("threads look up while the file is reloaded") {
  File file;
  file.directory.write("a.json", R"([{"id":"k"}])");
  auto provider = file.open("cmdb", "file:a.json?reload=1ms");
  std::vector<std::thread> threads;
  std::atomic<int> odd{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        odd += ask(*provider, "k").state != State::kFresh;
        file.clock.advance(milliseconds(1));
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    file.directory.write("a.json", R"([{"id":"k"},{"id":")" + std::string(i + 1, 'x') + "\"}]");
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(odd == 0);
}

TEST_CASE("a spec that cannot be meant is refused with what to write") {
  File file;
  file.directory.write("a.json", "[]");
  std::pair<std::string_view, std::string_view> cases[] = {
      {"accounts.json", "names no type of provider"},
      {"fil:a.json", "one of file, sqlite, geoip, redis, chain"},
      {"file:", "needs a path"},
      {"file:a.json?tll=5m", "has no option tll; did you mean ttl?"},
      {"file:a.json?ttl=5", "write a duration like 250ms"},
      {"file:a.json?ttl=5m&ttl=6m", "given twice"},
      {"file:a.json?ttl", "is no option"},
      {"file:a.json?key=%2", "% begins two hexadecimal digits"},
      {"file:a.json?cacheBytes=many", "write a number of bytes"},
      {"file:a.json?keyKind=account&key=id", "kept by accountId"},
      {"file:a.json?keyKind=host", "one of account, resource"},
      {"file:a.json?format=xml", "one of json"},
      {R"({"path":"a.json"})", "has no \"type\""},
      {R"({"type":"file","path":["a.json"]})", "must be a string or a number"},
      {R"({"type":"chain"})", "a chain is written as a JSON object"},
      {"{", "1:2"},
  };
  for (auto [spec, want] : cases) {
    CAPTURE(spec);
    CHECK(file.open("cmdb", spec) == nullptr);
    CHECK(file.problem.find(want) != std::string::npos);
    CHECK(file.problem.starts_with("provider cmdb: "));
  }
}

TEST_CASE("a spec in JSON says the same; chains and decorators are written there") {
  File file;
  file.directory.write("a.json", R"([{"id":"a"}])");
  file.directory.write("b.json", R"([{"id":"a","second":1},{"id":"b"}])");
  auto chain = file.open("cmdb", R"({"type":"chain","ttl":"1h","providers":[
      {"type":"file","path":"a.json"},{"type":"file","path":"b.json","cacheBytes":100000}]})");
  REQUIRE(chain != nullptr);
  CHECK(ask(*chain, "a").text == R"({"id":"a"})");
  CHECK(ask(*chain, "b").text == R"({"id":"b"})");
  CHECK(ask(*chain, "c").state == State::kAbsent);
  auto cached = file.open("cmdb", "file:a.json?cacheBytes=100000&ttl=1m");
  REQUIRE(cached != nullptr);
  ask(*cached, "a");
  ask(*cached, "a");
  CHECK(cached->counters().cached == 1);
}

}  // namespace
