/// The latest state of every compliance finding, from a stream of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/arena.h"
#include "engine/record.h"
#include "finding/normalize.h"
#include "report/accounts.h"
#include "report/catalogue.h"
#include "report/strings.h"
#include "semper/evaluator.hpp"

namespace semper::report {

/// What a check found.
enum class Check : std::uint8_t { kPassed, kFailed, kUnknown };

inline constexpr std::uint32_t kNobody = UINT32_MAX;
inline constexpr std::uint32_t kSecurityHubItself = kNobody - 1;  ///< Workflow.Status SUPPRESSED

/// One finding as it was last seen.
struct FindingState {
  std::uint64_t id = 0;        ///< hash of the finding's id
  std::uint64_t resource = 0;  ///< hash of the resource's id
  std::int64_t time = 0;       ///< nanoseconds; the smallest where the finding has none
  std::uint64_t order = 0;
  std::uint32_t control = 0;
  std::uint32_t standards = 0;  ///< a set of them
  std::uint32_t account = 0;
  std::uint32_t region = 0;
  std::uint32_t accepted_by = kNobody;  ///< a policy of the set, or kSecurityHubItself
  std::uint32_t next = kNobody;         ///< another finding of the same control and resource
  Check check = Check::kUnknown;
  bool archived = false;
};

/// How many findings came, and what became of them; the first is the sum of the others.
struct Totals {
  std::uint64_t findings = 0;
  std::uint64_t counted = 0;     ///< the latest of their kind, and alive
  std::uint64_t superseded = 0;  ///< a later state of the finding came
  std::uint64_t archived = 0;    ///< the latest, but ARCHIVED
  std::uint64_t other = 0;       ///< tell nothing about compliance
  std::uint64_t invalid = 0;     ///< no JSON
};

/// What a report's states have in common, so that two of them can be compared.
struct Names {
  Accounts accounts;
  ControlIds ids;
  Strings standards;  ///< keys
  Strings controls;   ///< one ids
  Strings regions;
  /// By control: its title where a finding told it; by the number of `controls`.
  std::vector<std::string> titles;
  /// Sets of standards, each sorted. The first is empty.
  std::vector<std::vector<std::uint32_t>> standard_sets;
  /// (standard, control) → other ids that findings gave the control there.
  std::unordered_map<std::uint64_t, std::vector<std::string>> other_ids;

  std::uint32_t standard_set(std::vector<std::uint32_t> standards);
};

class States {
 public:
  States(const PolicySet& policies, const EvaluatorOptions& options, Names& names);

  /// False: no JSON, and nothing was done.
  bool add(std::string_view event);
  void add_invalid() { ++invalid_; }

  /// Whose numbers `accepted_by` are.
  const engine::PolicySetState& policies() const { return *policies_; }
  const std::vector<FindingState>& findings() const { return findings_; }
  Totals totals() const;

 private:
  /// Control and standards of a finding; found anew only where its texts were not seen before.
  struct Meaning {
    std::uint32_t control = 0;
    std::uint32_t standards = 0;
    Check check = Check::kUnknown;
    bool gone = false;  ///< the resource is no longer judged
    bool known = false;
  };
  struct Key {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const { return key.low; }
  };

  void add_finding(const engine::Outcome& outcome);
  const Meaning& meaning(std::string_view compliance, const finding::Finding& finding);
  Meaning find_meaning(std::string_view compliance, const finding::Finding& finding);
  void keep(const Key& key, const FindingState& state);

  Names& names_;
  Evaluator evaluator_;
  const engine::PolicySetState* policies_;
  Arena arena_;
  finding::Normalized normalized_;
  json::EventDocument document_;
  std::string scratch_;
  std::string key_;
  std::unordered_map<std::string, Meaning> meanings_;
  std::vector<FindingState> findings_;
  std::unordered_map<Key, std::uint32_t, KeyHash> first_;  ///< control and resource → first finding
  std::uint64_t seen_ = 0;
  std::uint64_t other_ = 0;
  std::uint64_t invalid_ = 0;
};

}  // namespace semper::report
