/// Finds equal things again by a hash of their bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace semper::pattern {

class Interner {
 public:
  /// The number of the thing with this hash for which `same(number)` holds, else what `make()`
  /// returns. Neither may use the interner.
  template <class Same, class Make>
  std::uint32_t find_or_make(std::uint64_t hash, Same same, Make make) {
    if (slots_.size() < 2 * (count_ + 1)) grow();
    std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    for (; slots_[at].number_plus_one != 0; at = (at + 1) & mask) {
      const Slot& slot = slots_[at];
      if (slot.hash == hash && same(slot.number_plus_one - 1)) return slot.number_plus_one - 1;
    }
    std::uint32_t number = make();
    slots_[at] = {hash, number + 1};
    ++count_;
    return number;
  }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t number_plus_one = 0;  ///< 0: free
  };

  void grow() {
    std::vector<Slot> old(slots_.empty() ? 16 : 2 * slots_.size());
    old.swap(slots_);
    std::size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.number_plus_one == 0) continue;
      std::size_t at = slot.hash & mask;
      while (slots_[at].number_plus_one != 0) at = (at + 1) & mask;
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t count_ = 0;
};

}  // namespace semper::pattern
