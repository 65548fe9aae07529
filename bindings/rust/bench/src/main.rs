//! What a finding costs through this crate, for script/bench, which runs it by turns with other runners.
//!
//! `semper-bench POLICIES_DIR ACCOUNTS_FILE EVENTS_NDJSON` loads all, prints `ready` and reads lines: `single N` or `batch N`
//! evaluates all events N times, one a call or 64 a call, looks at the bytes of every record, and prints
//! `{"findings": n, "bytes": b, "cpu_ns": t}`, the process's CPU time; `quit` ends.
use std::hint::black_box;
use std::io::{BufRead, Write};

use semper::{Compiler, Evaluator, ProviderOptions, Records};

const BATCH: usize = 64;

fn cpu_ns() -> i64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the place for the answer is ours.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    assert_eq!(status, 0, "no CPU clock");
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

#[derive(Default)]
struct Seen {
    findings: usize,
    bytes: usize,
}

impl Seen {
    fn look_at(&mut self, records: &Records) {
        for record in records {
            let json = black_box(record.json());
            self.findings += 1;
            self.bytes += json.len();
        }
    }
}

fn pass(
    evaluator: &mut Evaluator,
    records: &mut Records,
    events: &[&[u8]],
    is_batch: bool,
    seen: &mut Seen,
) -> semper::Result<()> {
    if is_batch {
        for batch in events.chunks(BATCH) {
            seen.look_at(evaluator.evaluate_batch(batch, records)?);
        }
    } else {
        for event in events {
            seen.look_at(evaluator.evaluate(event, records)?);
        }
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [policies, accounts, events] = arguments.as_slice() else {
        return Err("usage: semper-bench POLICIES_DIR ACCOUNTS_FILE EVENTS_NDJSON".into());
    };
    let policies = Compiler::new()?
        .add_builtin_provider(
            "accounts",
            format!("file:{accounts}"),
            &ProviderOptions::unguarded(),
        )?
        .add_repository(policies)?
        .compile()?;
    let text = std::fs::read(events)?;
    let events: Vec<&[u8]> = text
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .collect();
    let mut evaluator = policies.evaluator()?;
    let mut records = Records::new()?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready")?;
    out.flush()?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (is_batch, passes) = match line.split_once(' ') {
            Some(("single", passes)) => (false, passes),
            Some(("batch", passes)) => (true, passes),
            _ if line == "quit" => break,
            _ => return Err(format!("neither single, batch nor quit: {line}").into()),
        };
        let mut seen = Seen::default();
        let begin = cpu_ns();
        for _ in 0..passes.parse::<usize>()? {
            pass(&mut evaluator, &mut records, &events, is_batch, &mut seen)?;
        }
        let cpu_ns = cpu_ns() - begin;
        writeln!(
            out,
            r#"{{"findings": {}, "bytes": {}, "cpu_ns": {cpu_ns}}}"#,
            seen.findings, seen.bytes
        )?;
        out.flush()?;
    }
    Ok(())
}
