// Properties of the language (docs/pattern-language.md, section 13) on random patterns and events,
// which the plain evaluator and the compiled program must judge alike.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "json/document.h"
#include "json/event.h"
#include "oracle/generator.h"
#include "oracle/naive.h"
#include "pattern/parse.h"
#include "pattern/program.h"

namespace semper::pattern {
namespace {

using namespace oracle;

json::Document read(const std::string& text) {
  json::ParseOptions options;
  options.max_depth = 1024;
  json::Document document;
  json::ParseError error;
  REQUIRE_MESSAGE(json::Document::parse(text, options, document, error), text, error.message);
  return document;
}

bool matches(const Tree& pattern, const Tree& event, Dialect dialect,
             Arrays arrays = Arrays::kAny) {
  json::Document source = read(pattern.print());
  Pattern compiled;
  Issue error;
  std::vector<Issue> warnings;
  bool good = parse(source.root(), dialect, {}, compiled, error, warnings);
  REQUIRE_MESSAGE(good, pattern.print(), error.message);
  std::string text = event.print();
  json::Document document = read(text);
  bool verdict = naive_matches(compiled, arrays, document.root());

  ProgramBuilder builder;
  builder.add(compiled, arrays);
  Matcher matcher(builder.build());
  json::EventDocument event_document;
  REQUIRE(event_document.parse(text));
  std::vector<std::uint32_t> matched;
  matcher.match({event_document.root(), {}}, matched);
  CHECK_MESSAGE(!matched.empty() == verdict, "the compiled program says otherwise");
  return verdict;
}

constexpr int kRounds = 300;

/// Runs a check on random pairs; both verdicts must have occurred for it to say anything.
template <typename Check>
void on_random_pairs(Dialect dialect, bool absence, Check check) {
  Generator generator(dialect);
  int matched = 0;
  for (int i = 0; i < kRounds; ++i) {
    Tree pattern = generator.pattern(absence);
    Tree event = generator.event();
    CAPTURE(pattern.print());
    CAPTURE(event.print());
    if (check(generator, pattern, event)) ++matched;
  }
  CHECK(matched > kRounds / 20);
  CHECK(matched < kRounds * 19 / 20);
}

TEST_CASE("of a comparator and its negation exactly one holds for a present scalar") {
  Generator generator(Dialect::kSemper);
  const std::vector<std::string> operands{R"("x")", R"("")", R"("1")", R"(["10.0.0.0","y"])"};
  const std::vector<std::string> ranges{R"("10.0.0.0/8")", R"("::/0")", R"(["::1","10.0.0.1"])"};
  for (int i = 0; i < kRounds; ++i) {
    Tree event = object({{"a", generator.value()}});
    auto holds = [&](const std::string& name, const std::string& operand) {
      Tree test = object({{name, scalar(operand)}});
      return matches(object({{"a", list({test})}}), event, Dialect::kSemper);
    };
    CAPTURE(event.print());
    const std::string& text = generator.pick(operands);
    const std::string& range = generator.pick(ranges);
    CHECK(holds("contains", text) != holds("contains-not", text));
    CHECK(holds("regex-match", text) != holds("regex-not-match", text));
    CHECK(holds("cidr-contains", range) != holds("cidr-contains-not", range));
    CHECK(holds("wildcard", R"("*x")") != holds("anything-but", R"({"wildcard":"*x"})"));
    CHECK(holds("numeric", R"([">",0])") != holds("not", R"({"numeric":[">",0]})"));
  }
}

TEST_CASE("order does not matter") {
  for (Dialect dialect : {Dialect::kSemper, Dialect::kEventBridge}) {
    on_random_pairs(dialect, true, [&](Generator& generator, Tree pattern, Tree event) {
      bool before = matches(pattern, event, dialect);
      generator.shuffle(pattern, true);
      generator.shuffle(event, false);
      CHECK(matches(pattern, event, dialect) == before);
      return before;
    });
  }
}

TEST_CASE("a value in an array of its own is the same value") {
  for (Dialect dialect : {Dialect::kSemper, Dialect::kEventBridge}) {
    on_random_pairs(dialect, true, [&](Generator& generator, const Tree& pattern, Tree event) {
      bool before = matches(pattern, event, dialect);
      generator.wrap(event);
      CHECK(matches(pattern, event, dialect) == before);
      return before;
    });
  }
}

TEST_CASE("semper ignores the case of keys and comparators") {
  for (Arrays arrays : {Arrays::kAny, Arrays::kAll}) {
    on_random_pairs(Dialect::kSemper, true, [&](Generator& generator, Tree pattern, Tree event) {
      bool before = matches(pattern, event, Dialect::kSemper, arrays);
      generator.change_case(pattern);
      CHECK(matches(pattern, event, Dialect::kSemper, arrays) == before);
      generator.change_case(event);
      CHECK(matches(pattern, event, Dialect::kSemper, arrays) == before);
      return before;
    });
  }
}

TEST_CASE("what eventbridge matches semper matches too") {
  on_random_pairs(Dialect::kEventBridge, true,
                  [](Generator&, const Tree& pattern, const Tree& event) {
                    bool eventbridge = matches(pattern, event, Dialect::kEventBridge);
                    if (eventbridge) CHECK(matches(pattern, event, Dialect::kSemper));
                    return eventbridge;
                  });
}

TEST_CASE("what matches with all matches with any") {
  on_random_pairs(Dialect::kSemper, false, [](Generator&, const Tree& pattern, const Tree& event) {
    bool all = matches(pattern, event, Dialect::kSemper, Arrays::kAll);
    if (all) CHECK(matches(pattern, event, Dialect::kSemper, Arrays::kAny));
    return all;
  });
}

}  // namespace
}  // namespace semper::pattern
