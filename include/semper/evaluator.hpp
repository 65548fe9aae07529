/// Decides about findings: bytes of an event in, records out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "semper/policy_set.hpp"

namespace semper {

namespace engine {
struct EvaluatorState;
}

enum class Decision : std::int32_t {
  kRelevant = 1,   ///< for the SIEM
  kDropped = 2,    ///< accepted by a filter policy
  kNoFinding = 3,  ///< nothing that anybody asked to detect
  kInvalid = 4,    ///< bytes that are no event
};
/// "relevant", "dropped", "no_finding", "invalid"
std::string_view to_string(Decision decision);

/// What a policy had to do with a decision.
enum class Effect : std::int32_t {
  kDrop = 1,          ///< its acceptance dropped the finding
  kExtend = 2,        ///< its extension is in the record
  kDetect = 3,        ///< its event rule makes the event a finding
  kWouldDrop = 4,     ///< an acceptance that only observes
  kExpired = 5,       ///< an acceptance that is no longer (or not yet) in force
  kUndetermined = 6,  ///< it matches, but nobody knows whether the account is in its scope
};
std::string_view to_string(Effect effect);

enum class RecordFormat : std::int32_t {
  kNative = 0,    ///< the slides' keys, then normalized, extensions, context, verdict
  kSemper17 = 1,  ///< generation 1.7: normalized, extensions, raw
};

struct EvaluatorOptions {
  RecordFormat format = RecordFormat::kNative;
  /// Seconds since 1970 UTC; empty: the system's clock. Lifecycles are judged by it.
  std::function<std::int64_t()> clock;
};

struct Counters {
  std::uint64_t in = 0;
  std::uint64_t relevant = 0;
  std::uint64_t dropped = 0;
  std::uint64_t no_finding = 0;
  std::uint64_t invalid = 0;
};

/// Why a policy stands in a verdict.
struct PolicyHit {
  std::size_t policy;  ///< index in the policy set that decided
  Effect effect;
};

enum class RouteType : std::int32_t {
  kSqs = 1,          ///< a queue: `sqsFanOut`
  kSecurityHub = 2,  ///< BatchImportFindings: `sendToSecurityHub`
};
/// "sqs", "securityhub"
std::string_view to_string(RouteType type);

/// Where an extension policy sends a record: all a host needs to send it.
struct Route {
  RouteType type;
  /// {"type":"sqs","policy":…,"queueName" or "queueUrl":…,"instructions":{the whole block}} or
  /// {"type":"securityhub","policy":…,"accountId":…,"region":…}
  std::string_view target;
  std::string_view record;  ///< sqs: the finding's record; securityhub: a finding in ASFF
};

/// The records of one event. Belongs to the evaluator; valid until its next call.
class Evaluation {
 public:
  std::size_t size() const;
  Decision decision(std::size_t index) const;
  /// The record on one line, without the newline; built when first asked for.
  std::string_view json(std::size_t index) const;
  /// The normalized fields as one JSON object, whatever the format of the record; empty where the
  /// bytes are no event. Built when first asked for; a part of `json` where that was built before
  /// and has it.
  std::string_view normalized(std::size_t index) const;
  std::size_t hit_count(std::size_t index) const;
  PolicyHit hit(std::size_t index, std::size_t hit) const;
  /// 0 for all but relevant findings. What could not be sent is a note `unroutable` of the record.
  std::size_t route_count(std::size_t index) const;
  Route route(std::size_t index, std::size_t route) const;

 private:
  friend struct engine::EvaluatorState;
  explicit Evaluation(engine::EvaluatorState* state) : state_(state) {}
  engine::EvaluatorState* state_;
};

/// One per thread: holds scratch memory and counters. Any number may share a policy set.
class Evaluator {
 public:
  explicit Evaluator(PolicySet policies, EvaluatorOptions options = {});
  /// Decides by whatever is in the slot when an event comes. `slot` must outlive the evaluator.
  explicit Evaluator(const PolicySlot& slot, EvaluatorOptions options = {});
  ~Evaluator();
  Evaluator(Evaluator&&) noexcept;
  Evaluator& operator=(Evaluator&&) noexcept;

  /// `event` is one JSON text (see docs/findings.md for what it may hold) and must stay unchanged
  /// until the evaluation is no longer used. Never fails: what is no event is a record `invalid`.
  const Evaluation& evaluate(std::string_view event);

  /// Ends the evaluation at hand. From the next event on, `policies` decide (until a slot is
  /// replaced, where there is one).
  void replace(PolicySet policies);
  const PolicySet& policies() const;

  /// Since construction; in == relevant + dropped + no_finding + invalid.
  const Counters& counters() const;
  /// How often the policy with this index of the present set stood in a verdict.
  std::uint64_t hits(std::size_t policy) const;

 private:
  std::unique_ptr<engine::EvaluatorState> state_;
};

}  // namespace semper
