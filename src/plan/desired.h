/// What configure policies ask for, and what of it holds for an account in a region.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "json/event.h"
#include "pattern/scope_program.h"
#include "policy/policy.h"
#include "semper/status.hpp"

namespace semper::plan {

/// In the order in which a state lists them.
enum class Part : std::uint8_t { kConfigRules, kEventRules, kStandards, kSwitches, kParameters };
inline constexpr std::size_t kParts = 5;
/// `configRules`, …
std::string_view part_name(Part part);

/// One thing that one policy asks for.
struct Item {
  Part part = Part::kConfigRules;
  std::string key;       ///< the rule's name; the standard; standard/control; the control
  std::string settings;  ///< as JSON on one line
  std::string essence;   ///< `settings` without descriptions and reasons, keys sorted
  std::uint32_t policy = 0;
  std::uint32_t scope = 0;            ///< of the policy
  std::uint32_t narrow = 0;           ///< of the entry in it; 0 holds everywhere
  std::vector<std::uint8_t> regions;  ///< by region: whether it is planned there
  std::string entry;                  ///< `"key":["policy"]`, made once

  // kConfigRules, kEventRules, kParameters: the entry of the policy; kStandards and kSwitches
  // below.
  const policy::ControlParameters* parameters = nullptr;
  std::string standard;  ///< kStandards, kSwitches: without `arn:…:`
  bool enabled = true;   ///< kStandards
  std::string control;   ///< kSwitches: the id in its standard, or of Security Hub; may hold stars
  /// kSwitches: the control as the standard's ARNs name it; empty where nobody knows.
  std::string own_control;
  std::string reason;  ///< kSwitches
};

/// Ids of standards' controls: standard without `standards/` or `ruleset/` → its own id of a
/// control → those of Security Hub for the same, the first of them for this one alone.
using ControlIds =
    std::map<std::string, std::map<std::string, std::vector<std::string>>, std::less<>>;
/// The part of a standard's identifier by which it is known everywhere:
/// `cis-aws-foundations-benchmark/v/1.2.0`.
std::string_view short_standard(std::string_view identifier);

/// Everything that is asked for, sorted by part, key and policy. Immutable once made.
class Desired {
 public:
  /// `policies` must outlive it. Problems are appended to `diagnostics`.
  Desired(const policy::Policies& policies, const std::vector<std::string>& regions,
          const ControlIds& controls, std::vector<Diagnostic>& diagnostics);

  const policy::Policies& policies() const { return policies_; }
  const std::vector<Item>& items() const { return items_; }
  /// The default regions and those that a scope forces in, sorted.
  const std::vector<std::string>& regions() const { return regions_; }
  bool is_default(std::size_t region) const { return default_regions_[region] != 0; }
  const pattern::ScopeProgram& scopes() const { return scopes_; }
  /// By policy: its account scope in `scopes`.
  std::uint32_t scope_of(std::size_t policy) const { return policy_scopes_[policy]; }
  /// Whether some policy says anything about the standard.
  bool manages(std::string_view standard) const;

  pattern::Truth truth(const Item& item, const std::vector<pattern::Truth>& truths) const {
    return std::min(truths[item.scope], truths[item.narrow]);
  }

 private:
  class Builder;

  const policy::Policies& policies_;
  std::vector<Item> items_;
  std::vector<std::string> regions_;
  std::vector<std::uint8_t> default_regions_;
  pattern::ScopeProgram scopes_;
  std::vector<std::uint32_t> policy_scopes_;
  std::set<std::string, std::less<>> managed_;
};

/// Where an account stands: its id and context (empty: nobody knows it) as JSON.
struct Account {
  std::string id;
  std::string context;
};

/// The state of one account in one region: indexes of items, those of one part and key together.
struct State {
  std::string_view account;
  std::string_view region;
  std::size_t region_index = 0;
  std::vector<std::uint32_t> items;
  std::vector<std::uint32_t> undetermined;  ///< policies, ascending
  bool empty() const { return items.empty() && undetermined.empty(); }
};

/// Goes through the regions of one account: scopes are judged once.
class AccountPlan {
 public:
  explicit AccountPlan(const Desired& desired) : desired_(desired) {}

  /// False: the context is no JSON object.
  bool judge(const Account& account);
  /// The state in the region with this index; valid until the next call.
  const State& in(std::size_t region);
  /// Whether the region is planned for this account: a default one, or one where anything holds.
  bool planned(const State& state) const {
    return desired_.is_default(state.region_index) || !state.empty();
  }
  const std::vector<pattern::Truth>& truths() const { return truths_; }

 private:
  const Desired& desired_;
  json::EventDocument document_;
  std::vector<pattern::Truth> truths_;
  std::vector<std::uint32_t> holds_;
  std::vector<std::uint32_t> possible_;
  State state_;
};

}  // namespace semper::plan
