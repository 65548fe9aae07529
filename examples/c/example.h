/* What the examples share: views, the end of a program that cannot go on, events. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <semper/semper.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline semper_string_view_t view(const char* text) {
  semper_string_view_t result;
  result.data = text;
  result.size = strlen(text);
  return result;
}

/* Goes on after SEMPER_OK only. */
static inline void must(int32_t status, semper_error_t* error) {
  semper_string_view_t message;
  size_t i;
  if (status == SEMPER_OK) return;
  message = semper_error_message(error);
  fprintf(stderr, "status %d: %.*s\n", (int)status, (int)message.size, message.data);
  for (i = 0; i < semper_error_diagnostic_count(error); ++i) {
    semper_diagnostic_t diagnostic = SEMPER_DIAGNOSTIC_INIT;
    semper_error_diagnostic(error, i, &diagnostic, NULL);
    fprintf(stderr, "%.*s:%u:%u: %.*s\n", (int)diagnostic.file.size, diagnostic.file.data,
            (unsigned)diagnostic.line, (unsigned)diagnostic.column, (int)diagnostic.message.size,
            diagnostic.message.data);
  }
  semper_error_free(error);
  exit(1);
}

static inline const char* decision_name(int32_t decision) {
  switch (decision) {
    case SEMPER_DECISION_RELEVANT:
      return "relevant";
    case SEMPER_DECISION_DROPPED:
      return "dropped";
    case SEMPER_DECISION_NO_FINDING:
      return "no finding";
    default:
      return "invalid";
  }
}

/* A CloudTrail event in EventBridge's envelope, on one line. */
static inline void write_event(char* out, size_t size, const char* account, const char* name) {
  snprintf(out, size,
           "{\"version\": \"0\", \"detail-type\": \"AWS API Call via CloudTrail\", \"source\": "
           "\"aws.iam\", \"account\": \"%s\", \"time\": \"2024-05-01T12:00:00Z\", \"region\": "
           "\"us-east-1\", \"detail\": {\"eventSource\": \"iam.amazonaws.com\", \"eventName\": "
           "\"%s\", \"eventTime\": \"2024-05-01T12:00:00Z\"}}",
           account, name);
}

#endif
