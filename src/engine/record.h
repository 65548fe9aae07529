/// The record of a finding: what the host hands to its SIEM.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "engine/account.h"
#include "engine/enrichment.h"
#include "engine/policy_set.h"
#include "engine/routes.h"
#include "finding/finding.h"
#include "finding/normalize.h"
#include "json/pieces.h"
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
  finding::NormalizedFields normalized;  ///< once `is_normalized`
  bool is_normalized = false;            ///< their notes are among the notes, too
  std::string normalized_json;           ///< the object "normalized"; built when first needed
  std::size_t normalized_begin = 0;      ///< where it lies in `head`, and so in a native record
  std::size_t normalized_end = 0;
  /// {"finding": …, "accountContext": …, "normalized": …, without the closing brace: likewise.
  std::string head;
  std::string_view record;    ///< in `record_memory`; made when first asked for
  std::string record_memory;  ///< kept, with what it holds, for the next record

  void reset();
};

/// What an evaluator decided, for rooms above that need more than the record; as long-lived as the
/// evaluation.
const Outcome& outcome_of(const Evaluation& evaluation, std::size_t index);
/// Appends what `Evaluation::json` returns, without the copy in the evaluator. Returns where in it
/// the object "normalized" lies; 0 to 0: it is not in it.
std::pair<std::size_t, std::size_t> append_record(const Evaluation& evaluation, std::size_t index,
                                                  Buffer& out);
/// The policies that an evaluator decides by.
const PolicySetState& policies_of(const Evaluation& evaluation);

/// Writes records of findings that are normalized. Keeps memory for the next one.
class RecordWriter {
 public:
  /// `arena`: for texts that live until the record is written.
  explicit RecordWriter(Arena& arena) : arena_(arena) {}

  /// The object "normalized" of the native record.
  void append_normalized(std::string& out, const Outcome& outcome, const PolicySetState& set);
  /// The same with nothing but the fields that somebody asks for.
  void append_asked(std::string& out, const Outcome& outcome, const PolicySetState& set);
  /// `{"finding":…,"accountContext":…,"normalized":…`
  void append_head(std::string& out, Outcome& outcome, const PolicySetState& set);
  /// The native record, in `memory`, of which it may leave some as it was. `outcome.head` is used
  /// if it is there.
  std::string_view write_native(std::string& memory, Outcome& outcome, const PolicySetState& set);
  void append_native(Buffer& out, Outcome& outcome, const PolicySetState& set);

 private:
  void add_normalized(const Outcome& outcome, const PolicySetState& set, const AskedFields& asked);
  void add_native(Outcome& outcome, const PolicySetState& set);
  void add_head(Outcome& outcome, const PolicySetState& set);
  void add_raw(const finding::Finding& finding);
  void add_value(json::EventValue value);
  void add_verdict(const Outcome& outcome, const PolicySetState& set);
  void add_notes(const std::vector<Note>& notes);
  std::string_view quoted(std::string_view text);

  Arena& arena_;
  json::Pieces pieces_;
  std::string scratch_;
};

/// Generation 1.7.
void append_semper17_record(std::string& out, const Outcome& outcome);
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
