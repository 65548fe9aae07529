//! The feature `serde`.
#![cfg(feature = "serde")]
mod common;

use common::*;
use semper::serde::NativeRecord;
use semper::{Call, Compiler, Decision, ErrorKind, LookupError, Pattern, Place, Records, Scope};
use serde_json::{json, Value};

#[test]
fn values_in_and_records_out() {
    let _life = Life::begin();
    let provider = |call: &mut Call<'_>| -> Result<(), LookupError> {
        call.value(0, &json!({"accountTags": {"environment": "test"}}))?;
        Ok(())
    };
    let policy: Value = serde_json::from_str(FOR_TEST_ACCOUNTS).unwrap();
    let mut evaluator = Compiler::new()
        .unwrap()
        .add_provider("accounts", provider, &guarded())
        .unwrap()
        .add_policy_value(ID, &policy)
        .unwrap()
        .compile()
        .unwrap()
        .evaluator()
        .unwrap();
    let mut records = Records::new().unwrap();
    evaluator
        .evaluate(event(TEST_ACCOUNT, "DeleteRole"), &mut records)
        .unwrap();
    let record = records.get(0).unwrap();
    let native: NativeRecord<'_> = record.parse().unwrap();
    assert_eq!(native.finding.source_service, "AwsCloudTrail");
    assert!(native.finding.raw.unwrap().get().contains(TEST_ACCOUNT));
    assert_eq!(native.verdict.decision, Decision::Dropped.as_str());
    assert_eq!(
        native.verdict.policy_set,
        records.policy_set().unwrap().fingerprint()
    );
    let of = &native.verdict.policies[0];
    assert_eq!((of.id.as_ref(), of.effect.as_ref()), (ID, "drop"));
    assert_eq!(of.ticket.as_deref(), Some("SEC-1"));
    let context: Value = serde_json::from_str(native.account_context.unwrap().get()).unwrap();
    assert_eq!(context["accountTags"]["environment"], "test");

    // Nothing is lost on the way through the types.
    let value: Value = record.deserialize().unwrap();
    assert_eq!(serde_json::to_value(&native).unwrap(), value);

    let counters = serde_json::to_value(evaluator.counters().unwrap()).unwrap();
    assert_eq!(
        counters,
        json!({"in": 1, "relevant": 0, "dropped": 1, "no_finding": 0, "invalid": 0})
    );
    let hit = serde_json::to_value(record.hits().next().unwrap()).unwrap();
    assert_eq!(hit["effect"], "drop");
    assert_eq!(serde_json::to_value(record.decision()).unwrap(), "dropped");
}

#[test]
fn every_record_of_the_examples_goes_through_the_types() {
    let _life = Life::begin();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples");
    let policies = Compiler::new()
        .unwrap()
        .add_repository(root.join("policies"))
        .unwrap()
        .compile()
        .unwrap();
    let mut evaluator = policies.evaluator().unwrap();
    let mut records = Records::new().unwrap();
    let mut count = 0;
    for entry in std::fs::read_dir(root.join("events")).unwrap() {
        let event = std::fs::read(entry.unwrap().path()).unwrap();
        for record in evaluator.evaluate(&event, &mut records).unwrap() {
            let native = record.parse().unwrap();
            assert_eq!(native.verdict.decision, record.decision().as_str());
            assert_eq!(native.verdict.policies.len(), record.hits().len());
            let again = serde_json::to_string(&native).unwrap();
            assert_eq!(
                again.len(),
                record.json().len(),
                "{again}\n{}",
                record.json_str()
            );
            count += 1;
        }
    }
    assert!(count > 10);
}

#[test]
fn values_for_patterns_and_scopes() {
    let _life = Life::begin();
    let pattern = Pattern::from_value(&json!({"a": [1]})).unwrap();
    assert!(pattern.matches("{\"a\": 1}").unwrap());
    let scope = Scope::from_value(&json!({"regionScope": {"exclude": "eu-west-1"}})).unwrap();
    assert_eq!(
        scope.contains(&Place::new().region("eu-west-1")).unwrap(),
        semper::Contains::No
    );

    let no_json: std::collections::HashMap<Vec<u8>, u8> = [(vec![1], 1)].into();
    let error = Pattern::from_value(&no_json).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let error = Compiler::new()
        .unwrap()
        .add_policy_value(ID, &json!({"filtering": 1}))
        .unwrap_err();
    let diagnostics = serde_json::to_value(error.diagnostics()).unwrap();
    assert_eq!(diagnostics[0]["severity"], "error");
}
