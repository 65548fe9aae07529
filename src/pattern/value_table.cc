#include "pattern/value_table.h"

#include "pattern/probes.h"

namespace semper::pattern {

void ValueTable::add(std::uint32_t path, std::string_view text, std::uint32_t id) {
  slots_.push_back({hash_of(path, text), static_cast<std::uint32_t>(texts_.size()),
                    static_cast<std::uint32_t>(text.size()), id});
  texts_.append(reinterpret_cast<const char*>(&path), sizeof path);
  texts_ += text;
}

void ValueTable::build() {
  make_table(slots_, present_, [](const Slot& slot) { return slot.hash; });
}

std::size_t ValueTable::memory() const {
  return slots_.capacity() * sizeof(Slot) + present_.memory() + texts_.capacity();
}

std::size_t ValueTable::worst_probes() const {
  return pattern::worst_probes(slots_.size(), [&](std::size_t i) { return slots_[i].id != kNone; });
}

}  // namespace semper::pattern
