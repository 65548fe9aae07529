/// Where context comes from: a provider answers, per key, a JSON object, "absent" or "failed".
/// Failed is not absent, and neither ever drops a finding.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace semper {

/// What the keys of a provider are.
enum class KeyKind : std::int32_t {
  kAccountId = 1,
  kResourceId = 2,
  kPrincipal = 3,
  kIpAddress = 4,
  kString = 5,
};

/// One batch of distinct keys, and the place for their answers. Lives only during
/// `ContextProvider::lookup`; whatever is set is copied. A key that gets no answer has failed with
/// the reason "no answer".
class LookupCall {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  virtual ~LookupCall() = default;
  virtual std::size_t size() const = 0;
  virtual std::string_view key(std::size_t index) const = 0;
  /// `Deadline::max()` where there is none.
  virtual Deadline deadline() const = 0;

  /// `json` is one JSON object in UTF-8; anything else counts as failed.
  virtual void set_json(std::size_t index, std::string_view json) = 0;
  /// The same for an answer that was true `age` ago and could not be had anew. The verdict says so.
  virtual void set_stale_json(std::size_t index, std::string_view json, std::chrono::seconds age) {
    static_cast<void>(age);
    set_json(index, json);
  }
  /// The provider is sure that it has nothing for this key.
  virtual void set_absent(std::size_t index) = 0;
  /// The provider could not find out; `reason` goes into the verdict.
  virtual void fail(std::size_t index, std::string_view reason) = 0;
};

/// What a provider has done since it was made.
struct ProviderCounters {
  // By key: asked == found + stale + absent + failed.
  std::uint64_t asked = 0;
  std::uint64_t found = 0;
  std::uint64_t stale = 0;
  std::uint64_t absent = 0;
  std::uint64_t failed = 0;
  std::uint64_t cached = 0;    ///< of those asked, answered from the cache
  std::uint64_t shared = 0;    ///< of those asked, answered by a call that was under way
  std::uint64_t rejected = 0;  ///< of those asked, not looked up because the breaker was open
  // By call to the source.
  std::uint64_t calls = 0;
  std::uint64_t failed_calls = 0;    ///< gave no key an answer, or came too late
  std::uint64_t late_calls = 0;      ///< ended after their deadline
  std::uint64_t breaker_opened = 0;  ///< how often
  // The cache at present.
  std::uint64_t cache_entries = 0;
  std::uint64_t cache_bytes = 0;
  std::uint64_t evictions = 0;
  /// Calls by how long they took: number i counts those below 2^i microseconds that are not counted
  /// before; the last one all that took longer.
  std::array<std::uint64_t, 24> latency{};
};

/// Implemented by the library for what is built in, and by hosts for what is theirs.
/// Threads: `lookup` may be called from several threads at once, the other members too.
/// An exception that leaves `lookup` counts as failed for all keys that have no answer yet.
class ContextProvider {
 public:
  virtual ~ContextProvider() = default;
  virtual std::string_view name() const = 0;
  virtual KeyKind key_kind() const = 0;
  virtual void lookup(LookupCall& call) = 0;
  /// Zeros where nobody counts: `guard_provider` does.
  virtual ProviderCounters counters() const { return {}; }
};

}  // namespace semper
