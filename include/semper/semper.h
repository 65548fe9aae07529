/* Semper for C and for every language that can call C: AWS security findings parsed, accepted ones
 * dropped by a compiled policy set, the rest enriched. The only binary interface that is stable.
 * docs/c-abi.md is the guide ("embed it in ten minutes"); examples/c are programs.
 *
 *   semper_compiler_create -> _add_repository, _add_policy, _add_provider -> _compile   (mutable)
 *   semper_policy_set_t     immutable, shared by threads, reference counted
 *   semper_evaluator_t      one per thread: semper_evaluate, semper_evaluate_batch, _ndjson
 *   semper_result_t         the records of one call: made once, filled again and again
 *
 * Conventions, which hold for every function unless it says otherwise:
 *
 *  1. Names: semper_<type>_<verb>, semper_<type>_t, SEMPER_<CONSTANT>. What returns int32_t named
 *     "status" below returns SEMPER_OK or one of the other SEMPER_* statuses. Integers have fixed
 *     widths; there are no enums and no bools. A status, decision, effect or kind that you do not
 *     know comes from a newer library: treat it as an error, as "relevant", or as "other".
 *  2. Handles are opaque. What a handle needs it keeps alive itself, so the order in which you free
 *     never matters; NULL may be freed. A handle must not be used after you freed it.
 *  3. Arguments: receiver, inputs, outputs, and `semper_error_t **error` last. `error` may be NULL;
 *     otherwise it is NULL after success and an error after failure, which you free. On failure
 *     every other output is NULL or zero (of a struct: all but struct_size). Any other NULL pointer
 *     is SEMPER_INVALID_ARGUMENT. Functions that return a value and not a status give 0, NULL or an
 *     empty view for NULL. There is no "last error" of a thread.
 *  4. Strings in are semper_string_view_t by value, borrowed for the call: nothing you pass in must
 *     outlive it. {NULL, 0} is the empty string. Strings out are views into the handle that you got
 *     them from; each function says until when. They are not terminated by a zero byte. Text is
 *     UTF-8. You never call free() on anything.
 *  5. A struct that you fill in or that the library fills begins with struct_size: start from its
 *     SEMPER_..._INIT. Structs grow at their end only, zero is the default of everything, and
 *     SEMPER_..._SIZE_1_0 is the least size. Less is SEMPER_INVALID_ARGUMENT. A longer struct from
 *     a newer header works as long as what this library does not know is zero, otherwise it is
 *     SEMPER_UNSUPPORTED; where the library fills a longer struct, the rest is zeroed.
 *  6. A provider answers questions about keys: a JSON object, absent, or failed. Failed is not
 *     absent, and neither ever drops a finding. `destroy` runs exactly once.
 *  7. Threads: functions that take `const T *` may run at the same time on one object; those that
 *     take `T *` need it alone. Const says nothing else. Handles may move between threads. Using an
 *     object in a call that is still running is answered by SEMPER_BUSY where it is noticed, which
 *     is best effort. Freeing gives up your own reference and is safe while others use theirs.
 *  8. The library never prints, aborts, exits, starts threads, or touches locale, signals or the
 *     environment. No exception leaves it. Memory that runs out is SEMPER_OUT_OF_MEMORY. The
 *     budgets that can be set are in semper_limits_t; docs/limits.md tells them all.
 *  9. Only what this header and debug.h declare is exported, with version nodes. The SONAME carries
 *     SEMPER_ABI_MAJOR. Within it, functions and statuses are added and never changed or removed;
 *     "Since" tells with which SEMPER_ABI_MINOR. */
#ifndef SEMPER_SEMPER_H
#define SEMPER_SEMPER_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define SEMPER_API __attribute__((visibility("default")))
#else
#define SEMPER_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------ basic types --- */

/* Bytes that somebody else owns. */
typedef struct semper_string_view {
  const char* data;
  size_t size;
} semper_string_view_t;

/* Why a call failed, and what to do about it. Owned by you: semper_error_free. Immutable. */
typedef struct semper_error semper_error_t;
/* Collects policies and options. */
typedef struct semper_compiler semper_compiler_t;
/* Compiled policies. Immutable, reference counted, shared freely by threads. */
typedef struct semper_policy_set semper_policy_set_t;
/* The policy set in force, for evaluators that run while it is replaced. */
typedef struct semper_slot semper_slot_t;
/* Decides about events. One per thread. */
typedef struct semper_evaluator semper_evaluator_t;
/* The records of one call of an evaluator. */
typedef struct semper_result semper_result_t;
/* Patterns alone, without policies around them. Immutable. */
typedef struct semper_pattern semper_pattern_t;
/* A scope alone. Immutable. */
typedef struct semper_scope semper_scope_t;
/* The keys that a provider is asked for, and the place for its answers. Lives during `lookup`. */
typedef struct semper_call semper_call_t;

/* Statuses. */
#define SEMPER_OK 0
#define SEMPER_INVALID_ARGUMENT 1 /* the caller's argument is unusable */
#define SEMPER_INVALID_POLICY 2   /* policies, a pattern or a scope do not load; see diagnostics */
#define SEMPER_INVALID_EVENT 3    /* the bytes are no event (pattern and scope functions only) */
#define SEMPER_LIMIT_EXCEEDED 4   /* larger than a limit */
#define SEMPER_IO 5               /* the operating system refused; the message names the file */
#define SEMPER_NOT_FOUND 6        /* an index, name or value that is not there */
#define SEMPER_UNSUPPORTED 7      /* this build or version of the library cannot do it */
#define SEMPER_BUSY 8             /* the object is in use by a call that is still running */
#define SEMPER_OUT_OF_MEMORY 9    /* nothing happened; the objects are as usable as before */
#define SEMPER_INTERNAL 10        /* a bug in the library; please report the message */

/* ---------------------------------------------------------------------------------- version --- */

/* The ABI that this header describes. */
#define SEMPER_ABI_MAJOR 1
#define SEMPER_ABI_MINOR 0
/* What semper_abi_version returns for this header. */
#define SEMPER_ABI_VERSION ((uint32_t)(SEMPER_ABI_MAJOR << 16 | SEMPER_ABI_MINOR))

/* The ABI of the library that is loaded, as SEMPER_ABI_VERSION. A host that loads it by hand goes
 * on if the upper 16 bits equal its own and the lower 16 are not less. Any thread. Since 1.0. */
SEMPER_API uint32_t semper_abi_version(void);

/* The version of the library: "0.1.0". The view is valid for ever. Any thread. Since 1.0. */
SEMPER_API semper_string_view_t semper_version(void);

/* "ok", "invalid_argument", ... of a status; "" for one that the library does not know. The view is
 * valid for ever. Any thread. Since 1.0. */
SEMPER_API semper_string_view_t semper_status_name(int32_t status);

/* ------------------------------------------------------------------- errors and diagnostics --- */

#define SEMPER_SEVERITY_WARNING 1
#define SEMPER_SEVERITY_ERROR 2

/* One problem in a policy, pattern or scope, for the person who must mend it. */
typedef struct semper_diagnostic {
  uint32_t struct_size;
  int32_t severity;             /* SEMPER_SEVERITY_* */
  semper_string_view_t code;    /* stable, lower_snake_case: unknown_comparator */
  semper_string_view_t file;    /* the path, or the id of a policy from memory */
  semper_string_view_t pointer; /* JSON Pointer (RFC 6901) of the offending value or key */
  semper_string_view_t message; /* what is wrong, and what to write instead */
  uint64_t offset;              /* bytes from the start of the text */
  uint32_t line;                /* from 1; 0: there is no place */
  uint32_t column;              /* from 1, in bytes */
} semper_diagnostic_t;
#define SEMPER_DIAGNOSTIC_INIT \
  { (uint32_t)sizeof(semper_diagnostic_t), 0, {0, 0}, {0, 0}, {0, 0}, {0, 0}, 0, 0, 0 }
#define SEMPER_DIAGNOSTIC_SIZE_1_0 (offsetof(semper_diagnostic_t, column) + sizeof(uint32_t))

/* The status that the failed call returned; SEMPER_OK for NULL. Since 1.0. */
SEMPER_API int32_t semper_error_status(const semper_error_t* error);

/* One sentence without a newline. Valid until the error is freed. Since 1.0. */
SEMPER_API semper_string_view_t semper_error_message(const semper_error_t* error);

/* How many diagnostics came with the error; none unless its status is SEMPER_INVALID_POLICY.
 * Since 1.0. */
SEMPER_API size_t semper_error_diagnostic_count(const semper_error_t* error);

/* Fills `diagnostic`, whose views are valid until the error `from` is freed. In the order of files
 * and places; warnings too. SEMPER_NOT_FOUND: no such index. Since 1.0. */
SEMPER_API int32_t semper_error_diagnostic(const semper_error_t* from, size_t index,
                                           semper_diagnostic_t* diagnostic, semper_error_t** error);

/* Since 1.0. */
SEMPER_API void semper_error_free(semper_error_t* error);

/* -------------------------------------------------------------------------------- providers --- */

/* What the keys of a provider are. */
#define SEMPER_KEY_ACCOUNT_ID 1
#define SEMPER_KEY_RESOURCE_ID 2
#define SEMPER_KEY_PRINCIPAL 3
#define SEMPER_KEY_IP_ADDRESS 4
#define SEMPER_KEY_STRING 5

/* A provider of yours. Copied, the name too. */
typedef struct semper_provider {
  uint32_t struct_size;
  int32_t key_kind; /* SEMPER_KEY_*; 0: account ids */
  /* How policies and records call it. "accounts" is the one that scopes, account fields and
   * accountContext come from. */
  semper_string_view_t name;
  void* state; /* handed to the functions below */
  /* Answers each key of the call, now: the call is gone when it returns. From any thread that
   * evaluates, also from several at once. Required. */
  void (*lookup)(void* state, semper_call_t* call);
  /* Runs once, when nothing uses the provider any more: from the thread that freed the last
   * compiler, policy set, evaluator or result that knew it. It runs as well when adding the
   * provider fails, unless `provider` is NULL or its struct_size unusable. May be NULL. */
  void (*destroy)(void* state);
  uint64_t flags; /* none yet: 0 */
} semper_provider_t;
#define SEMPER_PROVIDER_INIT \
  { (uint32_t)sizeof(semper_provider_t), 0, {0, 0}, 0, 0, 0, 0 }
#define SEMPER_PROVIDER_SIZE_1_0 (offsetof(semper_provider_t, flags) + sizeof(uint64_t))

/* What stands between the library and a provider: a cache, single flight, a deadline, a circuit
 * breaker. 0 is the default, SEMPER_OFF switches the part off. Times are milliseconds. */
#define SEMPER_OFF UINT64_MAX
typedef struct semper_provider_options {
  uint32_t struct_size;
  uint32_t flags;               /* none yet: 0 */
  uint64_t cache_bytes;         /* answers in memory; default 16 MiB */
  uint64_t ttl_ms;              /* how long an object is fresh; default 300000 */
  uint64_t negative_ttl_ms;     /* how long "absent" is remembered; default 60000 */
  uint64_t error_ttl_ms;        /* how long a failed key is not asked for again; default 1000 */
  uint64_t stale_if_error_ms;   /* how old an object may be that answers while the source fails;
                                 * default 3600000 */
  uint64_t deadline_ms;         /* for one call; what comes later counts as failed; default 100 */
  uint64_t breaker_failures;    /* failed calls in a row that open the breaker; default 5 */
  uint64_t breaker_cooldown_ms; /* after it one call is let through; default 5000 */
} semper_provider_options_t;
#define SEMPER_PROVIDER_OPTIONS_INIT \
  { (uint32_t)sizeof(semper_provider_options_t), 0, 0, 0, 0, 0, 0, 0, 0, 0 }
#define SEMPER_PROVIDER_OPTIONS_SIZE_1_0 \
  (offsetof(semper_provider_options_t, breaker_cooldown_ms) + sizeof(uint64_t))

/* How many keys the call asks for; they are distinct. Within `lookup` only, as all semper_call_*:
 * another thread may answer while `lookup` waits for it, and nobody once it has returned.
 * Since 1.0. */
SEMPER_API size_t semper_call_count(const semper_call_t* call);

/* The key with this index; empty beyond the last. Valid during `lookup`. Since 1.0. */
SEMPER_API semper_string_view_t semper_call_key(const semper_call_t* call, size_t index);

/* Nanoseconds until answers come too late; INT64_MAX: there is no deadline. Since 1.0. */
SEMPER_API int64_t semper_call_remaining_ns(const semper_call_t* call);

/* Answers with a JSON object, which is copied. Text that is none counts as failed. A second answer
 * to a key replaces the first; a key without any has failed. SEMPER_NOT_FOUND: no such index.
 * Since 1.0. */
SEMPER_API int32_t semper_call_set_json(semper_call_t* call, size_t index,
                                        semper_string_view_t json, semper_error_t** error);

/* The same for an object that was true `age_seconds` ago and cannot be had anew: the verdict says
 * so. Since 1.0. */
SEMPER_API int32_t semper_call_set_stale_json(semper_call_t* call, size_t index,
                                              semper_string_view_t json, uint64_t age_seconds,
                                              semper_error_t** error);

/* Answers that there surely is nothing for the key. Since 1.0. */
SEMPER_API int32_t semper_call_set_absent(semper_call_t* call, size_t index,
                                          semper_error_t** error);

/* Says that the answer could not be found out; `reason` (a short sentence, may be empty) is copied
 * into the records' verdict. Since 1.0. */
SEMPER_API int32_t semper_call_fail(semper_call_t* call, size_t index, semper_string_view_t reason,
                                    semper_error_t** error);

/* --------------------------------------------------------------------------------- compiler --- */

/* Budgets; 0 is the default (docs/limits.md says what lies beyond each). Those on the left may be
 * lowered only, others raised up to 2147483647; more is SEMPER_INVALID_ARGUMENT. */
typedef struct semper_limits {
  uint32_t struct_size;
  uint32_t reserved;         /* 0 */
  uint64_t event_bytes;      /* one event; default 16 MiB; may be raised */
  uint64_t event_depth;      /* nested containers of an event; default 1024 */
  uint64_t event_findings;   /* findings of one event; default 100000; may be raised */
  uint64_t policy_bytes;     /* one policy; default 1 MiB; may be raised */
  uint64_t pattern_depth;    /* nested containers of a policy; default 128 */
  uint64_t branch_fields;    /* fields of one branch of a pattern; default 256 */
  uint64_t branches;         /* branches of a pattern; default 1000 */
  uint64_t wildcard_stars;   /* stars of one wildcard; default 64 */
  uint64_t regex_bytes;      /* one regular expression; default 4096 */
  uint64_t combinator_depth; /* nested not / and / or; default 16 */
  uint64_t accounts; /* accounts that an evaluator remembers; default 100000; may be raised */
} semper_limits_t;
#define SEMPER_LIMITS_INIT \
  { (uint32_t)sizeof(semper_limits_t), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
#define SEMPER_LIMITS_SIZE_1_0 (offsetof(semper_limits_t, accounts) + sizeof(uint64_t))

/* A compiler without policies. Since 1.0. */
SEMPER_API int32_t semper_compiler_create(semper_compiler_t** compiler, semper_error_t** error);

/* Policy sets that it compiled stay. Since 1.0. */
SEMPER_API void semper_compiler_free(semper_compiler_t* compiler);

/* Before the first policy is added; otherwise SEMPER_INVALID_ARGUMENT. The event limits hold for
 * all evaluators of the policy sets. Since 1.0. */
SEMPER_API int32_t semper_compiler_set_limits(semper_compiler_t* compiler,
                                              const semper_limits_t* limits,
                                              semper_error_t** error);

/* The regions that region scopes start from; `count` 0 (the default): every region. Copied.
 * Since 1.0. */
SEMPER_API int32_t semper_compiler_set_default_regions(semper_compiler_t* compiler,
                                                       const semper_string_view_t* regions,
                                                       size_t count, semper_error_t** error);

/* Reads all policies below a directory, now. SEMPER_IO: it cannot be read or is no repository.
 * Problems inside policies are no failure here: `compile` refuses then. Since 1.0. */
SEMPER_API int32_t semper_compiler_add_repository(semper_compiler_t* compiler,
                                                  semper_string_view_t directory,
                                                  semper_error_t** error);

/* Adds one policy from memory. `id` is as its path below a repository would be, without .json:
 * "20_filtering/cloudtrail_api_calls/x". SEMPER_INVALID_POLICY: it does not load and is not added;
 * the error has the diagnostics, and `compile` will refuse, too. Since 1.0. */
SEMPER_API int32_t semper_compiler_add_policy(semper_compiler_t* compiler, semper_string_view_t id,
                                              semper_string_view_t json, semper_error_t** error);

/* Adds a provider of yours under its name: letters, digits, `_` and `-`. SEMPER_INVALID_ARGUMENT:
 * another name, or one that was given before. `options` NULL: it is asked for every key anew,
 * without cache, deadline or breaker; a struct of zeros: all their defaults. Since 1.0. */
SEMPER_API int32_t semper_compiler_add_provider(semper_compiler_t* compiler,
                                                const semper_provider_t* provider,
                                                const semper_provider_options_t* options,
                                                semper_error_t** error);

/* Adds a provider that the library brings: `name` as in semper_provider_t, `specification` as for
 * the command (docs/providers.md): "file:accounts.json", "sqlite:cmdb.db?query=...". SEMPER_IO,
 * SEMPER_INVALID_ARGUMENT: it cannot be opened, or holds what it must not; SEMPER_UNSUPPORTED: this
 * build has no such type. `options` may be NULL: defaults. Since 1.0. */
SEMPER_API int32_t semper_compiler_add_builtin_provider(semper_compiler_t* compiler,
                                                        semper_string_view_t name,
                                                        semper_string_view_t specification,
                                                        const semper_provider_options_t* options,
                                                        semper_error_t** error);

/* Compiles all that was added. SEMPER_INVALID_POLICY: there are diagnostics of severity error,
 * which come with the error. The compiler may be used on; the policy set does not change any more.
 * The reference is yours: semper_policy_set_free. Since 1.0. */
SEMPER_API int32_t semper_compiler_compile(semper_compiler_t* compiler,
                                           semper_policy_set_t** policy_set,
                                           semper_error_t** error);

/* Everything found so far, warnings too: also after `compile` succeeded. Since 1.0. */
SEMPER_API size_t semper_compiler_diagnostic_count(const semper_compiler_t* compiler);

/* Fills `diagnostic`, whose views are valid until the next function that takes the compiler without
 * const. SEMPER_NOT_FOUND: no such index. Since 1.0. */
SEMPER_API int32_t semper_compiler_diagnostic(const semper_compiler_t* compiler, size_t index,
                                              semper_diagnostic_t* diagnostic,
                                              semper_error_t** error);

/* ------------------------------------------------------------------------------------- plan --- */

/* What semper_compiler_plan writes (docs/plan.md). */
#define SEMPER_PLAN_JSON 0           /* one document: plan.json */
#define SEMPER_PLAN_CLOUDFORMATION 1 /* ACCOUNT/REGION.template.json, -2 and so on if too large */
#define SEMPER_PLAN_TERRAFORM 2      /* ACCOUNT/REGION/main.tf.json: a root module */
#define SEMPER_PLAN_DIFFERENCE 3     /* what differs from `old_plan`, a JSON object a line */

typedef struct semper_plan_options {
  uint32_t struct_size;
  int32_t format; /* SEMPER_PLAN_* */
  /* The contexts of the accounts to plan for: a JSON list, an object keyed by account id, or
   * NDJSON. May be empty. */
  semper_string_view_t accounts;
  const semper_string_view_t* account_ids; /* further accounts, of which only the id is known */
  uint64_t account_id_count;
  /* The controls that standards have, to resolve wildcards ("3.*"), as
   * share/semper/controls/security-hub-ids.json. May be empty. */
  semper_string_view_t control_ids;
  semper_string_view_t old_plan; /* SEMPER_PLAN_DIFFERENCE: an earlier plan.json; else empty */
  /* Takes the bytes of a file in pieces: those of one file one after another. `path` is relative,
   * with `/`; both views are valid during the call. Not 0: stop. Required. */
  int32_t (*write)(void* state, semper_string_view_t path, semper_string_view_t bytes);
  /* Told each warning of a plan that was made, after the last `write`. May be NULL. */
  void (*warn)(void* state, const semper_diagnostic_t* warning);
  void* state;    /* handed to both */
  uint64_t flags; /* none yet: 0 */
} semper_plan_options_t;
#define SEMPER_PLAN_OPTIONS_INIT \
  { (uint32_t)sizeof(semper_plan_options_t), 0, {0, 0}, 0, 0, {0, 0}, {0, 0}, 0, 0, 0, 0 }
#define SEMPER_PLAN_OPTIONS_SIZE_1_0 (offsetof(semper_plan_options_t, flags) + sizeof(uint64_t))

/* Writes what the policies that were added ask for in AWS, account by account, in the default
 * regions: sensors and Security Hub settings as data. Nothing is kept, and the same input gives the
 * same bytes. SEMPER_INVALID_POLICY: a policy does not load, two contradict each other, or AWS
 * would refuse something; the error has the diagnostics, nothing was written.
 * SEMPER_INVALID_ARGUMENT: no default region, or accounts, control ids or old plan that are none.
 * SEMPER_OK as well where `write` stopped it. The compiler is busy meanwhile. Since 1.0. */
SEMPER_API int32_t semper_compiler_plan(semper_compiler_t* compiler,
                                        const semper_plan_options_t* plan, semper_error_t** error);

/* ------------------------------------------------------------------------------- policy set --- */

#define SEMPER_POLICY_OBSERVES 1u /* an acceptance that only observes: it never drops */

/* What a host may ask about a policy. Views are valid while somebody holds the policy set. */
typedef struct semper_policy {
  uint32_t struct_size;
  uint32_t flags;              /* SEMPER_POLICY_* */
  semper_string_view_t id;     /* path below the repository's root without .json */
  semper_string_view_t kind;   /* "filtering", "extension", "event_rule", "config_rule", ... */
  semper_string_view_t title;  /* empty: none; likewise reason and ticket */
  semper_string_view_t reason; /* why it is accepted */
  semper_string_view_t ticket;
  semper_string_view_t file;
  semper_string_view_t hash; /* XXH3-128 of the file, 32 hex digits */
  int64_t valid_from;        /* seconds since 1970 UTC; 0: from ever */
  int64_t expires_at;        /* likewise; 0: never */
} semper_policy_t;
#define SEMPER_POLICY_INIT                                                                        \
  {                                                                                               \
    (uint32_t)sizeof(semper_policy_t), 0, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, \
        0, 0                                                                                      \
  }
#define SEMPER_POLICY_SIZE_1_0 (offsetof(semper_policy_t, expires_at) + sizeof(int64_t))

/* One more reference to the same policy set, to be freed on its own; NULL for NULL. Since 1.0. */
SEMPER_API semper_policy_set_t* semper_policy_set_retain(const semper_policy_set_t* policy_set);

/* Gives back one reference. Since 1.0. */
SEMPER_API void semper_policy_set_free(semper_policy_set_t* policy_set);

/* How many policies there are. Since 1.0. */
SEMPER_API size_t semper_policy_set_count(const semper_policy_set_t* policy_set);

/* Fills `policy`; policies are sorted by id. SEMPER_NOT_FOUND: no such index. Since 1.0. */
SEMPER_API int32_t semper_policy_set_describe(const semper_policy_set_t* policy_set, size_t index,
                                              semper_policy_t* policy, semper_error_t** error);

/* Names the generation: a hash over all policies and options, 32 hex digits, which each record
 * carries. Valid while somebody holds the policy set. Since 1.0. */
SEMPER_API semper_string_view_t
semper_policy_set_fingerprint(const semper_policy_set_t* policy_set);

/* How many providers its evaluators may ask. Since 1.0. */
SEMPER_API size_t semper_policy_set_provider_count(const semper_policy_set_t* policy_set);

/* What a provider has done since it was added, for all that use it. */
typedef struct semper_provider_counters {
  uint32_t struct_size;
  int32_t key_kind;          /* SEMPER_KEY_* */
  semper_string_view_t name; /* valid while somebody holds the policy set */
  /* By key: asked == found + stale + absent + failed. */
  uint64_t asked;
  uint64_t found;
  uint64_t stale;
  uint64_t absent;
  uint64_t failed;
  uint64_t cached;   /* of those asked, answered from the cache */
  uint64_t shared;   /* of those asked, answered by a call that was under way */
  uint64_t rejected; /* of those asked, not looked up because the breaker was open */
  /* By call to the source. */
  uint64_t calls;
  uint64_t failed_calls;   /* gave no key an answer, or came too late */
  uint64_t late_calls;     /* ended after their deadline */
  uint64_t breaker_opened; /* how often */
  /* The cache at present. */
  uint64_t cache_entries;
  uint64_t cache_bytes;
  uint64_t evictions;
  /* Calls by how long they took: number i counts those below 2^i microseconds that are not counted
   * before; the last one all that took longer. */
  uint64_t latency[24];
} semper_provider_counters_t;
#define SEMPER_PROVIDER_COUNTERS_INIT                                                            \
  {                                                                                              \
    (uint32_t)sizeof(semper_provider_counters_t), 0, {0, 0}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
        0, 0, 0, {                                                                               \
      0                                                                                          \
    }                                                                                            \
  }
#define SEMPER_PROVIDER_COUNTERS_SIZE_1_0 \
  (offsetof(semper_provider_counters_t, latency) + 24 * sizeof(uint64_t))

/* Fills `counters`; providers are sorted by name. All zero for a provider of yours that was added
 * without options: nothing counts there (options that are SEMPER_OFF throughout count, and do
 * nothing else). SEMPER_NOT_FOUND: no such index. Since 1.0. */
SEMPER_API int32_t semper_policy_set_provider_counters(const semper_policy_set_t* policy_set,
                                                       size_t index,
                                                       semper_provider_counters_t* counters,
                                                       semper_error_t** error);

/* --------------------------------------------------------------------------------- hot swap --- */

/* A slot that holds a policy set. Evaluators made for the slot decide each call by what is in it
 * when the call begins. To reload: compile, and replace only if that succeeded. Since 1.0. */
SEMPER_API int32_t semper_slot_create(const semper_policy_set_t* policy_set, semper_slot_t** slot,
                                      semper_error_t** error);

/* Evaluators made for the slot go on with what it held. Since 1.0. */
SEMPER_API void semper_slot_free(semper_slot_t* slot);

/* From now on, calls that begin are decided by `policy_set`. Any thread, at any time: const is the
 * contract about threads. Since 1.0. */
SEMPER_API int32_t semper_slot_replace(const semper_slot_t* slot,
                                       const semper_policy_set_t* policy_set,
                                       semper_error_t** error);

/* A reference to what the slot holds: semper_policy_set_free. Any thread, at any time. Since 1.0.
 */
SEMPER_API int32_t semper_slot_get(const semper_slot_t* slot, semper_policy_set_t** policy_set,
                                   semper_error_t** error);

/* -------------------------------------------------------------------------------- evaluator --- */

/* Forms of a record. */
#define SEMPER_FORMAT_NATIVE 0   /* finding, accountContext, normalized, extensions, verdict */
#define SEMPER_FORMAT_SEMPER17 1 /* generation 1.7: normalized, extensions, raw */

/* Flags of an evaluator. */
/* Dropped findings get no JSON (their decision and policies are there all the same): saves most of
 * the time where most findings are dropped and nobody archives them. */
#define SEMPER_EVALUATOR_NO_DROPPED_JSON 1u
/* Likewise for events that nobody asked to detect (SEMPER_DECISION_NO_FINDING). */
#define SEMPER_EVALUATOR_NO_NO_FINDING_JSON 2u

typedef struct semper_evaluator_options {
  uint32_t struct_size;
  int32_t format; /* SEMPER_FORMAT_* */
  /* Seconds since 1970 UTC, by which the life of acceptances is judged; NULL: the system's clock.
   * Called by the thread that evaluates. */
  int64_t (*now)(void* state);
  void* state; /* handed to `now` and `destroy` */
  /* Runs once, when the evaluator is gone; also when it cannot be created, unless `options` is NULL
   * or its struct_size unusable. May be NULL. */
  void (*destroy)(void* state);
  uint64_t flags; /* SEMPER_EVALUATOR_* */
} semper_evaluator_options_t;
#define SEMPER_EVALUATOR_OPTIONS_INIT \
  { (uint32_t)sizeof(semper_evaluator_options_t), 0, 0, 0, 0, 0 }
#define SEMPER_EVALUATOR_OPTIONS_SIZE_1_0 \
  (offsetof(semper_evaluator_options_t, flags) + sizeof(uint64_t))

/* Since the evaluator was created; in == relevant + dropped + no_finding + invalid. */
typedef struct semper_counters {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  uint64_t in;       /* records */
  uint64_t relevant; /* of them; likewise below */
  uint64_t dropped;
  uint64_t no_finding;
  uint64_t invalid;
} semper_counters_t;
#define SEMPER_COUNTERS_INIT \
  { (uint32_t)sizeof(semper_counters_t), 0, 0, 0, 0, 0, 0 }
#define SEMPER_COUNTERS_SIZE_1_0 (offsetof(semper_counters_t, invalid) + sizeof(uint64_t))

/* An evaluator that decides by `policy_set`. `options` may be NULL: defaults. Since 1.0. */
SEMPER_API int32_t semper_evaluator_create(const semper_policy_set_t* policy_set,
                                           const semper_evaluator_options_t* options,
                                           semper_evaluator_t** evaluator, semper_error_t** error);

/* An evaluator that decides by what `slot` holds when a call begins. Since 1.0. */
SEMPER_API int32_t semper_evaluator_create_for_slot(const semper_slot_t* slot,
                                                    const semper_evaluator_options_t* options,
                                                    semper_evaluator_t** evaluator,
                                                    semper_error_t** error);

/* Results stay. Since 1.0. */
SEMPER_API void semper_evaluator_free(semper_evaluator_t* evaluator);

/* From the next call on, `policy_set` decides; an evaluator made for a slot leaves it. Since 1.0.
 */
SEMPER_API int32_t semper_evaluator_replace(semper_evaluator_t* evaluator,
                                            const semper_policy_set_t* policy_set,
                                            semper_error_t** error);

/* Fills `counters`. Calls that failed count nothing. Since 1.0. */
SEMPER_API int32_t semper_evaluator_counters(const semper_evaluator_t* evaluator,
                                             semper_counters_t* counters, semper_error_t** error);

/* How many findings the policy with this index of the present policy set stood in a verdict of.
 * SEMPER_NOT_FOUND: no such index. Since 1.0. */
SEMPER_API int32_t semper_evaluator_policy_hits(const semper_evaluator_t* evaluator, size_t policy,
                                                uint64_t* hits, semper_error_t** error);

/* Decides about one event and replaces what `result` held by its records. An event is one JSON
 * text: docs/findings.md says what it may hold; what is no event is a record of decision invalid,
 * not a failure. Every event gives at least one record. Nothing refers to `event` afterwards; it
 * must not lie in `result` (SEMPER_INVALID_ARGUMENT). On failure `result` is empty, nothing was
 * counted, and the call may be repeated. Since 1.0. */
SEMPER_API int32_t semper_evaluate(semper_evaluator_t* evaluator, semper_string_view_t event,
                                   semper_result_t* result, semper_error_t** error);

/* The same for many events in one call, in their order: for hosts whose calls are dear. `events`
 * may be NULL where `count` is 0. One policy set decides about all of them. Since 1.0. */
SEMPER_API int32_t semper_evaluate_batch(semper_evaluator_t* evaluator,
                                         const semper_string_view_t* events, size_t count,
                                         semper_result_t* result, semper_error_t** error);

/* The same for NDJSON: each line that is not blank is an event. The number of an event is that of
 * its line, from 0. Since 1.0. */
SEMPER_API int32_t semper_evaluate_ndjson(semper_evaluator_t* evaluator, semper_string_view_t lines,
                                          semper_result_t* result, semper_error_t** error);

/* ----------------------------------------------------------------------------------- result --- */

/* Decisions. */
#define SEMPER_DECISION_RELEVANT 1   /* for the SIEM */
#define SEMPER_DECISION_DROPPED 2    /* accepted by a filter policy */
#define SEMPER_DECISION_NO_FINDING 3 /* nothing that anybody asked to detect */
#define SEMPER_DECISION_INVALID 4    /* bytes that are no event */

/* What a policy had to do with a decision. */
#define SEMPER_EFFECT_DROP 1       /* its acceptance dropped the finding */
#define SEMPER_EFFECT_EXTEND 2     /* its extension is in the record */
#define SEMPER_EFFECT_DETECT 3     /* its event rule makes the event a finding */
#define SEMPER_EFFECT_WOULD_DROP 4 /* an acceptance that only observes */
#define SEMPER_EFFECT_EXPIRED 5    /* an acceptance that is no longer in force */
#define SEMPER_EFFECT_UNDETERMINED                              \
  6 /* it matches, but whether it is for the account is unknown \
     */

/* Kinds of a normalized field. */
#define SEMPER_KIND_NULL 1
#define SEMPER_KIND_BOOLEAN 2
#define SEMPER_KIND_NUMBER 3
#define SEMPER_KIND_STRING 4
#define SEMPER_KIND_ARRAY 5
#define SEMPER_KIND_OBJECT 6

/* One record. The view is valid until the result is filled again or freed; likewise below. */
typedef struct semper_record {
  uint32_t struct_size;
  int32_t decision;          /* SEMPER_DECISION_* */
  uint64_t event;            /* number of the event in the call, from 0 */
  uint64_t hit_count;        /* how many policies stand in the verdict */
  semper_string_view_t json; /* on one line, without the newline; empty only by the flags above */
} semper_record_t;
#define SEMPER_RECORD_INIT                        \
  {                                               \
    (uint32_t)sizeof(semper_record_t), 0, 0, 0, { \
      0, 0                                        \
    }                                             \
  }
#define SEMPER_RECORD_SIZE_1_0 (offsetof(semper_record_t, json) + sizeof(semper_string_view_t))

/* Why a policy stands in a verdict. The views are valid until the result is filled again or freed.
 */
typedef struct semper_hit {
  uint32_t struct_size;
  int32_t effect;             /* SEMPER_EFFECT_* */
  uint64_t policy;            /* index in the policy set of the result */
  semper_string_view_t id;    /* of the policy; likewise below */
  semper_string_view_t title; /* empty: none; likewise below */
  semper_string_view_t reason;
  semper_string_view_t ticket;
} semper_hit_t;
#define SEMPER_HIT_INIT                                             \
  {                                                                 \
    (uint32_t)sizeof(semper_hit_t), 0, 0, {0, 0}, {0, 0}, {0, 0}, { \
      0, 0                                                          \
    }                                                               \
  }
#define SEMPER_HIT_SIZE_1_0 (offsetof(semper_hit_t, ticket) + sizeof(semper_string_view_t))

/* An empty result, to be filled by semper_evaluate* as often as you like: its memory is used again.
 * It belongs to no evaluator. Since 1.0. */
SEMPER_API int32_t semper_result_create(semper_result_t** result, semper_error_t** error);

/* Since 1.0. */
SEMPER_API void semper_result_free(semper_result_t* result);

/* How many records there are. Since 1.0. */
SEMPER_API size_t semper_result_count(const semper_result_t* result);

/* Fills `record`. SEMPER_NOT_FOUND: no such index. Since 1.0. */
SEMPER_API int32_t semper_result_record(const semper_result_t* result, size_t index,
                                        semper_record_t* record, semper_error_t** error);

/* Fills `hit`: of the record `record`, the policy number `index` of its verdict. SEMPER_NOT_FOUND:
 * no such record or index. Since 1.0. */
SEMPER_API int32_t semper_result_hit(const semper_result_t* result, size_t record, size_t index,
                                     semper_hit_t* hit, semper_error_t** error);

/* The normalized field `name` ("severity", docs/normalized.md) of a record that has JSON: `kind` is
 * SEMPER_KIND_*, `value` the decoded text of a string and the JSON text of anything else.
 * SEMPER_NOT_FOUND: no such record or field. For many fields parse the record. Since 1.0. */
SEMPER_API int32_t semper_result_normalized(const semper_result_t* result, size_t record,
                                            semper_string_view_t name, semper_string_view_t* value,
                                            int32_t* kind, semper_error_t** error);

/* Ways to send a record. */
#define SEMPER_ROUTE_SQS 1          /* to a queue: sqsFanOut */
#define SEMPER_ROUTE_SECURITY_HUB 2 /* by BatchImportFindings: sendToSecurityHub */

/* Where an extension policy sends a record: all you need to send it. The views are valid until the
 * result is filled again or freed. */
typedef struct semper_route {
  uint32_t struct_size;
  int32_t type; /* SEMPER_ROUTE_* */
  /* A JSON object. SQS: {"type":"sqs", "policy":..., "queueName" or "queueUrl":...,
   * "instructions":{the whole block}}; Security Hub: {"type":"securityhub", "policy":...,
   * "accountId":..., "region":...}. */
  semper_string_view_t target;
  semper_string_view_t record; /* SQS: the record; Security Hub: a finding in ASFF */
} semper_route_t;
#define SEMPER_ROUTE_INIT                          \
  {                                                \
    (uint32_t)sizeof(semper_route_t), 0, {0, 0}, { \
      0, 0                                         \
    }                                              \
  }
#define SEMPER_ROUTE_SIZE_1_0 (offsetof(semper_route_t, record) + sizeof(semper_string_view_t))

/* To how many places the record is to be sent; 0 beyond the last record, and for all that are not
 * relevant. What could not be routed is a note "unroutable" of the record. Since 1.0. */
SEMPER_API size_t semper_result_route_count(const semper_result_t* result, size_t record);

/* Fills `route`: of the record `record`, the route number `index`. SEMPER_NOT_FOUND: no such record
 * or index. Since 1.0. */
SEMPER_API int32_t semper_result_route(const semper_result_t* result, size_t record, size_t index,
                                       semper_route_t* route, semper_error_t** error);

/* All records that have JSON as NDJSON, each with its newline: what a host writes out in one go.
 * Since 1.0. */
SEMPER_API semper_string_view_t semper_result_ndjson(const semper_result_t* result);

/* A reference to the policy set that decided: semper_policy_set_free. SEMPER_NOT_FOUND: the result
 * was never filled. Since 1.0. */
SEMPER_API int32_t semper_result_policy_set(const semper_result_t* result,
                                            semper_policy_set_t** policy_set,
                                            semper_error_t** error);

/* ------------------------------------------------------------- patterns and scopes by themselves
 * --- */

/* Dialects (docs/pattern-language.md). */
#define SEMPER_DIALECT_SEMPER 0
#define SEMPER_DIALECT_EVENTBRIDGE 1

/* Of a list in an event, what must match. */
#define SEMPER_ARRAYS_ANY 0 /* any element: what reveals */
#define SEMPER_ARRAYS_ALL 1 /* all elements: what hides; dialect semper only */

/* What a scope document is. */
#define SEMPER_SCOPE_POLICY 0 /* a policyScope: accounts and regions */
#define SEMPER_SCOPE_LIST 1   /* a list scope: regions alone */

/* Answers of a scope. */
#define SEMPER_NO 0
#define SEMPER_YES 1
#define SEMPER_UNKNOWN 2 /* what is known does not tell */

/* Compiles `count` patterns (JSON texts, numbered from 0) into one program; what an event costs
 * hardly depends on how many there are. SEMPER_INVALID_POLICY: one of them is wrong; the error's
 * diagnostics tell, `file` being the pattern's number. `patterns` may be NULL where `count` is 0.
 * Since 1.0. */
SEMPER_API int32_t semper_pattern_compile(const semper_string_view_t* patterns, size_t count,
                                          int32_t dialect, int32_t arrays,
                                          semper_pattern_t** pattern, semper_error_t** error);

/* Since 1.0. */
SEMPER_API void semper_pattern_free(semper_pattern_t* pattern);

/* `count` is how many patterns match the event, a JSON object; the numbers of the first `capacity`
 * of them go to `matched`, ascending. `matched` may be NULL where `capacity` is 0.
 * SEMPER_INVALID_EVENT: the event is none; the message begins with the code and a colon
 * ("event_json_syntax: ..."). Since 1.0. */
SEMPER_API int32_t semper_pattern_match(const semper_pattern_t* pattern, semper_string_view_t event,
                                        uint32_t* matched, size_t capacity, size_t* count,
                                        semper_error_t** error);

/* Compiles a scope of the given kind (SEMPER_SCOPE_*). SEMPER_INVALID_POLICY: the error's
 * diagnostics tell what is wrong. Since 1.0. */
SEMPER_API int32_t semper_scope_compile(semper_string_view_t json, int32_t kind,
                                        semper_scope_t** scope, semper_error_t** error);

/* Since 1.0. */
SEMPER_API void semper_scope_free(semper_scope_t* scope);

/* Where a finding is. Everything may be left empty: what is unknown. */
typedef struct semper_place {
  uint32_t struct_size;
  uint32_t reserved;                    /* 0 */
  semper_string_view_t account_context; /* a JSON object */
  semper_string_view_t account_id;      /* used where there is no context */
  semper_string_view_t region;
  const semper_string_view_t* regions; /* the default regions; none: every region */
  uint64_t region_count;
} semper_place_t;
#define SEMPER_PLACE_INIT \
  { (uint32_t)sizeof(semper_place_t), 0, {0, 0}, {0, 0}, {0, 0}, 0, 0 }
#define SEMPER_PLACE_SIZE_1_0 (offsetof(semper_place_t, region_count) + sizeof(uint64_t))

/* Whether the place is in the scope: SEMPER_NO, SEMPER_YES or SEMPER_UNKNOWN. SEMPER_INVALID_EVENT:
 * the account context is no JSON object. Since 1.0. */
SEMPER_API int32_t semper_scope_contains(const semper_scope_t* scope, const semper_place_t* place,
                                         int32_t* answer, semper_error_t** error);

#ifdef __cplusplus
}
#endif

#endif /* SEMPER_SEMPER_H */
