#include "pattern/value_table.h"

#include <bit>

#include "pattern/probes.h"

namespace semper::pattern {

void ValueTable::add(std::uint32_t path, std::string_view text, std::uint32_t id) {
  slots_.push_back({hash(path, text), static_cast<std::uint32_t>(texts_.size()),
                    static_cast<std::uint32_t>(text.size()), id});
  texts_.append(reinterpret_cast<const char*>(&path), sizeof path);
  texts_ += text;
}

void ValueTable::build() {
  std::vector<Slot> entries;
  entries.swap(slots_);
  if (entries.empty()) return;
  slots_.resize(std::bit_ceil(2 * entries.size()));
  for (const Slot& entry : entries) {
    std::size_t i = entry.hash;
    while (slots_[i &= slots_.size() - 1].id != kNone) ++i;
    slots_[i] = entry;
  }
}

std::size_t ValueTable::memory() const {
  return slots_.capacity() * sizeof(Slot) + texts_.capacity();
}

std::size_t ValueTable::worst_probes() const {
  return pattern::worst_probes(slots_.size(), [&](std::size_t i) { return slots_[i].id != kNone; });
}

}  // namespace semper::pattern
