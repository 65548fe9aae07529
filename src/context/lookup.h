/// One batch of keys for one provider: each distinct key is asked for once.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "json/event.h"
#include "semper/context_provider.hpp"

namespace semper::context {

/// What a provider said about a key.
struct Answer {
  enum class State : std::uint8_t { kFresh, kStale, kAbsent, kFailed };
  State state = State::kFailed;
  std::string json;              ///< the object on one line; empty where there is none
  json::EventDocument document;  ///< `json`, parsed
  std::string reason;            ///< why there is no object
  std::chrono::seconds age{};    ///< of a stale one

  bool known() const { return state == State::kFresh || state == State::kStale; }
};

/// Whether a provider's text is the object that it must be. Puts it on one line: `scratch` may be
/// used for that, and `text` then views it.
bool check_object(std::string_view& text, json::EventDocument& document, std::string& scratch);

/// Used again and again by one thread; keeps its memory.
class Lookup : private LookupCall {
 public:
  /// Forgets all keys.
  void clear() { count_ = 0; }
  /// The place of the key's answer. `key` must live until the next `clear`.
  std::size_t add(std::string_view key);
  /// Asks for all keys in one call. Whatever the provider does, every key has an answer then.
  void ask(ContextProvider& provider);

  std::size_t count() const { return count_; }
  std::string_view key_at(std::size_t index) const { return slots_[index]->key; }
  /// Valid until the next `ask`.
  const Answer& answer(std::size_t index) const { return slots_[index]->answer; }

 private:
  struct Slot {
    std::string_view key;
    Answer answer;
    bool answered = false;
  };

  std::size_t size() const override { return count_; }
  std::string_view key(std::size_t index) const override;
  Deadline deadline() const override { return Deadline::max(); }
  void set_json(std::size_t index, std::string_view json) override;
  void set_stale_json(std::size_t index, std::string_view json, std::chrono::seconds age) override;
  void set_absent(std::size_t index) override;
  void fail(std::size_t index, std::string_view reason) override;

  Answer* open(std::size_t index);
  void missing(Answer& answer, Answer::State state, std::string_view reason);

  std::vector<std::unique_ptr<Slot>> slots_;  ///< the first `count_` are of this batch
  std::size_t count_ = 0;
  std::string scratch_;
};

inline constexpr std::string_view kNoAnswer = "no answer";
inline constexpr std::string_view kNoObject = "the provider's answer is no JSON object";
inline constexpr std::string_view kFailed = "the provider failed";

/// Calls `lookup`; an exception becomes `failed(reason)`. Except std::bad_alloc, which is passed
/// on.
template <class Failed>
void call_provider(ContextProvider& provider, LookupCall& call, Failed failed) {
  try {
    provider.lookup(call);
    failed(kNoAnswer);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    failed(error.what());
  } catch (...) {
    failed("the provider threw");
  }
}

}  // namespace semper::context
