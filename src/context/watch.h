/// Files that may change while the program runs.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <functional>
#include <string>

#include "context/answer_cache.h"
#include "semper/status.hpp"

namespace semper::context {

using MonotonicClock = std::function<TimePoint()>;
inline TimePoint now_by(const MonotonicClock& clock) {
  return clock ? clock() : std::chrono::steady_clock::now();
}

/// The same within some milliseconds, and quicker.
inline TimePoint about_now_by(const MonotonicClock& clock) {
#ifdef CLOCK_MONOTONIC_COARSE  // of Linux, where steady_clock is CLOCK_MONOTONIC
  std::timespec now{};
  if (!clock && clock_gettime(CLOCK_MONOTONIC_COARSE, &now) == 0) {
    return TimePoint(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
  }
#endif
  return now_by(clock);
}

/// What tells that a file is another one, or has been written. 0: it is not there.
std::uint64_t file_mark(const std::string& path);

/// Which file it is, whatever is written to it. 0: it is not there.
std::uint64_t file_identity(const std::string& path);

/// The whole file. kIo, or kLimitExceeded where it is longer than `Limits::provider_file_bytes`;
/// the message names the file. `only_regular`: a pipe, which could block for ever, is kIo.
Result<std::string> read_file(const std::string& path, bool only_regular);
bool is_regular(const std::string& path);

/// Due once in an interval, for one of the threads that ask. Interval 0: never.
class Interval {
 public:
  Interval(std::chrono::milliseconds interval, TimePoint now)
      : interval_(interval), next_(after(now, interval)) {}
  bool due(TimePoint now) {
    TimePoint next = next_.load(std::memory_order_relaxed);
    return interval_.count() > 0 && now >= next &&
           next_.compare_exchange_strong(next, after(now, interval_), std::memory_order_relaxed);
  }
  bool is_on() const { return interval_.count() > 0; }

 private:
  const std::chrono::milliseconds interval_;
  std::atomic<TimePoint> next_;
};

inline constexpr std::chrono::milliseconds kReload{5'000};

}  // namespace semper::context
