#include "plan/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>

#include "base/text.h"
#include "json/document.h"

namespace semper::plan {
namespace {

constexpr auto kError = Diagnostic::Severity::kError;
constexpr auto kWarning = Diagnostic::Severity::kWarning;

/// AWS counts characters.
std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }));
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool only(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alphanumeric(c) || others.find(c) != std::string_view::npos;
  });
}

template <std::size_t N>
bool one_of(std::string_view text, const std::string_view (&choices)[N]) {
  return std::find(std::begin(choices), std::end(choices), text) != std::end(choices);
}

using UsePredicate =
    std::function<void(const std::string& path, const pattern::Predicate& predicate, bool negated)>;

void each_predicate(const std::string& path, pattern::Items items, const UsePredicate& use) {
  for (const pattern::Item& item : items) {
    for (const pattern::Test& test : item.tests) {
      for (const pattern::Predicate& predicate : test.predicates) {
        use(path, predicate, test.negated);
      }
      each_predicate(path, test.items, use);
    }
  }
}

void each_predicate(const std::string& path, const pattern::Object& object,
                    const UsePredicate& use) {
  for (const pattern::Member& member : object.members) {
    bool is_or = member.kind == pattern::Member::Kind::kOr;
    std::string below = path;
    if (!is_or) below.append(path.empty() ? "" : ".").append(member.key);
    each_predicate(below, member.items, use);
    for (const pattern::Object& inner : member.objects) each_predicate(below, inner, use);
  }
}

/// A value of an event that appears in us-east-1, and what of it tells it from other events'
/// values.
struct GlobalValue {
  std::string_view path;
  std::string value;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// CloudTrail user guide, "global service events"; IAM, Organizations, CloudFront and Route 53 are
/// logged in us-east-1 only, console sign-in mostly.
const std::vector<GlobalValue>& global_values() {
  static const std::vector<GlobalValue> kValues = [] {
    std::vector<GlobalValue> values = {{"detail-type", "AWS Console Sign In via CloudTrail", 0,
                                        std::size("AWS Console Sign") - 1}};
    for (std::string_view service : {"signin", "iam", "organizations", "cloudfront", "route53"}) {
      values.push_back({"source", fmt::format("aws.{}", service), 4, 4 + service.size()});
      values.push_back(
          {"detail.eventSource", fmt::format("{}.amazonaws.com", service), 0, service.size()});
    }
    return values;
  }();
  return kValues;
}

/// Whether the predicate asks for this value, not only for something that it has in common with
/// others.
bool asks_for(const pattern::Predicate& predicate, const GlobalValue& global) {
  std::string_view text = predicate.text;
  std::string folded = [&] {
    std::string out;
    append_folded(out, global.value);
    return out;
  }();
  switch (predicate.op) {
    case pattern::Op::kString:
    case pattern::Op::kExactly:
      return text == global.value;
    case pattern::Op::kEqualsFolded:
      return text == folded;
    case pattern::Op::kPrefix:
      return global.value.starts_with(text) && text.size() >= global.end;
    case pattern::Op::kPrefixFolded:
      return folded.starts_with(text) && text.size() >= global.end;
    case pattern::Op::kSuffix:
      return global.value.ends_with(text) && text.size() + global.begin >= global.value.size();
    case pattern::Op::kSuffixFolded:
      return folded.ends_with(text) && text.size() + global.begin >= global.value.size();
    default:
      return false;
  }
}

bool beyond_numbers(const pattern::Decimal* number) {
  static const pattern::Decimal kLargest = *pattern::Decimal::parse(kLargestNumber);
  if (!number) return false;
  pattern::Decimal magnitude = *number;
  magnitude.negative = false;
  return magnitude > kLargest || magnitude.digits.size() > kNumberDigits;
}

bool has_wildcard(const policy::Policy& policy) {
  bool found = false;
  each_predicate({}, policy.finding_pattern.root,
                 [&](const std::string&, const pattern::Predicate& predicate, bool) {
                   found |= predicate.op == pattern::Op::kWildcard;
                 });
  return found;
}

}  // namespace

std::string_view partition_of(std::string_view region) {
  if (region.starts_with("cn-")) return "aws-cn";
  if (region.starts_with("us-gov-")) return "aws-us-gov";
  return "aws";
}

bool is_security_control(std::string_view id) {
  std::size_t point = id.find('.');
  return point != std::string_view::npos && point > 0 && point + 1 < id.size() &&
         (id[0] < '0' || id[0] > '9') && only(id.substr(0, point), "") &&
         std::all_of(id.begin() + static_cast<std::ptrdiff_t>(point) + 1, id.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

void Checker::add(Severity severity, std::string_view code, const policy::Policy* policy,
                  std::string message) {
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.code = code;
  if (policy != nullptr) diagnostic.file = policy->file;
  diagnostic.message = std::move(message);
  diagnostics_.push_back(std::move(diagnostic));
}

void Checker::check_length(const policy::Policy& policy, std::string_view what,
                           std::string_view text, std::size_t longest) {
  std::size_t length = length_of(text);
  if (length <= longest) return;
  add(kError, "too_long_for_aws", &policy,
      fmt::format("the {} has {} characters, AWS takes {}", what, length, longest));
}

void Checker::check_config_rule(const policy::Policy& policy) {
  static constexpr std::string_view kMessages[] = {
      "ConfigurationItemChangeNotification", "OversizedConfigurationItemChangeNotification",
      "ScheduledNotification", "ConfigurationSnapshotDeliveryCompleted"};
  static constexpr std::string_view kFrequencies[] = {"One_Hour", "Three_Hours", "Six_Hours",
                                                      "Twelve_Hours", "TwentyFour_Hours"};
  const policy::ConfigRule& rule = policy.config_rule;
  check_length(policy, "configRuleName", rule.name, kConfigRuleName);
  check_length(policy, "configRuleDescription", rule.description, kConfigRuleDescription);
  check_length(policy, "sourceIdentifier", rule.source_identifier, kSourceIdentifier);
  check_length(policy, "inputParameters", rule.input_parameters, kInputParameters);
  if (rule.resource_types.size() > kResourceTypes || rule.source_details.size() > kSourceDetails) {
    add(kError, "too_many_for_aws", &policy,
        fmt::format("AWS Config takes {} complianceResourceTypes and {} sourceDetails in a rule",
                    kResourceTypes, kSourceDetails));
  }
  // API, Source: what a managed rule is triggered by is known to AWS Config.
  if (rule.source_owner != "AWS" && rule.source_details.empty()) {
    add(kError, "no_trigger", &policy,
        fmt::format("a rule of {} wants sourceDetails, which tell what triggers it: "
                    "[{{\"messageType\": \"ConfigurationItemChangeNotification\"}}], or "
                    "\"ScheduledNotification\" with a maximumExecutionFrequency",
                    rule.source_owner));
  }
  for (const policy::ConfigRule::Detail& detail : rule.source_details) {
    // API, SourceDetail: MaximumExecutionFrequency
    if (!detail.maximum_execution_frequency.empty() && one_of(detail.message_type, kMessages) &&
        detail.message_type != "ScheduledNotification") {
      add(kError, "frequency_without_schedule", &policy,
          fmt::format("a maximumExecutionFrequency goes with the messageType "
                      "\"ScheduledNotification\", not with \"{}\"",
                      detail.message_type));
    }
    if (!one_of(detail.message_type, kMessages)) {
      add(kError, "unknown_to_aws", &policy,
          fmt::format("messageType \"{}\"; AWS Config knows {}", detail.message_type,
                      fmt::join(kMessages, ", ")));
    }
    if (!detail.maximum_execution_frequency.empty() &&
        !one_of(detail.maximum_execution_frequency, kFrequencies)) {
      add(kError, "unknown_to_aws", &policy,
          fmt::format("maximumExecutionFrequency \"{}\"; AWS Config knows {}",
                      detail.maximum_execution_frequency, fmt::join(kFrequencies, ", ")));
    }
  }
}

void Checker::check_event_rule(const policy::Policy& policy) {
  const policy::EventRule& rule = policy.event_rule;
  check_length(policy, "eventName", rule.name, kEventRuleName);
  check_length(policy, "eventDescription", rule.description, kEventRuleDescription);
  check_length(policy, "eventPattern", rule.pattern_text, kEventPattern);
  if (!only(rule.name, "._-")) {
    add(kError, "bad_name_for_aws", &policy,
        fmt::format("EventBridge takes letters, digits, \".\", \"-\" and \"_\" in a rule's name, "
                    "not \"{}\"",
                    rule.name));
  }
  std::size_t length = length_of(rule.pattern_text);
  if (length > kEventPatternQuota && length <= kEventPattern) {
    add(kWarning, "event_pattern_quota", &policy,
        fmt::format("the eventPattern has {} characters; without a raised quota EventBridge "
                    "takes {}",
                    length, kEventPatternQuota));
  }
  bool numbers = false;
  each_predicate({}, policy.finding_pattern.root,
                 [&](const std::string&, const pattern::Predicate& predicate, bool) {
                   numbers |= predicate.op == pattern::Op::kNumeric &&
                              (beyond_numbers(predicate.low) || beyond_numbers(predicate.high));
                 });
  if (numbers) {
    add(kWarning, "event_number_range", &policy,
        "EventBridge compares numbers between -5e9 and 5e9 with 15 digits; beyond that a rule may "
        "be refused or match something else");
  }
}

void Checker::check_parameters(const policy::Policy& policy) {
  static constexpr std::string_view kTypes[] = {"Boolean", "Double",      "Enum",   "EnumList",
                                                "Integer", "IntegerList", "String", "StringList"};
  for (const policy::ControlParameters& control : policy.control_parameters) {
    if (!is_security_control(control.control_id)) {
      add(kError, "bad_name_for_aws", &policy,
          fmt::format("controlId \"{}\" is no control of Security Hub; write it like \"IAM.7\"",
                      control.control_id));
    }
    // API, UpdateSecurityControl: LastUpdateReason.
    bool good_reason =
        std::all_of(control.update_reason.begin(), control.update_reason.end(), [](char c) {
          return is_alphanumeric(c) || c == '-' || c == '_' || c == ' ' || (c & 0x80) != 0;
        });
    if (!good_reason) {
      add(kError, "bad_name_for_aws", &policy,
          fmt::format("Security Hub takes letters, digits, blanks, \"-\" and \"_\" in an "
                      "updateReason, not \"{}\"",
                      control.update_reason));
    }
    json::Document document;
    json::ParseError error;
    if (!json::Document::parse(control.parameters, {}, document, error)) continue;
    for (const json::Member& parameter : document.root().members()) {
      const json::Value* type = parameter.value.find_ignore_case("ValueType");
      const json::Value* value = parameter.value.find_ignore_case("Value");
      bool is_default = type != nullptr && type->text == "DEFAULT";
      bool is_custom = type != nullptr && type->text == "CUSTOM" && value != nullptr &&
                       value->members().size() == 1 && one_of(value->members()[0].key, kTypes);
      if (is_default || is_custom) continue;
      add(kError, "unknown_to_aws", &policy,
          fmt::format("the parameter {} of {} wants {{\"ValueType\": \"DEFAULT\"}} or "
                      "{{\"ValueType\": \"CUSTOM\", \"Value\": {{TYPE: …}}}} where TYPE is one "
                      "of {}",
                      parameter.key, control.control_id, fmt::join(kTypes, ", ")));
    }
  }
}

void Checker::check_blindness(const Item& item) {
  const policy::Policy& policy = desired_.policies()[item.policy];
  std::string what;
  each_predicate({}, policy.finding_pattern.root,
                 [&](const std::string& path, const pattern::Predicate& predicate, bool negated) {
                   if (!what.empty() || negated) return;
                   for (const GlobalValue& global : global_values()) {
                     if (path == global.path && asks_for(predicate, global)) what = global.value;
                   }
                 });
  if (what.empty()) return;
  bool elsewhere = false;
  for (std::size_t i = 0; i < desired_.regions().size(); ++i) {
    if (item.regions[i] == 0 || partition_of(desired_.regions()[i]) != "aws") continue;
    if (desired_.regions()[i] == "us-east-1") return;
    elsewhere = true;
  }
  if (!elsewhere) return;
  add(kWarning, "blind_sensor", &policy,
      fmt::format("\"{}\" is a global event: it appears in us-east-1, and {} is planned in other "
                  "regions only, so it would see nothing of it; add \"regionScope\": "
                  "{{\"forceInclude\": \"us-east-1\"}}",
                  what, item.key));
}

void Checker::check_policies() {
  const policy::Policies& policies = desired_.policies();
  wildcard_rules_.assign(policies.size(), false);
  for (std::size_t i = 0; i < policies.size(); ++i) {
    const policy::Policy& policy = policies[i];
    wildcard_rules_[i] = policy.kind == policy::Kind::kEventRule && has_wildcard(policy);
    if (policy.kind == policy::Kind::kConfigRule) check_config_rule(policy);
    if (policy.kind == policy::Kind::kEventRule) check_event_rule(policy);
    check_parameters(policy);
    for (const policy::ControlSwitch& entry : policy.control_switches) {
      if (entry.disable_reason.empty() || !is_blank(entry.disable_reason)) continue;
      add(kError, "bad_name_for_aws", &policy, "a disableReason of blanks only");
    }
  }
  for (const Item& item : desired_.items()) {
    if (item.part == Part::kEventRules) check_blindness(item);
    if (item.part == Part::kSwitches && !desired_.manages(item.standard)) {
      if (!pairs_.emplace(item.standard, item.policy, item.policy).second) continue;
      add(kWarning, "unplanned_standard", &desired_.policies()[item.policy],
          fmt::format("controls of {} are switched off, but no policy enables that standard; a "
                      "CloudFormation template holds them only beside their standard",
                      item.standard));
    }
  }
}

void Checker::check_pair(const State& state, const Item& first, const Item& other) {
  bool conflict = first.essence != other.essence;
  if (!conflict && first.settings == other.settings) return;
  std::string key = fmt::format("{} {}", part_name(first.part), first.key);
  if (!pairs_.emplace(key, first.policy, other.policy).second) return;
  const policy::Policies& policies = desired_.policies();
  std::string where = fmt::format("first in account {}, region {}", state.account, state.region);
  if (conflict) {
    add(kError, "plan_conflict", &policies[other.policy],
        fmt::format("\"{}\" and \"{}\" set {} differently ({}): {} and {}; make their scopes "
                    "disjoint or remove one",
                    policies[first.policy].id, policies[other.policy].id, key, where,
                    first.settings, other.settings));
  } else {
    add(kWarning, "plan_words_differ", &policies[other.policy],
        fmt::format("\"{}\" and \"{}\" describe {} differently ({}); the first one's words are "
                    "planned",
                    policies[first.policy].id, policies[other.policy].id, key, where));
  }
}

void Checker::check_count(const State& state, Severity severity, std::string_view code,
                          std::size_t count, std::size_t most, std::string_view what) {
  if (count <= most || !counted_.insert(code).second) return;
  add(severity, code, nullptr,
      fmt::format("account {}, region {}: {} {}; AWS takes {} (the further accounts and regions "
                  "are not shown)",
                  state.account, state.region, count, what, most));
}

void Checker::check(const State& state) {
  std::array<std::size_t, kParts> counts{};
  std::size_t wildcards = 0;
  const Item* first = nullptr;
  for (std::uint32_t index : state.items) {
    const Item& item = desired_.items()[index];
    if (first != nullptr && first->part == item.part && first->key == item.key) {
      check_pair(state, *first, item);
      continue;
    }
    first = &item;
    ++counts[static_cast<std::size_t>(item.part)];
    if (item.part == Part::kEventRules && wildcard_rules_[item.policy]) ++wildcards;
  }
  auto count = [&](Part part) { return counts[static_cast<std::size_t>(part)]; };
  bool is_small = state.region == "af-south-1" || state.region == "eu-south-1";
  check_count(state, kWarning, "config_rules_quota", count(Part::kConfigRules), kConfigRules,
              "Config rules");
  check_count(state, kWarning, "event_rules_quota", count(Part::kEventRules),
              is_small ? kRulesPerSmallBus : kRulesPerBus, "rules on one bus");
  check_count(state, kError, "wildcard_rules", wildcards, kWildcardRules,
              "rules with wildcards on one bus");
  check_count(state, kWarning, "controls_per_request", count(Part::kSwitches), kControlsPerRequest,
              "controls to switch off; send them in several requests");
}

}  // namespace semper::plan
