//! What the peers in Rust have in common: see run.py for the protocol.
use std::io::{self, BufRead, Write};

/// Says `ready` and answers commands. `ids`: of the rules that match an event. `count`: how many
/// these are, with nothing done that the matcher does not do; this is what is measured.
pub fn answer(
    rules: usize,
    events: &[&[u8]],
    count: impl Fn(&[u8]) -> usize,
    ids: impl Fn(&[u8]) -> Vec<u32>,
) {
    println!("ready {rules} {}", events.len());
    for command in io::stdin().lock().lines() {
        let command = command.expect("command");
        let mut out = io::stdout().lock();
        if command == "matches" {
            for event in events {
                let mut ids = ids(event);
                ids.sort_unstable();
                write!(out, "matches").unwrap();
                for id in ids {
                    write!(out, " {id}").unwrap();
                }
                writeln!(out).unwrap();
            }
        } else {
            let rate = rate(events, &count, command.parse().expect("seconds"));
            writeln!(out, "rate {rate}").unwrap();
        }
        out.flush().unwrap();
    }
}

/// Events a second of CPU time, over whole passes that take at least so many seconds.
fn rate(events: &[&[u8]], count: impl Fn(&[u8]) -> usize, seconds: f64) -> f64 {
    let start = cpu_seconds();
    let (mut matched, mut done) = (0, 0);
    loop {
        for event in events {
            matched += count(event);
        }
        done += events.len();
        let elapsed = cpu_seconds() - start;
        if elapsed >= seconds {
            std::hint::black_box(matched);
            return done as f64 / elapsed;
        }
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
