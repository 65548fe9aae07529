//! Raw bindings of libsemper's C ABI: `semper/semper.h` and `semper/debug.h`, which document every function and struct.
//! `bindings.rs` is written by hand; `tests/layout.rs` compares all of it with what a C compiler says of the installed
//! header. What a program wants is the safe crate, `semper`.
//!
//! How libsemper is found is told in the README beside this crate.
#![allow(
    non_camel_case_types,
    non_upper_case_globals,
    missing_docs,
    clippy::doc_markdown
)]

mod bindings;
pub use bindings::*;

/// Switches a part of [`semper_provider_options_t`] off.
pub const SEMPER_OFF: u64 = u64::MAX;

/// What `semper_abi_version` returns for the header that these bindings were made of.
pub const SEMPER_ABI_VERSION: u32 = (SEMPER_ABI_MAJOR as u32) << 16 | SEMPER_ABI_MINOR as u32;

/// The folder that holds `semper/semper.h`, as it was when this crate was built.
pub const INCLUDE_DIR: &str = env!("SEMPER_SYS_INCLUDE");

macro_rules! sized {
    ($($name:ident),* $(,)?) => {$(
        impl $name {
            /// All zero but `struct_size`: the `SEMPER_..._INIT` of the header.
            pub const fn init() -> Self {
                // SAFETY: integers, pointers, views and optional functions may all be zero.
                let mut made: Self = unsafe { std::mem::zeroed() };
                made.struct_size = std::mem::size_of::<Self>() as u32;
                made
            }
        }
    )*};
}
sized!(
    semper_diagnostic_t,
    semper_provider_t,
    semper_provider_options_t,
    semper_limits_t,
    semper_plan_options_t,
    semper_policy_t,
    semper_provider_counters_t,
    semper_evaluator_options_t,
    semper_counters_t,
    semper_record_t,
    semper_hit_t,
    semper_route_t,
    semper_place_t,
);

impl Default for semper_string_view_t {
    /// The empty string.
    fn default() -> Self {
        Self {
            data: std::ptr::null(),
            size: 0,
        }
    }
}
