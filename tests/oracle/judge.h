/// Holds the compiled program against the plain evaluator: many patterns in one program, many
/// events.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pattern/ast.h"

namespace semper::oracle {

/// A pattern as a policy has it.
struct Subject {
  std::string text;
  pattern::Dialect dialect = pattern::Dialect::kSemper;
  pattern::Arrays arrays = pattern::Arrays::kAny;
};

struct Tally {
  std::size_t pairs = 0;
  std::size_t matches = 0;
  std::size_t refused = 0;  ///< patterns or scopes that do not compile, which are left out
};

/// Every pattern, all in one program, on every event (JSON objects): as one document, as members of
/// two, and with some patterns disabled. Empty where program and oracle agree; else the first
/// difference, with no more of patterns and event than it needs.
std::string judge(const std::vector<Subject>& subjects, const std::vector<std::string>& events,
                  Tally& tally);

/// Every scope (a policyScope), all in one program, on every account context, and on the account id
/// alone.
std::string judge_scopes(const std::vector<std::string>& scopes,
                         const std::vector<std::string>& contexts,
                         const std::vector<std::string>& account_ids, Tally& tally);

}  // namespace semper::oracle
