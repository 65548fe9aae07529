#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <new>
#include <stdexcept>
#include <string>

#include "context/lookup.h"

using namespace semper;
using context::Answer;

namespace {

class Scripted : public ContextProvider {
 public:
  explicit Scripted(std::function<void(LookupCall&)> script) : script_(std::move(script)) {}
  std::string_view name() const override { return "scripted"; }
  KeyKind key_kind() const override { return KeyKind::kString; }
  void lookup(LookupCall& call) override {
    ++calls;
    for (std::size_t i = 0; i < call.size(); ++i) ++asked[std::string(call.key(i))];
    script_(call);
  }
  int calls = 0;
  std::map<std::string, int> asked;

 private:
  std::function<void(LookupCall&)> script_;
};

TEST_CASE("each distinct key of a batch is asked for once, in one call") {
  Scripted provider([](LookupCall& call) {
    for (std::size_t i = 0; i < call.size(); ++i) call.set_json(i, R"({"a":1})");
  });
  context::Lookup lookup;
  CHECK(lookup.add("x") == 0);
  CHECK(lookup.add("y") == 1);
  CHECK(lookup.add("x") == 0);
  lookup.ask(provider);
  CHECK(provider.calls == 1);
  CHECK(provider.asked == std::map<std::string, int>{{"x", 1}, {"y", 1}});
  CHECK(lookup.answer(1).json == R"({"a":1})");
  lookup.clear();
  lookup.ask(provider);
  CHECK(provider.calls == 1);
}

TEST_CASE("every key has an answer, whatever the provider does") {
  Scripted provider([](LookupCall& call) {
    call.set_json(0, "{\n\"a\" : 1\n}");
    call.set_absent(1);
    call.fail(2, "no route");
    call.set_json(3, "[1]");
    call.set_stale_json(4, R"({"b":2})", std::chrono::seconds(7));
    call.set_json(99, "{}");
    CHECK(call.key(99).empty());
    if (call.size() > 6) throw std::runtime_error("boom");
  });
  context::Lookup lookup;
  for (std::string_view key : {"0", "1", "2", "3", "4", "5"}) lookup.add(key);
  lookup.ask(provider);
  CHECK(lookup.answer(0).state == Answer::State::kFresh);
  CHECK(lookup.answer(0).json == R"({"a":1})");
  CHECK(lookup.answer(0).document.root().find("a").text() == "1");
  CHECK(lookup.answer(1).state == Answer::State::kAbsent);
  CHECK(lookup.answer(2).reason == "no route");
  CHECK(lookup.answer(3).reason == "the provider's answer is no JSON object");
  CHECK(lookup.answer(4).state == Answer::State::kStale);
  CHECK(lookup.answer(4).age == std::chrono::seconds(7));
  CHECK(lookup.answer(5).state == Answer::State::kFailed);
  CHECK(lookup.answer(5).reason == "no answer");
  lookup.add("6");
  lookup.ask(provider);
  CHECK(lookup.answer(0).known());
  CHECK(lookup.answer(6).reason == "boom");
}

TEST_CASE("nothing of one batch is left in the next") {
  bool answer = true;
  Scripted provider([&](LookupCall& call) {
    if (answer) call.set_stale_json(0, R"({"a":1})", std::chrono::seconds(7));
  });
  context::Lookup lookup;
  lookup.add("x");
  lookup.ask(provider);
  CHECK(lookup.answer(0).known());
  answer = false;
  lookup.clear();
  lookup.add("y");
  lookup.ask(provider);
  CHECK(lookup.answer(0).state == Answer::State::kFailed);
  CHECK(lookup.answer(0).json.empty());
  CHECK(lookup.answer(0).age.count() == 0);
}

TEST_CASE("memory that is out is nobody's answer") {
  Scripted provider([](LookupCall&) { throw std::bad_alloc(); });
  context::Lookup lookup;
  lookup.add("x");
  CHECK_THROWS_AS(lookup.ask(provider), std::bad_alloc);
}

}  // namespace
