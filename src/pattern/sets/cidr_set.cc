#include "pattern/sets/cidr_set.h"

#include <algorithm>
#include <bit>

namespace semper::pattern {

AddressRange CidrSet::shortened(AddressRange range, std::uint8_t length) {
  range.length = length;
  std::size_t whole = length / 8;
  if (whole < range.bytes.size()) {
    range.bytes[whole] &= static_cast<std::uint8_t>(0xFF00 >> (length % 8));
    std::fill(range.bytes.begin() + static_cast<std::ptrdiff_t>(whole) + 1, range.bytes.end(), 0);
  }
  return range;
}

void CidrSet::build() {
  if (entries_.empty()) return;
  slots_.assign(std::bit_ceil(2 * entries_.size()), 0);
  for (std::uint32_t entry = 0; entry < entries_.size(); ++entry) {
    const AddressRange& range = entries_[entry].range;
    std::size_t i = hash(range);
    while (slots_[i &= slots_.size() - 1] != 0) ++i;
    slots_[i] = entry + 1;
    lengths_[range.v6 ? 1 : 0].push_back(range.length);
  }
  for (std::vector<std::uint8_t>& lengths : lengths_) {
    std::sort(lengths.begin(), lengths.end());
    lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
  }
}

std::size_t CidrSet::memory() const {
  return entries_.capacity() * sizeof(Entry) + slots_.capacity() * sizeof(std::uint32_t);
}

}  // namespace semper::pattern
