/* A policy says where a finding is to be sent; the host gets what it needs to send it. */
#include "example.h"

int main(void) {
  const char* policy =
      "{\"extension\": {\"findingPattern\": {\"detail\": {\"eventName\": [\"DeleteTrail\"]}},"
      " \"extensionBlock\": {\"sqsFanOut\": {\"sqsName\": \"soc\","
      " \"text\": \"${raw.detail.eventName} in ${normalized.accountId}\"}}}}";
  char event[1024];
  semper_error_t* error = NULL;
  semper_compiler_t* compiler = NULL;
  semper_policy_set_t* policies = NULL;
  semper_evaluator_t* evaluator = NULL;
  semper_result_t* result = NULL;
  size_t i, j;

  must(semper_compiler_create(&compiler, &error), error);
  must(semper_compiler_add_policy(compiler, view("30_extension/soc"), view(policy), &error), error);
  must(semper_compiler_compile(compiler, &policies, &error), error);
  must(semper_evaluator_create(policies, NULL, &evaluator, &error), error);
  must(semper_result_create(&result, &error), error);

  write_event(event, sizeof event, "111122223333", "DeleteTrail");
  must(semper_evaluate(evaluator, view(event), result, &error), error);
  for (i = 0; i < semper_result_count(result); ++i) {
    for (j = 0; j < semper_result_route_count(result, i); ++j) {
      semper_route_t route = SEMPER_ROUTE_INIT;
      must(semper_result_route(result, i, j, &route, &error), error);
      /* Here a host calls SendMessage or BatchImportFindings with route.record. */
      printf("%s: %.*s\n", route.type == SEMPER_ROUTE_SQS ? "to a queue" : "elsewhere",
             (int)route.target.size, route.target.data);
    }
  }

  semper_result_free(result);
  semper_evaluator_free(evaluator);
  semper_policy_set_free(policies);
  semper_compiler_free(compiler);
  return 0;
}
