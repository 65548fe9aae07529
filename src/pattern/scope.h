/// Scopes: for which accounts and regions a policy is (SPEC section 8, SEMPER section 3).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "json/document.h"
#include "pattern/ast.h"
#include "pattern/parse.h"

namespace semper::pattern {

/// Kleene logic.
enum class Truth : std::uint8_t { kFalse, kUnknown, kTrue };

struct AccountScope {
  bool exclude_all = false;
  std::vector<Pattern> exclude;
  std::vector<Pattern> include;  ///< forceInclude
};

/// SPEC 8.7–8.9.
struct ListScope {
  bool exclude_all = false;
  std::vector<std::string> exclude;
  std::vector<std::string> include;  ///< forceInclude

  bool holds(std::string_view entry) const;
  /// Whether it holds where the entries start from `defaults`; none: from all there are. An empty
  /// entry is an unknown one.
  Truth truth(std::string_view entry, std::span<const std::string> defaults) const;
  /// `(defaults − exclude) ∪ forceInclude`, sorted, without duplicates.
  std::vector<std::string> effective(std::span<const std::string> defaults) const;
};

struct PolicyScope {
  bool all_accounts = true;  ///< else `accounts`, one of which must hold
  std::vector<AccountScope> accounts;
  ListScope regions;
};

/// Reads a policyScope (or a list scope); false with the first problem in document order.
/// The trees go into `memory`, or into one of their own.
bool parse_scope(const json::Value& value, const Limits& limits, PolicyScope& scope, Issue& error,
                 std::vector<Issue>& warnings, std::shared_ptr<TreeMemory> memory = nullptr);
bool parse_list_scope(const json::Value& value, ListScope& scope, Issue& error,
                      std::vector<Issue>& warnings);

}  // namespace semper::pattern
