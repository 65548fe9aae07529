#include "pattern/key_trie.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/text.h"
#include "pattern/probes.h"

namespace semper::pattern {

KeyTrie::KeyTrie() : nodes_(3) {}

std::uint32_t KeyTrie::add(std::uint32_t node, std::string_view key) {
  if (edge_index_.size() < 2 * (edges_.size() + 1)) {
    edge_index_.assign(std::max<std::size_t>(64, std::bit_ceil(4 * (edges_.size() + 1))), 0);
    for (std::uint32_t i = 0; i < edges_.size(); ++i) {
      std::size_t at = (edges_[i].slot.hash ^ edges_[i].parent * 0x9E3779B1u);
      while (edge_index_[at &= edge_index_.size() - 1] != 0) ++at;
      edge_index_[at] = i + 1;
    }
  }
  std::uint32_t hash = hash_key(key);
  std::size_t at = hash ^ node * 0x9E3779B1u;
  while (edge_index_[at &= edge_index_.size() - 1] != 0) {
    const Edge& edge = edges_[edge_index_[at] - 1];
    if (edge.parent == node && edge.slot.hash == hash &&
        std::string_view(texts_).substr(edge.slot.key, edge.slot.size) == key) {
      return edge.slot.child;
    }
    ++at;
  }
  auto child = static_cast<std::uint32_t>(nodes_.size());
  nodes_.emplace_back();
  Slot slot;
  key.copy(reinterpret_cast<char*>(&slot.start), sizeof slot.start);
  std::memset(&slot.mask, 0xFF, std::min(key.size(), sizeof slot.mask));
  slot.hash = hash;
  slot.child = child;
  slot.key = static_cast<std::uint32_t>(texts_.size());
  slot.size = static_cast<std::uint32_t>(key.size());
  edges_.push_back({node, slot});
  edge_index_[at] = static_cast<std::uint32_t>(edges_.size());
  texts_ += key;
  return child;
}

std::vector<bool> KeyTrie::event_bridge_nodes() const {
  std::vector<bool> is_event_bridge(nodes_.size());
  is_event_bridge[kEventBridgeRoot] = true;
  for (const Edge& edge : edges_) {
    if (is_event_bridge[edge.parent]) is_event_bridge[edge.slot.child] = true;
  }
  return is_event_bridge;
}

std::vector<std::u16string> KeyTrie::joined_paths() const {
  std::vector<std::u16string> paths(nodes_.size());
  std::vector<bool> is_event_bridge = event_bridge_nodes();
  for (const Edge& edge : edges_) {
    if (!is_event_bridge[edge.parent]) continue;
    std::u16string& path = paths[edge.slot.child];
    if (edge.parent != kEventBridgeRoot) path = paths[edge.parent] + u'.';
    path += utf16(std::string_view(texts_).substr(edge.slot.key, edge.slot.size));
  }
  return paths;
}

void KeyTrie::add_to(Filter& filter, std::string_view key, bool is_exact) {
  if (key.empty()) {
    filter.by_two = ~std::uint64_t{0};
  } else if (key.size() >= 8) {
    filter.by_eight |= std::uint64_t{1} << bit_of_eight(key.data());
  } else {
    auto add = [&](char second) {
      const char start[] = {key[0], second};
      filter.by_two |= std::uint64_t{1} << bit_of_two(start);
    };
    add(key.size() > 1 ? key[1] : '"');
    if (key.size() == 1 && is_exact) add('.');
  }
}

void KeyTrie::build() {
  for (const Edge& edge : edges_) ++nodes_[edge.parent].slots;
  std::uint32_t slots = 0;
  for (Node& node : nodes_) {
    node.table = slots;
    if (node.slots > kFew) node.slots = std::bit_ceil(2 * node.slots);
    slots += node.slots;
  }
  slots_.resize(slots);
  std::vector<bool> is_event_bridge = event_bridge_nodes();
  for (const Edge& edge : edges_) {
    Node& node = nodes_[edge.parent];
    std::uint32_t mask = node.slots > kFew ? node.slots - 1 : 0xFF;
    std::uint32_t i = node.slots > kFew ? edge.slot.hash & mask : 0;
    while (slots_[node.table + i].child != kNone) i = (i + 1) & mask;
    slots_[node.table + i] = edge.slot;
    if (!is_event_bridge[edge.parent]) slots_[node.table + i].start |= kCase;
    std::string_view key = std::string_view(texts_).substr(edge.slot.key, edge.slot.size);
    add_to(node.filter, key, is_event_bridge[edge.parent]);
  }
  edges_ = {};
  edge_index_ = {};
  texts_.shrink_to_fit();
}

std::size_t KeyTrie::memory() const {
  return nodes_.capacity() * sizeof(Node) + slots_.capacity() * sizeof(Slot) + texts_.capacity();
}

std::size_t KeyTrie::worst_probes() const {
  std::size_t worst = 0;
  for (const Node& node : nodes_) {
    std::size_t probes = node.slots;
    if (node.slots > kFew) {
      probes = pattern::worst_probes(
          node.slots, [&](std::size_t i) { return slots_[node.table + i].child != kNone; });
    }
    worst = std::max(worst, probes);
  }
  return worst;
}

}  // namespace semper::pattern
