/* What the C tests share. */
#ifndef SEMPER_TESTS_CAPI_CHECK_H
#define SEMPER_TESTS_CAPI_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "semper/debug.h"
#include "semper/semper.h"

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                  \
    }                                                                           \
  } while (0)

#define CHECK_STATUS(expected, call)                                                            \
  do {                                                                                          \
    int32_t check_status_ = (call);                                                             \
    if (check_status_ != (expected)) {                                                          \
      fprintf(stderr, "%s:%d: status %d, expected %s: %s\n", __FILE__, __LINE__, check_status_, \
              #expected, #call);                                                                \
      exit(1);                                                                                  \
    }                                                                                           \
  } while (0)

static semper_string_view_t view(const char* text) {
  semper_string_view_t result;
  result.data = text;
  result.size = strlen(text);
  return result;
}

static int equals(semper_string_view_t text, const char* expected) {
  return text.size == strlen(expected) && memcmp(text.data, expected, text.size) == 0;
}

static int holds(semper_string_view_t text, const char* part) {
  size_t size = strlen(part);
  size_t i;
  for (i = 0; i + size <= text.size; ++i) {
    if (memcmp(text.data + i, part, size) == 0) return 1;
  }
  return 0;
}

/* A filter that accepts what a pipeline in test accounts does; its reason and ticket are told. */
static const char kPolicy[] =
    "{\"metaData\": {\"title\": \"The pipeline may delete roles\"},"
    " \"filtering\": {\"policyScope\": {\"accountScope\": {\"exclude\": \"*\","
    " \"forceInclude\": {\"accountTags\": {\"env\": \"test\"}}}},"
    " \"findingPattern\": {\"detail\": {\"eventName\": [\"DeleteRole\"]}}},"
    " \"lifecycle\": {\"expiresAt\": \"2027-01-01\", \"ticket\": \"SEC-12\", \"reason\": "
    "\"agreed\"}}";
static const char kPolicyEverywhere[] =
    "{\"metaData\": {\"title\": \"Roles \\\"may\\\" go\"},"
    " \"filtering\": {\"findingPattern\": {\"detail\": {\"eventName\": [\"DeleteRole\"]}}}}";
static const char kPolicyId[] = "20_filtering/cloudtrail_api_calls/ci";

static const char kEvent[] =
    "{\"version\": \"0\", \"id\": \"1\", \"detail-type\": \"AWS API Call via CloudTrail\","
    " \"source\": \"aws.iam\", \"account\": \"111122223333\", \"time\": \"2024-05-01T12:00:00Z\","
    " \"region\": \"us-east-1\", \"resources\": [], \"detail\": {\"eventSource\":"
    " \"iam.amazonaws.com\", \"eventName\": \"DeleteRole\", \"eventTime\": "
    "\"2024-05-01T12:00:00Z\","
    " \"awsRegion\": \"us-east-1\", \"userIdentity\": {\"arn\":"
    " \"arn:aws:sts::111122223333:assumed-role/ci/pipeline\"}}}";
static const char kOtherEvent[] =
    "{\"version\": \"0\", \"id\": \"2\", \"detail-type\": \"AWS API Call via CloudTrail\","
    " \"source\": \"aws.iam\", \"account\": \"111122223333\", \"time\": \"2024-05-01T12:00:00Z\","
    " \"region\": \"us-east-1\", \"resources\": [], \"detail\": {\"eventSource\":"
    " \"iam.amazonaws.com\", \"eventName\": \"CreateUser\", \"eventTime\": "
    "\"2024-05-01T12:00:00Z\","
    " \"awsRegion\": \"us-east-1\", \"userIdentity\": {\"arn\":"
    " \"arn:aws:sts::111122223333:assumed-role/ci/\\u0070ipeline\"}}}";

static semper_policy_set_t* compile(const char* policy) {
  semper_compiler_t* compiler = NULL;
  semper_policy_set_t* set = NULL;
  CHECK_STATUS(SEMPER_OK, semper_compiler_create(&compiler, NULL));
  if (policy != NULL) {
    CHECK_STATUS(SEMPER_OK,
                 semper_compiler_add_policy(compiler, view(kPolicyId), view(policy), NULL));
  }
  CHECK_STATUS(SEMPER_OK, semper_compiler_compile(compiler, &set, NULL));
  semper_compiler_free(compiler);
  return set;
}

#endif
