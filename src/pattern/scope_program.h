/// All account scopes of a policy set, compiled: judged once per account context.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "json/event.h"
#include "pattern/program.h"
#include "pattern/scope.h"

namespace semper::pattern {

/// Immutable once `build` was called; shared by threads.
class ScopeProgram {
 public:
  /// Returns the scope's number: 0, 1, 2, …
  std::uint32_t add(const PolicyScope& scope);
  /// After the last `add`.
  void build();
  std::size_t size() const { return scopes_.size(); }
  std::size_t memory() const;

  /// Replaces `truths` by the truth of every scope for an account. `context` is its account
  /// context; no value: nobody knows it, only `account_id` is known (empty: not even that), and
  /// tests on anything else are unknown (SEMPER section 3).
  void judge(json::EventValue context, std::string_view account_id,
             std::vector<Truth>& truths) const;

 private:
  /// A pattern of a scope, and what is left of it where only the account id is known.
  struct Condition {
    std::uint32_t pattern = 0;   ///< in `known_`
    std::uint32_t certain = 0;   ///< in `id_only_`: branches that ask for the id alone
    std::uint32_t possible = 0;  ///< in `id_only_`: what the branches ask of the id
    bool has_certain = false;
    bool always_possible = false;
  };
  struct Account {
    bool exclude_all = false;
    std::vector<Condition> exclude;
    std::vector<Condition> include;
  };
  struct Scope {
    bool all_accounts = true;
    std::vector<Account> accounts;
  };

  Condition compile(const Pattern& pattern);

  std::vector<Scope> scopes_;
  ProgramBuilder known_builder_, id_only_builder_;
  Program known_, id_only_;
};

}  // namespace semper::pattern
