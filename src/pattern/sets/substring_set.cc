#include "pattern/sets/substring_set.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

namespace semper::pattern {

void SubstringSet::build() {
  if (literals_.empty()) return;
  literals_.build(Literals::Order::kFromStart);
  for (std::uint32_t size = 1; size <= 4; ++size) build(grams_[size - 1], size);
}

void SubstringSet::build(Grams& grams, std::uint32_t size) {
  grams.size = size;
  auto is_filed_here = [&](std::string_view literal) {
    return size == 4 ? literal.size() >= 4 : literal.size() == size;
  };
  std::unordered_map<std::uint32_t, std::uint32_t> counts;
  for (std::uint32_t i = 0; i < literals_.size(); ++i) {
    std::string_view literal = literals_[i];
    if (!is_filed_here(literal)) continue;
    for (std::size_t at = 0; at + size <= literal.size(); ++at) {
      ++counts[gram_at(literal.data() + at, size)];
    }
  }
  for (std::uint32_t i = 0; i < literals_.size(); ++i) {
    std::string_view literal = literals_[i];
    if (!is_filed_here(literal)) continue;
    Entry best{gram_at(literal.data(), size), i, 0};
    for (std::size_t at = 1; at + size <= literal.size(); ++at) {
      std::uint32_t gram = gram_at(literal.data() + at, size);
      if (counts[gram] < counts[best.gram]) best = {gram, i, static_cast<std::uint32_t>(at)};
    }
    grams.entries.push_back(best);
  }
  if (grams.entries.empty()) return;
  std::sort(grams.entries.begin(), grams.entries.end(), [](const Entry& a, const Entry& b) {
    return a.gram != b.gram ? a.gram < b.gram : a.literal < b.literal;
  });
  std::size_t slots = std::max<std::size_t>(64, std::bit_ceil(2 * grams.entries.size()));
  grams.shift = 32 - static_cast<std::uint32_t>(std::countr_zero(slots));
  grams.slots.assign(slots, 0);
  grams.bitmap.assign(slots * 8 / 64, 0);
  for (std::size_t i = 0; i < grams.entries.size(); ++i) {
    std::uint32_t gram = grams.entries[i].gram;
    if (i > 0 && grams.entries[i - 1].gram == gram) continue;
    std::uint32_t bit = hash(gram) >> (grams.shift - 3);
    grams.bitmap[bit / 64] |= std::uint64_t{1} << (bit % 64);
    std::size_t slot = bit >> 3;
    while (grams.slots[slot] != 0) slot = (slot + 1) & (slots - 1);
    grams.slots[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

std::size_t SubstringSet::memory() const {
  std::size_t total = literals_.memory();
  for (const Grams& grams : grams_) {
    total += grams.entries.capacity() * sizeof(Entry) +
             grams.slots.capacity() * sizeof(std::uint32_t) +
             grams.bitmap.capacity() * sizeof(std::uint64_t);
  }
  return total;
}

}  // namespace semper::pattern
