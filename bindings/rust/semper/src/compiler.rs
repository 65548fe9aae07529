use std::path::Path;
use std::ptr::{self, NonNull};

use semper_sys as sys;

use crate::ffi::{self, checked, view};
use crate::{Diagnostic, PolicySet, Provider, ProviderOptions, Result};

/// Budgets. What is not set has its default; `docs/limits.md` of the project says what lies beyond each.
///
/// ```
/// let limits = semper::Limits::new().event_bytes(64 << 20).event_depth(100);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Limits(sys::semper_limits_t);

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        impl Limits {$(
            $(#[$doc])*
            pub fn $name(mut self, limit: u64) -> Self {
                self.0.$name = limit;
                self
            }
        )*}
    };
}
limits! {
    /// Bytes of one event; 16 MiB. May be raised, up to 2147483647; likewise below.
    event_bytes;
    /// Nested containers of an event; 1024. May be lowered only.
    event_depth;
    /// Findings of one event; 100000. May be raised.
    event_findings;
    /// Bytes of one policy; 1 MiB. May be raised.
    policy_bytes;
    /// Nested containers of a policy; 128. May be lowered only, as all below but `accounts`.
    pattern_depth;
    /// Fields of one branch of a pattern; 256.
    branch_fields;
    /// Branches of a pattern; 1000.
    branches;
    /// Stars of one wildcard; 64.
    wildcard_stars;
    /// Bytes of one regular expression; 4096.
    regex_bytes;
    /// Nested `not`, `and`, `or`; 16.
    combinator_depth;
    /// Accounts that an evaluator remembers; 100000. May be raised.
    accounts;
}

impl Limits {
    /// All defaults.
    pub fn new() -> Self {
        Self(sys::semper_limits_t::init())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}

/// Collects policies, providers and options, and compiles them. It may be used on afterwards; policy sets do not change
/// any more.
///
/// ```
/// # let policies = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../examples/policies");
/// # let accounts = concat!("file:", env!("CARGO_MANIFEST_DIR"), "/../../../examples/accounts.json");
/// let policies = semper::Compiler::new()?
///     .add_builtin_provider("accounts", accounts, &semper::ProviderOptions::unguarded())?
///     .set_default_regions(&["eu-central-1"])?
///     .add_repository(policies)?
///     .compile()?;
/// assert!(policies.len() > 10);
/// # Ok::<(), semper::Error>(())
/// ```
#[derive(Debug)]
pub struct Compiler(NonNull<sys::semper_compiler_t>);

// SAFETY: handles may move between threads.
unsafe impl Send for Compiler {}

impl Compiler {
    /// A compiler without policies.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the library that was loaded is of another ABI than this
    /// crate was made for.
    pub fn new() -> Result<Self> {
        ffi::check_version()?;
        let mut compiler = ptr::null_mut();
        // SAFETY: the output is ours.
        checked(|error| unsafe { sys::semper_compiler_create(&mut compiler, error) })?;
        ffi::owned(compiler).map(Self)
    }

    pub(crate) fn raw(&mut self) -> *mut sys::semper_compiler_t {
        self.0.as_ptr()
    }

    /// Budgets, before the first policy is added. Those of events hold for all evaluators of the policy sets.
    pub fn set_limits(&mut self, limits: &Limits) -> Result<&mut Self> {
        // SAFETY: the handle lives, and `&mut` says that it is alone; likewise below.
        checked(|error| unsafe { sys::semper_compiler_set_limits(self.raw(), &limits.0, error) })?;
        Ok(self)
    }

    /// The regions that region scopes start from; none (the default): every region.
    pub fn set_default_regions(&mut self, regions: &[impl AsRef<str>]) -> Result<&mut Self> {
        let views: Vec<_> = regions
            .iter()
            .map(|region| view(region.as_ref().as_bytes()))
            .collect();
        checked(|error| unsafe {
            sys::semper_compiler_set_default_regions(self.raw(), views.as_ptr(), views.len(), error)
        })?;
        Ok(self)
    }

    /// Reads all policies below a directory, now. Problems inside policies are no failure here: [`compile`](Self::compile)
    /// refuses then.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io): it cannot be read or is no repository.
    pub fn add_repository(&mut self, directory: impl AsRef<Path>) -> Result<&mut Self> {
        let directory = view(directory.as_ref().as_os_str().as_encoded_bytes());
        checked(|error| unsafe {
            sys::semper_compiler_add_repository(self.raw(), directory, error)
        })?;
        Ok(self)
    }

    /// Adds one policy from memory. `id` is as its path below a repository would be, without `.json`:
    /// `20_filtering/cloudtrail_api_calls/x`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidPolicy`](crate::ErrorKind::InvalidPolicy): it does not load and is not added; the error has the
    /// diagnostics, and [`compile`](Self::compile) will refuse, too.
    pub fn add_policy(&mut self, id: &str, json: impl AsRef<[u8]>) -> Result<&mut Self> {
        let json = view(json.as_ref());
        checked(|error| unsafe {
            sys::semper_compiler_add_policy(self.raw(), view(id.as_bytes()), json, error)
        })?;
        Ok(self)
    }

    /// Adds one policy from anything that serializes: `serde_json::json!({"filtering": …})`.
    ///
    /// # Errors
    /// As [`add_policy`](Self::add_policy); and [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) where the
    /// value does not serialize.
    #[cfg(feature = "serde")]
    pub fn add_policy_value(
        &mut self,
        id: &str,
        policy: &(impl serde::Serialize + ?Sized),
    ) -> Result<&mut Self> {
        self.add_policy(id, crate::serde::to_json(policy)?)
    }

    /// Adds a provider of yours under its name: letters, digits, `_` and `-`. Policies and records call it so; the one called
    /// `accounts` is where scopes, account fields and `accountContext` come from. It is dropped when nothing uses it any more.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): another name, or one that was given before.
    pub fn add_provider(
        &mut self,
        name: &str,
        provider: impl Provider,
        options: &ProviderOptions,
    ) -> Result<&mut Self> {
        let provider = crate::provider::to_raw(name, provider);
        checked(|error| unsafe {
            sys::semper_compiler_add_provider(self.raw(), &provider, options.raw(), error)
        })?;
        Ok(self)
    }

    /// Adds a provider that the library brings; `specification` as for the command: `file:accounts.json`,
    /// `sqlite:cmdb.db?query=…`, `geoip:city.mmdb`, `redis:127.0.0.1:6379`, or a JSON object.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io), [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): it cannot be
    /// opened, or holds what it must not; [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): this build has no such type.
    pub fn add_builtin_provider(
        &mut self,
        name: &str,
        specification: impl AsRef<[u8]>,
        options: &ProviderOptions,
    ) -> Result<&mut Self> {
        let specification = view(specification.as_ref());
        checked(|error| unsafe {
            sys::semper_compiler_add_builtin_provider(
                self.raw(),
                view(name.as_bytes()),
                specification,
                options.raw(),
                error,
            )
        })?;
        Ok(self)
    }

    /// Compiles all that was added.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidPolicy`](crate::ErrorKind::InvalidPolicy): there are diagnostics of severity error, which come with
    /// the error.
    pub fn compile(&mut self) -> Result<PolicySet> {
        let mut policies = ptr::null_mut();
        checked(|error| unsafe { sys::semper_compiler_compile(self.raw(), &mut policies, error) })?;
        PolicySet::own(policies)
    }

    /// Everything found so far, warnings too: also after [`compile`](Self::compile) succeeded.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let compiler = self.0.as_ptr();
        // SAFETY: the views are copied before the compiler can change.
        unsafe {
            (0..sys::semper_compiler_diagnostic_count(compiler))
                .filter_map(|index| {
                    let mut diagnostic = sys::semper_diagnostic_t::init();
                    let status = sys::semper_compiler_diagnostic(
                        compiler,
                        index,
                        &mut diagnostic,
                        ptr::null_mut(),
                    );
                    (status == sys::SEMPER_OK).then(|| Diagnostic::copy(&diagnostic))
                })
                .collect()
        }
    }
}

impl Drop for Compiler {
    fn drop(&mut self) {
        // SAFETY: ours, and not used again.
        unsafe { sys::semper_compiler_free(self.0.as_ptr()) }
    }
}
