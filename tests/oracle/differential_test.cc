// Random patterns on random events: the compiled program must say what the plain evaluator says.
// SEMPER_DIFFERENTIAL_ROUNDS sets another number of rounds (a round is about 3,200 pairs),
// SEMPER_DIFFERENTIAL_SEED another beginning.
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "oracle/generator.h"
#include "oracle/judge.h"

using namespace semper;
using namespace semper::oracle;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kRounds = 12;
#else
constexpr int kRounds = 72;
#endif

int from_environment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

/// What generated events do not have by themselves: keys twice, keys in another case, keys with
/// dots.
void disturb(Generator& generator, Tree& event) {
  for (auto& member : event.members) disturb(generator, member.second);
  for (Tree& element : event.elements) disturb(generator, element);
  if (!event.is_object || event.members.empty()) return;
  if (generator.chance(15)) {
    std::pair<std::string, Tree> twin = event.members[generator.below(event.members.size())];
    if (generator.chance(50)) twin.second = generator.value();
    if (generator.chance(40)) twin.first[0] = static_cast<char>(twin.first[0] - 32);
    event.members.push_back(std::move(twin));
  }
  if (generator.chance(10)) {
    auto& [key, value] = event.members[generator.below(event.members.size())];
    if (value.is_object && !value.members.empty()) {
      auto inner = value.members[0];
      key += "." + inner.first;
      Tree lifted = inner.second;
      value = lifted;
    }
  }
}

void run(pattern::Dialect dialect, pattern::Arrays arrays) {
  constexpr std::size_t kPatterns = 40;
  constexpr std::size_t kEvents = 80;
  int rounds = from_environment("SEMPER_DIFFERENTIAL_ROUNDS", kRounds);
  int seed = from_environment("SEMPER_DIFFERENTIAL_SEED", 20261124);
  Tally tally;
  for (int round = 0; round < rounds; ++round) {
    Generator generator(dialect, static_cast<std::uint32_t>(seed + round));
    std::vector<std::string> patterns;
    std::vector<std::string> events;
    for (std::size_t i = 0; i < kPatterns; ++i) patterns.push_back(generator.pattern(true).print());
    for (std::size_t i = 0; i < kEvents; ++i) {
      Tree event = generator.event();
      if (i % 2 == 0) disturb(generator, event);
      events.push_back(event.print());
    }
    judge(patterns, events, dialect, arrays, tally);
  }
  MESSAGE(tally.pairs, " pairs, ", tally.matches, " match");
  CHECK(tally.matches > tally.pairs / 20);
  CHECK(tally.matches < tally.pairs * 19 / 20);
}

}  // namespace

TEST_CASE("semper, any") {
  run(pattern::Dialect::kSemper, pattern::Arrays::kAny);
}
TEST_CASE("semper, all") {
  run(pattern::Dialect::kSemper, pattern::Arrays::kAll);
}
TEST_CASE("eventbridge") {
  run(pattern::Dialect::kEventBridge, pattern::Arrays::kAny);
}

TEST_CASE("scopes, with and without a context") {
  Tally tally;
  int rounds = from_environment("SEMPER_DIFFERENTIAL_ROUNDS", kRounds);
  for (int round = 0; round < rounds; ++round) {
    Generator generator(pattern::Dialect::kSemper, 1000 + static_cast<std::uint32_t>(round));
    // The generator's key "a" becomes the account id.
    auto renamed = [](std::string text) {
      for (std::size_t at = text.find("\"a\":"); at != std::string::npos;
           at = text.find("\"a\":", at)) {
        text.replace(at, 4, "\"accountId\":");
      }
      return text;
    };
    std::vector<std::string> scopes;
    for (int i = 0; i < 40; ++i) {
      std::string exclude =
          generator.chance(25) ? "\"*\"" : renamed(generator.pattern(true).print());
      std::string include = renamed(generator.pattern(true).print());
      std::string scope = "{\"accountScope\":{\"exclude\":" + exclude;
      if (generator.chance(60)) scope += ",\"forceInclude\":" + include;
      scopes.push_back(scope + "}}");
    }
    std::vector<std::string> contexts;
    for (int i = 0; i < 20; ++i) contexts.push_back(renamed(generator.event().print()));
    judge_scopes(scopes, contexts, {"", "x", "xy", "1"}, tally);
  }
  MESSAGE(tally.pairs, " pairs, ", tally.matches, " in scope");
  CHECK(tally.matches > tally.pairs / 20);
  CHECK(tally.matches < tally.pairs * 19 / 20);
}
