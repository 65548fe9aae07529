/* What the C ABI does when it is used well. */
#include "check.h"

struct directory {
  int lookups;
  int destroyed;
  int fails;
};

static void look_up(void* state, semper_call_t* call) {
  struct directory* directory = state;
  size_t i;
  ++directory->lookups;
  for (i = 0; i < semper_call_count(call); ++i) {
    CHECK(semper_call_remaining_ns(call) > 0);
    if (directory->fails) {
      CHECK_STATUS(SEMPER_OK, semper_call_fail(call, i, view("the directory is down"), NULL));
    } else if (equals(semper_call_key(call, i), "111122223333")) {
      CHECK_STATUS(
          SEMPER_OK,
          semper_call_set_json(
              call, i,
              view("{\"accountId\": \"111122223333\", \"accountTags\": {\"env\": \"test\"}}"),
              NULL));
    } else {
      CHECK_STATUS(SEMPER_OK, semper_call_set_absent(call, i, NULL));
    }
  }
  CHECK_STATUS(SEMPER_NOT_FOUND, semper_call_set_absent(call, i, NULL));
  CHECK(semper_call_key(call, i).size == 0);
}

static void destroy(void* state) {
  ++((struct directory*)state)->destroyed;
}

static int64_t in_2026(void* state) {
  (void)state;
  return 1767225600;
}
static int64_t in_2028(void* state) {
  (void)state;
  return 1830297600;
}

static void version(void) {
  CHECK(semper_abi_version() == SEMPER_ABI_VERSION);
  CHECK(semper_version().size >= 5);
  CHECK(equals(semper_status_name(SEMPER_OK), "ok"));
  CHECK(equals(semper_status_name(SEMPER_OUT_OF_MEMORY), "out_of_memory"));
  CHECK(semper_status_name(12345).size == 0);
  CHECK(semper_status_name(-1).size == 0);
}

static void diagnostics(void) {
  semper_compiler_t* compiler = NULL;
  semper_policy_set_t* set = NULL;
  semper_error_t* error = NULL;
  semper_diagnostic_t diagnostic = SEMPER_DIAGNOSTIC_INIT;
  CHECK_STATUS(SEMPER_OK, semper_compiler_create(&compiler, NULL));
  CHECK_STATUS(
      SEMPER_INVALID_POLICY,
      semper_compiler_add_policy(
          compiler, view(kPolicyId),
          view(
              "{\"filtering\": {\"findingPattern\": {\"detail\": {\"a\": [{\"sufix\": \"x\"}]}}}}"),
          &error));
  CHECK(semper_error_status(error) == SEMPER_INVALID_POLICY);
  CHECK(semper_error_message(error).size > 0);
  CHECK(semper_error_diagnostic_count(error) >= 1);
  CHECK_STATUS(SEMPER_OK, semper_error_diagnostic(error, 0, &diagnostic, NULL));
  CHECK(equals(diagnostic.code, "unknown_comparator"));
  CHECK(equals(diagnostic.file, kPolicyId));
  CHECK(holds(diagnostic.pointer, "/filtering/findingPattern/detail/a/0"));
  CHECK(diagnostic.severity == SEMPER_SEVERITY_ERROR);
  CHECK(diagnostic.line == 1 && diagnostic.column > 1);
  CHECK_STATUS(SEMPER_NOT_FOUND, semper_error_diagnostic(error, 99, &diagnostic, NULL));
  CHECK(diagnostic.code.data == NULL && diagnostic.line == 0);
  semper_error_free(error);

  CHECK_STATUS(SEMPER_INVALID_POLICY, semper_compiler_compile(compiler, &set, &error));
  CHECK(set == NULL);
  CHECK(semper_error_diagnostic_count(error) >= 1);
  CHECK(semper_compiler_diagnostic_count(compiler) == semper_error_diagnostic_count(error));
  CHECK_STATUS(SEMPER_OK, semper_compiler_diagnostic(compiler, 0, &diagnostic, NULL));
  CHECK(equals(diagnostic.code, "unknown_comparator"));
  semper_compiler_free(compiler);
  semper_error_free(error);
}

static void policies(void) {
  semper_policy_set_t* set = compile(kPolicy);
  semper_policy_set_t* again = semper_policy_set_retain(set);
  semper_policy_t policy = SEMPER_POLICY_INIT;
  CHECK(again == set);
  semper_policy_set_free(set);
  CHECK(semper_policy_set_count(again) == 1);
  CHECK(semper_policy_set_fingerprint(again).size == 32);
  CHECK_STATUS(SEMPER_OK, semper_policy_set_describe(again, 0, &policy, NULL));
  CHECK(equals(policy.id, kPolicyId));
  CHECK(equals(policy.kind, "filtering"));
  CHECK(equals(policy.title, "The pipeline may delete roles"));
  CHECK(equals(policy.reason, "agreed"));
  CHECK(equals(policy.ticket, "SEC-12"));
  CHECK(policy.expires_at == 1798761600);
  CHECK(policy.valid_from == 0 && policy.flags == 0);
  CHECK_STATUS(SEMPER_NOT_FOUND, semper_policy_set_describe(again, 1, &policy, NULL));
  CHECK(policy.id.data == NULL);
  semper_policy_set_free(again);
}

/* One event is dropped while the account is known and the acceptance alive, and relevant else. */
static void decisions(void) {
  struct directory directory = {0, 0, 0};
  semper_provider_t provider = SEMPER_PROVIDER_INIT;
  semper_evaluator_options_t options = SEMPER_EVALUATOR_OPTIONS_INIT;
  semper_compiler_t* compiler = NULL;
  semper_policy_set_t* set = NULL;
  semper_evaluator_t* evaluator = NULL;
  semper_result_t* result = NULL;
  semper_record_t record = SEMPER_RECORD_INIT;
  semper_hit_t hit = SEMPER_HIT_INIT;
  semper_counters_t counters = SEMPER_COUNTERS_INIT;
  uint64_t hits = 0;

  provider.name = view("accounts");
  provider.state = &directory;
  provider.lookup = look_up;
  provider.destroy = destroy;
  CHECK_STATUS(SEMPER_OK, semper_compiler_create(&compiler, NULL));
  CHECK_STATUS(SEMPER_OK, semper_compiler_add_provider(compiler, &provider, NULL, NULL));
  CHECK_STATUS(SEMPER_OK,
               semper_compiler_add_policy(compiler, view(kPolicyId), view(kPolicy), NULL));
  CHECK_STATUS(SEMPER_OK, semper_compiler_compile(compiler, &set, NULL));
  semper_compiler_free(compiler);
  CHECK_STATUS(SEMPER_OK, semper_result_create(&result, NULL));
  CHECK_STATUS(SEMPER_NOT_FOUND, semper_result_record(result, 0, &record, NULL));

  options.now = in_2026;
  CHECK_STATUS(SEMPER_OK, semper_evaluator_create(set, &options, &evaluator, NULL));
  CHECK_STATUS(SEMPER_OK, semper_evaluate(evaluator, view(kEvent), result, NULL));
  CHECK(directory.lookups == 1);
  CHECK(semper_result_count(result) == 1);
  CHECK_STATUS(SEMPER_OK, semper_result_record(result, 0, &record, NULL));
  CHECK(record.decision == SEMPER_DECISION_DROPPED);
  CHECK(record.event == 0 && record.hit_count == 1);
  CHECK(holds(record.json, "\"decision\":\"dropped\""));
  CHECK_STATUS(SEMPER_OK, semper_result_hit(result, 0, 0, &hit, NULL));
  CHECK(hit.effect == SEMPER_EFFECT_DROP && hit.policy == 0);
  CHECK(equals(hit.id, kPolicyId));
  CHECK(equals(hit.reason, "agreed"));
  CHECK_STATUS(SEMPER_NOT_FOUND, semper_result_hit(result, 0, 1, &hit, NULL));
  CHECK(hit.id.data == NULL && hit.effect == 0);

  directory.fails = 1;
  CHECK_STATUS(SEMPER_OK, semper_evaluate(evaluator, view(kEvent), result, NULL));
  CHECK_STATUS(SEMPER_OK, semper_result_record(result, 0, &record, NULL));
  CHECK(record.decision == SEMPER_DECISION_RELEVANT);
  CHECK(holds(record.json, "the directory is down"));
  CHECK_STATUS(SEMPER_OK, semper_result_hit(result, 0, 0, &hit, NULL));
  CHECK(hit.effect == SEMPER_EFFECT_UNDETERMINED);
  directory.fails = 0;

  CHECK_STATUS(SEMPER_OK, semper_evaluator_counters(evaluator, &counters, NULL));
  CHECK(counters.in == 2 && counters.dropped == 1 && counters.relevant == 1);
  CHECK_STATUS(SEMPER_OK, semper_evaluator_policy_hits(evaluator, 0, &hits, NULL));
  CHECK(hits == 2);
  CHECK_STATUS(SEMPER_NOT_FOUND, semper_evaluator_policy_hits(evaluator, 1, &hits, NULL));
  semper_evaluator_free(evaluator);

  options.now = in_2028;
  CHECK_STATUS(SEMPER_OK, semper_evaluator_create(set, &options, &evaluator, NULL));
  semper_policy_set_free(set);
  CHECK_STATUS(SEMPER_OK, semper_evaluate(evaluator, view(kEvent), result, NULL));
  CHECK_STATUS(SEMPER_OK, semper_result_record(result, 0, &record, NULL));
  CHECK(record.decision == SEMPER_DECISION_RELEVANT);
  CHECK_STATUS(SEMPER_OK, semper_result_hit(result, 0, 0, &hit, NULL));
  CHECK(hit.effect == SEMPER_EFFECT_EXPIRED);

  semper_evaluator_free(evaluator);
  CHECK(directory.destroyed == 0);
  semper_result_free(result);
  CHECK(directory.destroyed == 1);
}

static void batches(void) {
  semper_policy_set_t* set = compile(kPolicyEverywhere);
  semper_policy_set_t* same = NULL;
  semper_evaluator_options_t options = SEMPER_EVALUATOR_OPTIONS_INIT;
  semper_evaluator_t* evaluator = NULL;
  semper_result_t* result = NULL;
  semper_record_t record = SEMPER_RECORD_INIT;
  semper_string_view_t events[3];
  semper_string_view_t value;
  int32_t kind = 0;
  char lines[4096];

  events[0] = view(kEvent);
  events[1] = view("no event");
  events[2] = view(kOtherEvent);
  options.flags = SEMPER_EVALUATOR_NO_DROPPED_JSON;
  CHECK_STATUS(SEMPER_OK, semper_evaluator_create(set, &options, &evaluator, NULL));
  CHECK_STATUS(SEMPER_OK, semper_result_create(&result, NULL));
  CHECK_STATUS(SEMPER_OK, semper_evaluate_batch(evaluator, events, 3, result, NULL));
  CHECK(semper_result_count(result) == 3);
  CHECK_STATUS(SEMPER_OK, semper_result_record(result, 0, &record, NULL));
  CHECK(record.decision == SEMPER_DECISION_DROPPED && record.json.size == 0 && record.event == 0);
  CHECK_STATUS(SEMPER_NOT_FOUND,
               semper_result_normalized(result, 0, view("accountId"), &value, &kind, NULL));
  CHECK_STATUS(SEMPER_OK, semper_result_record(result, 1, &record, NULL));
  CHECK(record.decision == SEMPER_DECISION_INVALID && record.event == 1);
  CHECK_STATUS(SEMPER_OK, semper_result_record(result, 2, &record, NULL));
  CHECK(record.decision == SEMPER_DECISION_RELEVANT && record.event == 2);
  CHECK(record.json.data[record.json.size - 1] == '}' &&
        record.json.data[record.json.size] == '\n');

  CHECK_STATUS(SEMPER_OK,
               semper_result_normalized(result, 2, view("accountId"), &value, &kind, NULL));
  CHECK(kind == SEMPER_KIND_STRING && equals(value, "111122223333"));
  CHECK_STATUS(SEMPER_OK,
               semper_result_normalized(result, 2, view("principal"), &value, &kind, NULL));
  CHECK(kind == SEMPER_KIND_STRING ? holds(value, "/pipeline") : holds(value, "ipeline"));
  CHECK_STATUS(SEMPER_NOT_FOUND,
               semper_result_normalized(result, 2, view("accountid"), &value, &kind, NULL));
  CHECK(kind == 0 && value.data == NULL);
  CHECK(holds(semper_result_ndjson(result), "\"rawHash\""));
  CHECK(!holds(semper_result_ndjson(result), "\"dropped\""));
  CHECK_STATUS(SEMPER_OK, semper_result_policy_set(result, &same, NULL));
  CHECK(semper_policy_set_count(same) == 1);

  snprintf(lines, sizeof lines, "%s\r\n\n  \t\nno event\n%s", kEvent, kOtherEvent);
  CHECK_STATUS(SEMPER_OK, semper_evaluate_ndjson(evaluator, view(lines), result, NULL));
  CHECK(semper_result_count(result) == 3);
  CHECK_STATUS(SEMPER_OK, semper_result_record(result, 1, &record, NULL));
  CHECK(record.event == 3 && record.decision == SEMPER_DECISION_INVALID);
  CHECK_STATUS(SEMPER_OK, semper_result_record(result, 2, &record, NULL));
  CHECK(record.event == 4);

  CHECK_STATUS(SEMPER_OK, semper_evaluate_batch(evaluator, NULL, 0, result, NULL));
  CHECK(semper_result_count(result) == 0);
  CHECK(semper_result_ndjson(result).size == 0);
  semper_policy_set_free(same);
  semper_result_free(result);
  semper_evaluator_free(evaluator);
  semper_policy_set_free(set);
}

static int32_t decide(semper_evaluator_t* evaluator, semper_result_t* result) {
  semper_record_t record = SEMPER_RECORD_INIT;
  CHECK_STATUS(SEMPER_OK, semper_evaluate(evaluator, view(kEvent), result, NULL));
  CHECK_STATUS(SEMPER_OK, semper_result_record(result, 0, &record, NULL));
  return record.decision;
}

static void hot_swap(void) {
  semper_policy_set_t* nothing = compile(NULL);
  semper_policy_set_t* filter = compile(kPolicyEverywhere);
  semper_policy_set_t* got = NULL;
  semper_slot_t* slot = NULL;
  semper_evaluator_t* evaluator = NULL;
  semper_result_t* result = NULL;
  CHECK_STATUS(SEMPER_OK, semper_slot_create(nothing, &slot, NULL));
  CHECK_STATUS(SEMPER_OK, semper_evaluator_create_for_slot(slot, NULL, &evaluator, NULL));
  CHECK_STATUS(SEMPER_OK, semper_result_create(&result, NULL));
  CHECK(decide(evaluator, result) == SEMPER_DECISION_RELEVANT);
  CHECK_STATUS(SEMPER_OK, semper_slot_replace(slot, filter, NULL));
  CHECK(decide(evaluator, result) == SEMPER_DECISION_DROPPED);
  CHECK_STATUS(SEMPER_OK, semper_slot_get(slot, &got, NULL));
  CHECK(semper_policy_set_count(got) == 1);
  semper_slot_free(slot);
  CHECK(decide(evaluator, result) == SEMPER_DECISION_DROPPED);
  CHECK_STATUS(SEMPER_OK, semper_evaluator_replace(evaluator, nothing, NULL));
  CHECK(decide(evaluator, result) == SEMPER_DECISION_RELEVANT);
  semper_policy_set_free(got);
  semper_policy_set_free(nothing);
  semper_policy_set_free(filter);
  semper_evaluator_free(evaluator);
  semper_result_free(result);
}

static void limits(void) {
  semper_limits_t limits = SEMPER_LIMITS_INIT;
  semper_compiler_t* compiler = NULL;
  semper_policy_set_t* set = NULL;
  semper_evaluator_t* evaluator = NULL;
  semper_result_t* result = NULL;
  semper_error_t* error = NULL;
  CHECK_STATUS(SEMPER_OK, semper_compiler_create(&compiler, NULL));
  limits.event_depth = 1025;
  CHECK_STATUS(SEMPER_INVALID_ARGUMENT, semper_compiler_set_limits(compiler, &limits, &error));
  CHECK(holds(semper_error_message(error), "event_depth"));
  semper_error_free(error);
  limits.event_depth = 0;
  limits.event_bytes = 100;
  CHECK_STATUS(SEMPER_OK, semper_compiler_set_limits(compiler, &limits, NULL));
  CHECK_STATUS(SEMPER_OK, semper_compiler_compile(compiler, &set, NULL));
  CHECK_STATUS(SEMPER_OK, semper_evaluator_create(set, NULL, &evaluator, NULL));
  CHECK_STATUS(SEMPER_OK, semper_result_create(&result, NULL));
  CHECK(decide(evaluator, result) == SEMPER_DECISION_INVALID);
  CHECK(holds(semper_result_ndjson(result), "event_too_large"));
  semper_result_free(result);
  semper_evaluator_free(evaluator);
  semper_policy_set_free(set);
  semper_compiler_free(compiler);
}

static void patterns(void) {
  semper_string_view_t texts[3];
  semper_pattern_t* pattern = NULL;
  semper_error_t* error = NULL;
  semper_diagnostic_t diagnostic = SEMPER_DIAGNOSTIC_INIT;
  uint32_t matched[2] = {7, 7};
  size_t count = 0;
  texts[0] = view("{\"a\": [1]}");
  texts[1] = view("{\"a\": [2]}");
  texts[2] = view("{\"b\": [{\"prefix\": \"x\"}]}");
  CHECK_STATUS(SEMPER_OK, semper_pattern_compile(texts, 3, SEMPER_DIALECT_SEMPER, SEMPER_ARRAYS_ANY,
                                                 &pattern, NULL));
  CHECK_STATUS(SEMPER_OK, semper_pattern_match(pattern, view("{\"a\": 1.0, \"b\": \"xy\"}"),
                                               matched, 2, &count, NULL));
  CHECK(count == 2 && matched[0] == 0 && matched[1] == 2);
  CHECK_STATUS(SEMPER_OK,
               semper_pattern_match(pattern, view("{\"b\": \"x\"}"), NULL, 0, &count, NULL));
  CHECK(count == 1);
  CHECK_STATUS(SEMPER_INVALID_EVENT,
               semper_pattern_match(pattern, view("[]"), NULL, 0, &count, &error));
  CHECK(holds(semper_error_message(error), "event_not_object: "));
  CHECK(count == 0);
  semper_error_free(error);
  semper_pattern_free(pattern);

  texts[1] = view("{\"a\": [{\"numeric\": [\">\"]}]}");
  CHECK_STATUS(SEMPER_INVALID_POLICY, semper_pattern_compile(texts, 3, SEMPER_DIALECT_EVENTBRIDGE,
                                                             SEMPER_ARRAYS_ANY, &pattern, &error));
  CHECK(pattern == NULL);
  CHECK(semper_error_diagnostic_count(error) == 1);
  CHECK_STATUS(SEMPER_OK, semper_error_diagnostic(error, 0, &diagnostic, NULL));
  CHECK(equals(diagnostic.file, "1"));
  semper_error_free(error);
}

static int32_t contains(const semper_scope_t* scope, const char* context, const char* region) {
  semper_place_t place = SEMPER_PLACE_INIT;
  int32_t answer = -1;
  if (context != NULL) place.account_context = view(context);
  place.region = view(region);
  CHECK_STATUS(SEMPER_OK, semper_scope_contains(scope, &place, &answer, NULL));
  return answer;
}

static void scopes(void) {
  semper_scope_t* scope = NULL;
  semper_place_t place = SEMPER_PLACE_INIT;
  semper_string_view_t defaults[1];
  int32_t answer = -1;
  CHECK_STATUS(SEMPER_OK,
               semper_scope_compile(view("{\"accountScope\": {\"exclude\": {\"ouName\": \"prod\"}},"
                                         " \"regionScope\": {\"exclude\": \"us-east-1\"}}"),
                                    SEMPER_SCOPE_POLICY, &scope, NULL));
  CHECK(contains(scope, "{\"ouName\": \"test\"}", "eu-west-1") == SEMPER_YES);
  CHECK(contains(scope, "{\"ouName\": \"prod\"}", "eu-west-1") == SEMPER_NO);
  CHECK(contains(scope, "{\"ouName\": \"test\"}", "us-east-1") == SEMPER_NO);
  CHECK(contains(scope, "{\"ouName\": \"test\"}", "") == SEMPER_UNKNOWN);
  CHECK(contains(scope, NULL, "eu-west-1") == SEMPER_UNKNOWN);
  semper_scope_free(scope);

  CHECK_STATUS(SEMPER_OK, semper_scope_compile(view("{\"forceInclude\": \"us-east-1\"}"),
                                               SEMPER_SCOPE_LIST, &scope, NULL));
  defaults[0] = view("eu-west-1");
  place.regions = defaults;
  place.region_count = 1;
  place.region = view("us-east-1");
  CHECK_STATUS(SEMPER_OK, semper_scope_contains(scope, &place, &answer, NULL));
  CHECK(answer == SEMPER_YES);
  place.region = view("us-west-2");
  CHECK_STATUS(SEMPER_OK, semper_scope_contains(scope, &place, &answer, NULL));
  CHECK(answer == SEMPER_NO);
  semper_scope_free(scope);
}

/* What extension policies send on comes out resolved, with all a host needs to send it. */
static void routes(void) {
  static const char kSend[] =
      "{\"extension\": {\"findingPattern\": {\"detail\": {\"eventName\": [\"CreateUser\"]}},"
      " \"extensionBlock\": {\"sqsFanOut\": [{\"sqsName\": \"mail\","
      " \"subject\": \"${raw.detail.eventName}\"}],"
      " \"sendToSecurityHub\": {\"findingTitle\": \"A user\"}}}}";
  semper_compiler_t* compiler = NULL;
  semper_policy_set_t* set = NULL;
  semper_evaluator_t* evaluator = NULL;
  semper_result_t* result = NULL;
  semper_record_t record = SEMPER_RECORD_INIT;
  semper_route_t route = SEMPER_ROUTE_INIT;
  semper_string_view_t events[2];
  events[0] = view(kEvent);
  events[1] = view(kOtherEvent);
  CHECK_STATUS(SEMPER_OK, semper_compiler_create(&compiler, NULL));
  CHECK_STATUS(SEMPER_OK,
               semper_compiler_add_policy(compiler, view("30_extension/send"), view(kSend), NULL));
  CHECK_STATUS(SEMPER_OK, semper_compiler_compile(compiler, &set, NULL));
  CHECK_STATUS(SEMPER_OK, semper_evaluator_create(set, NULL, &evaluator, NULL));
  CHECK_STATUS(SEMPER_OK, semper_result_create(&result, NULL));
  CHECK(semper_result_route_count(result, 0) == 0);
  CHECK_STATUS(SEMPER_OK, semper_evaluate_batch(evaluator, events, 2, result, NULL));
  CHECK(semper_result_route_count(result, 0) == 0);
  CHECK(semper_result_route_count(result, 1) == 2);
  CHECK_STATUS(SEMPER_NOT_FOUND, semper_result_route(result, 0, 0, &route, NULL));
  CHECK_STATUS(SEMPER_OK, semper_result_record(result, 1, &record, NULL));
  CHECK_STATUS(SEMPER_OK, semper_result_route(result, 1, 0, &route, NULL));
  CHECK(route.type == SEMPER_ROUTE_SQS);
  CHECK(equals(route.target,
               "{\"type\":\"sqs\",\"policy\":\"30_extension/send\",\"queueName\":"
               "\"mail\",\"instructions\":{\"sqsName\":\"mail\",\"subject\":"
               "\"CreateUser\"}}"));
  CHECK(route.record.data == record.json.data && route.record.size == record.json.size);
  CHECK_STATUS(SEMPER_OK, semper_result_route(result, 1, 1, &route, NULL));
  CHECK(route.type == SEMPER_ROUTE_SECURITY_HUB);
  CHECK(holds(route.target, "\"accountId\":\"111122223333\",\"region\":\"us-east-1\""));
  CHECK(route.record.data[0] == '{' && route.record.data[route.record.size - 1] == '}');
  CHECK(holds(route.record, "\"SchemaVersion\"") && holds(route.record, "\"Title\":\"A user\""));
  CHECK_STATUS(SEMPER_NOT_FOUND, semper_result_route(result, 1, 2, &route, NULL));
  CHECK(route.target.data == NULL && route.type == 0);

  CHECK_STATUS(SEMPER_OK, semper_evaluate(evaluator, view(kEvent), result, NULL));
  CHECK(semper_result_route_count(result, 0) == 0 && semper_result_route_count(result, 1) == 0);
  semper_result_free(result);
  semper_evaluator_free(evaluator);
  semper_policy_set_free(set);
  semper_compiler_free(compiler);
}

static void old_answer(void* state, semper_call_t* call) {
  (void)state;
  CHECK_STATUS(SEMPER_OK, semper_call_set_stale_json(
                              call, 0, view("{\"accountTags\": {\"env\": \"test\"}}"), 90, NULL));
  CHECK_STATUS(SEMPER_INVALID_ARGUMENT, semper_call_set_stale_json(NULL, 0, view("{}"), 90, NULL));
}

/* A host sees whether its providers work, and may answer with what it knew before. */
static void provider_counters(void) {
  struct directory directory = {0, 0, 1};
  semper_provider_t provider = SEMPER_PROVIDER_INIT;
  semper_provider_options_t options = SEMPER_PROVIDER_OPTIONS_INIT;
  semper_provider_counters_t counters = SEMPER_PROVIDER_COUNTERS_INIT;
  semper_compiler_t* compiler = NULL;
  semper_policy_set_t* set = NULL;
  semper_policy_set_t* of_result = NULL;
  semper_evaluator_t* evaluator = NULL;
  semper_result_t* result = NULL;
  uint64_t calls = 0;
  size_t i;
  CHECK_STATUS(SEMPER_OK, semper_compiler_create(&compiler, NULL));
  provider.name = view("accounts");
  provider.state = &directory;
  provider.lookup = look_up;
  options.error_ttl_ms = SEMPER_OFF;
  options.deadline_ms = SEMPER_OFF;
  CHECK_STATUS(SEMPER_OK, semper_compiler_add_provider(compiler, &provider, &options, NULL));
  provider.name = view("Alone");
  provider.key_kind = SEMPER_KEY_RESOURCE_ID;
  CHECK_STATUS(SEMPER_OK, semper_compiler_add_provider(compiler, &provider, NULL, NULL));
  CHECK_STATUS(SEMPER_OK, semper_compiler_compile(compiler, &set, NULL));
  semper_compiler_free(compiler);
  CHECK(semper_policy_set_provider_count(set) == 2);
  CHECK_STATUS(SEMPER_OK, semper_evaluator_create(set, NULL, &evaluator, NULL));
  CHECK_STATUS(SEMPER_OK, semper_result_create(&result, NULL));
  CHECK_STATUS(SEMPER_OK, semper_evaluate(evaluator, view(kEvent), result, NULL));
  CHECK_STATUS(SEMPER_OK, semper_policy_set_provider_counters(set, 1, &counters, NULL));
  CHECK(equals(counters.name, "accounts") && counters.key_kind == SEMPER_KEY_ACCOUNT_ID);
  CHECK(counters.asked == 1 && counters.failed == 1 && counters.found == 0);
  CHECK(counters.calls == 1 && counters.failed_calls == 1);
  for (i = 0; i < 24; ++i) calls += counters.latency[i];
  CHECK(calls == 1);
  directory.fails = 0;
  CHECK_STATUS(SEMPER_OK, semper_evaluate(evaluator, view(kEvent), result, NULL));
  CHECK_STATUS(SEMPER_OK, semper_result_policy_set(result, &of_result, NULL));
  semper_policy_set_free(set);
  CHECK_STATUS(SEMPER_OK, semper_policy_set_provider_counters(of_result, 1, &counters, NULL));
  CHECK(counters.asked == 2 && counters.found == 1 && counters.cache_entries == 1);
  CHECK(counters.asked == counters.found + counters.stale + counters.absent + counters.failed);
  CHECK_STATUS(SEMPER_OK, semper_policy_set_provider_counters(of_result, 0, &counters, NULL));
  CHECK(equals(counters.name, "Alone") && counters.asked == 0);
  CHECK(counters.key_kind == SEMPER_KEY_RESOURCE_ID);
  CHECK_STATUS(SEMPER_NOT_FOUND,
               semper_policy_set_provider_counters(of_result, 2, &counters, NULL));
  CHECK(counters.name.data == NULL && counters.latency[0] == 0);
  semper_policy_set_free(of_result);
  semper_evaluator_free(evaluator);
  semper_result_free(result);

  CHECK_STATUS(SEMPER_OK, semper_compiler_create(&compiler, NULL));
  provider.name = view("accounts");
  provider.key_kind = 0;
  provider.lookup = old_answer;
  CHECK_STATUS(SEMPER_OK, semper_compiler_add_provider(compiler, &provider, NULL, NULL));
  CHECK_STATUS(SEMPER_OK,
               semper_compiler_add_policy(compiler, view(kPolicyId), view(kPolicy), NULL));
  CHECK_STATUS(SEMPER_OK, semper_compiler_compile(compiler, &set, NULL));
  CHECK_STATUS(SEMPER_OK, semper_evaluator_create(set, NULL, &evaluator, NULL));
  CHECK_STATUS(SEMPER_OK, semper_result_create(&result, NULL));
  CHECK_STATUS(SEMPER_OK, semper_evaluate(evaluator, view(kEvent), result, NULL));
  CHECK(holds(semper_result_ndjson(result), "\"status\":\"stale\",\"ageSeconds\":90"));
  semper_policy_set_free(set);
  semper_compiler_free(compiler);
  semper_evaluator_free(evaluator);
  semper_result_free(result);
}

struct written {
  char path[64];
  char bytes[8192];
  size_t size;
  int pieces;
  int warnings;
  int stops;
  semper_compiler_t* compiler; /* to be misused */
};

static int32_t keep(void* state, semper_string_view_t path, semper_string_view_t bytes) {
  struct written* written = state;
  CHECK(path.size < sizeof written->path && written->size + bytes.size < sizeof written->bytes);
  memcpy(written->path, path.data, path.size);
  written->path[path.size] = 0;
  memcpy(written->bytes + written->size, bytes.data, bytes.size);
  written->size += bytes.size;
  ++written->pieces;
  if (written->compiler != NULL) {
    semper_policy_set_t* set = NULL;
    CHECK_STATUS(SEMPER_BUSY, semper_compiler_compile(written->compiler, &set, NULL));
  }
  return written->stops;
}

static void count_warning(void* state, const semper_diagnostic_t* warning) {
  CHECK(warning->struct_size >= SEMPER_DIAGNOSTIC_SIZE_1_0);
  CHECK(warning->severity == SEMPER_SEVERITY_WARNING && warning->message.size > 0);
  ++((struct written*)state)->warnings;
}

static void plans(void) {
  static const char kRule[] =
      "{\"configure\": {\"policyScope\": {\"accountScope\": {\"exclude\": {\"accountTags\":"
      " {\"env\": \"dev\"}}}}, \"eventRuleSettings\": {\"eventName\": \"keys\","
      " \"eventPattern\": {\"source\": [\"aws.kms\"]}}}}";
  semper_compiler_t* compiler = NULL;
  semper_error_t* error = NULL;
  semper_plan_options_t plan = SEMPER_PLAN_OPTIONS_INIT;
  semper_diagnostic_t diagnostic = SEMPER_DIAGNOSTIC_INIT;
  semper_string_view_t region = view("eu-central-1");
  semper_string_view_t id = view("444455556666");
  static struct written written, other;
  CHECK_STATUS(SEMPER_OK, semper_compiler_create(&compiler, NULL));
  CHECK_STATUS(SEMPER_OK, semper_compiler_add_policy(
                              compiler, view("10_configure/event_rules/keys"), view(kRule), NULL));
  plan.accounts = view(
      "[{\"accountId\": \"111122223333\"}, {\"accountId\": \"222233334444\","
      " \"accountTags\": {\"env\": \"dev\"}}]");
  plan.write = keep;
  plan.state = &written;
  CHECK_STATUS(SEMPER_INVALID_ARGUMENT, semper_compiler_plan(compiler, &plan, &error));
  CHECK(holds(semper_error_message(error), "regions"));
  semper_error_free(error);
  CHECK(written.pieces == 0);
  CHECK_STATUS(SEMPER_OK, semper_compiler_set_default_regions(compiler, &region, 1, NULL));

  /* Who is known not to be in scope gets nothing; of whom only the id is known is told. */
  plan.account_ids = &id;
  plan.account_id_count = 1;
  plan.warn = count_warning;
  written.compiler = compiler;
  CHECK_STATUS(SEMPER_OK, semper_compiler_plan(compiler, &plan, NULL));
  CHECK(strcmp(written.path, "plan.json") == 0);
  CHECK(holds(view(written.bytes), "{\"account\":\"111122223333\",\"region\":\"eu-central-1\","));
  CHECK(holds(view(written.bytes), "\"undetermined\":[\"10_configure/event_rules/keys\"]"));
  CHECK(written.warnings == 1);

  /* The same is no difference; one account less is. */
  plan.format = SEMPER_PLAN_DIFFERENCE;
  plan.old_plan = view(written.bytes);
  plan.state = &other;
  CHECK_STATUS(SEMPER_OK, semper_compiler_plan(compiler, &plan, NULL));
  CHECK(other.size == 0);
  plan.accounts.size = 0;
  CHECK_STATUS(SEMPER_OK, semper_compiler_plan(compiler, &plan, NULL));
  CHECK(holds(view(other.bytes), "\"change\":\"remove\""));
  plan.old_plan = view("{}");
  CHECK_STATUS(SEMPER_INVALID_ARGUMENT, semper_compiler_plan(compiler, &plan, NULL));
  plan.old_plan.size = 0;
  CHECK_STATUS(SEMPER_INVALID_ARGUMENT, semper_compiler_plan(compiler, &plan, NULL));

  /* Templates; the host may stop. */
  memset(&other, 0, sizeof other);
  plan.format = SEMPER_PLAN_CLOUDFORMATION;
  plan.accounts = view("{\"111122223333\": {}}\n");
  plan.account_id_count = 0;
  CHECK_STATUS(SEMPER_OK, semper_compiler_plan(compiler, &plan, NULL));
  CHECK(strcmp(other.path, "111122223333/eu-central-1.template.json") == 0);
  CHECK(holds(view(other.bytes), "AWS::Events::Rule"));
  plan.accounts = view("{\"111122223333\": {}, \"111122224444\": {}}");
  memset(&other, 0, sizeof other);
  other.stops = 1;
  CHECK_STATUS(SEMPER_OK, semper_compiler_plan(compiler, &plan, NULL));
  CHECK(other.pieces == 1);
  plan.format = SEMPER_PLAN_TERRAFORM;
  CHECK_STATUS(SEMPER_OK, semper_compiler_plan(compiler, &plan, NULL));
  CHECK(strcmp(other.path, "111122223333/eu-central-1/main.tf.json") == 0);

  plan.accounts = view("[1]");
  CHECK_STATUS(SEMPER_INVALID_ARGUMENT, semper_compiler_plan(compiler, &plan, NULL));
  plan.accounts = view("[]");
  plan.control_ids = view("[]");
  CHECK_STATUS(SEMPER_INVALID_ARGUMENT, semper_compiler_plan(compiler, &plan, NULL));
  plan.control_ids.size = 0;
  plan.write = NULL;
  CHECK_STATUS(SEMPER_INVALID_ARGUMENT, semper_compiler_plan(compiler, &plan, NULL));
  plan.write = keep;
  id = view("12");
  plan.account_id_count = 1;
  CHECK_STATUS(SEMPER_INVALID_ARGUMENT, semper_compiler_plan(compiler, &plan, NULL));
  plan.account_id_count = UINT64_MAX;
  plan.account_ids = NULL;
  CHECK_STATUS(SEMPER_INVALID_ARGUMENT, semper_compiler_plan(compiler, &plan, NULL));
  plan.account_id_count = 0;

  /* A policy that does not load: nothing is planned, and the diagnostics say why. */
  CHECK_STATUS(SEMPER_INVALID_POLICY,
               semper_compiler_add_policy(compiler, view("10_configure/event_rules/other"),
                                          view("{\"configure\": 1}"), NULL));
  other.pieces = 0;
  CHECK_STATUS(SEMPER_INVALID_POLICY, semper_compiler_plan(compiler, &plan, &error));
  CHECK(other.pieces == 0);
  CHECK_STATUS(SEMPER_OK, semper_error_diagnostic(error, 0, &diagnostic, NULL));
  CHECK(equals(diagnostic.file, "10_configure/event_rules/other"));
  semper_error_free(error);
  semper_compiler_free(compiler);
}

int main(void) {
  version();
  diagnostics();
  policies();
  decisions();
  batches();
  hot_swap();
  limits();
  patterns();
  scopes();
  routes();
  provider_counters();
  plans();
  CHECK(semper_debug_live_handles() == 0);
  return 0;
}
