/// Answers in memory, bounded by bytes; the least recently used go first.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"

namespace semper::context {

using TimePoint = std::chrono::steady_clock::time_point;

/// `now` plus what was configured, without overflow.
inline TimePoint after(TimePoint now, std::chrono::milliseconds span) {
  return TimePoint::max() - now <= span ? TimePoint::max() : now + span;
}

/// One answer about one key. Immutable, shared by threads.
struct StoredAnswer {
  enum class State : std::uint8_t { kObject, kAbsent, kFailed };
  State state = State::kFailed;
  bool stale = false;   ///< an object that could not be had anew
  std::string text;     ///< the object on one line, or why the key failed
  TimePoint true_at{};  ///< when the source said so
  TimePoint ask_again{};
  TimePoint stale_until{};  ///< how long an object may serve where the source fails
};
using Stored = std::shared_ptr<const StoredAnswer>;

/// May be used by several threads at once.
class AnswerCache {
 public:
  /// 0: holds nothing.
  explicit AnswerCache(std::size_t bytes);

  /// nullptr: not there. What has expired stays until it is replaced or evicted.
  Stored find(std::string_view key);
  void put(std::string_view key, Stored answer);

  struct Size {
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;
    std::uint64_t evictions = 0;
  };
  Size size() const;

 private:
  struct Entry {
    std::string key;
    Stored answer;
    std::size_t bytes;
  };
  /// Events name the keys, so the seed is random: nobody can choose keys that collide.
  struct Hash {
    std::size_t operator()(std::string_view key) const { return hash64(key, seed); }
    std::uint64_t seed;
  };
  struct Shard {
    explicit Shard(Hash hash) : index(16, hash) {}
    void erase(std::list<Entry>::iterator entry);
    mutable std::mutex mutex;
    std::list<Entry> entries;  ///< the most recently used first
    std::unordered_map<std::string_view, std::list<Entry>::iterator, Hash> index;
    std::size_t bytes = 0;
    std::uint64_t evictions = 0;
  };

  Shard& shard(std::string_view key) { return *shards_[(hash_(key) >> 32) % shards_.size()]; }

  Hash hash_;
  std::vector<std::unique_ptr<Shard>> shards_;  ///< so that threads seldom wait for each other
  std::size_t shard_bytes_ = 0;
};

}  // namespace semper::context
