/* Account contexts from a table of the host's: a policy for test accounts drops nothing elsewhere,
 * and nothing while the table cannot be read. */
#include "example.h"

struct table {
  int is_down;
};

static void look_up(void* state, semper_call_t* call) {
  const struct table* table = state;
  size_t i;
  for (i = 0; i < semper_call_count(call); ++i) {
    semper_string_view_t key = semper_call_key(call, i);
    if (table->is_down) {
      semper_call_fail(call, i, view("the table is down"), NULL);
    } else if (key.size == 12 && memcmp(key.data, "111122223333", 12) == 0) {
      semper_call_set_json(call, i, view("{\"accountTags\": {\"environment\": \"test\"}}"), NULL);
    } else {
      semper_call_set_absent(call, i, NULL);
    }
  }
}

static void destroy(void* state) {
  (void)state;
  printf("the table is closed\n");
}

static void decide(semper_evaluator_t* evaluator, semper_result_t* result, const char* account) {
  semper_error_t* error = NULL;
  semper_record_t record = SEMPER_RECORD_INIT;
  char event[1024];
  write_event(event, sizeof event, account, "DeleteRole");
  must(semper_evaluate(evaluator, view(event), result, &error), error);
  must(semper_result_record(result, 0, &record, &error), error);
  printf("%s: %s\n", account, decision_name(record.decision));
}

int main(void) {
  static struct table table;
  semper_provider_t provider = SEMPER_PROVIDER_INIT;
  semper_provider_options_t options = SEMPER_PROVIDER_OPTIONS_INIT;
  semper_error_t* error = NULL;
  semper_compiler_t* compiler = NULL;
  semper_policy_set_t* policies = NULL;
  semper_evaluator_t* evaluator = NULL;
  semper_result_t* result = NULL;

  provider.name = view("accounts");
  provider.state = &table;
  provider.lookup = look_up;
  provider.destroy = destroy;
  options.ttl_ms = 60000;
  options.deadline_ms = 10000;
  must(semper_compiler_create(&compiler, &error), error);
  must(semper_compiler_add_provider(compiler, &provider, &options, &error), error);
  must(semper_compiler_add_policy(
           compiler, view("20_filtering/cloudtrail_api_calls/test-accounts"),
           view("{\"filtering\": {\"policyScope\": {\"accountScope\": {\"exclude\": \"*\","
                " \"forceInclude\": {\"accountTags\": {\"environment\": \"test\"}}}},"
                " \"findingPattern\": {\"detail\": {\"eventName\": [\"DeleteRole\"]}}}}"),
           &error),
       error);
  must(semper_compiler_compile(compiler, &policies, &error), error);
  must(semper_evaluator_create(policies, NULL, &evaluator, &error), error);
  must(semper_result_create(&result, &error), error);

  decide(evaluator, result, "111122223333");
  decide(evaluator, result, "444455556666");
  table.is_down = 1;
  decide(evaluator, result, "777788889999");

  semper_result_free(result);
  semper_evaluator_free(evaluator);
  semper_policy_set_free(policies);
  semper_compiler_free(compiler);
  return 0;
}
