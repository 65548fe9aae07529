use std::ffi::c_void;
use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::Arc;

use semper_sys as sys;

use crate::ffi::{self, checked, view};
use crate::{PolicySet, Records, Result, Slot};

/// The form of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// `finding`, `accountContext`, `normalized`, `extensions`, `verdict`.
    #[default]
    Native,
    /// That of generation 1.7: `normalized`, `extensions`, `raw`.
    Semper17,
}

/// Options of an evaluator.
///
/// ```
/// let options = semper::EvaluatorOptions::new().no_dropped_json().clock(|| 1_750_000_000);
/// let evaluator = semper::Evaluator::new(&semper::Compiler::new()?.compile()?, options)?;
/// # Ok::<(), semper::Error>(())
/// ```
#[derive(Default)]
#[must_use]
pub struct EvaluatorOptions {
    format: Format,
    flags: u64,
    clock: Option<Box<Clock>>,
}

type Clock = dyn FnMut() -> i64 + Send;

impl EvaluatorOptions {
    /// Native records, all with JSON, by the system's clock.
    pub fn new() -> Self {
        Self::default()
    }

    /// The form of the records.
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Seconds since 1970 UTC, by which the life of acceptances is judged, in place of the system's clock. Asked once at the
    /// start of each call, for all of its events, by the thread that evaluates. Where it panics, the call of the evaluator
    /// does: nothing was evaluated or counted.
    pub fn clock(mut self, now: impl FnMut() -> i64 + Send + 'static) -> Self {
        self.clock = Some(Box::new(now));
        self
    }

    /// Dropped findings get no JSON (their decision and policies are there all the same): saves most of the time where most
    /// findings are dropped and nobody archives them.
    pub fn no_dropped_json(mut self) -> Self {
        self.flags |= sys::SEMPER_EVALUATOR_NO_DROPPED_JSON;
        self
    }

    /// Likewise for events that nobody asked to detect.
    pub fn no_no_finding_json(mut self) -> Self {
        self.flags |= sys::SEMPER_EVALUATOR_NO_NO_FINDING_JSON;
        self
    }
}

impl fmt::Debug for EvaluatorOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EvaluatorOptions")
            .field("format", &self.format)
            .field("flags", &self.flags)
            .field("has_clock", &self.clock.is_some())
            .finish()
    }
}

/// What an evaluator counted since it was made; `total` is the sum of the other four.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Counters {
    /// Records: `in` of the C ABI.
    #[cfg_attr(feature = "serde", serde(rename = "in"))]
    pub total: u64,
    /// Of them for the SIEM.
    pub relevant: u64,
    /// Accepted by a filter policy.
    pub dropped: u64,
    /// Nothing that anybody asked to detect.
    pub no_finding: u64,
    /// Bytes that are no event.
    pub invalid: u64,
}

impl std::ops::AddAssign for Counters {
    fn add_assign(&mut self, other: Self) {
        self.total += other.total;
        self.relevant += other.relevant;
        self.dropped += other.dropped;
        self.no_finding += other.no_finding;
        self.invalid += other.invalid;
    }
}

impl std::iter::Sum for Counters {
    fn sum<I: Iterator<Item = Self>>(counters: I) -> Self {
        counters.fold(Self::default(), |mut sum, counters| {
            sum += counters;
            sum
        })
    }
}

/// The clock of the host. It is read before a call, so nothing of the host runs inside of it; the library reads `now`.
struct ClockState {
    clock: Box<Clock>,
    now: Arc<AtomicI64>,
}

unsafe extern "C" fn read_now(state: *mut c_void) -> i64 {
    // SAFETY: `Box<Arc<AtomicI64>>`, which goes with `destroy`.
    let now = unsafe { &*state.cast::<Arc<AtomicI64>>() };
    now.load(Ordering::Relaxed)
}

/// Decides about events. One per thread: a call takes it `&mut`, and it may be sent to another.
///
/// ```
/// use semper::{Compiler, Decision, Records};
///
/// let policies = Compiler::new()?
///     .add_policy(
///         "20_filtering/cloudtrail_api_calls/roles",
///         r#"{"filtering": {"findingPattern": {"detail": {"eventName": ["DeleteRole"]}}}}"#,
///     )?
///     .compile()?;
/// let mut evaluator = policies.evaluator()?;
/// let mut records = Records::new()?;
/// let event = r#"{"detail-type": "AWS API Call via CloudTrail", "source": "aws.iam", "account": "111122223333",
///     "detail": {"eventSource": "iam.amazonaws.com", "eventName": "DeleteRole"}}"#;
///
/// for record in evaluator.evaluate(event, &mut records)? {
///     assert_eq!(record.decision(), Decision::Dropped);
///     assert_eq!(record.hits().next().unwrap().id, "20_filtering/cloudtrail_api_calls/roles");
/// }
/// assert_eq!(evaluator.counters()?.dropped, 1);
/// # Ok::<(), semper::Error>(())
/// ```
pub struct Evaluator {
    raw: NonNull<sys::semper_evaluator_t>,
    clock: Option<ClockState>,
    /// Of a batch; empty between calls, kept for its memory.
    views: Vec<sys::semper_string_view_t>,
}

// SAFETY: handles may move between threads; the clock is Send; `views` is empty between calls.
unsafe impl Send for Evaluator {}

impl Evaluator {
    /// An evaluator that decides by `policies`.
    pub fn new(policies: &PolicySet, options: EvaluatorOptions) -> Result<Self> {
        Self::create(options, |options, evaluator, error| {
            // SAFETY: all of them live for the call.
            unsafe { sys::semper_evaluator_create(policies.raw(), options, evaluator, error) }
        })
    }

    /// An evaluator that decides by what `slot` holds when a call begins.
    pub fn for_slot(slot: &Slot, options: EvaluatorOptions) -> Result<Self> {
        Self::create(options, |options, evaluator, error| {
            // SAFETY: as above.
            unsafe { sys::semper_evaluator_create_for_slot(slot.raw(), options, evaluator, error) }
        })
    }

    fn create(
        options: EvaluatorOptions,
        create: impl FnOnce(
            *const sys::semper_evaluator_options_t,
            *mut *mut sys::semper_evaluator_t,
            *mut *mut sys::semper_error_t,
        ) -> i32,
    ) -> Result<Self> {
        let clock = options.clock.map(|clock| ClockState {
            clock,
            now: Arc::default(),
        });
        let mut raw_options = sys::semper_evaluator_options_t {
            format: match options.format {
                Format::Native => sys::SEMPER_FORMAT_NATIVE,
                Format::Semper17 => sys::SEMPER_FORMAT_SEMPER17,
            },
            flags: options.flags,
            ..sys::semper_evaluator_options_t::init()
        };
        if let Some(clock) = &clock {
            raw_options.now = Some(read_now);
            raw_options.state = Box::into_raw(Box::new(Arc::clone(&clock.now))).cast::<c_void>();
            raw_options.destroy = Some(ffi::destroy::<Arc<AtomicI64>>);
        }
        let mut evaluator = ptr::null_mut();
        checked(|error| create(&raw_options, &mut evaluator, error))?;
        Ok(Self {
            raw: ffi::owned(evaluator)?,
            clock,
            views: Vec::new(),
        })
    }

    /// From the next call on `policies` decide; an evaluator made for a slot leaves it.
    pub fn replace(&mut self, policies: &PolicySet) -> Result<()> {
        // SAFETY: the handle lives, and `&mut` says that it is alone; likewise below.
        checked(|error| unsafe {
            sys::semper_evaluator_replace(self.raw.as_ptr(), policies.raw(), error)
        })
    }

    /// Decides about one event, a JSON text, and replaces what `records` held by its records, of which there is at least one.
    /// What is no event is a record of decision [`Invalid`](crate::Decision::Invalid), not an error. Nothing refers to `event`
    /// afterwards.
    ///
    /// # Errors
    /// `records` is empty then, nothing was counted, and the call may be repeated.
    pub fn evaluate<'r>(
        &mut self,
        event: impl AsRef<[u8]>,
        records: &'r mut Records,
    ) -> Result<&'r Records> {
        let event = view(event.as_ref());
        self.fill(records, |evaluator, records, error| unsafe {
            sys::semper_evaluate(evaluator, event, records, error)
        })
    }

    /// The same for many events in one call, in their order, decided by one policy set. [`Record::event`](crate::Record::event)
    /// tells which event a record is of.
    pub fn evaluate_batch<'r>(
        &mut self,
        events: &[impl AsRef<[u8]>],
        records: &'r mut Records,
    ) -> Result<&'r Records> {
        let mut views = std::mem::take(&mut self.views);
        views.extend(events.iter().map(|event| view(event.as_ref())));
        let filled = self.fill(records, |evaluator, records, error| unsafe {
            sys::semper_evaluate_batch(evaluator, views.as_ptr(), views.len(), records, error)
        });
        views.clear();
        self.views = views;
        filled
    }

    /// The same for NDJSON: each line that is not blank is an event, and its number is that of its line, from 0.
    pub fn evaluate_ndjson<'r>(
        &mut self,
        lines: impl AsRef<[u8]>,
        records: &'r mut Records,
    ) -> Result<&'r Records> {
        let lines = view(lines.as_ref());
        self.fill(records, |evaluator, records, error| unsafe {
            sys::semper_evaluate_ndjson(evaluator, lines, records, error)
        })
    }

    fn fill<'r>(
        &mut self,
        records: &'r mut Records,
        fill: impl FnOnce(
            *mut sys::semper_evaluator_t,
            *mut sys::semper_result_t,
            *mut *mut sys::semper_error_t,
        ) -> i32,
    ) -> Result<&'r Records> {
        if let Some(ClockState { clock, now }) = &mut self.clock {
            now.store(clock(), Ordering::Relaxed);
        }
        checked(|error| fill(self.raw.as_ptr(), records.raw_mut(), error))?;
        Ok(records)
    }

    /// What it counted since it was made. Calls that failed count nothing.
    pub fn counters(&self) -> Result<Counters> {
        let mut counters = sys::semper_counters_t::init();
        // SAFETY: the handle lives.
        checked(|error| unsafe {
            sys::semper_evaluator_counters(self.raw.as_ptr(), &mut counters, error)
        })?;
        Ok(Counters {
            total: counters.in_,
            relevant: counters.relevant,
            dropped: counters.dropped,
            no_finding: counters.no_finding,
            invalid: counters.invalid,
        })
    }

    /// How many findings the policy with this index of the present policy set stood in a verdict of; None: no such index.
    pub fn policy_hits(&self, policy: usize) -> Option<u64> {
        let mut hits = 0;
        // SAFETY: as above. An index is all that can be wrong.
        let status = unsafe {
            sys::semper_evaluator_policy_hits(self.raw.as_ptr(), policy, &mut hits, ptr::null_mut())
        };
        (status == sys::SEMPER_OK).then_some(hits)
    }
}

impl Drop for Evaluator {
    fn drop(&mut self) {
        // SAFETY: ours, and not used again.
        unsafe { sys::semper_evaluator_free(self.raw.as_ptr()) }
    }
}

impl fmt::Debug for Evaluator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluator")
            .field("counters", &self.counters())
            .finish()
    }
}
