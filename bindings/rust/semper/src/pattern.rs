use std::ptr::{self, NonNull};

use semper_sys as sys;

use crate::ffi::{self, checked, view};
use crate::Result;

/// Which language a pattern is written in: `docs/pattern-language.md` of the project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// That of policies.
    #[default]
    Semper,
    /// That of EventBridge rules, bit for bit.
    EventBridge,
}

/// Of a list in an event, what must match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Arrays {
    /// Any element: what reveals.
    #[default]
    Any,
    /// All elements: what hides. [`Dialect::Semper`] only.
    All,
}

/// Patterns alone, without policies around them: compiled into one program, whose cost for an event hardly depends on how many
/// there are. Immutable, shared freely by threads.
///
/// ```
/// use semper::{Arrays, Dialect, Pattern};
///
/// let pattern = Pattern::new(r#"{"detail": {"eventName": [{"suffix": "Role"}]}}"#)?;
/// assert!(pattern.matches(r#"{"detail": {"eventName": "DeleteRole"}}"#)?);
///
/// let patterns = Pattern::compile(&[r#"{"a": [1]}"#, r#"{"b": [2]}"#], Dialect::EventBridge, Arrays::Any)?;
/// assert_eq!(patterns.matched(r#"{"a": 3, "b": 2}"#)?, [1]);
/// # Ok::<(), semper::Error>(())
/// ```
#[derive(Debug)]
pub struct Pattern {
    raw: NonNull<sys::semper_pattern_t>,
    count: usize,
}

// SAFETY: it does not change; all its functions are const in the ABI.
unsafe impl Send for Pattern {}
// SAFETY: as above.
unsafe impl Sync for Pattern {}

impl Pattern {
    /// One pattern in the dialect of policies, of whose lists any element may match.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidPolicy`](crate::ErrorKind::InvalidPolicy), with diagnostics.
    pub fn new(pattern: impl AsRef<[u8]>) -> Result<Self> {
        Self::compile(&[pattern], Dialect::Semper, Arrays::Any)
    }

    /// Many patterns, JSON texts, numbered from 0.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidPolicy`](crate::ErrorKind::InvalidPolicy): one of them is wrong; the diagnostics tell, `file` being
    /// the pattern's number.
    pub fn compile(
        patterns: &[impl AsRef<[u8]>],
        dialect: Dialect,
        arrays: Arrays,
    ) -> Result<Self> {
        ffi::check_version()?;
        let views: Vec<_> = patterns
            .iter()
            .map(|pattern| view(pattern.as_ref()))
            .collect();
        let dialect = match dialect {
            Dialect::Semper => sys::SEMPER_DIALECT_SEMPER,
            Dialect::EventBridge => sys::SEMPER_DIALECT_EVENTBRIDGE,
        };
        let arrays = match arrays {
            Arrays::Any => sys::SEMPER_ARRAYS_ANY,
            Arrays::All => sys::SEMPER_ARRAYS_ALL,
        };
        let mut pattern = ptr::null_mut();
        // SAFETY: the texts live for the call; the output is ours.
        checked(|error| unsafe {
            sys::semper_pattern_compile(
                views.as_ptr(),
                views.len(),
                dialect,
                arrays,
                &mut pattern,
                error,
            )
        })?;
        Ok(Self {
            raw: ffi::owned(pattern)?,
            count: views.len(),
        })
    }

    /// One pattern from anything that serializes, as [`new`](Self::new).
    ///
    /// # Errors
    /// Also [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) where it does not serialize.
    #[cfg(feature = "serde")]
    pub fn from_value(pattern: &(impl serde::Serialize + ?Sized)) -> Result<Self> {
        Self::new(crate::serde::to_json(pattern)?)
    }

    /// How many patterns there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether any of the patterns matches the event, a JSON object.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidEvent`](crate::ErrorKind::InvalidEvent): it is none; the message begins with the code and a colon
    /// (`event_json_syntax: …`).
    pub fn matches(&self, event: impl AsRef<[u8]>) -> Result<bool> {
        Ok(self.run(event.as_ref(), &mut [])? > 0)
    }

    /// The numbers of the patterns that match, ascending.
    ///
    /// # Errors
    /// As [`matches`](Self::matches).
    pub fn matched(&self, event: impl AsRef<[u8]>) -> Result<Vec<u32>> {
        let mut matched = vec![0; self.count];
        let count = self.run(event.as_ref(), &mut matched)?;
        matched.truncate(count);
        Ok(matched)
    }

    fn run(&self, event: &[u8], matched: &mut [u32]) -> Result<usize> {
        let mut count = 0;
        // SAFETY: the handle lives, `matched` has that many places.
        checked(|error| unsafe {
            sys::semper_pattern_match(
                self.raw.as_ptr(),
                view(event),
                matched.as_mut_ptr(),
                matched.len(),
                &mut count,
                error,
            )
        })?;
        Ok(count)
    }
}

impl Drop for Pattern {
    fn drop(&mut self) {
        // SAFETY: ours, and not used again.
        unsafe { sys::semper_pattern_free(self.raw.as_ptr()) }
    }
}
