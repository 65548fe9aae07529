use std::ptr::{self, NonNull};

use semper_sys as sys;

use crate::ffi::{self, checked};
use crate::{Evaluator, EvaluatorOptions, PolicySet, Result};

/// The policy set in force, for evaluators that run while it is replaced: each call of an evaluator that was made for the slot
/// is decided by what is in it when the call begins. To reload, compile, and replace only if that succeeded.
///
/// ```
/// use semper::{Compiler, Records, Slot};
///
/// let event = r#"{"detail-type": "AWS API Call via CloudTrail", "source": "aws.iam", "account": "111122223333",
///     "detail": {"eventSource": "iam.amazonaws.com", "eventName": "DeleteRole"}}"#;
/// let slot = Slot::new(&Compiler::new()?.compile()?)?;
/// let mut evaluator = slot.evaluator()?;
/// let mut records = Records::new()?;
/// assert_eq!(evaluator.evaluate(event, &mut records)?.policy_set()?.len(), 0);
///
/// let accepted = r#"{"filtering": {"findingPattern": {"detail": {"eventName": ["DeleteRole"]}}}}"#;
/// let policies = Compiler::new()?.add_policy("20_filtering/cloudtrail_api_calls/x", accepted)?.compile()?;
/// slot.replace(&policies)?;
/// assert_eq!(evaluator.evaluate(event, &mut records)?.policy_set()?.len(), 1);
/// # Ok::<(), semper::Error>(())
/// ```
#[derive(Debug)]
pub struct Slot(NonNull<sys::semper_slot_t>);

// SAFETY: all functions of a slot take it const, which is the ABI's contract about threads.
unsafe impl Send for Slot {}
// SAFETY: as above.
unsafe impl Sync for Slot {}

impl Slot {
    /// A slot that holds `policies`.
    pub fn new(policies: &PolicySet) -> Result<Self> {
        let mut slot = ptr::null_mut();
        // SAFETY: the output is ours, and so is the policy set while it is borrowed.
        checked(|error| unsafe { sys::semper_slot_create(policies.raw(), &mut slot, error) })?;
        ffi::owned(slot).map(Self)
    }

    pub(crate) fn raw(&self) -> *const sys::semper_slot_t {
        self.0.as_ptr()
    }

    /// From now on, calls that begin are decided by `policies`.
    pub fn replace(&self, policies: &PolicySet) -> Result<()> {
        // SAFETY: any thread, at any time.
        checked(|error| unsafe { sys::semper_slot_replace(self.raw(), policies.raw(), error) })
    }

    /// What the slot holds.
    pub fn get(&self) -> Result<PolicySet> {
        let mut policies = ptr::null_mut();
        // SAFETY: any thread, at any time; the reference is ours.
        checked(|error| unsafe { sys::semper_slot_get(self.raw(), &mut policies, error) })?;
        PolicySet::own(policies)
    }

    /// An evaluator that decides by what the slot holds, with the defaults of all options.
    pub fn evaluator(&self) -> Result<Evaluator> {
        Evaluator::for_slot(self, EvaluatorOptions::new())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // SAFETY: ours, and not used again. Its evaluators go on with what it held.
        unsafe { sys::semper_slot_free(self.0.as_ptr()) }
    }
}
