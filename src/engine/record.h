/// The record of a finding: what the host hands to its SIEM.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/account.h"
#include "engine/enrichment.h"
#include "engine/policy_set.h"
#include "engine/routes.h"
#include "finding/finding.h"
#include "finding/normalize.h"
#include "semper/evaluator.hpp"

namespace semper::engine {

using finding::Note;

/// Normalized fields that policies set; empty: as they came.
struct ChosenFields {
  std::string_view severity;
  std::string_view workflow;
  std::string_view work_flow;
};

/// What was decided about one finding of the event at hand.
struct Outcome {
  Decision decision = Decision::kRelevant;
  const finding::Finding* finding = nullptr;  ///< nullptr: invalid
  const Account* account = nullptr;
  std::vector<PolicyHit> hits;
  std::vector<Note> notes;
  std::string extensions;  ///< the members of "extensions" as JSON; empty: none
  std::vector<ContextPart> context;
  ChosenFields chosen;
  std::vector<SentRecord> routes;  ///< the first `route_count` are of this finding
  std::size_t route_count = 0;
  std::string normalized_json;  ///< the object "normalized"; built when first needed
  std::string_view time;        ///< of "finding", as JSON text; empty: none
  /// {"finding": …, "accountContext": …, "normalized": …, without the closing brace: likewise.
  std::string head;
  std::string record;           ///< built when first asked for
  bool notes_complete = false;  ///< those of the normalized fields are among the notes

  void reset();
};

/// What an evaluator decided, for rooms above that need more than the record; as long-lived as the
/// evaluation.
const Outcome& outcome_of(const Evaluation& evaluation, std::size_t index);
/// The policies that an evaluator decides by.
const PolicySetState& policies_of(const Evaluation& evaluation);

/// Appends the object "normalized" of the native record.
void append_normalized(std::string& out, const Outcome& outcome, const PolicySetState& set,
                       const finding::Normalized& normalized);
/// Appends `{"finding":…,"accountContext":…,"normalized":…`; `outcome.normalized_json` and `time`
/// are there.
void append_head(std::string& out, const Outcome& outcome);
/// Completes `outcome.head` to the native record.
void append_native_record(std::string& out, const Outcome& outcome, const PolicySetState& set);
/// Generation 1.7.
void append_semper17_record(std::string& out, const Outcome& outcome,
                            const finding::Normalized& normalized);
/// The record of bytes that are no event.
void append_invalid_record(std::string& out, std::string_view bytes, RecordFormat format,
                           const Note& reason, const PolicySetState& set);

/// The same record around a payload that is too large to hold: `before`, then the bytes in base64,
/// then `after`.
struct InvalidRecordFrame {
  std::string before;
  std::string after;
};
InvalidRecordFrame invalid_record_frame(RecordFormat format, const Note& reason,
                                        std::string_view fingerprint);

}  // namespace semper::engine
