#include "policy/policy.h"

namespace semper::policy {

std::string_view source_service(Source source) {
  switch (source) {
    case Source::kCloudTrail:
      return "AwsCloudTrail";
    case Source::kSecurityHub:
      return "AwsSecurityHub";
    case Source::kGuardDuty:
      return "AwsGuardDuty";
    case Source::kConfig:
      return "AwsConfig";
    case Source::kUnknown:
    case Source::kAny:
      break;
  }
  return "Unknown";
}

SharedScope everywhere() {
  static const SharedScope scope = std::make_shared<pattern::PolicyScope>();
  return scope;
}

Term::State Term::state(UnixSeconds now) const {
  // Expiry first: an acceptance that has ended is not one that is yet to come.
  if (expires_at && now >= *expires_at) return State::kExpired;
  if (valid_from && now < *valid_from) return State::kNotYetValid;
  return State::kActive;
}

}  // namespace semper::policy
