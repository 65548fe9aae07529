#include "pattern/sets/cidr_set.h"

#include <algorithm>
#include <bit>

namespace semper::pattern {

CidrSet::Network::Network(const AddressRange& range) : length(range.length), v6(range.v6) {
  for (std::size_t i = 0; i < 8; ++i) high = high << 8 | range.bytes[i];
  for (std::size_t i = 8; i < 16; ++i) low = low << 8 | range.bytes[i];
}

void CidrSet::build() {
  if (entries_.empty()) return;
  slots_.assign(std::bit_ceil(2 * entries_.size()), 0);
  for (std::uint32_t entry = 0; entry < entries_.size(); ++entry) {
    const Network& network = entries_[entry].network;
    std::size_t i = network.hash();
    while (slots_[i &= slots_.size() - 1] != 0) ++i;
    slots_[i] = entry + 1;
    lengths_[network.v6 ? 1 : 0].push_back(network.length);
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
