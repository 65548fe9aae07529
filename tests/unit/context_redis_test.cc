#include <thread>

#include "unit/redis_server.h"

using namespace semper;
using namespace semper::test;

namespace {

std::shared_ptr<ContextProvider> open(const RedisServer& server, const FakeClock& clock,
                                      std::string_view options = "") {
  ProviderOptions provider_options;
  provider_options.clock = clock.function();
  auto opened =
      open_provider("cmdb", "redis:" + server.address() + "?staleIfError=0" + std::string(options),
                    provider_options);
  REQUIRE(opened.ok());
  return *opened;
}

/// The tests' own word where they cannot run.
bool skipped() {
  if (RedisServer::is_installed()) return false;
  MESSAGE("skipped: redis-server is not installed");
  return true;
}

TEST_CASE("objects by GET and by HGETALL") {
  if (skipped()) return;
  RedisServer server;
  FakeClock clock;
  server.command(R"(SET "asset:h1" "{\"owner\":\"ann\"}")");
  server.command("HSET hash:h1 owner ann cost 42");
  auto json = open(server, clock, "&prefix=asset:");
  CHECK(ask(*json, "h1").text == R"({"owner":"ann"})");
  CHECK(ask(*json, "h2").state == State::kAbsent);
  auto hash = open(server, clock, "&prefix=hash:&value=hash");
  CHECK(ask(*hash, "h1").text == R"({"owner":"ann","cost":"42"})");
  CHECK(ask(*hash, "h2").state == State::kAbsent);
  auto wrong = open(server, clock, "&prefix=hash:");
  CHECK(ask(*wrong, "h1").text.find("WRONGTYPE") != std::string::npos);
}

TEST_CASE("a batch is one exchange, whatever the keys hold") {
  if (skipped()) return;
  RedisServer server;
  FakeClock clock;
  server.command("SET a {}");
  auto provider = open(server, clock);
  context::Lookup lookup;
  std::vector<std::string> keys = {"a", "b", std::string("x\r\nSET y 1\0\"", 11)};
  for (int i = 0; i < 200; ++i) keys.push_back(std::to_string(i));
  for (const std::string& key : keys) lookup.add(key);
  lookup.ask(*provider);
  CHECK(lookup.answer(0).known());
  for (std::size_t i = 1; i < keys.size(); ++i) {
    CHECK(lookup.answer(i).state == State::kAbsent);
  }
  CHECK(provider->counters().calls == 1);
  CHECK(server.command("EXISTS y") == ":0\r\n");
}

TEST_CASE("password and database number") {
  if (skipped()) return;
  RedisServer server;
  FakeClock clock;
  TempDir directory;
  server.command("SET a {}");
  server.command("CONFIG SET requirepass secret");
  CHECK(ask(*open(server, clock), "a").text.find("NOAUTH") != std::string::npos);
  std::string good = "&passwordFile=" + directory.write("good", "secret\n");
  CHECK(ask(*open(server, clock, good), "a").state == State::kFresh);
  CHECK(ask(*open(server, clock, good + "&user=default"), "a").state == State::kFresh);
  CHECK(ask(*open(server, clock, good + "&db=3"), "a").state == State::kAbsent);
  std::string bad = "&passwordFile=" + directory.write("bad", "wrong");
  CHECK(ask(*open(server, clock, bad), "a").text.find("WRONGPASS") != std::string::npos);
}

TEST_CASE("a server that was started anew is connected to again, in the same lookup") {
  if (skipped()) return;
  RedisServer server;
  FakeClock clock;
  server.command("SET a {}");
  auto provider = open(server, clock);
  CHECK(ask(*provider, "a").state == State::kFresh);
  server.stop();
  clock.advance(seconds(300));
  CHECK(ask(*provider, "a").text.find("Connection refused") != std::string::npos);
  server.start();
  server.command("SET a {}");
  clock.advance(seconds(1));
  CHECK(ask(*provider, "a").state == State::kFresh);
  server.stop();
  server.start();
  server.command("SET a {}");
  clock.advance(seconds(300));
  CHECK(ask(*provider, "a").state == State::kFresh);
}

TEST_CASE(
    "a server that does not answer fails at the deadline, and its late replies reach nobody") {
  if (skipped()) return;
  RedisServer server;
  FakeClock clock;
  server.command("SET a {}");
  auto provider = open(server, clock, "&deadline=20ms");
  server.suspend();
  CHECK(ask(*provider, "a").text.ends_with("the server did not answer by the deadline"));
  server.resume();
  clock.advance(seconds(5));
  CHECK(ask(*provider, "b").state == State::kAbsent);
}

TEST_CASE("what does not speak the protocol has failed") {
  FakeClock clock;
  for (std::string_view reply :
       {"garbage\r\n", "$99999999999\r\n", "*-5\r\n", "+OK\r\n+OK\r\n", "$3\r\nab", ""}) {
    CAPTURE(reply);
    int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener, 1) == 0);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    std::thread server([&] {
      int client = ::accept(listener, nullptr, nullptr);
      char buffer[256];
      static_cast<void>(::recv(client, buffer, sizeof buffer, 0));
      ::send(client, reply.data(), reply.size(), MSG_NOSIGNAL);
      ::close(client);
    });
    ProviderOptions options;
    options.clock = clock.function();
    auto provider = *open_provider(
        "cmdb", "redis:127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "?deadline=2s",
        options);
    CHECK(ask(*provider, "a").state == State::kFailed);
    server.join();
    ::close(listener);
  }
}

TEST_CASE("an address that cannot be one is refused") {
  for (std::string_view address : {"host:port", "127.0.0.1:0", "127.0.0.1:99999"}) {
    CHECK(open_provider("cmdb", "redis:" + std::string(address)).status().code() ==
          StatusCode::kInvalidArgument);
  }
}

}  // namespace
