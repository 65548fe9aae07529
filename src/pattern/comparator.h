/// The inside of a field's list: items, comparator objects and their operands (SPEC 4 and 6).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/limits.h"
#include "json/document.h"
#include "pattern/ast.h"
#include "pattern/parse.h"

namespace semper::pattern {

enum class Comparator : std::uint8_t {
  kExactly,
  kPrefix,
  kSuffix,
  kEqualsIgnoreCase,
  kWildcard,
  kAnythingBut,
  kNumeric,
  kCidr,
  kExists,
  // semper only
  kContains,
  kContainsNot,
  kCidrContains,
  kCidrContainsNot,
  kRegexMatch,
  kRegexNotMatch,
  kNot,
  kAnd,
  kOr,
};

/// eventbridge: exact; semper: ASCII letters in any case.
std::optional<Comparator> comparator_of(std::string_view name, Dialect dialect);
bool same_name(std::string_view written, std::string_view name, Dialect dialect);

/// What every part of the parser needs.
struct ParseState {
  Dialect dialect;
  const Limits& limits;
  Issue& error;
  std::vector<Issue>& warnings;
  const std::shared_ptr<TreeMemory>& memory;  ///< for the tree
  std::size_t regex_size_before;              ///< of other trees in `memory`

  /// Always false.
  bool fail(std::string_view code, std::size_t offset, std::string message) const;
  void warn(std::string_view code, std::size_t offset, std::string message) const;
};

/// The keys of one object that were met so far.
class KeySet {
 public:
  /// `folded` outlives the set. False where it is there already.
  bool insert(std::string_view folded);

 private:
  static constexpr std::size_t kFew = 16;
  std::array<std::string_view, kFew> few_;
  std::size_t count_ = 0;                      ///< in `few_`
  std::unordered_set<std::string_view> more_;  ///< where `few_` is full
};

/// The items of a field: what a list holds, or the scalar that semper takes for a list of one.
bool parse_items(const json::Value& value, const ParseState& state, Items& items);

}  // namespace semper::pattern
