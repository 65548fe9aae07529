#include "policy/places.h"

#include <algorithm>

#include "base/text.h"

namespace semper::policy {
namespace {

constexpr Place kFolders[] = {
    {"10_configure/config_rules", Kind::kConfigRule},
    {"10_configure/event_rules", Kind::kEventRule, Source::kCloudTrail},
    {"10_configure/securityhub/10_controls", Kind::kControlParameters},
    {"10_configure/securityhub/20_standards", Kind::kStandards},
    {"10_configure/securityhub/30_standard_controls", Kind::kControlSwitches},
    {"10_configure/securityhub_controls", Kind::kControlParameters, Source::kAny, true},
    {"20_filtering/cloudtrail_api_calls", Kind::kFiltering, Source::kCloudTrail},
    {"20_filtering/config_findings", Kind::kFiltering, Source::kConfig},
    {"20_filtering/guardduty_findings", Kind::kFiltering, Source::kGuardDuty},
    {"20_filtering/securityhub_findings", Kind::kFiltering, Source::kSecurityHub},
    {"30_enrichment", Kind::kExtension},
    {"30_extension", Kind::kExtension},
};

constexpr Place kFiles[] = {
    {"10_configure/securityhub", Kind::kStandards, Source::kAny, true},
    {"10_configure/securityhub_standards", Kind::kStandards, Source::kAny, true},
};

constexpr std::string_view kStages[] = {"10_configure", "20_filtering", "30_enrichment",
                                        "30_extension"};

const Place* find(std::span<const Place> places, std::string_view path) {
  auto found = std::find_if(places.begin(), places.end(),
                            [path](const Place& place) { return place.path == path; });
  return found == places.end() ? nullptr : &*found;
}

}  // namespace

std::span<const Place> policy_folders() {
  return kFolders;
}

const Place* place_of(std::string_view id) {
  if (const Place* file = find(kFiles, id)) return file;
  std::size_t slash = id.rfind('/');
  if (slash == std::string_view::npos) return nullptr;
  std::string_view name = id.substr(slash + 1);
  if (name.empty() || name.front() == '.') return nullptr;
  return find(kFolders, id.substr(0, slash));
}

std::span<const std::string_view> stage_folders() {
  return kStages;
}

bool leads_to_policies(std::string_view folder) {
  return std::any_of(std::begin(kFolders), std::end(kFolders), [folder](const Place& place) {
    return place.path.starts_with(folder) &&
           (place.path.size() == folder.size() || place.path[folder.size()] == '/');
  });
}

bool is_silent_folder(std::string_view name) {
  return name.starts_with('.') || equals_ignore_ascii_case(name, "docs") ||
         equals_ignore_ascii_case(name, "disabled");
}

}  // namespace semper::policy
