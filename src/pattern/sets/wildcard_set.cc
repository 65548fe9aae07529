#include "pattern/sets/wildcard_set.h"

#include <algorithm>
#include <cstring>

#include "base/hash.h"

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
  row_count_ = rows;
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

std::uint32_t WildcardSet::run_cached(std::string_view value, WildcardCache& cache) const {
  if (cache.rest_ > 0) {
    --cache.rest_;
    return kNone;
  }
  bool is_full = cache.accepted_.size() > WildcardCache::kMaxBytes / sizeof(std::uint32_t);
  if (cache.count_ == 0 || is_full) begin(cache);
  cache.read_ += value.size();
  std::uint32_t state = 0;
  std::size_t at = 0;
  for (; at + 8 <= value.size() && state != kNone; at += 8) {
    std::uint64_t bytes;
    std::memcpy(&bytes, value.data() + at, sizeof bytes);
    std::size_t place = mix64(bytes ^ state, 0x9E3779B97F4A7C15u) % WildcardCache::kHops;
    WildcardCache::Hop& hop = cache.hops_[place];
    if (hop.bytes == bytes && hop.from == state + 1) {
      state = hop.to;
      continue;
    }
    const std::uint32_t from = state;
    state = run_bytes(value.substr(at, 8), from, cache);
    hop = {bytes, state == kNone ? 0 : from + 1, state};
  }
  if (state != kNone) state = run_bytes(value.substr(at), state, cache);
  if (state != kNone) return state;
  if (cache.read_ < std::uint64_t{WildcardCache::kWorthwhile} * cache.count_) {
    cache.rest_ = WildcardCache::kRest;
  }
  cache.count_ = 0;
  return kNone;
}

std::uint32_t WildcardSet::run_bytes(std::string_view bytes, std::uint32_t state,
                                     WildcardCache& cache) const {
  for (char c : bytes) {
    std::uint8_t row = row_of_[static_cast<unsigned char>(c)];
    std::uint32_t next = cache.next_[state * row_count_ + row];
    if (next == 0) next = make_next(state, row, cache);
    if (next == 0) return kNone;
    state = next - 1;
  }
  return state;
}

void WildcardSet::begin(WildcardCache& cache) const {
  std::size_t bytes_of_state =
      (words_ + 1) * sizeof(std::uint64_t) + (row_count_ + 4) * sizeof(std::uint32_t);
  cache.most_ = WildcardCache::kMaxBytes / bytes_of_state + 1;
  cache.slots_.assign(std::bit_ceil(2 * cache.most_), 0);
  cache.hops_.assign(WildcardCache::kHops, {});
  cache.states_.clear();
  cache.next_.clear();
  cache.accepted_from_.clear();
  cache.accepted_.assign(1, 0);
  cache.read_ = 0;
  cache.count_ = 0;
  (void)state_of(start_.data(), cache);
}

/// state + 1, or 0 where there are too many.
std::uint32_t WildcardSet::make_next(std::uint32_t state, std::uint8_t row,
                                     WildcardCache& cache) const {
  std::size_t stride = words_ + 1;
  if (cache.scratch_.size() < 2 * stride) cache.scratch_.resize(2 * stride);
  std::uint64_t* bits = cache.scratch_.data();
  step(cache.states_.data() + state * stride, rows_.data() + row * words_, loop_.data(), bits,
       words_);
  std::uint32_t made = state_of(bits + 1, cache);
  if (made == kNone) return 0;
  return cache.next_[state * row_count_ + row] = made + 1;
}

std::uint32_t WildcardSet::state_of(const std::uint64_t* bits, WildcardCache& cache) const {
  std::size_t stride = words_ + 1;
  std::size_t slot = hash64({reinterpret_cast<const char*>(bits), words_ * sizeof *bits}, 0);
  for (std::uint32_t probes = 0;; ++slot, ++probes) {
    std::uint32_t known = cache.slots_[slot &= cache.slots_.size() - 1];
    if (known == 0) break;
    if (probes == WildcardCache::kMostProbes) return kNone;
    const std::uint64_t* other = cache.states_.data() + (known - 1) * stride + 1;
    if (std::equal(bits, bits + words_, other)) return known - 1;
  }
  if (cache.count_ == cache.most_) return kNone;
  cache.states_.push_back(0);
  cache.states_.insert(cache.states_.end(), bits, bits + words_);
  cache.next_.resize(cache.next_.size() + row_count_);
  cache.accepted_from_.push_back(0);
  cache.slots_[slot] = ++cache.count_;
  return cache.count_ - 1;
}

std::span<const std::uint32_t> WildcardSet::accepted(std::uint32_t state,
                                                     WildcardCache& cache) const {
  std::uint32_t& from = cache.accepted_from_[state];
  if (from == 0) {
    from = static_cast<std::uint32_t>(cache.accepted_.size());
    cache.accepted_.push_back(0);
    each_accepted(cache.states_.data() + state * (words_ + 1) + 1,
                  [&](std::uint32_t id) { cache.accepted_.push_back(id); });
    cache.accepted_[from] = static_cast<std::uint32_t>(cache.accepted_.size()) - from - 1;
  }
  return std::span(cache.accepted_).subspan(from + 1, cache.accepted_[from]);
}

std::size_t WildcardSet::memory() const {
  return (start_.capacity() + loop_.capacity() + accept_.capacity() + rows_.capacity()) *
             sizeof(std::uint64_t) +
         (ranks_.capacity() + ids_.capacity()) * sizeof(std::uint32_t);
}

}  // namespace semper::pattern
