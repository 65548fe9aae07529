//! rsigma as a peer of `semper match`: see tests/bench/peers/run.py for the protocol.
//!
//!     rsigma-peer PATTERNS EVENTS
//!
//! Sigma differs from the patterns in what it makes of a number written as text (equal), of null
//! (absent), of a list under `neq` (no element may be equal), of line ends under wildcards and of
//! case beyond ASCII. run.py compares the matches, so it would show if the events had such a case.
//!
//! The bloom filter and the index over substrings of all rules stay off, as they are by default and
//! as rsigma's guide to performance advises: its index of candidates does their work.

#[path = "../../protocol.rs"]
mod protocol;

use rsigma_eval::{Engine, EvaluationResult, JsonEvent};
use serde_json::{json, Map, Value};

/// The fields that are lists of objects: Sigma wants to be told.
const LISTS: [&str; 2] = ["items", "ranges"];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let mut rules = String::new();
    let text = std::fs::read_to_string(&arguments[1]).expect("patterns");
    for line in text.lines() {
        let entry: Value = serde_json::from_str(line).expect("JSON");
        match rule(&entry) {
            Ok(rule) => rules += &format!("---\n{rule}\n"),
            Err(what) => {
                println!("refused {what}");
                return;
            }
        }
    }
    let collection = rsigma_parser::parse_sigma_yaml(&rules).expect("YAML");
    assert!(collection.errors.is_empty(), "{:?}", collection.errors);
    let mut engine = Engine::new();
    engine.add_collection(&collection).expect("rules");
    let text = std::fs::read_to_string(&arguments[2]).expect("events");
    let events: Vec<&[u8]> = text.lines().map(str::as_bytes).collect();
    protocol::answer(
        engine.rule_count(),
        &events,
        |event| matches(&engine, event).len(),
        |event| {
            matches(&engine, event)
                .iter()
                .map(|result| result.header.rule_title.parse().expect("number"))
                .collect()
        },
    );
}

/// A Sigma rule, in JSON, which is YAML too. Version 3 has lists of objects.
fn rule(entry: &Value) -> Result<Value, String> {
    let mut selection = Map::new();
    select("", &entry["pattern"], &mut selection)?;
    Ok(json!({
        "title": entry["id"],
        "sigma-version": 3,
        "logsource": {"product": "aws"},
        "detection": {"selection": selection, "condition": "selection"},
    }))
}

fn select(inside: &str, pattern: &Value, selection: &mut Map<String, Value>) -> Result<(), String> {
    for (key, value) in pattern.as_object().ok_or("no object")? {
        if !key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        {
            return Err(format!("the key {key}"));
        }
        let path = format!("{inside}{key}");
        if let Value::Array(items) = value {
            for (modifiers, values) in tests(items)? {
                selection.insert(path.clone() + &modifiers, values);
            }
        } else if LISTS.contains(&key.as_str()) {
            let mut element = Map::new();
            select("", value, &mut element)?;
            let mut enough = false;
            // What some element must have is indexed, the `[any]` is not. In a list in a list such
            // a path would lead to the first element only.
            if !inside.is_empty() {
                for (test, values) in element.iter().filter(|(test, _)| is_indexed(test)) {
                    selection.insert(format!("{path}.{test}"), values.clone());
                    enough = element.len() == 1;
                }
            }
            if !enough {
                selection.insert(path + "[any]", element.into());
            }
        } else {
            select(&(path + "."), value, selection)?;
        }
    }
    Ok(())
}

fn is_indexed(test: &str) -> bool {
    test.ends_with("|cased") && !test.contains("|neq")
}

/// Modifiers of a field and their values: any of the values must match, for each of the modifiers.
fn tests(items: &[Value]) -> Result<Map<String, Value>, String> {
    let mut tests: Map<String, Value> = Map::new();
    for item in items {
        for (modifiers, value) in test(item).ok_or(format!("the item {item}"))? {
            let values = tests.entry(modifiers).or_insert(json!([]));
            values.as_array_mut().unwrap().push(value);
        }
    }
    let negative = tests.contains_key("|neq|cased") || tests.contains_key("|exists");
    if items.len() > 1 && (tests.len() > 1 || negative) {
        return Err(format!("the list {items:?}"));
    }
    Ok(tests)
}

fn test(item: &Value) -> Option<Vec<(String, Value)>> {
    let one = |modifiers: &str, value: Value| Some(vec![(modifiers.to_string(), value)]);
    let fields = match item {
        Value::String(text) => return one("|cased", literal(text)),
        Value::Number(_) => return one("", item.clone()),
        Value::Object(fields) if fields.len() == 1 => fields,
        _ => return None,
    };
    let (operator, operand) = fields.iter().next()?;
    match (operator.as_str(), operand) {
        ("prefix", Value::String(text)) => one("|startswith|cased", literal(text)),
        ("suffix", Value::String(text)) => one("|endswith|cased", literal(text)),
        ("equals-ignore-case", Value::String(text)) => one("", literal(text)),
        ("wildcard", Value::String(text)) => {
            let text = text.replace('?', "\\?");
            match text
                .strip_prefix('*')
                .and_then(|text| text.strip_suffix('*'))
            {
                // What is looked for anywhere is faster so than between two stars.
                Some(inner) if !inner.ends_with('\\') => one("|contains|cased", inner.into()),
                _ => one("|cased", text.into()),
            }
        }
        ("cidr", Value::String(_)) => one("|cidr", operand.clone()),
        ("exists", Value::Bool(_)) => one("|exists", operand.clone()),
        ("numeric", Value::Array(parts)) => parts
            .chunks(2)
            .map(|part| {
                let modifier = match part[0].as_str()? {
                    "<" => "|lt",
                    "<=" => "|lte",
                    ">" => "|gt",
                    ">=" => "|gte",
                    _ => return None,
                };
                Some((modifier.to_string(), part[1].clone()))
            })
            .collect(),
        ("anything-but", Value::Array(others)) => others
            .iter()
            .map(|other| Some(("|neq|cased".to_string(), literal(other.as_str()?))))
            .collect(),
        _ => None,
    }
}

fn literal(text: &str) -> Value {
    text.replace('\\', "\\\\")
        .replace('*', "\\*")
        .replace('?', "\\?")
        .into()
}

fn matches(engine: &Engine, event: &[u8]) -> Vec<EvaluationResult> {
    let event: Value = serde_json::from_slice(event).expect("event");
    engine.evaluate(&JsonEvent::borrow(&event))
}
