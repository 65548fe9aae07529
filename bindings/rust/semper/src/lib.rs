//! Semper for Rust: AWS security findings parsed, accepted ones dropped by a compiled policy set, the rest enriched.
//!
//! | | | |
//! |---|---|---|
//! | [`Compiler`] | collects policies, [providers](Provider) and options | one thread |
//! | [`PolicySet`] | what it compiles: immutable | shared by threads; a clone is a reference |
//! | [`Evaluator`] | decides about events | one per thread, may be sent |
//! | [`Records`] | the records of one call: made once, filled again and again | read by any thread |
//! | [`Slot`] | the policy set in force, replaced while evaluators run | shared by threads |
//! | [`Compiler::plan`] | what the policies ask for in AWS, as data | one thread |
//! | [`Pattern`], [`Scope`] | alone, without policies around them | shared by threads |
//!
//! What is read from records borrows them. Everything is freed when it is dropped, in any order.
//!
//! # The library
//!
//! This crate calls libsemper, a shared library with a C ABI; the README tells how it is found and linked. The first use of a
//! library of another ABI than this crate was made for (an older or a much newer one) is an [`Error`] of
//! [`ErrorKind::Unsupported`]: of [`Compiler::new`], [`Records::new`], [`Pattern::compile`], [`Scope::policy`] and
//! [`Scope::list`], whichever comes first. [`abi_version`] and [`version`] can be asked before.
//!
//! # Promises
//!
//! Each finding comes out exactly once, with its decision and the reasons. Unknown never drops: a provider that fails,
//! panics or is late leaves the finding relevant. Bytes that are no event are a record of [`Decision::Invalid`], verbatim.
#![warn(missing_docs, rust_2018_idioms)]

mod compiler;
mod error;
mod evaluator;
mod ffi;
mod pattern;
mod plan;
mod policy_set;
mod provider;
mod records;
mod scope;
#[cfg(feature = "serde")]
pub mod serde;
mod slot;

pub use compiler::{Compiler, Limits};
pub use error::{Diagnostic, Error, ErrorKind, Result, Severity};
pub use evaluator::{Counters, Evaluator, EvaluatorOptions, Format};
pub use pattern::{Arrays, Dialect, Pattern};
pub use plan::{PlanFormat, PlanOptions};
pub use policy_set::{Policy, PolicySet, ProviderCounters};
pub use provider::{of_keys, Answer, Call, KeyKind, LookupError, Provider, ProviderOptions};
pub use records::{
    Decision, Effect, Hit, Hits, Iter, Normalized, Record, Records, Route, RouteType, Routes,
};
pub use scope::{Contains, Place, Scope};
pub use slot::Slot;

/// The version of the library that was loaded: `0.1.0`.
pub fn version() -> &'static str {
    // SAFETY: valid for ever.
    unsafe { ffi::text(semper_sys::semper_version()) }
}

/// The ABI of the library that was loaded, as major and minor.
pub fn abi_version() -> (u16, u16) {
    // SAFETY: takes nothing.
    ffi::split_version(unsafe { semper_sys::semper_abi_version() })
}

/// How many handles of the library this process has not freed yet, references counted: 0 where nothing leaks. For tests.
pub fn live_handles() -> i64 {
    // SAFETY: takes nothing.
    unsafe { semper_sys::semper_debug_live_handles() }
}

/// The programs of the README, and what must not compile. `script/test` has rustdoc check the errors' codes.
#[cfg(doctest)]
mod doctests {
    #[doc = include_str!("../../README.md")]
    mod readme {}

    /// Records cannot be filled while something read from them is in use:
    ///
    /// ```compile_fail,E0499
    /// # let mut evaluator = semper::Compiler::new().unwrap().compile().unwrap().evaluator().unwrap();
    /// let mut records = semper::Records::new().unwrap();
    /// let json = evaluator.evaluate("{}", &mut records).unwrap().get(0).unwrap().json();
    /// evaluator.evaluate("{}", &mut records).unwrap();
    /// println!("{json:?}");
    /// ```
    /// ```
    /// # let mut evaluator = semper::Compiler::new().unwrap().compile().unwrap().evaluator().unwrap();
    /// let mut records = semper::Records::new().unwrap();
    /// let json = evaluator.evaluate("{}", &mut records).unwrap().get(0).unwrap().json();
    /// println!("{json:?}");
    /// evaluator.evaluate("{}", &mut records).unwrap();
    /// ```
    mod fill {}

    /// What is read from records does not outlive them:
    ///
    /// ```compile_fail,E0505
    /// let mut records = semper::Records::new().unwrap();
    /// # let mut evaluator = semper::Compiler::new().unwrap().compile().unwrap().evaluator().unwrap();
    /// evaluator.evaluate("{}", &mut records).unwrap();
    /// let record = records.get(0).unwrap();
    /// drop(records);
    /// println!("{:?}", record.decision());
    /// ```
    /// ```compile_fail,E0515
    /// fn title() -> Option<&'static str> {
    ///     let records = semper::Records::new().unwrap();
    ///     let title = records.get(0)?.hits().next()?.title;
    ///     title
    /// }
    /// ```
    /// ```
    /// let mut records = semper::Records::new().unwrap();
    /// # let mut evaluator = semper::Compiler::new().unwrap().compile().unwrap().evaluator().unwrap();
    /// evaluator.evaluate("{}", &mut records).unwrap();
    /// drop(evaluator);
    /// let record = records.get(0).unwrap();
    /// println!("{:?}", record.decision());
    /// drop(records);
    /// ```
    mod outlive {}

    /// What a policy set tells is borrowed from it:
    ///
    /// ```compile_fail,E0505
    /// let policies = semper::Compiler::new().unwrap().compile().unwrap();
    /// let fingerprint = policies.fingerprint();
    /// drop(policies);
    /// println!("{fingerprint}");
    /// ```
    mod policy_set {}

    /// A call does not outlive the lookup, nor do its keys:
    ///
    /// ```compile_fail,E0521
    /// use std::sync::Mutex;
    /// static KEPT: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    /// let provider = |call: &mut semper::Call<'_>| -> Result<(), semper::LookupError> {
    ///     KEPT.lock().unwrap().push(call.key(0));
    ///     Ok(())
    /// };
    /// semper::Compiler::new().unwrap().add_provider("accounts", provider, &semper::ProviderOptions::new());
    /// ```
    /// ```
    /// use std::sync::Mutex;
    /// static KEPT: Mutex<Vec<String>> = Mutex::new(Vec::new());
    /// let provider = |call: &mut semper::Call<'_>| -> Result<(), semper::LookupError> {
    ///     KEPT.lock().unwrap().push(call.key(0).to_owned());
    ///     Ok(())
    /// };
    /// semper::Compiler::new().unwrap().add_provider("accounts", provider, &semper::ProviderOptions::new());
    /// ```
    mod call {}

    /// A provider is asked by many threads, so it must be `Sync`; and it may live as long as the policy set:
    ///
    /// ```compile_fail,E0277
    /// let count = std::cell::Cell::new(0);
    /// let provider = move |call: &mut semper::Call<'_>| -> Result<(), semper::LookupError> {
    ///     count.set(count.get() + call.len());
    ///     Ok(())
    /// };
    /// semper::Compiler::new().unwrap().add_provider("accounts", provider, &semper::ProviderOptions::new());
    /// ```
    /// ```compile_fail,E0373
    /// let table = String::from("{}");
    /// let provider = |call: &mut semper::Call<'_>| -> Result<(), semper::LookupError> {
    ///     call.json(0, &table);
    ///     Ok(())
    /// };
    /// semper::Compiler::new().unwrap().add_provider("accounts", provider, &semper::ProviderOptions::new());
    /// ```
    mod provider {}

    /// An evaluator is for one thread at a time:
    ///
    /// ```compile_fail,E0277
    /// fn shared<T: Sync>() {}
    /// shared::<semper::Evaluator>();
    /// ```
    /// ```
    /// fn shared<T: Sync>() {}
    /// fn sent<T: Send>() {}
    /// fn cloned<T: Clone>() {}
    /// sent::<semper::Evaluator>();
    /// sent::<semper::Compiler>();
    /// shared::<semper::PolicySet>();
    /// sent::<semper::PolicySet>();
    /// cloned::<semper::PolicySet>();
    /// shared::<semper::Slot>();
    /// shared::<semper::Records>();
    /// sent::<semper::Record<'_>>();
    /// shared::<semper::Pattern>();
    /// shared::<semper::Scope>();
    /// sent::<semper::Error>();
    /// ```
    mod evaluator {}
}
