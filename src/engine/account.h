/// The account context of the findings at hand, and which policies apply there.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "engine/policy_set.h"
#include "json/event.h"
#include "pattern/scope.h"

namespace semper::engine {

/// One account as the provider told of it, with the truth of every scope of the policy set.
struct Account {
  std::string id;
  std::string json;            ///< the context on one line; empty: unknown
  std::string missing_reason;  ///< why it is unknown
  bool stale = false;          ///< `json` was true `age` ago and could not be had anew
  std::chrono::seconds age{};
  json::EventDocument context;  ///< `json`, parsed
  std::string normalized;       ///< what a record repeats among the normalized fields: members
  std::vector<pattern::Truth> scopes;  ///< by scope
  /// By subject: a bit for every pattern whose policy is, or may be, for this account.
  std::array<std::vector<std::uint64_t>, kSubjects> patterns;

  bool known() const { return !json.empty(); }
};

/// Asks the provider and remembers what follows from its answers: scopes are judged once per
/// account context, not per finding. One thread at a time; the accounts live until the policy set
/// changes or `trim` is called.
class Accounts {
 public:
  /// Asks the provider for each of these ids (distinct, not empty) in one batch.
  void refresh(const PolicySetState& set, const std::vector<std::string_view>& ids);
  /// The account as last refreshed; an empty id gives the account nobody knows.
  const Account& get(const PolicySetState& set, std::string_view id);
  void clear();
  /// Forgets all where there are more accounts than that.
  void trim(std::size_t limit);

 private:
  /// Events name the accounts, so the seed is random: nobody can choose ids that collide.
  struct Hash {
    using is_transparent = void;
    Hash();
    std::size_t operator()(std::string_view text) const { return hash64(text, seed); }
    std::uint64_t seed;
  };
  class Batch;

  Account& slot(std::string_view id);
  static void judge(const PolicySetState& set, Account& account);
  void answer(const PolicySetState& set, Account& account, std::string_view json,
              std::string_view missing_reason);

  std::unordered_map<std::string, std::unique_ptr<Account>, Hash, std::equal_to<>> accounts_;
  Account* last_ = nullptr;     ///< found last: an event asks for its account several times
  std::vector<char> answered_;  ///< by key of the batch at hand
};

/// Whether a policy is for this account and region. An empty region is an unknown one.
pattern::Truth in_scope(const PolicySetState& set, const CompiledPolicy& policy,
                        const Account& account, std::string_view region);

}  // namespace semper::engine
