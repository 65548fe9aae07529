#include "pattern/sets/substring_set.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

namespace semper::pattern {
namespace {

/// So many literals may share a gram before one that is looked at less often is no longer worth it.
constexpr std::uint32_t kCommon = 32;

struct Window {
  std::size_t begin = 0;
  std::uint32_t commonest = ~std::uint32_t{0};  ///< of its grams, how often it occurs
};

/// Of `counts`, by gram of a literal, the `width` side by side of which the largest is the
/// smallest.
Window rarest_window(const std::vector<std::uint32_t>& counts, std::size_t width) {
  Window best;
  for (std::size_t begin = 0; begin + width <= counts.size(); ++begin) {
    auto first = counts.begin() + static_cast<std::ptrdiff_t>(begin);
    std::uint32_t commonest = *std::max_element(first, first + static_cast<std::ptrdiff_t>(width));
    if (commonest < best.commonest) best = {begin, commonest};
  }
  return best;
}

}  // namespace

void SubstringSet::build() {
  if (literals_.empty()) return;
  literals_.build(Literals::Order::kFromStart);
  for (std::uint32_t size = 1; size <= kMostBytes; ++size) file_literals(size);
  for (Grams& grams : grams_) link(grams);
}

/// The literals whose grams have `size` bytes.
void SubstringSet::file_literals(std::uint32_t size) {
  auto is_filed_here = [&](std::string_view literal) {
    return size == kMostBytes ? literal.size() >= size : literal.size() == size;
  };
  std::unordered_map<std::uint32_t, std::uint32_t> counts;
  for (std::uint32_t i = 0; i < literals_.size(); ++i) {
    std::string_view literal = literals_[i];
    if (!is_filed_here(literal)) continue;
    for (std::size_t at = 0; at + size <= literal.size(); ++at) {
      ++counts[gram_at(literal.data() + at, size)];
    }
  }
  std::vector<std::uint32_t> of_literal;
  for (std::uint32_t i = 0; i < literals_.size(); ++i) {
    std::string_view literal = literals_[i];
    if (!is_filed_here(literal)) continue;
    auto gram = [&](std::size_t at) { return gram_at(literal.data() + at, size); };
    of_literal.clear();
    for (std::size_t at = 0; at + size <= literal.size(); ++at) {
      of_literal.push_back(counts[gram(at)]);
    }
    for (Grams& grams : grams_) {
      if (grams.size != size) continue;
      Window window = rarest_window(of_literal, grams.stride);
      if (window.commonest > kCommon && grams.stride > 1) continue;
      for (std::size_t at = window.begin; at < window.begin + grams.stride; ++at) {
        grams.entries.push_back({gram(at), i, static_cast<std::uint32_t>(at)});
      }
      break;
    }
  }
}

void SubstringSet::link(Grams& grams) {
  if (grams.entries.empty()) return;
  std::sort(grams.entries.begin(), grams.entries.end());
  grams.entries.shrink_to_fit();
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
