#include "pattern/sets/affix_set.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/text.h"
#include "pattern/probes.h"

namespace semper::pattern {
namespace {

constexpr std::size_t kLong = 8;

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
  matches_all_ = !empty() && literals_[0].empty();
  build_group(long_, kLong, std::string_view::npos);
  build_group(short_, 1, kLong - 1);
}

/// Of the literals with so many bytes.
void AffixSet::build_group(Group& group, std::size_t least, std::size_t most) {
  const std::uint32_t size = literals_.size();
  auto is_one = [&](std::uint32_t i) {
    return literals_[i].size() >= least && literals_[i].size() <= most;
  };
  for (std::uint32_t i = 0; i < size; ++i) {
    if (!is_one(i)) continue;
    group.reach =
        group.reach == 0 ? literals_[i].size() : std::min(group.reach, literals_[i].size());
  }
  if (group.reach == 0) return;
  for (std::uint32_t i = 0; i < size;) {
    const std::uint32_t first = i;
    bool is_wanted = false;
    auto is_alike = [&] {
      return i < size && literals_[i].size() >= group.reach &&
             outer(literals_[i], group.reach) == outer(literals_[first], group.reach);
    };
    for (; is_alike(); ++i) is_wanted |= is_one(i);
    if (is_wanted) group.runs.push_back({first, i});
    if (i == first) ++i;
  }
  make_table(group.runs, group.present,
             [&](const Run& run) { return hash_of(outer(literals_[run.id], group.reach)); });
}

template <bool kSuffix>
void AffixSet::link() {
  std::uint32_t size = literals_.size();
  parents_.resize(size);
  for (std::uint32_t i = 0; i < size; ++i) {
    // The literals that this one begins with are the one before it or ancestors of that one.
    std::uint32_t parent = i == 0 ? kNoId : i - 1;
    while (parent != kNoId) {
      std::size_t length = literals_[parent].size();
      if (common<kSuffix>(literals_[parent], literals_[i], 0) == length) break;
      parent = parents_[parent];
    }
    parents_[i] = parent;
  }
}

bool AffixSet::search(const Group& group, std::uint32_t hash, std::string_view value,
                      std::uint32_t& longest) const {
  const std::size_t mask = group.runs.size() - 1;
  for (std::size_t i = hash & mask; group.runs[i].id != kNoId; i = (i + 1) & mask) {
    const Run& run = group.runs[i];
    std::string_view literal = outer(literals_[run.id], group.reach);
    if (!same_bytes(literal.data(), outer(value, group.reach).data(), group.reach)) continue;
    return suffix_ ? search_run<true>(run, group.reach, value, longest)
                   : search_run<false>(run, group.reach, value, longest);
  }
  return false;
}

/// `known`: so many bytes are equal in all of them and in the value.
template <bool kSuffix>
bool AffixSet::search_run(Run run, std::size_t known, std::string_view value,
                          std::uint32_t& longest) const {
  // What the literals below and above have in common with the value, all between them have too.
  std::uint32_t last = kNoId;
  std::size_t below = known;
  std::size_t above = known;
  for (std::uint32_t begin = run.id, end = run.end; begin < end;) {
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
  if (last == kNoId) return false;
  while (last != kNoId && literals_[last].size() > below) last = parents_[last];
  longest = last;
  return true;
}

std::size_t AffixSet::memory() const {
  auto of = [](const Group& group) {
    return group.present.memory() + group.runs.capacity() * sizeof(Run);
  };
  return of(long_) + of(short_) + literals_.memory() + parents_.capacity() * sizeof(std::uint32_t);
}

std::size_t AffixSet::worst_probes() const {
  auto of = [](const Group& group) {
    return pattern::worst_probes(group.runs.size(),
                                 [&](std::size_t i) { return group.runs[i].id != kNoId; });
  };
  return std::max(of(long_), of(short_));
}

}  // namespace semper::pattern
