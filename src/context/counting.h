/// Counters that many threads write and few read.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>

#include "semper/context_provider.hpp"

namespace semper::context {

class Counting {
 public:
  enum Name : std::uint8_t {
    kAsked,
    kFound,
    kStale,
    kAbsent,
    kFailed,
    kCached,
    kShared,
    kRejected,
    kCalls,
    kFailedCalls,
    kLateCalls,
    kBreakerOpened,
    kNames
  };

  static constexpr std::size_t kStripes = 8;
  /// Which stripe is the calling thread's.
  static std::size_t stripe() {
    static std::atomic<std::size_t> threads{0};
    thread_local std::size_t own = threads.fetch_add(1, std::memory_order_relaxed) % kStripes;
    return own;
  }

  void add(Name name, std::uint64_t count = 1) {
    stripes_[stripe()].counts[name].fetch_add(count, std::memory_order_relaxed);
  }
  void took(std::chrono::nanoseconds duration) {
    auto microseconds =
        static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count() / 1000, 0));
    std::size_t bucket = std::min<std::size_t>(std::bit_width(microseconds), latency_.size() - 1);
    latency_[bucket].fetch_add(1, std::memory_order_relaxed);
  }

  ProviderCounters read() const {
    ProviderCounters counters;
    std::uint64_t* fields[] = {
        &counters.asked,  &counters.found,        &counters.stale,      &counters.absent,
        &counters.failed, &counters.cached,       &counters.shared,     &counters.rejected,
        &counters.calls,  &counters.failed_calls, &counters.late_calls, &counters.breaker_opened};
    static_assert(std::size(fields) == kNames);
    for (const Stripe& stripe : stripes_) {
      for (std::size_t i = 0; i < kNames; ++i) {
        *fields[i] += stripe.counts[i].load(std::memory_order_relaxed);
      }
    }
    for (std::size_t i = 0; i < latency_.size(); ++i) {
      counters.latency[i] = latency_[i].load(std::memory_order_relaxed);
    }
    return counters;
  }

 private:
  /// Of a cache line of its own: threads that count together would slow each other.
  struct alignas(64) Stripe {
    std::array<std::atomic<std::uint64_t>, kNames> counts{};
  };

  std::array<Stripe, kStripes> stripes_;
  std::array<std::atomic<std::uint64_t>, std::tuple_size_v<decltype(ProviderCounters::latency)>>
      latency_{};
};

}  // namespace semper::context
