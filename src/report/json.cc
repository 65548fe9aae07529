#include <fmt/format.h>

#include "json/writer.h"
#include "report/render.h"

namespace semper::report {
namespace {

void write_counts(json::Writer& writer, const Counts& counts) {
  writer.key("passed").number(counts.passed);
  writer.key("failed").number(counts.failed);
  writer.key("unknown").number(counts.unknown);
  writer.key("suppressed").number(counts.suppressed());
}

void write_row(json::Writer& writer, const Row& row) {
  writer.key("status").string(to_string(row.status));
  writer.key("securityHubStatus").string(to_string(row.hub_status));
  write_counts(writer, row.counts);
}

void write_score(json::Writer& writer, std::string_view key, std::optional<double> score) {
  writer.key(key).raw(score ? fmt::format("{:.1f}", *score) : "null");
}

void write_controls(json::Writer& writer, std::string_view key,
                    const std::array<std::uint32_t, kStatuses>& by_status) {
  writer.key(key).begin_object();
  for (std::size_t i = 0; i < kStatuses; ++i) {
    writer.key(to_string(static_cast<Status>(i))).number(by_status[i]);
  }
  writer.end_object();
}

void write_group_name(json::Writer& writer, const Group& group) {
  writer.key("group").string(to_string(group.kind));
  if (group.kind == Group::Kind::kTag) writer.key("tag").string(group.tag);
  writer.key("name").string(group.name);
  if (!group.title.empty()) writer.key("accountName").string(group.title);
}

void write_scores(json::Writer& writer, const Score& score) {
  write_score(writer, "score", score.value());
  write_score(writer, "securityHubScore", score.hub_value());
  write_controls(writer, "controlCounts", score.controls);
  write_controls(writer, "securityHubControlCounts", score.hub_controls);
  writer.key("findings").begin_object();
  write_counts(writer, score.counts);
  writer.end_object();
}

void write_suppressed(json::Writer& writer, const ControlSummary& control,
                      const std::vector<std::string_view>& account_ids) {
  if (control.acceptances.empty()) return;
  writer.key("suppressed").begin_array();
  for (const Acceptance& acceptance : control.acceptances) {
    writer.begin_object();
    writer.key("accountId").string(account_ids[acceptance.account]);
    if (!acceptance.policy.empty()) writer.key("policy").string(acceptance.policy);
    if (!acceptance.title.empty()) writer.key("title").string(acceptance.title);
    if (!acceptance.reason.empty()) writer.key("reason").string(acceptance.reason);
    if (!acceptance.ticket.empty()) writer.key("ticket").string(acceptance.ticket);
    if (!acceptance.expires_at.empty()) writer.key("expiresAt").string(acceptance.expires_at);
    writer.key("findings").number(acceptance.findings).end_object();
  }
  writer.end_array();
}

void write_control(json::Writer& writer, const ControlSummary& control, const Summary& summary,
                   const std::vector<std::string_view>& account_ids) {
  writer.begin_object();
  writer.key("id").string(control.id);
  if (!control.title.empty()) writer.key("title").string(control.title);
  if (!control.other_ids.empty()) {
    writer.key("otherIds").begin_array();
    for (const std::string& id : control.other_ids) writer.string(id);
    writer.end_array();
  }
  write_row(writer, control.rows.front());
  writer.key("groups").begin_array();
  for (std::size_t i = 1; i < control.rows.size(); ++i) {
    if (control.rows[i].status == Status::kNoData) continue;
    writer.begin_object();
    write_group_name(writer, summary.groups[i]);
    write_row(writer, control.rows[i]);
    writer.end_object();
  }
  writer.end_array();
  write_suppressed(writer, control, account_ids);
  if (!control.not_wanted.empty()) {
    writer.key("notApplicable").begin_array();
    for (const NotWanted& not_wanted : control.not_wanted) {
      writer.begin_object().key("policy").string(not_wanted.policy);
      writer.key("reason").string(not_wanted.reason);
      writer.key("accounts").number(not_wanted.accounts).end_object();
    }
    writer.end_array();
  }
  writer.end_object();
}

void write_trend(json::Writer& writer, const Summary& summary, const Summary& before) {
  writer.key("trend").begin_object().key("standards").begin_array();
  for (const StandardSummary& standard : summary.standards) {
    const StandardSummary* earlier = find_standard(&before, standard.key);
    writer.begin_object().key("standard").string(standard.key);
    auto write = [&](std::string_view key, const StandardSummary* of) {
      writer.key(key).begin_object();
      Score score = of != nullptr ? of->scores.front() : Score();
      write_score(writer, "score", score.value());
      write_score(writer, "securityHubScore", score.hub_value());
      writer.end_object();
    };
    write("before", earlier);
    write("now", &standard);
    writer.end_object();
  }
  writer.end_array().key("controls").begin_array();
  for (const Change& change : changes(before, summary)) {
    writer.begin_object().key("standard").string(change.standard);
    writer.key("id").string(change.control);
    if (!change.title.empty()) writer.key("title").string(change.title);
    writer.key("before").begin_object();
    write_row(writer, change.before);
    writer.end_object().key("now").begin_object();
    write_row(writer, change.now);
    writer.end_object().end_object();
  }
  writer.end_array().end_object();
}

}  // namespace

std::string to_json(const Summary& summary, const Summary* before) {
  std::string out;
  json::Writer writer(out);
  std::vector<std::string_view> account_ids(summary.groups.front().accounts.size());
  for (const Group& group : summary.groups) {
    if (group.kind == Group::Kind::kAccount) account_ids[group.accounts.front()] = group.name;
  }
  auto number = [&](std::string_view key, std::uint64_t value) {
    writer.key(key).number(static_cast<std::int64_t>(value));
  };
  writer.begin_object().key("time").string(summary.time);
  writer.key("totals").begin_object();
  number("findings", summary.totals.findings);
  number("counted", summary.totals.counted);
  number("superseded", summary.totals.superseded);
  number("archived", summary.totals.archived);
  number("other", summary.totals.other);
  number("invalid", summary.totals.invalid);
  writer.end_object().key("standards").begin_array();
  for (const StandardSummary& standard : summary.standards) {
    writer.begin_object().key("standard").string(standard.key);
    writer.key("name").string(standard.name);
    write_scores(writer, standard.scores.front());
    writer.key("groups").begin_array();
    for (std::size_t i = 1; i < summary.groups.size(); ++i) {
      writer.begin_object();
      write_group_name(writer, summary.groups[i]);
      number("accounts", summary.groups[i].accounts.size());
      write_scores(writer, standard.scores[i]);
      writer.end_object();
    }
    writer.end_array().key("controls").begin_array();
    for (const ControlSummary& control : standard.controls) {
      write_control(writer, control, summary, account_ids);
    }
    writer.end_array().end_object();
  }
  writer.end_array();
  if (before != nullptr) write_trend(writer, summary, *before);
  writer.end_object();
  out += '\n';
  return out;
}

}  // namespace semper::report
