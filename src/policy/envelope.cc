#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "policy/fields.h"
#include "policy/sections.h"

namespace semper::policy {
namespace {

constexpr UnixSeconds kSecondsOfDay = 86400;
constexpr std::int64_t kMaxReviewDays = 36500;

/// Free content: whatever is no text is not worth a diagnostic.
std::string free_text(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find_ignore_case(key);
  if (value == nullptr) return {};
  if (!value->is_array()) return std::string(value->text);
  std::string lines;
  for (const json::Value& line : value->elements()) {
    if (!lines.empty()) lines += '\n';
    lines += line.text;
  }
  return lines;
}

std::optional<UnixSeconds> read_time(const Fields& fields, std::string_view name, Report& report) {
  const json::Value* value = fields.get(name);
  if (value == nullptr) return std::nullopt;
  std::optional<UnixSeconds> time = value->is_string() ? parse_time(value->text) : std::nullopt;
  if (!time) {
    report.error("invalid_time", value->begin,
                 fmt::format("\"{}\" wants a date or a time such as \"2027-01-31\" or "
                             "\"2027-01-31T18:00:00Z\"",
                             name));
  }
  return time;
}

std::optional<std::int64_t> read_review_days(const Fields& fields, Report& report) {
  const json::Value* value = fields.get("reviewEveryDays");
  if (value == nullptr) return std::nullopt;
  std::int64_t days = 0;
  const char* end = value->text.data() + value->text.size();
  bool whole = value->is_number() && std::from_chars(value->text.data(), end, days).ptr == end;
  if (!whole || days < 1 || days > kMaxReviewDays) {
    report.error("invalid_value", value->begin,
                 fmt::format("\"reviewEveryDays\" wants a whole number of days from 1 to {}",
                             kMaxReviewDays));
    return std::nullopt;
  }
  return days;
}

}  // namespace

void read_metadata(const json::Value& value, Policy& policy, Report& report) {
  if (!value.is_object()) {
    report.warning("wrong_type", value.begin,
                   fmt::format("\"metaData\" wants an object, not {}; it is not read",
                               json::kind_phrase(value.kind)));
    return;
  }
  policy.title = free_text(value, "title");
}

void read_auditing(const json::Value& value, Policy& policy, Report& report) {
  if (!value.is_object()) {
    report.warning("wrong_type", value.begin,
                   fmt::format("\"auditing\" wants an object, not {}; it is not read",
                               json::kind_phrase(value.kind)));
    return;
  }
  const json::Value* date = value.find_ignore_case("lastAttestationDate");
  if (date == nullptr) return;
  policy.attested_at = parse_date(date->text);
  if (!policy.attested_at) {
    report.warning(
        "invalid_time", date->begin,
        "\"lastAttestationDate\" wants a date such as \"20270131\"; it counts as absent");
  }
}

void read_lifecycle(const json::Value& value, Policy& policy, Report& report) {
  static constexpr KnownKey kKeys[] = {{"validFrom"}, {"expiresAt"}, {"reviewEveryDays"},
                                       {"reason"},    {"ticket"},    {"mode"}};
  static constexpr std::string_view kModes[] = {"enforce", "observe"};
  Fields fields(value, "lifecycle", kKeys, UnknownKeys::kError, report);
  if (!fields.is_object()) return;
  if (policy.kind != Kind::kFiltering) {
    report.warning("lifecycle_ignored", value.begin,
                   "a lifecycle has effect in filter policies (20_filtering) only; remove it");
  }

  Lifecycle& lifecycle = policy.lifecycle;
  lifecycle.reason = fields.text("reason");
  lifecycle.ticket = fields.text("ticket");
  lifecycle.observe = fields.choice("mode", kModes) == 1;
  lifecycle.valid_from = read_time(fields, "validFrom", report);
  lifecycle.expires_at = read_time(fields, "expiresAt", report);
  if (lifecycle.valid_from && lifecycle.expires_at &&
      *lifecycle.valid_from >= *lifecycle.expires_at) {
    report.error("never_in_force", fields.get("expiresAt")->begin,
                 "\"expiresAt\" must be later than \"validFrom\"; this policy is never in force");
  }

  std::optional<std::int64_t> days = read_review_days(fields, report);
  if (!days) return;
  if (!policy.attested_at) {
    report.error("review_without_attestation", fields.get("reviewEveryDays")->begin,
                 "\"reviewEveryDays\" counts from \"auditing\": {\"lastAttestationDate\": "
                 "\"YYYYMMDD\"}; add that date");
    return;
  }
  // "Not later than" n days after: that instant itself still counts.
  UnixSeconds review = *policy.attested_at + *days * kSecondsOfDay + 1;
  lifecycle.expires_at = std::min(lifecycle.expires_at.value_or(review), review);
}

void read_event_enrichment(const json::Value& value, Policy& policy, Report& report) {
  static constexpr KnownKey kKeys[] = {{"customerSeverity"}, {"customerWorkFlow"}};
  static constexpr std::string_view kSeverities[] = {"INFORMATIONAL", "LOW", "MEDIUM", "HIGH",
                                                     "CRITICAL"};
  Fields fields(value, "eventEnrichment", kKeys, UnknownKeys::kWarning, report);
  if (policy.kind != Kind::kEventRule && policy.kind != Kind::kConfigRule) {
    report.warning("enrichment_ignored", value.begin,
                   "\"eventEnrichment\" has effect in config and event rules only; remove it");
  }
  if (auto severity = fields.choice("customerSeverity", kSeverities)) {
    policy.settings.severity = kSeverities[*severity];
  }
  policy.settings.work_flow = fields.text("customerWorkFlow");
}

}  // namespace semper::policy
