/// Which standards and controls the policies want for which account and region.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pattern/scope.h"
#include "pattern/scope_program.h"
#include "policy/policy.h"
#include "report/accounts.h"

namespace semper::report {

/// Why a control is not wanted somewhere.
struct TailoredOut {
  std::string policy;
  std::string reason;
};

/// Nothing is tailored out that might be wanted: where nobody knows the account, everything counts.
class Tailoring {
  struct Standard;

 public:
  Tailoring(const policy::Policies& policies, std::vector<std::string> default_regions);

  /// Switches that name a control of a standard, by whatever id it has; to be asked once.
  struct Control {
    const Standard* standard = nullptr;
    std::vector<std::uint32_t> switches;
  };
  /// `ids`: all ids of the control, lower and upper case as they are.
  Control control(std::string_view standard, const std::vector<std::string_view>& ids) const;

  /// Why the control is not wanted for the account and region; nullptr: it is. An empty region is
  /// an unknown one.
  const TailoredOut* out(const Control& control, const Accounts& accounts, std::uint32_t account,
                         std::string_view region) const;

  /// Keys of the standards that policies switch on for somebody.
  std::vector<std::string> enabled_standards() const;
  /// What policies call the standard; else its key.
  std::string_view name(std::string_view standard) const;

 private:
  struct Scoped {
    std::uint32_t policy_scope = 0;
    std::uint32_t own_scope = 0;
    TailoredOut why;
  };
  struct Standard {
    std::string name;
    std::vector<Scoped> enabled;
    std::vector<Scoped> disabled;
  };
  struct Switch : Scoped {
    std::string standard;
    std::vector<std::string> ids;
  };

  std::uint32_t add_scope(const pattern::PolicyScope& scope);
  pattern::Truth truth(const Scoped& scoped, const std::vector<pattern::Truth>& account,
                       std::string_view region) const;
  pattern::Truth region_truth(std::uint32_t scope, std::string_view region) const;
  const std::vector<pattern::Truth>& judged(const Accounts& accounts, std::uint32_t account) const;

  std::vector<std::string> default_regions_;
  pattern::ScopeProgram scopes_;
  std::vector<pattern::ListScope> regions_;  ///< by scope
  std::map<std::string, Standard, std::less<>> standards_;
  std::vector<Switch> switches_;
  /// By account; judged when first asked for.
  mutable std::vector<std::vector<pattern::Truth>> accounts_;
};

}  // namespace semper::report
