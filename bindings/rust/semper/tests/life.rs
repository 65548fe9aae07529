//! The life of what a host hands over and gets: providers of every behaviour, threads, every order of dropping. Run under valgrind,
//! too.
mod common;

use std::any::Any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::*;
use semper::{
    of_keys, Answer, Call, Compiler, Decision, Evaluator, EvaluatorOptions, KeyKind, LookupError,
    PolicySet, Provider, ProviderOptions, Records, Slot,
};

/// Answers for the test account, and counts how often it is dropped.
struct Table {
    drops: Arc<AtomicUsize>,
}

impl Provider for Table {
    fn lookup(&self, call: &mut Call<'_>) -> Result<(), LookupError> {
        for (index, key) in call.keys().enumerate() {
            if key == TEST_ACCOUNT {
                call.json(index, TEST_CONTEXT);
            } else {
                call.absent(index);
            }
        }
        Ok(())
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::SeqCst);
    }
}

fn table() -> (Table, Arc<AtomicUsize>) {
    let drops = Arc::new(AtomicUsize::new(0));
    (
        Table {
            drops: drops.clone(),
        },
        drops,
    )
}

#[test]
fn a_provider_that_answers_decides() {
    let _life = Life::begin();
    for options in [guarded(), ProviderOptions::unguarded()] {
        let (table, drops) = table();
        let mut evaluator = with_provider(table, &options).evaluator().unwrap();
        assert_eq!(decide(&mut evaluator, TEST_ACCOUNT).0, Decision::Dropped);
        assert_eq!(decide(&mut evaluator, "444455556666").0, Decision::Relevant);
        assert_eq!(drops.load(Ordering::SeqCst), 0);
        drop(evaluator);
        assert_eq!(drops.load(Ordering::SeqCst), 1);
    }
}

/// What fails in any way leaves the finding relevant, and the verdict says why.
fn assert_undetermined(provider: impl Provider, options: &ProviderOptions, reason: &str) {
    let mut evaluator = with_provider(provider, options).evaluator().unwrap();
    for _ in 0..2 {
        let (decision, json) = decide(&mut evaluator, TEST_ACCOUNT);
        assert_eq!(decision, Decision::Relevant);
        assert!(json.contains(r#""status":"missing""#), "{json}");
        assert!(json.contains(reason), "no {reason:?} in {json}");
        assert!(json.contains(r#""effect":"undetermined""#), "{json}");
    }
}

#[test]
fn a_provider_that_returns_nothing_drops_nothing() {
    let _life = Life::begin();
    let nothing = |_: &mut Call<'_>| -> Result<(), LookupError> { Ok(()) };
    assert_undetermined(nothing, &ProviderOptions::unguarded(), "");
    assert_undetermined(nothing, &guarded(), "");
}

#[test]
fn a_provider_that_fails_drops_nothing_and_tells_why() {
    let _life = Life::begin();
    let fails = |call: &mut Call<'_>| -> Result<(), LookupError> {
        call.fail(0, "the table is down");
        Ok(())
    };
    assert_undetermined(fails, &ProviderOptions::unguarded(), "the table is down");
    assert_undetermined(fails, &guarded(), "the table is down");
    let is_error = |_: &mut Call<'_>| -> Result<(), LookupError> {
        Err(std::fs::read("/does/not/exist").unwrap_err().into())
    };
    assert_undetermined(
        is_error,
        &ProviderOptions::unguarded(),
        "No such file or directory",
    );
}

#[test]
fn an_answer_stays_where_the_lookup_errs_later() {
    let _life = Life::begin();
    let provider = |call: &mut Call<'_>| -> Result<(), LookupError> {
        call.json(0, TEST_CONTEXT);
        Err("something else went wrong".into())
    };
    let mut evaluator = with_provider(provider, &guarded()).evaluator().unwrap();
    assert_eq!(decide(&mut evaluator, TEST_ACCOUNT).0, Decision::Dropped);
}

#[test]
fn garbage_is_failed() {
    let _life = Life::begin();
    for garbage in ["", "null", "[1]", "{\"a\":", "\u{0}"] {
        let provider = of_keys(KeyKind::AccountId, move |_| Answer::Json(garbage.into()));
        assert_undetermined(provider, &ProviderOptions::unguarded(), "");
    }
}

#[test]
fn a_provider_that_panics_drops_nothing_and_tells_why() {
    let _life = Life::begin();
    let of_str = |_: &mut Call<'_>| -> Result<(), LookupError> { panic!("out of cheese") };
    assert_undetermined(
        of_str,
        &ProviderOptions::unguarded(),
        "the provider panicked: out of cheese",
    );
    let number = 17;
    let of_string = move |_: &mut Call<'_>| -> Result<(), LookupError> { panic!("error {number}") };
    assert_undetermined(of_string, &guarded(), "the provider panicked: error 17");
    let of_any = |_: &mut Call<'_>| -> Result<(), LookupError> { std::panic::panic_any(17) };
    assert_undetermined(
        of_any,
        &ProviderOptions::unguarded(),
        "the provider panicked",
    );
    let beyond = |call: &mut Call<'_>| -> Result<(), LookupError> {
        call.absent(call.len());
        Ok(())
    };
    assert_undetermined(
        beyond,
        &ProviderOptions::unguarded(),
        "key 1 of a call with 1 keys",
    );
}

#[test]
fn an_answer_before_a_panic_is_not_believed() {
    let _life = Life::begin();
    let provider = |call: &mut Call<'_>| -> Result<(), LookupError> {
        call.json(0, TEST_CONTEXT);
        panic!("half way")
    };
    assert_undetermined(provider, &ProviderOptions::unguarded(), "half way");
}

#[test]
fn panics_after_a_panic_are_caught_too() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    impl std::fmt::Display for Bomb {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("printed")
        }
    }
    impl std::fmt::Debug for Bomb {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            Ok(())
        }
    }
    #[derive(Debug)]
    struct Unprintable;
    impl std::fmt::Display for Unprintable {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("printed")
        }
    }
    impl std::error::Error for Unprintable {}

    let _life = Life::begin();
    let payload = |_: &mut Call<'_>| -> Result<(), LookupError> { std::panic::panic_any(Bomb) };
    assert_undetermined(
        payload,
        &ProviderOptions::unguarded(),
        "the provider panicked",
    );
    let error = |_: &mut Call<'_>| -> Result<(), LookupError> { Err(Box::new(Unprintable)) };
    assert_undetermined(
        error,
        &ProviderOptions::unguarded(),
        "the provider panicked: printed",
    );

    struct Holds(#[allow(unused)] Bomb);
    impl Provider for Holds {
        fn lookup(&self, call: &mut Call<'_>) -> Result<(), LookupError> {
            call.absent(0);
            Ok(())
        }
    }
    drop(with_provider(Holds(Bomb), &guarded()));
}

#[test]
fn a_provider_that_is_late_drops_nothing() {
    let _life = Life::begin();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let saw = seen.clone();
    let slow = move |call: &mut Call<'_>| -> Result<(), LookupError> {
        let before = call.remaining();
        while call.remaining().is_some_and(|left| !left.is_zero()) {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(5));
        saw.lock().unwrap().push((before, call.remaining()));
        call.json(0, TEST_CONTEXT);
        Ok(())
    };
    let options = ProviderOptions::new()
        .deadline(Duration::from_millis(20))
        .error_ttl(None);
    assert_undetermined(slow, &options, "");
    let seen = seen.lock().unwrap();
    let (before, after) = seen[0];
    assert!(before.unwrap() <= Duration::from_millis(20));
    assert_eq!(after, Some(Duration::ZERO));
}

#[test]
fn without_a_deadline_there_is_none() {
    let _life = Life::begin();
    for options in [
        ProviderOptions::unguarded(),
        ProviderOptions::new().deadline(None),
    ] {
        let provider = |call: &mut Call<'_>| -> Result<(), LookupError> {
            assert_eq!(call.remaining(), None);
            call.json(0, TEST_CONTEXT);
            Ok(())
        };
        let mut evaluator = with_provider(provider, &options).evaluator().unwrap();
        assert_eq!(decide(&mut evaluator, TEST_ACCOUNT).0, Decision::Dropped);
    }
}

#[test]
fn a_provider_may_call_back_in() {
    let _life = Life::begin();
    // An evaluator of its own, and the one that asks, which is in use.
    let asking: Arc<Mutex<Option<Evaluator>>> = Arc::default();
    let own = Mutex::new(compile(FOR_ALL).evaluator().unwrap());
    let outer = Arc::downgrade(&asking);
    let provider = move |call: &mut Call<'_>| -> Result<(), LookupError> {
        assert!(outer.upgrade().unwrap().try_lock().is_err());
        let (decision, _) = decide(&mut own.lock().unwrap(), call.key(0));
        assert_eq!(decision, Decision::Dropped);
        let mut nested = with_provider(table().0, &guarded()).evaluator().unwrap();
        match decide(&mut nested, call.key(0)).0 {
            Decision::Dropped => call.json(0, TEST_CONTEXT),
            _ => call.absent(0),
        }
        Ok(())
    };
    let options = ProviderOptions::new().deadline(None);
    *asking.lock().unwrap() = Some(with_provider(provider, &options).evaluator().unwrap());
    let mut locked = asking.lock().unwrap();
    let evaluator = locked.as_mut().unwrap();
    assert_eq!(decide(evaluator, TEST_ACCOUNT).0, Decision::Dropped);
    assert_eq!(decide(evaluator, "444455556666").0, Decision::Relevant);
    drop(locked);
    drop(asking);
}

#[test]
fn a_provider_that_cannot_be_added_is_dropped_once() {
    let _life = Life::begin();
    let mut compiler = Compiler::new().unwrap();
    let (first, first_drops) = table();
    compiler
        .add_provider("accounts", first, &guarded())
        .unwrap();
    for name in ["accounts", "", "no good"] {
        let (provider, drops) = table();
        let error = compiler
            .add_provider(name, provider, &guarded())
            .unwrap_err();
        assert_eq!(error.kind(), semper::ErrorKind::InvalidArgument, "{error}");
        assert_eq!(drops.load(Ordering::SeqCst), 1, "{name:?}");
    }
    assert_eq!(first_drops.load(Ordering::SeqCst), 0);
    drop(compiler);
    assert_eq!(first_drops.load(Ordering::SeqCst), 1);
}

#[test]
fn a_clock_decides_and_may_panic() {
    let _life = Life::begin();
    let expires = r#"{
        "lifecycle": {"expiresAt": "2024-06-01T00:00:00Z"},
        "filtering": {"findingPattern": {"detail": {"eventName": ["DeleteRole"]}}}
    }"#;
    const MAY: i64 = 1_714_521_600;
    const JULY: i64 = 1_719_792_000;
    let now = Arc::new(Mutex::new(Some(MAY)));
    let clock = now.clone();
    let options = EvaluatorOptions::new().clock(move || clock.lock().unwrap().expect("no time"));
    let mut evaluator = Evaluator::new(&compile(expires), options).unwrap();
    assert_eq!(decide(&mut evaluator, TEST_ACCOUNT).0, Decision::Dropped);
    *now.lock().unwrap() = Some(JULY);
    assert_eq!(decide(&mut evaluator, TEST_ACCOUNT).0, Decision::Relevant);

    let counted = evaluator.counters().unwrap();
    *now.lock().unwrap() = None;
    let mut records = Records::new().unwrap();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _ = evaluator.evaluate(event(TEST_ACCOUNT, "DeleteRole"), &mut records);
    }));
    assert!(panicked.is_err());
    assert_eq!(evaluator.counters().unwrap(), counted);
    now.clear_poison();
    *now.lock().unwrap() = Some(MAY);
    assert_eq!(decide(&mut evaluator, TEST_ACCOUNT).0, Decision::Dropped);
    drop(evaluator);
    assert_eq!(Arc::strong_count(&now), 1);
}

#[test]
fn handles_are_dropped_in_every_order() {
    let _life = Life::begin();
    let mut order: Vec<usize> = (0..6).collect();
    let mut orders = 0;
    permute(&mut order, 0, &mut |order| {
        let (provider, drops) = table();
        let mut compiler = Compiler::new().unwrap();
        compiler
            .add_provider("accounts", provider, &guarded())
            .unwrap();
        compiler.add_policy(ID, FOR_TEST_ACCOUNTS).unwrap();
        let policies = compiler.compile().unwrap();
        let slot = Slot::new(&policies).unwrap();
        let clocked = EvaluatorOptions::new().clock(|| 1_714_521_600);
        let mut evaluator = Evaluator::for_slot(&slot, clocked).unwrap();
        let mut records = Records::new().unwrap();
        evaluator
            .evaluate(event(TEST_ACCOUNT, "DeleteRole"), &mut records)
            .unwrap();
        let again = records.policy_set().unwrap();
        let mut handles: Vec<Option<Box<dyn Any>>> = vec![
            Some(Box::new(compiler)),
            Some(Box::new(policies)),
            Some(Box::new(slot)),
            Some(Box::new(evaluator)),
            Some(Box::new(records)),
            Some(Box::new(again)),
        ];
        for (position, index) in order.iter().enumerate() {
            assert_eq!(drops.load(Ordering::SeqCst), 0);
            // What is left still works.
            if let Some(records) = handles[4]
                .as_ref()
                .and_then(|any| any.downcast_ref::<Records>())
            {
                assert_eq!(
                    records.get(0).unwrap().hits().next().unwrap().ticket,
                    Some("SEC-1")
                );
            }
            handles[*index] = None;
            assert_eq!(semper::live_handles(), (order.len() - 1 - position) as i64);
        }
        assert_eq!(drops.load(Ordering::SeqCst), 1);
        orders += 1;
    });
    assert_eq!(orders, 720);
}

fn permute(order: &mut Vec<usize>, fixed: usize, run: &mut impl FnMut(&[usize])) {
    if fixed == order.len() {
        return run(order);
    }
    for next in fixed..order.len() {
        order.swap(fixed, next);
        permute(order, fixed + 1, run);
        order.swap(fixed, next);
    }
}

#[test]
fn many_threads_while_policies_change() {
    const THREADS: usize = 8;
    const EVENTS: usize = 100;
    let _life = Life::begin();
    let (provider, drops) = table();
    let by_account = with_provider(provider, &ProviderOptions::new().deadline(None));
    let nothing = Compiler::new().unwrap().compile().unwrap();
    let slot = Slot::new(&by_account).unwrap();
    let results: Vec<(Records, PolicySet)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (slot, mine) = (&slot, by_account.clone());
                scope.spawn(move || {
                    let mut evaluator = slot.evaluator().unwrap();
                    let mut fixed = mine.evaluator().unwrap();
                    let mut records = Records::new().unwrap();
                    let other = format!("44445555{thread:04}");
                    for number in 0..EVENTS {
                        let account = if number % 2 == 0 {
                            TEST_ACCOUNT
                        } else {
                            &other
                        };
                        let event = event(account, "DeleteRole");
                        fixed.evaluate(&event, &mut records).unwrap();
                        let wanted = if number % 2 == 0 {
                            Decision::Dropped
                        } else {
                            Decision::Relevant
                        };
                        assert_eq!(records.get(0).unwrap().decision(), wanted);
                        evaluator.evaluate(&event, &mut records).unwrap();
                        let decided = records.policy_set().unwrap();
                        let dropped = records.get(0).unwrap().decision() == Decision::Dropped;
                        assert_eq!(dropped, number % 2 == 0 && decided.len() == 1);
                    }
                    assert_eq!(evaluator.counters().unwrap().total, EVENTS as u64);
                    let policies = records.policy_set().unwrap();
                    (records, policies)
                })
            })
            .collect();
        for number in 0..200 {
            slot.replace(if number % 2 == 0 {
                &nothing
            } else {
                &by_account
            })
            .unwrap();
        }
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    drop((slot, by_account, nothing));
    drop(results);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

#[test]
fn an_evaluator_goes_from_thread_to_thread() {
    let _life = Life::begin();
    let (provider, drops) = table();
    let mut evaluator = with_provider(provider, &guarded()).evaluator().unwrap();
    for _ in 0..4 {
        evaluator = std::thread::spawn(move || {
            assert_eq!(decide(&mut evaluator, TEST_ACCOUNT).0, Decision::Dropped);
            evaluator
        })
        .join()
        .unwrap();
    }
    assert_eq!(evaluator.counters().unwrap().dropped, 4);
    std::thread::spawn(move || drop(evaluator)).join().unwrap();
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

/// Not run by itself: run_tests shows with it that the leak check finds a leak.
#[test]
#[ignore = "leaks"]
fn planted_leak() {
    std::mem::forget(compile(FOR_ALL).evaluator().unwrap());
    assert!(semper::live_handles() > 0);
}
