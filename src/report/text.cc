#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "report/render.h"

namespace semper::report {
namespace {

/// So many accounts of a control are named.
constexpr std::size_t kNamed = 5;

std::string label(const ControlSummary& control) {
  std::string ids;
  for (const std::string& id : control.other_ids) ids += (ids.empty() ? "" : ", ") + id;
  std::string text = control.id;
  if (!ids.empty()) text += " (" + ids + ")";
  if (!control.title.empty()) text += "  " + control.title;
  return text;
}

std::string controls_line(const std::array<std::uint32_t, kStatuses>& controls) {
  constexpr std::array<std::string_view, kStatuses> kWords = {
      "passed", "failed", "unknown", "suppressed", "not applicable", "no data"};
  std::string line;
  for (std::size_t i = 0; i < kStatuses; ++i) {
    if (controls[i] == 0) continue;
    line += fmt::format("{}{} {}", line.empty() ? "" : " · ", controls[i], kWords[i]);
  }
  return line.empty() ? "none" : line;
}

void append_failed(std::string& out, const Summary& summary, const ControlSummary& control) {
  const Counts& counts = control.rows.front().counts;
  std::string accounts;
  std::size_t failing = 0;
  for (std::size_t i = 0; i < summary.groups.size(); ++i) {
    if (summary.groups[i].kind != Group::Kind::kAccount || control.rows[i].counts.failed == 0) {
      continue;
    }
    if (failing++ < kNamed) accounts += (accounts.empty() ? "" : ", ") + summary.groups[i].name;
  }
  if (failing > kNamed) accounts += fmt::format(" and {} more", failing - kNamed);
  out +=
      fmt::format("    {}\n      {} of {} failed, in {}\n", label(control), counts.failed,
                  counts.failed + counts.passed + counts.unknown + counts.suppressed(), accounts);
}

void append_suppressed(std::string& out, const Summary& summary, const ControlSummary& control) {
  out += fmt::format("    {}\n", label(control));
  for (const Acceptance& acceptance : control.acceptances) {
    auto group =
        std::find_if(summary.groups.begin(), summary.groups.end(), [&](const Group& known) {
          return known.kind == Group::Kind::kAccount &&
                 known.accounts.front() == acceptance.account;
        });
    out += fmt::format("      {} in {}", acceptance.findings, group->name);
    if (!acceptance.policy.empty()) out += fmt::format(" by {}", acceptance.policy);
    if (!acceptance.reason.empty()) out += fmt::format(": {}", acceptance.reason);
    if (!acceptance.ticket.empty()) out += fmt::format(" ({})", acceptance.ticket);
    if (!acceptance.policy.empty()) {
      out +=
          acceptance.expires_at.empty() ? ", without an end" : ", until " + acceptance.expires_at;
    }
    out += '\n';
  }
}

/// A policy mostly takes out many controls in the same way.
void append_not_wanted(std::string& out, const StandardSummary& standard) {
  std::map<std::tuple<std::string, std::string, std::uint32_t>, std::vector<std::string>> controls;
  for (const ControlSummary& control : standard.controls) {
    for (const NotWanted& not_wanted : control.not_wanted) {
      controls[{not_wanted.policy, not_wanted.reason, not_wanted.accounts}].push_back(control.id);
    }
  }
  if (controls.empty()) return;
  out += "  not applicable\n";
  for (const auto& [why, ids] : controls) {
    const auto& [policy, reason, accounts] = why;
    out += fmt::format("    {} accounts by {}: {}\n      {}\n", accounts, policy, reason,
                       fmt::join(ids, ", "));
  }
}

void append_standard(std::string& out, const Summary& summary, const StandardSummary& standard,
                     const StandardSummary* before, bool compares) {
  const Score& score = standard.scores.front();
  out += fmt::format("\n{}", standard.name);
  bool has_name = standard.name != standard.key && standard.key != kAllStandards;
  if (has_name) out += fmt::format(" ({})", standard.key);
  out += fmt::format("\n  score {}, as Security Hub counts {}", percent(score.value()),
                     percent(score.hub_value()));
  if (compares) {
    Score earlier = before != nullptr ? before->scores.front() : Score();
    out +=
        fmt::format("; before: {} and {}", percent(earlier.value()), percent(earlier.hub_value()));
  }
  out += fmt::format("\n  controls: {}\n", controls_line(score.controls));
  if (standard.key == kAllStandards) return;

  std::string failed;
  std::string suppressed;
  for (const ControlSummary& control : standard.controls) {
    if (control.rows.front().status == Status::kFailed) append_failed(failed, summary, control);
    if (!control.acceptances.empty()) append_suppressed(suppressed, summary, control);
  }
  if (!failed.empty()) out += "  failed\n" + failed;
  if (!suppressed.empty()) out += "  suppressed\n" + suppressed;
  append_not_wanted(out, standard);
  out += "  groups\n";
  for (std::size_t i = 1; i < summary.groups.size(); ++i) {
    const Group& group = summary.groups[i];
    const Score& of_group = standard.scores[i];
    auto no_data = of_group.controls[static_cast<std::size_t>(Status::kNoData)];
    if (no_data == standard.controls.size()) continue;
    std::string name = group.kind == Group::Kind::kTag
                           ? fmt::format("tag {} = {}", group.tag, group.name)
                           : fmt::format("{} {}", to_string(group.kind), group.name);
    if (!group.title.empty()) name += " " + group.title;
    out += fmt::format("    {:<50} {:>8} {:>8}   {}\n", name, percent(of_group.value()),
                       percent(of_group.hub_value()), controls_line(of_group.controls));
  }
}

}  // namespace

std::string to_text(const Summary& summary, const Summary* before) {
  const Totals& totals = summary.totals;
  std::string out = fmt::format(
      "Compliance at {}\n{} findings: {} counted, {} superseded, {} archived, {} other, {} "
      "invalid\n",
      summary.time, totals.findings, totals.counted, totals.superseded, totals.archived,
      totals.other, totals.invalid);
  for (const StandardSummary& standard : summary.standards) {
    append_standard(out, summary, standard, find_standard(before, standard.key), before != nullptr);
  }
  if (before == nullptr) return out;
  out += "\nChanges\n";
  std::vector<Change> found = changes(*before, summary);
  if (found.empty()) out += "  none\n";
  for (const Change& change : found) {
    out += fmt::format("  {} {}  {}: {} → {}, failed {} → {}\n", change.standard, change.control,
                       change.title, to_string(change.before.status), to_string(change.now.status),
                       change.before.counts.failed, change.now.counts.failed);
  }
  return out;
}

}  // namespace semper::report
