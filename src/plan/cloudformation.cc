#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "json/writer.h"
#include "plan/check.h"
#include "plan/write.h"

namespace semper::plan {
namespace {

// AWS CloudFormation quotas: resources in a template, and the size of a template in S3. What is
// around the resources has its share of the size.
constexpr std::size_t kResources = 500;
constexpr std::size_t kTemplateBytes = 1'000'000;

struct Resource {
  std::string name;
  std::string json;
  bool event_bus = false;
  bool lambda_account = false;
};

void append_policies(json::Writer& writer, const std::vector<std::string_view>& policies) {
  writer.key("Metadata").begin_object().key("SemperPolicies").begin_array();
  for (std::string_view policy : policies) writer.string(policy);
  writer.end_array().end_object();
}

/// Text inside Fn::Sub.
std::string literal_in_sub(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '{') out += "{!", ++i;
  }
  return out;
}

class Template {
 public:
  Template(const Desired& desired, const State& state)
      : desired_(desired), state_(state), enabled_(enabled_standards(desired, state)) {
    each_group(desired, state, [&](const Group& group) {
      if (group.first->part == Part::kSwitches) switches_.push_back(group);
    });
    each_group(desired, state, [&](const Group& group) { add(group); });
    for (const Group& group : switches_) {
      std::string_view why = why_not_switched(desired_, *group.first, enabled_, true);
      if (!why.empty()) leave_out(group, why);
    }
  }

  void write(std::vector<File>& files) const {
    std::size_t begin = 0;
    std::size_t number = 0;
    do {
      std::size_t end = begin;
      std::size_t bytes = left_out_.size();
      while (end < resources_.size() && end - begin < kResources &&
             (end == begin || bytes + resources_[end].json.size() < kTemplateBytes)) {
        bytes += resources_[end++].json.size();
      }
      File& file = files.emplace_back();
      file.path = fmt::format("{}/{}{}.template.json", state_.account, state_.region,
                              ++number == 1 ? "" : fmt::format("-{}", number));
      append(begin, end, number, file.content);
      begin = end;
    } while (begin < resources_.size());
  }

 private:
  void add(const Group& group) {
    switch (group.first->part) {
      case Part::kConfigRules:
        return add_config_rule(group);
      case Part::kEventRules:
        return add_event_rule(group);
      case Part::kStandards:
        return add_standard(group);
      case Part::kParameters:
        return add_parameters(group);
      case Part::kSwitches:
        return;
    }
  }

  void leave_out(const Group& group, std::string_view why) {
    json::Writer writer(left_out_);
    if (!left_out_.empty()) left_out_ += ',';
    writer.begin_object().key("part").string(part_name(group.first->part));
    writer.key("key").string(group.first->key).key("why").string(why);
    writer.key("policies").begin_array();
    for (std::string_view policy : group.policies) writer.string(policy);
    writer.end_array().end_object();
  }

  /// Begins a resource; its properties follow.
  json::Writer begin(std::string_view prefix, std::string_view type, const Group& group) {
    Resource& resource = resources_.emplace_back();
    resource.name = camel_name(prefix, group.first->key);
    json::Writer writer(resource.json);
    writer.begin_object().key("Type").string(type);
    append_policies(writer, group.policies);
    writer.key("Properties").begin_object();
    return writer;
  }

  void add_config_rule(const Group& group) {
    const policy::ConfigRule& rule = desired_.policies()[group.first->policy].config_rule;
    json::Writer writer = begin("ConfigRule", "AWS::Config::ConfigRule", group);
    writer.key("ConfigRuleName").string(rule.name);
    if (!rule.description.empty()) writer.key("Description").string(rule.description);
    if (!rule.input_parameters.empty()) writer.key("InputParameters").raw(rule.input_parameters);
    if (std::string_view frequency = frequency_of(rule); !frequency.empty()) {
      writer.key("MaximumExecutionFrequency").string(frequency);
    }
    if (!rule.resource_types.empty()) {
      writer.key("Scope").begin_object().key("ComplianceResourceTypes").begin_array();
      for (const std::string& type : rule.resource_types) writer.string(type);
      writer.end_array().end_object();
    }
    writer.key("Source").begin_object().key("Owner").string(rule.source_owner);
    writer.key("SourceIdentifier");
    if (rule.source_owner == "AWS" || rule.source_identifier.starts_with("arn:")) {
      writer.string(rule.source_identifier);
    } else {
      resources_.back().lambda_account = true;
      writer.begin_object().key("Fn::Sub");
      writer.string("arn:${AWS::Partition}:lambda:${AWS::Region}:${LambdaAccountId}:function:" +
                    literal_in_sub(rule.source_identifier));
      writer.end_object();
    }
    if (rule.source_owner != "AWS" && !rule.source_details.empty()) {
      writer.key("SourceDetails").begin_array();
      for (const policy::ConfigRule::Detail& detail : rule.source_details) {
        writer.begin_object().key("EventSource").string("aws.config");
        if (!detail.maximum_execution_frequency.empty()) {
          writer.key("MaximumExecutionFrequency").string(detail.maximum_execution_frequency);
        }
        writer.key("MessageType").string(detail.message_type).end_object();
      }
      writer.end_array();
    }
    writer.end_object().end_object().end_object();
  }

  void add_event_rule(const Group& group) {
    const policy::EventRule& rule = desired_.policies()[group.first->policy].event_rule;
    json::Writer writer = begin("EventRule", "AWS::Events::Rule", group);
    resources_.back().event_bus = true;
    writer.key("Name").string(rule.name);
    if (!rule.description.empty()) writer.key("Description").string(rule.description);
    writer.key("EventPattern").raw(rule.pattern_text);
    writer.key("State").string("ENABLED").key("Targets").begin_array().begin_object();
    writer.key("Id").string("central-event-bus");
    writer.key("Arn").raw(R"({"Ref":"CentralEventBusArn"})");
    writer.key("RoleArn").raw(R"({"Ref":"CentralEventBusRoleArn"})");
    writer.end_object().end_array().end_object().end_object();
  }

  void add_standard(const Group& group) {
    if (!group.first->enabled) {
      leave_out(group, "DISABLED: a template cannot switch a standard off, only leave it out");
      return;
    }
    json::Writer writer = begin("Standard", "AWS::SecurityHub::Standard", group);
    writer.key("StandardsArn").string(standard_arn(group.first->standard, state_.region));
    std::vector<const Group*> mine;
    std::set<std::string_view> named;  // a control may have been written by both of its ids
    for (const Group& other : switches_) {
      if (other.first->standard != group.first->standard) continue;
      if (!why_not_switched(desired_, *other.first, enabled_, true).empty()) continue;
      if (!named.insert(other.first->own_control).second) continue;
      if (mine.size() == kControlsPerRequest) {
        leave_out(other, "more controls than AWS::SecurityHub::Standard takes");
      } else {
        mine.push_back(&other);
      }
    }
    if (!mine.empty()) {
      writer.key("DisabledStandardsControls").begin_array();
      for (const Group* other : mine) {
        writer.begin_object().key("StandardsControlArn").string(control_arn(*other->first, state_));
        if (!other->first->reason.empty()) writer.key("Reason").string(other->first->reason);
        writer.end_object();
      }
      writer.end_array();
    }
    writer.end_object().end_object();
  }

  void add_parameters(const Group& group) {
    json::Writer writer = begin("SecurityControl", "AWS::SecurityHub::SecurityControl", group);
    const policy::ControlParameters& control = *group.first->parameters;
    writer.key("SecurityControlId").string(control.control_id);
    if (!control.update_reason.empty()) {
      writer.key("LastUpdateReason").string(control.update_reason);
    }
    writer.key("Parameters").raw(control.parameters).end_object().end_object();
  }

  void append(std::size_t begin, std::size_t end, std::size_t number, std::string& out) const {
    bool event_bus = false;
    bool lambda_account = false;
    for (std::size_t i = begin; i < end; ++i) {
      event_bus |= resources_[i].event_bus;
      lambda_account |= resources_[i].lambda_account;
    }
    out += "{\"AWSTemplateFormatVersion\":\"2010-09-09\",\n\"Description\":";
    json::append_quoted(out, fmt::format("Semper: sensors and Security Hub settings of account {} "
                                         "in {}",
                                         state_.account, state_.region));
    out += ",\n\"Metadata\":{\"Semper\":";
    json::Writer metadata(out);
    metadata.begin_object().key("account").string(state_.account);
    metadata.key("region").string(state_.region);
    if (number == 1 && !left_out_.empty()) metadata.key("notApplied").raw("[" + left_out_ + "]");
    if (number == 1 && !state_.undetermined.empty()) {
      metadata.key("undetermined").begin_array();
      for (std::uint32_t policy : state_.undetermined) {
        metadata.string(desired_.policies()[policy].id);
      }
      metadata.end_array();
    }
    metadata.end_object();
    out += "}";
    if (event_bus || lambda_account) {
      out += ",\n\"Parameters\":";
      json::Writer writer(out);
      writer.begin_object();
      if (event_bus) {
        append_parameter(writer, "CentralEventBusArn", "The event bus that gets all events", {});
        append_parameter(writer, "CentralEventBusRoleArn",
                         "The role by which EventBridge may put events onto that bus", {});
      }
      if (lambda_account) {
        append_parameter(writer, "LambdaAccountId", "The account of the custom rules' functions",
                         state_.account);
      }
      writer.end_object();
    }
    out += ",\n\"Resources\":{";
    for (std::size_t i = begin; i < end; ++i) {
      out += i == begin ? "\n" : ",\n";
      json::append_quoted(out, resources_[i].name);
      out += ':';
      out += resources_[i].json;
    }
    // A template without resources is none; this one costs and does nothing.
    if (begin == end)
      out += "\n\"Nothing\":{\"Type\":\"AWS::CloudFormation::WaitConditionHandle\"}";
    out += "\n}}\n";
  }

  static void append_parameter(json::Writer& writer, std::string_view name,
                               std::string_view description, std::string_view value) {
    writer.key(name).begin_object().key("Type").string("String");
    writer.key("Description").string(description);
    if (!value.empty()) writer.key("Default").string(value);
    writer.end_object();
  }

  const Desired& desired_;
  const State& state_;
  std::set<std::string_view> enabled_;
  std::vector<Group> switches_;
  std::vector<Resource> resources_;
  std::string left_out_;
};

}  // namespace

void cloudformation(const Desired& desired, const State& state, std::vector<File>& files) {
  Template(desired, state).write(files);
}

}  // namespace semper::plan
