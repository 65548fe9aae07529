use std::borrow::Cow;
use std::fmt;
use std::iter::FusedIterator;
use std::ops::Range;
use std::ptr::{self, NonNull};

use semper_sys as sys;

use crate::ffi::{self, checked, some_text, text};
use crate::{Error, ErrorKind, PolicySet, Result};

/// What was decided about a record. A decision of a newer library counts as relevant: it must not get lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Decision {
    /// For the SIEM.
    Relevant,
    /// Accepted by a filter policy.
    Dropped,
    /// Nothing that anybody asked to detect.
    NoFinding,
    /// Bytes that are no event.
    Invalid,
}

impl Decision {
    fn of(decision: i32) -> Self {
        match decision {
            sys::SEMPER_DECISION_DROPPED => Self::Dropped,
            sys::SEMPER_DECISION_NO_FINDING => Self::NoFinding,
            sys::SEMPER_DECISION_INVALID => Self::Invalid,
            _ => Self::Relevant,
        }
    }

    /// As a record's verdict says it: `relevant`, `dropped`, `no_finding`, `invalid`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Relevant => "relevant",
            Self::Dropped => "dropped",
            Self::NoFinding => "no_finding",
            Self::Invalid => "invalid",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a policy had to do with a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Effect {
    /// Its acceptance dropped the finding.
    Drop,
    /// Its extension is in the record.
    Extend,
    /// Its event rule makes the event a finding.
    Detect,
    /// An acceptance that only observes.
    WouldDrop,
    /// An acceptance that is no longer in force.
    Expired,
    /// It matches, but whether it is for the account is unknown.
    Undetermined,
    /// An effect of a newer library.
    Other,
}

impl Effect {
    fn of(effect: i32) -> Self {
        match effect {
            sys::SEMPER_EFFECT_DROP => Self::Drop,
            sys::SEMPER_EFFECT_EXTEND => Self::Extend,
            sys::SEMPER_EFFECT_DETECT => Self::Detect,
            sys::SEMPER_EFFECT_WOULD_DROP => Self::WouldDrop,
            sys::SEMPER_EFFECT_EXPIRED => Self::Expired,
            sys::SEMPER_EFFECT_UNDETERMINED => Self::Undetermined,
            _ => Self::Other,
        }
    }
}

/// The records of one call of an evaluator, which fills them again and again: the memory is used again. They belong to no
/// evaluator and outlive it.
///
/// What is read from them borrows them, so they cannot be filled or dropped meanwhile.
pub struct Records(NonNull<sys::semper_result_t>);

// SAFETY: handles may move between threads; all functions through `&` are const in the ABI.
unsafe impl Send for Records {}
// SAFETY: as above.
unsafe impl Sync for Records {}

impl Records {
    /// No records, to be filled by an evaluator.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`]: the library that was loaded is of another ABI than this crate was made for.
    pub fn new() -> Result<Self> {
        ffi::check_version()?;
        let mut result = ptr::null_mut();
        // SAFETY: the output is ours.
        checked(|error| unsafe { sys::semper_result_create(&mut result, error) })?;
        ffi::owned(result).map(Self)
    }

    fn raw(&self) -> *const sys::semper_result_t {
        self.0.as_ptr()
    }

    pub(crate) fn raw_mut(&mut self) -> *mut sys::semper_result_t {
        self.0.as_ptr()
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        // SAFETY: the handle lives; likewise below.
        unsafe { sys::semper_result_count(self.raw()) }
    }

    /// Whether there are none: never filled, or the last call failed, or had no events.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The record with this index; None beyond the last.
    pub fn get(&self, index: usize) -> Option<Record<'_>> {
        let mut raw = sys::semper_record_t::init();
        // SAFETY: as above. An index is all that can be wrong.
        let status =
            unsafe { sys::semper_result_record(self.raw(), index, &mut raw, ptr::null_mut()) };
        (status == sys::SEMPER_OK).then_some(Record {
            records: self,
            index,
            raw,
        })
    }

    /// All of them, in the order of the events and of the findings in each.
    pub fn iter(&self) -> Iter<'_> {
        Iter {
            records: self,
            rest: 0..self.len(),
        }
    }

    /// All records that have JSON as NDJSON, each with its newline: what a host writes out in one go.
    pub fn ndjson(&self) -> &[u8] {
        // SAFETY: valid until the result is filled again or freed, which the borrow keeps off.
        unsafe { ffi::bytes(sys::semper_result_ndjson(self.raw())) }
    }

    /// The policy set that decided.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]: the records were never filled.
    pub fn policy_set(&self) -> Result<PolicySet> {
        let mut policies = ptr::null_mut();
        // SAFETY: the reference is ours.
        checked(|error| unsafe {
            sys::semper_result_policy_set(self.raw(), &mut policies, error)
        })?;
        PolicySet::own(policies)
    }
}

impl Drop for Records {
    fn drop(&mut self) {
        // SAFETY: ours, and not used again.
        unsafe { sys::semper_result_free(self.0.as_ptr()) }
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl<'r> IntoIterator for &'r Records {
    type Item = Record<'r>;
    type IntoIter = Iter<'r>;
    fn into_iter(self) -> Iter<'r> {
        self.iter()
    }
}

/// Iterates over [`Records`].
#[derive(Clone, Debug)]
pub struct Iter<'r> {
    records: &'r Records,
    rest: Range<usize>,
}

impl<'r> Iterator for Iter<'r> {
    type Item = Record<'r>;
    fn next(&mut self) -> Option<Record<'r>> {
        self.records.get(self.rest.next()?)
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rest.size_hint()
    }
}
impl ExactSizeIterator for Iter<'_> {}
impl FusedIterator for Iter<'_> {}

/// One record: what came out of the engine for one finding, or for an event that holds none. Borrows the [`Records`].
#[derive(Clone, Copy)]
pub struct Record<'r> {
    records: &'r Records,
    index: usize,
    raw: sys::semper_record_t,
}

// SAFETY: the view in `raw` points into `records`, which is Sync and borrowed.
unsafe impl Send for Record<'_> {}
// SAFETY: as above.
unsafe impl Sync for Record<'_> {}

impl<'r> Record<'r> {
    /// What was decided.
    pub fn decision(&self) -> Decision {
        Decision::of(self.raw.decision)
    }

    /// The number of the event in the call, from 0; of NDJSON, of its line.
    pub fn event(&self) -> u64 {
        self.raw.event
    }

    /// The record as JSON on one line, without the newline. Empty only where the evaluator was told to leave it out.
    pub fn json(&self) -> &'r [u8] {
        // SAFETY: valid until the result is filled again or freed, which the borrow keeps off.
        unsafe { ffi::bytes(self.raw.json) }
    }

    /// The same as text. The ABI promises UTF-8, so this borrows; bytes of a library that breaks it would be replaced.
    pub fn json_str(&self) -> Cow<'r, str> {
        String::from_utf8_lossy(self.json())
    }

    /// The policies that stand in the verdict, and why.
    pub fn hits(&self) -> Hits<'r> {
        Hits {
            records: self.records,
            record: self.index,
            rest: 0..usize::try_from(self.raw.hit_count).unwrap_or(usize::MAX),
        }
    }

    /// Where extension policies send the record. Only relevant ones are sent.
    pub fn routes(&self) -> Routes<'r> {
        // SAFETY: the handle lives.
        let count = unsafe { sys::semper_result_route_count(self.records.raw(), self.index) };
        Routes {
            records: self.records,
            record: self.index,
            rest: 0..count,
        }
    }

    /// The normalized field `name` (`severity`, `region`, …; `docs/normalized.md` of the project) of a record that has JSON;
    /// None: no such field. For many fields parse the record.
    pub fn normalized(&self, name: &str) -> Result<Option<Normalized<'r>>> {
        let mut value = sys::semper_string_view_t::default();
        let mut kind = 0;
        let name = ffi::view(name.as_bytes());
        // SAFETY: as for `json`.
        let found = checked(|error| unsafe {
            sys::semper_result_normalized(
                self.records.raw(),
                self.index,
                name,
                &mut value,
                &mut kind,
                error,
            )
        });
        match found {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
            // SAFETY: as above.
            Ok(()) => unsafe { Normalized::of(kind, text(value)) }.map(Some),
        }
    }
}

impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("decision", &self.decision())
            .field("event", &self.event())
            .field("json", &self.json_str())
            .finish()
    }
}

/// The value of a normalized field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normalized<'r> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// The number as it is written.
    Number(&'r str),
    /// The decoded text.
    String(&'r str),
    /// The JSON text.
    Array(&'r str),
    /// The JSON text.
    Object(&'r str),
}

impl<'r> Normalized<'r> {
    fn of(kind: i32, text: &'r str) -> Result<Self> {
        Ok(match kind {
            sys::SEMPER_KIND_NULL => Self::Null,
            sys::SEMPER_KIND_BOOLEAN => Self::Boolean(text == "true"),
            sys::SEMPER_KIND_NUMBER => Self::Number(text),
            sys::SEMPER_KIND_STRING => Self::String(text),
            sys::SEMPER_KIND_ARRAY => Self::Array(text),
            sys::SEMPER_KIND_OBJECT => Self::Object(text),
            other => {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    format!("a normalized field of kind {other}, which this crate does not know"),
                ))
            }
        })
    }

    /// The text of a string.
    pub fn as_str(self) -> Option<&'r str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

/// Why a policy stands in a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Hit<'r> {
    /// What it had to do with the decision.
    pub effect: Effect,
    /// Its index in the policy set of the records.
    pub policy: usize,
    /// Its id.
    pub id: &'r str,
    /// What it is called.
    pub title: Option<&'r str>,
    /// Why it is accepted.
    pub reason: Option<&'r str>,
    /// Where that was decided.
    pub ticket: Option<&'r str>,
}

/// Iterates over the policies of a verdict.
#[derive(Clone, Debug)]
pub struct Hits<'r> {
    records: &'r Records,
    record: usize,
    rest: Range<usize>,
}

impl<'r> Iterator for Hits<'r> {
    type Item = Hit<'r>;
    fn next(&mut self) -> Option<Hit<'r>> {
        let index = self.rest.next()?;
        let mut hit = sys::semper_hit_t::init();
        // SAFETY: the views are valid until the result is filled again or freed, which the borrow keeps off. An index is all
        // that can be wrong.
        unsafe {
            let status = sys::semper_result_hit(
                self.records.raw(),
                self.record,
                index,
                &mut hit,
                ptr::null_mut(),
            );
            (status == sys::SEMPER_OK).then(|| Hit {
                effect: Effect::of(hit.effect),
                policy: usize::try_from(hit.policy).unwrap_or(usize::MAX),
                id: text(hit.id),
                title: some_text(hit.title),
                reason: some_text(hit.reason),
                ticket: some_text(hit.ticket),
            })
        }
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rest.size_hint()
    }
}
impl ExactSizeIterator for Hits<'_> {}
impl FusedIterator for Hits<'_> {}

/// How a [`Route`] is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum RouteType {
    /// To a queue: `sqsFanOut`.
    Sqs,
    /// By `BatchImportFindings`: `sendToSecurityHub`.
    SecurityHub,
    /// A way of a newer library.
    Other,
}

/// Where an extension policy sends a record: all that is needed to send it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route<'r> {
    /// How.
    pub route_type: RouteType,
    /// A JSON object. SQS: `type`, `policy`, `queueName` or `queueUrl`, and `instructions`, the whole block; Security Hub:
    /// `type`, `policy`, `accountId`, `region`.
    pub target: &'r str,
    /// SQS: the record; Security Hub: a finding in ASFF.
    pub record: &'r [u8],
}

/// Iterates over the routes of a record.
#[derive(Clone, Debug)]
pub struct Routes<'r> {
    records: &'r Records,
    record: usize,
    rest: Range<usize>,
}

impl<'r> Iterator for Routes<'r> {
    type Item = Route<'r>;
    fn next(&mut self) -> Option<Route<'r>> {
        let index = self.rest.next()?;
        let mut route = sys::semper_route_t::init();
        // SAFETY: as for hits.
        unsafe {
            let status = sys::semper_result_route(
                self.records.raw(),
                self.record,
                index,
                &mut route,
                ptr::null_mut(),
            );
            (status == sys::SEMPER_OK).then(|| Route {
                route_type: match route.type_ {
                    sys::SEMPER_ROUTE_SQS => RouteType::Sqs,
                    sys::SEMPER_ROUTE_SECURITY_HUB => RouteType::SecurityHub,
                    _ => RouteType::Other,
                },
                target: text(route.target),
                record: ffi::bytes(route.record),
            })
        }
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rest.size_hint()
    }
}
impl ExactSizeIterator for Routes<'_> {}
impl FusedIterator for Routes<'_> {}
