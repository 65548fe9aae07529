/// Random patterns and events for the properties of the language: no more than one field at a path,
/// so that every property holds. (wild_generator.h has no such reserve.)
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "oracle/tree.h"
#include "pattern/ast.h"

namespace semper::oracle {

/// In patterns the keys a, b, c are fields, o and p lead on, so that no path begins another. Where
/// a path may be defined twice (through `$or`), section 13's second and third property need not
/// hold in eventbridge: there are no fields in both a `$or` and beside it.
class Generator {
 public:
  explicit Generator(pattern::Dialect dialect, std::uint32_t seed = 20261124)
      : dialect_(dialect), random_(seed) {}

  std::size_t below(std::size_t n) { return random_() % n; }
  bool chance(std::size_t percent) { return below(100) < percent; }
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }

  Tree pattern(bool absence) {
    absence_ = absence;
    return pattern_object(2, {"a", "b", "c"});
  }

  Tree event(std::size_t depth = 3) {
    Tree out = object({});
    for (const char* key : {"a", "b", "c"}) {
      if (chance(70)) out.members.emplace_back(key, leaf());
    }
    for (const char* key : {"o", "p"}) {
      if (depth > 0 && chance(75)) out.members.emplace_back(key, below_object(depth - 1));
    }
    return out;
  }

  Tree value() {
    static const std::vector<std::string> kValues{R"("x")",
                                                  R"("xy")",
                                                  R"("yx")",
                                                  R"("X")",
                                                  R"("")",
                                                  "1",
                                                  "1.0",
                                                  "2",
                                                  "-3e1",
                                                  "null",
                                                  "true",
                                                  "false",
                                                  R"("1")",
                                                  R"("10.0.0.1")",
                                                  R"("10.1.0.0/16")",
                                                  R"("::ffff:a00:1")",
                                                  R"("straße")",
                                                  "1e9999999"};
    return scalar(pick(kValues));
  }

  void shuffle(Tree& tree, bool elements_too) {
    for (auto& member : tree.members) shuffle(member.value, elements_too);
    for (Tree& element : tree.elements) shuffle(element, elements_too);
    std::shuffle(tree.members.begin(), tree.members.end(), random_);
    // A numeric range is no list of alternatives.
    bool range = !tree.elements.empty() && tree.elements[0].scalar.starts_with("\">");
    if (elements_too && !range) std::shuffle(tree.elements.begin(), tree.elements.end(), random_);
  }

  void wrap(Tree& tree, bool root = true) {
    for (auto& member : tree.members) wrap(member.value, false);
    for (Tree& element : tree.elements) wrap(element, false);
    if (!root && chance(30)) tree = list({tree});
  }

  void change_case(Tree& tree) {
    for (auto& member : tree.members) {
      for (char& c : member.key) {
        if (c >= 'a' && c <= 'z' && chance(50)) c = static_cast<char>(c - 32);
      }
      change_case(member.value);
    }
    for (Tree& element : tree.elements) change_case(element);
  }

 private:
  Tree leaf() {
    if (chance(60)) return value();
    Tree out = list({});
    for (std::size_t i = below(4); i > 0; --i) out.elements.push_back(leaf());
    return out;
  }

  Tree below_object(std::size_t depth) {
    if (chance(50)) return event(depth);
    Tree out = list({});
    for (std::size_t i = below(4); i > 0; --i) {
      out.elements.push_back(chance(80) ? event(depth) : below_object(depth));
    }
    return out;
  }

  Tree pattern_object(std::size_t depth, std::vector<std::string> keys) {
    Tree out = object({});
    std::shuffle(keys.begin(), keys.end(), random_);
    if (keys.size() == 3 && chance(30)) {
      Tree alternatives = list({});
      for (std::size_t i = 2 + below(2); i > 0; --i) {
        alternatives.elements.push_back(pattern_object(depth, {keys[0], keys[1]}));
      }
      out.members.emplace_back("$or", std::move(alternatives));
      if (chance(50)) out.members.emplace_back(keys[2], items());
      return out;
    }
    out.members.emplace_back(keys[0], items());
    if (chance(40)) out.members.emplace_back(keys[1], items());
    for (const char* key : {"o", "p"}) {
      if (depth > 0 && chance(35)) {
        out.members.emplace_back(key, pattern_object(depth - 1, {"a", "b", "c"}));
      }
    }
    return out;
  }

  Tree items() {
    Tree out = list({});
    for (std::size_t i = 1 + below(3); i > 0; --i) out.elements.push_back(item());
    return out;
  }

  Tree item() {
    Tree literal = value();
    if (literal.scalar == "1e9999999") literal.scalar = "1";
    if (chance(30)) return literal;
    if (absence_ && chance(25)) return object({{"exists", scalar("false")}});
    return object({test()});
  }

  TreeMember test() {
    static const std::vector<std::pair<std::string, std::string>> kCommon{
        {"exactly", R"("x")"},
        {"prefix", R"("x")"},
        {"prefix", R"({"equals-ignore-case":"X"})"},
        {"suffix", R"("y")"},
        {"equals-ignore-case", R"("STRASSE")"},
        {"wildcard", R"("*x*")"},
        {"anything-but", R"("x")"},
        {"anything-but", "[1,2]"},
        {"anything-but", R"({"prefix":"x"})"},
        {"cidr", R"("10.0.0.0/8")"},
        {"exists", "true"}};
    static const std::vector<std::pair<std::string, std::string>> kSemper{
        {"contains", R"("y")"},
        {"contains-not", R"(["y","1"])"},
        {"cidr-contains", R"("10.0.0.0/8")"},
        {"cidr-contains-not", R"("10.0.0.0/8")"},
        {"regex-match", R"("^x|1")"},
        {"regex-not-match", R"("x")"},
        {"not", R"(["x",{"suffix":"y"}])"},
        {"or", R"([1,{"prefix":"x"}])"}};
    if (chance(20)) {
      return {"numeric", list({scalar(R"(">=")"), scalar("1"), scalar(R"("<")"), scalar("2")})};
    }
    bool extended = dialect_ == pattern::Dialect::kSemper && chance(50);
    const auto& [name, operand] = pick(extended ? kSemper : kCommon);
    return {name, scalar(operand)};
  }

  pattern::Dialect dialect_;
  bool absence_ = true;
  std::mt19937 random_;
};

}  // namespace semper::oracle
