#include <memory>
#include <optional>

#include "capi/handle.h"
#include "capi/provider.h"
#include "capi/result.h"
#include "capi/slot.h"
#include "engine/record.h"

namespace semper::capi {
namespace {

constexpr std::uint64_t kKnownFlags =
    SEMPER_EVALUATOR_NO_DROPPED_JSON | SEMPER_EVALUATOR_NO_NO_FINDING_JSON;

HostState take_state(const semper_evaluator_options_t* options) {
  bool readable = options != nullptr && options->struct_size >= SEMPER_EVALUATOR_OPTIONS_SIZE_1_0 &&
                  options->struct_size <= kLargestStruct;
  return readable ? HostState(options->state, options->destroy) : HostState();
}

}  // namespace
}  // namespace semper::capi

struct semper_evaluator : semper::capi::Handle {
  explicit semper_evaluator(semper::capi::HostState host) : state(std::move(host)) {}

  semper::capi::HostState state;  ///< of the clock
  semper::PolicySet set;
  std::shared_ptr<semper::PolicySlot> slot;  ///< where new sets come from, if anywhere
  std::uint64_t slot_version = 0;
  semper::EvaluatorOptions options;
  std::uint64_t flags = 0;
  /// Empty: none yet, or memory ran out in the last one, whatever it remembers is not to be used.
  std::optional<semper::Evaluator> evaluator;
  semper::Counters counters;
  std::vector<std::uint64_t> hits;  ///< by policy of `set`

  void use(semper::PolicySet next) {
    std::vector<std::uint64_t> none(next.size());
    semper::Evaluator made(next, options);
    evaluator.emplace(std::move(made));
    set = std::move(next);
    hits = std::move(none);
  }

  void prepare() {
    if (slot != nullptr) {
      std::uint64_t version = slot->version();
      if (version != slot_version) {
        use(slot->get());
        slot_version = version;
      }
    }
    if (!evaluator) evaluator.emplace(set, options);
  }

  bool wants_json(semper::Decision decision) const {
    switch (decision) {
      case semper::Decision::kDropped:
        return (flags & SEMPER_EVALUATOR_NO_DROPPED_JSON) == 0;
      case semper::Decision::kNoFinding:
        return (flags & SEMPER_EVALUATOR_NO_NO_FINDING_JSON) == 0;
      default:
        return true;
    }
  }

  /// The record, a newline, and where its normalized fields are.
  static void add_json(const semper::Evaluation& evaluation, std::size_t index,
                       semper::capi::ResultRecord& record, semper_result_t& result) {
    auto [begin, end] = semper::engine::append_record(evaluation, index, result.json);
    record.json_end = result.json.size();
    result.json.append("\n");
    record.normalized_in_json = begin != end;
    if (record.normalized_in_json) {
      record.normalized_begin = record.json_begin + begin;
      record.normalized_end = record.json_begin + end;
    } else {
      record.normalized_begin = result.normalized.size();
      result.normalized += evaluation.normalized(index);
      record.normalized_end = result.normalized.size();
    }
  }

  static void add_route(const semper::engine::SentRecord& from, semper_result_t& result) {
    semper::capi::ResultRoute route{};
    route.type = static_cast<std::int32_t>(from.type);
    route.target_begin = result.routed.size();
    result.routed += from.target;
    route.target_end = route.record_begin = route.record_end = result.routed.size();
    result.routed += from.record;  // empty: the record itself is sent
    route.record_end = result.routed.size();
    result.routes.push_back(route);
  }

  void evaluate(std::string_view event, std::uint64_t number, semper_result_t& result) {
    const semper::Evaluation& evaluation = evaluator->evaluate(event);
    for (std::size_t i = 0; i < evaluation.size(); ++i) {
      const semper::engine::Outcome& outcome = semper::engine::outcome_of(evaluation, i);
      semper::capi::ResultRecord record{};
      record.decision = static_cast<std::int32_t>(outcome.decision);
      record.event = number;
      record.json_begin = record.json_end = result.json.size();
      record.first_hit = result.hits.size();
      record.hit_count = outcome.hits.size();
      if (wants_json(outcome.decision)) {
        add_json(evaluation, i, record, result);
      }
      result.hits.insert(result.hits.end(), outcome.hits.begin(), outcome.hits.end());
      record.first_route = result.routes.size();
      record.route_count = outcome.route_count;
      for (std::size_t j = 0; j < outcome.route_count; ++j) add_route(outcome.routes[j], result);
      result.records.push_back(record);
    }
  }

  /// Only what a successful call gives is counted.
  void count(const semper_result_t& result) {
    counters.in += result.records.size();
    for (const semper::capi::ResultRecord& record : result.records) {
      switch (record.decision) {
        case SEMPER_DECISION_RELEVANT:
          ++counters.relevant;
          break;
        case SEMPER_DECISION_DROPPED:
          ++counters.dropped;
          break;
        case SEMPER_DECISION_NO_FINDING:
          ++counters.no_finding;
          break;
        default:
          ++counters.invalid;
          break;
      }
    }
    for (const semper::PolicyHit& hit : result.hits) ++hits[hit.policy];
  }
};

namespace semper::capi {
namespace {

Status read_options(const semper_evaluator_options_t* from, semper_evaluator_t& evaluator) {
  if (from == nullptr) return {};
  semper_evaluator_options_t read = SEMPER_EVALUATOR_OPTIONS_INIT;
  Status status = read_struct("options", from, SEMPER_EVALUATOR_OPTIONS_SIZE_1_0, read);
  if (!status.ok()) return status;
  if (read.format < SEMPER_FORMAT_NATIVE || read.format > SEMPER_FORMAT_SEMPER17 ||
      (read.flags & ~kKnownFlags) != 0) {
    return {StatusCode::kUnsupported,
            "options has a format or flags that this version of the library does not know"};
  }
  evaluator.options.format = static_cast<RecordFormat>(read.format);
  evaluator.flags = read.flags;
  if (read.now != nullptr) {
    evaluator.options.clock = [now = read.now, state = read.state] { return now(state); };
  }
  return {};
}

/// `set_source(evaluator)` tells what it decides by.
template <class SetSource>
int32_t create(const semper_evaluator_options_t* options, semper_evaluator_t** evaluator,
               semper_error_t** error, SetSource set_source) {
  HostState state = take_state(options);
  if (evaluator != nullptr) *evaluator = nullptr;
  return wall(error, [&]() -> Outcome {
    if (evaluator == nullptr) return null_argument("evaluator");
    auto made = std::make_unique<semper_evaluator>(std::move(state));
    if (Status status = read_options(options, *made); !status.ok()) return status;
    if (Status status = set_source(*made); !status.ok()) return status;
    *evaluator = publish(made.release());
    return {};
  });
}

/// An event must not lie where its records are written.
Status check_apart(const semper_result_t& result, const semper_string_view_t* events,
                   size_t count) {
  for (size_t i = 0; events != nullptr && i < count; ++i) {
    if (!usable(events[i]) || !result.holds(text(events[i]))) continue;
    return bad_argument("the event lies in the result that is to be filled; use another result");
  }
  return {};
}

/// Lets `body` fill the result, whose records are gone.
template <class Body>
Status fill_with(semper_evaluator_t* evaluator, semper_result_t& result, Body body) {
  if (evaluator == nullptr) return null_argument("evaluator");
  Alone alone_with_evaluator(evaluator);
  if (!alone_with_evaluator) return busy("evaluator");
  try {
    if (Status status = body(); !status.ok()) return status;
  } catch (...) {
    evaluator->evaluator.reset();
    throw;
  }
  // Mostly it is the same set as before, and references to it need not be counted anew.
  bool is_same =
      result.set && result.set->fingerprint().data() == evaluator->set.fingerprint().data();
  if (!is_same) result.set = evaluator->set;
  evaluator->count(result);
  return {};
}

/// Empties the result, lets `body` fill it, and empties it again where that fails.
template <class Body>
int32_t fill(semper_evaluator_t* evaluator, const semper_string_view_t* events, size_t count,
             semper_result_t* result, semper_error_t** error, Body body) {
  return wall(error, [&]() -> Outcome {
    if (result == nullptr) return null_argument("result");
    Alone alone_with_result(result);
    if (!alone_with_result) return busy("result");
    try {
      Status status = check_apart(*result, events, count);
      result->clear_records();
      if (status.ok()) status = fill_with(evaluator, *result, body);
      if (!status.ok()) result->clear();
      return status;
    } catch (...) {
      result->clear();
      throw;
    }
  });
}

}  // namespace
}  // namespace semper::capi

using namespace semper;
using namespace semper::capi;

int32_t semper_evaluator_create(const semper_policy_set_t* policy_set,
                                const semper_evaluator_options_t* options,
                                semper_evaluator_t** evaluator, semper_error_t** error) {
  return create(options, evaluator, error, [&](semper_evaluator_t& made) -> Status {
    if (policy_set == nullptr) return null_argument("policy_set");
    made.use(policy_set->set);
    return {};
  });
}

int32_t semper_evaluator_create_for_slot(const semper_slot_t* slot,
                                         const semper_evaluator_options_t* options,
                                         semper_evaluator_t** evaluator, semper_error_t** error) {
  return create(options, evaluator, error, [&](semper_evaluator_t& made) -> Status {
    if (slot == nullptr) return null_argument("slot");
    made.slot = slot->slot;
    made.slot_version = made.slot->version();
    made.use(made.slot->get());
    return {};
  });
}

void semper_evaluator_free(semper_evaluator_t* evaluator) {
  free_handle(evaluator);
}

int32_t semper_evaluator_replace(semper_evaluator_t* evaluator,
                                 const semper_policy_set_t* policy_set, semper_error_t** error) {
  return wall(error, [&]() -> Outcome {
    if (evaluator == nullptr) return null_argument("evaluator");
    if (policy_set == nullptr) return null_argument("policy_set");
    Alone alone(evaluator);
    if (!alone) return busy("evaluator");
    evaluator->use(policy_set->set);
    evaluator->slot.reset();
    return {};
  });
}

int32_t semper_evaluator_counters(const semper_evaluator_t* evaluator, semper_counters_t* counters,
                                  semper_error_t** error) {
  clear_struct(counters, SEMPER_COUNTERS_SIZE_1_0);
  return wall(error, [&]() -> Outcome {
    if (evaluator == nullptr) return null_argument("evaluator");
    if (Status status = check_output("counters", counters, SEMPER_COUNTERS_SIZE_1_0); !status.ok())
      return status;
    semper_counters_t out = SEMPER_COUNTERS_INIT;
    out.in = evaluator->counters.in;
    out.relevant = evaluator->counters.relevant;
    out.dropped = evaluator->counters.dropped;
    out.no_finding = evaluator->counters.no_finding;
    out.invalid = evaluator->counters.invalid;
    write_struct(counters, out);
    return {};
  });
}

int32_t semper_evaluator_policy_hits(const semper_evaluator_t* evaluator, size_t policy,
                                     uint64_t* hits, semper_error_t** error) {
  if (hits != nullptr) *hits = 0;
  return wall(error, [&]() -> Outcome {
    if (evaluator == nullptr) return null_argument("evaluator");
    if (hits == nullptr) return null_argument("hits");
    if (policy >= evaluator->hits.size()) return no_index("policy");
    *hits = evaluator->hits[policy];
    return {};
  });
}

int32_t semper_evaluate(semper_evaluator_t* evaluator, semper_string_view_t event,
                        semper_result_t* result, semper_error_t** error) {
  return fill(evaluator, &event, 1, result, error, [&]() -> Status {
    if (!usable(event)) return bad_view("event");
    evaluator->prepare();
    evaluator->evaluate(text(event), 0, *result);
    return {};
  });
}

int32_t semper_evaluate_batch(semper_evaluator_t* evaluator, const semper_string_view_t* events,
                              size_t count, semper_result_t* result, semper_error_t** error) {
  return fill(evaluator, events, count, result, error, [&]() -> Status {
    if (Status status = check_views("events", events, count); !status.ok()) return status;
    evaluator->prepare();
    for (size_t i = 0; i < count; ++i) evaluator->evaluate(text(events[i]), i, *result);
    return {};
  });
}

int32_t semper_evaluate_ndjson(semper_evaluator_t* evaluator, semper_string_view_t lines,
                               semper_result_t* result, semper_error_t** error) {
  return fill(evaluator, &lines, 1, result, error, [&]() -> Status {
    if (!usable(lines)) return bad_view("lines");
    evaluator->prepare();
    std::string_view rest = text(lines);
    for (std::uint64_t number = 0; !rest.empty(); ++number) {
      std::size_t end = std::min(rest.find('\n'), rest.size());
      std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      evaluator->evaluate(line, number, *result);
    }
    return {};
  });
}
