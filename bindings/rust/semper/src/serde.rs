//! Records as serde types. Needs the feature `serde`.
//!
//! ```
//! # let mut compiler = semper::Compiler::new()?;
//! compiler.add_policy_value(
//!     "20_filtering/cloudtrail_api_calls/roles",
//!     &serde_json::json!({"filtering": {"findingPattern": {"detail": {"eventName": ["DeleteRole"]}}}}),
//! )?;
//! let mut records = semper::Records::new()?;
//! let event = r#"{"detail-type": "AWS API Call via CloudTrail", "source": "aws.iam", "account": "111122223333",
//!     "detail": {"eventSource": "iam.amazonaws.com", "eventName": "DeleteRole", "requestID": 12345678901234567890123}}"#;
//! for record in compiler.compile()?.evaluator()?.evaluate(event, &mut records)? {
//!     let record = record.parse()?;
//!     assert_eq!(record.verdict.decision, "dropped");
//!     assert_eq!(record.verdict.policies[0].effect, "drop");
//!     // What is not asked for stays text, as it came:
//!     assert!(record.finding.raw.unwrap().get().contains("12345678901234567890123"));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
use std::borrow::Cow;

use ::serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Error, ErrorKind, Record, Result};

/// A record of [`Format::Native`](crate::Format::Native), which borrows its JSON. Parts whose form policies, sources or the host
/// decide are JSON texts: `serde_json::from_str(part.get())` makes of them what the program wants. Members that a newer
/// library adds are passed over.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NativeRecord<'r> {
    /// What came in.
    #[serde(borrow)]
    pub finding: Finding<'r>,
    /// What the provider `accounts` knows about its account.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub account_context: Option<&'r RawValue>,
    /// What other providers know, by their names.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub context: Option<&'r RawValue>,
    /// The fields of all sources in one vocabulary.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub normalized: Option<&'r RawValue>,
    /// What extension policies added.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<&'r RawValue>,
    /// What was decided, and why.
    #[serde(borrow)]
    pub verdict: Verdict<'r>,
}

/// What came in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Finding<'r> {
    /// `AwsCloudTrail`, `AwsSecurityHub`, `AwsGuardDuty`, `AwsConfig`, `Unknown`.
    #[serde(borrow, default)]
    pub source_service: Cow<'r, str>,
    /// RFC 3339.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Cow<'r, str>>,
    /// The event; of bytes that are no event, a string.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<&'r RawValue>,
    /// Bytes that are no UTF-8.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub raw_base64: Option<Cow<'r, str>>,
}

/// What was decided, and why. Decisions, effects and codes are text here: newer libraries may have others.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Verdict<'r> {
    /// `relevant`, `dropped`, `no_finding`, `invalid`.
    #[serde(borrow)]
    pub decision: Cow<'r, str>,
    /// The policies that had to do with it.
    #[serde(borrow, default)]
    pub policies: Vec<VerdictPolicy<'r>>,
    /// The fingerprint of the policy set.
    #[serde(borrow, default)]
    pub policy_set: Cow<'r, str>,
    /// How context was found out.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub context: Option<&'r RawValue>,
    /// What was odd about the finding.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note<'r>>,
}

/// A policy in a verdict.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct VerdictPolicy<'r> {
    /// Its id.
    #[serde(borrow)]
    pub id: Cow<'r, str>,
    /// XXH3-128 of its file.
    #[serde(borrow, default)]
    pub hash: Cow<'r, str>,
    /// `drop`, `extend`, `detect`, `would_drop`, `expired`, `undetermined`.
    #[serde(borrow)]
    pub effect: Cow<'r, str>,
    /// What it is called.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Cow<'r, str>>,
    /// Why it is accepted.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'r, str>>,
    /// Where that was decided.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Cow<'r, str>>,
    /// RFC 3339.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Cow<'r, str>>,
}

/// What was odd about a finding.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Note<'r> {
    /// Stable, `lower_snake_case`.
    #[serde(borrow)]
    pub code: Cow<'r, str>,
    /// A sentence.
    #[serde(borrow, default)]
    pub message: Cow<'r, str>,
}

impl<'r> Record<'r> {
    /// The record as a [`NativeRecord`], which borrows its JSON.
    ///
    /// # Errors
    /// Where it has no JSON, or another [`Format`](crate::Format).
    pub fn parse(&self) -> std::result::Result<NativeRecord<'r>, serde_json::Error> {
        self.deserialize()
    }

    /// The record as a type of yours, or as `serde_json::Value`.
    ///
    /// # Errors
    /// Where the record does not have that form.
    pub fn deserialize<T: Deserialize<'r>>(&self) -> std::result::Result<T, serde_json::Error> {
        serde_json::from_slice(self.json())
    }
}

pub(crate) fn to_json(value: &(impl Serialize + ?Sized)) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| {
        Error::new(
            ErrorKind::InvalidArgument,
            format!("the value does not serialize as JSON: {error}"),
        )
    })
}
