/// The checked tree of a pattern: what the text said, with every rule of docs/pattern-language.md
/// about form already enforced. The compiler and the oracle both start here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pattern/address.h"
#include "pattern/decimal.h"

namespace semper::pattern {

enum class Dialect : std::uint8_t { kSemper, kEventBridge };
/// Quantifier for lists in events (SPEC 7.5); eventbridge knows kAny only.
enum class Arrays : std::uint8_t { kAny, kAll };

/// One positive question about one scalar.
enum class Op : std::uint8_t {
  kNull,
  kTrue,
  kFalse,
  kNumber,  ///< literal: `low` holds the value
  kString,  ///< literal: the text, or another spelling of the same IP address (`range` is set then)
  kExactly,  ///< the text
  kPrefix,
  kSuffix,
  kPrefixFolded,  ///< `text` is folded
  kSuffixFolded,  ///< `text` is folded
  kEqualsFolded,  ///< `text` is folded
  kContains,
  kWildcard,      ///< `text` as written; `pieces` are the decoded parts between the stars
  kRegex,         ///< RE2, anchored at the start
  kNumeric,       ///< inside `low`/`high`
  kCidr,          ///< an address inside `range`
  kCidrContains,  ///< an address or range inside `range`
};

struct Predicate {
  Op op = Op::kNull;
  std::string text;
  std::vector<std::string> pieces;   ///< kWildcard: n stars give n + 1 pieces, empty ones too
  std::optional<Decimal> low, high;  ///< kNumber: both the value, both inclusive
  bool low_inclusive = false, high_inclusive = false;
  std::optional<AddressRange> range;

  bool operator==(const Predicate&) const = default;
};

struct Item;

/// One test of a comparator object; a literal item is a test with one predicate.
struct Test {
  enum class Kind : std::uint8_t {
    kPredicates,  ///< one of `predicates` holds
    kExists,      ///< `exists: true`
    kAnd,         ///< all of `items` hold
    kOr,          ///< one of `items` holds
  };
  Kind kind = Kind::kPredicates;
  bool negated = false;  ///< the complement over present scalars (SPEC 5.2); never with kExists
  std::vector<Predicate> predicates;
  std::vector<Item> items;
};

/// One item of a field's list: all its tests hold for the same node.
struct Item {
  bool absent = false;  ///< `exists: false`; there are no tests then
  std::vector<Test> tests;
};

struct Object;

/// One member of an object of the pattern, in document order.
struct Member {
  enum class Kind : std::uint8_t { kObject, kField, kOr };
  Kind kind = Kind::kField;
  std::string key;              ///< semper: folded; eventbridge: as written (dots split it)
  std::vector<Item> items;      ///< kField
  std::vector<Object> objects;  ///< kObject: one; kOr: the alternatives
  std::size_t offset = 0;       ///< of the key in the pattern's text
};

struct Object {
  std::vector<Member> members;
};

struct Pattern {
  Dialect dialect = Dialect::kSemper;
  Object root;
};

/// A step of a path. The steps of a pattern are a tree, equal beginnings are there once: however
/// many branches and fields there are, they never need more room than the pattern's text.
struct Step {
  std::uint32_t parent = 0;
  std::string_view key;  ///< semper: folded; eventbridge: one part of a dotted key; in the Pattern
};

/// A field of a branch.
struct Field {
  std::uint32_t path = 0;                    ///< its last step
  const std::vector<Item>* items = nullptr;  ///< points into the Pattern
};
using Branch = std::vector<Field>;

struct Expansion {
  std::vector<Step>
      steps;  ///< [0] is the root (its key and parent mean nothing); parents come first
  std::vector<Branch> branches;

  /// The keys from the root to a step.
  std::vector<std::string_view> path(std::uint32_t step) const;
};

/// SPEC 7.4: the pattern as a list of branches, for `any`. The limits were checked by `parse`.
Expansion expand(const Pattern& pattern);

}  // namespace semper::pattern
