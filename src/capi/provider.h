/// A provider of the host behind the C++ interface.
#pragma once

#include <memory>
#include <utility>

#include "capi/handle.h"

namespace semper::capi {

/// State of the host's, with the function that ends it: runs once, whoever holds it last.
class HostState {
 public:
  HostState() = default;
  HostState(void* state, void (*destroy)(void*)) : state_(state), destroy_(destroy) {}
  ~HostState() {
    if (destroy_ == nullptr) return;
    try {
      destroy_(state_);
    } catch (...) {  // a host in C++: its exceptions are not ours
    }
  }
  HostState(HostState&& other) noexcept
      : state_(other.state_), destroy_(std::exchange(other.destroy_, nullptr)) {}
  HostState(const HostState&) = delete;
  HostState& operator=(const HostState&) = delete;

  void* get() const { return state_; }

 private:
  void* state_ = nullptr;
  void (*destroy_)(void*) = nullptr;
};

/// What of the provider must be ended, whatever comes of it; nothing where the struct is unusable.
HostState take_state(const semper_provider_t* provider);

Result<std::shared_ptr<ContextProvider>> make_host_provider(const semper_provider_t* provider,
                                                            HostState state);

/// Options of the caller, NULL being the default.
Status read_options(const semper_provider_options_t* from, ProviderOptions& options);

}  // namespace semper::capi
