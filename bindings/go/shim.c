#include "shim.h"

#include "_cgo_export.h"

semper_go_result* semper_go_result_create(void) {
  semper_go_result* made = calloc(1, sizeof *made);
  if (made == NULL) return NULL;
  if (semper_result_create(&made->result, NULL) != SEMPER_OK) {
    free(made);
    return NULL;
  }
  return made;
}

void semper_go_result_free(semper_go_result* result) {
  semper_result_free(result->result);
  semper_error_free(result->error);
  free(result->records);
  free(result);
}

/* After a call that returned `status`. */
static int32_t gather(int32_t status, semper_go_result* to) {
  const semper_record_t empty = SEMPER_RECORD_INIT;
  size_t count, i;
  to->count = 0;
  to->ndjson.data = NULL;
  to->ndjson.size = 0;
  if (status != SEMPER_OK) return status;
  count = semper_result_count(to->result);
  if (count > to->capacity) {
    semper_record_t* records = realloc(to->records, count * sizeof *records);
    if (records == NULL) return SEMPER_OUT_OF_MEMORY;
    to->records = records;
    to->capacity = count;
  }
  for (i = 0; i < count; ++i) {
    to->records[i] = empty;
    status = semper_result_record(to->result, i, &to->records[i], &to->error);
    if (status != SEMPER_OK) return status;
  }
  to->count = count;
  to->ndjson = semper_result_ndjson(to->result);
  return SEMPER_OK;
}

static semper_string_view_t view(const char* data, size_t size) {
  semper_string_view_t made = {data, size};
  return made;
}

int32_t semper_go_evaluate(semper_evaluator_t* evaluator, const char* event, size_t size,
                           semper_go_result* to) {
  return gather(semper_evaluate(evaluator, view(event, size), to->result, &to->error), to);
}

int32_t semper_go_evaluate_batch(semper_evaluator_t* evaluator, const semper_string_view_t* events,
                                 size_t count, semper_go_result* to) {
  return gather(semper_evaluate_batch(evaluator, events, count, to->result, &to->error), to);
}

int32_t semper_go_evaluate_ndjson(semper_evaluator_t* evaluator, const char* lines, size_t size,
                                  semper_go_result* to) {
  return gather(semper_evaluate_ndjson(evaluator, view(lines, size), to->result, &to->error), to);
}

int32_t semper_go_hits(const semper_result_t* result, size_t record, semper_hit_t* hits,
                       size_t count, semper_error_t** error) {
  const semper_hit_t empty = SEMPER_HIT_INIT;
  size_t i;
  for (i = 0; i < count; ++i) {
    int32_t status;
    hits[i] = empty;
    status = semper_result_hit(result, record, i, &hits[i], error);
    if (status != SEMPER_OK) return status;
  }
  return SEMPER_OK;
}

int32_t semper_go_routes(const semper_result_t* result, size_t record, semper_route_t* routes,
                         size_t count, semper_error_t** error) {
  const semper_route_t empty = SEMPER_ROUTE_INIT;
  size_t i;
  for (i = 0; i < count; ++i) {
    int32_t status;
    routes[i] = empty;
    status = semper_result_route(result, record, i, &routes[i], error);
    if (status != SEMPER_OK) return status;
  }
  return SEMPER_OK;
}

size_t semper_go_policy_hits(const semper_evaluator_t* evaluator, uint64_t* hits, size_t capacity) {
  size_t count = 0;
  uint64_t value;
  while (semper_evaluator_policy_hits(evaluator, count, &value, NULL) == SEMPER_OK) {
    if (count < capacity) hits[count] = value;
    ++count;
  }
  return count;
}

int32_t semper_go_policies(const semper_policy_set_t* policy_set, size_t first,
                           semper_policy_t* policies, size_t count, semper_error_t** error) {
  const semper_policy_t empty = SEMPER_POLICY_INIT;
  size_t i;
  for (i = 0; i < count; ++i) {
    int32_t status;
    policies[i] = empty;
    status = semper_policy_set_describe(policy_set, first + i, &policies[i], error);
    if (status != SEMPER_OK) return status;
  }
  return SEMPER_OK;
}

int32_t semper_go_provider_counters(const semper_policy_set_t* policy_set,
                                    semper_provider_counters_t* counters, size_t count,
                                    semper_error_t** error) {
  const semper_provider_counters_t empty = SEMPER_PROVIDER_COUNTERS_INIT;
  size_t i;
  for (i = 0; i < count; ++i) {
    int32_t status;
    counters[i] = empty;
    status = semper_policy_set_provider_counters(policy_set, i, &counters[i], error);
    if (status != SEMPER_OK) return status;
  }
  return SEMPER_OK;
}

size_t semper_go_error_diagnostics(const semper_error_t* error, semper_diagnostic_t* diagnostics,
                                   size_t capacity) {
  const semper_diagnostic_t empty = SEMPER_DIAGNOSTIC_INIT;
  size_t count = semper_error_diagnostic_count(error), i;
  for (i = 0; i < count && i < capacity; ++i) {
    diagnostics[i] = empty;
    semper_error_diagnostic(error, i, &diagnostics[i], NULL);
  }
  return count;
}

size_t semper_go_compiler_diagnostics(const semper_compiler_t* compiler,
                                      semper_diagnostic_t* diagnostics, size_t capacity) {
  const semper_diagnostic_t empty = SEMPER_DIAGNOSTIC_INIT;
  size_t count = semper_compiler_diagnostic_count(compiler), i;
  for (i = 0; i < count && i < capacity; ++i) {
    diagnostics[i] = empty;
    semper_compiler_diagnostic(compiler, i, &diagnostics[i], NULL);
  }
  return count;
}

static void look_up(void* state, semper_call_t* call) {
  enum { kFew = 16 };
  semper_string_view_t few[kFew];
  size_t count = semper_call_count(call), i;
  semper_string_view_t* keys = count <= kFew ? few : malloc(count * sizeof *keys);
  if (keys == NULL) return; /* keys without an answer have failed */
  for (i = 0; i < count; ++i) keys[i] = semper_call_key(call, i);
  semperGoLookup((uintptr_t)state, call, keys, count, semper_call_remaining_ns(call));
  if (keys != few) free(keys);
}

static void destroy(void* state) {
  semperGoDestroy((uintptr_t)state);
}

static int64_t now(void* state) {
  return semperGoNow((uintptr_t)state);
}

int32_t semper_go_add_provider(semper_compiler_t* compiler, semper_string_view_t name,
                               int32_t key_kind, uintptr_t state,
                               const semper_provider_options_t* options, semper_error_t** error) {
  semper_provider_t provider = SEMPER_PROVIDER_INIT;
  provider.key_kind = key_kind;
  provider.name = name;
  provider.state = (void*)state;
  provider.lookup = look_up;
  provider.destroy = destroy;
  return semper_compiler_add_provider(compiler, &provider, options, error);
}

int32_t semper_go_evaluator_create(const semper_policy_set_t* policy_set, const semper_slot_t* slot,
                                   int32_t format, uint64_t flags, uintptr_t state,
                                   semper_evaluator_t** evaluator, semper_error_t** error) {
  semper_evaluator_options_t options = SEMPER_EVALUATOR_OPTIONS_INIT;
  options.format = format;
  options.flags = flags;
  if (state != 0) {
    options.now = now;
    options.state = (void*)state;
    options.destroy = destroy;
  }
  return slot != NULL ? semper_evaluator_create_for_slot(slot, &options, evaluator, error)
                      : semper_evaluator_create(policy_set, &options, evaluator, error);
}

void semper_go_answer(semper_call_t* call, const semper_go_key_answer* answers, const char* texts,
                      size_t count) {
  size_t i;
  for (i = 0; i < count; ++i) {
    semper_string_view_t answer = view(texts, answers[i].size);
    switch (answers[i].kind) {
      case SEMPER_GO_FOUND:
        semper_call_set_json(call, i, answer, NULL);
        break;
      case SEMPER_GO_STALE:
        semper_call_set_stale_json(call, i, answer, answers[i].age_seconds, NULL);
        break;
      case SEMPER_GO_ABSENT:
        semper_call_set_absent(call, i, NULL);
        break;
      default:
        semper_call_fail(call, i, answer, NULL);
    }
    texts += answers[i].size;
  }
}

static int32_t write_plan(void* state, semper_string_view_t path, semper_string_view_t bytes) {
  return semperGoWritePlan((uintptr_t)state, path, bytes);
}

static void warn_of_plan(void* state, const semper_diagnostic_t* warning) {
  semperGoWarnOfPlan((uintptr_t)state, (semper_diagnostic_t*)warning);
}

int32_t semper_go_plan(semper_compiler_t* compiler, int32_t format, semper_string_view_t accounts,
                       const semper_string_view_t* account_ids, size_t account_id_count,
                       semper_string_view_t control_ids, semper_string_view_t old_plan,
                       uintptr_t state, semper_error_t** error) {
  semper_plan_options_t plan = SEMPER_PLAN_OPTIONS_INIT;
  plan.format = format;
  plan.accounts = accounts;
  plan.account_ids = account_ids;
  plan.account_id_count = account_id_count;
  plan.control_ids = control_ids;
  plan.old_plan = old_plan;
  plan.write = write_plan;
  plan.warn = warn_of_plan;
  plan.state = (void*)state;
  return semper_compiler_plan(compiler, &plan, error);
}

int32_t semper_go_scope_contains(const semper_scope_t* scope, semper_string_view_t account_context,
                                 semper_string_view_t account_id, semper_string_view_t region,
                                 const semper_string_view_t* regions, size_t region_count,
                                 int32_t* answer, semper_error_t** error) {
  semper_place_t place = SEMPER_PLACE_INIT;
  place.account_context = account_context;
  place.account_id = account_id;
  place.region = region;
  place.regions = regions;
  place.region_count = region_count;
  return semper_scope_contains(scope, &place, answer, error);
}
