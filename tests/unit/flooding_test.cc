// Whoever sends events knows this code and may choose keys and values so that they collide in the
// tables of a program. The tables are filled by policies alone, so a look-up is bounded by how they
// lie, and that is counted here.
#include <doctest/doctest.h>

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

#include "json/document.h"
#include "json/event.h"
#include "pattern/key_trie.h"
#include "pattern/parse.h"
#include "pattern/program.h"
#include "pattern/sets/affix_set.h"
#include "pattern/sets/interval_set.h"
#include "pattern/value_table.h"

namespace semper::pattern {
namespace {

constexpr std::size_t kMillion = 1'000'000;

Program program(const std::string& text) {
  json::Document document;
  json::ParseError syntax;
  REQUIRE(json::Document::parse(text, {}, document, syntax));
  Pattern pattern;
  Issue error;
  std::vector<Issue> warnings;
  REQUIRE(parse(document.root(), Dialect::kSemper, {}, pattern, error, warnings));
  ProgramBuilder builder;
  builder.add(pattern, Arrays::kAny);
  return builder.build();
}

bool matches(const Program& program, const std::string& text) {
  json::EventDocument event;
  REQUIRE(event.parse(text));
  std::vector<std::uint32_t> matched;
  Matcher(program).match({event.root(), {}}, matched);
  return !matched.empty();
}

TEST_CASE("no look-up in a large table takes many steps") {
  constexpr std::size_t kMost = 64;
  for (std::size_t count : {10U, 1'000U, 100'000U}) {
    CAPTURE(count);
    ValueTable values;
    KeyTrie keys;
    IntegerTable integers;
    AffixSet prefixes(false);
    AffixSet suffixes(true);
    for (std::size_t i = 0; i < count; ++i) {
      integers.add(static_cast<std::int64_t>(i) << 20, 0);
      std::string name = fmt::format("role-{}", i);
      values.add(static_cast<std::uint32_t>(i % 7), name, 0);
      prefixes.add(name, 0);
      suffixes.add(name, 0);
      keys.add(KeyTrie::kSemperRoot, name);
      keys.add(KeyTrie::kEventBridgeRoot, name);
    }
    values.build();
    keys.build();
    integers.build();
    prefixes.build();
    suffixes.build();
    CHECK(integers.worst_probes() <= kMost);
    CHECK(values.worst_probes() <= kMost);
    CHECK(keys.worst_probes() <= kMost);
    CHECK(prefixes.worst_probes() <= kMost);
    CHECK(suffixes.worst_probes() <= kMost);
  }
}

TEST_CASE("a million keys that lead to the place of one that is asked for") {
  // Sixteen keys at one place: 32 slots, told apart by five bits of the hash, and a filter by first
  // letter and length.
  constexpr std::uint32_t kMask = 31;
  std::string pattern = R"({"$or": [)";
  for (int i = 0; i < 16; ++i) pattern += fmt::format(R"({}{{"k{:07}": ["x"]}})", i ? "," : "", i);
  Program compiled = program(pattern + "]}");
  std::uint32_t slot = hash_key("k0000007") & kMask;
  std::string event = "{";
  std::size_t keys = 0;
  for (std::size_t i = 16; keys < kMillion; ++i) {
    std::string key = fmt::format("k{:07x}", i);
    if ((hash_key(key) & kMask) != slot) continue;
    event += fmt::format("\"{}\":1,", key);
    ++keys;
  }
  CHECK_FALSE(matches(compiled, event + R"("k0000016": "x"})"));
  CHECK(matches(compiled, event + R"("k0000007": "x"})"));
}

TEST_CASE("a million values of one list") {
  Program compiled = program(R"({"v": ["wanted", {"prefix": "w7"}, {"suffix": "-no"},
      {"wildcard": "*w*x*y*"}, {"contains": "zz"}, {"equals-ignore-case": "NO"}]})");
  std::string event = R"({"v":[)";
  for (std::size_t i = 0; i < kMillion; ++i) event += fmt::format("\"w{:06x}\",", i + 0x800000);
  CHECK_FALSE(matches(compiled, event + "\"\"]}"));
  CHECK(matches(compiled, event + R"("wanted"]})"));
}

}  // namespace
}  // namespace semper::pattern
