#include <fmt/format.h>

#include "base/text.h"
#include "policy/routing.h"
#include "policy/sections.h"

namespace semper::policy {
namespace {

/// Where a bare path may stand in for a reference.
using BarePaths = std::vector<const json::Value*>;

bool has_references(std::string_view text) {
  return text.find("${") != std::string_view::npos;
}

void check_queue(const json::Value& value, std::string_view text, bool is_sound(std::string_view),
                 std::string_view form, Report& report) {
  if (text.empty() || has_references(text) || is_sound(text)) return;
  report.warning(
      "unroutable", value.begin,
      fmt::format("\"{}\" names no queue, so nothing is sent there; write {}", text, form));
}

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
      check_queue(*name, fields.required_text("sqsName"), is_queue_name, kQueueNameForm, report);
    } else if (url != nullptr) {
      check_queue(*url, fields.required_text("sqsUrl"), is_queue_url, kQueueUrlForm, report);
    } else {
      report.error("missing_key", item.begin, "sqsFanOut needs \"sqsName\" or \"sqsUrl\"");
    }
  }
}

void check_severity(const Fields& fields, Report& report) {
  const json::Value* severity = fields.get("findingSeverity");
  if (severity == nullptr || (severity->is_string() && has_references(severity->text))) return;
  if (!severity->is_number()) {
    report_wrong_type(*severity, "findingSeverity", "a number or a reference", report);
  } else if (!asff_severity(severity->text)) {
    report.warning("unroutable", severity->begin,
                   fmt::format("nothing is sent to Security Hub with a severity of {}; write a "
                               "whole number from 0 to 100",
                               severity->text));
  }
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
    std::string status = fields.text("findingComplianceStatus");
    if (!status.empty() && !has_references(status) && !is_compliance_status(status)) {
      report.warning("unroutable", fields.get("findingComplianceStatus")->begin,
                     fmt::format("\"{}\" is no compliance status, so nothing is sent to Security "
                                 "Hub; write PASSED, WARNING, FAILED or NOT_AVAILABLE",
                                 status));
    }
    check_severity(fields, report);
    const json::Value* resource = fields.get("findingResource");
    if (resource == nullptr) continue;
    Fields parts(*resource, "findingResource", kResourceKeys, UnknownKeys::kError, report);
    parts.required_text("id");
    parts.text("type");
    if (const json::Value* id = parts.get("id")) bare_paths.push_back(id);
  }
}

void read_query(const json::Value& item, Policy& policy, Report& report) {
  static constexpr KnownKey kKeys[] = {{"provider"}, {"key"}, {"as"}};
  Fields fields(item, "contextBlock", kKeys, UnknownKeys::kError, report);
  if (!fields.is_object()) return;
  ContextQuery query;
  query.offset = item.begin;
  query.provider = fields.required_text("provider");
  query.name = fields.text("as");
  if (query.name.empty()) query.name = query.provider;
  const json::Value* key = fields.require("key");
  if (key == nullptr) return;
  if (!key->is_string()) {
    report_wrong_type(*key, "key", "a string such as \"${normalized.sourceIp}\"", report);
    return;
  }
  pattern::Issue error;
  if (!parse_template(*key, {}, query.key, error)) report.add(Report::Severity::kError, error);
  policy.queries.push_back(std::move(query));
}

void read_settings(const json::Value& value, FieldSettings& settings, Report& report) {
  static constexpr KnownKey kKeys[] = {
      {"severity"}, {"workflow"}, {"customerWorkFlow"}, {"customerSeverity", "severity"}};
  static constexpr std::string_view kSeverities[] = {"INFORMATIONAL", "LOW", "MEDIUM", "HIGH",
                                                     "CRITICAL"};
  static constexpr std::string_view kWorkflows[] = {"NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED"};
  Fields fields(value, "set", kKeys, UnknownKeys::kError, report);
  if (auto severity = fields.choice("severity", kSeverities)) {
    settings.severity = kSeverities[*severity];
  }
  if (auto workflow = fields.choice("workflow", kWorkflows)) {
    settings.workflow = kWorkflows[*workflow];
  }
  settings.work_flow = fields.text("customerWorkFlow");
}

void read_block(const json::Member& block, Policy& policy, Report& report) {
  BarePaths bare_paths;
  if (equals_ignore_ascii_case(block.key, "sqsFanOut")) check_sqs_fan_out(block.value, report);
  if (equals_ignore_ascii_case(block.key, "sendToSecurityHub")) {
    check_send_to_security_hub(block.value, bare_paths, report);
  }
  TemplateMember member;
  member.set_key(block.key);
  pattern::Issue error;
  if (!parse_template(block.value, bare_paths, member.value, error)) {
    report.add(Report::Severity::kError, error);
  }
  policy.extensions.push_back(std::move(member));
}

}  // namespace

void read_extension(const json::Value& value, const Loading& loading, Policy& policy,
                    Report& report) {
  static constexpr KnownKey kKeys[] = {{"policyScope"},    {"findingPattern"}, {"arrays"},
                                       {"extensionBlock"}, {"contextBlock"},   {"set"}};
  Fields fields(value, "extension", kKeys, UnknownKeys::kError, report);
  if (const json::Value* scope = fields.get("policyScope")) {
    policy.scope = read_scope(*scope, loading, report);
  }
  read_finding_pattern(fields, loading, policy, report);

  if (const json::Value* queries = fields.get("contextBlock")) {
    for (const json::Value& item : one_or_many(*queries, "contextBlock", report)) {
      read_query(item, policy, report);
    }
  }
  const json::Value* settings = fields.get("set");
  if (settings != nullptr) read_settings(*settings, policy.settings, report);

  bool adds_otherwise = settings != nullptr || fields.get("contextBlock") != nullptr;
  const json::Value* blocks =
      adds_otherwise ? fields.get("extensionBlock") : fields.require("extensionBlock");
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
