/// Exact values by path: one hash table for a whole program.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/text.h"
#include "pattern/hash_table.h"

namespace semper::pattern {

/// Maps (path, text) to numbers. Looked up with what events bring, filled with what policies say.
class ValueTable {
 public:
  void add(std::uint32_t path, std::string_view text, std::uint32_t id);
  /// After the last `add`.
  void build();

  static constexpr std::uint32_t kNone = kNoId;
  /// Calls `hit(id)` for every entry of this path and text.
  template <class F>
  void find(std::uint32_t path, std::string_view text, F&& hit) const {
    if (slots_.empty()) return;
    const std::uint32_t hash = hash_of(path, text);
    if (present_.may_have(hash)) find_hashed(path, text, hash, hit);
  }
  std::size_t memory() const;
  /// The slots that the worst look-up sees, whatever an event holds: the table is filled by
  /// policies only, so nobody who sends events can make it longer.
  std::size_t worst_probes() const;

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t text = 0;  ///< begin in texts_: four bytes with the path, then the text
    std::uint32_t size = 0;  ///< of the text
    std::uint32_t id = kNone;
  };
  static std::uint32_t hash_of(std::uint32_t path, std::string_view text) {
    return static_cast<std::uint32_t>(quick_hash(text, path * 0xA0761D6478BD642Fu));
  }
  template <class F>
  [[gnu::noinline]] void find_hashed(std::uint32_t path, std::string_view text, std::uint32_t hash,
                                     F& hit) const {
    for (std::size_t i = hash;; ++i) {
      const Slot& slot = slots_[i &= slots_.size() - 1];
      if (slot.id == kNone) return;
      if (slot.hash != hash || slot.size != text.size()) continue;
      const char* stored = texts_.data() + slot.text;
      if (load_word<std::uint32_t>(stored) == path &&
          same_bytes(stored + sizeof path, text.data(), text.size())) {
        hit(slot.id);
      }
    }
  }

  std::vector<Slot> slots_;
  HashFilter present_;
  std::string texts_;
};

}  // namespace semper::pattern
