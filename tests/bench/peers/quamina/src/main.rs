//! quamina (its port to Rust) as a peer of `semper match`: see tests/bench/peers/run.py for the
//! protocol.
//!
//!     quamina-peer PATTERNS EVENTS comfort|speed

use quamina::{MatcherBuildMode, Quamina, QuaminaBuilder};
use std::io::{self, BufRead, Write};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let mut matcher: Quamina<u32> = QuaminaBuilder::new()
        .with_arena_byte_budget(1 << 30)
        .build()
        .expect("builder");
    if arguments[3] == "speed" {
        matcher.set_matcher_build_mode(MatcherBuildMode::BuiltForSpeed);
    }
    let mut rules = 0;
    for line in std::fs::read_to_string(&arguments[1]).expect("patterns").lines() {
        let entry: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let id = entry["id"].as_str().expect("id").parse().expect("number");
        if let Err(error) = matcher.add_pattern(id, &entry["pattern"].to_string()) {
            println!("refused {error}");
            return;
        }
        rules += 1;
    }
    let text = std::fs::read_to_string(&arguments[2]).expect("events");
    let events: Vec<&[u8]> = text.lines().map(str::as_bytes).collect();
    matcher.matches_for_event(events[0]).expect("event");
    println!("ready {rules} {}", events.len());

    for command in io::stdin().lock().lines() {
        let command = command.expect("command");
        let mut out = io::stdout().lock();
        if command == "matches" {
            for event in &events {
                let mut ids = matcher.matches_for_event(event).expect("event");
                ids.sort_unstable();
                ids.dedup();
                write!(out, "matches").unwrap();
                for id in ids {
                    write!(out, " {id}").unwrap();
                }
                writeln!(out).unwrap();
            }
        } else {
            let rate = rate(&matcher, &events, command.parse().expect("seconds"));
            writeln!(out, "rate {rate}").unwrap();
        }
        out.flush().unwrap();
    }
}

fn cpu_seconds() -> f64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a live timespec.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Events a second of CPU time, over whole passes that take at least so many seconds.
fn rate(matcher: &Quamina<u32>, events: &[&[u8]], seconds: f64) -> f64 {
    let start = cpu_seconds();
    let (mut matched, mut done) = (0, 0);
    loop {
        for event in events {
            matched += matcher.matches_for_event(event).expect("event").len();
        }
        done += events.len();
        let elapsed = cpu_seconds() - start;
        if elapsed >= seconds {
            std::hint::black_box(matched);
            return done as f64 / elapsed;
        }
    }
}
