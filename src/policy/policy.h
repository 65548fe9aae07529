/// A policy as the repository writes it, checked: envelope, scope, lifecycle, and its section.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "pattern/ast.h"
#include "pattern/scope.h"
#include "policy/template.h"

namespace semper::policy {

/// What a policy does, told by its folder.
enum class Kind : std::uint8_t {
  kConfigRule,
  kEventRule,
  kControlParameters,  ///< shControlSettings
  kStandards,          ///< shStandardSettings
  kControlSwitches,    ///< shStandardControlSettings, shUseCaseSettings
  kFiltering,
  kExtension,
};

/// Where findings come from. kAny: of whatever source (extensions).
enum class Source : std::uint8_t { kUnknown, kCloudTrail, kSecurityHub, kGuardDuty, kConfig, kAny };
/// `AwsCloudTrail`, …, `Unknown`.
std::string_view source_service(Source source);

/// What a finding pattern is matched against (SEMPER section 5).
enum class Subject : std::uint8_t {
  kEvent,      ///< the whole EventBridge event
  kFinding,    ///< the finding itself: CloudTrail: the event; else the event's `detail`
  kProcessed,  ///< {finding, accountContext, normalized, raw}
  kEnriched,   ///< the same and `context`, which exists for relevant findings only
};

/// Many policies have the same scope.
using SharedScope = std::shared_ptr<const pattern::PolicyScope>;
SharedScope everywhere();

/// SEMPER section 7: when a policy is in force. All times are UTC.
struct Term {
  std::optional<UnixSeconds> valid_from;  ///< first second in force
  std::optional<UnixSeconds> expires_at;  ///< first second no longer in force; reviews included
  bool observe = false;                   ///< nothing is dropped, the verdict says would_drop

  enum class State : std::uint8_t { kActive, kNotYetValid, kExpired };
  State state(UnixSeconds now) const;
};

/// The term, and why there is one.
struct Lifecycle : Term {
  std::string reason;
  std::string ticket;
};

struct ConfigRule {
  std::string name;  ///< with its prefix `semper-`
  std::string description;
  std::vector<std::string> resource_types;
  std::string source_owner;       ///< AWS | CUSTOM_LAMBDA
  std::string source_identifier;  ///< managed rule id, or Lambda name
  struct Detail {
    std::string message_type;
    std::string maximum_execution_frequency;
  };
  std::vector<Detail> source_details;
  std::string input_parameters;  ///< JSON text; empty: none
};

struct EventRule {
  std::string name;  ///< with its prefix `semper-`
  std::string description;
  std::string pattern_text;  ///< eventPattern as JSON on one line
};

struct ControlParameters {
  std::string control_id;
  std::string parameters;  ///< JSON object {name: {ValueType, Value}} on one line
  std::string update_reason;
};

struct Standard {
  std::string name;
  std::string identifier;  ///< standardIdentifier, or standardArn with ${region}
  bool enabled = true;
  pattern::PolicyScope scope;
};

struct ControlSwitch {
  std::string standard_identifier;
  std::vector<std::string> control_ids;  ///< as written; wildcards and comments included
  std::string disable_reason;
  std::optional<pattern::PolicyScope> scope;  ///< narrower than the policy's
};

/// Normalized fields that a policy decides about: `extension.set`, 1.0's `eventEnrichment`.
/// Empty: not set.
struct FieldSettings {
  std::string_view severity;  ///< INFORMATIONAL, LOW, MEDIUM, HIGH, CRITICAL
  std::string_view workflow;  ///< NEW, NOTIFIED, RESOLVED, SUPPRESSED
  std::string work_flow;      ///< customerWorkFlow

  bool empty() const { return severity.empty() && workflow.empty() && work_flow.empty(); }
};

/// What an extension policy asks a provider for (`extension.contextBlock`).
struct ContextQuery {
  std::string provider;
  std::string name;        ///< `as`: the member of `context` that the answers become
  TemplateValue key;       ///< each string that it renders to is a key
  std::size_t offset = 0;  ///< of the query in the policy's file
};

struct Policy {
  std::string id;
  Kind kind = Kind::kFiltering;
  std::string file;
  std::string hash;  ///< XXH3-128 of the file's bytes, hex

  std::string title;
  std::optional<UnixSeconds> attested_at;

  SharedScope scope = everywhere();  ///< never null
  Lifecycle lifecycle;

  // kFiltering, kExtension, kEventRule
  Source source = Source::kAny;
  Subject subject = Subject::kEvent;
  pattern::Pattern finding_pattern;
  pattern::Arrays arrays = pattern::Arrays::kAny;

  // kExtension
  std::vector<TemplateMember> extensions;  ///< identifier → block
  std::vector<ContextQuery> queries;

  // kExtension, kConfigRule, kEventRule
  FieldSettings settings;
  // kEventRule
  EventRule event_rule;

  ConfigRule config_rule;
  std::vector<ControlParameters> control_parameters;
  std::vector<Standard> standards;
  std::vector<ControlSwitch> control_switches;
};

/// They are large: once they are here, they do not move.
using Policies = std::deque<Policy>;

}  // namespace semper::policy
