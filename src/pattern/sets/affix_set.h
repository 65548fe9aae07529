/// Which of many prefixes, or suffixes, a value has.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "pattern/hash_table.h"
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
    if (empty() || !may_find(value)) return;
    for (std::uint32_t i = longest(value); i != kNone; i = parents_[i]) {
      for (std::uint32_t id : literals_.ids(i)) hit(id);
    }
  }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  /// Literals of which all have so many bytes that one place of a value tells: most values have
  /// none of them, and no search begins.
  struct Group {
    std::size_t reach = 0;  ///< the length of the shortest; 0: there is none
    HashFilter present;     ///< of the last eight of these bytes (the outermost ones are alike)
  };

  bool may_find(std::string_view value) const {
    return matches_all_ || is_in(long_, value) || is_in(short_, value);
  }
  bool is_in(const Group& group, std::string_view value) const {
    return group.reach != 0 && value.size() >= group.reach &&
           group.present.may_have(hash_at(value, group.reach));
  }
  std::uint32_t hash_at(std::string_view text, std::size_t reach) const {
    const std::size_t size = std::min<std::size_t>(reach, 8);
    const char* at = text.data() + (suffix_ ? text.size() - reach : reach - size);
    std::uint64_t word = 0;
    if (size == 8) {
      word = load_word<std::uint64_t>(at);
    } else {
      for (std::size_t i = 0; i < size; ++i) word = word << 8 | static_cast<unsigned char>(at[i]);
    }
    return hash_word(word);
  }
  void build_groups();

  template <bool kSuffix>
  void link();
  std::uint32_t longest(std::string_view value) const;
  template <bool kSuffix>
  std::uint32_t longest_affix(std::string_view value) const;

  bool suffix_;
  bool matches_all_ = false;  ///< the empty literal is there
  Group long_, short_;        ///< literals of eight bytes and more, and of less
  Literals literals_;
  std::vector<std::uint32_t> parents_;
  /// By first (or last) byte: the first literal whose one is not below it, for 0..256. Small sets
  /// have none.
  std::vector<std::uint32_t> by_byte_;
};

}  // namespace semper::pattern
