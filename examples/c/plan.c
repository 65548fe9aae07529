/* What policies ask for in AWS, as templates: lists their files.
 *   plan POLICIES_DIR ACCOUNTS_FILE REGION... */
#include "example.h"

static char* read_file(const char* path, size_t* size) {
  FILE* file = fopen(path, "rb");
  char* text = NULL;
  size_t capacity = 0;
  *size = 0;
  if (file == NULL) {
    fprintf(stderr, "%s cannot be read\n", path);
    exit(1);
  }
  do {
    capacity += 65536;
    text = realloc(text, capacity);
    if (text == NULL) exit(1);
    *size += fread(text + *size, 1, capacity - *size, file);
  } while (*size == capacity);
  fclose(file);
  return text;
}

static int32_t write_file(void* state, semper_string_view_t path, semper_string_view_t bytes) {
  /* A host writes the file; its bytes may come in pieces. */
  int* files = state;
  if (bytes.size > 0) printf("%.*s\n", (int)path.size, path.data);
  ++*files;
  return 0; /* go on */
}

static void warn(void* state, const semper_diagnostic_t* warning) {
  (void)state;
  fprintf(stderr, "%.*s: %.*s\n", (int)warning->file.size, warning->file.data,
          (int)warning->message.size, warning->message.data);
}

int main(int argc, char** argv) {
  semper_string_view_t regions[16];
  semper_plan_options_t plan = SEMPER_PLAN_OPTIONS_INIT;
  semper_error_t* error = NULL;
  semper_compiler_t* compiler = NULL;
  char* accounts;
  int files = 0;
  int i;
  if (argc < 4 || argc > 19) {
    fprintf(stderr, "usage: plan POLICIES_DIR ACCOUNTS_FILE REGION...\n");
    return 1;
  }
  for (i = 3; i < argc; ++i) regions[i - 3] = view(argv[i]);
  must(semper_compiler_create(&compiler, &error), error);
  must(semper_compiler_set_default_regions(compiler, regions, (size_t)(argc - 3), &error), error);
  must(semper_compiler_add_repository(compiler, view(argv[1]), &error), error);

  accounts = read_file(argv[2], &plan.accounts.size);
  plan.accounts.data = accounts;
  plan.format = SEMPER_PLAN_CLOUDFORMATION;
  plan.write = write_file;
  plan.warn = warn;
  plan.state = &files;
  must(semper_compiler_plan(compiler, &plan, &error), error);
  printf("%d templates\n", files);

  free(accounts);
  semper_compiler_free(compiler);
  return 0;
}
