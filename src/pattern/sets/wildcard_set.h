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

/// Which of many wildcards a value fits, in one pass over its bytes: a bit for every character of
/// every wildcard, set while all before it has been read (Shift-And), and kept set where a star
/// follows. The cost depends on the number of characters, never on how the stars interact.
class WildcardSet {
 public:
  /// `pieces` as above, with a star at least.
  void add(std::span<const std::string> pieces, std::uint32_t id);
  void build();

  bool empty() const { return ids_.empty(); }
  std::size_t memory() const;

  /// Calls `hit(id)` once for every wildcard that fits. `scratch` is grown once and reused.
  template <class F>
  void find(std::string_view value, std::vector<std::uint64_t>& scratch, F&& hit) const {
    const std::uint64_t* state = run(value, scratch);
    for (std::size_t word = 0; word < words_; ++word) {
      std::uint64_t accepted = state[word] & accept_[word];
      while (accepted != 0) {
        auto bit = static_cast<unsigned>(std::countr_zero(accepted));
        std::uint64_t before = accept_[word] & ((std::uint64_t{1} << bit) - 1);
        hit(ids_[ranks_[word] + static_cast<unsigned>(std::popcount(before))]);
        accepted &= accepted - 1;
      }
    }
  }

 private:
  std::uint32_t add_bit();
  const std::uint64_t* run(std::string_view value, std::vector<std::uint64_t>& scratch) const;

  std::size_t bits_ = 0;
  std::size_t words_ = 0;
  std::vector<std::pair<std::uint32_t, char>> characters_;  ///< while building: bit, byte
  std::vector<std::uint64_t> start_, loop_, accept_;
  std::vector<std::uint32_t> ranks_;  ///< by word: accepting bits in the words before
  std::vector<std::uint32_t> ids_;    ///< by accepting bit
  std::uint8_t row_of_[256] = {};     ///< 0: the byte is in no wildcard
  std::vector<std::uint64_t> rows_;   ///< row × words: the characters that are this byte
};

}  // namespace semper::pattern
