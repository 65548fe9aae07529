/// Which of many prefixes, or suffixes, a value has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pattern/sets/literals.h"

namespace semper::pattern {

/// The literals are sorted, and each knows its parent: the longest other literal that it begins
/// with. Let L be the last literal that is not above the value. A literal P that the value begins
/// with is not above the value, so not above L either; and whatever lies between P and a text that
/// begins with P begins with P too. So P is L or one of its ancestors: one search finds all.
/// (Suffixes: the same, read from the end.)
class AffixSet {
 public:
  explicit AffixSet(bool suffix) : suffix_(suffix) {}

  void add(std::string_view literal, std::uint32_t id) { literals_.add(literal, id); }
  void build();

  bool empty() const { return literals_.empty(); }
  std::size_t memory() const;

  /// Calls `hit(id)` for every literal that `value` begins (or ends) with, the longest first.
  template <class F>
  void find(std::string_view value, F&& hit) const {
    if (empty()) return;
    for (std::uint32_t i = longest(value); i != kNone; i = parents_[i]) {
      for (std::uint32_t id : literals_.ids(i)) hit(id);
    }
  }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  template <bool kSuffix>
  void link();
  std::uint32_t longest(std::string_view value) const;
  template <bool kSuffix>
  std::uint32_t longest_affix(std::string_view value) const;

  bool suffix_;
  Literals literals_;
  std::vector<std::uint32_t> parents_;
  /// By first (or last) byte: the first literal whose one is not below it, for 0..256. Small sets
  /// have none.
  std::vector<std::uint32_t> by_byte_;
};

}  // namespace semper::pattern
