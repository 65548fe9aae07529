/// Which of many literals occur in a value.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "pattern/sets/literals.h"

namespace semper::pattern {

/// Each literal is filed under some of its grams (runs of up to four bytes), as rare ones among all
/// literals as there are. Of a value every n-th gram is looked at, where the literals are filed
/// under n grams side by side: one of them is met wherever the literal stands. A small bitmap sorts
/// out nearly all grams of a value, the rest are looked up and compared.
class SubstringSet {
 public:
  /// `literal` is not empty.
  void add(std::string_view literal, std::uint32_t id) { literals_.add(literal, id); }
  void build();

  bool empty() const { return literals_.empty(); }
  std::size_t memory() const;

  /// Calls `hit(id)` for every occurrence of a literal.
  template <class F>
  void find(std::string_view value, F&& hit) const {
    for (const Grams& grams : grams_) {
      if (!grams.entries.empty()) find(grams, value, hit);
    }
  }

 private:
  static constexpr std::uint32_t kMostBytes = 4;  ///< of a gram

  struct Entry {
    std::uint32_t gram;
    std::uint32_t literal;
    std::uint32_t offset;  ///< of the gram in the literal
    auto operator<=>(const Entry&) const = default;
  };
  /// The literals that are filed under grams of one size.
  struct Grams {
    std::uint32_t size;
    std::uint32_t stride;                    ///< which grams of a value are looked at: every n-th
    std::uint32_t shift = 0;                 ///< hash bits not used by `slots`
    std::vector<Entry> entries = {};         ///< by gram
    std::vector<std::uint32_t> slots = {};   ///< first entry of a gram + 1; 0: free
    std::vector<std::uint64_t> bitmap = {};  ///< one bit a hash, as many as slots × 8
  };

  static std::uint32_t hash(std::uint32_t gram) { return gram * 0x9E3779B1u; }
  static std::uint32_t gram_at(const char* at, std::uint32_t size) {
    std::uint32_t gram = 0;
    if (size == 3) {  // a copy of three bytes would go through memory, and wait for it
      std::uint16_t two;
      std::memcpy(&two, at, 2);
      return two | static_cast<std::uint32_t>(static_cast<unsigned char>(at[2])) << 16;
    }
    std::memcpy(&gram, at, size);
    return gram;
  }
  void file_literals(std::uint32_t size);
  static void link(Grams& grams);

  template <class F>
  void find(const Grams& grams, std::string_view value, F& hit) const {
    switch (grams.size) {
      case 1:
        return scan<1>(grams, value, hit);
      case 2:
        return scan<2>(grams, value, hit);
      case 3:
        return scan<3>(grams, value, hit);
      default:
        return scan<4>(grams, value, hit);
    }
  }

  template <std::uint32_t kSize, class F>
  void scan(const Grams& grams, std::string_view value, F& hit) const {
    if (value.size() < kSize) return;
    const std::uint64_t* bitmap = grams.bitmap.data();
    const std::uint32_t shift = grams.shift - 3;
    const std::uint32_t stride = grams.stride;
    const std::size_t last = value.size() - kSize;
    for (std::size_t at = 0; at <= last; at += stride) {
      std::uint32_t gram = gram_at(value.data() + at, kSize);
      std::uint32_t bit = hash(gram) >> shift;
      if ((bitmap[bit / 64] >> (bit % 64) & 1) != 0) compare(grams, gram, value, at, hit);
    }
  }

  template <class F>
  [[gnu::noinline]] void compare(const Grams& grams, std::uint32_t gram, std::string_view value,
                                 std::size_t at, F& hit) const {
    std::size_t mask = grams.slots.size() - 1;
    for (std::size_t slot = hash(gram) >> grams.shift; grams.slots[slot] != 0;
         slot = (slot + 1) & mask) {
      std::size_t entry = grams.slots[slot] - 1;
      if (grams.entries[entry].gram != gram) continue;
      for (; entry < grams.entries.size() && grams.entries[entry].gram == gram; ++entry) {
        std::string_view literal = literals_[grams.entries[entry].literal];
        std::size_t offset = grams.entries[entry].offset;
        if (at < offset || value.compare(at - offset, literal.size(), literal) != 0) continue;
        for (std::uint32_t id : literals_.ids(grams.entries[entry].literal)) hit(id);
      }
      return;
    }
  }

  Literals literals_;
  /// The first that suits a literal has it.
  std::array<Grams, 6> grams_ = {Grams{1, 1}, Grams{2, 1}, Grams{3, 1},
                                 Grams{4, 8}, Grams{4, 4}, Grams{4, 1}};
};

}  // namespace semper::pattern
