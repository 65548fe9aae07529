/* What a careless or hostile host may do with the C ABI: it gets a status, never undefined
 * behaviour. NULL, sizes and orders of freeing are in the generated test (arguments.h). */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

struct host {
  semper_compiler_t* compiler;
  semper_policy_set_t* set;
  semper_slot_t* slot;
  semper_evaluator_t* evaluator;
  semper_evaluator_t* other;
  semper_result_t* result;
  semper_result_t* other_result;
  void (*during)(struct host*, semper_call_t*);
  int lookups;
  int depth;
  int destroyed;
};

static void look_up(void* state, semper_call_t* call) {
  struct host* host = state;
  size_t i;
  ++host->lookups;
  for (i = 0; i < semper_call_count(call); ++i) {
    CHECK_STATUS(SEMPER_OK, semper_call_set_json(
                                call, i, view("{\"accountTags\": {\"env\": \"test\"}}"), NULL));
  }
  if (host->during != NULL) host->during(host, call);
}

static void destroy(void* state) {
  ++((struct host*)state)->destroyed;
}

/* Two policies, so that a record has something in its verdict before the account is asked for. */
static void make(struct host* host, const semper_provider_options_t* options) {
  semper_provider_t provider = SEMPER_PROVIDER_INIT;
  memset(host, 0, sizeof *host);
  provider.name = view("accounts");
  provider.state = host;
  provider.lookup = look_up;
  provider.destroy = destroy;
  CHECK_STATUS(SEMPER_OK, semper_compiler_create(&host->compiler, NULL));
  CHECK_STATUS(SEMPER_OK, semper_compiler_add_provider(host->compiler, &provider, options, NULL));
  CHECK_STATUS(SEMPER_OK,
               semper_compiler_add_policy(host->compiler, view(kPolicyId), view(kPolicy), NULL));
  CHECK_STATUS(SEMPER_OK, semper_compiler_add_policy(
                              host->compiler, view("20_filtering/cloudtrail_api_calls/everywhere"),
                              view(kPolicyEverywhere), NULL));
  CHECK_STATUS(SEMPER_OK, semper_compiler_compile(host->compiler, &host->set, NULL));
  CHECK_STATUS(SEMPER_OK, semper_slot_create(host->set, &host->slot, NULL));
  CHECK_STATUS(SEMPER_OK,
               semper_evaluator_create_for_slot(host->slot, NULL, &host->evaluator, NULL));
  CHECK_STATUS(SEMPER_OK, semper_evaluator_create(host->set, NULL, &host->other, NULL));
  CHECK_STATUS(SEMPER_OK, semper_result_create(&host->result, NULL));
  CHECK_STATUS(SEMPER_OK, semper_result_create(&host->other_result, NULL));
}

static void end(struct host* host) {
  semper_compiler_free(host->compiler);
  semper_policy_set_free(host->set);
  semper_slot_free(host->slot);
  semper_evaluator_free(host->evaluator);
  semper_evaluator_free(host->other);
  semper_result_free(host->result);
  semper_result_free(host->other_result);
  CHECK(host->destroyed == 1);
  CHECK(semper_debug_live_handles() == 0);
}

static void evaluate(struct host* host) {
  semper_string_view_t events[3];
  events[0] = view(kEvent);
  events[1] = view("no event");
  events[2] = view(kOtherEvent);
  CHECK_STATUS(SEMPER_OK, semper_evaluate_batch(host->evaluator, events, 3, host->result, NULL));
  CHECK(semper_result_count(host->result) == 3);
}

/* The result of the call that is running has records already, and nobody may look at them. */
static void read_what_is_being_filled(struct host* host, semper_call_t* call) {
  semper_record_t record = SEMPER_RECORD_INIT;
  semper_hit_t hit = SEMPER_HIT_INIT;
  semper_route_t route = SEMPER_ROUTE_INIT;
  semper_policy_set_t* set = NULL;
  semper_string_view_t value;
  int32_t kind = 0;
  (void)call;
  CHECK(semper_result_count(host->result) == 0);
  CHECK(semper_result_ndjson(host->result).size == 0);
  CHECK(semper_result_route_count(host->result, 0) == 0);
  CHECK_STATUS(SEMPER_BUSY, semper_result_record(host->result, 0, &record, NULL));
  CHECK_STATUS(SEMPER_BUSY, semper_result_hit(host->result, 0, 0, &hit, NULL));
  CHECK_STATUS(SEMPER_BUSY, semper_result_route(host->result, 0, 0, &route, NULL));
  CHECK_STATUS(SEMPER_BUSY,
               semper_result_normalized(host->result, 0, view("accountId"), &value, &kind, NULL));
  CHECK_STATUS(SEMPER_BUSY, semper_result_policy_set(host->result, &set, NULL));
  CHECK_STATUS(SEMPER_BUSY,
               semper_evaluate(host->evaluator, view(kEvent), host->other_result, NULL));
  CHECK_STATUS(SEMPER_BUSY, semper_evaluate(host->other, view(kEvent), host->result, NULL));
}

/* Another evaluator asks the same provider for the same account: it fails there, at once. */
static void evaluate_in_lookup(struct host* host, semper_call_t* call) {
  semper_record_t record = SEMPER_RECORD_INIT;
  (void)call;
  if (host->depth > 0) return;
  ++host->depth;
  CHECK_STATUS(SEMPER_OK, semper_evaluate(host->other, view(kEvent), host->other_result, NULL));
  --host->depth;
  CHECK_STATUS(SEMPER_OK, semper_result_record(host->other_result, 0, &record, NULL));
}

/* Freed while it runs, and replaced: it goes when the call ends. */
static void free_in_lookup(struct host* host, semper_call_t* call) {
  (void)call;
  CHECK_STATUS(SEMPER_OK, semper_slot_replace(host->slot, host->set, NULL));
  semper_evaluator_free(host->evaluator);
  semper_policy_set_free(host->set);
  semper_slot_free(host->slot);
  semper_compiler_free(host->compiler);
  host->evaluator = NULL;
  host->set = NULL;
  host->slot = NULL;
  host->compiler = NULL;
}

static void* answer_in_thread(void* call) {
  semper_error_t* error = NULL;
  CHECK_STATUS(SEMPER_OK, semper_call_set_stale_json(
                              call, 0, view("{\"accountTags\": {\"env\": \"test\"}}"), 7, NULL));
  CHECK_STATUS(SEMPER_NOT_FOUND, semper_call_set_absent(call, 99, &error));
  semper_error_free(error);
  return NULL;
}

/* Answers may come from another thread as long as `lookup` waits for it. */
static void wait_for_thread(struct host* host, semper_call_t* call) {
  pthread_t thread;
  (void)host;
  CHECK(pthread_create(&thread, NULL, answer_in_thread, call) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
}

static void callbacks(void) {
  struct host host;
  semper_provider_options_t options = SEMPER_PROVIDER_OPTIONS_INIT;
  options.deadline_ms = SEMPER_OFF; /* whoever waits would wait for ever */

  make(&host, NULL);
  host.during = read_what_is_being_filled;
  evaluate(&host);
  CHECK(host.lookups > 0);
  end(&host);

  make(&host, NULL);
  host.during = evaluate_in_lookup;
  evaluate(&host);
  end(&host);

  make(&host, &options);
  host.during = evaluate_in_lookup;
  evaluate(&host);
  CHECK(holds(semper_result_ndjson(host.other_result), "asks itself"));
  CHECK(!holds(semper_result_ndjson(host.result), "asks itself"));
  end(&host);

  make(&host, &options);
  host.during = free_in_lookup;
  evaluate(&host);
  end(&host);

  make(&host, NULL);
  host.during = wait_for_thread;
  evaluate(&host);
  CHECK(holds(semper_result_ndjson(host.result), "\"ageSeconds\":7"));
  end(&host);
}

/* The state of a provider ends when the last that knows it goes, in whatever call that is; its
 * `destroy` may call the library. */
struct last {
  semper_slot_t* slot;
  semper_evaluator_t* evaluator;
  semper_result_t* result;
  semper_policy_set_t* empty;
  int destroyed;
};

static void call_back(void* state) {
  struct last* last = state;
  semper_compiler_t* compiler = NULL;
  semper_policy_set_t* set = NULL;
  semper_hit_t hit = SEMPER_HIT_INIT;
  ++last->destroyed;
  CHECK_STATUS(SEMPER_OK, semper_compiler_create(&compiler, NULL));
  CHECK_STATUS(SEMPER_OK, semper_compiler_compile(compiler, &set, NULL));
  semper_policy_set_free(set);
  semper_compiler_free(compiler);
  if (last->slot != NULL) {
    CHECK_STATUS(SEMPER_OK, semper_slot_get(last->slot, &set, NULL));
    semper_policy_set_free(set);
    CHECK_STATUS(SEMPER_OK, semper_slot_replace(last->slot, last->empty, NULL));
  }
  if (last->evaluator != NULL && last->result != NULL) {
    int32_t status = semper_evaluate(last->evaluator, view(kEvent), last->result, NULL);
    CHECK(status == SEMPER_OK || status == SEMPER_BUSY);
    status = semper_result_hit(last->result, 0, 0, &hit, NULL);
    CHECK(status == SEMPER_BUSY || status == SEMPER_NOT_FOUND || status == SEMPER_OK);
  }
}

static void no_answer(void* state, semper_call_t* call) {
  (void)state;
  (void)call;
}

static void destroy_calls_back(void) {
  enum { kHeldBySlot, kHeldByEvaluator, kHeldByResult, kWays };
  int way;
  for (way = 0; way < kWays; ++way) {
    struct last last = {0, 0, 0, 0, 0};
    semper_provider_t provider = SEMPER_PROVIDER_INIT;
    semper_compiler_t* compiler = NULL;
    semper_policy_set_t* set = NULL;
    last.empty = compile(NULL);
    provider.name = view("accounts");
    provider.state = &last;
    provider.lookup = no_answer;
    provider.destroy = call_back;
    CHECK_STATUS(SEMPER_OK, semper_compiler_create(&compiler, NULL));
    CHECK_STATUS(SEMPER_OK, semper_compiler_add_provider(compiler, &provider, NULL, NULL));
    CHECK_STATUS(SEMPER_OK, semper_compiler_compile(compiler, &set, NULL));
    semper_compiler_free(compiler);
    CHECK_STATUS(SEMPER_OK, semper_result_create(&last.result, NULL));
    CHECK_STATUS(SEMPER_OK, semper_evaluator_create(set, NULL, &last.evaluator, NULL));
    if (way == kHeldBySlot) CHECK_STATUS(SEMPER_OK, semper_slot_create(set, &last.slot, NULL));
    if (way == kHeldByResult) {
      CHECK_STATUS(SEMPER_OK, semper_evaluate(last.evaluator, view(kEvent), last.result, NULL));
    }
    semper_policy_set_free(set);
    if (way != kHeldByEvaluator) {
      CHECK_STATUS(SEMPER_OK, semper_evaluator_replace(last.evaluator, last.empty, NULL));
    }
    CHECK(last.destroyed == 0);
    if (way == kHeldBySlot) {
      CHECK_STATUS(SEMPER_OK, semper_slot_replace(last.slot, last.empty, NULL));
    } else if (way == kHeldByEvaluator) {
      CHECK_STATUS(SEMPER_OK, semper_evaluator_replace(last.evaluator, last.empty, NULL));
    } else {
      CHECK_STATUS(SEMPER_OK, semper_evaluate(last.evaluator, view(kEvent), last.result, NULL));
    }
    CHECK(last.destroyed == 1);
    semper_slot_free(last.slot);
    semper_evaluator_free(last.evaluator);
    semper_result_free(last.result);
    semper_policy_set_free(last.empty);
    CHECK(semper_debug_live_handles() == 0);
  }
}

/* An event that lies in the result would be overwritten while it is read. */
static void event_in_its_result(void) {
  struct host host;
  semper_error_t* error = NULL;
  semper_string_view_t record;
  make(&host, NULL);
  evaluate(&host);
  record = semper_result_ndjson(host.result);
  CHECK_STATUS(SEMPER_INVALID_ARGUMENT,
               semper_evaluate_ndjson(host.evaluator, record, host.result, &error));
  CHECK(holds(semper_error_message(error), "another result"));
  semper_error_free(error);
  CHECK(semper_result_count(host.result) == 0);
  evaluate(&host);
  record = semper_result_ndjson(host.result);
  record.data += record.size / 2;
  record.size = 10;
  CHECK_STATUS(SEMPER_INVALID_ARGUMENT,
               semper_evaluate_batch(host.evaluator, &record, 1, host.result, NULL));
  evaluate(&host);
  record = semper_result_ndjson(host.result);
  CHECK_STATUS(SEMPER_OK, semper_evaluate_ndjson(host.evaluator, record, host.other_result, NULL));
  CHECK(semper_result_count(host.other_result) >= 3);
  end(&host);
}

/* A zero byte would end a path early: another file would be read. */
static void zero_bytes(void) {
  static const char kDirectory[] = "/\0etc";
  static const char kFile[] = "file:/dev/null\0.json";
  static const char kEventWithZero[] = "{\"a\": \"\0\"}";
  struct host host;
  semper_string_view_t text;
  semper_error_t* error = NULL;
  semper_record_t record = SEMPER_RECORD_INIT;
  make(&host, NULL);
  text.data = kDirectory;
  text.size = sizeof kDirectory - 1;
  CHECK_STATUS(SEMPER_INVALID_ARGUMENT, semper_compiler_add_repository(host.compiler, text, NULL));
  text.data = kFile;
  text.size = sizeof kFile - 1;
  CHECK_STATUS(SEMPER_INVALID_ARGUMENT,
               semper_compiler_add_builtin_provider(host.compiler, view("a"), text, NULL, NULL));
  text = view("{\"type\": \"file\", \"path\": \"/dev/null\\u0000.json\"}");
  CHECK_STATUS(SEMPER_INVALID_ARGUMENT,
               semper_compiler_add_builtin_provider(host.compiler, view("b"), text, NULL, &error));
  CHECK(holds(semper_error_message(error), "zero byte"));
  semper_error_free(error);
  CHECK_STATUS(SEMPER_INVALID_ARGUMENT,
               semper_compiler_add_builtin_provider(host.compiler, view("c"),
                                                    view("file:/dev/null%00.json"), NULL, &error));
  CHECK(holds(semper_error_message(error), "zero byte"));
  semper_error_free(error);
  text.data = "acc\0ounts";
  text.size = 9;
  CHECK_STATUS(SEMPER_INVALID_ARGUMENT,
               semper_compiler_add_builtin_provider(host.compiler, text, view("file:/dev/null"),
                                                    NULL, NULL));
  text.data = kEventWithZero;
  text.size = sizeof kEventWithZero - 1;
  CHECK_STATUS(SEMPER_OK, semper_evaluate(host.evaluator, text, host.result, NULL));
  CHECK_STATUS(SEMPER_OK, semper_result_record(host.result, 0, &record, NULL));
  CHECK(record.decision == SEMPER_DECISION_INVALID);
  end(&host);
}

/* A child has what its parent had, and each goes on alone. */
static void forks(void) {
  struct host host;
  semper_provider_options_t options = SEMPER_PROVIDER_OPTIONS_INIT;
  char expected[8192];
  semper_string_view_t records;
  size_t size;
  int status = 0;
  pid_t child;
  make(&host, &options);
  evaluate(&host);
  records = semper_result_ndjson(host.result);
  size = records.size;
  CHECK(size < sizeof expected);
  memcpy(expected, records.data, size);
  child = fork();
  CHECK(child >= 0);
  evaluate(&host);
  records = semper_result_ndjson(host.result);
  CHECK(records.size == size && memcmp(records.data, expected, size) == 0);
  end(&host);
  if (child == 0) exit(0);
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Sizes that no memory has. */
static void huge(void) {
  struct host host;
  semper_limits_t limits = SEMPER_LIMITS_INIT;
  uint32_t matched[1] = {7};
  size_t count = 0;
  semper_pattern_t* pattern = NULL;
  semper_provider_options_t options;
  semper_string_view_t text = view("{\"a\": [1]}");
  memset(&options, 0xff, sizeof options);
  options.struct_size = (uint32_t)sizeof options;
  options.flags = 0;
  make(&host, &options); /* everything off */
  evaluate(&host);
  end(&host);
  memset(&options, 0xfe, sizeof options);
  options.struct_size = (uint32_t)sizeof options;
  options.flags = 0;
  make(&host, &options); /* for ever, and without bound */
  evaluate(&host);
  limits.event_bytes = UINT64_MAX;
  CHECK_STATUS(SEMPER_INVALID_ARGUMENT, semper_compiler_set_limits(host.compiler, &limits, NULL));
  CHECK_STATUS(SEMPER_OK, semper_pattern_compile(&text, 1, 0, 0, &pattern, NULL));
  CHECK_STATUS(SEMPER_OK,
               semper_pattern_match(pattern, view("{\"a\": 1}"), matched, SIZE_MAX, &count, NULL));
  CHECK(count == 1 && matched[0] == 0);
  semper_pattern_free(pattern);
  end(&host);
}

int main(void) {
  callbacks();
  destroy_calls_back();
  event_in_its_result();
  zero_bytes();
  forks();
  huge();
  return 0;
}
