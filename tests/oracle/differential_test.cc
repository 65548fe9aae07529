// Random patterns and scopes on random events: the compiled program must say what the plain
// evaluator says. SEMPER_DIFFERENTIAL_ROUNDS sets another number of rounds (a round is some 2,400
// pairs), SEMPER_DIFFERENTIAL_SEED another beginning.
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "oracle/judge.h"
#include "oracle/wild_generator.h"

using namespace semper;
using namespace semper::oracle;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kRounds = 12;
#else
constexpr int kRounds = 160;
#endif

int from_environment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

template <typename Round>
void run(const char* what, Round round) {
  int rounds = from_environment("SEMPER_DIFFERENTIAL_ROUNDS", kRounds);
  int seed = from_environment("SEMPER_DIFFERENTIAL_SEED", 20261124);
  Tally tally;
  for (int i = 0; i < rounds; ++i) {
    Choices choices(static_cast<std::uint32_t>(seed + i));
    std::string difference = round(choices, i, tally);
    REQUIRE_MESSAGE(difference.empty(), "round ", i, ": ", difference);
  }
  MESSAGE(std::string(what), ": ", tally.pairs, " pairs, ", 100 * tally.matches / tally.pairs,
          " % match, ", tally.refused, " texts refused");
  CHECK(tally.matches > tally.pairs / 8);
  CHECK(tally.matches < tally.pairs * 4 / 5);
}

}  // namespace

TEST_CASE("patterns of all dialects and quantifiers in one program") {
  run("patterns", [](Choices& choices, int round, Tally& tally) {
    // Few keys and values meet often; now and then many, so that indexes grow.
    bool is_large = round % 16 == 15;
    WildGenerator generator(choices, is_large ? 8 : 2 + choices.below(2),
                            is_large ? 40 : 2 + choices.below(3));
    std::vector<Subject> subjects;
    std::vector<std::string> events;
    for (int i = is_large ? 400 : 60; i > 0; --i) subjects.push_back(generator.pattern());
    for (int i = is_large ? 8 : 40; i > 0; --i) events.push_back(generator.event());
    return judge(subjects, events, tally);
  });
}

TEST_CASE("what stands together is found in elements of any size") {
  run("elements", [](Choices& choices, int, Tally& tally) {
    auto number = [&](std::size_t below) { return std::to_string(choices.below(below)); };
    std::vector<Subject> subjects;
    for (int i = 0; i < 40; ++i) {
      std::string x = R"({"l":{"x":[")" + number(4) + R"("],"y":[)" + number(4) + "," + number(4);
      subjects.push_back({x + "]}}", pattern::Dialect::kSemper});
      subjects.push_back({x + "],\"z\":[" + number(9) + "]}}", pattern::Dialect::kEventBridge});
    }
    std::vector<std::string> events;
    for (int i = 0; i < 20; ++i) {
      std::string elements;
      for (std::size_t k = choices.below(6); k > 0; --k) {
        std::string many = "9";
        for (std::size_t n = choices.chance(50) ? choices.below(200) : 0; n > 0; --n) {
          many += "," + number(9);
        }
        std::string one = R"("x":")" + number(4) + R"(","y":)" + number(4);
        many = "\"z\":[" + many + "]";
        one = choices.chance(50) ? one + "," + many : many + "," + one;
        elements += (elements.empty() ? "{" : ",{") + one + "}";
      }
      events.push_back("{\"l\":[" + elements + "]}");
      // A second list, or an object, at the same paths.
      if (choices.chance(30)) {
        events.back() = "{\"l\":{\"x\":\"1\"},\"l\":[" + elements + "],\"l\":{\"y\":2}}";
      }
    }
    return judge(subjects, events, tally);
  });
}

TEST_CASE("scopes, with and without a context") {
  run("scopes", [](Choices& choices, int, Tally& tally) {
    WildGenerator generator(choices, 3, 4);
    generator.use_account_id();
    std::vector<std::string> scopes;
    std::vector<std::string> contexts;
    for (int i = 0; i < 40; ++i) scopes.push_back(generator.scope());
    for (int i = 0; i < 10; ++i) contexts.push_back(generator.event());
    return judge_scopes(scopes, contexts, {"", generator.text(), generator.text()}, tally);
  });
}
