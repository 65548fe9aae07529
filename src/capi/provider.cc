#include "capi/provider.h"

#include <chrono>
#include <limits>
#include <type_traits>

struct semper_call {
  semper::LookupCall* call;
  bool out_of_memory = false;
};

namespace semper::capi {
namespace {

class HostProvider : public ContextProvider {
 public:
  using Lookup = void (*)(void*, semper_call_t*);

  HostProvider(std::string_view name, KeyKind key_kind, Lookup function, HostState state)
      : name_(name), key_kind_(key_kind), lookup_(function), state_(std::move(state)) {}

  std::string_view name() const override { return name_; }
  KeyKind key_kind() const override { return key_kind_; }
  void lookup(LookupCall& call) override {
    semper_call host_call{&call};
    lookup_(state_.get(), &host_call);
    // An answer was lost half-way: the evaluation fails as a whole.
    if (host_call.out_of_memory) throw std::bad_alloc();
  }

 private:
  std::string name_;
  KeyKind key_kind_;
  Lookup lookup_;
  HostState state_;
};

/// Runs `answer` for a key of a call.
template <class Answer>
int32_t answer_key(semper_call_t* call, size_t index, semper_error_t** error, Answer answer) {
  int32_t status = wall(error, [&]() -> Outcome {
    if (call == nullptr) return null_argument("call");
    if (index >= call->call->size()) return no_index("key");
    return answer(*call->call);
  });
  if (status == SEMPER_OUT_OF_MEMORY && call != nullptr) call->out_of_memory = true;
  return status;
}

bool is_readable(const semper_provider_t* provider) {
  return provider != nullptr && provider->struct_size >= SEMPER_PROVIDER_SIZE_1_0 &&
         provider->struct_size <= kLargestStruct;
}

}  // namespace

HostState take_state(const semper_provider_t* provider) {
  return is_readable(provider) ? HostState(provider->state, provider->destroy) : HostState();
}

Result<std::shared_ptr<ContextProvider>> make_host_provider(const semper_provider_t* provider,
                                                            HostState state) {
  if (provider == nullptr) return null_argument("provider");
  semper_provider_t read = SEMPER_PROVIDER_INIT;
  Status status = read_struct("provider", provider, SEMPER_PROVIDER_SIZE_1_0, read);
  if (!status.ok()) return status;
  if (read.lookup == nullptr) return null_argument("lookup of provider");
  if (!usable(read.name)) return bad_view("name of provider");
  if (read.name.size == 0) return bad_argument("the name of provider is empty");
  if (read.key_kind < 0 || read.key_kind > SEMPER_KEY_STRING || read.flags != 0) {
    return Status(
        StatusCode::kUnsupported,
        "provider has a key_kind or flags that this version of the library does not know");
  }
  KeyKind kind = read.key_kind == 0 ? KeyKind::kAccountId : static_cast<KeyKind>(read.key_kind);
  return std::shared_ptr<ContextProvider>(
      std::make_shared<HostProvider>(text(read.name), kind, read.lookup, std::move(state)));
}

Status read_options(const semper_provider_options_t* from, ProviderOptions& options) {
  if (from == nullptr) return {};
  semper_provider_options_t read = SEMPER_PROVIDER_OPTIONS_INIT;
  Status status = read_struct("options", from, SEMPER_PROVIDER_OPTIONS_SIZE_1_0, read);
  if (!status.ok()) return status;
  if (read.flags != 0) {
    return {StatusCode::kUnsupported,
            "options has flags that this version of the library does not know"};
  }
  // A hundred years: the clock's arithmetic must not overflow.
  constexpr std::uint64_t kMost = std::uint64_t{3'155'760'000'000};
  auto set_time = [&](std::uint64_t given, std::chrono::milliseconds& time) {
    if (given == 0) return;
    time = std::chrono::milliseconds(given == SEMPER_OFF ? 0 : std::min(given, kMost));
  };
  set_time(read.ttl_ms, options.ttl);
  set_time(read.negative_ttl_ms, options.negative_ttl);
  set_time(read.error_ttl_ms, options.error_ttl);
  set_time(read.stale_if_error_ms, options.stale_if_error);
  set_time(read.deadline_ms, options.deadline);
  set_time(read.breaker_cooldown_ms, options.breaker_cooldown);
  auto set_number = [](std::uint64_t given, auto& number) {
    using Number = std::remove_reference_t<decltype(number)>;
    if (given == SEMPER_OFF) {
      number = 0;
    } else if (given != 0) {
      number =
          static_cast<Number>(std::min<std::uint64_t>(given, std::numeric_limits<Number>::max()));
    }
  };
  set_number(read.cache_bytes, options.cache_bytes);
  set_number(read.breaker_failures, options.breaker_failures);
  return {};
}

}  // namespace semper::capi

using namespace semper;
using namespace semper::capi;

size_t semper_call_count(const semper_call_t* call) {
  return call == nullptr ? 0 : call->call->size();
}

semper_string_view_t semper_call_key(const semper_call_t* call, size_t index) {
  bool there = call != nullptr && index < call->call->size();
  return there ? view(call->call->key(index)) : semper_string_view_t{nullptr, 0};
}

int64_t semper_call_remaining_ns(const semper_call_t* call) {
  constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();
  if (call == nullptr) return 0;
  LookupCall::Deadline deadline = call->call->deadline();
  if (deadline == LookupCall::Deadline::max()) return kNone;
  auto left = deadline - std::chrono::steady_clock::now();
  return std::max<std::int64_t>(0, std::chrono::nanoseconds(left).count());
}

int32_t semper_call_set_json(semper_call_t* call, size_t index, semper_string_view_t json,
                             semper_error_t** error) {
  return answer_key(call, index, error, [&](LookupCall& keys) -> Status {
    if (!usable(json)) return bad_view("json");
    keys.set_json(index, text(json));
    return {};
  });
}

int32_t semper_call_set_stale_json(semper_call_t* call, size_t index, semper_string_view_t json,
                                   uint64_t age_seconds, semper_error_t** error) {
  return answer_key(call, index, error, [&](LookupCall& keys) -> Status {
    if (!usable(json)) return bad_view("json");
    constexpr std::uint64_t kMost = 3'155'760'000;  // a hundred years, as for options
    keys.set_stale_json(index, text(json), std::chrono::seconds(std::min(age_seconds, kMost)));
    return {};
  });
}

int32_t semper_call_set_absent(semper_call_t* call, size_t index, semper_error_t** error) {
  return answer_key(call, index, error, [&](LookupCall& keys) -> Status {
    keys.set_absent(index);
    return {};
  });
}

int32_t semper_call_fail(semper_call_t* call, size_t index, semper_string_view_t reason,
                         semper_error_t** error) {
  return answer_key(call, index, error, [&](LookupCall& keys) -> Status {
    if (!usable(reason)) return bad_view("reason");
    keys.fail(index, text(reason));
    return {};
  });
}
