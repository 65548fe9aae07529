#include <thread>

#include "unit/provider_case.h"

using namespace semper;
using namespace semper::test;
using Mood = Source::Mood;

namespace {

struct Guarded {
  explicit Guarded(ProviderOptions options = {}) {
    options.clock = clock.function();
    provider = guard_provider(source.provider(), options);
  }
  Told ask(std::string_view key = "k") { return test::ask(*provider, key); }
  ProviderCounters counters() const { return provider->counters(); }

  Source source;
  FakeClock clock;
  std::shared_ptr<ContextProvider> provider;
};

void adds_up(const ProviderCounters& counters) {
  CHECK(counters.asked == counters.found + counters.stale + counters.absent + counters.failed);
  std::uint64_t calls = 0;
  for (std::uint64_t count : counters.latency) calls += count;
  CHECK(calls == counters.calls);
}

TEST_CASE("an object is fresh for its TTL, an absence for the negative TTL") {
  Guarded guarded;
  CHECK(guarded.ask().state == State::kFresh);
  guarded.clock.advance(seconds(299));
  CHECK(guarded.ask().text == R"({"owner":"ann"})");
  CHECK(guarded.source.calls == 1);
  guarded.clock.advance(seconds(1));
  guarded.source.mood = Mood::kAbsent;
  CHECK(guarded.ask().state == State::kAbsent);
  CHECK(guarded.source.calls == 2);
  guarded.source.mood = Mood::kAnswers;
  guarded.clock.advance(seconds(59));
  CHECK(guarded.ask().state == State::kAbsent);
  guarded.clock.advance(seconds(1));
  CHECK(guarded.ask().state == State::kFresh);
  CHECK(guarded.source.calls == 3);
  ProviderCounters counters = guarded.counters();
  CHECK(counters.asked == 5);
  CHECK(counters.cached == 2);
  CHECK(counters.calls == 3);
  adds_up(counters);
}

TEST_CASE("a failed key is not asked for again within the error TTL") {
  Guarded guarded;
  guarded.source.mood = Mood::kFails;
  CHECK(guarded.ask().state == State::kFailed);
  CHECK(guarded.ask().text == "it is down");
  CHECK(guarded.source.calls == 1);
  guarded.source.mood = Mood::kAnswers;
  guarded.clock.advance(seconds(1));
  CHECK(guarded.ask().state == State::kFresh);
}

TEST_CASE("where the source fails, the last object serves as stale, up to its maximum age") {
  for (Mood mood : {Mood::kFails, Mood::kGarbage, Mood::kThrows, Mood::kSilent}) {
    Guarded guarded;
    guarded.ask();
    guarded.source.mood = mood;
    guarded.clock.advance(seconds(300));
    Told told = guarded.ask();
    CHECK(told.state == State::kStale);
    CHECK(told.text == R"({"owner":"ann"})");
    CHECK(told.age == 300);
    guarded.clock.advance(seconds(3599));
    CHECK(guarded.ask().age == 3899);
    guarded.clock.advance(seconds(1));
    CHECK(guarded.ask().state == State::kFailed);
    guarded.source.mood = Mood::kAnswers;
    guarded.clock.advance(seconds(1));
    CHECK(guarded.ask().state == State::kFresh);
    CHECK(guarded.counters().stale == 2);
    adds_up(guarded.counters());
  }
}

TEST_CASE("an absence is never stale: a source that fails may have the key by now") {
  Guarded guarded;
  guarded.source.mood = Mood::kAbsent;
  guarded.ask();
  guarded.source.mood = Mood::kFails;
  guarded.clock.advance(seconds(60));
  CHECK(guarded.ask().state == State::kFailed);
}

TEST_CASE("the breaker opens after failed calls in a row, and lets one call through to see") {
  Guarded guarded;
  guarded.source.mood = Mood::kFails;
  for (int i = 0; i < 5; ++i) guarded.ask(std::to_string(i));
  CHECK(guarded.counters().breaker_opened == 1);
  Told told = guarded.ask("other");
  CHECK(told.state == State::kFailed);
  CHECK(told.text == "the breaker is open: it is down");
  CHECK(guarded.source.calls == 5);
  CHECK(guarded.counters().rejected == 1);
  guarded.clock.advance(seconds(5));
  guarded.ask("probe");
  CHECK(guarded.source.calls == 6);
  guarded.ask("rejected");
  CHECK(guarded.source.calls == 6);
  guarded.source.mood = Mood::kAnswers;
  guarded.clock.advance(seconds(5));
  CHECK(guarded.ask("probe").state == State::kFresh);
  CHECK(guarded.ask("next").state == State::kFresh);
  adds_up(guarded.counters());
}

TEST_CASE("one key that fails among others does not open the breaker") {
  ProviderOptions options;
  options.breaker_failures = 1;
  FakeClock clock;
  options.clock = clock.function();
  auto provider = guard_provider(make_callback_provider("p", KeyKind::kString,
                                                        [](LookupCall& call) {
                                                          call.set_json(0, "{}");
                                                          if (call.size() > 1)
                                                            call.fail(1, "odd key");
                                                        }),
                                 options);
  context::Lookup lookup;
  lookup.add("a");
  lookup.add("b");
  lookup.ask(*provider);
  CHECK(lookup.answer(0).known());
  CHECK(lookup.answer(1).reason == "odd key");
  CHECK(test::ask(*provider, "c").state == State::kFresh);
}

TEST_CASE("a call that overruns its deadline has failed, and opens the breaker at once") {
  Guarded guarded;
  guarded.source.meanwhile = [&] { guarded.clock.advance(milliseconds(101)); };
  Told told = guarded.ask();
  CHECK(told.state == State::kFailed);
  CHECK(told.text == "no answer by the deadline (100 ms)");
  CHECK(guarded.counters().late_calls == 1);
  CHECK(guarded.counters().breaker_opened == 1);
  guarded.source.meanwhile = nullptr;
  CHECK(guarded.ask("other").state == State::kFailed);
  CHECK(guarded.source.calls == 1);
  guarded.clock.advance(seconds(5));
  CHECK(guarded.ask("other").state == State::kFresh);
  adds_up(guarded.counters());
}

TEST_CASE("while a call hangs beyond its deadline, no other is begun") {
  Guarded guarded;
  guarded.source.meanwhile = [&] {
    guarded.source.meanwhile = nullptr;
    guarded.clock.advance(milliseconds(101));
    // As another thread would find it.
    CHECK(guarded.ask("other").text ==
          "the breaker is open: a call has not returned by its deadline");
  };
  guarded.ask("hangs");
  CHECK(guarded.source.calls == 1);
}

TEST_CASE("a call is told the earlier of both deadlines") {
  FakeClock clock;
  ProviderOptions options;
  options.clock = clock.function();
  std::vector<LookupCall::Deadline> deadlines;
  auto inner = make_callback_provider("p", KeyKind::kString, [&](LookupCall& call) {
    deadlines.push_back(call.deadline());
    call.set_json(0, "{}");
  });
  options.deadline = milliseconds(50);
  inner = guard_provider(inner, options);
  options.deadline = milliseconds(100);
  test::ask(*guard_provider(inner, options), "a");
  options.deadline = milliseconds(10);
  test::ask(*guard_provider(inner, options), "b");
  auto now = clock.function()();
  CHECK(deadlines ==
        std::vector<LookupCall::Deadline>{now + milliseconds(50), now + milliseconds(10)});
}

TEST_CASE("the cache keeps to its bytes; what was not used for longest goes first") {
  ProviderOptions options;
  options.cache_bytes = 3000;
  Guarded guarded(options);
  for (int i = 0; i < 100; ++i) {
    guarded.ask("always");
    guarded.ask(std::to_string(i));
  }
  ProviderCounters counters = guarded.counters();
  CHECK(counters.cache_bytes <= 3000);
  CHECK(counters.cache_entries > 5);
  CHECK(counters.evictions == 101 - counters.cache_entries);
  CHECK(counters.calls == 101);
  guarded.source.json = R"({"long":")" + std::string(4000, 'x') + "\"}";
  CHECK(guarded.ask("too large").state == State::kFresh);
  CHECK(guarded.counters().cache_entries == counters.cache_entries);
}

TEST_CASE("without a cache every key is asked for each time") {
  ProviderOptions options;
  options.cache_bytes = 0;
  Guarded guarded(options);
  guarded.ask();
  guarded.ask();
  CHECK(guarded.source.calls == 2);
}

TEST_CASE("an object that is too large, and what is no object, have failed") {
  Guarded guarded;
  guarded.source.json = R"({"long":")" + std::string(std::size_t{1} << 20, 'x') + "\"}";
  CHECK(guarded.ask("a").state == State::kFailed);
  guarded.source.json = "[]";
  CHECK(guarded.ask("b").text == "the provider's answer is no JSON object");
  guarded.source.json = "{ \"a\" :\n 1}";
  CHECK(guarded.ask("c").text == R"({"a":1})");
}

TEST_CASE("threads that ask for one key share one call") {
  Guarded guarded;
  std::atomic<int> waiting{0};
  guarded.source.meanwhile = [&] {
    while (waiting < 7) std::this_thread::yield();
  };
  std::vector<std::thread> threads;
  std::atomic<int> fresh{0};
  threads.emplace_back([&] { fresh += guarded.ask().state == State::kFresh; });
  while (guarded.source.calls == 0) std::this_thread::yield();
  for (int i = 0; i < 7; ++i) {
    threads.emplace_back([&] {
      ++waiting;
      fresh += guarded.ask().state == State::kFresh;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(fresh == 8);
  CHECK(guarded.source.calls == 1);
  adds_up(guarded.counters());
}

TEST_CASE("who waits for another thread's call waits until the deadline only") {
  Guarded guarded;
  std::atomic<bool> hangs{true};
  guarded.source.meanwhile = [&] {
    while (hangs) std::this_thread::yield();
  };
  std::thread first([&] { guarded.ask(); });
  while (guarded.source.calls == 0) std::this_thread::yield();
  std::thread second([&] {
    CHECK(guarded.ask().text == "another thread's call gave no answer by the deadline");
    hangs = false;
  });
  // Whenever the second comes, time passes for it.
  while (hangs) guarded.clock.advance(milliseconds(50));
  second.join();
  first.join();
}

TEST_CASE("memory that runs out in a call leaves nobody waiting") {
  FakeClock clock;
  ProviderOptions options;
  options.clock = clock.function();
  bool out = true;
  auto provider = guard_provider(make_callback_provider("p", KeyKind::kString,
                                                        [&](LookupCall& call) {
                                                          if (out) throw std::bad_alloc();
                                                          call.set_json(0, "{}");
                                                        }),
                                 options);
  CHECK_THROWS_AS(test::ask(*provider, "k"), std::bad_alloc);
  out = false;
  CHECK(test::ask(*provider, "k").state == State::kFresh);
}

TEST_CASE("a chain gives the first object; absent only where all are sure") {
  Source first;
  Source second;
  second.json = R"({"owner":"bob"})";
  auto chain = make_chain_provider("chain", {first.provider(), second.provider()});
  CHECK(test::ask(*chain, "k").text == R"({"owner":"ann"})");
  CHECK(second.calls == 0);
  for (Mood mood : {Mood::kAbsent, Mood::kFails, Mood::kGarbage, Mood::kThrows, Mood::kSilent}) {
    first.mood = mood;
    second.mood = Mood::kAnswers;
    CHECK(test::ask(*chain, "k").text == R"({"owner":"bob"})");
    second.mood = Mood::kAbsent;
    CHECK(test::ask(*chain, "k").state ==
          (mood == Mood::kAbsent ? State::kAbsent : State::kFailed));
  }
  first.mood = Mood::kAbsent;
  second.mood = Mood::kFails;
  CHECK(test::ask(*chain, "k").text == "it is down");
}

TEST_CASE("eight threads, a small cache, a source that comes and goes: the counters add up") {
  ProviderOptions options;
  options.cache_bytes = 4000;
  options.ttl = milliseconds(20);
  options.breaker_cooldown = milliseconds(30);
  Guarded guarded(options);
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> told{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2000; ++i) {
        if (i % 100 == 0) {
          guarded.source.mood = (i / 100 + t) % 3 == 0 ? Mood::kFails : Mood::kAnswers;
          guarded.clock.advance(milliseconds(7));
        }
        context::Lookup lookup;
        std::string keys[] = {std::to_string(i % 13), std::to_string(i % 7 + 20)};
        for (const std::string& key : keys) lookup.add(key);
        lookup.ask(*guarded.provider);
        told += lookup.count();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(guarded.counters().asked == told);
  adds_up(guarded.counters());
}

}  // namespace
