/// Which of many prefixes, or suffixes, a value has.
#pragma once

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
  /// The slots that the worst look-up sees, whatever an event holds.
  std::size_t worst_probes() const;

  /// Calls `hit(id)` for every literal that `value` begins (or ends) with, the longest first.
  template <class F>
  void find(std::string_view value, F&& hit) const {
    if (empty()) return;
    std::uint32_t i = matches_all_ ? 0 : kNoId;
    if (!look_up(long_, value, i)) look_up(short_, value, i);
    for (; i != kNoId; i = parents_[i]) {
      for (std::uint32_t id : literals_.ids(i)) hit(id);
    }
  }

 private:
  /// Literals that are alike in their outer bytes, and so stand side by side.
  struct Run {
    std::uint32_t id = kNoId;  ///< the first of them
    std::uint32_t end = 0;
  };
  /// The literals of eight bytes and more, or those of less: looked up by as many bytes as the
  /// shortest of them has.
  struct Group {
    std::size_t reach = 0;  ///< the length of the shortest; 0: there is none
    HashFilter present;     ///< most values have none of them, and no search begins
    std::vector<Run> runs;  ///< a table; what is alike in so many bytes, of the other group, too
  };

  std::string_view outer(std::string_view text, std::size_t size) const {
    return text.substr(suffix_ ? text.size() - size : 0, size);
  }
  static std::uint32_t hash_of(std::string_view outer) {
    return static_cast<std::uint32_t>(quick_hash(outer, 0));
  }
  /// Whether some literal that begins as the value does is not above it, which settles it:
  /// `longest` is then the longest one that the value begins with, of either group, or kNoId.
  bool look_up(const Group& group, std::string_view value, std::uint32_t& longest) const {
    if (group.reach == 0 || value.size() < group.reach) return false;
    const std::uint32_t hash = hash_of(outer(value, group.reach));
    return group.present.may_have(hash) && search(group, hash, value, longest);
  }
  bool search(const Group& group, std::uint32_t hash, std::string_view value,
              std::uint32_t& longest) const;
  template <bool kSuffix>
  bool search_run(Run run, std::size_t known, std::string_view value, std::uint32_t& longest) const;
  template <bool kSuffix>
  void link();
  void build_group(Group& group, std::size_t least, std::size_t most);

  bool suffix_;
  bool matches_all_ = false;  ///< the empty literal, the first of all, is there
  Group long_, short_;
  Literals literals_;
  std::vector<std::uint32_t> parents_;
};

}  // namespace semper::pattern
