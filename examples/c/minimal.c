/* One policy from memory, one event, its record.
 *   cc -std=c99 minimal.c $(pkg-config --cflags --libs semper) && ./a.out */
#include <semper/semper.h>
#include <stdio.h>
#include <string.h>

static semper_string_view_t view(const char* text) {
  semper_string_view_t result;
  result.data = text;
  result.size = strlen(text);
  return result;
}

static int fail(semper_error_t* error) {
  semper_string_view_t message = semper_error_message(error);
  fprintf(stderr, "%.*s\n", (int)message.size, message.data);
  semper_error_free(error);
  return 1;
}

int main(void) {
  const char* policy =
      "{\"metaData\": {\"title\": \"The pipeline may delete roles\"},"
      " \"filtering\": {\"findingPattern\": {\"detail\": {\"eventName\": [\"DeleteRole\"],"
      " \"userIdentity\": {\"arn\": [{\"suffix\": \"/pipeline\"}]}}}}}";
  const char* event =
      "{\"version\": \"0\", \"detail-type\": \"AWS API Call via CloudTrail\","
      " \"source\": \"aws.iam\", \"account\": \"111122223333\", \"region\": \"us-east-1\","
      " \"detail\": {\"eventSource\": \"iam.amazonaws.com\", \"eventName\": \"DeleteRole\","
      " \"userIdentity\": {\"arn\": \"arn:aws:sts::111122223333:assumed-role/ci/pipeline\"}}}";
  semper_error_t* error = NULL;
  semper_compiler_t* compiler = NULL;
  semper_policy_set_t* policies = NULL;
  semper_evaluator_t* evaluator = NULL;
  semper_result_t* result = NULL;
  size_t i;

  if (semper_compiler_create(&compiler, &error) != SEMPER_OK ||
      semper_compiler_add_policy(compiler, view("20_filtering/cloudtrail_api_calls/ci"),
                                 view(policy), &error) != SEMPER_OK ||
      semper_compiler_compile(compiler, &policies, &error) != SEMPER_OK ||
      semper_evaluator_create(policies, NULL, &evaluator, &error) != SEMPER_OK ||
      semper_result_create(&result, &error) != SEMPER_OK ||
      semper_evaluate(evaluator, view(event), result, &error) != SEMPER_OK) {
    return fail(error);
  }
  for (i = 0; i < semper_result_count(result); ++i) {
    semper_record_t record = SEMPER_RECORD_INIT;
    semper_hit_t hit = SEMPER_HIT_INIT;
    semper_result_record(result, i, &record, NULL);
    printf("%s\n", record.decision == SEMPER_DECISION_DROPPED ? "dropped" : "kept");
    if (semper_result_hit(result, i, 0, &hit, NULL) == SEMPER_OK) {
      printf("because of %.*s: %.*s\n", (int)hit.id.size, hit.id.data, (int)hit.title.size,
             hit.title.data);
    }
  }
  /* In any order. */
  semper_compiler_free(compiler);
  semper_policy_set_free(policies);
  semper_evaluator_free(evaluator);
  semper_result_free(result);
  return 0;
}
