// A sequence of calls of the C ABI: each byte picks a function, the next ones its handles and
// texts. What must hold: no call crashes or leaks, a failure has an error and a success has none,
// and no finding is lost.
#include <array>
#include <string>
#include <vector>

#include "fuzz/fuzz.h"
#include "semper/debug.h"
#include "semper/semper.h"

using namespace semper::fuzz;

namespace {

constexpr std::size_t kSlots = 3;

/// Handles of each type, which calls make, use, replace and free in any order.
struct Handles {
  std::array<semper_compiler_t*, kSlots> compiler{};
  std::array<semper_policy_set_t*, kSlots> policy_set{};
  std::array<semper_slot_t*, kSlots> slot{};
  std::array<semper_evaluator_t*, kSlots> evaluator{};
  std::array<semper_result_t*, kSlots> result{};
  std::array<semper_pattern_t*, kSlots> pattern{};
  std::array<semper_scope_t*, kSlots> scope{};
  std::array<semper_error_t*, kSlots> error{};
  int providers = 0;
  int destroyed = 0;
};

class Sequence {
 public:
  Sequence(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool ended() const { return at_ >= size_; }
  std::uint8_t byte() { return ended() ? 0 : data_[at_++]; }
  std::size_t index() { return byte() % kSlots; }
  /// Up to 255 bytes of the input, or one of the texts that lead somewhere.
  semper_string_view_t text() {
    static const std::string kTexts[] = {
        "20_filtering/cloudtrail_api_calls/x",
        R"({"filtering":{"findingPattern":{"detail":{"eventName":["DeleteRole"]}}}})",
        R"({"detail-type":"AWS API Call via CloudTrail","source":"aws.iam","account":"1","region":"r","detail":{"eventSource":"iam","eventName":"DeleteRole"}})",
        R"({"filtering":{"policyScope":{"accountScope":{"exclude":{"accountTags":{"a":"b"}}}},"findingPattern":{"detail":{"eventName":["DeleteRole"]}}}})",
        "accounts",
        "{\"a\":[1,{\"prefix\":\"x\"}]}",
        "{\"a\":\"xy\"}",
        "severity",
        "file:/nowhere",
        "\n{}\n[]\n",
        R"({"extension":{"findingPattern":{"detail":{"eventName":["DeleteRole"]}},"extensionBlock":{"sqsFanOut":{"sqsName":"q","s":"${raw.detail.eventName}"},"sendToSecurityHub":{}}}})",
        "30_extension/x",
        R"({"configure":{"eventRuleSettings":{"eventName":"a","eventPattern":{"source":["aws.ec2"]}}}})",
        "10_configure/event_rules/a",
        R"([{"accountId":"111111111111"}])",
        "111111111111"};
    std::uint8_t length = byte();
    if (length >= 240) {
      const std::string& chosen = kTexts[byte() % std::size(kTexts)];
      return {chosen.data(), chosen.size()};
    }
    std::size_t count = std::min<std::size_t>(length, size_ - at_);
    semper_string_view_t view = {reinterpret_cast<const char*>(data_ + at_), count};
    at_ += count;
    return view;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

void look_up(void*, semper_call_t* call) {
  for (std::size_t i = 0; i < semper_call_count(call); ++i) {
    semper_string_view_t key = semper_call_key(call, i);
    if (key.size % 3 == 0) semper_call_set_absent(call, i, nullptr);
    if (key.size % 3 == 1)
      semper_call_set_json(call, i, {"{\"accountTags\":{\"a\":\"b\"}}", 25}, nullptr);
    if (key.size % 6 == 4) semper_call_set_stale_json(call, i, key, key.size, nullptr);
    if (key.size % 3 == 2) semper_call_fail(call, i, key, nullptr);
  }
}

template <class T, class Free>
T*& fresh(T*& handle, Free free) {
  free(handle);
  handle = nullptr;
  return handle;
}

/// Keeps the error in a slot, and holds the call to the rules about it.
template <class Call>
void check(Handles& handles, std::size_t index, Call call) {
  semper_error_free(handles.error[index]);
  handles.error[index] = nullptr;
  std::int32_t status = call(&handles.error[index]);
  require((status == SEMPER_OK) == (handles.error[index] == nullptr),
          "an error and a status that disagree");
  require(semper_error_status(handles.error[index]) == status, "an error of another status");
  require(status != SEMPER_INTERNAL && status != SEMPER_BUSY,
          "a status that nothing here explains");
}

void read_result(const semper_result_t* result, Sequence& sequence) {
  semper_string_view_t name = sequence.text();
  std::size_t count = semper_result_count(result);
  for (std::size_t i = 0; i < count; ++i) {
    semper_record_t record = SEMPER_RECORD_INIT;
    require(semper_result_record(result, i, &record, nullptr) == SEMPER_OK,
            "a record that is not there");
    require(record.decision >= 1 && record.decision <= 4, "no decision");
    for (std::uint64_t j = 0; j <= record.hit_count; ++j) {
      semper_hit_t hit = SEMPER_HIT_INIT;
      std::int32_t status = semper_result_hit(result, i, j, &hit, nullptr);
      require((status == SEMPER_OK) == (j < record.hit_count), "hits that are not there");
    }
    std::size_t routes = semper_result_route_count(result, i);
    require(routes == 0 || record.decision == SEMPER_DECISION_RELEVANT, "a route of no finding");
    for (std::size_t j = 0; j <= routes; ++j) {
      semper_route_t route = SEMPER_ROUTE_INIT;
      std::int32_t status = semper_result_route(result, i, j, &route, nullptr);
      require((status == SEMPER_OK) == (j < routes), "routes that are not there");
      require(j == routes || (route.target.size > 0 && route.record.size > 0), "an empty route");
    }
    semper_string_view_t value;
    std::int32_t kind = 0;
    semper_result_normalized(result, i, name, &value, &kind, nullptr);
  }
}

void evaluate(Handles& h, Sequence& s, std::uint8_t how, std::size_t a, std::size_t b) {
  semper_string_view_t texts[] = {s.text(), s.text()};
  semper_counters_t before = SEMPER_COUNTERS_INIT, after = SEMPER_COUNTERS_INIT;
  semper_evaluator_counters(h.evaluator[a], &before, nullptr);
  check(h, 0, [&](auto error) {
    if (how == 0) return semper_evaluate(h.evaluator[a], texts[0], h.result[b], error);
    if (how == 1) return semper_evaluate_batch(h.evaluator[a], texts, 2, h.result[b], error);
    return semper_evaluate_ndjson(h.evaluator[a], texts[0], h.result[b], error);
  });
  semper_evaluator_counters(h.evaluator[a], &after, nullptr);
  if (h.error[0] == nullptr) {
    std::size_t records = semper_result_count(h.result[b]);
    require(after.in - before.in == records, "a finding was lost");
    require(how == 2 || records >= (how == 0 ? 1u : 2u), "an event without a record");
  }
  require(after.in == after.relevant + after.dropped + after.no_finding + after.invalid,
          "the counters do not add up");
}

void call(Handles& h, Sequence& s) {
  std::uint8_t what = s.byte() % 28;
  std::size_t a = s.index();
  std::size_t b = s.index();
  switch (what) {
    case 0:
      fresh(h.compiler[a], semper_compiler_free);
      return check(h, b, [&](auto error) { return semper_compiler_create(&h.compiler[a], error); });
    case 1: {
      semper_string_view_t id = s.text(), json = s.text();
      return check(h, b, [&](auto error) {
        return semper_compiler_add_policy(h.compiler[a], id, json, error);
      });
    }
    case 2: {
      semper_provider_t provider = SEMPER_PROVIDER_INIT;
      semper_provider_options_t options = SEMPER_PROVIDER_OPTIONS_INIT;
      options.deadline_ms = SEMPER_OFF;
      provider.name = s.text();
      provider.key_kind = s.byte() % 7;
      provider.state = &h;
      provider.lookup = look_up;
      provider.destroy = [](void* state) { ++static_cast<Handles*>(state)->destroyed; };
      ++h.providers;
      bool guarded = s.byte() % 2 == 0;
      return check(h, b, [&](auto error) {
        return semper_compiler_add_provider(h.compiler[a], &provider, guarded ? &options : nullptr,
                                            error);
      });
    }
    case 3: {
      semper_limits_t limits = SEMPER_LIMITS_INIT;
      limits.event_bytes = s.byte() * std::uint64_t{16};
      limits.event_depth = s.byte();
      limits.event_findings = s.byte();
      limits.policy_bytes = s.byte() * std::uint64_t{16};
      limits.branches = s.byte();
      limits.accounts = s.byte();
      return check(h, b, [&](auto error) {
        return semper_compiler_set_limits(h.compiler[a], &limits, error);
      });
    }
    case 4: {
      semper_string_view_t regions[] = {s.text(), s.text()};
      return check(h, b, [&](auto error) {
        return semper_compiler_set_default_regions(h.compiler[a], regions, 2, error);
      });
    }
    case 5:
    case 6:
      fresh(h.policy_set[b], semper_policy_set_free);
      return check(h, a, [&](auto error) {
        return semper_compiler_compile(h.compiler[a], &h.policy_set[b], error);
      });
    case 7: {
      semper_policy_set_t* retained = semper_policy_set_retain(h.policy_set[a]);
      semper_policy_set_free(h.policy_set[b]);
      h.policy_set[b] = retained;
      return;
    }
    case 8:
      fresh(h.slot[b], semper_slot_free);
      return check(
          h, a, [&](auto error) { return semper_slot_create(h.policy_set[a], &h.slot[b], error); });
    case 9:
      return check(
          h, a, [&](auto error) { return semper_slot_replace(h.slot[a], h.policy_set[b], error); });
    case 10:
    case 11: {
      semper_evaluator_options_t options = SEMPER_EVALUATOR_OPTIONS_INIT;
      options.format = s.byte() % 2;
      options.flags = s.byte() % 4;
      fresh(h.evaluator[b], semper_evaluator_free);
      return check(h, a, [&](auto error) {
        return what == 10
                   ? semper_evaluator_create(h.policy_set[a], &options, &h.evaluator[b], error)
                   : semper_evaluator_create_for_slot(h.slot[a], &options, &h.evaluator[b], error);
      });
    }
    case 12:
      return check(h, a, [&](auto error) {
        return semper_evaluator_replace(h.evaluator[a], h.policy_set[b], error);
      });
    case 13:
      fresh(h.result[a], semper_result_free);
      return check(h, b, [&](auto error) { return semper_result_create(&h.result[a], error); });
    case 14:
    case 15:
    case 16:
      return evaluate(h, s, static_cast<std::uint8_t>(what - 14), a, b);
    case 17:
      return read_result(h.result[a], s);
    case 18: {
      semper_string_view_t texts[] = {s.text(), s.text()};
      fresh(h.pattern[a], semper_pattern_free);
      std::int32_t dialect = s.byte() % 3;
      return check(h, b, [&](auto error) {
        return semper_pattern_compile(texts, 2, dialect, s.byte() % 3, &h.pattern[a], error);
      });
    }
    case 19: {
      std::uint32_t matched[1];
      std::size_t count = 0;
      semper_string_view_t event = s.text();
      return check(h, b, [&](auto error) {
        return semper_pattern_match(h.pattern[a], event, matched, 1, &count, error);
      });
    }
    case 20: {
      semper_string_view_t json = s.text();
      fresh(h.scope[a], semper_scope_free);
      return check(h, b, [&](auto error) {
        return semper_scope_compile(json, s.byte() % 3, &h.scope[a], error);
      });
    }
    case 21: {
      semper_place_t place = SEMPER_PLACE_INIT;
      place.account_context = s.text();
      place.account_id = s.text();
      place.region = s.text();
      std::int32_t answer = 0;
      return check(h, b, [&](auto error) {
        return semper_scope_contains(h.scope[a], &place, &answer, error);
      });
    }
    case 22:
      fresh(h.policy_set[b], semper_policy_set_free);
      return check(h, a, [&](auto error) {
        return semper_result_policy_set(h.result[a], &h.policy_set[b], error);
      });
    case 23:
      for (std::size_t i = 0; i < semper_error_diagnostic_count(h.error[a]); ++i) {
        semper_diagnostic_t diagnostic = SEMPER_DIAGNOSTIC_INIT;
        require(semper_error_diagnostic(h.error[a], i, &diagnostic, nullptr) == SEMPER_OK,
                "no diagnostic");
        require(diagnostic.code.size > 0 && diagnostic.message.size > 0, "an empty diagnostic");
      }
      return;
    case 26: {
      std::size_t bytes = 0;
      semper_string_view_t id = s.text();
      semper_plan_options_t plan = SEMPER_PLAN_OPTIONS_INIT;
      plan.format = s.byte() % 5;
      plan.accounts = s.text();
      plan.account_ids = &id;
      plan.account_id_count = id.size > 0 ? 1 : 0;
      plan.control_ids = s.text();
      if (plan.format == SEMPER_PLAN_DIFFERENCE) plan.old_plan = s.text();
      plan.write = [](void* state, semper_string_view_t, semper_string_view_t written) {
        *static_cast<std::size_t*>(state) += written.size;
        return static_cast<std::int32_t>(written.size % 7 == 0);
      };
      plan.state = &bytes;
      check(h, b, [&](auto error) { return semper_compiler_plan(h.compiler[a], &plan, error); });
      return require(h.error[b] == nullptr || bytes == 0 || plan.format == SEMPER_PLAN_DIFFERENCE,
                     "a plan that failed was written");
    }
    case 27:
      for (std::size_t i = 0; i <= semper_policy_set_provider_count(h.policy_set[a]); ++i) {
        semper_provider_counters_t counters = SEMPER_PROVIDER_COUNTERS_INIT;
        if (semper_policy_set_provider_counters(h.policy_set[a], i, &counters, nullptr) !=
            SEMPER_OK) {
          continue;
        }
        require(
            counters.asked == counters.found + counters.stale + counters.absent + counters.failed,
            "the counters of a provider do not add up");
      }
      return;
    case 24:
      fresh(h.evaluator[a], semper_evaluator_free);
      fresh(h.slot[b], semper_slot_free);
      return;
    default:
      fresh(h.compiler[a], semper_compiler_free);
      fresh(h.policy_set[b], semper_policy_set_free);
      return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Handles handles;
  Sequence sequence(data, size);
  while (!sequence.ended()) call(handles, sequence);
  for (std::size_t i = 0; i < kSlots; ++i) {
    semper_compiler_free(handles.compiler[i]);
    semper_policy_set_free(handles.policy_set[i]);
    semper_slot_free(handles.slot[i]);
    semper_evaluator_free(handles.evaluator[i]);
    semper_result_free(handles.result[i]);
    semper_pattern_free(handles.pattern[i]);
    semper_scope_free(handles.scope[i]);
    semper_error_free(handles.error[i]);
  }
  require(semper_debug_live_handles() == 0, "a handle leaks");
  require(handles.destroyed == handles.providers, "state of a provider was not ended exactly once");
  return 0;
}
