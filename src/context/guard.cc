#include "context/guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "context/lookup.h"

namespace semper::context {
namespace {

using State = StoredAnswer::State;

/// An injected clock need not run as the waiting thread's does: look at it this often.
constexpr std::chrono::milliseconds kLongestWait{20};

}  // namespace

/// One call to the source. An answer counts only where it came before the deadline.
class GuardedProvider::SourceCall : public LookupCall {
 public:
  SourceCall(const GuardedProvider& guard, const std::vector<Pending>& own, Deadline deadline)
      : guard_(guard), own_(own), deadline_(deadline), answers(own.size()) {}

  std::size_t size() const override { return own_.size(); }
  std::string_view key(std::size_t index) const override {
    return index < own_.size() ? own_[index].key : std::string_view();
  }
  Deadline deadline() const override { return deadline_; }
  void set_json(std::size_t index, std::string_view json) override { object(index, json, {}); }
  void set_stale_json(std::size_t index, std::string_view json, std::chrono::seconds age) override {
    object(index, json, age);
  }
  void set_absent(std::size_t index) override {
    TimePoint at = guard_.now();
    if (!in_time(index, at)) return;
    StoredAnswer answer;
    answer.state = State::kAbsent;
    answer.ask_again = after(at, guard_.options_.negative_ttl);
    store(index, std::move(answer), at);
  }
  void fail(std::size_t index, std::string_view reason) override {
    if (index >= own_.size()) return;
    TimePoint at = guard_.now();
    if (reasons.empty()) reasons = reason.empty() ? kFailed : reason;
    answers[index] = guard_.failed(own_[index], std::string(reason.empty() ? kFailed : reason), at);
  }
  void fail_rest(std::string_view reason) {
    for (std::size_t i = 0; i < own_.size(); ++i) {
      if (answers[i] == nullptr) fail(i, reason);
    }
  }
  std::string overrun() const {
    return fmt::format("no answer by the deadline ({} ms)", guard_.options_.deadline.count());
  }

 private:
  bool in_time(std::size_t index, TimePoint at) {
    if (index >= own_.size()) return false;
    if (at <= deadline_) return true;
    fail(index, overrun());
    return false;
  }

  void object(std::size_t index, std::string_view json, std::optional<std::chrono::seconds> age) {
    TimePoint at = guard_.now();
    if (!in_time(index, at)) return;
    if (!check_object(json, document_, scratch_)) {
      fail(index, kNoObject);
      return;
    }
    const ProviderOptions& options = guard_.options_;
    StoredAnswer answer;
    answer.state = State::kObject;
    answer.text = json;
    if (age) {
      answer.stale = true;
      answer.true_at = at - *age;
      answer.ask_again = after(at, options.error_ttl);
      answer.stale_until = answer.ask_again;
    } else {
      answer.true_at = at;
      answer.ask_again = after(at, options.ttl);
      answer.stale_until = options.stale_if_error.count() > 0
                               ? after(answer.ask_again, options.stale_if_error)
                               : answer.ask_again;
    }
    store(index, std::move(answer), at);
  }

  void store(std::size_t index, StoredAnswer answer, TimePoint at) {
    if (answer.state != State::kObject) answer.true_at = at;
    answers[index] = std::make_shared<const StoredAnswer>(std::move(answer));
    ++answered;
  }

  const GuardedProvider& guard_;
  const std::vector<Pending>& own_;
  Deadline deadline_;
  json::EventDocument document_;
  std::string scratch_;

 public:
  std::vector<Stored> answers;
  std::size_t answered = 0;
  std::string reasons;  ///< the first one
};

/// Whatever happens, those who wait for the keys of a call get an answer, and the breaker learns of
/// its end.
class GuardedProvider::Landing {
 public:
  Landing(GuardedProvider& guard, std::vector<Pending>& own) : guard_(guard), own_(own) {}
  ~Landing() {
    if (!done_) guard_.land(own_, {});
  }
  Landing(const Landing&) = delete;
  Landing& operator=(const Landing&) = delete;
  void land(const std::vector<Stored>& answers) {
    guard_.land(own_, answers);
    done_ = true;
  }

 private:
  GuardedProvider& guard_;
  std::vector<Pending>& own_;
  bool done_ = false;
};

GuardedProvider::GuardedProvider(std::shared_ptr<ContextProvider> source, ProviderOptions options)
    : source_(std::move(source)),
      options_(std::move(options)),
      cache_(options_.cache_bytes),
      breaker_(options_.breaker_failures, options_.breaker_cooldown) {
  StoredAnswer answer;
  answer.text = "out of memory";
  out_of_memory_ = std::make_shared<const StoredAnswer>(std::move(answer));
}

void GuardedProvider::lookup(LookupCall& call) {
  std::size_t size = call.size();
  TimePoint at = now();
  std::vector<Pending> pending;
  counting_.add(Counting::kAsked, size);
  for (std::size_t i = 0; i < size; ++i) {
    std::string_view key = call.key(i);
    Stored known = cache_.find(key);
    if (known != nullptr && at < known->ask_again) {
      counting_.add(Counting::kCached);
      give(call, i, *known, at);
    } else {
      pending.push_back({i, key, std::move(known), nullptr});
    }
  }
  if (pending.empty()) return;
  TimePoint deadline = call.deadline();
  if (options_.deadline.count() > 0) deadline = std::min(deadline, after(at, options_.deadline));
  lookup_pending(call, pending, deadline);
}

void GuardedProvider::lookup_pending(LookupCall& call, std::vector<Pending>& pending,
                                     TimePoint deadline) {
  std::vector<Pending> own;
  std::vector<Pending> others;
  std::vector<Pending> landed;
  own.reserve(pending.size());
  Landing landing(*this, own);
  {
    std::lock_guard lock(flights_mutex_);
    for (Pending& one : pending) {
      auto flight = flights_.find(one.key);
      if (flight != flights_.end()) {
        one.flight = flight->second;
        others.push_back(std::move(one));
        continue;
      }
      // It may have landed since the cache was looked at.
      Stored known = cache_.find(one.key);
      if (known != one.known && known != nullptr) {
        one.known = std::move(known);
        landed.push_back(std::move(one));
        continue;
      }
      one.flight = std::make_shared<Flight>();
      flights_.emplace(one.key, one.flight);
      own.push_back(std::move(one));
    }
  }
  if (!own.empty()) ask_source(call, own, deadline, landing);
  for (const Pending& one : landed) {
    counting_.add(Counting::kShared);
    give(call, one.index, *one.known, now());
  }
  for (Pending& one : others) wait(call, one, deadline);
}

void GuardedProvider::ask_source(LookupCall& call, std::vector<Pending>& own, TimePoint deadline,
                                 Landing& landing) {
  SourceCall source_call(*this, own, deadline);
  std::string closed;
  TimePoint begin = now();
  Breaker::Pass pass = breaker_.begin(begin, deadline, closed);
  if (pass == Breaker::Pass::kNo) {
    counting_.add(Counting::kRejected, own.size());
    source_call.fail_rest(closed);
  } else {
    bool out_of_memory = false;
    try {
      call_provider(*source_, source_call, [&](std::string_view reason) {
        bool late = now() > deadline;
        source_call.fail_rest(late ? source_call.overrun() : std::string(reason));
      });
    } catch (const std::bad_alloc&) {
      out_of_memory = true;
    }
    TimePoint end = now();
    bool late = end > deadline;
    counting_.add(Counting::kCalls);
    counting_.took(end - begin);
    if (late) counting_.add(Counting::kLateCalls);
    if (late || source_call.answered == 0) counting_.add(Counting::kFailedCalls);
    const std::string& failure = source_call.answered == 0 ? source_call.reasons : no_failure_;
    if (breaker_.end(pass, end, deadline, late, failure)) counting_.add(Counting::kBreakerOpened);
    if (out_of_memory) throw std::bad_alloc();
  }
  landing.land(source_call.answers);
  TimePoint at = now();
  for (std::size_t i = 0; i < own.size(); ++i) {
    give(call, own[i].index, *source_call.answers[i], at);
  }
}

void GuardedProvider::land(std::vector<Pending>& own, const std::vector<Stored>& answers) {
  for (std::size_t i = 0; i < answers.size(); ++i) {
    cache_.put(own[i].key, answers[i]);
  }
  {
    std::lock_guard lock(flights_mutex_);
    for (std::size_t i = 0; i < own.size(); ++i) {
      own[i].flight->answer = answers.empty() ? out_of_memory_ : answers[i];
      auto flight = flights_.find(own[i].key);
      if (flight != flights_.end()) flights_.erase(flight);
    }
  }
  landed_.notify_all();
}

void GuardedProvider::wait(LookupCall& call, Pending& pending, TimePoint deadline) {
  Stored answer;
  if (pending.flight->asker == std::this_thread::get_id()) {
    // The source evaluates a finding that asks the source: nobody else would ever answer.
    answer = failed(pending, "the provider asks itself for what it is asked for", now());
  } else {
    std::unique_lock lock(flights_mutex_);
    while (pending.flight->answer == nullptr && now() < deadline) {
      landed_.wait_for(lock, kLongestWait);
    }
    answer = pending.flight->answer;
  }
  if (answer == nullptr) {
    answer = failed(pending, "another thread's call gave no answer by the deadline", now());
  }
  counting_.add(Counting::kShared);
  give(call, pending.index, *answer, now());
}

Stored GuardedProvider::failed(const Pending& pending, std::string reason, TimePoint at) const {
  StoredAnswer answer;
  answer.ask_again = after(at, options_.error_ttl);
  if (pending.known != nullptr && pending.known->state == State::kObject &&
      at < pending.known->stale_until) {
    answer.state = State::kObject;
    answer.stale = true;
    answer.text = pending.known->text;
    answer.true_at = pending.known->true_at;
    answer.stale_until = pending.known->stale_until;
    answer.ask_again = std::min(answer.ask_again, answer.stale_until);
  } else {
    answer.text = std::move(reason);
  }
  return std::make_shared<const StoredAnswer>(std::move(answer));
}

void GuardedProvider::give(LookupCall& call, std::size_t index, const StoredAnswer& answer,
                           TimePoint at) {
  switch (answer.state) {
    case State::kObject:
      counting_.add(answer.stale ? Counting::kStale : Counting::kFound);
      if (answer.stale) {
        call.set_stale_json(index, answer.text,
                            std::chrono::duration_cast<std::chrono::seconds>(at - answer.true_at));
      } else {
        call.set_json(index, answer.text);
      }
      return;
    case State::kAbsent:
      counting_.add(Counting::kAbsent);
      call.set_absent(index);
      return;
    case State::kFailed:
      counting_.add(Counting::kFailed);
      call.fail(index, answer.text);
      return;
  }
}

ProviderCounters GuardedProvider::counters() const {
  ProviderCounters counters = counting_.read();
  AnswerCache::Size size = cache_.size();
  counters.cache_entries = size.entries;
  counters.cache_bytes = size.bytes;
  counters.evictions = size.evictions;
  return counters;
}

}  // namespace semper::context

namespace semper {

std::shared_ptr<ContextProvider> guard_provider(std::shared_ptr<ContextProvider> provider,
                                                ProviderOptions options) {
  return std::make_shared<context::GuardedProvider>(std::move(provider), std::move(options));
}

}  // namespace semper
