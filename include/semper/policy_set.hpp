/// From a policy repository to a compiled policy set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "semper/context_provider.hpp"
#include "semper/limits.hpp"
#include "semper/status.hpp"

namespace semper {

namespace engine {
struct CompilerState;
struct PolicySetState;
struct EvaluatorState;
}  // namespace engine

/// What a host may ask about a policy. Views are valid while a copy of the policy set lives.
struct PolicyInfo {
  std::string_view id;    ///< path below the repository's root without `.json`
  std::string_view kind;  ///< "filtering", "extension", "event_rule", "config_rule", …
  std::string_view title;
  std::string_view file;
  std::string_view hash;                   ///< XXH3-128 of the file, hex
  std::string_view reason;                 ///< of an acceptance; empty: none
  std::string_view ticket;                 ///< likewise
  bool observes = false;                   ///< an acceptance that only observes: it never drops
  std::optional<std::int64_t> valid_from;  ///< seconds since 1970 UTC
  std::optional<std::int64_t> expires_at;  ///< likewise
};

/// Immutable, cheap to copy (a reference count), shared freely by threads.
class PolicySet {
 public:
  /// Without policies: every finding is relevant.
  PolicySet();

  std::size_t size() const;
  /// `index` < size(); policies are sorted by id.
  PolicyInfo describe(std::size_t index) const;
  /// Names the generation in each record: a hash over all policies and options, 32 hex digits.
  std::string_view fingerprint() const;
  /// The providers that its evaluators ask, sorted by the names that they were added by.
  std::size_t provider_count() const;
  /// `index` < provider_count(). For its `counters`; valid while a copy of the policy set lives.
  std::pair<std::string_view, const ContextProvider*> provider(std::size_t index) const;

 private:
  friend class Compiler;
  friend class Evaluator;
  friend struct engine::EvaluatorState;
  explicit PolicySet(std::shared_ptr<const engine::PolicySetState> state);
  std::shared_ptr<const engine::PolicySetState> state_;
};

/// The policy set in force, shared by evaluators that run: replacing it never stops them. Each
/// takes the new set before its next event, and each record names the set that decided it
/// (`fingerprint`). All members may be called from any thread. To reload: compile, and replace only
/// what compiled.
class PolicySlot {
 public:
  explicit PolicySlot(PolicySet policies);
  ~PolicySlot();
  PolicySlot(const PolicySlot&) = delete;
  PolicySlot& operator=(const PolicySlot&) = delete;

  PolicySet get() const;
  void replace(PolicySet policies);
  /// Grows by one with every `replace`.
  std::uint64_t version() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Collects policies and options, then compiles them. Not for two threads at once.
class Compiler {
 public:
  Compiler();
  ~Compiler();
  Compiler(Compiler&&) noexcept;
  Compiler& operator=(Compiler&&) noexcept;

  /// Holds for what is added afterwards, and for the events of evaluators. Depths and the limits of
  /// patterns may be lowered only; kInvalidArgument otherwise.
  Status set_limits(const Limits& limits);
  /// Reads all policies below `directory` now. kIo where it cannot be read or is no repository.
  /// Problems in single policies are diagnostics, and `compile` refuses.
  Status add_repository(const std::string& directory);
  /// One policy from memory; `id` as its path would be: "20_filtering/cloudtrail_api_calls/x".
  Status add_policy(std::string_view id, std::string_view json);
  /// `regions` are the defaults that region scopes start from; none: every region is a default.
  void set_default_regions(std::vector<std::string> regions);
  /// `provider` answers for `name`, which is how policies call it: letters, digits, `_` and `-`.
  /// The one called "accounts" gives account contexts; without it every account is unknown. Fails
  /// with kInvalidArgument: another name, a name given before, or no provider.
  Status add_provider(std::string_view name, std::shared_ptr<ContextProvider> provider);
  /// The provider "accounts", whichever it was before; nullptr: none.
  void set_account_provider(std::shared_ptr<ContextProvider> provider);

  /// kInvalidPolicy where there are diagnostics of severity error. The compiler may be used on.
  Result<PolicySet> compile();
  /// Everything found so far, warnings too, sorted by file and place.
  const std::vector<Diagnostic>& diagnostics() const;

 private:
  friend class Planner;
  std::unique_ptr<engine::CompilerState> state_;
};

/// The provider `accounts` from a file: a JSON list of account contexts, an object keyed by account
/// id, or NDJSON. The file is read once, now. Fails with kIo or kInvalidArgument; the message names
/// file and line.
Result<std::shared_ptr<ContextProvider>> open_account_file(const std::string& path);

/// "0.1.0"
std::string_view version();

}  // namespace semper
