/// From a folder of JSON files to policies, with every problem of the whole repository in one run.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/limits.h"
#include "json/document.h"
#include "policy/policy.h"
#include "semper/status.hpp"

namespace semper::policy {

/// What loading one policy after another shares: memory, and what many of them repeat.
struct PolicyMemory {
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  json::Document document;  ///< the file at hand
  std::shared_ptr<pattern::TreeMemory> trees = std::make_shared<pattern::TreeMemory>();
  /// Scopes without any problem by their text; for one set of limits.
  std::unordered_map<std::string, SharedScope, Hash, std::equal_to<>> scopes;
};

/// Loads all policies below `directory`, sorted by id (UTF-8 bytes). Diagnostics are appended,
/// sorted by file and offset; policies with an error are left out. Fails (kIo) only where the
/// directory cannot be read at all or is no repository (none of 10_configure, 20_filtering,
/// 30_extension, 30_enrichment is in it); a single unreadable file is a diagnostic.
Status load_repository(const std::string& directory, const Limits& limits, Policies& policies,
                       std::vector<Diagnostic>& diagnostics, PolicyMemory& memory);
Status load_repository(const std::string& directory, const Limits& limits, Policies& policies,
                       std::vector<Diagnostic>& diagnostics);

/// Loads one policy from memory. `id` is its path below the root without `.json`
/// ("20_filtering/cloudtrail_api_calls/x"); `file` is for the diagnostics. Returns false where
/// there was an error (or the path says it is no policy, with a diagnostic). `memory` spares each
/// of many calls what others have done before.
bool load_policy(std::string_view id, std::string_view file, std::string_view text,
                 const Limits& limits, Policy& policy, std::vector<Diagnostic>& diagnostics,
                 PolicyMemory& memory);

/// The same into a new one of `policies`, where there was no error.
bool add_policy(std::string_view id, std::string_view file, std::string_view text,
                const Limits& limits, Policies& policies, std::vector<Diagnostic>& diagnostics,
                PolicyMemory& memory);

/// Where they stand, in the order of their ids; of equal ones the first one first.
std::vector<std::uint32_t> order_by_id(const Policies& policies);

/// Problems that only show between policies: two rules with one name.
void check_together(std::span<const Policy* const> policies, std::vector<Diagnostic>& diagnostics);

}  // namespace semper::policy
