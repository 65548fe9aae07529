#include <fmt/format.h>

#include "base/text.h"
#include "policy/sections.h"

namespace semper::policy {
namespace {

/// Where a bare path may stand in for a reference.
using BarePaths = std::vector<const json::Value*>;

void check_sqs_fan_out(const json::Value& value, Report& report) {
  static constexpr KnownKey kKeys[] = {{"sqsName"}, {"sqsUrl"}};
  for (const json::Value& item : one_or_many(value, "sqsFanOut", report)) {
    Fields fields(item, "sqsFanOut", kKeys, UnknownKeys::kFree, report);
    if (!fields.is_object()) continue;
    const json::Value* name = fields.get("sqsName");
    const json::Value* url = fields.get("sqsUrl");
    if (name != nullptr && url != nullptr) {
      report.error("conflicting_keys", fields.key_offset("sqsUrl"),
                   "\"sqsName\" and \"sqsUrl\" name two queues; keep one of them");
    } else if (name != nullptr) {
      fields.required_text("sqsName");
    } else if (url != nullptr) {
      fields.required_text("sqsUrl");
    } else {
      report.error("missing_key", item.begin, "sqsFanOut needs \"sqsName\" or \"sqsUrl\"");
    }
  }
}

void check_severity(const Fields& fields, Report& report) {
  const json::Value* severity = fields.get("findingSeverity");
  if (severity == nullptr || severity->is_number()) return;
  if (severity->is_string() && severity->text.find("${") != std::string_view::npos) return;
  report_wrong_type(*severity, "findingSeverity", "a number or a reference", report);
}

void check_send_to_security_hub(const json::Value& value, BarePaths& bare_paths, Report& report) {
  static constexpr KnownKey kKeys[] = {{"findingSevertiy", "findingSeverity"},
                                       {"findingTitle"},
                                       {"findingDescription"},
                                       {"findingSeverity"},
                                       {"findingComplianceStatus"},
                                       {"findingResource"}};
  static constexpr KnownKey kResourceKeys[] = {{"id"}, {"type"}};
  for (const json::Value& item : one_or_many(value, "sendToSecurityHub", report)) {
    Fields fields(item, "sendToSecurityHub", kKeys, UnknownKeys::kError, report);
    fields.text("findingTitle");
    fields.text("findingDescription");
    fields.text("findingComplianceStatus");
    check_severity(fields, report);
    const json::Value* resource = fields.get("findingResource");
    if (resource == nullptr) continue;
    Fields parts(*resource, "findingResource", kResourceKeys, UnknownKeys::kError, report);
    parts.required_text("id");
    parts.text("type");
    if (const json::Value* id = parts.get("id")) bare_paths.push_back(id);
  }
}

void read_block(const json::Member& block, Policy& policy, Report& report) {
  BarePaths bare_paths;
  if (equals_ignore_ascii_case(block.key, "sqsFanOut")) check_sqs_fan_out(block.value, report);
  if (equals_ignore_ascii_case(block.key, "sendToSecurityHub")) {
    check_send_to_security_hub(block.value, bare_paths, report);
  }
  TemplateMember member;
  member.key = block.key;
  pattern::Issue error;
  if (!parse_template(block.value, bare_paths, member.value, error)) {
    report.add(Report::Severity::kError, error);
  }
  policy.extensions.push_back(std::move(member));
}

}  // namespace

void read_extension(const json::Value& value, const Limits& limits, Policy& policy,
                    Report& report) {
  static constexpr KnownKey kKeys[] = {
      {"policyScope"}, {"findingPattern"}, {"arrays"}, {"extensionBlock"}};
  Fields fields(value, "extension", kKeys, UnknownKeys::kError, report);
  if (const json::Value* scope = fields.get("policyScope")) {
    read_scope(*scope, limits, policy.scope, report);
  }
  read_finding_pattern(fields, limits, policy, report);

  const json::Value* blocks = fields.require("extensionBlock");
  if (blocks == nullptr) return;
  if (!blocks->is_object()) report_wrong_type(*blocks, "extensionBlock", "an object", report);
  if (blocks->is_object() && blocks->members().empty()) {
    report.warning("empty_extension", blocks->begin,
                   "an empty \"extensionBlock\" adds nothing; name an instruction such as "
                   "\"sqsFanOut\"");
  }
  for (const json::Member& block : blocks->members()) read_block(block, policy, report);
}

}  // namespace semper::policy
