#include "report/summary.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/time.h"

namespace semper::report {
namespace {

constexpr std::string_view kUnknownGroup = "(unknown)";
constexpr std::string_view kWithoutTag = "(none)";

/// Numbers inside ids count as numbers: EC2.9 before EC2.10.
bool natural_less(std::string_view a, std::string_view b) {
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      std::size_t end_a = i;
      std::size_t end_b = j;
      while (end_a < a.size() && is_digit(a[end_a])) ++end_a;
      while (end_b < b.size() && is_digit(b[end_b])) ++end_b;
      while (i + 1 < end_a && a[i] == '0') ++i;
      while (j + 1 < end_b && b[j] == '0') ++j;
      if (end_a - i != end_b - j) return end_a - i < end_b - j;
      int order = a.substr(i, end_a - i).compare(b.substr(j, end_b - j));
      if (order != 0) return order < 0;
      i = end_a;
      j = end_b;
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i;
      ++j;
    }
  }
  return a.size() - i < b.size() - j;
}

Status status_of(const Counts& counts) {
  if (counts.failed > 0) return Status::kFailed;
  if (counts.unknown > 0) return Status::kUnknown;
  if (counts.passed > 0) return Status::kPassed;
  return counts.suppressed() > 0 ? Status::kSuppressed : Status::kNoData;
}

Status hub_status_of(const Counts& counts) {
  if (counts.failed + counts.accepted_failed > 0) return Status::kFailed;
  if (counts.unknown + counts.accepted_unknown > 0) return Status::kUnknown;
  return counts.passed > 0 ? Status::kPassed : Status::kNoData;
}

/// A finding under one of its standards.
struct Place {
  std::uint32_t standard;
  std::uint32_t control;
  std::uint32_t account;
  std::uint32_t finding;
};

class Summarizer {
 public:
  explicit Summarizer(const SummaryInput& input)
      : in_(input), findings_(input.states.findings()), all_(input.names.standards.size()) {}

  Summary summarize() {
    summary_.time = format_time(in_.now);
    summary_.totals = in_.states.totals();
    make_groups();
    find_regions();
    find_places();
    find_controls();
    for (auto& [standard, controls] : controls_) add_standard(standard, controls);
    std::sort(summary_.standards.begin(), summary_.standards.end(),
              [](const StandardSummary& a, const StandardSummary& b) {
                return std::make_tuple(a.key != kAllStandards, a.key) <
                       std::make_tuple(b.key != kAllStandards, b.key);
              });
    return std::move(summary_);
  }

 private:
  using Controls = std::map<std::string, std::vector<std::string>, std::less<>>;  ///< id → others

  std::string_view key_of(std::uint32_t standard) const {
    return standard == all_ ? kAllStandards : in_.names.standards[standard];
  }

  void make_groups() {
    const Accounts& accounts = in_.names.accounts;
    Group everything;
    everything.name = "all accounts";
    std::map<std::string, Group> ous;
    std::map<std::pair<std::string, std::string>, Group> tags;
    for (std::uint32_t i = 0; i < accounts.size(); ++i) {
      const Account& account = accounts[i];
      everything.accounts.push_back(i);
      for (const std::string& ou : account.ous) ous[ou].accounts.push_back(i);
      if (account.ous.empty()) ous[std::string(kUnknownGroup)].accounts.push_back(i);
      for (std::size_t tag = 0; tag < in_.tags.size(); ++tag) {
        bool known = !account.json.empty();
        std::string value = known ? account.tags[tag] : std::string(kUnknownGroup);
        if (value.empty()) value = kWithoutTag;
        tags[{in_.tags[tag], value}].accounts.push_back(i);
      }
    }
    summary_.groups.push_back(std::move(everything));
    for (auto& [name, group] : ous) {
      group.kind = Group::Kind::kOu;
      group.name = name;
      summary_.groups.push_back(std::move(group));
    }
    for (auto& [name, group] : tags) {
      group.kind = Group::Kind::kTag;
      std::tie(group.tag, group.name) = name;
      summary_.groups.push_back(std::move(group));
    }
    first_account_ = summary_.groups.size();
    std::vector<std::uint32_t> order = summary_.groups.front().accounts;
    std::sort(order.begin(), order.end(),
              [&](std::uint32_t a, std::uint32_t b) { return accounts[a].id < accounts[b].id; });
    groups_of_.resize(accounts.size());
    for (std::uint32_t account : order) {
      Group group;
      group.kind = Group::Kind::kAccount;
      group.name = accounts[account].id;
      group.title = accounts[account].name;
      group.accounts.push_back(account);
      summary_.groups.push_back(std::move(group));
    }
    for (std::size_t i = 0; i < summary_.groups.size(); ++i) {
      for (std::uint32_t account : summary_.groups[i].accounts) {
        groups_of_[account].push_back(static_cast<std::uint32_t>(i));
      }
    }
  }

  /// Where a control without findings might be checked.
  void find_regions() {
    for (const std::string& region : in_.regions) regions_.emplace_back(region);
    if (!regions_.empty()) return;
    for (std::uint32_t i = 0; i < in_.names.regions.size(); ++i) {
      regions_.emplace_back(in_.names.regions[i]);
    }
    if (regions_.empty()) regions_.emplace_back();
  }

  /// Of findings that tell of one control, account and resource under one standard (generations of
  /// ids), only the latest stays.
  void find_places() {
    for (std::uint32_t i = 0; i < findings_.size(); ++i) {
      const FindingState& finding = findings_[i];
      if (finding.archived) continue;
      places_.push_back({all_, finding.control, finding.account, i});
      for (std::uint32_t standard : in_.names.standard_sets[finding.standards]) {
        places_.push_back({standard, finding.control, finding.account, i});
      }
    }
    auto check = [&](const Place& place) {
      const FindingState& finding = findings_[place.finding];
      return std::make_tuple(place.standard, place.control, place.account, finding.region,
                             finding.resource);
    };
    std::sort(places_.begin(), places_.end(), [&](const Place& a, const Place& b) {
      auto left = check(a);
      auto right = check(b);
      if (left != right) return left < right;
      const FindingState& x = findings_[a.finding];
      const FindingState& y = findings_[b.finding];
      return std::tie(x.time, x.order) > std::tie(y.time, y.order);
    });
    places_.erase(std::unique(places_.begin(), places_.end(),
                              [&](const Place& a, const Place& b) { return check(a) == check(b); }),
                  places_.end());
  }

  /// Those that findings tell of, and those of the catalogues for standards that are in use.
  void find_controls() {
    for (const Place& place : places_) {
      std::string_view control = in_.names.controls[place.control];
      if (place.standard == last_standard_ && place.control == last_control_) continue;
      last_standard_ = place.standard;
      last_control_ = place.control;
      auto& others = controls_[place.standard][std::string(control)];
      std::uint64_t pair = std::uint64_t{place.standard} << 32 | place.control;
      auto told = in_.names.other_ids.find(pair);
      if (told != in_.names.other_ids.end()) others = told->second;
    }
    controls_[all_];
    for (std::uint32_t standard = 0; standard < in_.names.standards.size(); ++standard) {
      Controls& used = controls_[standard];
      for (const auto& [one, ids] : in_.names.ids.controls_of(in_.names.standards[standard])) {
        std::vector<std::string>& others = used[one];
        for (const std::string& id : ids) {
          if (std::find(others.begin(), others.end(), id) == others.end()) others.push_back(id);
        }
        controls_[all_][one];
      }
    }
  }

  void add_standard(std::uint32_t number, const Controls& controls) {
    StandardSummary standard;
    standard.key = key_of(number);
    standard.name = number == all_ ? "All standards" : in_.tailoring.name(standard.key);
    standard.scores.resize(summary_.groups.size());
    for (const auto& [id, others] : controls) {
      standard.controls.push_back(control_summary(number, id, others));
    }
    std::sort(
        standard.controls.begin(), standard.controls.end(),
        [](const ControlSummary& a, const ControlSummary& b) { return natural_less(a.id, b.id); });
    for (const ControlSummary& control : standard.controls) {
      for (std::size_t group = 0; group < control.rows.size(); ++group) {
        const Row& row = control.rows[group];
        Score& score = standard.scores[group];
        ++score.controls[static_cast<std::size_t>(row.status)];
        ++score.hub_controls[static_cast<std::size_t>(row.hub_status)];
        score.counts.add(row.counts);
      }
    }
    summary_.standards.push_back(std::move(standard));
  }

  ControlSummary control_summary(std::uint32_t standard, const std::string& id,
                                 const std::vector<std::string>& others) {
    ControlSummary control;
    control.id = id;
    control.other_ids = others;
    control.title = in_.names.ids.title(id);
    control.rows.resize(summary_.groups.size());
    std::vector<std::string_view> ids{id};
    ids.insert(ids.end(), others.begin(), others.end());
    Tailoring::Control wanted = in_.tailoring.control(key_of(standard), ids);

    std::vector<Counts> by_account(in_.names.accounts.size());
    std::vector<const TailoredOut*> out(in_.names.accounts.size());
    auto [first, last] = places_of(standard, id, control.title);
    for (auto place = first; place != last; ++place) {
      const FindingState& finding = findings_[place->finding];
      std::string_view region = in_.names.regions[finding.region];
      if (const TailoredOut* why = tailored_out(wanted, standard, finding, region)) {
        out[place->account] = why;
      } else {
        count(finding, by_account[place->account], control);
      }
    }
    for (std::uint32_t account = 0; account < by_account.size(); ++account) {
      if (!by_account[account].any() && out[account] == nullptr) {
        out[account] = out_everywhere(wanted, account);
      }
      add_account(account, by_account[account], out[account], control);
    }
    for (std::size_t i = 0; i < control.rows.size(); ++i) {
      Row& row = control.rows[i];
      row.status = status_of(row.counts);
      row.hub_status = hub_status_of(row.counts);
      if (row.counts.any()) continue;
      const std::vector<std::uint32_t>& accounts = summary_.groups[i].accounts;
      bool none =
          !accounts.empty() && std::all_of(accounts.begin(), accounts.end(), [&](auto account) {
            return out[account] != nullptr && !by_account[account].any();
          });
      if (none) row.status = row.hub_status = Status::kNotApplicable;
    }
    return control;
  }

  using Places = std::vector<Place>::const_iterator;
  std::pair<Places, Places> places_of(std::uint32_t standard, std::string_view id,
                                      std::string& title) const {
    auto number = control_numbers_.find(id);
    if (number == control_numbers_.end()) return {places_.end(), places_.end()};
    if (title.empty()) title = in_.names.titles[number->second];
    auto pair = std::make_tuple(standard, number->second);
    auto first =
        std::lower_bound(places_.begin(), places_.end(), pair, [](const Place& place, auto key) {
          return std::make_tuple(place.standard, place.control) < key;
        });
    auto last = std::upper_bound(first, places_.end(), pair, [](auto key, const Place& place) {
      return key < std::make_tuple(place.standard, place.control);
    });
    return {first, last};
  }

  /// Under all standards together a finding counts unless each of its standards is tailored out.
  const TailoredOut* tailored_out(const Tailoring::Control& wanted, std::uint32_t standard,
                                  const FindingState& finding, std::string_view region) {
    if (standard != all_) {
      return in_.tailoring.out(wanted, in_.names.accounts, finding.account, region);
    }
    const TailoredOut* why = nullptr;
    for (std::uint32_t own : in_.names.standard_sets[finding.standards]) {
      why = in_.tailoring.out(control_of(own, finding.control), in_.names.accounts, finding.account,
                              region);
      if (why == nullptr) return nullptr;
    }
    return why;
  }

  const Tailoring::Control& control_of(std::uint32_t standard, std::uint32_t control) {
    std::uint64_t pair = std::uint64_t{standard} << 32 | control;
    auto known = wanted_.find(pair);
    if (known != wanted_.end()) return known->second;
    std::string_view id = in_.names.controls[control];
    std::vector<std::string_view> ids{id};
    auto standard_controls = controls_.find(standard);
    if (standard_controls != controls_.end()) {
      auto others = standard_controls->second.find(id);
      if (others != standard_controls->second.end()) {
        ids.insert(ids.end(), others->second.begin(), others->second.end());
      }
    }
    return wanted_.emplace(pair, in_.tailoring.control(in_.names.standards[standard], ids))
        .first->second;
  }

  const TailoredOut* out_everywhere(const Tailoring::Control& wanted, std::uint32_t account) const {
    const TailoredOut* why = nullptr;
    for (std::string_view region : regions_) {
      why = in_.tailoring.out(wanted, in_.names.accounts, account, region);
      if (why == nullptr) return nullptr;
    }
    return why;
  }

  void count(const FindingState& finding, Counts& counts, ControlSummary& control) {
    if (finding.check == Check::kPassed) {
      ++counts.passed;
      return;
    }
    bool failed = finding.check == Check::kFailed;
    if (finding.accepted_by == kNobody) {
      ++(failed ? counts.failed : counts.unknown);
      return;
    }
    if (finding.accepted_by == kSecurityHubItself) {
      ++counts.workflow;
    } else {
      ++(failed ? counts.accepted_failed : counts.accepted_unknown);
    }
    add_acceptance(finding, control.acceptances);
  }

  void add_acceptance(const FindingState& finding, std::vector<Acceptance>& acceptances) const {
    Acceptance acceptance;
    acceptance.account = finding.account;
    acceptance.findings = 1;
    if (finding.accepted_by == kSecurityHubItself) {
      acceptance.reason = "Workflow.Status is SUPPRESSED";
    } else {
      const engine::CompiledPolicy& policy = in_.policies.policies[finding.accepted_by];
      acceptance.policy = policy.id;
      acceptance.title = policy.title;
      acceptance.reason = policy.reason.empty() ? policy.title : policy.reason;
      acceptance.ticket = policy.ticket;
      if (policy.lifecycle.expires_at) {
        acceptance.expires_at = format_time(*policy.lifecycle.expires_at);
      }
    }
    for (auto known = acceptances.rbegin(); known != acceptances.rend(); ++known) {
      if (known->account != acceptance.account) break;
      if (known->policy != acceptance.policy) continue;
      ++known->findings;
      return;
    }
    acceptances.push_back(std::move(acceptance));
  }

  void add_account(std::uint32_t account, const Counts& counts, const TailoredOut* out,
                   ControlSummary& control) const {
    for (std::uint32_t group : groups_of_[account]) control.rows[group].counts.add(counts);
    if (out == nullptr || counts.any()) return;
    auto known = std::find_if(
        control.not_wanted.begin(), control.not_wanted.end(), [&](const NotWanted& not_wanted) {
          return not_wanted.policy == out->policy && not_wanted.reason == out->reason;
        });
    if (known == control.not_wanted.end()) {
      control.not_wanted.push_back({out->policy, out->reason, 0});
      known = std::prev(control.not_wanted.end());
    }
    ++known->accounts;
  }

  static std::map<std::string_view, std::uint32_t> numbers_of(const Strings& strings) {
    std::map<std::string_view, std::uint32_t> numbers;
    for (std::uint32_t i = 0; i < strings.size(); ++i) numbers.emplace(strings[i], i);
    return numbers;
  }

  const SummaryInput& in_;
  const std::vector<FindingState>& findings_;
  std::uint32_t all_;
  Summary summary_;
  std::size_t first_account_ = 0;
  std::vector<std::vector<std::uint32_t>> groups_of_;  ///< by account
  std::vector<std::string_view> regions_;
  std::vector<Place> places_;
  std::map<std::uint32_t, Controls> controls_;  ///< by standard
  std::map<std::string_view, std::uint32_t> control_numbers_ = numbers_of(in_.names.controls);
  std::map<std::uint64_t, Tailoring::Control> wanted_;
  std::uint32_t last_standard_ = kNobody;
  std::uint32_t last_control_ = kNobody;
};

}  // namespace

std::string_view to_string(Status status) {
  constexpr std::array<std::string_view, kStatuses> kNames = {
      "passed", "failed", "unknown", "suppressed", "not_applicable", "no_data"};
  return kNames[static_cast<std::size_t>(status)];
}

std::string_view to_string(Group::Kind kind) {
  constexpr std::array<std::string_view, 4> kNames = {"all", "ou", "tag", "account"};
  return kNames[static_cast<std::size_t>(kind)];
}

void Counts::add(const Counts& other) {
  passed += other.passed;
  failed += other.failed;
  unknown += other.unknown;
  accepted_failed += other.accepted_failed;
  accepted_unknown += other.accepted_unknown;
  workflow += other.workflow;
}

std::optional<double> Score::percent(const std::array<std::uint32_t, kStatuses>& by_status) {
  auto count = [&](Status status) { return by_status[static_cast<std::size_t>(status)]; };
  std::uint32_t with_data =
      count(Status::kPassed) + count(Status::kFailed) + count(Status::kUnknown);
  if (with_data == 0) return std::nullopt;
  return 100.0 * count(Status::kPassed) / with_data;
}

Summary summarize(const SummaryInput& input) {
  return Summarizer(input).summarize();
}

std::vector<Change> changes(const Summary& before, const Summary& now) {
  std::map<std::pair<std::string, std::string>, const ControlSummary*> earlier;
  for (const StandardSummary& standard : before.standards) {
    for (const ControlSummary& control : standard.controls) {
      earlier.emplace(std::make_pair(standard.key, control.id), &control);
    }
  }
  std::vector<Change> found;
  for (const StandardSummary& standard : now.standards) {
    if (standard.key == kAllStandards) continue;
    for (const ControlSummary& control : standard.controls) {
      Change change{standard.key, control.id, control.title, {}, control.rows.front()};
      auto known = earlier.find({standard.key, control.id});
      if (known != earlier.end()) change.before = known->second->rows.front();
      if (change.before.status != change.now.status) found.push_back(std::move(change));
    }
  }
  return found;
}

}  // namespace semper::report
