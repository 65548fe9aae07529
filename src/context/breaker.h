/// Keeps calls from a source that fails, so that a source that is down costs nothing.
#pragma once

#include <chrono>
#include <mutex>
#include <set>
#include <string>

#include "context/answer_cache.h"

namespace semper::context {

/// May be used by several threads at once.
class Breaker {
 public:
  enum class Pass { kNo, kYes, kProbe };

  /// `failures` 0: always open for calls.
  Breaker(unsigned failures, std::chrono::milliseconds cooldown)
      : failures_(failures), cooldown_(cooldown) {}

  /// Whether the source may be called now; where not, `reason` says why. A call that is let through
  /// ends with `end`. The breaker is open, too, while a call is under way that has overrun its
  /// deadline: it may never return.
  Pass begin(TimePoint now, TimePoint deadline, std::string& reason);
  /// `failure`: why no key got an answer; empty: the call went well. True: the breaker opened.
  bool end(Pass pass, TimePoint now, TimePoint deadline, bool late, const std::string& failure);

 private:
  const unsigned failures_;
  const std::chrono::milliseconds cooldown_;
  std::mutex mutex_;
  std::multiset<TimePoint> under_way_;  ///< deadlines
  bool open_ = false;
  bool probing_ = false;
  TimePoint probe_from_{};
  unsigned failed_ = 0;  ///< calls in a row
  std::string reason_;
};

}  // namespace semper::context
