//! The vectors of the pattern and scope language, all of them, through this crate.
use std::path::Path;

use semper::{Arrays, Contains, Dialect, ErrorKind, Pattern, Place, Scope};
use serde_json::value::RawValue;

/// One line of a vector file. Members keep their text: what a value is, is the library's to say.
struct Vector(std::collections::HashMap<String, Box<RawValue>>);

impl Vector {
    fn text(&self, key: &str) -> String {
        self.0.get(key).map_or_else(String::new, |value| {
            serde_json::from_str(value.get()).unwrap()
        })
    }

    fn flag(&self, key: &str) -> bool {
        serde_json::from_str(self.0[key].get()).unwrap()
    }

    fn strings(&self, key: &str) -> Vec<String> {
        serde_json::from_str(self.0[key].get()).unwrap()
    }

    /// The bytes of a pattern, event or scope.
    fn json(&self, key: &str) -> Vec<u8> {
        if let Some(value) = self.0.get(key) {
            return value.get().as_bytes().to_vec();
        }
        if self.0.contains_key(&format!("{key}_text")) {
            return self.text(&format!("{key}_text")).into_bytes();
        }
        assert!(self.0.contains_key(&format!("{key}_b64")), "no {key}");
        decode_base64(&self.text(&format!("{key}_b64")))
    }
}

fn decode_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut value, mut bits) = (Vec::new(), 0u32, 0);
    for byte in text.bytes().take_while(|byte| *byte != b'=') {
        let digit = ALPHABET.iter().position(|letter| *letter == byte).unwrap();
        value = value << 6 | digit as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((value >> bits) as u8);
        }
    }
    out
}

fn dialects(name: &str) -> &'static [Dialect] {
    match name {
        "both" => &[Dialect::EventBridge, Dialect::Semper],
        "eventbridge" => &[Dialect::EventBridge],
        "semper" => &[Dialect::Semper],
        other => panic!("no dialect {other:?}"),
    }
}

/// The code of the first error, or "" where the text is good.
fn code<T>(compiled: &semper::Result<T>) -> String {
    match compiled {
        Ok(_) => String::new(),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::InvalidPolicy, "{error}");
            let first = &error.diagnostics()[0];
            assert!(!first.message.is_empty());
            first.code.clone()
        }
    }
}

fn run(vector: &Vector) -> Result<(), String> {
    let same = |got: String, wanted: String| {
        (got == wanted)
            .then_some(())
            .ok_or_else(|| format!("got {got:?}, wanted {wanted:?}"))
    };
    let kind = vector.text("kind");
    match kind.as_str() {
        "match" | "invalid" | "event-error" => {
            for dialect in dialects(&vector.text("dialect")) {
                let arrays = match vector.text("arrays").as_str() {
                    "" | "any" => Arrays::Any,
                    "all" => Arrays::All,
                    other => panic!("no arrays {other:?}"),
                };
                let compiled = Pattern::compile(&[vector.json("pattern")], *dialect, arrays);
                match kind.as_str() {
                    "match" => {
                        same(code(&compiled), String::new())?;
                        let matches = compiled.unwrap().matches(vector.json("event")).unwrap();
                        same(matches.to_string(), vector.flag("match").to_string())?;
                    }
                    "invalid" => same(code(&compiled), vector.text("error"))?,
                    _ => {
                        same(code(&compiled), String::new())?;
                        let error = compiled.unwrap().matches(vector.json("event")).unwrap_err();
                        assert_eq!(error.kind(), ErrorKind::InvalidEvent);
                        let (code, _) = error.message().split_once(": ").unwrap();
                        same(code.to_owned(), vector.text("error"))?;
                    }
                }
            }
            Ok(())
        }
        "scope" => {
            let (account, region) = (vector.json("account"), vector.text("region"));
            let place = Place::new().account_context(&account).region(&region);
            let contains = Scope::policy(vector.json("scope"))
                .unwrap()
                .contains(&place)
                .unwrap();
            same(
                (contains == Contains::Yes).to_string(),
                vector.flag("in_scope").to_string(),
            )
        }
        "scope-invalid" => same(
            code(&Scope::policy(vector.json("scope"))),
            vector.text("error"),
        ),
        "effective-list" => {
            let scope = Scope::list(vector.json("scope")).unwrap();
            let (defaults, effective) = (vector.strings("defaults"), vector.strings("effective"));
            let mut defaults: Vec<&str> = defaults.iter().map(String::as_str).collect();
            if defaults.is_empty() {
                // None would mean every region to a place. One that the vector does not name is as good as none.
                defaults.push("xx-default-1");
            }
            let candidates = defaults
                .iter()
                .copied()
                .filter(|region| *region != "xx-default-1")
                .chain(effective.iter().map(String::as_str));
            for region in candidates.chain(["xx-nowhere-1"]) {
                let place = Place::new().region(region).default_regions(&defaults);
                let holds = scope.contains(&place).unwrap() == Contains::Yes;
                same(
                    format!("{region} {holds}"),
                    format!("{region} {}", effective.iter().any(|name| name == region)),
                )?;
            }
            Ok(())
        }
        "effective-list-invalid" => same(
            code(&Scope::list(vector.json("scope"))),
            vector.text("error"),
        ),
        other => Err(format!("unknown kind {other:?}")),
    }
}

fn run_file(name: &str, least: usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../tests/conformance")
        .join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let mut failed = Vec::new();
    let mut count = 0;
    for line in text.lines() {
        let vector = Vector(serde_json::from_str(line).unwrap());
        if let Err(why) = run(&vector) {
            failed.push(format!(
                "{}: {why} ({})",
                vector.text("id"),
                vector.text("why")
            ));
        }
        count += 1;
    }
    println!("{name}: {count} vectors");
    assert!(
        failed.is_empty(),
        "{} of {count}:\n{}",
        failed.len(),
        failed.join("\n")
    );
    assert!(count >= least);
}

#[test]
fn the_vectors_that_came_with_the_specification() {
    run_file("vectors.jsonl", 500);
}

#[test]
fn our_own_vectors() {
    run_file("vectors_semper.jsonl", 500);
}
