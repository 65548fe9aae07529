#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "policy/sections.h"

namespace semper::policy {
namespace {

bool is_one_of(std::string_view key, std::span<const std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [key](auto name) { return equals_ignore_ascii_case(key, name); });
}

/// The first keys at a pattern's top, by what they are keys of.
struct TopKeys {
  const json::Member* event = nullptr;      ///< `detail`, `detail-type`
  const json::Member* envelope = nullptr;   ///< the other keys of an EventBridge event
  const json::Member* processed = nullptr;  ///< `normalized`, `accountContext`, …
  const json::Member* context = nullptr;    ///< `context`, which is one of them
  const json::Member* other = nullptr;
};

/// Alternatives of a `$or` at the top are at the top too.
void find_top_keys(const json::Value& object, TopKeys& keys) {
  static constexpr std::string_view kEvent[] = {"detail", "detail-type"};
  static constexpr std::string_view kEnvelope[] = {"version", "id",        "source",      "account",
                                                   "time",    "resources", "replay-name", "region"};
  static constexpr std::string_view kProcessed[] = {"normalized", "accountContext", "raw",
                                                    "finding", "context"};
  for (const json::Member& member : object.members()) {
    if (equals_ignore_ascii_case(member.key, "$or")) {
      for (const json::Value& branch : member.value.elements()) find_top_keys(branch, keys);
      continue;
    }
    const json::Member*& first = is_one_of(member.key, kEvent)       ? keys.event
                                 : is_one_of(member.key, kEnvelope)  ? keys.envelope
                                 : is_one_of(member.key, kProcessed) ? keys.processed
                                                                     : keys.other;
    if (first == nullptr) first = &member;
    if (equals_ignore_ascii_case(member.key, "context")) keys.context = &member;
  }
}

void report_mix(const json::Member& a, const json::Member& b, Report& report) {
  const json::Member& later = a.key_begin < b.key_begin ? b : a;
  const json::Member& earlier = a.key_begin < b.key_begin ? a : b;
  report.error("mixed_subject", later.key_begin,
               fmt::format("\"{}\" and \"{}\" are keys of different documents, so this pattern "
                           "never matches; test the event under \"detail\", the processed finding "
                           "under \"normalized\", \"accountContext\" or \"raw\", or the finding "
                           "itself without any of them",
                           earlier.key, later.key));
}

Subject find_subject(const json::Value& pattern, Source source, bool is_filter, Report& report) {
  TopKeys keys;
  find_top_keys(pattern, keys);
  if (keys.processed != nullptr) {
    for (const json::Member* foreign : {keys.event, keys.envelope, keys.other}) {
      if (foreign == nullptr) continue;
      report_mix(*keys.processed, *foreign, report);
      break;
    }
    if (keys.context == nullptr) return Subject::kProcessed;
    if (is_filter) {
      report.error("context_in_filter", keys.context->key_begin,
                   "providers are asked about relevant findings only, so a filter cannot test "
                   "\"context\"; test \"accountContext\", or scope the policy by account tags");
    }
    return Subject::kEnriched;
  }
  if (source == Source::kCloudTrail) {
    if (keys.other != nullptr) {
      report.warning("foreign_key", keys.other->key_begin,
                     fmt::format("no EventBridge event has \"{0}\" at its top; fields of the "
                                 "CloudTrail record stand below \"detail\": {{\"detail\": "
                                 "{{\"{0}\": …}}}}",
                                 keys.other->key));
    }
    return Subject::kEvent;
  }
  if (keys.event == nullptr) return Subject::kFinding;
  if (keys.other != nullptr) report_mix(*keys.event, *keys.other, report);
  return Subject::kEvent;
}

/// `Config.1`, `security-control/EC2.8`: one more digit makes it another control.
bool ends_as_control_id(std::string_view text) {
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  text = text.substr(text.find_last_of("/ :[") + 1);
  std::size_t dot = text.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == text.size()) return false;
  std::string_view service = text.substr(0, dot);
  std::string_view number = text.substr(dot + 1);
  return is_letter(service.front()) &&
         std::all_of(service.begin(), service.end(),
                     [&](char c) { return is_digit(c) || is_letter(c) || c == '.'; }) &&
         std::all_of(number.begin(), number.end(), is_digit);
}

void warn_if_over_broad(const json::Value& operand, std::string_view comparator, Report& report) {
  if (!operand.is_string() || !ends_as_control_id(operand.text)) return;
  report.warning(
      "over_broad", operand.begin,
      fmt::format("\"{0}\": \"{1}\" holds for \"{1}0\" too; test for the whole value, or "
                  "with \"regex-match\" for what may follow",
                  comparator, operand.text));
}

/// Objects in lists are comparators, but for the alternatives of `$or`, which have no such keys.
void check_over_broad(const json::Value& value, bool in_list, Report& report) {
  for (const json::Value& element : value.elements()) check_over_broad(element, true, report);
  for (const json::Member& member : value.members()) {
    if (in_list && (equals_ignore_ascii_case(member.key, "contains") ||
                    equals_ignore_ascii_case(member.key, "prefix"))) {
      warn_if_over_broad(member.value, member.key, report);
      for (const json::Value& operand : member.value.elements()) {
        warn_if_over_broad(operand, member.key, report);
      }
    } else {
      check_over_broad(member.value, false, report);
    }
  }
}

}  // namespace

void read_finding_pattern(const Fields& section, const Loading& loading, Policy& policy,
                          Report& report) {
  static constexpr std::string_view kArrays[] = {"any", "all"};
  bool is_filter = policy.kind == Kind::kFiltering;
  policy.arrays = is_filter ? pattern::Arrays::kAll : pattern::Arrays::kAny;
  if (auto arrays = section.choice("arrays", kArrays)) {
    policy.arrays = *arrays == 0 ? pattern::Arrays::kAny : pattern::Arrays::kAll;
    if (is_filter && policy.arrays == pattern::Arrays::kAny) {
      report.warning("any_in_filter", section.get("arrays")->begin,
                     "with \"any\" one accepted element of a list hides the others too; leave "
                     "\"arrays\" out (\"all\") unless that is meant");
    }
  }

  const json::Value* pattern = section.require("findingPattern");
  if (pattern == nullptr) return;
  read_pattern(*pattern, pattern::Dialect::kSemper, loading, policy.finding_pattern, report);
  policy.subject = find_subject(*pattern, policy.source, is_filter, report);
  check_over_broad(*pattern, false, report);
}

void read_filtering(const json::Value& value, const Loading& loading, Policy& policy,
                    Report& report) {
  static constexpr KnownKey kKeys[] = {{"policyScope"}, {"findingPattern"}, {"arrays"}};
  Fields fields(value, "filtering", kKeys, UnknownKeys::kError, report);
  if (const json::Value* scope = fields.get("policyScope")) {
    policy.scope = read_scope(*scope, loading, report);
  }
  read_finding_pattern(fields, loading, policy, report);
}

}  // namespace semper::policy
