/* Policies that change while events come: what compiles is swapped in, what does not leaves the old
 * set in force and tells why. */
#include "example.h"

/* Compiles one filter and puts it into the slot. */
static void reload(semper_slot_t* slot, const char* pattern) {
  semper_error_t* error = NULL;
  semper_compiler_t* compiler = NULL;
  semper_policy_set_t* policies = NULL;
  char policy[512];
  snprintf(policy, sizeof policy, "{\"filtering\": {\"findingPattern\": {\"detail\": %s}}}",
           pattern);
  must(semper_compiler_create(&compiler, &error), error);
  semper_compiler_add_policy(compiler, view("20_filtering/cloudtrail_api_calls/accepted"),
                             view(policy), NULL);
  if (semper_compiler_compile(compiler, &policies, &error) == SEMPER_OK) {
    must(semper_slot_replace(slot, policies, &error), error);
    printf("reloaded\n");
  } else {
    semper_diagnostic_t diagnostic = SEMPER_DIAGNOSTIC_INIT;
    semper_error_diagnostic(error, 0, &diagnostic, NULL);
    printf("not reloaded: %.*s at %.*s\n", (int)diagnostic.code.size, diagnostic.code.data,
           (int)diagnostic.pointer.size, diagnostic.pointer.data);
    semper_error_free(error);
  }
  semper_policy_set_free(policies);
  semper_compiler_free(compiler);
}

static void decide(semper_evaluator_t* evaluator, semper_result_t* result) {
  semper_error_t* error = NULL;
  semper_record_t record = SEMPER_RECORD_INIT;
  char event[1024];
  write_event(event, sizeof event, "111122223333", "DeleteRole");
  must(semper_evaluate(evaluator, view(event), result, &error), error);
  must(semper_result_record(result, 0, &record, &error), error);
  printf("DeleteRole is %s\n", decision_name(record.decision));
}

int main(void) {
  semper_error_t* error = NULL;
  semper_compiler_t* compiler = NULL;
  semper_policy_set_t* nothing = NULL;
  semper_slot_t* slot = NULL;
  semper_evaluator_t* evaluator = NULL;
  semper_result_t* result = NULL;

  must(semper_compiler_create(&compiler, &error), error);
  must(semper_compiler_compile(compiler, &nothing, &error), error);
  semper_compiler_free(compiler);
  must(semper_slot_create(nothing, &slot, &error), error);
  semper_policy_set_free(nothing);
  must(semper_evaluator_create_for_slot(slot, NULL, &evaluator, &error), error);
  must(semper_result_create(&result, &error), error);

  decide(evaluator, result);
  reload(slot, "{\"eventName\": [\"DeleteRole\"]}");
  decide(evaluator, result);
  reload(slot, "{\"eventName\": [{\"sufix\": \"Role\"}]}");
  decide(evaluator, result);
  reload(slot, "{\"eventName\": [\"CreateUser\"]}");
  decide(evaluator, result);

  semper_slot_free(slot);
  semper_evaluator_free(evaluator);
  semper_result_free(result);
  return 0;
}
