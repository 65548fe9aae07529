use std::fmt;
use std::path::Path;
use std::ptr::{self, NonNull};

use semper_sys as sys;

use crate::ffi::{self, some_text, text};
use crate::{Evaluator, EvaluatorOptions, KeyKind, Result};

/// Compiled policies: immutable, shared freely by threads. A clone is another reference to the same.
pub struct PolicySet(NonNull<sys::semper_policy_set_t>);

// SAFETY: it does not change, and its references are counted atomically.
unsafe impl Send for PolicySet {}
// SAFETY: as above.
unsafe impl Sync for PolicySet {}

/// What a policy set says of one of its policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Policy<'s> {
    /// The path below the repository's root without `.json`.
    pub id: &'s str,
    /// `filtering`, `extension`, `event_rule`, `config_rule`, …
    pub kind: &'s str,
    /// What it is called.
    pub title: Option<&'s str>,
    /// Why it is accepted.
    pub reason: Option<&'s str>,
    /// Where that was decided.
    pub ticket: Option<&'s str>,
    /// Where it was read from.
    pub file: &'s Path,
    /// XXH3-128 of the file, 32 hex digits.
    pub hash: &'s str,
    /// An acceptance that only observes: it never drops.
    pub observes: bool,
    /// Seconds since 1970 UTC; None: from ever.
    pub valid_from: Option<i64>,
    /// Likewise; None: never.
    pub expires_at: Option<i64>,
}

/// What a provider has done since it was added, for all that use it. All zero for one that was added
/// [`unguarded`](crate::ProviderOptions::unguarded): nothing counts there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ProviderCounters<'s> {
    /// How policies and records call it.
    pub name: &'s str,
    /// What its keys are.
    pub key_kind: KeyKind,
    /// Keys that it was asked for: the sum of the next four.
    pub asked: u64,
    /// Keys with an object.
    pub found: u64,
    /// Keys with an object that is stale.
    pub stale: u64,
    /// Keys that there is nothing for.
    pub absent: u64,
    /// Keys that could not be found out.
    pub failed: u64,
    /// Of those asked, answered from the cache.
    pub cached: u64,
    /// Of those asked, answered by a call that was under way.
    pub shared: u64,
    /// Of those asked, not looked up because the breaker was open.
    pub rejected: u64,
    /// Calls to the source.
    pub calls: u64,
    /// Of them, gave no key an answer, or came too late.
    pub failed_calls: u64,
    /// Of them, ended after their deadline.
    pub late_calls: u64,
    /// How often the breaker opened.
    pub breaker_opened: u64,
    /// Answers in the cache at present.
    pub cache_entries: u64,
    /// Its memory.
    pub cache_bytes: u64,
    /// Answers that had to make place for others.
    pub evictions: u64,
    /// Calls by how long they took: number i counts those below 2^i microseconds that are not counted before; the last one
    /// all that took longer.
    pub latency: [u64; 24],
}

impl PolicySet {
    /// The handle is a reference that is ours.
    pub(crate) fn own(raw: *mut sys::semper_policy_set_t) -> Result<Self> {
        ffi::owned(raw).map(Self)
    }

    pub(crate) fn raw(&self) -> *const sys::semper_policy_set_t {
        self.0.as_ptr()
    }

    /// How many policies there are.
    pub fn len(&self) -> usize {
        // SAFETY: the handle lives, and const functions may run at the same time; likewise below.
        unsafe { sys::semper_policy_set_count(self.raw()) }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The policy with this index; they are sorted by id. None beyond the last.
    pub fn policy(&self, index: usize) -> Option<Policy<'_>> {
        let mut policy = sys::semper_policy_t::init();
        // SAFETY: as above; the views are valid while somebody holds the policy set, which `self` does.
        unsafe {
            let status =
                sys::semper_policy_set_describe(self.raw(), index, &mut policy, ptr::null_mut());
            (status == sys::SEMPER_OK).then(|| Policy {
                id: text(policy.id),
                kind: text(policy.kind),
                title: some_text(policy.title),
                reason: some_text(policy.reason),
                ticket: some_text(policy.ticket),
                file: ffi::path(policy.file),
                hash: text(policy.hash),
                observes: u64::from(policy.flags) & sys::SEMPER_POLICY_OBSERVES != 0,
                valid_from: Some(policy.valid_from).filter(|time| *time != 0),
                expires_at: Some(policy.expires_at).filter(|time| *time != 0),
            })
        }
    }

    /// All policies, sorted by id.
    pub fn policies(&self) -> impl Iterator<Item = Policy<'_>> {
        (0..self.len()).filter_map(|index| self.policy(index))
    }

    /// What each provider did that its evaluators may ask, sorted by name.
    pub fn providers(&self) -> impl Iterator<Item = ProviderCounters<'_>> {
        // SAFETY: as above.
        let count = unsafe { sys::semper_policy_set_provider_count(self.raw()) };
        (0..count).filter_map(|index| {
            let mut counters = sys::semper_provider_counters_t::init();
            // SAFETY: as above; the name is valid while somebody holds the policy set.
            unsafe {
                let status = sys::semper_policy_set_provider_counters(
                    self.raw(),
                    index,
                    &mut counters,
                    ptr::null_mut(),
                );
                (status == sys::SEMPER_OK).then(|| ProviderCounters {
                    name: text(counters.name),
                    key_kind: KeyKind::of(counters.key_kind),
                    asked: counters.asked,
                    found: counters.found,
                    stale: counters.stale,
                    absent: counters.absent,
                    failed: counters.failed,
                    cached: counters.cached,
                    shared: counters.shared,
                    rejected: counters.rejected,
                    calls: counters.calls,
                    failed_calls: counters.failed_calls,
                    late_calls: counters.late_calls,
                    breaker_opened: counters.breaker_opened,
                    cache_entries: counters.cache_entries,
                    cache_bytes: counters.cache_bytes,
                    evictions: counters.evictions,
                    latency: counters.latency,
                })
            }
        })
    }

    /// Names the generation: a hash over all policies and options, 32 hex digits, which each record carries.
    pub fn fingerprint(&self) -> &str {
        // SAFETY: valid while somebody holds the policy set.
        unsafe { text(sys::semper_policy_set_fingerprint(self.raw())) }
    }

    /// An evaluator that decides by this set, with the defaults of all options. Make one per thread.
    pub fn evaluator(&self) -> Result<Evaluator> {
        Evaluator::new(self, EvaluatorOptions::new())
    }
}

impl Clone for PolicySet {
    fn clone(&self) -> Self {
        // SAFETY: the handle lives; the new reference is ours.
        let raw = unsafe { sys::semper_policy_set_retain(self.raw()) };
        Self(NonNull::new(raw).expect("out of memory for a reference to a policy set"))
    }
}

impl Drop for PolicySet {
    fn drop(&mut self) {
        // SAFETY: ours, and not used again.
        unsafe { sys::semper_policy_set_free(self.0.as_ptr()) }
    }
}

impl fmt::Debug for PolicySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicySet")
            .field("len", &self.len())
            .field("fingerprint", &self.fingerprint())
            .finish()
    }
}
