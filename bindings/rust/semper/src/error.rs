use std::fmt;

use semper_sys as sys;

use crate::ffi;

/// Why a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument is unusable or out of range.
    InvalidArgument,
    /// Policies, a pattern or a scope do not load: [`Error::diagnostics`] tells why.
    InvalidPolicy,
    /// The bytes are no event. Patterns and scopes only: an evaluator answers with an invalid record.
    InvalidEvent,
    /// Larger than a limit, which the message names.
    LimitExceeded,
    /// The operating system refused; the message names the file.
    Io,
    /// An index, name or value that is not there.
    NotFound,
    /// This library cannot do it: it was built without, or it is of another version than this crate was made for.
    Unsupported,
    /// The object is in a call that still runs.
    Busy,
    /// Nothing happened; the objects are as usable as before.
    OutOfMemory,
    /// A bug in the library; please report the message.
    Internal,
    /// A status of a newer library.
    Other(i32),
}

impl ErrorKind {
    fn of(status: i32) -> Self {
        match status {
            sys::SEMPER_INVALID_ARGUMENT => Self::InvalidArgument,
            sys::SEMPER_INVALID_POLICY => Self::InvalidPolicy,
            sys::SEMPER_INVALID_EVENT => Self::InvalidEvent,
            sys::SEMPER_LIMIT_EXCEEDED => Self::LimitExceeded,
            sys::SEMPER_IO => Self::Io,
            sys::SEMPER_NOT_FOUND => Self::NotFound,
            sys::SEMPER_UNSUPPORTED => Self::Unsupported,
            sys::SEMPER_BUSY => Self::Busy,
            sys::SEMPER_OUT_OF_MEMORY => Self::OutOfMemory,
            sys::SEMPER_INTERNAL => Self::Internal,
            other => Self::Other(other),
        }
    }
}

/// How bad a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Severity {
    /// The policy loads all the same.
    Warning,
    /// It does not.
    Error,
}

/// One problem in a policy, pattern or scope, for the person who must mend it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Diagnostic {
    /// Whether it keeps the policy from loading.
    pub severity: Severity,
    /// Stable, `lower_snake_case`: `unknown_comparator`.
    pub code: String,
    /// The path, the id of a policy from memory, or the number of a pattern.
    pub file: String,
    /// JSON Pointer (RFC 6901) of the offending value or key.
    pub pointer: String,
    /// What is wrong, and what to write instead.
    pub message: String,
    /// Bytes from the start of the text.
    pub offset: u64,
    /// From 1; 0: there is no place.
    pub line: u32,
    /// From 1, in bytes.
    pub column: u32,
}

impl Diagnostic {
    /// # Safety
    /// The views of `from` are valid.
    pub(crate) unsafe fn copy(from: &sys::semper_diagnostic_t) -> Self {
        // A path need not be UTF-8, and this is a copy anyway.
        let text = |view| String::from_utf8_lossy(unsafe { ffi::bytes(view) }).into_owned();
        Self {
            severity: if from.severity == sys::SEMPER_SEVERITY_WARNING {
                Severity::Warning
            } else {
                Severity::Error
            },
            code: text(from.code),
            file: text(from.file),
            pointer: text(from.pointer),
            message: text(from.message),
            offset: from.offset,
            line: from.line,
            column: from.column,
        }
    }
}

impl fmt::Display for Diagnostic {
    /// As compilers and `semper check` print it: `file:line:column: error: message [code] at /pointer`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line != 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, ": {severity}: {} [{}]", self.message, self.code)?;
        if !self.pointer.is_empty() {
            write!(f, " at {}", self.pointer)?;
        }
        Ok(())
    }
}

/// Why a call failed, and what to do about it. Printed, it is one sentence, and each diagnostic on a line of its own.
///
/// ```
/// let mut compiler = semper::Compiler::new()?;
/// let error = compiler
///     .add_policy(
///         "20_filtering/cloudtrail_api_calls/x",
///         r#"{"filtering": {"findingPattern": {"detail": {"eventName": [{"sufix": "Role"}]}}}}"#,
///     )
///     .unwrap_err();
/// assert_eq!(error.kind(), semper::ErrorKind::InvalidPolicy);
/// assert_eq!(error.diagnostics()[0].code, "unknown_comparator");
/// assert_eq!(error.diagnostics()[0].line, 1);
/// # Ok::<(), semper::Error>(())
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    diagnostics: Vec<Diagnostic>,
}

/// What fails, fails with an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// What sort of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// One sentence without a newline.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The problems in policies, in the order of files and places, warnings too. None unless the kind is
    /// [`ErrorKind::InvalidPolicy`].
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.0.diagnostics
    }

    /// Copies the error and frees it.
    ///
    /// # Safety
    /// `error` is NULL, or an error that is the caller's.
    pub(crate) unsafe fn take(status: i32, error: *mut sys::semper_error_t) -> Self {
        // SAFETY: all of these may be given NULL, and the views are copied before the error goes.
        unsafe {
            let mut message = ffi::text(sys::semper_error_message(error)).to_owned();
            if message.is_empty() {
                message = ffi::text(sys::semper_status_name(status)).replace('_', " ");
            }
            let count = sys::semper_error_diagnostic_count(error);
            let diagnostics = (0..count)
                .filter_map(|index| {
                    let mut diagnostic = sys::semper_diagnostic_t::init();
                    let status = sys::semper_error_diagnostic(
                        error,
                        index,
                        &mut diagnostic,
                        std::ptr::null_mut(),
                    );
                    (status == sys::SEMPER_OK).then(|| Diagnostic::copy(&diagnostic))
                })
                .collect();
            sys::semper_error_free(error);
            Self(Box::new(Inner {
                kind: ErrorKind::of(status),
                message,
                diagnostics,
            }))
        }
    }

    pub(crate) fn new(kind: ErrorKind, message: String) -> Self {
        Self(Box::new(Inner {
            kind,
            message,
            diagnostics: Vec::new(),
        }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        for diagnostic in &self.0.diagnostics {
            write!(f, "\n{diagnostic}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    /// As printed: this is what a `main` shows that returns it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)
    }
}

impl std::error::Error for Error {}
