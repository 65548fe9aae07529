use std::any::Any;
use std::ffi::c_void;
use std::ops::ControlFlow;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};

use semper_sys as sys;

use crate::ffi::{self, checked, view};
use crate::{Compiler, Diagnostic, Result};

/// What [`Compiler::plan`] writes: `docs/plan.md` of the project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PlanFormat {
    /// One document: `plan.json`.
    #[default]
    Json,
    /// `ACCOUNT/REGION.template.json`, `-2` and so on if it is too large.
    CloudFormation,
    /// `ACCOUNT/REGION/main.tf.json`: a root module.
    Terraform,
    /// What differs from [`PlanOptions::old_plan`], a JSON object a line.
    Difference,
}

/// What to plan for.
///
/// ```
/// use std::ops::ControlFlow;
///
/// # let policies = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../examples/policies");
/// let mut plan = Vec::new();
/// let warnings = semper::Compiler::new()?
///     .set_default_regions(&["eu-central-1"])?
///     .add_repository(policies)?
///     .plan(&semper::PlanOptions::new().account_ids(&["111122223333"]), |path, bytes| {
///         assert_eq!(path, "plan.json");
///         plan.extend_from_slice(bytes);
///         ControlFlow::Continue(())
///     })?;
/// assert!(plan.starts_with(b"{"));
/// # let _ = warnings;
/// # Ok::<(), semper::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct PlanOptions<'a> {
    format: PlanFormat,
    accounts: &'a [u8],
    account_ids: &'a [&'a str],
    control_ids: &'a [u8],
    old_plan: &'a [u8],
}

impl<'a> PlanOptions<'a> {
    /// JSON, for no accounts.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is written.
    pub fn format(mut self, format: PlanFormat) -> Self {
        self.format = format;
        self
    }

    /// The contexts of the accounts: a JSON list, an object keyed by account id, or NDJSON.
    pub fn accounts(mut self, json: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        self.accounts = json.as_ref();
        self
    }

    /// Further accounts, of which only the id is known.
    pub fn account_ids(mut self, ids: &'a [&'a str]) -> Self {
        self.account_ids = ids;
        self
    }

    /// The controls that standards have, to resolve wildcards (`3.*`), as `share/semper/controls/security-hub-ids.json`.
    pub fn control_ids(mut self, json: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        self.control_ids = json.as_ref();
        self
    }

    /// Of [`PlanFormat::Difference`]: an earlier `plan.json`.
    pub fn old_plan(mut self, json: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        self.old_plan = json.as_ref();
        self
    }
}

struct State<W> {
    write: W,
    warnings: Vec<Diagnostic>,
    panic: Option<Box<dyn Any + Send>>,
}

impl Compiler {
    /// Writes what the policies that were added ask for in AWS, account by account, in the default regions. `write` takes the
    /// bytes of a file in pieces, those of one file one after another; its path is relative, with `/`. A break ends the plan
    /// there, and so does a panic, which goes on to the caller. Gives the warnings of a plan that was made.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidPolicy`](crate::ErrorKind::InvalidPolicy): a policy does not load, two contradict each other, or AWS
    /// would refuse something; nothing was written. [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): no
    /// default region, or accounts, control ids or an old plan that are none.
    pub fn plan<W>(&mut self, options: &PlanOptions<'_>, write: W) -> Result<Vec<Diagnostic>>
    where
        W: FnMut(&str, &[u8]) -> ControlFlow<()>,
    {
        let ids: Vec<_> = options
            .account_ids
            .iter()
            .map(|id| view(id.as_bytes()))
            .collect();
        let mut state = State {
            write,
            warnings: Vec::new(),
            panic: None,
        };
        let raw_options = sys::semper_plan_options_t {
            format: match options.format {
                PlanFormat::Json => sys::SEMPER_PLAN_JSON,
                PlanFormat::CloudFormation => sys::SEMPER_PLAN_CLOUDFORMATION,
                PlanFormat::Terraform => sys::SEMPER_PLAN_TERRAFORM,
                PlanFormat::Difference => sys::SEMPER_PLAN_DIFFERENCE,
            },
            accounts: view(options.accounts),
            account_ids: ids.as_ptr(),
            account_id_count: ids.len() as u64,
            control_ids: view(options.control_ids),
            old_plan: view(options.old_plan),
            write: Some(take::<W>),
            warn: Some(warn::<W>),
            state: std::ptr::from_mut(&mut state).cast::<c_void>(),
            ..sys::semper_plan_options_t::init()
        };
        // SAFETY: the handle lives and is alone; so do the options and the state, which is not touched meanwhile.
        let planned =
            checked(|error| unsafe { sys::semper_compiler_plan(self.raw(), &raw_options, error) });
        if let Some(payload) = state.panic {
            resume_unwind(payload);
        }
        planned.map(|()| state.warnings)
    }
}

unsafe extern "C" fn take<W: FnMut(&str, &[u8]) -> ControlFlow<()>>(
    state: *mut c_void,
    path: sys::semper_string_view_t,
    bytes: sys::semper_string_view_t,
) -> i32 {
    // SAFETY: the state of the plan that calls; the views are valid during the call.
    let (state, path, bytes) = unsafe {
        (
            &mut *state.cast::<State<W>>(),
            ffi::text(path),
            ffi::bytes(bytes),
        )
    };
    match catch_unwind(AssertUnwindSafe(|| (state.write)(path, bytes))) {
        Ok(ControlFlow::Continue(())) => 0,
        Ok(ControlFlow::Break(())) => 1,
        Err(payload) => {
            state.panic = Some(payload);
            1
        }
    }
}

unsafe extern "C" fn warn<W>(state: *mut c_void, warning: *const sys::semper_diagnostic_t) {
    // SAFETY: as above.
    unsafe {
        let state = &mut *state.cast::<State<W>>();
        state.warnings.push(Diagnostic::copy(&*warning));
    }
}
