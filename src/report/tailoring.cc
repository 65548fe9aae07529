#include "report/tailoring.h"

#include <algorithm>

#include "base/text.h"
#include "report/catalogue.h"

namespace semper::report {
namespace {

using pattern::Truth;

/// `*` stands for anything; the rest ignores ASCII case.
bool glob(std::string_view pattern, std::string_view text) {
  std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return equals_ignore_ascii_case(pattern, text);
  if (text.size() < star ||
      !equals_ignore_ascii_case(pattern.substr(0, star), text.substr(0, star)))
    return false;
  std::string_view rest = pattern.substr(star + 1);
  for (std::size_t at = star; at <= text.size(); ++at) {
    if (rest.empty() || glob(rest, text.substr(at))) return true;
  }
  return false;
}

/// `[CloudTrail.6] Ensure …` means its id.
std::string_view id_of(std::string_view written) {
  std::size_t close = written.find(']');
  if (written.starts_with('[') && close != std::string_view::npos) {
    return written.substr(1, close - 1);
  }
  return written;
}

/// More stars than that are no id; the match is quadratic in them.
constexpr std::ptrdiff_t kMostStars = 4;

}  // namespace

Tailoring::Tailoring(const policy::Policies& policies, std::vector<std::string> default_regions)
    : default_regions_(std::move(default_regions)) {
  for (const policy::Policy& policy : policies) {
    if (policy.standards.empty() && policy.control_switches.empty()) continue;
    std::uint32_t policy_scope = add_scope(*policy.scope);
    for (const policy::Standard& entry : policy.standards) {
      Standard& standard = standards_[standard_key(entry.identifier)];
      if (standard.name.empty()) standard.name = entry.name;
      (entry.enabled ? standard.enabled : standard.disabled)
          .push_back({policy_scope, add_scope(entry.scope), {policy.id, policy.title}});
    }
    for (const policy::ControlSwitch& entry : policy.control_switches) {
      Switch& control = switches_.emplace_back();
      control.policy_scope = policy_scope;
      control.own_scope = entry.scope ? add_scope(*entry.scope) : policy_scope;
      control.why = {policy.id, entry.disable_reason.empty() ? policy.title : entry.disable_reason};
      control.standard = standard_key(entry.standard_identifier);
      for (const std::string& id : entry.control_ids) {
        if (std::count(id.begin(), id.end(), '*') <= kMostStars)
          control.ids.emplace_back(id_of(id));
      }
    }
  }
  scopes_.build();
}

std::uint32_t Tailoring::add_scope(const pattern::PolicyScope& scope) {
  regions_.push_back(scope.regions);
  return scopes_.add(scope);
}

Tailoring::Control Tailoring::control(std::string_view standard,
                                      const std::vector<std::string_view>& ids) const {
  Control control;
  auto known = standards_.find(standard);
  if (known != standards_.end()) control.standard = &known->second;
  for (std::size_t i = 0; i < switches_.size(); ++i) {
    const Switch& entry = switches_[i];
    if (entry.standard != standard) continue;
    bool named = std::any_of(entry.ids.begin(), entry.ids.end(), [&](const std::string& pattern) {
      return std::any_of(ids.begin(), ids.end(),
                         [&](std::string_view id) { return glob(pattern, id); });
    });
    if (named) control.switches.push_back(static_cast<std::uint32_t>(i));
  }
  return control;
}

const TailoredOut* Tailoring::out(const Control& control, const Accounts& accounts,
                                  std::uint32_t account, std::string_view region) const {
  if (control.standard == nullptr && control.switches.empty()) return nullptr;
  const std::vector<Truth>& scopes = judged(accounts, account);
  if (control.standard != nullptr) {
    const Standard& standard = *control.standard;
    Truth wanted = Truth::kFalse;
    for (const Scoped& entry : standard.enabled) {
      wanted = std::max(wanted, truth(entry, scopes, region));
    }
    if (wanted == Truth::kFalse) {
      for (const Scoped& entry : standard.disabled) {
        if (truth(entry, scopes, region) == Truth::kTrue) return &entry.why;
      }
      if (!standard.enabled.empty()) return &standard.enabled.front().why;
    }
  }
  for (std::uint32_t number : control.switches) {
    if (truth(switches_[number], scopes, region) == Truth::kTrue) return &switches_[number].why;
  }
  return nullptr;
}

std::vector<std::string> Tailoring::enabled_standards() const {
  std::vector<std::string> keys;
  for (const auto& [key, standard] : standards_) {
    if (!standard.enabled.empty()) keys.push_back(key);
  }
  return keys;
}

std::string_view Tailoring::name(std::string_view standard) const {
  auto known = standards_.find(standard);
  return known == standards_.end() || known->second.name.empty()
             ? standard
             : std::string_view(known->second.name);
}

Truth Tailoring::truth(const Scoped& scoped, const std::vector<Truth>& account,
                       std::string_view region) const {
  Truth truth = std::min(account[scoped.policy_scope], account[scoped.own_scope]);
  if (truth == Truth::kFalse) return truth;
  return std::min(
      {truth, region_truth(scoped.policy_scope, region), region_truth(scoped.own_scope, region)});
}

/// As the evaluator has it (engine/account.cc).
Truth Tailoring::region_truth(std::uint32_t scope, std::string_view region) const {
  const pattern::ListScope& list = regions_[scope];
  auto has = [&](const std::vector<std::string>& regions) {
    return std::find(regions.begin(), regions.end(), region) != regions.end();
  };
  if (default_regions_.empty() && !list.exclude_all && list.exclude.empty()) return Truth::kTrue;
  if (region.empty()) return Truth::kUnknown;
  bool is_default = default_regions_.empty() || has(default_regions_);
  return has(list.include) || (is_default && list.holds(region)) ? Truth::kTrue : Truth::kFalse;
}

const std::vector<Truth>& Tailoring::judged(const Accounts& accounts, std::uint32_t account) const {
  if (accounts_.size() <= account) accounts_.resize(accounts.size());
  std::vector<Truth>& truths = accounts_[account];
  if (truths.empty()) {
    const Account& known = accounts[account];
    scopes_.judge(known.json.empty() ? json::EventValue() : known.context.root(), known.id, truths);
  }
  return truths;
}

}  // namespace semper::report
