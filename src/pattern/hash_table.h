/// What the tables in a program share. Policies fill them, and events are looked up in them.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/hash.h"

namespace semper::pattern {

inline std::uint32_t hash_word(std::uint64_t word) {
  return static_cast<std::uint32_t>(mix64(word ^ 0xA0761D6478BD642Fu, 0x9E3779B97F4A7C15u));
}

/// A bit for each hash, by its upper bits. Most of what an event asks a table for is not there, and
/// ends here: by a branch that is guessed right, where a run of slots would be of any length.
class HashFilter {
 public:
  /// Empty, for a table with so many slots.
  void build(std::size_t slots) {
    constexpr std::size_t kBitsASlot = 8;
    const auto bits = std::clamp<std::size_t>(kBitsASlot * std::bit_ceil(slots), 64, kMostBits);
    words_.assign(bits / 64, 0);
    shift_ = 32 - static_cast<unsigned>(std::countr_zero(bits));
  }
  void add(std::uint32_t hash) {
    const std::uint32_t bit = hash >> shift_;
    words_[bit / 64] |= std::uint64_t{1} << bit % 64;
  }
  /// False: no such hash was added. After `build`.
  bool may_have(std::uint32_t hash) const {
    const std::uint32_t bit = hash >> shift_;
    return (words_[bit / 64] >> (bit % 64) & 1) != 0;
  }
  std::size_t memory() const { return words_.capacity() * sizeof(words_[0]); }

 private:
  static constexpr std::size_t kMostBits = std::size_t{1} << 31;

  std::vector<std::uint64_t> words_;
  unsigned shift_ = 0;
};

/// The id of a slot that is free.
inline constexpr std::uint32_t kNoId = 0xFFFFFFFF;

/// Makes a list of entries a table of twice as many slots and more: an entry stands in the first
/// free one from its hash on. `present` gets all hashes.
template <class Slot, class HashOf>
void make_table(std::vector<Slot>& slots, HashFilter& present, HashOf hash_of) {
  std::vector<Slot> entries;
  entries.swap(slots);
  if (entries.empty()) return;
  slots.resize(std::bit_ceil(2 * entries.size()));
  present.build(slots.size());
  for (const Slot& entry : entries) {
    const std::uint32_t hash = hash_of(entry);
    present.add(hash);
    std::size_t i = hash;
    while (slots[i &= slots.size() - 1].id != kNoId) ++i;
    slots[i] = entry;
  }
}

}  // namespace semper::pattern
