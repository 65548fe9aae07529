/// Holds the compiled program against the plain evaluator: many patterns in one program, many
/// events.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pattern/ast.h"

namespace semper::oracle {

struct Tally {
  std::size_t pairs = 0;
  std::size_t matches = 0;
};

/// Every pattern on every event; patterns that do not compile are left out. A difference fails the
/// test at hand, with pattern and event.
void judge(const std::vector<std::string>& patterns, const std::vector<std::string>& events,
           pattern::Dialect dialect, pattern::Arrays arrays, Tally& tally);

/// Every scope (a policyScope) on every account context, and on the account id alone.
void judge_scopes(const std::vector<std::string>& scopes, const std::vector<std::string>& contexts,
                  const std::vector<std::string>& account_ids, Tally& tally);

}  // namespace semper::oracle
