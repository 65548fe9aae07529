#include "context/answer_cache.h"

#include <random>

namespace semper::context {
namespace {

/// List node, index node and bucket, the answer and its counter, two strings: measured roughly.
constexpr std::size_t kBookkeeping = 256;
/// Below this one shard holds all: a small cache must not be emptied by an unlucky distribution.
constexpr std::size_t kShardFrom = std::size_t{1} << 20;
constexpr std::size_t kShards = 16;

std::uint64_t random_seed() {
  std::random_device random;
  return static_cast<std::uint64_t>(random()) << 32 | random();
}

}  // namespace

AnswerCache::AnswerCache(std::size_t bytes) : hash_{random_seed()} {
  if (bytes == 0) return;
  std::size_t shards = bytes < kShardFrom ? 1 : kShards;
  shard_bytes_ = bytes / shards;
  for (std::size_t i = 0; i < shards; ++i) shards_.push_back(std::make_unique<Shard>(hash_));
}

void AnswerCache::Shard::erase(std::list<Entry>::iterator entry) {
  bytes -= entry->bytes;
  index.erase(entry->key);
  entries.erase(entry);
}

Stored AnswerCache::find(std::string_view key) {
  if (shards_.empty()) return nullptr;
  Shard& own = shard(key);
  std::lock_guard lock(own.mutex);
  auto found = own.index.find(key);
  if (found == own.index.end()) return nullptr;
  if (found->second != own.entries.begin()) {
    own.entries.splice(own.entries.begin(), own.entries, found->second);
  }
  return found->second->answer;
}

void AnswerCache::put(std::string_view key, Stored answer) {
  if (shards_.empty()) return;
  std::size_t bytes = key.size() + answer->text.size() + kBookkeeping;
  Shard& own = shard(key);
  std::lock_guard lock(own.mutex);
  auto found = own.index.find(key);
  if (found != own.index.end()) own.erase(found->second);
  if (bytes > shard_bytes_) return;
  while (own.bytes + bytes > shard_bytes_) {
    own.erase(std::prev(own.entries.end()));
    ++own.evictions;
  }
  own.entries.push_front({std::string(key), std::move(answer), bytes});
  own.index.emplace(own.entries.front().key, own.entries.begin());
  own.bytes += bytes;
}

AnswerCache::Size AnswerCache::size() const {
  Size size;
  for (const auto& shard : shards_) {
    std::lock_guard lock(shard->mutex);
    size.entries += shard->entries.size();
    size.bytes += shard->bytes;
    size.evictions += shard->evictions;
  }
  return size;
}

}  // namespace semper::context
