#include <fmt/format.h>

#include <algorithm>

#include "report/render.h"

namespace semper::report {
namespace {

/// So many accounts of a control, and so many single accounts of a standard, are shown.
constexpr std::size_t kNamedAccounts = 50;
constexpr std::size_t kAccountRows = 500;

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Compliance</title>
<style>
:root { color-scheme: light dark; --back: #fff; --text: #1c2024; --soft: #5a6570; --line: #d9dee3; --card: #f6f8fa;
  --passed: #1f8a4c; --failed: #c9302c; --unknown: #b07d00; --suppressed: #7a5cc0; --not_applicable: #9aa5b1; --no_data: #ccd3da; }
@media (prefers-color-scheme: dark) {
  :root { --back: #14171a; --text: #e6e9ec; --soft: #9aa5b1; --line: #323940; --card: #1c2126;
    --passed: #3fb871; --failed: #f0625d; --unknown: #e0b040; --suppressed: #a78bfa; --not_applicable: #66717c; --no_data: #3a424a; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; background: var(--back); color: var(--text);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.5rem; } h2 { margin: 2.5rem 0 .5rem; font-size: 1.2rem; } h3 { margin: 1.2rem 0 .4rem; font-size: 1rem; }
.soft { color: var(--soft); } .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.cards { display: flex; flex-wrap: wrap; gap: 1rem; margin-top: 1.2rem; }
.card { flex: 1 1 15rem; max-width: 24rem; display: flex; gap: 1rem; align-items: center; padding: 1rem; border: 1px solid var(--line);
  border-radius: .5rem; background: var(--card); }
.card a { color: inherit; font-weight: 600; } .card svg { flex: none; }
table { width: 100%; border-collapse: collapse; } th, td { padding: .3rem .5rem; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; overflow-wrap: anywhere; } th { color: var(--soft); font-weight: 600; }
details { margin: .5rem 0; } summary { cursor: pointer; }
.status { white-space: nowrap; } .status::before { content: ""; display: inline-block; width: .7em; height: .7em; margin-right: .4em;
  border-radius: 50%; background: currentColor; }
.passed { color: var(--passed); fill: var(--passed); stroke: var(--passed); } .failed { color: var(--failed); fill: var(--failed); stroke: var(--failed); }
.unknown { color: var(--unknown); fill: var(--unknown); } .suppressed { color: var(--suppressed); fill: var(--suppressed); }
.not_applicable { color: var(--soft); fill: var(--not_applicable); } .no_data { color: var(--soft); fill: var(--no_data); }
svg text { fill: var(--text); font: 600 15px system-ui, sans-serif; } .track { fill: none; stroke: var(--line); }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: .4rem 0; }
@media print { details { display: block; } }
</style>
</head>
<body>
)";

std::string_view words(Status status) {
  constexpr std::array<std::string_view, kStatuses> kWords = {
      "passed", "failed", "unknown", "suppressed", "not applicable", "no data"};
  return kWords[static_cast<std::size_t>(status)];
}

std::string badge(Status status) {
  return fmt::format("<span class=\"status {}\">{}</span>", to_string(status), words(status));
}

/// A ring of which the score is filled.
std::string ring(std::optional<double> score) {
  constexpr double kLength = 2 * 3.14159265358979 * 34;
  std::string text = percent(score);
  std::string svg = fmt::format(
      "<svg width=\"88\" height=\"88\" viewBox=\"0 0 88 88\" role=\"img\" aria-label=\"score {0}\">"
      "<circle class=\"track\" cx=\"44\" cy=\"44\" r=\"34\" stroke-width=\"9\"/>",
      text);
  if (score && *score > 0) {
    svg += fmt::format(
        "<circle class=\"passed\" cx=\"44\" cy=\"44\" r=\"34\" stroke-width=\"9\" "
        "style=\"fill:none\" stroke-dasharray=\"{:.2f} {:.2f}\" transform=\"rotate(-90 44 44)\"/>",
        kLength * *score / 100, kLength);
  }
  return svg + fmt::format("<text x=\"44\" y=\"49\" text-anchor=\"middle\">{}</text></svg>", text);
}

/// All controls by status, in one bar.
std::string bar(const std::array<std::uint32_t, kStatuses>& controls, int width, int height) {
  std::uint32_t total = 0;
  std::string label;
  for (std::size_t i = 0; i < kStatuses; ++i) {
    total += controls[i];
    label += fmt::format("{}{} {}", i == 0 ? "" : ", ", controls[i], words(static_cast<Status>(i)));
  }
  std::string svg = fmt::format(
      "<svg width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" preserveAspectRatio=\"none\" "
      "style=\"max-width:100%\" role=\"img\" aria-label=\"{2}\"><title>{2}</title>",
      width, height, label);
  double x = 0;
  for (std::size_t i = 0; i < kStatuses && total > 0; ++i) {
    if (controls[i] == 0) continue;
    double part = static_cast<double>(width) * controls[i] / total;
    svg += fmt::format(
        "<rect class=\"{}\" style=\"stroke:none\" x=\"{:.2f}\" y=\"0\" width=\"{:.2f}\" "
        "height=\"{}\"/>",
        to_string(static_cast<Status>(i)), x, part, height);
    x += part;
  }
  return svg + "</svg>";
}

std::string legend(const std::array<std::uint32_t, kStatuses>& controls) {
  std::string out = "<div class=\"legend\">";
  for (std::size_t i = 0; i < kStatuses; ++i) {
    auto status = static_cast<Status>(i);
    out += fmt::format("<span class=\"status {}\">{} {}</span>", to_string(status), controls[i],
                       words(status));
  }
  return out + "</div>\n";
}

std::string change_of(std::optional<double> before, std::optional<double> now) {
  if (!before || !now) return fmt::format("before: {}", percent(before));
  return fmt::format("before: {} ({:+.1f})", percent(before), *now - *before);
}

void append_cards(std::string& out, const Summary& summary, const Summary* before) {
  out += "<div class=\"cards\">\n";
  for (std::size_t i = 0; i < summary.standards.size(); ++i) {
    const StandardSummary& standard = summary.standards[i];
    const Score& score = standard.scores.front();
    out += fmt::format("<div class=\"card\">{}<div><a href=\"#s{}\">{}</a>", ring(score.value()), i,
                       escape_html(standard.name));
    out += fmt::format("<div class=\"soft\">as Security Hub counts: {}</div>",
                       percent(score.hub_value()));
    if (before != nullptr) {
      const StandardSummary* earlier = find_standard(before, standard.key);
      Score old = earlier != nullptr ? earlier->scores.front() : Score();
      out += fmt::format("<div class=\"soft\">{}</div>", change_of(old.value(), score.value()));
    }
    out += "</div></div>\n";
  }
  out += "</div>\n";
}

void append_changes(std::string& out, const Summary& summary, const Summary& before) {
  std::vector<Change> found = changes(before, summary);
  out += "<h2>Changes</h2>\n";
  if (found.empty()) {
    out += "<p>No control has another status than before.</p>\n";
    return;
  }
  out += "<table><tr><th>Standard<th>Control<th>Before<th>Now<th class=\"number\">Failed</tr>\n";
  for (const Change& change : found) {
    out += fmt::format("<tr><td>{}<td>{} {}<td>{}<td>{}<td class=\"number\">{} → {}</tr>\n",
                       escape_html(change.standard), escape_html(change.control),
                       escape_html(change.title), badge(change.before.status),
                       badge(change.now.status), change.before.counts.failed,
                       change.now.counts.failed);
  }
  out += "</table>\n";
}

std::string group_label(const Group& group) {
  switch (group.kind) {
    case Group::Kind::kTag:
      return escape_html(group.tag + " = " + group.name);
    case Group::Kind::kAccount:
      return escape_html(group.title.empty() ? group.name : group.name + " " + group.title);
    default:
      return escape_html(group.name);
  }
}

void append_groups(std::string& out, const Summary& summary, const StandardSummary& standard,
                   Group::Kind kind, std::string_view title) {
  constexpr std::string_view kColumns =
      "<tr><th>{}<th class=\"number\">Accounts<th class=\"number\">Score<th class=\"number\">"
      "Security Hub<th>Controls</tr>\n";
  std::size_t shown = 0;
  std::size_t left = 0;
  std::string rows;
  for (std::size_t i = 0; i < summary.groups.size(); ++i) {
    const Group& group = summary.groups[i];
    if (group.kind != kind) continue;
    if (shown == kAccountRows) {
      ++left;
      continue;
    }
    ++shown;
    const Score& score = standard.scores[i];
    rows += fmt::format(
        "<tr><td>{}<td class=\"number\">{}<td class=\"number\">{}<td class=\"number\">{}<td>{}"
        "</tr>\n",
        group_label(group), group.accounts.size(), percent(score.value()),
        percent(score.hub_value()), bar(score.controls, 300, 12));
  }
  if (shown == 0) return;
  out += fmt::format("<details{}><summary>{} ({})</summary>\n<table>",
                     kind == Group::Kind::kAccount ? "" : " open", title, shown + left);
  out += fmt::format(fmt::runtime(kColumns), title);
  out += rows + "</table>\n";
  if (left > 0) out += fmt::format("<p class=\"soft\">and {} more</p>\n", left);
  out += "</details>\n";
}

/// The accounts where it failed, with how many findings.
std::string failing(const Summary& summary, const ControlSummary& control) {
  std::string out;
  std::size_t count = 0;
  for (std::size_t i = 0; i < summary.groups.size(); ++i) {
    const Group& group = summary.groups[i];
    if (group.kind != Group::Kind::kAccount || control.rows[i].counts.failed == 0) continue;
    if (count++ >= kNamedAccounts) continue;
    out += fmt::format("{}{} ({})", out.empty() ? "" : ", ", group_label(group),
                       control.rows[i].counts.failed);
  }
  if (count > kNamedAccounts) out += fmt::format(" and {} more", count - kNamedAccounts);
  return out;
}

void append_controls(std::string& out, const Summary& summary, const StandardSummary& standard) {
  out +=
      "<h3>Controls</h3>\n<table><tr><th>Control<th>Title<th>Status<th class=\"number\">Passed"
      "<th class=\"number\">Failed<th class=\"number\">Suppressed<th>Failed in</tr>\n";
  for (const ControlSummary& control : standard.controls) {
    const Row& row = control.rows.front();
    std::string others;
    for (const std::string& id : control.other_ids) others += " " + escape_html(id);
    out += fmt::format(
        "<tr><td>{}<span class=\"soft\">{}</span><td>{}<td>{}<td class=\"number\">{}"
        "<td class=\"number\">{}<td class=\"number\">{}<td>{}</tr>\n",
        escape_html(control.id), others, escape_html(control.title), badge(row.status),
        row.counts.passed, row.counts.failed, row.counts.suppressed(), failing(summary, control));
  }
  out += "</table>\n";
}

void append_acceptances(std::string& out, const Summary& summary, const StandardSummary& standard) {
  std::vector<std::string> labels(summary.groups.front().accounts.size());
  for (const Group& group : summary.groups) {
    if (group.kind == Group::Kind::kAccount) labels[group.accounts.front()] = group_label(group);
  }
  std::string rows;
  for (const ControlSummary& control : standard.controls) {
    for (const Acceptance& acceptance : control.acceptances) {
      std::string end = acceptance.policy.empty()       ? "–"
                        : acceptance.expires_at.empty() ? "no end"
                                                        : acceptance.expires_at;
      rows += fmt::format(
          "<tr><td>{}<td>{}<td class=\"number\">{}<td>{}<td>{} {}<td>{}</tr>\n",
          escape_html(control.id), labels[acceptance.account], acceptance.findings,
          escape_html(acceptance.policy.empty() ? "Security Hub" : acceptance.policy),
          escape_html(acceptance.reason), escape_html(acceptance.ticket), escape_html(end));
    }
  }
  if (rows.empty()) return;
  out +=
      "<h3>Suppressed</h3>\n<table><tr><th>Control<th>Account<th class=\"number\">Findings"
      "<th>Accepted by<th>Reason<th>Until</tr>\n" +
      rows + "</table>\n";
}

void append_not_wanted(std::string& out, const StandardSummary& standard) {
  std::string rows;
  for (const ControlSummary& control : standard.controls) {
    for (const NotWanted& not_wanted : control.not_wanted) {
      rows += fmt::format("<tr><td>{}<td class=\"number\">{}<td>{}<td>{}</tr>\n",
                          escape_html(control.id), not_wanted.accounts,
                          escape_html(not_wanted.policy), escape_html(not_wanted.reason));
    }
  }
  if (rows.empty()) return;
  out +=
      "<details><summary>Not applicable</summary>\n<table><tr><th>Control<th class=\"number\">"
      "Accounts<th>Tailored out by<th>Reason</tr>\n" +
      rows + "</table></details>\n";
}

}  // namespace

std::string to_html(const Summary& summary, const Summary* before) {
  const Totals& totals = summary.totals;
  std::string out(kHead);
  out += fmt::format(
      "<h1>Compliance</h1>\n<p class=\"soft\">{} · {} findings: {} counted, {} superseded, "
      "{} archived, {} other, {} invalid</p>\n",
      summary.time, totals.findings, totals.counted, totals.superseded, totals.archived,
      totals.other, totals.invalid);
  append_cards(out, summary, before);
  if (before != nullptr) append_changes(out, summary, *before);
  for (std::size_t i = 0; i < summary.standards.size(); ++i) {
    const StandardSummary& standard = summary.standards[i];
    const Score& score = standard.scores.front();
    out += fmt::format("<section id=\"s{}\">\n<h2>{}</h2>\n<div class=\"soft\">{}</div>\n", i,
                       escape_html(standard.name), escape_html(standard.key));
    out += fmt::format("<p>Score <strong>{}</strong>, as Security Hub counts {}</p>\n",
                       percent(score.value()), percent(score.hub_value()));
    out += bar(score.controls, 700, 18) + legend(score.controls);
    append_groups(out, summary, standard, Group::Kind::kOu, "Organizational units");
    append_groups(out, summary, standard, Group::Kind::kTag, "Tags");
    append_groups(out, summary, standard, Group::Kind::kAccount, "Accounts");
    if (standard.key != kAllStandards) {
      append_controls(out, summary, standard);
      append_acceptances(out, summary, standard);
      append_not_wanted(out, standard);
    }
    out += "</section>\n";
  }
  return out + "</body>\n</html>\n";
}

}  // namespace semper::report
