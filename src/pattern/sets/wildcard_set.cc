#include "pattern/sets/wildcard_set.h"

#include <algorithm>

namespace semper::pattern {

bool wildcard_matches(std::span<const std::string> pieces, std::string_view value) {
  const std::string& first = pieces.front();
  const std::string& last = pieces.back();
  if (pieces.size() == 1) return value == first;
  if (value.size() < first.size() + last.size() || !value.starts_with(first) ||
      !value.ends_with(last)) {
    return false;
  }
  std::string_view rest = value.substr(first.size(), value.size() - first.size() - last.size());
  for (const std::string& piece : pieces.subspan(1, pieces.size() - 2)) {
    std::size_t at = rest.find(piece);
    if (at == std::string_view::npos) return false;
    rest.remove_prefix(at + piece.size());
  }
  return true;
}

std::uint32_t WildcardSet::add_bit() {
  if (bits_ % 64 == 0) {
    for (auto* words : {&start_, &loop_, &accept_}) words->push_back(0);
  }
  return static_cast<std::uint32_t>(bits_++);
}

void WildcardSet::add(std::span<const std::string> pieces, std::uint32_t id) {
  auto set = [](std::vector<std::uint64_t>& words, std::uint32_t bit) {
    words[bit / 64] |= std::uint64_t{1} << (bit % 64);
  };
  std::uint32_t bit = add_bit();
  set(start_, bit);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    for (char c : pieces[i]) {
      bit = add_bit();
      characters_.emplace_back(bit, c);
    }
    if (i + 1 < pieces.size()) set(loop_, bit);
  }
  set(accept_, bit);
  ids_.push_back(id);
}

void WildcardSet::build() {
  words_ = start_.size();
  std::size_t rows = 1;
  for (auto [bit, c] : characters_) {
    std::uint8_t& row = row_of_[static_cast<unsigned char>(c)];
    if (row == 0) row = static_cast<std::uint8_t>(rows++);
  }
  rows_.assign(rows * words_, 0);
  for (auto [bit, c] : characters_) {
    rows_[row_of_[static_cast<unsigned char>(c)] * words_ + bit / 64] |= std::uint64_t{1}
                                                                         << (bit % 64);
  }
  characters_ = {};
  std::uint32_t rank = 0;
  for (std::uint64_t word : accept_) {
    ranks_.push_back(rank);
    rank += static_cast<std::uint32_t>(std::popcount(word));
  }
}

namespace {

// Compiled for wider vectors too; the loader takes what the processor has.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
__attribute__((target_clones("avx2", "default")))
#endif
void step(const std::uint64_t* __restrict state, const std::uint64_t* __restrict row,
          const std::uint64_t* __restrict loop, std::uint64_t* __restrict next, std::size_t words) {
  for (std::size_t word = 0; word < words; ++word) {
    std::uint64_t shifted = state[word + 1] << 1 | state[word] >> 63;
    next[word + 1] = (shifted & row[word]) | (state[word + 1] & loop[word]);
  }
}

}  // namespace

const std::uint64_t* WildcardSet::run(std::string_view value,
                                      std::vector<std::uint64_t>& scratch) const {
  // Two states, each with a zero word before it, so that the carry of the first word needs no test.
  std::size_t stride = words_ + 1;
  if (scratch.size() < 2 * stride) scratch.resize(2 * stride);
  std::uint64_t* state = scratch.data();
  std::uint64_t* next = state + stride;
  state[0] = 0;
  next[0] = 0;
  std::copy(start_.begin(), start_.end(), state + 1);
  for (char c : value) {
    const std::uint64_t* row = rows_.data() + row_of_[static_cast<unsigned char>(c)] * words_;
    step(state, row, loop_.data(), next, words_);
    std::swap(state, next);
  }
  return state + 1;
}

std::size_t WildcardSet::memory() const {
  return (start_.capacity() + loop_.capacity() + accept_.capacity() + rows_.capacity()) *
             sizeof(std::uint64_t) +
         (ranks_.capacity() + ids_.capacity()) * sizeof(std::uint32_t);
}

}  // namespace semper::pattern
