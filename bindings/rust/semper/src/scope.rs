use std::ptr::{self, NonNull};

use semper_sys as sys;

use crate::ffi::{self, checked, view};
use crate::{Error, ErrorKind, Result};

/// Where a finding is. What is not set is unknown.
///
/// ```
/// let place = semper::Place::new()
///     .account_context(r#"{"accountId": "111122223333", "accountTags": {"environment": "test"}}"#)
///     .region("eu-central-1");
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Place<'a> {
    account_context: &'a [u8],
    account_id: &'a str,
    region: &'a str,
    default_regions: &'a [&'a str],
}

impl<'a> Place<'a> {
    /// Nobody knows where.
    pub fn new() -> Self {
        Self::default()
    }

    /// The context of its account, a JSON object.
    pub fn account_context(mut self, json: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        self.account_context = json.as_ref();
        self
    }

    /// Its account's id; used where there is no context.
    pub fn account_id(mut self, id: &'a str) -> Self {
        self.account_id = id;
        self
    }

    /// Its region.
    pub fn region(mut self, region: &'a str) -> Self {
        self.region = region;
        self
    }

    /// The default regions; none: every region.
    pub fn default_regions(mut self, regions: &'a [&'a str]) -> Self {
        self.default_regions = regions;
        self
    }
}

/// Whether a place is in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Contains {
    /// It is not.
    No,
    /// It is.
    Yes,
    /// What is known does not tell.
    Unknown,
}

/// A scope alone: accounts and regions that a policy is for. Immutable, shared freely by threads.
///
/// ```
/// use semper::{Contains, Place, Scope};
///
/// let scope = Scope::policy(
///     r#"{"accountScope": {"exclude": "*", "forceInclude": {"accountTags": {"environment": "test"}}}}"#,
/// )?;
/// let test = Place::new().account_context(r#"{"accountTags": {"environment": "test"}}"#);
/// assert_eq!(scope.contains(&test)?, Contains::Yes);
/// assert_eq!(scope.contains(&Place::new())?, Contains::Unknown);
/// # Ok::<(), semper::Error>(())
/// ```
#[derive(Debug)]
pub struct Scope(NonNull<sys::semper_scope_t>);

// SAFETY: it does not change; all its functions are const in the ABI.
unsafe impl Send for Scope {}
// SAFETY: as above.
unsafe impl Sync for Scope {}

impl Scope {
    /// A `policyScope`: accounts and regions.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidPolicy`], with diagnostics.
    pub fn policy(json: impl AsRef<[u8]>) -> Result<Self> {
        Self::compile(json.as_ref(), sys::SEMPER_SCOPE_POLICY)
    }

    /// A list scope: regions alone.
    ///
    /// # Errors
    /// As [`policy`](Self::policy).
    pub fn list(json: impl AsRef<[u8]>) -> Result<Self> {
        Self::compile(json.as_ref(), sys::SEMPER_SCOPE_LIST)
    }

    /// A `policyScope` from anything that serializes.
    ///
    /// # Errors
    /// Also [`ErrorKind::InvalidArgument`] where it does not serialize.
    #[cfg(feature = "serde")]
    pub fn from_value(scope: &(impl serde::Serialize + ?Sized)) -> Result<Self> {
        Self::policy(crate::serde::to_json(scope)?)
    }

    fn compile(json: &[u8], kind: i32) -> Result<Self> {
        ffi::check_version()?;
        let mut scope = ptr::null_mut();
        // SAFETY: the text lives for the call; the output is ours.
        checked(|error| unsafe { sys::semper_scope_compile(view(json), kind, &mut scope, error) })?;
        ffi::owned(scope).map(Self)
    }

    /// Whether the place is in the scope.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidEvent`]: the account context is no JSON object.
    pub fn contains(&self, place: &Place<'_>) -> Result<Contains> {
        let regions: Vec<_> = place
            .default_regions
            .iter()
            .map(|region| view(region.as_bytes()))
            .collect();
        let place = sys::semper_place_t {
            account_context: view(place.account_context),
            account_id: view(place.account_id.as_bytes()),
            region: view(place.region.as_bytes()),
            regions: regions.as_ptr(),
            region_count: regions.len() as u64,
            ..sys::semper_place_t::init()
        };
        let mut answer = 0;
        // SAFETY: the handle lives, and all that `place` refers to.
        checked(|error| unsafe {
            sys::semper_scope_contains(self.0.as_ptr(), &place, &mut answer, error)
        })?;
        match answer {
            sys::SEMPER_NO => Ok(Contains::No),
            sys::SEMPER_YES => Ok(Contains::Yes),
            sys::SEMPER_UNKNOWN => Ok(Contains::Unknown),
            other => Err(Error::new(
                ErrorKind::Unsupported,
                format!("an answer of kind {other}, which this crate does not know"),
            )),
        }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        // SAFETY: ours, and not used again.
        unsafe { sys::semper_scope_free(self.0.as_ptr()) }
    }
}
