/* A repository from a directory and NDJSON from standard input, a buffer at a time: what is
 * relevant goes to standard output, the counts to standard error. batch POLICIES < events.ndjson */
#include "example.h"

enum { kBuffer = 1 << 20 };

/* Decides about the whole lines in the buffer and returns how many bytes are left. */
static size_t flush_lines(semper_evaluator_t* evaluator, semper_result_t* result, char* buffer,
                          size_t size, int is_end) {
  semper_error_t* error = NULL;
  semper_string_view_t lines, records;
  size_t whole = size;
  if (!is_end) {
    while (whole > 0 && buffer[whole - 1] != '\n') --whole;
    if (whole == 0 && size == kBuffer) whole = size; /* one line fills the buffer: it is cut */
  }
  lines.data = buffer;
  lines.size = whole;
  must(semper_evaluate_ndjson(evaluator, lines, result, &error), error);
  records = semper_result_ndjson(result);
  fwrite(records.data, 1, records.size, stdout);
  memmove(buffer, buffer + whole, size - whole);
  return size - whole;
}

int main(int argc, char** argv) {
  semper_evaluator_options_t options = SEMPER_EVALUATOR_OPTIONS_INIT;
  semper_counters_t counters = SEMPER_COUNTERS_INIT;
  semper_error_t* error = NULL;
  semper_compiler_t* compiler = NULL;
  semper_policy_set_t* policies = NULL;
  semper_evaluator_t* evaluator = NULL;
  semper_result_t* result = NULL;
  char* buffer = malloc(kBuffer);
  size_t held = 0, got;

  if (argc != 2 || buffer == NULL) {
    fprintf(stderr, "usage: batch POLICIES < EVENTS\n");
    return 2;
  }
  must(semper_compiler_create(&compiler, &error), error);
  must(semper_compiler_add_repository(compiler, view(argv[1]), &error), error);
  must(semper_compiler_compile(compiler, &policies, &error), error);
  options.flags = SEMPER_EVALUATOR_NO_DROPPED_JSON | SEMPER_EVALUATOR_NO_NO_FINDING_JSON;
  must(semper_evaluator_create(policies, &options, &evaluator, &error), error);
  must(semper_result_create(&result, &error), error);

  while ((got = fread(buffer + held, 1, kBuffer - held, stdin)) > 0) {
    held = flush_lines(evaluator, result, buffer, held + got, 0);
  }
  flush_lines(evaluator, result, buffer, held, 1);

  must(semper_evaluator_counters(evaluator, &counters, &error), error);
  fprintf(stderr, "%lu findings: %lu relevant, %lu dropped, %lu no finding, %lu invalid\n",
          (unsigned long)counters.in, (unsigned long)counters.relevant,
          (unsigned long)counters.dropped, (unsigned long)counters.no_finding,
          (unsigned long)counters.invalid);
  semper_result_free(result);
  semper_evaluator_free(evaluator);
  semper_policy_set_free(policies);
  semper_compiler_free(compiler);
  free(buffer);
  return 0;
}
