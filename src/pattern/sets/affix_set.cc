#include "pattern/sets/affix_set.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace semper::pattern {
namespace {

constexpr std::uint32_t kWorthAnIndex = 16;

/// The i-th byte from the start or from the end.
template <bool kSuffix>
unsigned byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(kSuffix ? text[text.size() - 1 - i] : text[i]);
}

/// How many bytes are equal from the start (or end), of which `known` need not be looked at.
template <bool kSuffix>
std::size_t common(std::string_view a, std::string_view b, std::size_t known) {
  std::size_t end = std::min(a.size(), b.size());
  std::size_t i = known;
  if constexpr (std::endian::native == std::endian::little) {
    for (; i + 8 <= end; i += 8) {
      std::uint64_t x = 0;
      std::uint64_t y = 0;
      std::memcpy(&x, a.data() + (kSuffix ? a.size() - i - 8 : i), 8);
      std::memcpy(&y, b.data() + (kSuffix ? b.size() - i - 8 : i), 8);
      if (x != y) {
        int bits = kSuffix ? std::countl_zero(x ^ y) : std::countr_zero(x ^ y);
        return i + static_cast<std::size_t>(bits) / 8;
      }
    }
  }
  while (i < end && byte_at<kSuffix>(a, i) == byte_at<kSuffix>(b, i)) ++i;
  return i;
}

}  // namespace

void AffixSet::build() {
  literals_.build(suffix_ ? Literals::Order::kFromEnd : Literals::Order::kFromStart);
  if (suffix_) {
    link<true>();
  } else {
    link<false>();
  }
  build_groups();
}

void AffixSet::build_groups() {
  auto group_of = [&](std::string_view literal) -> Group& {
    return literal.size() >= 8 ? long_ : short_;
  };
  std::size_t counts[2] = {};
  for (std::uint32_t i = 0; i < literals_.size(); ++i) {
    std::string_view literal = literals_[i];
    if (literal.empty()) {
      matches_all_ = true;
      continue;
    }
    Group& group = group_of(literal);
    group.reach = group.reach == 0 ? literal.size() : std::min(group.reach, literal.size());
    ++counts[&group == &long_ ? 0 : 1];
  }
  long_.present.build(2 * counts[0]);
  short_.present.build(2 * counts[1]);
  for (std::uint32_t i = 0; i < literals_.size(); ++i) {
    std::string_view literal = literals_[i];
    if (literal.empty()) continue;
    Group& group = group_of(literal);
    group.present.add(hash_at(literal, group.reach));
  }
}

template <bool kSuffix>
void AffixSet::link() {
  std::uint32_t size = literals_.size();
  parents_.resize(size);
  for (std::uint32_t i = 0; i < size; ++i) {
    // The literals that this one begins with are the one before it or ancestors of that one.
    std::uint32_t parent = i == 0 ? kNone : i - 1;
    while (parent != kNone) {
      std::size_t length = literals_[parent].size();
      if (common<kSuffix>(literals_[parent], literals_[i], 0) == length) break;
      parent = parents_[parent];
    }
    parents_[i] = parent;
  }
  if (size < kWorthAnIndex) return;
  by_byte_.resize(257);
  std::uint32_t i = literals_[0].empty() ? 1 : 0;
  for (unsigned byte = 0; byte <= 256; ++byte) {
    while (i < size && byte_at<kSuffix>(literals_[i], 0) < byte) ++i;
    by_byte_[byte] = i;
  }
}

std::uint32_t AffixSet::longest(std::string_view value) const {
  return suffix_ ? longest_affix<true>(value) : longest_affix<false>(value);
}

template <bool kSuffix>
std::uint32_t AffixSet::longest_affix(std::string_view value) const {
  std::uint32_t begin = 0;
  std::uint32_t end = literals_.size();
  if (!by_byte_.empty()) {
    if (value.empty()) {
      end = by_byte_[0];
    } else {
      unsigned byte = byte_at<kSuffix>(value, 0);
      begin = by_byte_[byte];
      end = by_byte_[byte + 1];
    }
  }
  // What the literals below and above have in common with the value, all between them have too.
  std::uint32_t last = kNone;
  std::size_t below = 0;
  std::size_t above = 0;
  while (begin < end) {
    std::uint32_t middle = begin + (end - begin) / 2;
    std::string_view literal = literals_[middle];
    std::size_t same = common<kSuffix>(literal, value, std::min(below, above));
    bool not_above =
        same == literal.size() ||
        (same < value.size() && byte_at<kSuffix>(literal, same) < byte_at<kSuffix>(value, same));
    if (not_above) {
      last = middle;
      below = same;
      begin = middle + 1;
    } else {
      above = same;
      end = middle;
    }
  }
  // None with this first byte: the empty literal is left.
  if (last == kNone) return literals_[0].empty() ? 0 : kNone;
  while (last != kNone && literals_[last].size() > below) last = parents_[last];
  return last;
}

std::size_t AffixSet::memory() const {
  return long_.present.memory() + short_.present.memory() + literals_.memory() +
         (parents_.capacity() + by_byte_.capacity()) * sizeof(std::uint32_t);
}

}  // namespace semper::pattern
