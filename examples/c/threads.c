/* Four threads, an evaluator and a result each, one policy set for all. */
#include <pthread.h>

#include "example.h"

enum { kThreads = 4, kEvents = 1000 };

struct worker {
  pthread_t thread;
  semper_policy_set_t* policies; /* a reference of its own */
  semper_counters_t counters;
};

static void* work(void* argument) {
  struct worker* worker = argument;
  semper_error_t* error = NULL;
  semper_evaluator_t* evaluator = NULL;
  semper_result_t* result = NULL;
  char event[1024];
  int i;
  must(semper_evaluator_create(worker->policies, NULL, &evaluator, &error), error);
  semper_policy_set_free(worker->policies);
  must(semper_result_create(&result, &error), error);
  for (i = 0; i < kEvents; ++i) {
    write_event(event, sizeof event, "111122223333", i % 10 == 0 ? "CreateUser" : "DeleteRole");
    must(semper_evaluate(evaluator, view(event), result, &error), error);
  }
  must(semper_evaluator_counters(evaluator, &worker->counters, &error), error);
  semper_result_free(result);
  semper_evaluator_free(evaluator);
  return NULL;
}

int main(void) {
  static struct worker workers[kThreads];
  const semper_counters_t zero = SEMPER_COUNTERS_INIT;
  semper_error_t* error = NULL;
  semper_compiler_t* compiler = NULL;
  semper_policy_set_t* policies = NULL;
  unsigned long in = 0, relevant = 0, dropped = 0;
  int i;

  must(semper_compiler_create(&compiler, &error), error);
  must(semper_compiler_add_policy(
           compiler, view("20_filtering/cloudtrail_api_calls/accepted"),
           view("{\"filtering\": {\"findingPattern\": {\"detail\": {\"eventName\":"
                " [\"DeleteRole\"]}}}}"),
           &error),
       error);
  must(semper_compiler_compile(compiler, &policies, &error), error);
  semper_compiler_free(compiler);

  for (i = 0; i < kThreads; ++i) {
    workers[i].policies = semper_policy_set_retain(policies);
    workers[i].counters = zero;
    if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) return 1;
  }
  semper_policy_set_free(policies);
  for (i = 0; i < kThreads; ++i) {
    pthread_join(workers[i].thread, NULL);
    in += (unsigned long)workers[i].counters.in;
    relevant += (unsigned long)workers[i].counters.relevant;
    dropped += (unsigned long)workers[i].counters.dropped;
  }
  printf("%lu events: %lu relevant, %lu dropped\n", in, relevant, dropped);
  return 0;
}
