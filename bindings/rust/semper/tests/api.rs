//! Each ability of the C ABI, as a program uses it.
mod common;

use std::path::Path;
use std::time::Duration;

use common::*;
use semper::{
    Arrays, Compiler, Contains, Decision, Dialect, Effect, ErrorKind, Evaluator, EvaluatorOptions,
    Format, Limits, Normalized, Pattern, Place, ProviderOptions, Records, Scope, Severity, Slot,
};

fn repository() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

#[test]
fn a_repository_with_a_built_in_provider() {
    let _life = Life::begin();
    let accounts = format!(
        "file:{}",
        repository().join("examples/accounts.json").display()
    );
    let policies = Compiler::new()
        .unwrap()
        .add_builtin_provider("accounts", accounts, &ProviderOptions::unguarded())
        .unwrap()
        .set_default_regions(&["eu-central-1", "us-east-1"])
        .unwrap()
        .add_repository(repository().join("examples/policies"))
        .unwrap()
        .compile()
        .unwrap();
    let ids: Vec<_> = policies.policies().map(|policy| policy.id).collect();
    assert!(ids.is_sorted());
    assert_eq!(ids.len(), policies.len());
    assert_eq!(policies.policy(policies.len()), None);
    let event = std::fs::read(repository().join("examples/events/slide-cloudtrail.json")).unwrap();
    let mut evaluator = policies.evaluator().unwrap();
    let mut records = Records::new().unwrap();
    let record = evaluator
        .evaluate(&event, &mut records)
        .unwrap()
        .get(0)
        .unwrap();
    assert_eq!(record.decision(), Decision::Relevant);
    let hit = record
        .hits()
        .find(|hit| hit.effect == Effect::Detect)
        .unwrap();
    assert_eq!(
        hit.id,
        "10_configure/event_rules/cis-3.07-customer-key-deletion"
    );
    assert_eq!(policies.policy(hit.policy).unwrap().id, hit.id);
    assert_eq!(policies.policy(hit.policy).unwrap().kind, "event_rule");
    assert!(record.json_str().contains(r#""ouId":"ou-srnr-lwyhsa9c""#));
    assert_eq!(evaluator.policy_hits(hit.policy), Some(1));
    assert_eq!(evaluator.policy_hits(policies.len()), None);
    assert_eq!(
        records.policy_set().unwrap().fingerprint(),
        policies.fingerprint()
    );
}

#[test]
fn what_a_policy_set_tells() {
    let _life = Life::begin();
    let policy = r#"{
        "metadata": {"title": "Roles"},
        "lifecycle": {"reason": "known", "ticket": "SEC-1", "validFrom": "2024-01-01T00:00:00Z", "expiresAt": "2024-06-01T00:00:00Z", "mode": "observe"},
        "filtering": {"findingPattern": {"detail": {"eventName": ["DeleteRole"]}}}
    }"#;
    let policies = compile(policy);
    let told = policies.policy(0).unwrap();
    assert_eq!(told.id, ID);
    assert_eq!(told.kind, "filtering");
    assert_eq!(
        (told.title, told.reason, told.ticket),
        (Some("Roles"), Some("known"), Some("SEC-1"))
    );
    assert!(told.observes);
    assert_eq!(told.valid_from, Some(1_704_067_200));
    assert_eq!(told.expires_at, Some(1_717_200_000));
    assert_eq!(told.hash.len(), 32);
    assert_eq!(policies.fingerprint().len(), 32);
    assert_ne!(policies.fingerprint(), compile(FOR_ALL).fingerprint());
    assert_eq!(policies.clone().fingerprint(), policies.fingerprint());
    let other = compile(FOR_ALL);
    let plain = other.policy(0).unwrap();
    assert_eq!(
        (plain.title, plain.valid_from, plain.observes),
        (None, None, false)
    );

    let mut evaluator =
        Evaluator::new(&policies, EvaluatorOptions::new().clock(|| 1_714_521_600)).unwrap();
    let mut records = Records::new().unwrap();
    evaluator
        .evaluate(event(TEST_ACCOUNT, "DeleteRole"), &mut records)
        .unwrap();
    let hit = records.get(0).unwrap().hits().next().unwrap();
    assert_eq!(hit.effect, Effect::WouldDrop);
    assert_eq!(
        (hit.title, hit.reason, hit.ticket),
        (Some("Roles"), Some("known"), Some("SEC-1"))
    );
}

#[test]
fn errors_carry_diagnostics() {
    let _life = Life::begin();
    let mut compiler = Compiler::new().unwrap();
    let wrong = "{\"filtering\": {\"findingPattern\": {\"detail\":\n {\"eventName\": [{\"sufix\": \"Role\"}]}}}}";
    let error = compiler.add_policy(ID, wrong).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidPolicy);
    let first = &error.diagnostics()[0];
    assert_eq!(
        (first.severity, first.code.as_str()),
        (Severity::Error, "unknown_comparator")
    );
    assert_eq!((first.file.as_str(), first.line), (ID, 2));
    assert_eq!(
        first.pointer,
        "/filtering/findingPattern/detail/eventName/0/sufix"
    );
    assert!(error.to_string().contains(&format!("{ID}:2:")), "{error}");
    assert_eq!(compiler.diagnostics(), error.diagnostics());
    let refused = compiler.compile().unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidPolicy);
    assert_eq!(refused.diagnostics(), error.diagnostics());

    let missing = Compiler::new()
        .unwrap()
        .add_repository("/does/not/exist")
        .unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Io);
    assert!(missing.message().contains("/does/not/exist"), "{missing}");
    let mut compiler = Compiler::new().unwrap();
    let mut builtin = |specification: &str| {
        compiler
            .add_builtin_provider("accounts", specification, &guarded())
            .unwrap_err()
            .kind()
    };
    assert_eq!(builtin("file:/does/not/exist"), ErrorKind::Io);
    assert_eq!(builtin("file:/does\0not"), ErrorKind::InvalidArgument);
    assert_eq!(
        Records::new().unwrap().policy_set().unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[test]
fn limits_hold() {
    let _life = Life::begin();
    let mut compiler = Compiler::new().unwrap();
    compiler
        .set_limits(&Limits::new().event_bytes(100).policy_bytes(2 << 20))
        .unwrap();
    let refused = compiler
        .set_limits(&Limits::new().pattern_depth(1 << 20))
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
    compiler.add_policy(ID, FOR_ALL).unwrap();
    let late = compiler.set_limits(&Limits::new()).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::InvalidArgument);
    let mut evaluator = compiler.compile().unwrap().evaluator().unwrap();
    let (decision, json) = decide(&mut evaluator, TEST_ACCOUNT);
    assert_eq!(decision, Decision::Invalid);
    assert!(json.contains("event_too_large"), "{json}");
}

#[test]
fn batches_and_ndjson_give_what_single_calls_give() {
    let _life = Life::begin();
    let events = [
        event(TEST_ACCOUNT, "DeleteRole"),
        event(TEST_ACCOUNT, "CreateRole"),
        "no event".to_owned(),
        String::new(),
        r#"{"detail-type": "Security Hub Findings - Imported", "source": "aws.securityhub", "detail": {"findings": []}}"#
            .to_owned(),
        format!("[{}, {}]", event(TEST_ACCOUNT, "DeleteRole"), event(TEST_ACCOUNT, "A")),
    ];
    let policies = compile(FOR_ALL);
    let (mut one, mut batch, mut lines) = (
        policies.evaluator().unwrap(),
        policies.evaluator().unwrap(),
        policies.evaluator().unwrap(),
    );
    let mut records = Records::new().unwrap();
    let mut singly = Vec::new();
    for (number, event) in events.iter().enumerate() {
        for record in one.evaluate(event, &mut records).unwrap() {
            assert_eq!(record.event(), 0);
            singly.push((number as u64, record.decision(), record.json().to_vec()));
        }
    }
    let all = |records: &Records| -> Vec<_> {
        records
            .iter()
            .map(|record| (record.event(), record.decision(), record.json().to_vec()))
            .collect()
    };
    let batched = batch.evaluate_batch(&events, &mut records).unwrap();
    assert_eq!(all(batched), singly);
    let ndjson: Vec<u8> = singly
        .iter()
        .flat_map(|(_, _, json)| [json.as_slice(), b"\n"].concat())
        .collect();
    assert_eq!(batched.ndjson(), ndjson);
    assert_eq!(batched.iter().len(), batched.len());
    assert!(batched.get(batched.len()).is_none());

    let not_blank: Vec<_> = singly
        .iter()
        .filter(|(number, ..)| *number != 3)
        .cloned()
        .collect();
    assert_eq!(
        all(lines
            .evaluate_ndjson(events.join("\n"), &mut records)
            .unwrap()),
        not_blank
    );

    let counters = one.counters().unwrap();
    assert_eq!(counters, batch.counters().unwrap());
    assert_eq!(counters.total, singly.len() as u64);
    assert_eq!(
        counters.total,
        counters.relevant + counters.dropped + counters.no_finding + counters.invalid
    );
    assert_eq!((counters.dropped, counters.invalid), (2, 2));
    assert_eq!(
        [counters, lines.counters().unwrap()]
            .into_iter()
            .sum::<semper::Counters>()
            .dropped,
        4
    );

    assert!(batch
        .evaluate_batch(&[] as &[&str], &mut records)
        .unwrap()
        .is_empty());
    assert!(batch.evaluate_ndjson("", &mut records).unwrap().is_empty());
}

#[test]
fn bytes_that_are_no_event_come_out_verbatim() {
    let _life = Life::begin();
    let mut evaluator = compile(FOR_ALL).evaluator().unwrap();
    let mut records = Records::new().unwrap();
    for (bytes, wanted) in [
        (
            b"<14>Nov 4 syslog".as_slice(),
            r#""raw":"<14>Nov 4 syslog""#,
        ),
        (b"\xff\xfe".as_slice(), r#""rawBase64":"//4=""#),
    ] {
        let record = evaluator
            .evaluate(bytes, &mut records)
            .unwrap()
            .get(0)
            .unwrap();
        assert_eq!(record.decision(), Decision::Invalid);
        assert!(record.json_str().contains(wanted), "{record:?}");
    }
}

#[test]
fn options_of_an_evaluator() {
    let _life = Life::begin();
    let policies = compile(FOR_ALL);
    let mut records = Records::new().unwrap();
    let options = EvaluatorOptions::new()
        .no_dropped_json()
        .no_no_finding_json();
    let mut evaluator = Evaluator::new(&policies, options).unwrap();
    evaluator
        .evaluate(event(TEST_ACCOUNT, "DeleteRole"), &mut records)
        .unwrap();
    let record = records.get(0).unwrap();
    assert_eq!(
        (record.decision(), record.json()),
        (Decision::Dropped, b"".as_slice())
    );
    assert_eq!(record.hits().len(), 1);
    assert_eq!(record.normalized("region").unwrap(), None);
    assert!(records.ndjson().is_empty());

    let mut old =
        Evaluator::new(&policies, EvaluatorOptions::new().format(Format::Semper17)).unwrap();
    old.evaluate(event(TEST_ACCOUNT, "CreateRole"), &mut records)
        .unwrap();
    let json = records.get(0).unwrap().json_str();
    assert!(
        json.starts_with(r#"{"normalized":"#) && json.contains(r#""raw":"#),
        "{json}"
    );
}

#[test]
fn normalized_fields() {
    let _life = Life::begin();
    let asff = r#"{"SchemaVersion": "2018-10-08", "Id": "a\u0041", "AwsAccountId": "111122223333", "Region": "eu-central-1",
        "ProductArn": "arn:aws:securityhub:eu-central-1::product/aws/securityhub", "GeneratorId": "g",
        "Severity": {"Label": "HIGH"}, "Sample": true, "Resources": [{"Id": "x", "Type": "AwsS3Bucket"}]}"#;
    let mut evaluator = compile(FOR_ALL).evaluator().unwrap();
    let mut records = Records::new().unwrap();
    let record = evaluator
        .evaluate(asff, &mut records)
        .unwrap()
        .get(0)
        .unwrap();
    let field = |name| record.normalized(name).unwrap();
    assert_eq!(field("region"), Some(Normalized::String("eu-central-1")));
    assert!(
        field("id").unwrap().as_str().unwrap().ends_with("/aA"),
        "{:?}",
        field("id")
    );
    assert_eq!(
        field("severity"),
        Some(Normalized::Object(r#"{"label":"HIGH","score":70}"#))
    );
    assert_eq!(field("sample"), Some(Normalized::Boolean(true)));
    assert!(matches!(field("resources"), Some(Normalized::Array(_))));
    assert_eq!(field("nothing"), None);
}

#[test]
fn policies_are_swapped_while_an_evaluator_lives() {
    let _life = Life::begin();
    let slot = Slot::new(&Compiler::new().unwrap().compile().unwrap()).unwrap();
    let mut evaluator = slot.evaluator().unwrap();
    assert_eq!(decide(&mut evaluator, TEST_ACCOUNT).0, Decision::Relevant);
    let policies = compile(FOR_ALL);
    slot.replace(&policies).unwrap();
    assert_eq!(slot.get().unwrap().fingerprint(), policies.fingerprint());
    assert_eq!(decide(&mut evaluator, TEST_ACCOUNT).0, Decision::Dropped);
    let none = Compiler::new().unwrap().compile().unwrap();
    evaluator.replace(&none).unwrap();
    slot.replace(&policies).unwrap();
    assert_eq!(decide(&mut evaluator, TEST_ACCOUNT).0, Decision::Relevant);
    drop(slot);
    assert_eq!(evaluator.counters().unwrap().total, 3);
}

#[test]
fn every_option_of_a_provider_is_taken() {
    let _life = Life::begin();
    let options = ProviderOptions::new()
        .cache_bytes(1 << 20)
        .ttl(Duration::from_secs(60))
        .negative_ttl(Duration::from_micros(1))
        .error_ttl(None)
        .stale_if_error(Duration::MAX)
        .deadline(Duration::ZERO)
        .breaker_failures(2)
        .breaker_cooldown(Duration::from_secs(3600));
    let calls = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = calls.clone();
    let fails = move |call: &mut semper::Call<'_>| -> Result<(), semper::LookupError> {
        counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        assert_eq!(call.remaining(), None);
        Err("down".into())
    };
    let mut evaluator = with_provider(fails, &options).evaluator().unwrap();
    for number in 0..5 {
        assert_eq!(
            decide(&mut evaluator, &format!("44445555000{number}")).0,
            Decision::Relevant
        );
    }
    // The breaker opened after two.
    assert_eq!(calls.load(std::sync::atomic::Ordering::SeqCst), 2);
}

#[test]
fn a_cached_answer_is_not_asked_for_again() {
    let _life = Life::begin();
    for (options, wanted) in [(guarded(), 1), (guarded().cache_bytes(None), 2)] {
        let calls = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counted = calls.clone();
        let provider = semper::of_keys(semper::KeyKind::AccountId, move |_| {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Some(TEST_CONTEXT).into()
        });
        let policies = with_provider(provider, &options);
        // An evaluator remembers accounts by itself; the cache is shared by all of them.
        for _ in 0..2 {
            assert_eq!(
                decide(&mut policies.evaluator().unwrap(), TEST_ACCOUNT).0,
                Decision::Dropped
            );
        }
        assert_eq!(calls.load(std::sync::atomic::Ordering::SeqCst), wanted);
    }
}

#[test]
fn patterns_and_scopes_alone() {
    let _life = Life::begin();
    let patterns = [r#"{"a": [1]}"#, r#"{"a": [2]}"#, r#"{"a": [1, 2]}"#];
    let any = Pattern::compile(&patterns, Dialect::Semper, Arrays::Any).unwrap();
    let all = Pattern::compile(&patterns, Dialect::Semper, Arrays::All).unwrap();
    assert_eq!(any.matched(r#"{"a": [1, 2]}"#).unwrap(), [0, 1, 2]);
    assert_eq!(all.matched(r#"{"a": [1, 2]}"#).unwrap(), [2]);
    assert!(!any.matches(r#"{"a": 3}"#).unwrap());
    assert_eq!(any.len(), 3);
    let none = Pattern::compile(&[] as &[&str], Dialect::EventBridge, Arrays::Any).unwrap();
    assert!(none.is_empty() && none.matched("{}").unwrap().is_empty());
    let refused = Pattern::compile(
        &[patterns[0], r#"{"a": [{"nope": 1}]}"#],
        Dialect::Semper,
        Arrays::Any,
    )
    .unwrap_err();
    assert_eq!(refused.diagnostics()[0].file, "1");
    let no_event = any.matches("[").unwrap_err();
    assert_eq!(no_event.kind(), ErrorKind::InvalidEvent);
    assert!(
        no_event.message().starts_with("event_json_syntax: "),
        "{no_event}"
    );
    let unsupported = Pattern::compile(&["{}"], Dialect::EventBridge, Arrays::All).unwrap_err();
    assert_eq!(unsupported.kind(), ErrorKind::InvalidArgument);

    let scope = Scope::policy(
        r#"{"accountScope": {"exclude": {"accountId": ["1"]}}, "regionScope": {"exclude": "eu-west-1"}}"#,
    );
    let scope = scope.unwrap();
    let at = |place: &Place<'_>| scope.contains(place).unwrap();
    assert_eq!(
        at(&Place::new().account_id("2").region("eu-central-1")),
        Contains::Yes
    );
    assert_eq!(
        at(&Place::new().account_id("2").region("eu-west-1")),
        Contains::No
    );
    assert_eq!(at(&Place::new().account_id("2")), Contains::Unknown);
    assert_eq!(
        at(&Place::new()
            .account_id("2")
            .region("eu-central-1")
            .default_regions(&["us-east-1"])),
        Contains::No
    );
    let no_context = Place::new().account_context("17");
    assert_eq!(
        scope.contains(&no_context).unwrap_err().kind(),
        ErrorKind::InvalidEvent
    );
    assert_eq!(
        Scope::list("17").unwrap_err().kind(),
        ErrorKind::InvalidPolicy
    );
}

#[test]
fn versions() {
    let _life = Life::begin();
    assert_eq!(semper::abi_version().0, 1);
    assert!(semper::version().starts_with(|c: char| c.is_ascii_digit()));
}

#[test]
fn what_a_provider_did() {
    let _life = Life::begin();
    let old = std::time::Duration::from_millis(90_999);
    let provider = semper::of_keys(semper::KeyKind::AccountId, move |key| match key {
        TEST_ACCOUNT => semper::Answer::Stale(TEST_CONTEXT.into(), old),
        _ => semper::Answer::Absent,
    });
    let policies = with_provider(provider, &guarded());
    let mut evaluator = policies.evaluator().unwrap();
    let (decision, json) = decide(&mut evaluator, TEST_ACCOUNT);
    assert_eq!(decision, Decision::Dropped);
    assert!(
        json.contains(r#""context":{"status":"stale","ageSeconds":90}"#),
        "{json}"
    );
    decide(&mut evaluator, "444455556666");
    let told: Vec<_> = policies.providers().collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].name, "accounts");
    assert_eq!(told[0].key_kind, semper::KeyKind::AccountId);
    assert_eq!(
        (told[0].asked, told[0].stale, told[0].absent, told[0].calls),
        (2, 1, 1, 2)
    );
    assert_eq!(told[0].latency.iter().sum::<u64>(), 2);
    assert_eq!(compile(FOR_ALL).providers().count(), 0);
}

#[test]
fn where_a_record_is_sent() {
    let _life = Life::begin();
    let policies = Compiler::new()
        .unwrap()
        .add_builtin_provider(
            "accounts",
            format!(
                "file:{}",
                repository().join("examples/accounts.json").display()
            ),
            &ProviderOptions::unguarded(),
        )
        .unwrap()
        .add_repository(repository().join("examples/policies"))
        .unwrap()
        .compile()
        .unwrap();
    let event = std::fs::read(repository().join("examples/events/slide-cloudtrail.json")).unwrap();
    let mut records = Records::new().unwrap();
    let mut evaluator = policies.evaluator().unwrap();
    let record = evaluator
        .evaluate(&event, &mut records)
        .unwrap()
        .get(0)
        .unwrap();
    let mut types: Vec<_> = record.routes().map(|route| route.route_type).collect();
    types.sort_by_key(|route_type| *route_type != semper::RouteType::Sqs);
    assert_eq!(
        types,
        [semper::RouteType::Sqs, semper::RouteType::SecurityHub]
    );
    for route in record.routes() {
        match route.route_type {
            semper::RouteType::Sqs => {
                assert!(route.target.contains("owner-mail"), "{route:?}");
                assert_eq!(route.record, record.json());
            }
            _ => {
                assert!(
                    route.target.contains(r#""type":"securityhub""#),
                    "{route:?}"
                );
                assert!(route.record.starts_with(b"{\"SchemaVersion\""));
            }
        }
    }
}

#[test]
fn a_plan() {
    use semper::{PlanFormat, PlanOptions};
    use std::ops::ControlFlow;
    let _life = Life::begin();
    let accounts = std::fs::read(repository().join("examples/accounts.json")).unwrap();
    let mut compiler = Compiler::new().unwrap();
    compiler
        .set_default_regions(&["eu-central-1"])
        .unwrap()
        .add_repository(repository().join("examples/policies"))
        .unwrap();
    let mut plan = |options: &PlanOptions<'_>| {
        let mut files = std::collections::BTreeMap::<String, Vec<u8>>::new();
        compiler
            .plan(options, |path, bytes| {
                files.entry(path.to_owned()).or_default().extend(bytes);
                ControlFlow::Continue(())
            })
            .map(|_| files)
    };
    let options = PlanOptions::new().accounts(&accounts);
    let json = plan(&options).unwrap();
    assert_eq!(json.len(), 1);
    let old: serde_json::Value = serde_json::from_slice(&json["plan.json"]).unwrap();
    assert!(old.is_object());
    let templates = plan(&options.format(PlanFormat::CloudFormation)).unwrap();
    assert!(templates
        .keys()
        .any(|path| path == "111122223333/eu-central-1.template.json"));
    let modules = plan(&options.format(PlanFormat::Terraform)).unwrap();
    assert!(modules
        .keys()
        .any(|path| path == "111122223333/eu-central-1/main.tf.json"));
    let same = options
        .format(PlanFormat::Difference)
        .old_plan(&json["plan.json"]);
    assert!(plan(&same).unwrap().values().all(Vec::is_empty));
    let refused = plan(&PlanOptions::new().accounts("17")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument);

    let mut pieces = 0;
    let stopped = compiler.plan(&options.format(PlanFormat::Terraform), |_, _| {
        pieces += 1;
        ControlFlow::Break(())
    });
    assert!(stopped.is_ok());
    assert_eq!(pieces, 1);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        compiler.plan(&options, |_, _| panic!("the disk is full"))
    }));
    assert_eq!(
        *panicked.unwrap_err().downcast::<&str>().unwrap(),
        "the disk is full"
    );
}
