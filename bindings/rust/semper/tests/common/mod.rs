//! What the tests share.
#![allow(dead_code)]
use std::sync::{Mutex, MutexGuard};

use semper::{Compiler, Decision, Evaluator, PolicySet, Provider, ProviderOptions, Records};

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Held by a test: handles are counted for the whole process, and at its end there must be none.
pub struct Life(#[allow(unused)] MutexGuard<'static, ()>);

impl Life {
    pub fn begin() -> Self {
        let guard = ONE_AT_A_TIME
            .lock()
            .unwrap_or_else(|error| error.into_inner());
        assert_eq!(semper::live_handles(), 0, "an earlier test left handles");
        Self(guard)
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(semper::live_handles(), 0, "handles were left");
        }
    }
}

pub const TEST_ACCOUNT: &str = "111122223333";
pub const TEST_CONTEXT: &str = r#"{"accountTags": {"environment": "test"}}"#;

/// Drops DeleteRole in test accounts.
pub const FOR_TEST_ACCOUNTS: &str = r#"{
    "metadata": {"title": "Test accounts"},
    "lifecycle": {"reason": "nothing of value there", "ticket": "SEC-1"},
    "filtering": {
        "policyScope": {"accountScope": {"exclude": "*", "forceInclude": {"accountTags": {"environment": "test"}}}},
        "findingPattern": {"detail": {"eventName": ["DeleteRole"]}}
    }
}"#;
/// Drops DeleteRole everywhere.
pub const FOR_ALL: &str =
    r#"{"filtering": {"findingPattern": {"detail": {"eventName": ["DeleteRole"]}}}}"#;
pub const ID: &str = "20_filtering/cloudtrail_api_calls/delete-role";

pub fn event(account: &str, name: &str) -> String {
    format!(
        r#"{{"version": "0", "detail-type": "AWS API Call via CloudTrail", "source": "aws.iam", "account": "{account}", "time": "2024-05-01T12:00:00Z", "region": "us-east-1", "detail": {{"eventSource": "iam.amazonaws.com", "eventName": "{name}", "eventTime": "2024-05-01T12:00:00Z"}}}}"#
    )
}

pub fn compile(policy: &str) -> PolicySet {
    Compiler::new()
        .unwrap()
        .add_policy(ID, policy)
        .unwrap()
        .compile()
        .unwrap()
}

/// All that stands around a provider, but with a deadline that a slow machine does not miss.
pub fn guarded() -> ProviderOptions {
    ProviderOptions::new().deadline(std::time::Duration::from_secs(3600))
}

/// A policy set that drops in test accounts, which `provider` tells.
pub fn with_provider(provider: impl Provider, options: &ProviderOptions) -> PolicySet {
    Compiler::new()
        .unwrap()
        .add_provider("accounts", provider, options)
        .unwrap()
        .add_policy(ID, FOR_TEST_ACCOUNTS)
        .unwrap()
        .compile()
        .unwrap()
}

/// The decision about one DeleteRole and the record's JSON.
pub fn decide(evaluator: &mut Evaluator, account: &str) -> (Decision, String) {
    let mut records = Records::new().unwrap();
    evaluator
        .evaluate(event(account, "DeleteRole"), &mut records)
        .unwrap();
    assert_eq!(records.len(), 1);
    let record = records.get(0).unwrap();
    (record.decision(), record.json_str().into_owned())
}
