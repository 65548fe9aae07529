/// The normalized fields of a finding (FINDINGS.md section 1; docs/normalized.md).
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "finding/finding.h"
#include "json/pieces.h"

namespace semper::finding {

/// In the order in which a record shows them.
enum class Field : std::size_t {
  kId,
  kRawHash,
  kTime,
  kAccountId,
  kRegion,
  kSourceService,
  kFindingName,
  kTitle,
  kSeverity,
  kResources,
  kPrincipal,
  kSourceIp,
  kCompliance,
  kControls,
  kWorkflow,
  kRecordState,
  kSample,
  kCount,
};
/// The key in the record: `id`, `rawHash`, …
std::string_view field_name(Field field);

/// What the detecting event rule adds (CloudTrail has neither title nor severity of its own).
struct Detection {
  std::string_view title;     ///< empty: none
  std::string_view severity;  ///< a label: "HIGH"; empty: none
};

/// Each field as JSON text, empty where the source does not have it. Views into the finding's text
/// or into the arena.
struct NormalizedFields {
  std::array<std::string_view, static_cast<std::size_t>(Field::kCount)> fields;
  std::string_view envelope_time;  ///< the event's own `time` as JSON text; empty: none

  std::string_view operator[](Field field) const { return fields[static_cast<std::size_t>(field)]; }
  std::string_view& operator[](Field field) { return fields[static_cast<std::size_t>(field)]; }
};

struct Normalized : NormalizedFields {
  std::vector<Note> notes;
  // Memory that `normalize` reuses.
  json::Pieces pieces;
  std::string scratch;
};

/// The field `severity` of one of the labels (any case), with the lowest score of its band; empty
/// where it is none of them. Lives for ever.
std::string_view severity_of_label(std::string_view label);

/// Fills `normalized` (whose vectors are reused).
void normalize(const Finding& finding, const Detection& detection, Arena& arena,
               Normalized& normalized);

}  // namespace semper::finding
