/// From the bytes of one event to the findings in it: which source, which account, and what
/// policies are matched against. Normalized fields are a second step (normalize.h), paid only by
/// what needs them.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "json/event.h"
#include "policy/policy.h"

namespace semper::finding {

using policy::Source;

/// Something about a finding that a reader of its record should know: `unknown_source`,
/// `wrong_type`, `unparsable_time`, … (docs/findings.md lists all). Views as long-lived as the
/// finding or the normalized fields that they belong to.
struct Note {
  std::string_view code;
  std::string_view message;
};

struct Finding {
  Source source = Source::kUnknown;
  /// False: a well-known event that carries no finding (Security Hub insight results, an empty
  /// `detail.findings`). It comes out as one record all the same.
  bool carries_finding = true;
  /// True: a CloudTrail record that came without EventBridge's envelope, so that no rule of
  /// EventBridge has chosen it and in-process event rules decide whether it is a finding.
  bool raw_cloudtrail = false;
  /// The event as EventBridge sends it: what `finding.raw` of the record shows. For one finding of
  /// several, `detail` is that finding. Where the input had no envelope, the one that EventBridge
  /// would send.
  json::ObjectView event;
  /// The finding itself: CloudTrail: the record (`detail`); Security Hub: one ASFF finding;
  /// GuardDuty, Config: `detail`; Unknown: the whole value (which may be no object).
  json::EventValue body;
  std::string_view account_id;  ///< decoded; empty where the source names none
  std::string_view region;      ///< decoded; empty where the source names none
  std::span<const Note> notes;
};

/// Splits events into findings. Reuses its buffers; findings are valid until the next `parse` and
/// while the text lives. One thread at a time.
class Parser {
 public:
  explicit Parser(const Limits& limits = {});
  ~Parser();
  Parser(Parser&&) noexcept;
  Parser& operator=(Parser&&) noexcept;

  /// `text` is one JSON text: an event, a raw record or finding, a list of these, or a
  /// `{"Records": …}` / `{"Findings": …}` file. False: no JSON, or beyond a limit; `error` says
  /// why. Anything else that is valid JSON is at least one finding of source Unknown, except an
  /// empty list, which carries none.
  bool parse(std::string_view text);
  const std::vector<Finding>& findings() const;
  const json::EventError& error() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace semper::finding
