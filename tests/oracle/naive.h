/// The plain evaluator: follows docs/pattern-language.md step by step, on a tree of its own, with
/// no thought for speed. It is the oracle that the compiled program is held against.
#pragma once

#include <string_view>

#include "json/document.h"
#include "pattern/ast.h"
#include "pattern/scope.h"

namespace semper::oracle {

/// `event` is an object, parsed with lone surrogates replaced.
bool naive_matches(const pattern::Pattern& pattern, pattern::Arrays arrays,
                   const json::Value& event);

/// Whether the account is in scope. `context` is its account context; nullptr: nobody knows it,
/// only `account_id` is known (empty: not even that), and tests on anything else are unknown.
pattern::Truth naive_account_in_scope(const pattern::PolicyScope& scope, const json::Value* context,
                                      std::string_view account_id);

}  // namespace semper::oracle
