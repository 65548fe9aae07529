// Memory that runs out is a status, at every single allocation: the call that failed can be
// repeated and gives what it would have given; nothing leaks, nothing throws, no finding is lost.
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <new>

extern "C" {
#include "check.h"
}

namespace {

long allocations = 0;  // of the library, since the scenario began
long failing = -1;     // this one fails; -1: none
long live = 0;         // blocks
bool is_watched = false;

void* allocate(std::size_t size) noexcept {
  if (is_watched && allocations++ == failing) return nullptr;
  void* block = std::malloc(size == 0 ? 1 : size);
  if (block != nullptr) ++live;
  return block;
}

void release(void* block) noexcept {
  if (block != nullptr) --live;
  std::free(block);
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* block = allocate(size)) return block;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) {
  return operator new(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void operator delete(void* block) noexcept {
  release(block);
}
void operator delete[](void* block) noexcept {
  release(block);
}
void operator delete(void* block, std::size_t) noexcept {
  release(block);
}
void operator delete[](void* block, std::size_t) noexcept {
  release(block);
}
void operator delete(void* block, const std::nothrow_t&) noexcept {
  release(block);
}
void operator delete[](void* block, const std::nothrow_t&) noexcept {
  release(block);
}

namespace {

int failures = 0;

// Calls until memory suffices: one allocation fails, so twice is enough.
template <class Call>
void must(Call call) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    semper_error_t* error = nullptr;
    is_watched = true;
    int32_t status = call(&error);
    is_watched = false;
    CHECK(semper_error_status(error) == status);
    semper_error_free(error);
    if (status == SEMPER_OK) return;
    CHECK_STATUS(SEMPER_OUT_OF_MEMORY, status);
    ++failures;
  }
  CHECK(!"two failures");
}

int destroyed = 0;

void look_up(void*, semper_call_t* call) {
  for (size_t i = 0; i < semper_call_count(call); ++i) {
    semper_call_set_json(call, i,
                         view(R"({"accountTags": {"env": "test"}, "accountName": "a long name"})"),
                         nullptr);
  }
}

int32_t write_nothing(void*, semper_string_view_t, semper_string_view_t bytes) {
  return bytes.size == 0;
}

void scenario(bool with_regex) {
  semper_provider_t provider = SEMPER_PROVIDER_INIT;
  provider.name = view("accounts");
  provider.lookup = look_up;
  provider.destroy = [](void*) { ++destroyed; };
  semper_compiler_t* compiler = nullptr;
  semper_policy_set_t* set = nullptr;
  semper_slot_t* slot = nullptr;
  semper_evaluator_t* evaluator = nullptr;
  semper_result_t* result = nullptr;
  semper_pattern_t* pattern = nullptr;
  semper_scope_t* scope = nullptr;
  semper_string_view_t events[] = {view(kEvent), view(kOtherEvent), view("[1,")};

  must([&](auto error) { return semper_compiler_create(&compiler, error); });
  bool is_added = false;
  must([&](auto error) {
    // A name can be given once; a provider that could not be added ends.
    int32_t status = semper_compiler_add_provider(compiler, &provider, nullptr, error);
    is_added |= status == SEMPER_OK;
    return status;
  });
  must([&](auto error) {
    return semper_compiler_add_policy(compiler, view(kPolicyId), view(kPolicy), error);
  });
  must([&](auto error) {
    return semper_compiler_add_policy(
        compiler, view("20_filtering/cloudtrail_api_calls/more"),
        view(
            with_regex
                ? R"({"filtering": {"findingPattern": {"detail": {"a": [{"regex-match": "x[0-9]+y"}]}}}})"
                : R"({"filtering": {"findingPattern": {"detail": {"a": [{"wildcard": "a*b"},
                       {"cidr": "10.0.0.0/8"}, {"numeric": [">", 3]}, {"contains": "q"}]}}}})"),
        error);
  });
  must([&](auto error) {
    return semper_compiler_add_policy(
        compiler, view("30_extension/send"),
        view(R"({"extension": {"findingPattern": {"detail": {"eventName": ["CreateUser"]}},
                 "extensionBlock": {"sqsFanOut": {"sqsName": "a-queue-with-a-long-name"},
                                    "sendToSecurityHub": {"findingTitle": "A user"}}}})"),
        error);
  });
  must([&](auto error) {
    return semper_compiler_add_policy(compiler, view("10_configure/event_rules/keys"),
                                      view(R"({"configure": {"eventRuleSettings":
                 {"eventName": "keys", "eventPattern": {"source": ["aws.kms"]}}}})"),
                                      error);
  });
  semper_string_view_t regions[] = {view("us-east-1"), view("eu-of-a-long-name-central-1")};
  must(
      [&](auto error) { return semper_compiler_set_default_regions(compiler, regions, 2, error); });
  for (int32_t format : {SEMPER_PLAN_JSON, SEMPER_PLAN_CLOUDFORMATION, SEMPER_PLAN_TERRAFORM}) {
    semper_plan_options_t plan = SEMPER_PLAN_OPTIONS_INIT;
    plan.format = format;
    plan.accounts = view(R"([{"accountId": "111122223333", "accountName": "a long enough name"}])");
    plan.write = write_nothing;
    must([&](auto error) { return semper_compiler_plan(compiler, &plan, error); });
  }
  must([&](auto error) { return semper_compiler_compile(compiler, &set, error); });
  must([&](auto error) { return semper_slot_create(set, &slot, error); });
  must([&](auto error) {
    return semper_evaluator_create_for_slot(slot, nullptr, &evaluator, error);
  });
  must([&](auto error) { return semper_result_create(&result, error); });
  must([&](auto error) { return semper_evaluate_batch(evaluator, events, 3, result, error); });
  CHECK(semper_result_count(result) == 3);
  const int32_t decisions[] = {SEMPER_DECISION_DROPPED, SEMPER_DECISION_RELEVANT,
                               SEMPER_DECISION_INVALID};
  for (size_t i = 0; i < 3; ++i) {
    semper_record_t record = SEMPER_RECORD_INIT;
    must([&](auto error) { return semper_result_record(result, i, &record, error); });
    CHECK(record.decision == decisions[i]);
    CHECK(record.json.size > 0);
  }
  semper_string_view_t value;
  int32_t kind = 0;
  must([&](auto error) {
    return semper_result_normalized(result, 1, view("principal"), &value, &kind, error);
  });
  CHECK(holds(value, "pipeline") || holds(value, "ipeline"));
  CHECK(semper_result_route_count(result, 1) == 2);
  semper_route_t route = SEMPER_ROUTE_INIT;
  must([&](auto error) { return semper_result_route(result, 1, 1, &route, error); });
  CHECK(holds(route.record, "SchemaVersion"));
  semper_provider_counters_t provider_counters = SEMPER_PROVIDER_COUNTERS_INIT;
  must([&](auto error) {
    return semper_policy_set_provider_counters(set, 0, &provider_counters, error);
  });
  semper_counters_t counters = SEMPER_COUNTERS_INIT;
  must([&](auto error) { return semper_evaluator_counters(evaluator, &counters, error); });
  CHECK(counters.in == 3 && counters.dropped == 1 && counters.relevant == 1);
  must([&](auto error) { return semper_evaluator_replace(evaluator, set, error); });
  must([&](auto error) { return semper_evaluate(evaluator, events[0], result, error); });

  semper_string_view_t text = view(R"({"a": [{"suffix": "x"}, {"wildcard": "y*z"}]})");
  must([&](auto error) { return semper_pattern_compile(&text, 1, 0, 0, &pattern, error); });
  size_t count = 0;
  must([&](auto error) {
    return semper_pattern_match(pattern, view(R"({"a": ["ax"]})"), nullptr, 0, &count, error);
  });
  CHECK(count == 1);
  must([&](auto error) {
    return semper_scope_compile(view(R"({"accountScope": {"exclude": {"ouName": "prod"}}})"), 0,
                                &scope, error);
  });
  semper_place_t place = SEMPER_PLACE_INIT;
  place.account_context = view(R"({"ouName": "prod"})");
  int32_t answer = -1;
  must([&](auto error) { return semper_scope_contains(scope, &place, &answer, error); });
  CHECK(answer == SEMPER_NO);

  semper_scope_free(scope);
  semper_pattern_free(pattern);
  semper_compiler_free(compiler);
  semper_policy_set_free(set);
  semper_slot_free(slot);
  semper_evaluator_free(evaluator);
  semper_result_free(result);
  CHECK(is_added);
}

/// RE2 is not made for exceptions: where memory runs out while it compiles a regular expression,
/// some blocks leak. Everything else is promised there, too.
void fail_each(bool with_regex) {
  failing = -1;
  scenario(with_regex);  // what is made once and kept
  allocations = 0;
  scenario(with_regex);
  long needed = allocations;
  CHECK(needed > 100);
  for (failing = 0; failing < needed; ++failing) {
    long before = live;
    allocations = 0;
    failures = 0;
    destroyed = 0;
    scenario(with_regex);
    bool leaks = live != before && !with_regex;
    if (leaks || semper_debug_live_handles() != 0 || destroyed < 1 || destroyed > 2) {
      std::fprintf(stderr,
                   "allocation %ld of %ld: %ld blocks leak, %ld handles, destroyed %d times\n",
                   failing, needed, live - before, static_cast<long>(semper_debug_live_handles()),
                   destroyed);
      std::exit(1);
    }
  }
  std::printf("%ld allocations, each failed once\n", needed);
}

}  // namespace

int main() {
  fail_each(false);
  fail_each(true);
}
