#include "plan/desired.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "json/document.h"
#include "json/writer.h"
#include "plan/check.h"

namespace semper::plan {
namespace {

using pattern::Truth;

bool is_everywhere(const pattern::PolicyScope& scope) {
  return scope.all_accounts;
}

/// Whether `text` fits `wildcard`, in which `*` is any number of characters.
bool fits(std::string_view wildcard, std::string_view text) {
  std::size_t star = wildcard.find('*');
  if (star == std::string_view::npos) return wildcard == text;
  if (!text.starts_with(wildcard.substr(0, star))) return false;
  text.remove_prefix(star);
  wildcard.remove_prefix(star + 1);
  for (;;) {
    star = wildcard.find('*');
    std::string_view piece = wildcard.substr(0, star);
    if (star == std::string_view::npos) return text.ends_with(piece);
    std::size_t found = text.find(piece);
    if (found == std::string_view::npos) return false;
    text.remove_prefix(found + piece.size());
    wildcard.remove_prefix(star + 1);
  }
}

/// The control that an entry of `standardId` names: an id or a wildcard as it is, `[IAM.6] Title`
/// by its id; empty where it is a comment.
std::string_view control_of(std::string_view written) {
  if (written.starts_with('[')) {
    std::size_t end = written.find(']');
    if (end == std::string_view::npos) return {};
    written = written.substr(1, end - 1);
  }
  bool good = std::all_of(written.begin(), written.end(), [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
           c == '-' || c == '_' || c == '*';
  });
  bool has_point_or_star = written.find_first_of(".*") != std::string_view::npos;
  return good && has_point_or_star ? written : std::string_view();
}

/// `standards/x/v/1`, `ruleset/x/v/1` from an identifier or an ARN.
std::string standard_of(std::string_view identifier) {
  if (identifier.starts_with("arn:")) {
    for (int colons = 0; colons < 5; ++colons) {
      std::size_t colon = identifier.find(':');
      if (colon == std::string_view::npos) break;
      identifier.remove_prefix(colon + 1);
    }
  }
  if (identifier.find("standards/") == 0 || identifier.find("ruleset/") == 0) {
    return std::string(identifier);
  }
  // The first benchmark is the only one whose ARN says ruleset.
  bool is_rule_set = identifier == "cis-aws-foundations-benchmark/v/1.2.0";
  return std::string(is_rule_set ? "ruleset/" : "standards/") + std::string(identifier);
}

/// Whether the standard's ARNs name controls otherwise than Security Hub does.
bool has_own_ids(std::string_view standard) {
  return standard.starts_with("cis-aws-foundations-benchmark/") || standard == "pci-dss/v/3.2.1";
}

std::string config_rule_settings(const policy::ConfigRule& rule, bool with_words) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  if (with_words && !rule.description.empty()) {
    writer.key("description").string(rule.description);
  }
  writer.key("sourceOwner").string(rule.source_owner);
  writer.key("sourceIdentifier").string(rule.source_identifier);
  if (!rule.resource_types.empty()) {
    writer.key("complianceResourceTypes").begin_array();
    for (const std::string& type : rule.resource_types) writer.string(type);
    writer.end_array();
  }
  if (!rule.source_details.empty()) {
    writer.key("sourceDetails").begin_array();
    for (const policy::ConfigRule::Detail& detail : rule.source_details) {
      writer.begin_object();
      if (!detail.message_type.empty()) writer.key("messageType").string(detail.message_type);
      if (!detail.maximum_execution_frequency.empty()) {
        writer.key("maximumExecutionFrequency").string(detail.maximum_execution_frequency);
      }
      writer.end_object();
    }
    writer.end_array();
  }
  if (!rule.input_parameters.empty()) writer.key("inputParameters").raw(rule.input_parameters);
  writer.end_object();
  return out;
}

/// An object of one member, and another one with words where there are any.
std::string settings_of(std::string_view name, std::string_view json, std::string_view words_name,
                        std::string_view words) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key(name).raw(json);
  if (!words.empty()) writer.key(words_name).string(words);
  writer.end_object();
  return out;
}

void append_sorted(const json::Value& value, std::string_view text, json::Writer& writer) {
  if (value.is_object()) {
    std::vector<const json::Member*> members;
    for (const json::Member& member : value.members()) members.push_back(&member);
    std::sort(members.begin(), members.end(),
              [](const json::Member* a, const json::Member* b) { return a->key < b->key; });
    writer.begin_object();
    for (const json::Member* member : members) {
      writer.key(member->key);
      append_sorted(member->value, text, writer);
    }
    writer.end_object();
  } else if (value.is_array()) {
    writer.begin_array();
    for (const json::Value& element : value.elements()) append_sorted(element, text, writer);
    writer.end_array();
  } else if (value.is_string()) {
    writer.string(value.text);
  } else {
    writer.raw(text.substr(value.begin, value.end - value.begin));
  }
}

/// In which order the keys of JSON were written makes no difference.
std::string sorted(const std::string& json) {
  json::Document document;
  json::ParseError error;
  if (!json::Document::parse(json, {}, document, error)) return json;
  std::string out;
  json::Writer writer(out);
  append_sorted(document.root(), document.text(), writer);
  return out;
}

}  // namespace

std::string_view part_name(Part part) {
  constexpr std::array<std::string_view, kParts> kNames = {"configRules", "eventRules", "standards",
                                                           "controlSwitches", "controlParameters"};
  return kNames[static_cast<std::size_t>(part)];
}

std::string_view short_standard(std::string_view identifier) {
  for (std::string_view prefix : {"standards/", "ruleset/"}) {
    if (identifier.starts_with(prefix)) identifier.remove_prefix(prefix.size());
  }
  return identifier;
}

class Desired::Builder {
 public:
  Builder(Desired& desired, const std::vector<std::string>& defaults, const ControlIds& controls,
          std::vector<Diagnostic>& diagnostics)
      : desired_(desired), defaults_(defaults), controls_(controls), diagnostics_(diagnostics) {
    desired_.scopes_.add({});
  }

  void add(std::uint32_t index) {
    const policy::Policy& policy = desired_.policies_[index];
    policy_ = index;
    scope_ = add_scope(*policy.scope);
    desired_.policy_scopes_.push_back(scope_);
    regions_ = policy.scope->regions.effective(defaults_);
    if (policy.kind == policy::Kind::kConfigRule) {
      Item& item = add_item(Part::kConfigRules, policy.config_rule.name);
      item.settings = config_rule_settings(policy.config_rule, true);
      item.essence = sorted(config_rule_settings(policy.config_rule, false));
    } else if (policy.kind == policy::Kind::kEventRule) {
      const policy::EventRule& rule = policy.event_rule;
      Item& item = add_item(Part::kEventRules, rule.name);
      item.settings =
          settings_of("eventPattern", rule.pattern_text, "description", rule.description);
      item.essence = sorted(rule.pattern_text);
    }
    for (const policy::Standard& standard : policy.standards) add_standard(standard);
    for (const policy::ControlSwitch& entry : policy.control_switches) add_switches(entry);
    for (const policy::ControlParameters& entry : policy.control_parameters) {
      Item& item = add_item(Part::kParameters, entry.control_id);
      item.settings =
          settings_of("parameters", entry.parameters, "updateReason", entry.update_reason);
      item.essence = sorted(entry.parameters);
      item.parameters = &entry;
    }
  }

  void finish() {
    std::set<std::string> regions(defaults_.begin(), defaults_.end());
    for (const auto& listed : item_regions_) regions.insert(listed.begin(), listed.end());
    desired_.regions_.assign(regions.begin(), regions.end());
    for (const std::string& region : desired_.regions_) {
      desired_.default_regions_.push_back(
          std::find(defaults_.begin(), defaults_.end(), region) != defaults_.end() ? 1 : 0);
    }
    for (std::size_t i = 0; i < desired_.items_.size(); ++i) {
      Item& item = desired_.items_[i];
      for (const std::string& region : desired_.regions_) {
        item.regions.push_back(
            std::binary_search(item_regions_[i].begin(), item_regions_[i].end(), region) ? 1 : 0);
      }
      json::append_quoted(item.entry, item.key);
      item.entry += ":[";
      json::append_quoted(item.entry, desired_.policies_[item.policy].id);
      item.entry += ']';
    }
    std::stable_sort(desired_.items_.begin(), desired_.items_.end(),
                     [](const Item& a, const Item& b) {
                       return std::tie(a.part, a.key, a.policy) < std::tie(b.part, b.key, b.policy);
                     });
    desired_.scopes_.build();
  }

 private:
  std::uint32_t add_scope(const pattern::PolicyScope& scope) {
    return is_everywhere(scope) ? 0 : desired_.scopes_.add(scope);
  }

  Item& add_item(Part part, std::string key) {
    Item& item = desired_.items_.emplace_back();
    item.part = part;
    item.key = std::move(key);
    item.policy = policy_;
    item.scope = scope_;
    item_regions_.push_back(regions_);
    return item;
  }

  /// An entry's own scope narrows the policy's: its regions start from the policy's.
  void narrow(Item& item, const pattern::PolicyScope& scope, std::uint32_t number) {
    item.narrow = number;
    item_regions_.back() = scope.regions.effective(regions_);
  }

  void add_standard(const policy::Standard& standard) {
    std::string identifier = standard_of(standard.identifier);
    Item& item = add_item(Part::kStandards, identifier);
    std::string state = standard.enabled ? R"("ENABLED")" : R"("DISABLED")";
    item.settings = settings_of("targetState", state, "standardName", standard.name);
    item.essence = state;
    item.enabled = standard.enabled;
    desired_.managed_.insert(identifier);
    item.standard = std::move(identifier);
    narrow(item, standard.scope, add_scope(standard.scope));
  }

  void add_switches(const policy::ControlSwitch& entry) {
    std::string standard = standard_of(entry.standard_identifier);
    std::uint32_t number = entry.scope ? add_scope(*entry.scope) : 0;
    for (const std::string& written : entry.control_ids) {
      std::string_view control = control_of(written);
      if (control.empty()) {
        warn("no_control_id",
             fmt::format("\"{}\" names no control (such as \"IAM.6\", \"1.5\" or \"3.*\") and is "
                         "taken as a comment: nothing is switched off for it",
                         written));
        continue;
      }
      for (const std::string& one : resolve(standard, control)) {
        Item& item = add_item(Part::kSwitches, fmt::format("{}/{}", standard, one));
        item.settings = settings_of("state", R"("DISABLED")", "reason", entry.disable_reason);
        item.essence = "DISABLED";
        item.standard = standard;
        item.control = one;
        item.own_control = own_id(standard, one);
        item.reason = entry.disable_reason;
        if (entry.scope) narrow(item, *entry.scope, number);
      }
    }
  }

  std::string own_id(const std::string& standard, const std::string& control) const {
    if (!is_security_control(control)) return control;
    auto known = controls_.find(short_standard(standard));
    if (known != controls_.end()) {
      for (const auto& [id, others] : known->second) {
        bool is_it = !others.empty() && others.front() == control && !is_security_control(id);
        if (is_it) return id;
      }
    }
    return has_own_ids(short_standard(standard)) ? std::string() : control;
  }

  std::vector<std::string> resolve(const std::string& standard, std::string_view control) {
    if (control.find('*') == std::string_view::npos) return {std::string(control)};
    auto known = controls_.find(short_standard(standard));
    std::vector<std::string> fitting;
    if (known != controls_.end()) {
      for (const auto& [id, others] : known->second) {
        if (fits(control, id)) fitting.push_back(id);
      }
    }
    if (!fitting.empty()) return fitting;
    warn("unresolved_wildcard",
         fmt::format("which controls of {} \"{}\" means is not known here, so the plan keeps the "
                     "wildcard and no template can hold it; give a list of control ids that has "
                     "the standard, or name the controls one by one",
                     standard, control));
    return {std::string(control)};
  }

  void warn(std::string code, std::string message) {
    Diagnostic diagnostic;
    diagnostic.severity = Diagnostic::Severity::kWarning;
    diagnostic.code = std::move(code);
    diagnostic.file = desired_.policies_[policy_].file;
    diagnostic.message = std::move(message);
    diagnostics_.push_back(std::move(diagnostic));
  }

  Desired& desired_;
  const std::vector<std::string>& defaults_;
  const ControlIds& controls_;
  std::vector<Diagnostic>& diagnostics_;
  std::vector<std::vector<std::string>> item_regions_;
  std::vector<std::string> regions_;  ///< of the policy at hand
  std::uint32_t policy_ = 0;
  std::uint32_t scope_ = 0;
};

Desired::Desired(const policy::Policies& policies, const std::vector<std::string>& regions,
                 const ControlIds& controls, std::vector<Diagnostic>& diagnostics)
    : policies_(policies) {
  Builder builder(*this, regions, controls, diagnostics);
  for (std::uint32_t i = 0; i < policies.size(); ++i) builder.add(i);
  builder.finish();
}

bool Desired::manages(std::string_view standard) const {
  return managed_.find(standard) != managed_.end();
}

bool AccountPlan::judge(const Account& account) {
  json::EventValue context;
  if (!account.context.empty()) {
    if (!document_.parse(account.context)) return false;
    context = document_.root();
    if (!context.is_object()) return false;
  }
  desired_.scopes().judge(context, account.id, truths_);
  holds_.clear();
  possible_.clear();
  for (std::uint32_t i = 0; i < desired_.items().size(); ++i) {
    Truth truth = desired_.truth(desired_.items()[i], truths_);
    if (truth == Truth::kTrue) holds_.push_back(i);
    if (truth == Truth::kUnknown) possible_.push_back(i);
  }
  state_.account = account.id;
  return true;
}

const State& AccountPlan::in(std::size_t region) {
  state_.region = desired_.regions()[region];
  state_.region_index = region;
  state_.items.clear();
  state_.undetermined.clear();
  for (std::uint32_t i : holds_) {
    if (desired_.items()[i].regions[region] != 0) state_.items.push_back(i);
  }
  for (std::uint32_t i : possible_) {
    if (desired_.items()[i].regions[region] != 0) {
      state_.undetermined.push_back(desired_.items()[i].policy);
    }
  }
  std::sort(state_.undetermined.begin(), state_.undetermined.end());
  state_.undetermined.erase(std::unique(state_.undetermined.begin(), state_.undetermined.end()),
                            state_.undetermined.end());
  return state_;
}

}  // namespace semper::plan
