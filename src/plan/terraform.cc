#include <fmt/format.h>

#include <array>
#include <map>

#include "json/document.h"
#include "json/writer.h"
#include "plan/check.h"
#include "plan/write.h"

namespace semper::plan {
namespace {

/// In Terraform's JSON each string is a template.
std::string literal(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool begins = (text[i] == '$' || text[i] == '%') && i + 1 < text.size() && text[i + 1] == '{';
    if (begins) out += text[i];
    out += text[i];
  }
  return out;
}

void append_literal(json::Writer& writer, const json::Value& value) {
  if (value.is_string()) {
    writer.string(literal(value.text));
  } else if (value.is_array()) {
    writer.begin_array();
    for (const json::Value& element : value.elements()) append_literal(writer, element);
    writer.end_array();
  } else {
    std::string text;
    json::append_value(text, value);
    writer.raw(text);
  }
}

/// `IntegerList` → `integer_list`
std::string snake_case(std::string_view name) {
  std::string out;
  for (char c : name) {
    bool upper = c >= 'A' && c <= 'Z';
    if (upper && !out.empty()) out += '_';
    out += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

class Module {
 public:
  Module(const Desired& desired, const State& state)
      : desired_(desired), state_(state), enabled_(enabled_standards(desired, state)) {
    each_group(desired, state, [&](const Group& group) { add(group); });
  }

  std::string text() const {
    std::string out = "{\"//\":";
    json::Writer comment(out);
    comment.begin_object().key("semper").string("made by semper plan; changes here are lost");
    comment.key("account").string(state_.account).key("region").string(state_.region);
    if (!left_out_.empty()) comment.key("notApplied").raw("[" + left_out_ + "]");
    if (!state_.undetermined.empty()) {
      comment.key("undetermined").begin_array();
      for (std::uint32_t policy : state_.undetermined) {
        comment.string(desired_.policies()[policy].id);
      }
      comment.end_array();
    }
    comment.end_object();
    append_providers(out);
    append_variables(out);
    if (!resources_.empty()) out += ",\n\"resource\":{";
    bool first_type = true;
    for (const auto& [type, list] : resources_) {
      out += first_type ? "\n" : ",\n";
      first_type = false;
      json::append_quoted(out, type);
      out += ":{";
      for (std::size_t i = 0; i < list.size(); ++i) out += (i == 0 ? "\n" : ",\n") + list[i];
      out += "}";
    }
    out += resources_.empty() ? "}\n" : "\n}}\n";
    return out;
  }

 private:
  void append_providers(std::string& out) const {
    out += ",\n\"terraform\":{\"required_providers\":{\"aws\":{\"source\":\"hashicorp/aws\"}";
    if (awscc_) out += ",\"awscc\":{\"source\":\"hashicorp/awscc\"}";
    out += "}},\n\"provider\":{\"aws\":";
    json::Writer writer(out);
    // So that nobody applies it with the credentials of another account.
    writer.begin_object().key("region").string(state_.region);
    writer.key("allowed_account_ids").begin_array().string(state_.account).end_array();
    writer.end_object();
    if (awscc_) {
      out += ",\"awscc\":";
      json::Writer other(out);
      other.begin_object().key("region").string(state_.region).end_object();
    }
    out += '}';
  }

  void append_variables(std::string& out) const {
    if (!event_bus_ && !lambda_account_) return;
    out += ",\n\"variable\":";
    json::Writer writer(out);
    writer.begin_object();
    auto add = [&](std::string_view name, std::string_view description, std::string_view value) {
      writer.key(name).begin_object().key("type").string("string");
      writer.key("description").string(description);
      if (!value.empty()) writer.key("default").string(value);
      writer.end_object();
    };
    if (event_bus_) {
      add("central_event_bus_arn", "The event bus that gets all events", {});
      add("central_event_bus_role_arn",
          "The role by which EventBridge may put events onto that bus", {});
    }
    if (lambda_account_) {
      add("lambda_account_id", "The account of the custom rules' functions", state_.account);
    }
    writer.end_object();
  }

  void add(const Group& group) {
    switch (group.first->part) {
      case Part::kConfigRules:
        return add_config_rule(group);
      case Part::kEventRules:
        return add_event_rule(group);
      case Part::kStandards:
        return add_standard(group);
      case Part::kSwitches:
        return add_switch(group);
      case Part::kParameters:
        return add_parameters(group);
    }
  }

  void leave_out(const Group& group, std::string_view why) {
    json::Writer writer(left_out_);
    if (!left_out_.empty()) left_out_ += ',';
    writer.begin_object().key("part").string(part_name(group.first->part));
    writer.key("key").string(group.first->key).key("why").string(why);
    append_policies(writer, group, "policies");
    writer.end_object();
  }

  static void append_policies(json::Writer& writer, const Group& group, std::string_view name) {
    writer.quoted_key(name).begin_array();
    for (std::string_view policy : group.policies) writer.string(policy);
    writer.end_array();
  }

  json::Writer begin(std::string_view type, const Group& group) {
    std::string& text = resources_[std::string(type)].emplace_back();
    json::append_quoted(text, snake_name(group.first->key));
    text += ':';
    json::Writer writer(text);
    writer.begin_object();
    append_policies(writer, group, "//");
    return writer;
  }

  void add_config_rule(const Group& group) {
    const policy::ConfigRule& rule = desired_.policies()[group.first->policy].config_rule;
    json::Writer writer = begin("aws_config_config_rule", group);
    writer.key("name").string(literal(rule.name));
    if (!rule.description.empty()) writer.key("description").string(literal(rule.description));
    if (!rule.input_parameters.empty()) {
      writer.key("input_parameters").string(literal(rule.input_parameters));
    }
    if (std::string_view frequency = frequency_of(rule); !frequency.empty()) {
      writer.key("maximum_execution_frequency").string(frequency);
    }
    if (!rule.resource_types.empty()) {
      writer.key("scope").begin_object().key("compliance_resource_types").begin_array();
      for (const std::string& type : rule.resource_types) writer.string(literal(type));
      writer.end_array().end_object();
    }
    std::string identifier = literal(rule.source_identifier);
    if (rule.source_owner != "AWS" && !identifier.starts_with("arn:")) {
      lambda_account_ = true;
      identifier = fmt::format("arn:{}:lambda:{}:${{var.lambda_account_id}}:function:{}",
                               partition_of(state_.region), state_.region, identifier);
    }
    writer.key("source").begin_object().key("owner").string(rule.source_owner);
    writer.key("source_identifier").string(identifier);
    if (rule.source_owner != "AWS" && !rule.source_details.empty()) {
      writer.key("source_detail").begin_array();
      for (const policy::ConfigRule::Detail& detail : rule.source_details) {
        writer.begin_object().key("event_source").string("aws.config");
        if (!detail.maximum_execution_frequency.empty()) {
          writer.key("maximum_execution_frequency").string(detail.maximum_execution_frequency);
        }
        writer.key("message_type").string(detail.message_type).end_object();
      }
      writer.end_array();
    }
    writer.end_object().end_object();
  }

  void add_event_rule(const Group& group) {
    const policy::EventRule& rule = desired_.policies()[group.first->policy].event_rule;
    event_bus_ = true;
    {
      json::Writer writer = begin("aws_cloudwatch_event_rule", group);
      writer.key("name").string(literal(rule.name));
      if (!rule.description.empty()) writer.key("description").string(literal(rule.description));
      writer.key("event_pattern").string(literal(rule.pattern_text)).end_object();
    }
    json::Writer writer = begin("aws_cloudwatch_event_target", group);
    writer.key("rule").string(
        fmt::format("${{aws_cloudwatch_event_rule.{}.name}}", snake_name(group.first->key)));
    writer.key("target_id").string("central-event-bus");
    writer.key("arn").string("${var.central_event_bus_arn}");
    writer.key("role_arn").string("${var.central_event_bus_role_arn}").end_object();
  }

  void add_standard(const Group& group) {
    if (!group.first->enabled) {
      leave_out(group, "DISABLED: Terraform cannot switch a standard off, only leave it out");
      return;
    }
    json::Writer writer = begin("aws_securityhub_standards_subscription", group);
    writer.key("standards_arn").string(literal(standard_arn(group.first->standard, state_.region)));
    writer.end_object();
  }

  void add_switch(const Group& group) {
    const Item& item = *group.first;
    std::string_view why = why_not_switched(desired_, item, enabled_, false);
    if (!why.empty()) return leave_out(group, why);
    // An id of Security Hub's own, or one that only the standard knows.
    bool association = is_security_control(item.control);
    json::Writer writer = begin(association ? "aws_securityhub_standards_control_association"
                                            : "aws_securityhub_standards_control",
                                group);
    if (association) {
      writer.key("security_control_id").string(item.control);
      writer.key("standards_arn").string(literal(standard_arn(item.standard, state_.region)));
      writer.key("association_status").string("DISABLED");
      // The provider wants a reason.
      writer.key("updated_reason").string(item.reason.empty() ? "semper" : literal(item.reason));
    } else {
      writer.key("standards_control_arn").string(literal(control_arn(item, state_)));
      writer.key("control_status").string("DISABLED");
      writer.key("disabled_reason").string(item.reason.empty() ? "semper" : literal(item.reason));
    }
    if (enabled_.find(item.standard) != enabled_.end()) {
      writer.key("depends_on").begin_array();
      writer.string("aws_securityhub_standards_subscription." + snake_name(item.standard));
      writer.end_array();
    }
    writer.end_object();
  }

  /// The provider aws has no resource for them.
  void add_parameters(const Group& group) {
    const policy::ControlParameters& control = *group.first->parameters;
    awscc_ = true;
    json::Writer writer = begin("awscc_securityhub_security_control", group);
    writer.key("security_control_id").string(control.control_id);
    if (!control.update_reason.empty()) {
      writer.key("last_update_reason").string(literal(control.update_reason));
    }
    writer.key("parameters").begin_object();
    json::Document document;
    json::ParseError error;
    json::Document::parse(control.parameters, {}, document, error);
    for (const json::Member& parameter : document.root().members()) {
      const json::Value* type = parameter.value.find_ignore_case("ValueType");
      const json::Value* value = parameter.value.find_ignore_case("Value");
      writer.quoted_key(literal(parameter.key)).begin_object();
      if (type != nullptr) writer.key("value_type").string(literal(type->text));
      if (value != nullptr && !value->members().empty()) {
        writer.key("value").begin_object();
        writer.quoted_key(snake_case(value->members()[0].key));
        append_literal(writer, value->members()[0].value);
        writer.end_object();
      }
      writer.end_object();
    }
    writer.end_object().end_object();
  }

  const Desired& desired_;
  const State& state_;
  std::set<std::string_view> enabled_;
  std::map<std::string, std::vector<std::string>> resources_;
  std::string left_out_;
  bool event_bus_ = false;
  bool lambda_account_ = false;
  bool awscc_ = false;
};

}  // namespace

void terraform(const Desired& desired, const State& state, std::vector<File>& files) {
  files.push_back({fmt::format("{}/{}/main.tf.json", state.account, state.region),
                   Module(desired, state).text()});
}

}  // namespace semper::plan
