/* A host with functions named as those of RE2, fmt, simdjson, xxHash and SQLite, as if it had
 * linked other versions: the library calls its own, and the host its own. */
#include "check.h"

static int calls;

#define OTHER(name, symbol)                               \
  int name(void) __asm__(symbol);                         \
  __attribute__((visibility("default"))) int name(void) { \
    ++calls;                                              \
    return 42;                                            \
  }

OTHER(re2_construct, "_ZN3re23RE2C1ERKNS_11StringPieceERKNS0_7OptionsE")
OTHER(re2_construct_base, "_ZN3re23RE2C2ERKNS_11StringPieceERKNS0_7OptionsE")
OTHER(re2_match, "_ZNK3re23RE25MatchERKNS_11StringPieceEmmNS0_6AnchorEPS1_i")
OTHER(fmt_vformat,
      "_ZN3fmt2v97vformatB5cxx11ENS0_17basic_string_viewIcEENS0_17basic_format_argsINS0_20basic_"
      "format_contextINS0_8appenderEcEEEE")
OTHER(simdjson_choose, "_ZN8simdjson25get_active_implementationEv")
OTHER(xxhash_128, "XXH3_128bits")
OTHER(xxhash_64, "XXH3_64bits_withSeed")
OTHER(sqlite_open, "sqlite3_open_v2")

int main(void) {
  semper_compiler_t* compiler = NULL;
  semper_error_t* error = NULL;
  semper_policy_set_t* set = compile(
      "{\"filtering\": {\"findingPattern\": {\"detail\": {\"eventName\":"
      " [{\"regex-match\": \"Delete[A-Z][a-z]+$\"}]}}}}");
  semper_evaluator_t* evaluator = NULL;
  semper_result_t* result = NULL;
  semper_record_t record = SEMPER_RECORD_INIT;
  CHECK_STATUS(SEMPER_OK, semper_evaluator_create(set, NULL, &evaluator, NULL));
  CHECK_STATUS(SEMPER_OK, semper_result_create(&result, NULL));
  CHECK_STATUS(SEMPER_OK, semper_evaluate(evaluator, view(kEvent), result, NULL));
  CHECK_STATUS(SEMPER_OK, semper_result_record(result, 0, &record, NULL));
  CHECK(record.decision == SEMPER_DECISION_DROPPED);
  CHECK_STATUS(SEMPER_OK, semper_evaluate(evaluator, view(kOtherEvent), result, NULL));
  CHECK_STATUS(SEMPER_OK, semper_result_record(result, 0, &record, NULL));
  CHECK(record.decision == SEMPER_DECISION_RELEVANT);
  /* Messages are made by fmt. */
  CHECK_STATUS(SEMPER_OK, semper_compiler_create(&compiler, NULL));
  CHECK_STATUS(
      SEMPER_INVALID_POLICY,
      semper_compiler_add_policy(compiler, view(kPolicyId), view("{\"filtering\": 1,"), &error));
  CHECK(semper_error_diagnostic_count(error) == 1);
  CHECK(calls == 0);
  CHECK(re2_construct() + re2_construct_base() + re2_match() + fmt_vformat() + simdjson_choose() +
            xxhash_128() + xxhash_64() + sqlite_open() ==
        8 * 42);
  CHECK(calls == 8);
  semper_error_free(error);
  semper_compiler_free(compiler);
  semper_result_free(result);
  semper_evaluator_free(evaluator);
  semper_policy_set_free(set);
  return 0;
}
