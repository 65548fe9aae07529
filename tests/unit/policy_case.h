/// One policy from memory and what the loader says about it: shared by the policy tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/repository.h"

namespace semper::policy {

constexpr std::string_view kFilter = "20_filtering/securityhub_findings/x";
constexpr std::string_view kCloudTrailFilter = "20_filtering/cloudtrail_api_calls/x";
constexpr std::string_view kExtension = "30_extension/x";
constexpr std::string_view kConfigRule = "10_configure/config_rules/x";
constexpr std::string_view kEventRule = "10_configure/event_rules/x";
constexpr std::string_view kControls = "10_configure/securityhub/10_controls/x";
constexpr std::string_view kStandards = "10_configure/securityhub/20_standards/x";
constexpr std::string_view kSwitches = "10_configure/securityhub/30_standard_controls/x";

struct Loaded {
  bool ok = false;
  Policy policy;
  std::vector<Diagnostic> diagnostics;
};

inline Loaded load(std::string_view id, std::string_view json) {
  Loaded loaded;
  PolicyMemory memory;
  loaded.ok = load_policy(id, "x.json", json, {}, loaded.policy, loaded.diagnostics, memory);
  return loaded;
}

/// "error code /pointer", one after another, joined by "; ".
inline std::string summary(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!text.empty()) text += "; ";
    bool is_error = diagnostic.severity == Diagnostic::Severity::kError;
    text += (is_error ? "error " : "warning ") + diagnostic.code + " " + diagnostic.pointer;
  }
  return text;
}

}  // namespace semper::policy
