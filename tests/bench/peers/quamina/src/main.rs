//! quamina (its port to Rust) as a peer of `semper match`: see tests/bench/peers/run.py for the
//! protocol.
//!
//!     quamina-peer PATTERNS EVENTS comfort|speed

#[path = "../../protocol.rs"]
mod protocol;

use quamina::{MatcherBuildMode, Quamina, QuaminaBuilder};

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
    let matches = |event: &[u8]| matcher.matches_for_event(event).expect("event");
    protocol::answer(
        rules,
        &events,
        |event| matches(event).len(),
        |event| {
            let mut ids = matches(event);
            ids.sort_unstable();
            ids.dedup();
            ids
        },
    );
}
