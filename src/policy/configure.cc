#include <fmt/format.h>

#include "base/text.h"
#include "json/writer.h"
#include "policy/fields.h"
#include "policy/sections.h"

namespace semper::policy {
namespace {

std::string with_prefix(std::string name) {
  constexpr std::string_view kPrefix = "semper-";
  if (!name.empty() && !name.starts_with(kPrefix)) name.insert(0, kPrefix);
  return name;
}

std::string on_one_line(const json::Value& value) {
  std::string text;
  json::append_value(text, value);
  return text;
}

/// The string's text where it is a JSON object.
std::string read_input_parameters(const Fields& fields, const Loading& loading, Report& report) {
  std::string text = fields.text("inputParameters");
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) return {};
  json::Document document;
  json::ParseError error;
  json::ParseOptions options;
  options.max_bytes = loading.limits.policy_bytes;
  options.max_depth = loading.limits.pattern_depth;
  bool sound = json::Document::parse(text, options, document, error);
  if (sound && document.root().is_object()) return on_one_line(document.root());
  report.error("invalid_input_parameters", fields.get("inputParameters")->begin,
               fmt::format("\"inputParameters\" wants a string that holds a JSON object, such as "
                           "\"{{\\\"maxAge\\\": \\\"90\\\"}}\": {}",
                           sound ? "this is another kind of value" : error.message));
  return {};
}

void read_config_rule(const json::Value& value, const Loading& loading, ConfigRule& rule,
                      Report& report) {
  static constexpr KnownKey kKeys[] = {
      {"inputParameters ", "inputParameters"},  // one generation documents it with the blank
      {"configRuleName"},
      {"configRuleDescription"},
      {"complianceResourceTypes"},
      {"sourceOwner"},
      {"sourceIdentifier"},
      {"sourceDetails"},
      {"inputParameters"}};
  static constexpr std::string_view kOwners[] = {"AWS", "CUSTOM_LAMBDA"};
  static constexpr KnownKey kDetailKeys[] = {
      {"eventSource"}, {"messageType"}, {"maximumExecutionFrequency"}};

  Fields fields(value, "configRuleSettings", kKeys, UnknownKeys::kError, report);
  rule.name = with_prefix(fields.required_text("configRuleName"));
  rule.description = fields.text("configRuleDescription");
  rule.resource_types = fields.texts("complianceResourceTypes");
  fields.require("sourceOwner");
  if (auto owner = fields.choice("sourceOwner", kOwners)) rule.source_owner = kOwners[*owner];
  rule.source_identifier = fields.required_text("sourceIdentifier");
  for (const json::Value& item : fields.list("sourceDetails")) {
    Fields detail(item, "sourceDetails", kDetailKeys, UnknownKeys::kError, report);
    rule.source_details.push_back(
        {detail.text("messageType"), detail.text("maximumExecutionFrequency")});
  }
  rule.input_parameters = read_input_parameters(fields, loading, report);
}

void read_event_rule(const json::Value& value, const Loading& loading, Policy& policy,
                     Report& report) {
  static constexpr KnownKey kKeys[] = {{"eventName"}, {"eventDescription"}, {"eventPattern"}};
  Fields fields(value, "eventRuleSettings", kKeys, UnknownKeys::kError, report);
  policy.event_rule.name = with_prefix(fields.required_text("eventName"));
  policy.event_rule.description = fields.text("eventDescription");
  const json::Value* pattern = fields.require("eventPattern");
  if (pattern == nullptr) return;
  read_pattern(*pattern, pattern::Dialect::kEventBridge, loading, policy.finding_pattern, report);
  policy.event_rule.pattern_text = on_one_line(*pattern);
}

void read_control_parameters(const json::Value& value, Policy& policy, Report& report) {
  static constexpr KnownKey kKeys[] = {{"controlId"}, {"parameters"}, {"updateReason"}};
  static constexpr KnownKey kParameterKeys[] = {{"ValueType"}, {"Value"}};
  Fields fields(value, "shControlSettings", kKeys, UnknownKeys::kError, report);
  ControlParameters control;
  control.control_id = fields.required_text("controlId");
  control.update_reason = fields.text("updateReason");
  const json::Value* parameters = fields.require("parameters");
  if (parameters != nullptr) {
    if (!parameters->is_object()) report_wrong_type(*parameters, "parameters", "an object", report);
    for (const json::Member& member : parameters->members()) {
      Fields parameter(member.value, member.key, kParameterKeys, UnknownKeys::kError, report);
      parameter.required_text("ValueType");
    }
    control.parameters = on_one_line(*parameters);
  }
  policy.control_parameters.push_back(std::move(control));
}

void read_standard(const json::Value& value, const Loading& loading, Policy& policy,
                   Report& report) {
  static constexpr KnownKey kKeys[] = {{"standardArn", "standardIdentifier"},
                                       {"standardName"},
                                       {"standardIdentifier"},
                                       {"targetState"},
                                       {"policyScope"}};
  static constexpr std::string_view kStates[] = {"ENABLED", "DISABLED"};
  Fields fields(value, "shStandardSettings", kKeys, UnknownKeys::kError, report);
  Standard standard;
  standard.name = fields.text("standardName");
  standard.identifier = fields.required_text("standardIdentifier");
  standard.enabled = fields.choice("targetState", kStates) != 1;
  if (const json::Value* scope = fields.get("policyScope")) {
    read_scope(*scope, loading, standard.scope, report);
  }
  policy.standards.push_back(std::move(standard));
}

/// One entry of disabledStandardControls; what it does not say itself is taken from `above`.
void read_control_switch(const Fields& fields, ControlSwitch above, const Loading& loading,
                         Policy& policy, Report& report) {
  ControlSwitch control = std::move(above);
  control.control_ids = fields.required_text_or_texts("standardId");
  if (fields.get("disableReason") != nullptr) {
    control.disable_reason = fields.text("disableReason");
  }
  if (const json::Value* scope = fields.get("policyScope")) {
    read_scope(*scope, loading, control.scope.emplace(), report);
  }
  policy.control_switches.push_back(std::move(control));
}

void read_standard_controls(const json::Value& value, const Loading& loading, Policy& policy,
                            Report& report) {
  static constexpr KnownKey kKeys[] = {{"disabledControls", "disabledStandardControls"},
                                       {"standardIdentifier"},
                                       {"disabledStandardControls"}};
  static constexpr KnownKey kItemKeys[] = {{"standardId"}, {"disableReason"}, {"policyScope"}};
  Fields fields(value, "shStandardControlSettings", kKeys, UnknownKeys::kError, report);
  ControlSwitch above;
  above.standard_identifier = fields.required_text("standardIdentifier");
  fields.require("disabledStandardControls");
  for (const json::Value& item : fields.list("disabledStandardControls")) {
    Fields entry(item, "disabledStandardControls", kItemKeys, UnknownKeys::kError, report);
    read_control_switch(entry, above, loading, policy, report);
  }
}

void read_use_case(const json::Value& value, const Loading& loading, Policy& policy,
                   Report& report) {
  static constexpr KnownKey kKeys[] = {{"disabledControls", "disabledStandardControls"},
                                       {"disableReason"},
                                       {"disabledStandardControls"}};
  static constexpr KnownKey kItemKeys[] = {
      {"standardIdentifier"}, {"standardId"}, {"disableReason"}, {"policyScope"}};
  Fields fields(value, "shUseCaseSettings", kKeys, UnknownKeys::kError, report);
  ControlSwitch above;
  above.disable_reason = fields.text("disableReason");
  fields.require("disabledStandardControls");
  for (const json::Value& item : fields.list("disabledStandardControls")) {
    Fields entry(item, "disabledStandardControls", kItemKeys, UnknownKeys::kError, report);
    above.standard_identifier = entry.required_text("standardIdentifier");
    read_control_switch(entry, above, loading, policy, report);
  }
}

struct Section {
  std::string_view name;
  Kind kind;
  std::string_view folder;
};

constexpr Section kSections[] = {
    {"configRuleSettings", Kind::kConfigRule, "10_configure/config_rules"},
    {"eventRuleSettings", Kind::kEventRule, "10_configure/event_rules"},
    {"shControlSettings", Kind::kControlParameters, "10_configure/securityhub/10_controls"},
    {"shStandardSettings", Kind::kStandards, "10_configure/securityhub/20_standards"},
    {"shStandardControlSettings", Kind::kControlSwitches,
     "10_configure/securityhub/30_standard_controls"},
    {"shUseCaseSettings", Kind::kControlSwitches, "10_configure/securityhub/30_standard_controls"},
};

bool is_security_hub(Kind kind) {
  return kind != Kind::kConfigRule && kind != Kind::kEventRule;
}

void read_section(std::string_view name, const json::Value& value, const Loading& loading,
                  Policy& policy, Report& report) {
  if (name == "configRuleSettings") {
    read_config_rule(value, loading, policy.config_rule, report);
  } else if (name == "eventRuleSettings") {
    read_event_rule(value, loading, policy, report);
  } else {
    bool is_list = name == "shControlSettings" || name == "shStandardSettings";
    if (is_list && !value.is_array()) {
      report_wrong_type(value, name, "a list of objects", report);
      return;
    }
    for (const json::Value& item : one_or_many(value, name, report)) {
      if (name == "shControlSettings") read_control_parameters(item, policy, report);
      if (name == "shStandardSettings") read_standard(item, loading, policy, report);
      if (name == "shStandardControlSettings")
        read_standard_controls(item, loading, policy, report);
      if (name == "shUseCaseSettings") read_use_case(item, loading, policy, report);
    }
  }
}

}  // namespace

void read_configure(const json::Value& value, const Place& place, const Loading& loading,
                    Policy& policy, Report& report) {
  static constexpr KnownKey kKeys[] = {{"eventSettings", "eventRuleSettings"},
                                       {"securityHubStandards", "shStandardSettings"},
                                       {"policyScope"},
                                       {"configRuleSettings"},
                                       {"eventRuleSettings"},
                                       {"shControlSettings"},
                                       {"shStandardSettings"},
                                       {"shStandardControlSettings"},
                                       {"shUseCaseSettings"}};
  Fields fields(value, "configure", kKeys, UnknownKeys::kError, report);
  if (const json::Value* scope = fields.get("policyScope")) {
    policy.scope = read_scope(*scope, loading, report);
  }

  std::vector<std::string_view> wanted;
  bool found = false;
  for (const Section& section : kSections) {
    bool fits =
        section.kind == place.kind || (place.any_security_hub && is_security_hub(section.kind));
    if (fits) wanted.push_back(section.name);
    const json::Value* content = fields.get(section.name);
    if (content == nullptr) continue;
    if (!fits) {
      report.error("wrong_section", fields.key_offset(section.name),
                   fmt::format("\"{}\" belongs into {}/", section.name, section.folder));
    }
    if (fits && !found) policy.kind = section.kind;
    found = true;
    read_section(section.name, *content, loading, policy, report);
  }
  if (!found && fields.is_object()) {
    report.error("missing_key", value.begin,
                 fmt::format("configure needs {} in this folder", quoted_list(wanted)));
  }
}

}  // namespace semper::policy
