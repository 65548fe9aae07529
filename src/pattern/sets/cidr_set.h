/// Which of many address ranges hold an address or a range.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "pattern/address.h"

namespace semper::pattern {

/// A hash table per family and length: as many look-ups as there are different lengths (rarely more
/// than a dozen, at most 129).
class CidrSet {
 public:
  void add(const AddressRange& range, std::uint32_t id) {
    entries_.push_back({Network(range), id});
  }
  void build();

  bool empty() const { return entries_.empty(); }
  std::size_t memory() const;

  /// Calls `hit(id)` for every range that holds all of `wanted`.
  template <class F>
  void find(const AddressRange& wanted, F&& hit) const {
    const Network address(wanted);
    for (std::uint8_t length : lengths_[wanted.v6 ? 1 : 0]) {
      if (length > wanted.length) return;
      const Network cut = address.shortened(length);
      for (std::size_t i = cut.hash();; ++i) {
        std::uint32_t entry = slots_[i &= slots_.size() - 1];
        if (entry == 0) break;
        if (entries_[entry - 1].network == cut) hit(entries_[entry - 1].id);
      }
    }
  }

 private:
  /// A range as a number of 128 bits, so that it is cut by a mask.
  struct Network {
    explicit Network(const AddressRange& range);
    Network shortened(std::uint8_t to) const {
      Network cut = *this;
      cut.length = to;
      cut.high &= to >= 64 ? ~std::uint64_t{0} : ~(~std::uint64_t{0} >> to);
      cut.low &= to <= 64 ? 0 : to >= 128 ? ~std::uint64_t{0} : ~(~std::uint64_t{0} >> (to - 64));
      return cut;
    }
    /// Without a secret: the table is filled by policies only, so nobody who sends events can make
    /// a look-up longer.
    std::size_t hash() const {
      return static_cast<std::size_t>(
          mix64(high ^ low * 0xD6E8FEB86659FD93u, 0x9E3779B97F4A7C15u ^ length));
    }
    bool operator==(const Network&) const = default;

    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::uint8_t length = 0;
    bool v6 = false;
  };
  struct Entry {
    Network network;
    std::uint32_t id;
  };

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;      ///< entry + 1; 0: free
  std::vector<std::uint8_t> lengths_[2];  ///< by family, ascending
};

}  // namespace semper::pattern
