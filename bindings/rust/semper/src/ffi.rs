//! Between Rust's types and the C ABI's.
use std::any::Any;
use std::ffi::{c_char, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::Path;
use std::ptr::{self, NonNull};

use semper_sys as sys;

use crate::{Error, ErrorKind, Result};

pub(crate) fn view(bytes: &[u8]) -> sys::semper_string_view_t {
    sys::semper_string_view_t {
        data: bytes.as_ptr().cast::<c_char>(),
        size: bytes.len(),
    }
}

/// # Safety
/// What the view points at must live, unchanged, for `'a`.
pub(crate) unsafe fn bytes<'a>(view: sys::semper_string_view_t) -> &'a [u8] {
    if view.size == 0 {
        return &[];
    }
    unsafe { std::slice::from_raw_parts(view.data.cast::<u8>(), view.size) }
}

/// The ABI promises UTF-8. Should a library break that, the text ends there: a lie would be undefined behaviour.
///
/// # Safety
/// As for [`bytes`].
pub(crate) unsafe fn text<'a>(view: sys::semper_string_view_t) -> &'a str {
    let bytes = unsafe { bytes(view) };
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    }
}

/// None where the text is empty: the ABI's way to say that there is none.
///
/// # Safety
/// As for [`bytes`].
pub(crate) unsafe fn some_text<'a>(view: sys::semper_string_view_t) -> Option<&'a str> {
    Some(unsafe { text(view) }).filter(|text| !text.is_empty())
}

/// A path, which need not be UTF-8.
///
/// # Safety
/// As for [`bytes`].
pub(crate) unsafe fn path<'a>(view: sys::semper_string_view_t) -> &'a Path {
    let bytes = unsafe { bytes(view) };
    #[cfg(unix)]
    return Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes));
    #[cfg(not(unix))]
    return Path::new(std::str::from_utf8(bytes).unwrap_or_default());
}

/// Calls a function that returns a status; `call` is given where its error goes.
pub(crate) fn checked(call: impl FnOnce(*mut *mut sys::semper_error_t) -> i32) -> Result<()> {
    let mut error = ptr::null_mut();
    let status = call(&mut error);
    if status == sys::SEMPER_OK {
        return Ok(());
    }
    // SAFETY: a failed call gives an error that is ours, or none where memory ran out.
    Err(unsafe { Error::take(status, error) })
}

/// A handle that a call gave.
pub(crate) fn owned<T>(handle: *mut T) -> Result<NonNull<T>> {
    NonNull::new(handle).ok_or_else(|| {
        Error::new(
            ErrorKind::Internal,
            "a call that succeeded gave no handle".to_owned(),
        )
    })
}

/// Fails where the library that was loaded is not of the ABI that this crate was made for. Every way into the library
/// begins here.
pub(crate) fn check_version() -> Result<()> {
    // SAFETY: takes nothing, may be called at any time.
    compare_versions(unsafe { sys::semper_abi_version() })
}

/// Major and minor.
pub(crate) fn split_version(version: u32) -> (u16, u16) {
    ((version >> 16) as u16, (version & 0xffff) as u16)
}

fn compare_versions(found: u32) -> Result<()> {
    let (major, minor) = split_version(found);
    let (wanted_major, wanted_minor) = split_version(sys::SEMPER_ABI_VERSION);
    if major == wanted_major && minor >= wanted_minor {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Unsupported,
        format!(
            "libsemper is of ABI {major}.{minor}; this program needs {wanted_major}.{wanted_minor} or a later \
             {wanted_major}.x. Install that library, or build the program anew with the header of the one that is installed"
        ),
    ))
}

/// Gives back a `Box<T>` that was handed over as the state of a host.
///
/// # Safety
/// `state` is of `Box::<T>::into_raw` and is not used again.
pub(crate) unsafe extern "C" fn destroy<T>(state: *mut c_void) {
    let dropped = catch_unwind(AssertUnwindSafe(|| {
        drop(unsafe { Box::from_raw(state.cast::<T>()) })
    }));
    if let Err(payload) = dropped {
        forget_panic(payload);
    }
}

/// Drops what a panic carried, even where that panics again, and again. What goes on so is left to leak in the end.
pub(crate) fn forget_panic(payload: Box<dyn Any + Send>) {
    let mut rest = payload;
    for _ in 0..8 {
        match catch_unwind(AssertUnwindSafe(|| drop(rest))) {
            Ok(()) => return,
            Err(next) => rest = next,
        }
    }
    std::mem::forget(rest);
}

/// What a panic said.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "a panic without a message"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_major_or_an_older_minor_is_refused() {
        assert!(compare_versions(sys::SEMPER_ABI_VERSION).is_ok());
        assert!(compare_versions(sys::SEMPER_ABI_VERSION + 1).is_ok());
        for other in [2 << 16, 0, 0xffff] {
            let error = compare_versions(other).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(
                error.message().contains("this program needs 1.0"),
                "{error}"
            );
        }
    }
}
