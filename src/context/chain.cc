#include <numeric>

#include "context/lookup.h"
#include "semper/providers.hpp"

namespace semper {
namespace {

class CallbackProvider : public ContextProvider {
 public:
  CallbackProvider(std::string name, KeyKind key_kind, std::function<void(LookupCall&)> lookup)
      : name_(std::move(name)), key_kind_(key_kind), lookup_(std::move(lookup)) {}
  std::string_view name() const override { return name_; }
  KeyKind key_kind() const override { return key_kind_; }
  void lookup(LookupCall& call) override { lookup_(call); }

 private:
  std::string name_;
  KeyKind key_kind_;
  std::function<void(LookupCall&)> lookup_;
};

/// The keys of a call that no link of the chain has answered yet.
class LinkCall : public LookupCall {
 public:
  explicit LinkCall(LookupCall& call) : call_(call), open_(call.size()), why_(call.size()) {
    std::iota(open_.begin(), open_.end(), std::size_t{0});
  }

  std::size_t size() const override { return open_.size(); }
  std::string_view key(std::size_t index) const override {
    return index < open_.size() ? call_.key(open_[index]) : std::string_view();
  }
  Deadline deadline() const override { return call_.deadline(); }
  void set_json(std::size_t index, std::string_view json) override {
    if (usable(index, json)) call_.set_json(open_[index], json);
  }
  void set_stale_json(std::size_t index, std::string_view json, std::chrono::seconds age) override {
    if (usable(index, json)) call_.set_stale_json(open_[index], json, age);
  }
  void set_absent(std::size_t index) override {
    if (index < open_.size()) answered_[index] = kAbsent;
  }
  void fail(std::size_t index, std::string_view reason) override {
    if (index >= open_.size()) return;
    answered_[index] = kMissing;
    std::string& why = why_[open_[index]];
    if (why.empty()) why = reason.empty() ? context::kFailed : reason;
  }

  void ask(ContextProvider& provider) {
    answered_.assign(open_.size(), kNothing);
    context::call_provider(provider, *this, [this](std::string_view reason) {
      for (std::size_t i = 0; i < open_.size(); ++i) {
        if (answered_[i] == kNothing) fail(i, reason);
      }
    });
    std::size_t left = 0;
    for (std::size_t i = 0; i < open_.size(); ++i) {
      if (answered_[i] != kObject) open_[left++] = open_[i];
    }
    open_.resize(left);
  }

  void give_up() {
    for (std::size_t index : open_) {
      if (why_[index].empty()) {
        call_.set_absent(index);
      } else {
        call_.fail(index, why_[index]);
      }
    }
  }

 private:
  enum Answered : char { kNothing, kObject, kAbsent, kMissing };

  /// What is no object must not keep the next link from being asked.
  bool usable(std::size_t index, std::string_view& json) {
    if (index >= open_.size()) return false;
    if (!context::check_object(json, document_, scratch_)) {
      fail(index, context::kNoObject);
      return false;
    }
    answered_[index] = kObject;
    return true;
  }

  LookupCall& call_;
  std::vector<std::size_t> open_;
  std::vector<std::string> why_;  ///< by key of the call: why a link failed
  std::vector<Answered> answered_;
  json::EventDocument document_;
  std::string scratch_;
};

class ChainProvider : public ContextProvider {
 public:
  ChainProvider(std::string name, std::vector<std::shared_ptr<ContextProvider>> providers)
      : name_(std::move(name)), providers_(std::move(providers)) {}
  std::string_view name() const override { return name_; }
  KeyKind key_kind() const override { return providers_.front()->key_kind(); }
  void lookup(LookupCall& call) override {
    LinkCall link(call);
    for (const auto& provider : providers_) {
      if (link.size() > 0) link.ask(*provider);
    }
    link.give_up();
  }

 private:
  std::string name_;
  std::vector<std::shared_ptr<ContextProvider>> providers_;
};

}  // namespace

std::shared_ptr<ContextProvider> make_callback_provider(std::string name, KeyKind key_kind,
                                                        std::function<void(LookupCall&)> lookup) {
  return std::make_shared<CallbackProvider>(std::move(name), key_kind, std::move(lookup));
}

std::shared_ptr<ContextProvider> make_chain_provider(
    std::string name, std::vector<std::shared_ptr<ContextProvider>> providers) {
  return std::make_shared<ChainProvider>(std::move(name), std::move(providers));
}

}  // namespace semper
