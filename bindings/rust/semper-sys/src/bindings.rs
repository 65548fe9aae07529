//! Written after `semper/semper.h` and `semper/debug.h`, which document each of these; `tests/layout.rs` compares them.
use std::ffi::{c_char, c_void};
use std::marker::{PhantomData, PhantomPinned};

pub const SEMPER_OK: i32 = 0;
pub const SEMPER_INVALID_ARGUMENT: i32 = 1;
pub const SEMPER_INVALID_POLICY: i32 = 2;
pub const SEMPER_INVALID_EVENT: i32 = 3;
pub const SEMPER_LIMIT_EXCEEDED: i32 = 4;
pub const SEMPER_IO: i32 = 5;
pub const SEMPER_NOT_FOUND: i32 = 6;
pub const SEMPER_UNSUPPORTED: i32 = 7;
pub const SEMPER_BUSY: i32 = 8;
pub const SEMPER_OUT_OF_MEMORY: i32 = 9;
pub const SEMPER_INTERNAL: i32 = 10;
pub const SEMPER_ABI_MAJOR: i32 = 1;
pub const SEMPER_ABI_MINOR: i32 = 0;
pub const SEMPER_SEVERITY_WARNING: i32 = 1;
pub const SEMPER_SEVERITY_ERROR: i32 = 2;
pub const SEMPER_KEY_ACCOUNT_ID: i32 = 1;
pub const SEMPER_KEY_RESOURCE_ID: i32 = 2;
pub const SEMPER_KEY_PRINCIPAL: i32 = 3;
pub const SEMPER_KEY_IP_ADDRESS: i32 = 4;
pub const SEMPER_KEY_STRING: i32 = 5;
pub const SEMPER_PLAN_JSON: i32 = 0;
pub const SEMPER_PLAN_CLOUDFORMATION: i32 = 1;
pub const SEMPER_PLAN_TERRAFORM: i32 = 2;
pub const SEMPER_PLAN_DIFFERENCE: i32 = 3;
pub const SEMPER_POLICY_OBSERVES: u64 = 1;
pub const SEMPER_FORMAT_NATIVE: i32 = 0;
pub const SEMPER_FORMAT_SEMPER17: i32 = 1;
pub const SEMPER_EVALUATOR_NO_DROPPED_JSON: u64 = 1;
pub const SEMPER_EVALUATOR_NO_NO_FINDING_JSON: u64 = 2;
pub const SEMPER_DECISION_RELEVANT: i32 = 1;
pub const SEMPER_DECISION_DROPPED: i32 = 2;
pub const SEMPER_DECISION_NO_FINDING: i32 = 3;
pub const SEMPER_DECISION_INVALID: i32 = 4;
pub const SEMPER_EFFECT_DROP: i32 = 1;
pub const SEMPER_EFFECT_EXTEND: i32 = 2;
pub const SEMPER_EFFECT_DETECT: i32 = 3;
pub const SEMPER_EFFECT_WOULD_DROP: i32 = 4;
pub const SEMPER_EFFECT_EXPIRED: i32 = 5;
pub const SEMPER_KIND_NULL: i32 = 1;
pub const SEMPER_KIND_BOOLEAN: i32 = 2;
pub const SEMPER_KIND_NUMBER: i32 = 3;
pub const SEMPER_KIND_STRING: i32 = 4;
pub const SEMPER_KIND_ARRAY: i32 = 5;
pub const SEMPER_KIND_OBJECT: i32 = 6;
pub const SEMPER_ROUTE_SQS: i32 = 1;
pub const SEMPER_ROUTE_SECURITY_HUB: i32 = 2;
pub const SEMPER_DIALECT_SEMPER: i32 = 0;
pub const SEMPER_DIALECT_EVENTBRIDGE: i32 = 1;
pub const SEMPER_ARRAYS_ANY: i32 = 0;
pub const SEMPER_ARRAYS_ALL: i32 = 1;
pub const SEMPER_SCOPE_POLICY: i32 = 0;
pub const SEMPER_SCOPE_LIST: i32 = 1;
pub const SEMPER_NO: i32 = 0;
pub const SEMPER_YES: i32 = 1;
pub const SEMPER_UNKNOWN: i32 = 2;
pub const SEMPER_EFFECT_UNDETERMINED: i32 = 6;

#[repr(C)]
#[derive(Debug)]
pub struct semper_error_t {
    _opaque: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
#[derive(Debug)]
pub struct semper_compiler_t {
    _opaque: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
#[derive(Debug)]
pub struct semper_policy_set_t {
    _opaque: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
#[derive(Debug)]
pub struct semper_slot_t {
    _opaque: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
#[derive(Debug)]
pub struct semper_evaluator_t {
    _opaque: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
#[derive(Debug)]
pub struct semper_result_t {
    _opaque: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
#[derive(Debug)]
pub struct semper_pattern_t {
    _opaque: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
#[derive(Debug)]
pub struct semper_scope_t {
    _opaque: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
#[derive(Debug)]
pub struct semper_call_t {
    _opaque: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct semper_string_view_t {
    pub data: *const c_char,
    pub size: usize,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct semper_diagnostic_t {
    pub struct_size: u32,
    pub severity: i32,
    pub code: semper_string_view_t,
    pub file: semper_string_view_t,
    pub pointer: semper_string_view_t,
    pub message: semper_string_view_t,
    pub offset: u64,
    pub line: u32,
    pub column: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct semper_provider_t {
    pub struct_size: u32,
    pub key_kind: i32,
    pub name: semper_string_view_t,
    pub state: *mut c_void,
    pub lookup: Option<unsafe extern "C" fn(state: *mut c_void, call: *mut semper_call_t)>,
    pub destroy: Option<unsafe extern "C" fn(state: *mut c_void)>,
    pub flags: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct semper_provider_options_t {
    pub struct_size: u32,
    pub flags: u32,
    pub cache_bytes: u64,
    pub ttl_ms: u64,
    pub negative_ttl_ms: u64,
    pub error_ttl_ms: u64,
    pub stale_if_error_ms: u64,
    pub deadline_ms: u64,
    pub breaker_failures: u64,
    pub breaker_cooldown_ms: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct semper_limits_t {
    pub struct_size: u32,
    pub reserved: u32,
    pub event_bytes: u64,
    pub event_depth: u64,
    pub event_findings: u64,
    pub policy_bytes: u64,
    pub pattern_depth: u64,
    pub branch_fields: u64,
    pub branches: u64,
    pub wildcard_stars: u64,
    pub regex_bytes: u64,
    pub combinator_depth: u64,
    pub accounts: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct semper_plan_options_t {
    pub struct_size: u32,
    pub format: i32,
    pub accounts: semper_string_view_t,
    pub account_ids: *const semper_string_view_t,
    pub account_id_count: u64,
    pub control_ids: semper_string_view_t,
    pub old_plan: semper_string_view_t,
    pub write: Option<
        unsafe extern "C" fn(
            state: *mut c_void,
            path: semper_string_view_t,
            bytes: semper_string_view_t,
        ) -> i32,
    >,
    pub warn: Option<unsafe extern "C" fn(state: *mut c_void, warning: *const semper_diagnostic_t)>,
    pub state: *mut c_void,
    pub flags: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct semper_policy_t {
    pub struct_size: u32,
    pub flags: u32,
    pub id: semper_string_view_t,
    pub kind: semper_string_view_t,
    pub title: semper_string_view_t,
    pub reason: semper_string_view_t,
    pub ticket: semper_string_view_t,
    pub file: semper_string_view_t,
    pub hash: semper_string_view_t,
    pub valid_from: i64,
    pub expires_at: i64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct semper_provider_counters_t {
    pub struct_size: u32,
    pub key_kind: i32,
    pub name: semper_string_view_t,
    pub asked: u64,
    pub found: u64,
    pub stale: u64,
    pub absent: u64,
    pub failed: u64,
    pub cached: u64,
    pub shared: u64,
    pub rejected: u64,
    pub calls: u64,
    pub failed_calls: u64,
    pub late_calls: u64,
    pub breaker_opened: u64,
    pub cache_entries: u64,
    pub cache_bytes: u64,
    pub evictions: u64,
    pub latency: [u64; 24],
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct semper_evaluator_options_t {
    pub struct_size: u32,
    pub format: i32,
    pub now: Option<unsafe extern "C" fn(state: *mut c_void) -> i64>,
    pub state: *mut c_void,
    pub destroy: Option<unsafe extern "C" fn(state: *mut c_void)>,
    pub flags: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct semper_counters_t {
    pub struct_size: u32,
    pub reserved: u32,
    pub in_: u64,
    pub relevant: u64,
    pub dropped: u64,
    pub no_finding: u64,
    pub invalid: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct semper_record_t {
    pub struct_size: u32,
    pub decision: i32,
    pub event: u64,
    pub hit_count: u64,
    pub json: semper_string_view_t,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct semper_hit_t {
    pub struct_size: u32,
    pub effect: i32,
    pub policy: u64,
    pub id: semper_string_view_t,
    pub title: semper_string_view_t,
    pub reason: semper_string_view_t,
    pub ticket: semper_string_view_t,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct semper_route_t {
    pub struct_size: u32,
    pub type_: i32,
    pub target: semper_string_view_t,
    pub record: semper_string_view_t,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct semper_place_t {
    pub struct_size: u32,
    pub reserved: u32,
    pub account_context: semper_string_view_t,
    pub account_id: semper_string_view_t,
    pub region: semper_string_view_t,
    pub regions: *const semper_string_view_t,
    pub region_count: u64,
}

extern "C" {
    pub fn semper_abi_version() -> u32;
    pub fn semper_version() -> semper_string_view_t;
    pub fn semper_status_name(status: i32) -> semper_string_view_t;
    pub fn semper_error_status(error: *const semper_error_t) -> i32;
    pub fn semper_error_message(error: *const semper_error_t) -> semper_string_view_t;
    pub fn semper_error_diagnostic_count(error: *const semper_error_t) -> usize;
    pub fn semper_error_diagnostic(
        from: *const semper_error_t,
        index: usize,
        diagnostic: *mut semper_diagnostic_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_error_free(error: *mut semper_error_t);
    pub fn semper_call_count(call: *const semper_call_t) -> usize;
    pub fn semper_call_key(call: *const semper_call_t, index: usize) -> semper_string_view_t;
    pub fn semper_call_remaining_ns(call: *const semper_call_t) -> i64;
    pub fn semper_call_set_json(
        call: *mut semper_call_t,
        index: usize,
        json: semper_string_view_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_call_set_stale_json(
        call: *mut semper_call_t,
        index: usize,
        json: semper_string_view_t,
        age_seconds: u64,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_call_set_absent(
        call: *mut semper_call_t,
        index: usize,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_call_fail(
        call: *mut semper_call_t,
        index: usize,
        reason: semper_string_view_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_compiler_create(
        compiler: *mut *mut semper_compiler_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_compiler_free(compiler: *mut semper_compiler_t);
    pub fn semper_compiler_set_limits(
        compiler: *mut semper_compiler_t,
        limits: *const semper_limits_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_compiler_set_default_regions(
        compiler: *mut semper_compiler_t,
        regions: *const semper_string_view_t,
        count: usize,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_compiler_add_repository(
        compiler: *mut semper_compiler_t,
        directory: semper_string_view_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_compiler_add_policy(
        compiler: *mut semper_compiler_t,
        id: semper_string_view_t,
        json: semper_string_view_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_compiler_add_provider(
        compiler: *mut semper_compiler_t,
        provider: *const semper_provider_t,
        options: *const semper_provider_options_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_compiler_add_builtin_provider(
        compiler: *mut semper_compiler_t,
        name: semper_string_view_t,
        specification: semper_string_view_t,
        options: *const semper_provider_options_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_compiler_compile(
        compiler: *mut semper_compiler_t,
        policy_set: *mut *mut semper_policy_set_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_compiler_diagnostic_count(compiler: *const semper_compiler_t) -> usize;
    pub fn semper_compiler_diagnostic(
        compiler: *const semper_compiler_t,
        index: usize,
        diagnostic: *mut semper_diagnostic_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_compiler_plan(
        compiler: *mut semper_compiler_t,
        plan: *const semper_plan_options_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_policy_set_retain(
        policy_set: *const semper_policy_set_t,
    ) -> *mut semper_policy_set_t;
    pub fn semper_policy_set_free(policy_set: *mut semper_policy_set_t);
    pub fn semper_policy_set_count(policy_set: *const semper_policy_set_t) -> usize;
    pub fn semper_policy_set_describe(
        policy_set: *const semper_policy_set_t,
        index: usize,
        policy: *mut semper_policy_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_policy_set_fingerprint(
        policy_set: *const semper_policy_set_t,
    ) -> semper_string_view_t;
    pub fn semper_policy_set_provider_count(policy_set: *const semper_policy_set_t) -> usize;
    pub fn semper_policy_set_provider_counters(
        policy_set: *const semper_policy_set_t,
        index: usize,
        counters: *mut semper_provider_counters_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_slot_create(
        policy_set: *const semper_policy_set_t,
        slot: *mut *mut semper_slot_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_slot_free(slot: *mut semper_slot_t);
    pub fn semper_slot_replace(
        slot: *const semper_slot_t,
        policy_set: *const semper_policy_set_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_slot_get(
        slot: *const semper_slot_t,
        policy_set: *mut *mut semper_policy_set_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_evaluator_create(
        policy_set: *const semper_policy_set_t,
        options: *const semper_evaluator_options_t,
        evaluator: *mut *mut semper_evaluator_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_evaluator_create_for_slot(
        slot: *const semper_slot_t,
        options: *const semper_evaluator_options_t,
        evaluator: *mut *mut semper_evaluator_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_evaluator_free(evaluator: *mut semper_evaluator_t);
    pub fn semper_evaluator_replace(
        evaluator: *mut semper_evaluator_t,
        policy_set: *const semper_policy_set_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_evaluator_counters(
        evaluator: *const semper_evaluator_t,
        counters: *mut semper_counters_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_evaluator_policy_hits(
        evaluator: *const semper_evaluator_t,
        policy: usize,
        hits: *mut u64,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_evaluate(
        evaluator: *mut semper_evaluator_t,
        event: semper_string_view_t,
        result: *mut semper_result_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_evaluate_batch(
        evaluator: *mut semper_evaluator_t,
        events: *const semper_string_view_t,
        count: usize,
        result: *mut semper_result_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_evaluate_ndjson(
        evaluator: *mut semper_evaluator_t,
        lines: semper_string_view_t,
        result: *mut semper_result_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_result_create(
        result: *mut *mut semper_result_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_result_free(result: *mut semper_result_t);
    pub fn semper_result_count(result: *const semper_result_t) -> usize;
    pub fn semper_result_record(
        result: *const semper_result_t,
        index: usize,
        record: *mut semper_record_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_result_hit(
        result: *const semper_result_t,
        record: usize,
        index: usize,
        hit: *mut semper_hit_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_result_normalized(
        result: *const semper_result_t,
        record: usize,
        name: semper_string_view_t,
        value: *mut semper_string_view_t,
        kind: *mut i32,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_result_route_count(result: *const semper_result_t, record: usize) -> usize;
    pub fn semper_result_route(
        result: *const semper_result_t,
        record: usize,
        index: usize,
        route: *mut semper_route_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_result_ndjson(result: *const semper_result_t) -> semper_string_view_t;
    pub fn semper_result_policy_set(
        result: *const semper_result_t,
        policy_set: *mut *mut semper_policy_set_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_pattern_compile(
        patterns: *const semper_string_view_t,
        count: usize,
        dialect: i32,
        arrays: i32,
        pattern: *mut *mut semper_pattern_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_pattern_free(pattern: *mut semper_pattern_t);
    pub fn semper_pattern_match(
        pattern: *const semper_pattern_t,
        event: semper_string_view_t,
        matched: *mut u32,
        capacity: usize,
        count: *mut usize,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_scope_compile(
        json: semper_string_view_t,
        kind: i32,
        scope: *mut *mut semper_scope_t,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_scope_free(scope: *mut semper_scope_t);
    pub fn semper_scope_contains(
        scope: *const semper_scope_t,
        place: *const semper_place_t,
        answer: *mut i32,
        error: *mut *mut semper_error_t,
    ) -> i32;
    pub fn semper_debug_live_handles() -> i64;
}
