/// Wildcards, one by one and many at once.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace semper::pattern {

/// Whether `value` fits a wildcard of n stars, given as the n + 1 pieces around them: the first and
/// last at its ends, those between in order, each where it fits first.
bool wildcard_matches(std::span<const std::string> pieces, std::string_view value);

/// The states that one reader of one set has met, and where each byte leads from them, and the last
/// runs of eight: what a value shares with earlier ones costs a look-up for eight bytes, or for
/// one. Bounded; where values share too little to be worth it, it rests.
class WildcardCache {
 private:
  friend class WildcardSet;
  static constexpr std::size_t kMaxBytes = std::size_t{4} << 20;
  static constexpr std::uint32_t kWorthwhile = 4;  ///< bytes read for each state made, at least
  static constexpr std::uint32_t kRest = 512;      ///< values
  /// Values may be chosen so that their states collide; the cache is given up then.
  static constexpr std::uint32_t kMostProbes = 32;
  static constexpr std::size_t kHops = 4096;

  /// Eight bytes from one state to another.
  struct Hop {
    std::uint64_t bytes = 0;
    std::uint32_t from = 0;  ///< state + 1; 0: none
    std::uint32_t to = 0;
  };

  std::vector<std::uint64_t> scratch_;
  std::vector<std::uint64_t> states_;         ///< one after another, each with a zero word before
  std::vector<std::uint32_t> next_;           ///< state × rows: state + 1, 0: not known yet
  std::vector<std::uint32_t> accepted_from_;  ///< by state: begin in `accepted_`, 0: not known yet
  std::vector<std::uint32_t> accepted_;       ///< number of ids, ids
  std::vector<std::uint32_t> slots_;          ///< by hash: state + 1; 0: free
  std::vector<Hop> hops_;                     ///< by hash of bytes and state: the last one
  std::uint32_t count_ = 0;                   ///< states
  std::size_t most_ = 0;                      ///< states there may be
  std::uint64_t read_ = 0;                    ///< bytes since there was no state
  std::uint32_t rest_ = 0;                    ///< values to read without the cache
};

/// Which of many wildcards a value fits, in one pass over its bytes: a bit for every character of
/// every wildcard, set while all before it has been read (Shift-And), and kept set where a star
/// follows. The cost depends on the number of characters, never on how the stars interact; most
/// often not even on that, as the states are remembered (WildcardCache).
class WildcardSet {
 public:
  /// `pieces` as above, with a star at least.
  void add(std::span<const std::string> pieces, std::uint32_t id);
  void build();

  bool empty() const { return ids_.empty(); }
  std::size_t memory() const;

  /// Calls `hit(id)` once for every wildcard that fits. `cache` is of this set alone.
  template <class F>
  void find(std::string_view value, WildcardCache& cache, F&& hit) const {
    if (empty()) return;
    std::uint32_t state = run_cached(value, cache);
    if (state == kNone) {
      each_accepted(run(value, cache.scratch_), hit);
    } else {
      for (std::uint32_t id : accepted(state, cache)) hit(id);
    }
  }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  template <class F>
  void each_accepted(const std::uint64_t* state, F&& use) const {
    for (std::size_t word = 0; word < words_; ++word) {
      std::uint64_t accepted = state[word] & accept_[word];
      while (accepted != 0) {
        auto bit = static_cast<unsigned>(std::countr_zero(accepted));
        std::uint64_t before = accept_[word] & ((std::uint64_t{1} << bit) - 1);
        use(ids_[ranks_[word] + static_cast<unsigned>(std::popcount(before))]);
        accepted &= accepted - 1;
      }
    }
  }

  std::uint32_t add_bit();
  const std::uint64_t* run(std::string_view value, std::vector<std::uint64_t>& scratch) const;

  /// The state that a value leads to, or kNone where the cache does not know it and may not grow.
  std::uint32_t run_cached(std::string_view value, WildcardCache& cache) const;
  std::uint32_t run_bytes(std::string_view bytes, std::uint32_t state, WildcardCache& cache) const;
  void begin(WildcardCache& cache) const;
  std::uint32_t make_next(std::uint32_t state, std::uint8_t row, WildcardCache& cache) const;
  std::uint32_t state_of(const std::uint64_t* bits, WildcardCache& cache) const;
  std::span<const std::uint32_t> accepted(std::uint32_t state, WildcardCache& cache) const;

  std::size_t bits_ = 0;
  std::size_t words_ = 0;
  std::vector<std::pair<std::uint32_t, char>> characters_;  ///< while building: bit, byte
  std::vector<std::uint64_t> start_, loop_, accept_;
  std::vector<std::uint32_t> ranks_;  ///< by word: accepting bits in the words before
  std::vector<std::uint32_t> ids_;    ///< by accepting bit
  std::uint8_t row_of_[256] = {};     ///< 0: the byte is in no wildcard
  std::size_t row_count_ = 0;
  std::vector<std::uint64_t> rows_;  ///< row × words: the characters that are this byte
};

}  // namespace semper::pattern
