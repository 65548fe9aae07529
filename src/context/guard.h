/// What goes around a provider: cache, stale-if-error, single flight, deadline, circuit breaker.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "context/answer_cache.h"
#include "context/breaker.h"
#include "context/counting.h"
#include "context/key_map.h"
#include "semper/providers.hpp"

namespace semper::context {

class GuardedProvider : public ContextProvider {
 public:
  GuardedProvider(std::shared_ptr<ContextProvider> source, ProviderOptions options);

  std::string_view name() const override { return source_->name(); }
  KeyKind key_kind() const override { return source_->key_kind(); }
  void lookup(LookupCall& call) override;
  ProviderCounters counters() const override;

 private:
  /// A key that a thread asks the source for; others wait for its answer.
  struct Flight {
    Stored answer;  ///< nullptr: under way
    std::thread::id asker = std::this_thread::get_id();
  };
  struct Pending {
    std::size_t index;  ///< in the caller's batch
    std::string_view key;
    Stored known;  ///< what has expired; nullptr: nothing
    std::shared_ptr<Flight> flight;
  };
  class SourceCall;
  class Landing;

  TimePoint now() const {
    return options_.clock ? options_.clock() : std::chrono::steady_clock::now();
  }
  void lookup_pending(LookupCall& call, std::vector<Pending>& pending, TimePoint deadline);
  void ask_source(LookupCall& call, std::vector<Pending>& own, TimePoint deadline,
                  Landing& landing);
  void wait(LookupCall& call, Pending& pending, TimePoint deadline);
  void land(std::vector<Pending>& own, const std::vector<Stored>& answers);
  /// What is answered where the source failed: the expired object, if it is not too old.
  Stored failed(const Pending& pending, std::string reason, TimePoint at) const;
  void give(LookupCall& call, std::size_t index, const StoredAnswer& answer, TimePoint at);

  const std::shared_ptr<ContextProvider> source_;
  const ProviderOptions options_;
  AnswerCache cache_;
  Breaker breaker_;
  Counting counting_;
  std::mutex flights_mutex_;
  std::condition_variable landed_;
  KeyMap<std::shared_ptr<Flight>> flights_;
  Stored out_of_memory_;  ///< made while there is some
  const std::string no_failure_;
};

}  // namespace semper::context
