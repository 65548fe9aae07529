/* What Go calls instead of semper.h where that saves crossing the boundary once per field. */
#ifndef SEMPER_GO_SHIM_H
#define SEMPER_GO_SHIM_H

#include <semper/debug.h>
#include <semper/semper.h>
#include <stdint.h>
#include <stdlib.h>

/* A result, and what Go reads of it after a call. Lies in C memory, so Go reads it without a call.
 */
typedef struct semper_go_result {
  semper_result_t* result;
  semper_record_t* records; /* `count` of them, room for `capacity` */
  size_t count;
  size_t capacity;
  semper_string_view_t ndjson;
  semper_error_t* error; /* of the last call that failed; whoever reads it frees it */
} semper_go_result;

/* NULL where memory ran out. */
semper_go_result* semper_go_result_create(void);
void semper_go_result_free(semper_go_result* result);

/* Evaluate, and read all records. */
int32_t semper_go_evaluate(semper_evaluator_t* evaluator, const char* event, size_t size,
                           semper_go_result* result);
int32_t semper_go_evaluate_batch(semper_evaluator_t* evaluator, const semper_string_view_t* events,
                                 size_t count, semper_go_result* result);
int32_t semper_go_evaluate_ndjson(semper_evaluator_t* evaluator, const char* lines, size_t size,
                                  semper_go_result* result);

/* The first `count` routes of a record. */
int32_t semper_go_routes(const semper_result_t* result, size_t record, semper_route_t* routes,
                         size_t count, semper_error_t** error);

/* The first `count` hits of a record. */
int32_t semper_go_hits(const semper_result_t* result, size_t record, semper_hit_t* hits,
                       size_t count, semper_error_t** error);

/* Fills up to `capacity`; returns how many there are. */
size_t semper_go_policy_hits(const semper_evaluator_t* evaluator, uint64_t* hits, size_t capacity);

int32_t semper_go_policies(const semper_policy_set_t* policy_set, size_t first,
                           semper_policy_t* policies, size_t count, semper_error_t** error);

int32_t semper_go_provider_counters(const semper_policy_set_t* policy_set,
                                    semper_provider_counters_t* counters, size_t count,
                                    semper_error_t** error);

/* Fills up to `capacity`; returns how many there are. */
size_t semper_go_error_diagnostics(const semper_error_t* error, semper_diagnostic_t* diagnostics,
                                   size_t capacity);
size_t semper_go_compiler_diagnostics(const semper_compiler_t* compiler,
                                      semper_diagnostic_t* diagnostics, size_t capacity);

/* Handles of Go stand for the state of callbacks; they are no pointers. */
int32_t semper_go_add_provider(semper_compiler_t* compiler, semper_string_view_t name,
                               int32_t key_kind, uintptr_t state,
                               const semper_provider_options_t* options, semper_error_t** error);

int32_t semper_go_plan(semper_compiler_t* compiler, int32_t format, semper_string_view_t accounts,
                       const semper_string_view_t* account_ids, size_t account_id_count,
                       semper_string_view_t control_ids, semper_string_view_t old_plan,
                       uintptr_t state, semper_error_t** error);

/* One of `policy_set` and `slot` is NULL. `state` 0: the system's clock. */
int32_t semper_go_evaluator_create(const semper_policy_set_t* policy_set, const semper_slot_t* slot,
                                   int32_t format, uint64_t flags, uintptr_t state,
                                   semper_evaluator_t** evaluator, semper_error_t** error);

#define SEMPER_GO_FAILED 0
#define SEMPER_GO_FOUND 1
#define SEMPER_GO_ABSENT 2
#define SEMPER_GO_STALE 3

typedef struct semper_go_key_answer {
  uint8_t kind; /* SEMPER_GO_* */
  size_t size;  /* of its text */
  uint64_t age_seconds;
} semper_go_key_answer;

/* Answers all keys of a call; `texts` has theirs one behind the other. */
void semper_go_answer(semper_call_t* call, const semper_go_key_answer* answers, const char* texts,
                      size_t count);

int32_t semper_go_scope_contains(const semper_scope_t* scope, semper_string_view_t account_context,
                                 semper_string_view_t account_id, semper_string_view_t region,
                                 const semper_string_view_t* regions, size_t region_count,
                                 int32_t* answer, semper_error_t** error);

#endif
