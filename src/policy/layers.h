/// In which order extension policies are looked at: what asks for the context that another policy
/// fetches comes after it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "policy/policy.h"
#include "semper/status.hpp"

namespace semper::policy {

/// What a policy asks of `context`, in its pattern and in the keys of its queries: names in lower
/// case.
struct AskedContexts {
  std::vector<std::string> in_pattern;
  std::vector<std::string> in_keys;
  bool all_in_pattern = false;  ///< it tests `context` as a whole
};
AskedContexts asked_contexts(const Policy& policy);

/// By policy, 0 for those that wait for none. Errors: `context_cycle`, `context_conflict` (one name
/// for two providers); a warning: `unknown_context` (nobody fetches it).
std::vector<std::uint32_t> find_layers(std::span<const Policy* const> policies,
                                       std::vector<Diagnostic>& diagnostics);

}  // namespace semper::policy
