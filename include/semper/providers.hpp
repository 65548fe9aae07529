/// The providers that are built in, and what goes around each of them: cache, single flight,
/// deadline, circuit breaker. See docs/providers.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "semper/context_provider.hpp"
#include "semper/status.hpp"

namespace semper {

/// What `guard_provider` does around a provider. A zero switches the part off.
struct ProviderOptions {
  /// Answers in memory, the least recently used go first; keys and bookkeeping count.
  std::size_t cache_bytes = std::size_t{16} << 20;
  std::chrono::milliseconds ttl{300'000};          ///< how long an object is fresh
  std::chrono::milliseconds negative_ttl{60'000};  ///< how long "absent" is remembered
  std::chrono::milliseconds error_ttl{1'000};      ///< how long a failed key is not asked for again
  /// Where the source fails, an object that was fresh at most this long ago is answered as stale.
  std::chrono::milliseconds stale_if_error{3'600'000};
  /// For one call, all its keys together. What comes later counts as failed.
  std::chrono::milliseconds deadline{100};
  /// The breaker opens after so many failed calls in a row, and at once after one that came late;
  /// while it is open the source is not asked.
  unsigned breaker_failures = 5;
  /// After it one call is let through: if that succeeds the breaker closes.
  std::chrono::milliseconds breaker_cooldown{5'000};
  /// What all times above are measured by, also those of the built-in providers; empty: the steady
  /// clock. Called from any thread.
  std::function<std::chrono::steady_clock::time_point()> clock;
  /// Relative paths in the spec of a built-in provider start here; empty: the working directory.
  std::string directory;
};

/// `provider` with all that `options` ask for around it. One lookup of a key at a time: threads
/// that ask for the same key wait for the first one's answer, at most until the deadline. No thread
/// is started: a lookup that never returns blocks its caller, but nobody else. `provider` must not
/// be null.
std::shared_ptr<ContextProvider> guard_provider(std::shared_ptr<ContextProvider> provider,
                                                ProviderOptions options = {});

/// A function of the host as a provider, unguarded; `lookup` as `ContextProvider::lookup`.
std::shared_ptr<ContextProvider> make_callback_provider(std::string name, KeyKind key_kind,
                                                        std::function<void(LookupCall&)> lookup);

/// Asks one after another for the keys that have no object yet; the first object wins. A key is
/// absent only where all say so: where one failed and none found it, it has failed. Unguarded;
/// named `name`, of the first one's kind of key. `providers` must not be empty.
std::shared_ptr<ContextProvider> make_chain_provider(
    std::string name, std::vector<std::shared_ptr<ContextProvider>> providers);

/// A built-in provider by its spec, guarded by `options` as the spec changes them. The spec is
/// `type:location?option=value&…` ("file:accounts.json", "sqlite:cmdb.db?query=…&ttl=1m"; values
/// percent-encoded where they hold & or %) or the same as a JSON object ({"type": "file", "path":
/// "accounts.json"}). Fails with kInvalidArgument (the spec or the content of a file), kIo, or
/// kUnsupported where this build has no such type.
Result<std::shared_ptr<ContextProvider>> open_provider(std::string_view name, std::string_view spec,
                                                       const ProviderOptions& options = {});

}  // namespace semper
