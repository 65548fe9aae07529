/// What a report tells, ready to be written in any format.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report/states.h"
#include "report/tailoring.h"

namespace semper::report {

/// Key of the pseudo-standard of all, in which each control counts once.
inline constexpr std::string_view kAllStandards = "all";

enum class Status : std::uint8_t {
  kPassed,
  kFailed,
  kUnknown,        ///< nothing failed, but some check could not tell
  kSuppressed,     ///< everything that is wrong is accepted
  kNotApplicable,  ///< tailored out by a policy
  kNoData,
};
inline constexpr std::size_t kStatuses = 6;
/// "passed", "failed", "unknown", "suppressed", "not_applicable", "no_data"
std::string_view to_string(Status status);

/// Resources (findings) of a control.
struct Counts {
  std::uint32_t passed = 0;
  std::uint32_t failed = 0;
  std::uint32_t unknown = 0;
  std::uint32_t accepted_failed = 0;   ///< by a filter policy; Security Hub counts them as failed
  std::uint32_t accepted_unknown = 0;  ///< likewise
  std::uint32_t workflow = 0;          ///< Workflow.Status SUPPRESSED: Security Hub ignores them

  void add(const Counts& other);
  std::uint32_t suppressed() const { return accepted_failed + accepted_unknown + workflow; }
  bool any() const { return passed + failed + unknown + suppressed() > 0; }
};

/// One control in one group.
struct Row {
  Counts counts;
  Status status = Status::kNoData;
  Status hub_status = Status::kNoData;  ///< as Security Hub sees it, which knows no filter policies
};

/// Controls of a standard in one group.
struct Score {
  std::array<std::uint32_t, kStatuses> controls{};  ///< by status
  std::array<std::uint32_t, kStatuses> hub_controls{};
  Counts counts;

  /// Percent; empty where no control has data.
  std::optional<double> value() const { return percent(controls); }
  std::optional<double> hub_value() const { return percent(hub_controls); }

 private:
  static std::optional<double> percent(const std::array<std::uint32_t, kStatuses>& by_status);
};

struct Acceptance {
  std::uint32_t account = 0;
  std::string policy;  ///< empty: Security Hub's own
  std::string title;
  std::string reason;
  std::string ticket;
  std::string expires_at;  ///< RFC 3339; empty: never
  std::uint32_t findings = 0;
};

struct NotWanted {
  std::string policy;
  std::string reason;
  std::uint32_t accounts = 0;
};

struct ControlSummary {
  std::string id;
  std::string title;
  std::vector<std::string> other_ids;
  std::vector<Row> rows;  ///< by group
  std::vector<Acceptance> acceptances;
  std::vector<NotWanted> not_wanted;
};

struct StandardSummary {
  std::string key;
  std::string name;
  std::vector<ControlSummary> controls;  ///< in the order of their ids, numbers as numbers
  std::vector<Score> scores;             ///< by group
};

/// Accounts that are counted together. The first group is all of them; last come single accounts.
struct Group {
  enum class Kind : std::uint8_t { kAll, kOu, kTag, kAccount };
  Kind kind = Kind::kAll;
  std::string tag;    ///< kTag: its key
  std::string name;   ///< kOu: path, kTag: value, kAccount: id
  std::string title;  ///< kAccount: its name
  std::vector<std::uint32_t> accounts;
};
std::string_view to_string(Group::Kind kind);

struct Summary {
  std::string time;  ///< of the clock
  Totals totals;
  std::vector<Group> groups;
  /// The first is all standards together, in which each control counts once.
  std::vector<StandardSummary> standards;
};

struct SummaryInput {
  const States& states;
  const Names& names;
  const Tailoring& tailoring;
  const engine::PolicySetState& policies;
  const std::vector<std::string>& regions;
  const std::vector<std::string>& tags;
  std::int64_t now = 0;
};
Summary summarize(const SummaryInput& input);

/// A control whose status in all accounts together is another than before.
struct Change {
  std::string standard;
  std::string control;
  std::string title;
  Row before;
  Row now;
};
/// Both sorted as the summaries are. The pseudo-standard of all is left out.
std::vector<Change> changes(const Summary& before, const Summary& now);

}  // namespace semper::report
