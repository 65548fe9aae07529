/* The same work through libsemper.so, in plain C. The protocol is in run.py.
 *   semper_bench_c_runner POLICIES_DIR ACCOUNTS_FILE EVENTS_NDJSON */
#define _POSIX_C_SOURCE 200809L
#include <semper/semper.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { kBatch = 64 };

static void must(int32_t status, semper_error_t* error) {
  semper_string_view_t message = semper_error_message(error);
  if (status == SEMPER_OK) return;
  fprintf(stderr, "semper_bench_c_runner: %.*s\n", (int)message.size, message.data);
  exit(1);
}

static semper_string_view_t view(const char* text) {
  semper_string_view_t result;
  result.data = text;
  result.size = strlen(text);
  return result;
}

static long long cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static char* read_file(const char* path, size_t* size) {
  FILE* file = fopen(path, "rb");
  char* text;
  long length;
  if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (length = ftell(file)) < 0) {
    fprintf(stderr, "semper_bench_c_runner: %s cannot be read\n", path);
    exit(1);
  }
  rewind(file);
  *size = (size_t)length;
  text = malloc(*size + 1);
  if (text == NULL || fread(text, 1, *size, file) != *size) exit(1);
  fclose(file);
  return text;
}

struct taken {
  long long findings;
  long long bytes;
};

static void take(const semper_result_t* result, struct taken* taken) {
  size_t count = semper_result_count(result);
  size_t i;
  for (i = 0; i < count; ++i) {
    semper_record_t record = SEMPER_RECORD_INIT;
    must(semper_result_record(result, i, &record, NULL), NULL);
    taken->bytes += (long long)record.json.size;
  }
  taken->findings += (long long)count;
}

int main(int argc, char** argv) {
  semper_error_t* error = NULL;
  semper_compiler_t* compiler = NULL;
  semper_policy_set_t* policies = NULL;
  semper_evaluator_t* evaluator = NULL;
  semper_result_t* result = NULL;
  semper_string_view_t* events = NULL;
  char specification[4096];
  char command[16];
  char* text;
  size_t size, at, end, count = 0;
  long passes, pass;
  if (argc != 4) {
    fprintf(stderr, "usage: semper_bench_c_runner POLICIES_DIR ACCOUNTS_FILE EVENTS_NDJSON\n");
    return 1;
  }
  snprintf(specification, sizeof specification, "file:%s", argv[2]);
  must(semper_compiler_create(&compiler, &error), error);
  must(semper_compiler_add_repository(compiler, view(argv[1]), &error), error);
  must(semper_compiler_add_builtin_provider(compiler, view("accounts"), view(specification), NULL,
                                            &error),
       error);
  must(semper_compiler_compile(compiler, &policies, &error), error);
  must(semper_evaluator_create(policies, NULL, &evaluator, &error), error);
  must(semper_result_create(&result, &error), error);

  text = read_file(argv[3], &size);
  for (at = 0; at < size; at = end + 1) {
    const char* newline = memchr(text + at, '\n', size - at);
    end = newline == NULL ? size : (size_t)(newline - text);
    events = realloc(events, (count + 1) * sizeof *events);
    if (events == NULL) return 1;
    events[count].data = text + at;
    events[count].size = end - at;
    ++count;
  }

  puts("ready");
  fflush(stdout);
  while (scanf("%15s", command) == 1 && strcmp(command, "quit") != 0) {
    int is_batch = strcmp(command, "batch") == 0;
    struct taken taken = {0, 0};
    long long begin;
    if ((!is_batch && strcmp(command, "single") != 0) || scanf("%ld", &passes) != 1) return 1;
    begin = cpu_ns();
    for (pass = 0; pass < passes; ++pass) {
      for (at = 0; at < count; at += is_batch ? kBatch : 1) {
        if (is_batch) {
          size_t most = count - at < kBatch ? count - at : kBatch;
          must(semper_evaluate_batch(evaluator, events + at, most, result, &error), error);
        } else {
          must(semper_evaluate(evaluator, events[at], result, &error), error);
        }
        take(result, &taken);
      }
    }
    printf("{\"findings\": %lld, \"bytes\": %lld, \"cpu_ns\": %lld}\n", taken.findings, taken.bytes,
           cpu_ns() - begin);
    fflush(stdout);
  }
  free(events);
  free(text);
  semper_result_free(result);
  semper_evaluator_free(evaluator);
  semper_policy_set_free(policies);
  semper_compiler_free(compiler);
  return 0;
}
