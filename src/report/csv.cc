#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "report/render.h"

namespace semper::report {
namespace {

void append_line(std::string& out, std::initializer_list<std::string_view> cells) {
  bool first = true;
  for (std::string_view cell : cells) {
    if (!first) out += ',';
    first = false;
    append_csv_cell(out, cell);
  }
  out += "\r\n";
}

std::string number(std::optional<double> score) {
  return score ? fmt::format("{:.1f}", *score) : std::string();
}

std::string group_kind(const Group& group) {
  return group.kind == Group::Kind::kTag ? "tag:" + group.tag : std::string(to_string(group.kind));
}

/// The values of all acceptances in the group, each once.
std::string joined(const ControlSummary& control, const std::vector<std::uint32_t>& accounts,
                   std::string Acceptance::*field) {
  std::string out;
  std::vector<std::string_view> seen;
  for (const Acceptance& acceptance : control.acceptances) {
    std::string_view text = acceptance.*field;
    if (text.empty() || std::find(seen.begin(), seen.end(), text) != seen.end()) continue;
    if (std::find(accounts.begin(), accounts.end(), acceptance.account) == accounts.end()) continue;
    seen.push_back(text);
    if (!out.empty()) out += "; ";
    out += text;
  }
  return out;
}

const ControlSummary* find_control(const StandardSummary* standard, std::string_view id) {
  if (standard == nullptr) return nullptr;
  for (const ControlSummary& control : standard->controls) {
    if (control.id == id) return &control;
  }
  return nullptr;
}

}  // namespace

std::string to_csv(const Summary& summary, const Summary* before) {
  std::string out;
  append_line(out,
              {"standard", "control", "title", "group", "name", "status", "security_hub_status",
               "passed", "failed", "unknown", "suppressed", "accepted_by", "reason", "expires_at",
               "score", "security_hub_score", "score_before", "status_before"});
  auto text = [](std::uint32_t value) { return std::to_string(value); };
  for (const StandardSummary& standard : summary.standards) {
    const StandardSummary* earlier = find_standard(before, standard.key);
    for (std::size_t i = 0; i < summary.groups.size(); ++i) {
      const Group& group = summary.groups[i];
      const Score& score = standard.scores[i];
      const Counts& counts = score.counts;
      // The groups of the two states are the same: they have their accounts in common.
      std::string score_before = earlier != nullptr ? number(earlier->scores[i].value()) : "";
      append_line(out, {standard.key, "", standard.name, group_kind(group), group.name, "", "",
                        text(counts.passed), text(counts.failed), text(counts.unknown),
                        text(counts.suppressed()), "", "", "", number(score.value()),
                        number(score.hub_value()), score_before, ""});
    }
    for (const ControlSummary& control : standard.controls) {
      const ControlSummary* same = find_control(earlier, control.id);
      for (std::size_t i = 0; i < summary.groups.size(); ++i) {
        const Group& group = summary.groups[i];
        const Row& row = control.rows[i];
        append_line(
            out, {standard.key, control.id, control.title, group_kind(group), group.name,
                  to_string(row.status), to_string(row.hub_status), text(row.counts.passed),
                  text(row.counts.failed), text(row.counts.unknown), text(row.counts.suppressed()),
                  joined(control, group.accounts, &Acceptance::policy),
                  joined(control, group.accounts, &Acceptance::reason),
                  joined(control, group.accounts, &Acceptance::expires_at), "", "", "",
                  same != nullptr ? to_string(same->rows[i].status) : ""});
      }
    }
  }
  return out;
}

}  // namespace semper::report
