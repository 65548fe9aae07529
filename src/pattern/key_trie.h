/// The keys that patterns ask about, as a tree of path nodes: one root for semper (keys folded),
/// one for eventbridge (keys exact, split at dots). A subtree of an event that no node asks about
/// is skipped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/text.h"

namespace semper::pattern {

/// The bit that tells the case of a letter, eight times; without it other bytes may collide.
inline constexpr std::uint64_t kCase = 0x2020202020202020u;

/// Equal for keys that are equal in ASCII without regard to case.
inline std::uint32_t hash_key(std::string_view key) {
  return static_cast<std::uint32_t>(quick_hash(key, 0, kCase));
}

class KeyTrie {
 public:
  static constexpr std::uint32_t kNone = 0;
  static constexpr std::uint32_t kSemperRoot = 1;
  static constexpr std::uint32_t kEventBridgeRoot = 2;

  KeyTrie();

  /// The child of `node` for `key` (semper: folded), made when missing.
  std::uint32_t add(std::uint32_t node, std::string_view key);
  /// Before `build`, by node: the keys from eventbridge's root on, joined by dots; empty for
  /// others.
  std::vector<std::u16string> joined_paths() const;
  /// After the last `add`.
  void build();

  /// Which keys are not worth a look: bits for how the children's keys begin, whatever their case,
  /// by the first eight bytes or (shorter keys, and first parts of dotted ones) by the first two.
  struct Filter {
    std::uint64_t by_two = 0;
    std::uint64_t by_eight = 0;

    /// Where the filters of all nodes have their bits for a key, which is ASCII, without escapes,
    /// and stands in a JSON text with eight bytes to read; where it has only one, the quote that
    /// ends it is the second.
    struct Bits {
      explicit Bits(const char* key) : two(bit_of_two(key)), eight(bit_of_eight(key)) {}
      unsigned two;
      unsigned eight;
    };
    /// False: there is no such child.
    bool may_have(Bits bits) const {
      return ((by_two >> bits.two | by_eight >> bits.eight) & 1) != 0;
    }
    Filter operator|(const Filter& other) const {
      return {by_two | other.by_two, by_eight | other.by_eight};
    }
  };
  const Filter& filter(std::uint32_t node) const { return nodes_[node].filter; }

  /// A key in a JSON text: ASCII and without escapes, its closing quote behind it.
  struct Key {
    const char* text;
    std::size_t available;  ///< bytes to read, 8 at least
  };
  /// A child.
  struct Slot {
    /// False: its key is not this one. So much one word says, where the key ends need not be known.
    template <bool kFolded>
    bool may_be(const Key& written) const {
      return (((load_word<std::uint64_t>(written.text) | (kFolded ? kCase : 0)) ^ start) & mask) ==
             0;
    }

    std::uint64_t start = 0;  ///< the key's first eight bytes (semper: with kCase) …
    std::uint64_t mask = 0;   ///< … and which of these bits count
    std::uint32_t hash = 0;
    std::uint32_t child = kNone;
    std::uint32_t key = 0;  ///< begin in texts_
    std::uint32_t size = 0;
  };
  class Children;
  bool has_few_children(std::uint32_t node) const { return nodes_[node].slots <= kFew; }
  Children children(std::uint32_t node) const;

  /// The child, or kNone. semper: `key` is ASCII (compared without regard to case), or folded.
  std::uint32_t find_folded(std::uint32_t node, std::string_view key) const {
    return find<true>(node, key);
  }
  std::uint32_t find_exact(std::uint32_t node, std::string_view key) const {
    return find<false>(node, key);
  }

  bool has_children(std::uint32_t node) const { return nodes_[node].slots != 0; }
  std::size_t size() const { return nodes_.size(); }
  std::size_t memory() const;
  /// The slots that the worst look-up sees, whatever an event holds.
  std::size_t worst_probes() const;

 private:
  /// Up to so many children stand side by side, and their keys are compared one by one; more are in
  /// a hash table.
  static constexpr std::uint32_t kFew = 4;
  struct Node {
    std::uint32_t table = 0;  ///< first slot
    std::uint32_t slots = 0;  ///< kFew at most: the children; else a power of two
    Filter filter;
  };
  struct Edge {
    std::uint32_t parent;
    Slot slot;
  };

  std::vector<bool> event_bridge_nodes() const;

  static unsigned bit_of_two(const char* key) {
    auto start = std::uint32_t{load_word<std::uint16_t>(key)};
    return ((start | 0x2020u) * 0x9E3779B1u) >> 26;
  }
  static unsigned bit_of_eight(const char* key) {
    std::uint64_t start = load_word<std::uint64_t>(key) | kCase;
    return static_cast<unsigned>((start * 0x9E3779B97F4A7C15u) >> 58);
  }
  static void add_to(Filter& filter, std::string_view key, bool is_exact);

  /// Whether `key` has the bytes of the slot's key (kFolded: but for the case of ASCII letters).
  template <bool kFolded>
  bool is_same(const Slot& slot, const char* key) const {
    return equal_words(
        texts_.data() + slot.key, key, slot.size,
        [](std::uint64_t x, std::uint64_t y) { return x == (kFolded ? lower_ascii(y) : y); });
  }

  template <bool kFolded>
  std::uint32_t find(std::uint32_t node, std::string_view key) const {
    const Node& at = nodes_[node];
    const Slot* slots = slots_.data() + at.table;
    if (at.slots <= kFew) {
      for (const Slot* slot = slots; slot != slots + at.slots; ++slot) {
        if (slot->size == key.size() && is_same<kFolded>(*slot, key.data())) return slot->child;
      }
      return kNone;
    }
    std::uint32_t hash = hash_key(key);
    std::uint32_t mask = at.slots - 1;
    for (std::uint32_t i = hash & mask;; i = (i + 1) & mask) {
      const Slot& slot = slots[i];
      if (slot.child == kNone) return kNone;
      if (slot.hash == hash && slot.size == key.size() && is_same<kFolded>(slot, key.data())) {
        return slot.child;
      }
    }
  }

  std::vector<Node> nodes_;
  std::vector<Slot> slots_;
  std::string texts_;

  // While building: edges by hash of (parent, key), open addressing.
  std::vector<Edge> edges_;
  std::vector<std::uint32_t> edge_index_;
};

/// The children of one node, for the keys of one object, which are looked up where they stand.
class KeyTrie::Children {
 public:
  Children(const KeyTrie& trie, std::uint32_t node)
      : trie_(trie),
        node_(node),
        few_(trie.has_few_children(node)),
        filter_(trie.nodes_[node].filter),
        first_(trie.slots_.data() + trie.nodes_[node].table),
        last_(first_ + trie.nodes_[node].slots) {}

  /// The child, or kNone. `name` gives the key's bytes; `follow_dots(name)` is asked where the key
  /// may be several steps, which only eventbridge has (kFolded: semper).
  template <bool kFolded, class Name, class FollowDots>
  std::uint32_t find(Key key, Name name, FollowDots follow_dots) const {
    if (!few_) return find_among_many<kFolded>(key, name, follow_dots);
    for (const Slot& slot : *this) {
      if (!slot.may_be<kFolded>(key)) continue;
      std::uint32_t found = child<kFolded>(slot, key, name, follow_dots);
      if (found != kNone) return found;
    }
    return kNone;
  }

  /// Of few: each.
  const Slot* begin() const { return first_; }
  const Slot* end() const { return last_; }
  /// `find` for one that `may_be`.
  template <bool kFolded, class Name, class FollowDots>
  std::uint32_t child(const Slot& slot, Key key, Name name, FollowDots follow_dots) const {
    if (slot.size >= key.available) return kNone;
    if ((kFolded || slot.size > 8) && !trie_.is_same<kFolded>(slot, key.text)) return kNone;
    const char behind = key.text[slot.size];
    if (behind == '"') return slot.child;
    return !kFolded && behind == '.' ? follow_dots(name()) : kNone;
  }

 private:
  template <bool kFolded, class Name, class FollowDots>
  std::uint32_t find_among_many(Key key, Name name, FollowDots follow_dots) const {
    if (!filter_.may_have(Filter::Bits(key.text))) return kNone;
    if (kFolded) return trie_.find_folded(node_, name());
    std::uint32_t child = trie_.find_exact(node_, name());
    bool may_have_dots = child == kNone && name().find('.') != std::string_view::npos;
    return may_have_dots ? follow_dots(name()) : child;
  }

  const KeyTrie& trie_;
  std::uint32_t node_;
  bool few_;
  Filter filter_;
  const Slot* first_;
  const Slot* last_;
};

inline KeyTrie::Children KeyTrie::children(std::uint32_t node) const {
  return {*this, node};
}

}  // namespace semper::pattern
