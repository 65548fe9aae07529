#include "context/lookup.h"

#include "base/limits.h"

namespace semper::context {

bool check_object(std::string_view& text, json::EventDocument& document, std::string& scratch) {
  if (text.size() > Limits::answer_bytes || !document.parse(text) || !document.root().is_object()) {
    return false;
  }
  if (text.front() != '{' || text.find_first_of("\n\r") != std::string_view::npos) {
    scratch.clear();
    document.root().append_compact(scratch);
    text = scratch;
  }
  return true;
}

std::size_t Lookup::add(std::string_view key) {
  // Batches are small: an event names a handful of keys.
  for (std::size_t i = 0; i < count_; ++i) {
    if (slots_[i]->key == key) return i;
  }
  if (count_ == slots_.size()) slots_.push_back(std::make_unique<Slot>());
  slots_[count_]->key = key;
  slots_[count_]->answered = false;
  return count_++;
}

void Lookup::ask(ContextProvider& provider) {
  if (count_ == 0) return;
  for (std::size_t i = 0; i < count_; ++i) slots_[i]->answered = false;
  call_provider(provider, *this, [this](std::string_view reason) {
    for (std::size_t i = 0; i < count_; ++i) {
      if (!slots_[i]->answered) fail(i, reason);
    }
  });
}

std::string_view Lookup::key(std::size_t index) const {
  return index < count_ ? slots_[index]->key : std::string_view();
}

Answer* Lookup::open(std::size_t index) {
  if (index >= count_) return nullptr;
  slots_[index]->answered = true;
  return &slots_[index]->answer;
}

void Lookup::missing(Answer& answer, Answer::State state, std::string_view reason) {
  answer.state = state;
  answer.json.clear();
  answer.reason = reason;
  answer.age = {};
}

void Lookup::set_json(std::size_t index, std::string_view json) {
  Answer* answer = open(index);
  if (answer == nullptr) return;
  // The parsed document of the same text serves again.
  if (answer->json.empty() || answer->json != json) {
    answer->json = json;
    std::string_view checked = answer->json;
    if (!check_object(checked, answer->document, scratch_)) {
      missing(*answer, Answer::State::kFailed, kNoObject);
      return;
    }
    if (checked.data() == scratch_.data()) {
      answer->json = checked;
      answer->document.parse(answer->json);
    }
  }
  answer->state = Answer::State::kFresh;
  answer->reason.clear();
  answer->age = {};
}

void Lookup::set_stale_json(std::size_t index, std::string_view json, std::chrono::seconds age) {
  set_json(index, json);
  if (index >= count_ || !slots_[index]->answer.known()) return;
  slots_[index]->answer.state = Answer::State::kStale;
  slots_[index]->answer.age = age;
}

void Lookup::set_absent(std::size_t index) {
  if (Answer* answer = open(index)) {
    missing(*answer, Answer::State::kAbsent, "the provider knows no such key");
  }
}

void Lookup::fail(std::size_t index, std::string_view reason) {
  if (Answer* answer = open(index)) {
    missing(*answer, Answer::State::kFailed, reason.empty() ? kFailed : reason);
  }
}

}  // namespace semper::context
