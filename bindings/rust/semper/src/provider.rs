use std::ffi::c_void;
use std::marker::PhantomData;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;
use std::time::Duration;

use semper_sys as sys;

use crate::ffi;

/// What the keys of a provider are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum KeyKind {
    /// Twelve digits.
    #[default]
    AccountId,
    /// What a source calls a resource, often an ARN.
    ResourceId,
    /// An ARN or a name.
    Principal,
    /// IPv4 or IPv6.
    IpAddress,
    /// Whatever a policy asks for.
    String,
}

impl KeyKind {
    /// What a newer library has counts as a string.
    pub(crate) fn of(raw: i32) -> Self {
        match raw {
            sys::SEMPER_KEY_ACCOUNT_ID => Self::AccountId,
            sys::SEMPER_KEY_RESOURCE_ID => Self::ResourceId,
            sys::SEMPER_KEY_PRINCIPAL => Self::Principal,
            sys::SEMPER_KEY_IP_ADDRESS => Self::IpAddress,
            _ => Self::String,
        }
    }

    fn raw(self) -> i32 {
        match self {
            Self::AccountId => sys::SEMPER_KEY_ACCOUNT_ID,
            Self::ResourceId => sys::SEMPER_KEY_RESOURCE_ID,
            Self::Principal => sys::SEMPER_KEY_PRINCIPAL,
            Self::IpAddress => sys::SEMPER_KEY_IP_ADDRESS,
            Self::String => sys::SEMPER_KEY_STRING,
        }
    }
}

/// What a provider knows about one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A JSON object. Text that is none counts as failed.
    Json(Vec<u8>),
    /// A JSON object that was true some time ago and cannot be had anew: the verdict says so. Whole seconds count.
    Stale(Vec<u8>, Duration),
    /// There surely is nothing for the key.
    Absent,
    /// It could not be found out; a short sentence why, which stands in the verdict of the records.
    Fail(String),
}

impl<T: Into<Vec<u8>>> From<Option<T>> for Answer {
    /// The JSON text of an object, or absent.
    fn from(found: Option<T>) -> Self {
        found.map_or(Self::Absent, |json| Self::Json(json.into()))
    }
}

impl<T: Into<Vec<u8>>, E: std::fmt::Display> From<std::result::Result<Option<T>, E>> for Answer {
    /// The JSON text of an object, absent, or why that could not be found out.
    fn from(found: std::result::Result<Option<T>, E>) -> Self {
        match found {
            Ok(found) => found.into(),
            Err(error) => Self::Fail(error.to_string()),
        }
    }
}

/// What a lookup fails with as a whole: anything that `?` makes of an error.
pub type LookupError = Box<dyn std::error::Error + Send + Sync>;

/// Where context comes from: answers questions about keys. The one that is added under the name `accounts` gives account
/// contexts. Failed is not absent, and neither ever drops a finding.
///
/// A function of `&mut Call` is a provider of account ids; [`of_keys`] makes one for other keys.
///
/// ```
/// use semper::{Call, LookupError, Provider};
///
/// struct Table(std::collections::HashMap<String, String>);
///
/// impl Provider for Table {
///     fn lookup(&self, call: &mut Call<'_>) -> Result<(), LookupError> {
///         for (index, key) in call.keys().enumerate() {
///             match self.0.get(key) {
///                 Some(json) => call.json(index, json),
///                 None => call.absent(index),
///             }
///         }
///         Ok(())
///     }
/// }
///
/// let table = Table([("111122223333".into(), r#"{"accountTags": {"environment": "test"}}"#.into())].into());
/// let mut compiler = semper::Compiler::new()?;
/// compiler.add_provider("accounts", table, &semper::ProviderOptions::new())?;
/// # Ok::<(), semper::Error>(())
/// ```
pub trait Provider: Send + Sync + 'static {
    /// Answers each key of the call, now. Called from any thread that evaluates, also from several at once.
    ///
    /// A key without an answer has failed. The text of an `Err` becomes the reason of all keys that have no answer yet. After
    /// a panic all keys of the call have failed, also those that had an answer, and its text is the reason; nothing unwinds
    /// into the library. (With `panic = "abort"` a panic ends the program, as everywhere.)
    ///
    /// A lookup may use other evaluators. An own [`PolicySet`](crate::PolicySet) that the provider is part of is a cycle: it
    /// is never freed.
    fn lookup(&self, call: &mut Call<'_>) -> std::result::Result<(), LookupError>;

    /// What the keys are. Asked once, when the provider is added.
    fn key_kind(&self) -> KeyKind {
        KeyKind::AccountId
    }
}

impl<F> Provider for F
where
    F: Fn(&mut Call<'_>) -> std::result::Result<(), LookupError> + Send + Sync + 'static,
{
    fn lookup(&self, call: &mut Call<'_>) -> std::result::Result<(), LookupError> {
        self(call)
    }
}

/// A provider of `kind` that is asked key by key.
///
/// ```
/// use semper::{of_keys, Answer, KeyKind};
///
/// let country = of_keys(KeyKind::IpAddress, |ip| {
///     Answer::from(ip.starts_with("198.51.100.").then_some(r#"{"countryCode": "CH"}"#))
/// });
/// # let mut compiler = semper::Compiler::new()?;
/// compiler.add_provider("geo", country, &semper::ProviderOptions::new())?;
/// # Ok::<(), semper::Error>(())
/// ```
pub fn of_keys<F>(kind: KeyKind, answer: F) -> impl Provider
where
    F: Fn(&str) -> Answer + Send + Sync + 'static,
{
    OfKeys { kind, answer }
}

struct OfKeys<F> {
    kind: KeyKind,
    answer: F,
}

impl<F: Fn(&str) -> Answer + Send + Sync + 'static> Provider for OfKeys<F> {
    fn lookup(&self, call: &mut Call<'_>) -> std::result::Result<(), LookupError> {
        for (index, key) in call.keys().enumerate() {
            call.answer(index, (self.answer)(key));
        }
        Ok(())
    }

    fn key_kind(&self) -> KeyKind {
        self.kind
    }
}

/// The keys that a provider is asked for, and the place for its answers. A second answer to a key replaces the first.
#[derive(Debug)]
pub struct Call<'c> {
    raw: *mut sys::semper_call_t,
    answered: Vec<bool>,
    lives: PhantomData<&'c ()>,
}

impl<'c> Call<'c> {
    /// How many keys there are; they are distinct.
    pub fn len(&self) -> usize {
        self.answered.len()
    }

    /// Never, as a provider is not asked for nothing.
    pub fn is_empty(&self) -> bool {
        self.answered.is_empty()
    }

    /// The key with this index.
    ///
    /// # Panics
    /// Beyond the last, as all functions of an index here.
    pub fn key(&self, index: usize) -> &'c str {
        self.check(index);
        // SAFETY: the call and its keys live during `lookup`, which 'c does not outlive.
        unsafe { ffi::text(sys::semper_call_key(self.raw, index)) }
    }

    /// All keys. The iterator does not hold the call, so that keys can be answered on the way.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &'c str> + 'c {
        let raw = self.raw;
        // SAFETY: as above; the iterator does not outlive 'c.
        (0..self.len()).map(move |index| unsafe { ffi::text(sys::semper_call_key(raw, index)) })
    }

    /// The time until answers come too late and count as failed; None: there is no deadline. Nobody interrupts a lookup.
    pub fn remaining(&self) -> Option<Duration> {
        // SAFETY: the call lives.
        let left = unsafe { sys::semper_call_remaining_ns(self.raw) };
        (left != i64::MAX).then(|| Duration::from_nanos(left.max(0).unsigned_abs()))
    }

    /// Answers with the text of a JSON object, which is copied. Text that is none counts as failed.
    pub fn json(&mut self, index: usize, json: impl AsRef<[u8]>) {
        self.check(index);
        let json = ffi::view(json.as_ref());
        // SAFETY: the call lives, the view for this line. Where memory runs out the whole evaluation fails.
        unsafe { sys::semper_call_set_json(self.raw, index, json, ptr::null_mut()) };
        self.answered[index] = true;
    }

    /// The same for an object that was true some time ago and cannot be had anew: the verdict says so. Whole seconds count.
    pub fn stale_json(&mut self, index: usize, json: impl AsRef<[u8]>, age: Duration) {
        self.check(index);
        let json = ffi::view(json.as_ref());
        let age = age.as_secs();
        // SAFETY: as above.
        unsafe { sys::semper_call_set_stale_json(self.raw, index, json, age, ptr::null_mut()) };
        self.answered[index] = true;
    }

    /// Answers with what serializes as a JSON object.
    ///
    /// # Errors
    /// Where it does not serialize; the key has no answer then.
    #[cfg(feature = "serde")]
    pub fn value(
        &mut self,
        index: usize,
        value: &(impl serde::Serialize + ?Sized),
    ) -> std::result::Result<(), serde_json::Error> {
        self.check(index);
        let json = serde_json::to_vec(value)?;
        self.json(index, json);
        Ok(())
    }

    /// Answers that there surely is nothing for the key.
    pub fn absent(&mut self, index: usize) {
        self.check(index);
        // SAFETY: as above.
        unsafe { sys::semper_call_set_absent(self.raw, index, ptr::null_mut()) };
        self.answered[index] = true;
    }

    /// Says that the answer could not be found out; `reason` is a short sentence for the records' verdict.
    pub fn fail(&mut self, index: usize, reason: impl AsRef<str>) {
        self.check(index);
        let reason = ffi::view(reason.as_ref().as_bytes());
        // SAFETY: as above.
        unsafe { sys::semper_call_fail(self.raw, index, reason, ptr::null_mut()) };
        self.answered[index] = true;
    }

    /// Any of the four.
    pub fn answer(&mut self, index: usize, answer: impl Into<Answer>) {
        match answer.into() {
            Answer::Json(json) => self.json(index, json),
            Answer::Stale(json, age) => self.stale_json(index, json, age),
            Answer::Absent => self.absent(index),
            Answer::Fail(reason) => self.fail(index, reason),
        }
    }

    fn check(&self, index: usize) {
        assert!(
            index < self.len(),
            "key {index} of a call with {} keys",
            self.len()
        );
    }

    fn fail_rest(&mut self, reason: &str) {
        for index in 0..self.len() {
            if !self.answered[index] {
                self.fail(index, reason);
            }
        }
    }
}

/// What stands between the library and a provider: a cache, single flight, a deadline, a circuit breaker. What is not set
/// has its default; None or zero switches the part off. Times are whole milliseconds, shorter ones are rounded up.
///
/// ```
/// use std::time::Duration;
/// let options = semper::ProviderOptions::new()
///     .ttl(Duration::from_secs(60))
///     .stale_if_error(None)
///     .deadline(Duration::from_millis(250));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct ProviderOptions(Option<sys::semper_provider_options_t>);

fn milliseconds(time: Option<Duration>) -> u64 {
    let Some(time) = time.filter(|time| !time.is_zero()) else {
        return sys::SEMPER_OFF;
    };
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(sys::SEMPER_OFF - 1)
}

fn number(number: Option<u64>) -> u64 {
    number
        .filter(|number| *number != 0)
        .unwrap_or(sys::SEMPER_OFF)
}

impl ProviderOptions {
    /// All defaults.
    pub fn new() -> Self {
        Self(Some(sys::semper_provider_options_t::init()))
    }

    /// Nothing in between: the provider is asked for every key anew, without cache, deadline or breaker. Of a built-in
    /// provider: what its specification says. Setting anything afterwards brings the other defaults back.
    pub fn unguarded() -> Self {
        Self(None)
    }

    fn set(mut self, set: impl FnOnce(&mut sys::semper_provider_options_t)) -> Self {
        set(self
            .0
            .get_or_insert_with(sys::semper_provider_options_t::init));
        self
    }

    /// Memory for answers; 16 MiB.
    pub fn cache_bytes(self, bytes: impl Into<Option<u64>>) -> Self {
        self.set(|options| options.cache_bytes = number(bytes.into()))
    }

    /// How long an object is fresh; 5 minutes.
    pub fn ttl(self, time: impl Into<Option<Duration>>) -> Self {
        self.set(|options| options.ttl_ms = milliseconds(time.into()))
    }

    /// How long "absent" is remembered; 1 minute.
    pub fn negative_ttl(self, time: impl Into<Option<Duration>>) -> Self {
        self.set(|options| options.negative_ttl_ms = milliseconds(time.into()))
    }

    /// How long a failed key is not asked for again; 1 second.
    pub fn error_ttl(self, time: impl Into<Option<Duration>>) -> Self {
        self.set(|options| options.error_ttl_ms = milliseconds(time.into()))
    }

    /// How old an object may be that answers while the source fails; 1 hour.
    pub fn stale_if_error(self, time: impl Into<Option<Duration>>) -> Self {
        self.set(|options| options.stale_if_error_ms = milliseconds(time.into()))
    }

    /// For one call, all its keys together; what comes later counts as failed; 100 ms.
    pub fn deadline(self, time: impl Into<Option<Duration>>) -> Self {
        self.set(|options| options.deadline_ms = milliseconds(time.into()))
    }

    /// Failed calls in a row that open the breaker; 5.
    pub fn breaker_failures(self, calls: impl Into<Option<u64>>) -> Self {
        self.set(|options| options.breaker_failures = number(calls.into()))
    }

    /// How long the breaker stays open before one call is let through; 5 seconds.
    pub fn breaker_cooldown(self, time: impl Into<Option<Duration>>) -> Self {
        self.set(|options| options.breaker_cooldown_ms = milliseconds(time.into()))
    }

    pub(crate) fn raw(&self) -> *const sys::semper_provider_options_t {
        self.0.as_ref().map_or(ptr::null(), ptr::from_ref)
    }
}

impl Default for ProviderOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// The library's side of a provider. The box goes with `destroy`, which runs whether adding it succeeds or not.
pub(crate) fn to_raw<P: Provider>(name: &str, provider: P) -> sys::semper_provider_t {
    let key_kind = provider.key_kind().raw();
    sys::semper_provider_t {
        key_kind,
        name: ffi::view(name.as_bytes()),
        state: Box::into_raw(Box::new(provider)).cast::<c_void>(),
        lookup: Some(lookup::<P>),
        destroy: Some(ffi::destroy::<P>),
        ..sys::semper_provider_t::init()
    }
}

/// # Safety
/// As the ABI calls it: `state` is a `Box<P>` that lives, `call` a call that runs.
unsafe extern "C" fn lookup<P: Provider>(state: *mut c_void, call: *mut sys::semper_call_t) {
    // SAFETY: shared by the threads that evaluate, which P: Sync allows.
    let provider = unsafe { &*state.cast::<P>() };
    let mut call = Call {
        raw: call,
        answered: vec![false; unsafe { sys::semper_call_count(call) }],
        lives: PhantomData,
    };
    // The error's text is made inside, too: that is code of the host, which may panic.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        provider
            .lookup(&mut call)
            .map_err(|error| error.to_string())
    }));
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(reason)) => call.fail_rest(&reason),
        Err(payload) => {
            call.answered.fill(false);
            call.fail_rest(&format!(
                "the provider panicked: {}",
                ffi::panic_text(&*payload)
            ));
            ffi::forget_panic(payload);
        }
    }
}
