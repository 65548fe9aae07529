/// The layout of a policy repository: which folder holds what kind of policy.
#pragma once

#include <span>
#include <string_view>

#include "policy/policy.h"

namespace semper::policy {

struct Place {
  std::string_view path;  ///< below the root: a folder, or one file without `.json`
  Kind kind;
  Source source = Source::kAny;
  /// Older generations keep every Security Hub section in one place; the section tells the kind.
  bool any_security_hub = false;
};

/// Where files of a folder are policies.
std::span<const Place> policy_folders();
/// The place of the policy with this id; nullptr where that is none.
const Place* place_of(std::string_view id);

/// `10_configure`, …: a repository has at least one of them.
std::span<const std::string_view> stage_folders();
/// Whether `folder` is a policy folder, or one lies below it.
bool leads_to_policies(std::string_view folder);
/// "docs", "disabled", dot folders: nobody expects live policies there.
bool is_silent_folder(std::string_view name);

}  // namespace semper::policy
