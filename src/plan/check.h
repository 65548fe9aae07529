/// What AWS would refuse, and what would be blind, found before anything is applied.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "plan/desired.h"

namespace semper::plan {

// What AWS takes. "API": the service's API reference (constraints of the request's fields);
// "quota": the service's page of quotas, adjustable ones by their default.

/// API, PutRule: Name, [\.\-_A-Za-z0-9]+
inline constexpr std::size_t kEventRuleName = 64;
/// API, PutRule: Description
inline constexpr std::size_t kEventRuleDescription = 512;
/// API, PutRule: EventPattern
inline constexpr std::size_t kEventPattern = 4096;
/// Quota of EventBridge "Event pattern size", in characters; adjustable
inline constexpr std::size_t kEventPatternQuota = 2048;
/// Quota of EventBridge "Rules", per bus; adjustable. 100 in af-south-1 and eu-south-1
inline constexpr std::size_t kRulesPerBus = 300;
inline constexpr std::size_t kRulesPerSmallBus = 100;
/// Quota of EventBridge "Rules containing wildcards", per bus; not adjustable
inline constexpr std::size_t kWildcardRules = 30;
/// EventBridge user guide, "numeric matching": ±5.0e9, 15 digits
inline constexpr std::string_view kLargestNumber = "5e9";
inline constexpr std::size_t kNumberDigits = 15;
/// API, PutConfigRule: ConfigRuleName, .*\S.*
inline constexpr std::size_t kConfigRuleName = 128;
/// API, PutConfigRule: Description
inline constexpr std::size_t kConfigRuleDescription = 256;
/// API, PutConfigRule: InputParameters
inline constexpr std::size_t kInputParameters = 1024;
/// API, PutConfigRule: Source.SourceIdentifier, Scope.ComplianceResourceTypes, Source.SourceDetails
inline constexpr std::size_t kSourceIdentifier = 256;
inline constexpr std::size_t kResourceTypes = 100;
inline constexpr std::size_t kSourceDetails = 25;
/// Quota of AWS Config: rules per account and region; adjustable
inline constexpr std::size_t kConfigRules = 1000;
/// Control ids in one request: API, BatchGetSecurityControls; and the resource specification of
/// AWS::SecurityHub::Standard, DisabledStandardsControls
inline constexpr std::size_t kControlsPerRequest = 100;

/// `aws`, `aws-cn`, `aws-us-gov`.
std::string_view partition_of(std::string_view region);
bool is_security_control(std::string_view id);  ///< `IAM.6`

class Checker {
 public:
  Checker(const Desired& desired, std::vector<Diagnostic>& diagnostics)
      : desired_(desired), diagnostics_(diagnostics) {}

  /// What can be told of each policy by itself.
  void check_policies();
  /// What shows only where several hold: conflicts, and how many there are. The same problem is
  /// told once, with the first account and region.
  void check(const State& state);

 private:
  using Severity = Diagnostic::Severity;

  void add(Severity severity, std::string_view code, const policy::Policy* policy,
           std::string message);
  void check_length(const policy::Policy& policy, std::string_view what, std::string_view text,
                    std::size_t longest);
  void check_config_rule(const policy::Policy& policy);
  void check_event_rule(const policy::Policy& policy);
  void check_parameters(const policy::Policy& policy);
  void check_blindness(const Item& item);
  void check_pair(const State& state, const Item& first, const Item& other);
  void check_count(const State& state, Severity severity, std::string_view code, std::size_t count,
                   std::size_t most, std::string_view what);

  const Desired& desired_;
  std::vector<Diagnostic>& diagnostics_;
  std::vector<bool> wildcard_rules_;  ///< by policy
  std::set<std::tuple<std::string, std::uint32_t, std::uint32_t>> pairs_;
  std::set<std::string_view> counted_;
};

}  // namespace semper::plan
