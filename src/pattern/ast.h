/// The checked tree of a pattern: what the text said, with every rule of docs/pattern-language.md
/// about form already enforced. The compiler and the oracle both start here.
#pragma once

#include <cstdint>
#include <forward_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "base/text.h"
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
  bool low_inclusive = false, high_inclusive = false;
  std::string_view text;
  std::span<const std::string_view> pieces;  ///< kWildcard: n stars give n + 1, empty ones too
  const Decimal* low = nullptr;              ///< kNumber: both the value, both inclusive
  const Decimal* high = nullptr;
  const AddressRange* range = nullptr;
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
  std::span<const Predicate> predicates;
  std::span<const Item> items;
};

/// One item of a field's list: all its tests hold for the same node.
struct Item {
  bool absent = false;  ///< `exists: false`; there are no tests then
  std::span<const Test> tests;
};
using Items = std::span<const Item>;

struct Object;

/// One member of an object of the pattern, in document order.
struct Member {
  enum class Kind : std::uint8_t { kObject, kField, kOr };
  Kind kind = Kind::kField;
  std::string_view key;             ///< semper: folded; eventbridge: as written (dots split it)
  Items items;                      ///< kField
  std::span<const Object> objects;  ///< kObject: one; kOr: the alternatives
  std::size_t offset = 0;           ///< of the key in the pattern's text
};

struct Object {
  std::span<const Member> members;
};

/// Where the parts of trees are. A policy set has some ten of them a policy, so they stand side by
/// side and go all at once.
class TreeMemory {
 public:
  std::string_view copy(std::string_view text) { return arena_.copy(text); }
  std::string_view copy_folded(std::string_view text) { return copy(fold(text, scratch_)); }
  template <class T>
  std::span<T> array(std::size_t count) {
    return arena_.array<T>(count);
  }
  /// What the regular expressions of all trees come to, compiled (Regex::size).
  std::size_t regex_size = 0;

  const Decimal* keep(Decimal number) { return &decimals_.emplace_front(std::move(number)); }

 private:
  Arena arena_;
  std::forward_list<Decimal> decimals_;
  std::string scratch_;
};

struct Pattern {
  Dialect dialect = Dialect::kSemper;
  Object root;
  std::shared_ptr<TreeMemory> memory;  ///< holds the tree, and maybe those of other patterns
};

/// A step of a path. The steps of a pattern are a tree, equal beginnings are there once: however
/// many branches and fields there are, they never need more room than the pattern's text.
struct Step {
  std::uint32_t parent = 0;
  std::string_view key;  ///< semper: folded; eventbridge: one part of a dotted key; in the Pattern
};

/// A field of a branch.
struct Field {
  std::uint32_t path = 0;  ///< its last step
  Items items;
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
