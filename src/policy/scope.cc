#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "policy/sections.h"

namespace semper::policy {
namespace {

bool is_account_id(std::string_view text) {
  return text.size() == 12 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void check_account_id(const json::Value& value, Report& report) {
  if (value.is_string() && !is_account_id(value.text)) {
    report.warning("no_account_id", value.begin,
                   fmt::format("\"{}\" is not 12 digits and so is no account's id; fine as a "
                               "comment, else write the id",
                               value.text));
  } else if (value.is_number()) {
    report.warning(
        "no_account_id", value.begin,
        fmt::format("a number is no account's id; write it in quotes: \"{:0>12}\"", value.text));
  }
}

/// Looks only where an account's own id can stand, not into tags that may have any key.
void check_account_ids(const json::Value& value, Report& report) {
  static constexpr std::string_view kContainers[] = {"accountScope", "exclude", "forceInclude",
                                                     "$or"};
  for (const json::Value& element : value.elements()) check_account_ids(element, report);
  for (const json::Member& member : value.members()) {
    if (equals_ignore_ascii_case(member.key, "accountId")) {
      check_account_id(member.value, report);
      for (const json::Value& id : member.value.elements()) check_account_id(id, report);
    } else if (std::any_of(std::begin(kContainers), std::end(kContainers),
                           [&](auto name) { return equals_ignore_ascii_case(member.key, name); })) {
      check_account_ids(member.value, report);
    }
  }
}

}  // namespace

void read_scope(const json::Value& value, const Loading& loading, pattern::PolicyScope& scope,
                Report& report) {
  pattern::Issue error;
  std::vector<pattern::Issue> warnings;
  if (!pattern::parse_scope(value, loading.limits, scope, error, warnings, loading.memory.trees)) {
    report.add(Report::Severity::kError, error);
  }
  for (const pattern::Issue& warning : warnings) report.add(Report::Severity::kWarning, warning);
  check_account_ids(value, report);
}

SharedScope read_scope(const json::Value& value, const Loading& loading, Report& report) {
  std::string_view text =
      loading.memory.document.text().substr(value.begin, value.end - value.begin);
  auto known = loading.memory.scopes.find(text);
  if (known != loading.memory.scopes.end()) return known->second;
  std::size_t problems = report.count();
  auto scope = std::make_shared<pattern::PolicyScope>();
  read_scope(value, loading, *scope, report);
  // Each file's problems are told with its own places.
  if (report.count() == problems && !report.is_full()) loading.memory.scopes.emplace(text, scope);
  return scope;
}

void read_pattern(const json::Value& value, pattern::Dialect dialect, const Loading& loading,
                  pattern::Pattern& pattern, Report& report) {
  pattern::Issue error;
  std::vector<pattern::Issue> warnings;
  if (!pattern::parse(value, dialect, loading.limits, pattern, error, warnings,
                      loading.memory.trees)) {
    report.add(Report::Severity::kError, error);
  }
  for (const pattern::Issue& warning : warnings) report.add(Report::Severity::kWarning, warning);
}

}  // namespace semper::policy
