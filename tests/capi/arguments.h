/* What the generated test of arguments is made of: good arguments, and one handle of each type. */
#include "check.h"

struct fixture {
  semper_compiler_t* compiler;
  semper_policy_set_t* policy_set;
  semper_slot_t* slot;
  semper_evaluator_t* evaluator;
  semper_result_t* result;
  semper_pattern_t* pattern;
  semper_scope_t* scope;
  semper_call_t* call;
  semper_error_t* failure;
  void (*check_call)(struct fixture*);
  int destroyed;
  int made;
};

static const char* case_ = "";

/* A struct as a newer header has it. */
union newer {
  struct {
    uint32_t struct_size;
  } head;
  void* aligned;
  unsigned char bytes[512];
};

#undef CHECK
#define CHECK(condition)                                                                   \
  do {                                                                                     \
    if (!(condition)) {                                                                    \
      fprintf(stderr, "%s:%d: %s: not true: %s\n", __FILE__, __LINE__, case_, #condition); \
      exit(1);                                                                             \
    }                                                                                      \
  } while (0)

static void expect(int32_t status, int32_t expected) {
  if (status == expected) return;
  fprintf(stderr, "%s: status %d, expected %d\n", case_, (int)status, (int)expected);
  exit(1);
}

static int only_size(const void* bytes, size_t size) {
  const unsigned char* at = bytes;
  size_t i;
  for (i = sizeof(uint32_t); i < size; ++i) {
    if (at[i] != 0) return 0;
  }
  return 1;
}

static void answer(void* state, semper_call_t* call) {
  struct fixture* fixture = state;
  fixture->call = call;
  if (fixture->check_call != NULL) fixture->check_call(fixture);
  fixture->call = NULL;
}
static void destroy(void* state) {
  ++((struct fixture*)state)->destroyed;
}
static void nothing(void* state, semper_call_t* call) {
  (void)state;
  (void)call;
}

static int32_t take_nothing(void* state, semper_string_view_t path, semper_string_view_t bytes) {
  (void)state;
  (void)path;
  (void)bytes;
  return 0;
}

#define GOOD_semper_diagnostic SEMPER_DIAGNOSTIC_INIT
#define GOOD_semper_provider \
  { (uint32_t)sizeof(semper_provider_t), 0, {"cmdb", 4}, 0, nothing, 0, 0 }
#define GOOD_semper_provider_options SEMPER_PROVIDER_OPTIONS_INIT
#define GOOD_semper_limits SEMPER_LIMITS_INIT
#define GOOD_semper_policy SEMPER_POLICY_INIT
#define GOOD_semper_evaluator_options SEMPER_EVALUATOR_OPTIONS_INIT
#define GOOD_semper_counters SEMPER_COUNTERS_INIT
#define GOOD_semper_provider_counters SEMPER_PROVIDER_COUNTERS_INIT
#define GOOD_semper_record SEMPER_RECORD_INIT
#define GOOD_semper_hit SEMPER_HIT_INIT
#define GOOD_semper_place SEMPER_PLACE_INIT
#define GOOD_semper_route SEMPER_ROUTE_INIT
#define GOOD_semper_plan_options                                                                   \
  {                                                                                                \
    (uint32_t)sizeof(semper_plan_options_t), 0, {"[{\"accountId\": \"111122223333\"}]", 31}, 0, 0, \
        {0, 0}, {0, 0}, take_nothing, 0, 0, 0                                                      \
  }

#define TEXT_directory "/nowhere"
#define TEXT_id kPolicyId
#define TEXT_json "{}"
#define TEXT_specification "file:/nowhere"
#define TEXT_event kEvent
#define TEXT_lines kEvent
#define TEXT_name "accountId"
#define TEXT_reason "down"
#define TEXT_list "{\"a\": [1]}"

static void make(struct fixture* fixture) {
  semper_provider_t provider = SEMPER_PROVIDER_INIT;
  semper_string_view_t pattern = view("{\"a\": [1]}");
  memset(fixture, 0, sizeof *fixture);
  provider.name = view("accounts");
  provider.state = fixture;
  provider.lookup = answer;
  provider.destroy = destroy;
  expect(semper_compiler_create(&fixture->compiler, NULL), SEMPER_OK);
  expect(semper_compiler_add_provider(fixture->compiler, &provider, NULL, NULL), SEMPER_OK);
  expect(semper_compiler_add_policy(fixture->compiler, view("20_filtering/config_findings/x"),
                                    view("{}"), &fixture->failure),
         SEMPER_INVALID_POLICY);
  semper_compiler_free(fixture->compiler);
  expect(fixture->destroyed, 1);
  fixture->destroyed = 0;
  expect(semper_compiler_create(&fixture->compiler, NULL), SEMPER_OK);
  expect(semper_compiler_add_provider(fixture->compiler, &provider, NULL, NULL), SEMPER_OK);
  expect(
      semper_compiler_add_policy(fixture->compiler, view(kPolicyId), view(kPolicyEverywhere), NULL),
      SEMPER_OK);
  expect(semper_compiler_compile(fixture->compiler, &fixture->policy_set, NULL), SEMPER_OK);
  expect(semper_slot_create(fixture->policy_set, &fixture->slot, NULL), SEMPER_OK);
  expect(semper_evaluator_create_for_slot(fixture->slot, NULL, &fixture->evaluator, NULL),
         SEMPER_OK);
  expect(semper_result_create(&fixture->result, NULL), SEMPER_OK);
  expect(semper_evaluate(fixture->evaluator, view(kEvent), fixture->result, NULL), SEMPER_OK);
  expect(semper_pattern_compile(&pattern, 1, 0, 0, &fixture->pattern, NULL), SEMPER_OK);
  expect(semper_scope_compile(view("{}"), 0, &fixture->scope, NULL), SEMPER_OK);
}

/* Some calls empty the result or add policies that do not compile. */
static void refill(struct fixture* fixture) {
  case_ = "refill";
  expect(semper_evaluate(fixture->evaluator, view(kEvent), fixture->result, NULL), SEMPER_OK);
}

static void free_one(struct fixture* fixture, unsigned number) {
  switch (number) {
    case 0:
      semper_compiler_free(fixture->compiler);
      break;
    case 1:
      semper_policy_set_free(fixture->policy_set);
      break;
    case 2:
      semper_slot_free(fixture->slot);
      break;
    case 3:
      semper_evaluator_free(fixture->evaluator);
      break;
    case 4:
      semper_result_free(fixture->result);
      break;
    case 5:
      semper_pattern_free(fixture->pattern);
      break;
    case 6:
      semper_scope_free(fixture->scope);
      break;
    default:
      semper_error_free(fixture->failure);
      break;
  }
}

/* Handles freed in any order; the provider's state ends once, with the last that knows it. */
static void free_in_any_order(void) {
  struct fixture fixture;
  unsigned round, i, random = 1;
  case_ = "free in any order";
  for (round = 0; round < 200; ++round) {
    unsigned order[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    make(&fixture);
    for (i = 8; i-- > 1;) {
      unsigned other, swapped = order[i];
      random = random * 1103515245u + 12345u;
      other = (random >> 16) % (i + 1);
      order[i] = order[other];
      order[other] = swapped;
    }
    for (i = 0; i < 8; ++i) free_one(&fixture, order[i]);
    CHECK(fixture.destroyed == 1);
    CHECK(semper_debug_live_handles() == 0);
  }
}

/* Using what a running call uses: refused, or at least harmless. */
static void misuse_in_a_callback(struct fixture* fixture) {
  semper_error_t* error = NULL;
  case_ = "misuse in a callback";
  expect(semper_evaluate(fixture->evaluator, view(kEvent), fixture->result, &error), SEMPER_BUSY);
  CHECK(semper_error_message(error).size > 0);
  semper_error_free(error);
  expect(semper_evaluator_replace(fixture->evaluator, fixture->policy_set, NULL), SEMPER_BUSY);
  semper_evaluator_free(fixture->evaluator);
  semper_result_free(fixture->result);
  semper_policy_set_free(fixture->policy_set);
  semper_slot_free(fixture->slot);
}

static int destroyed_anyway;
static void note_destroyed(void* state) {
  (void)state;
  ++destroyed_anyway;
}

/* `destroy` runs once where adding fails, whatever the reason. */
static void destroy_after_failure(struct fixture* fixture) {
  semper_provider_t provider = SEMPER_PROVIDER_INIT;
  semper_evaluator_options_t options = SEMPER_EVALUATOR_OPTIONS_INIT;
  semper_evaluator_t* evaluator = NULL;
  case_ = "destroy after a failure";
  provider.destroy = note_destroyed;
  expect(semper_compiler_add_provider(fixture->compiler, &provider, NULL, NULL),
         SEMPER_INVALID_ARGUMENT);
  provider.lookup = nothing;
  provider.name = view("accounts");
  expect(semper_compiler_add_provider(fixture->compiler, &provider, NULL, NULL),
         SEMPER_INVALID_ARGUMENT); /* the name was given before */
  provider.flags = 1;
  expect(semper_compiler_add_provider(fixture->compiler, &provider, NULL, NULL),
         SEMPER_UNSUPPORTED);
  expect(semper_compiler_add_provider(NULL, &provider, NULL, NULL), SEMPER_INVALID_ARGUMENT);
  CHECK(destroyed_anyway == 4);
  options.destroy = note_destroyed;
  expect(semper_evaluator_create(NULL, &options, &evaluator, NULL), SEMPER_INVALID_ARGUMENT);
  expect(semper_evaluator_create(fixture->policy_set, &options, NULL, NULL),
         SEMPER_INVALID_ARGUMENT);
  CHECK(destroyed_anyway == 6);
  expect(semper_evaluator_create(fixture->policy_set, &options, &evaluator, NULL), SEMPER_OK);
  CHECK(destroyed_anyway == 6);
  semper_evaluator_free(evaluator);
  CHECK(destroyed_anyway == 7);
}

static int run(void (*check)(struct fixture*), void (*check_call)(struct fixture*)) {
  struct fixture fixture;
  unsigned i;
  make(&fixture);
  fixture.made = 1;
  check(&fixture);
  fixture.check_call = check_call;
  expect(semper_evaluate(fixture.evaluator, view(kEvent), fixture.result, NULL), SEMPER_OK);
  fixture.check_call = NULL;
  destroy_after_failure(&fixture);
  for (i = 0; i < 8; ++i) free_one(&fixture, i);
  CHECK(semper_debug_live_handles() == 0);

  make(&fixture);
  fixture.check_call = misuse_in_a_callback;
  semper_evaluate(fixture.evaluator, view(kEvent), fixture.result, NULL);
  semper_compiler_free(fixture.compiler);
  semper_pattern_free(fixture.pattern);
  semper_scope_free(fixture.scope);
  semper_error_free(fixture.failure);
  CHECK(semper_debug_live_handles() == 0);

  free_in_any_order();
  return 0;
}
