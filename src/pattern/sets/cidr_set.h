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
  void add(const AddressRange& range, std::uint32_t id) { entries_.push_back({range, id}); }
  void build();

  bool empty() const { return entries_.empty(); }
  std::size_t memory() const;

  /// Calls `hit(id)` for every range that holds all of `wanted`.
  template <class F>
  void find(const AddressRange& wanted, F&& hit) const {
    for (std::uint8_t length : lengths_[wanted.v6 ? 1 : 0]) {
      if (length > wanted.length) return;
      AddressRange cut = shortened(wanted, length);
      for (std::size_t i = hash(cut);; ++i) {
        std::uint32_t entry = slots_[i &= slots_.size() - 1];
        if (entry == 0) break;
        if (entries_[entry - 1].range == cut) hit(entries_[entry - 1].id);
      }
    }
  }

 private:
  struct Entry {
    AddressRange range;
    std::uint32_t id;
  };
  static AddressRange shortened(AddressRange range, std::uint8_t length);
  static std::size_t hash(const AddressRange& range) {
    return static_cast<std::size_t>(
        hash64({reinterpret_cast<const char*>(range.bytes.data()), range.bytes.size()},
               range.length * 2u + (range.v6 ? 1u : 0u)));
  }

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;      ///< entry + 1; 0: free
  std::vector<std::uint8_t> lengths_[2];  ///< by family, ascending
};

}  // namespace semper::pattern
