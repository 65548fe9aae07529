/// The parts of a policy file, each read and checked on its own, so that one run shows the problems
/// of all of them.
#pragma once

#include "base/limits.h"
#include "json/document.h"
#include "policy/fields.h"
#include "policy/places.h"
#include "policy/policy.h"
#include "policy/report.h"
#include "policy/repository.h"

namespace semper::policy {

/// What all parts of a file share.
struct Loading {
  const Limits& limits;
  PolicyMemory& memory;
};

/// A policyScope, with a warning for what stands among account ids and is none.
void read_scope(const json::Value& value, const Loading& loading, pattern::PolicyScope& scope,
                Report& report);
/// The same, but equal texts are read once only.
SharedScope read_scope(const json::Value& value, const Loading& loading, Report& report);
/// Keeps `pattern` only where it is sound.
void read_pattern(const json::Value& value, pattern::Dialect dialect, const Loading& loading,
                  pattern::Pattern& pattern, Report& report);
/// "findingPattern" and "arrays" of a filtering or extension section, and the pattern's subject.
void read_finding_pattern(const Fields& section, const Loading& loading, Policy& policy,
                          Report& report);

void read_metadata(const json::Value& value, Policy& policy, Report& report);
void read_auditing(const json::Value& value, Policy& policy, Report& report);
/// After `read_auditing`: reviews count from the last attestation.
void read_lifecycle(const json::Value& value, Policy& policy, Report& report);
void read_event_enrichment(const json::Value& value, Policy& policy, Report& report);

/// The contents of "configure", "filtering" and "extension".
void read_configure(const json::Value& value, const Place& place, const Loading& loading,
                    Policy& policy, Report& report);
void read_filtering(const json::Value& value, const Loading& loading, Policy& policy,
                    Report& report);
void read_extension(const json::Value& value, const Loading& loading, Policy& policy,
                    Report& report);

}  // namespace semper::policy
