//! The filter as its user runs it; beside the command `semper process`, where SEMPER_COMMAND names it.
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use flate2::write::GzEncoder;
use flate2::Compression;

const JULY_2024: &str = "1719792000";
const JULY_2024_RFC3339: &str = "2024-07-01T00:00:00Z";

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples")
}

/// A folder of a test's own, which goes when it ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("semper-filter-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn gzip(&self, name: &str, members: &[&[u8]]) -> PathBuf {
        let mut content = Vec::new();
        for member in members {
            let mut encoder = GzEncoder::new(&mut content, Compression::fast());
            encoder.write_all(member).unwrap();
            encoder.finish().unwrap();
        }
        self.file(name, &content)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn event(account: &str, name: &str, id: usize) -> String {
    format!(
        r#"{{"version": "0", "detail-type": "AWS API Call via CloudTrail", "source": "aws.iam", "account": "{account}", "time": "2024-05-01T12:00:00Z", "region": "us-east-1", "detail": {{"eventID": "{id}", "eventSource": "kms.amazonaws.com", "eventName": "{name}", "eventTime": "2024-05-01T12:00:00Z", "padding": "{:0>1500}"}}}}"#,
        id
    )
}

/// Lines of all kinds: the examples' events, many calls, envelopes with several findings, no events, blank lines.
fn mixed(count: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut names: Vec<_> = std::fs::read_dir(examples().join("events"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    names.sort();
    for name in names {
        // White space of JSON: strings hold no line breaks.
        lines.push(
            std::fs::read_to_string(name)
                .unwrap()
                .replace(['\n', '\r'], " "),
        );
    }
    for id in 0..count {
        let account = ["111122223333", "222233334444", "999999999999"][id % 3];
        let name = ["DisableKey", "CreateKey", "ListKeys"][id % 7 % 3];
        lines.push(event(account, name, id));
        if id % 50 == 0 {
            lines.push(format!(
                "[{}, {}]",
                event(account, name, id),
                event(account, "DisableKey", id)
            ));
            lines.push("<14>Nov  4 18:00:00 fw-1 kernel: no event".to_owned());
            lines.push(String::new());
            lines.push(" \t\r".to_owned());
        }
    }
    lines.join("\n")
}

fn filter(arguments: &[&str], inputs: &[&Path]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_semper-filter"));
    command
        .arg("--policies")
        .arg(examples().join("policies"))
        .arg("--accounts")
        .arg(examples().join("accounts.json"))
        .args(["--now", JULY_2024])
        .args(arguments)
        .args(inputs);
    command
}

fn succeeded(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

/// in, relevant, dropped, no_finding, invalid
fn counters(said: &str) -> [usize; 5] {
    let line = said.lines().find(|line| line.starts_with("in ")).unwrap();
    let numbers: Vec<usize> = line
        .split(' ')
        .filter_map(|word| word.parse().ok())
        .collect();
    numbers.try_into().unwrap()
}

#[test]
fn every_finding_comes_out_once_and_in_order() {
    let folder = Folder::new("conservation");
    let text = mixed(2000);
    let first = folder.file("a.ndjson", text.as_bytes());
    let half = text.len() / 2;
    let second = folder.gzip("b", &[&text.as_bytes()[..half], &text.as_bytes()[half..]]);
    let dropped = folder.0.join("dropped");
    let none = folder.0.join("none");
    let outputs = [
        "--dropped",
        dropped.to_str().unwrap(),
        "--no-findings",
        none.to_str().unwrap(),
    ];
    let run = |threads: &str| {
        let output = filter(
            &[&outputs, ["--threads", threads].as_slice()].concat(),
            &[&first, &second],
        )
        .output()
        .unwrap();
        let [total, relevant, dropped, no_finding, invalid] = counters(&succeeded(&output));
        let out = String::from_utf8(output.stdout).unwrap();
        assert_eq!(total, relevant + dropped + no_finding + invalid);
        assert!(relevant > 0 && dropped > 0 && no_finding > 0 && invalid > 0);
        assert_eq!(out.lines().count(), relevant + invalid);
        assert_eq!(folder.read("dropped").lines().count(), dropped);
        assert_eq!(folder.read("none").lines().count(), no_finding);
        (out, folder.read("dropped"), folder.read("none"))
    };
    let one = run("1");
    for records in [&one.0, &one.1, &one.2] {
        // The same input twice, so the same records twice, in this order.
        let (once, again) = records.split_at(records.len() / 2);
        assert_eq!(once, again);
    }
    let mut calls = 0;
    for records in [&one.0, &one.1, &one.2] {
        let ids: Vec<usize> = records
            .lines()
            .filter_map(|line| line.split(r#""padding": ""#).nth(1))
            .map(|rest| rest[..rest.find('"').unwrap()].parse().unwrap())
            .collect();
        assert!(ids[..ids.len() / 2].is_sorted());
        calls += ids.len();
    }
    assert_eq!(calls, 2 * (2000 + 2 * 40));
    assert_eq!(run("4"), one);
}

#[test]
fn records_are_those_of_the_command() {
    let Some(command) = std::env::var_os("SEMPER_COMMAND") else {
        println!("SEMPER_COMMAND is not set: nothing to compare with");
        return;
    };
    let folder = Folder::new("command");
    let input = folder.file("in", mixed(2000).as_bytes());
    let packed = folder.gzip("in.gz", &[mixed(300).as_bytes()]);
    let path = |name: &str| folder.0.join(name).to_str().unwrap().to_owned();
    let ours = filter(
        &[
            "--dropped",
            &path("d1"),
            "--no-findings",
            &path("n1"),
            "--out",
            &path("o1"),
        ],
        &[&input, &packed],
    )
    .output()
    .unwrap();
    let theirs = Command::new(command)
        .args(["process", "--clock", JULY_2024_RFC3339, "--policies"])
        .arg(examples().join("policies"))
        .arg("--accounts")
        .arg(examples().join("accounts.json"))
        .args(["--dropped", &path("d2"), "--no-findings", &path("n2")])
        .args([&input, &packed])
        .output()
        .unwrap();
    assert_eq!(counters(&succeeded(&ours)), counters(&succeeded(&theirs)));
    assert!(ours.stdout.is_empty());
    assert!(
        folder.read("o1").into_bytes() == theirs.stdout,
        "relevant records differ"
    );
    assert!(
        folder.read("d1") == folder.read("d2"),
        "dropped records differ"
    );
    assert!(
        folder.read("n1") == folder.read("n2"),
        "records without a finding differ"
    );
}

#[test]
fn what_cannot_be_read_does_not_stop_the_rest() {
    let folder = Folder::new("broken");
    let good = folder.file("good", event("999999999999", "DisableKey", 1).as_bytes());
    let events: String = (0..1000)
        .map(|id| event("999999999999", "DisableKey", id) + "\n")
        .collect();
    let whole = folder.gzip("whole.gz", &[events.as_bytes()]);
    let bytes = std::fs::read(whole).unwrap();
    let cut = folder.file("cut.gz", &bytes[..bytes.len() / 2]);
    let missing = folder.0.join("missing");
    let output = filter(&[], &[&missing, &cut, &good]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("missing: ") && said.contains("cut.gz: "),
        "{said}"
    );
    let [total, relevant, _, _, invalid] = counters(&said);
    assert!(
        total > 100 && invalid == 1 && relevant == total - 1,
        "{said}"
    );
    assert!(String::from_utf8_lossy(&output.stdout)
        .lines()
        .last()
        .unwrap()
        .contains(r#""eventID": "1""#));
}

#[test]
fn wrong_usage_and_wrong_policies_are_told() {
    let folder = Folder::new("usage");
    let input = folder.file("in", b"{}");
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_semper-filter"))
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let input_name = input.to_str().unwrap();
    assert!(run(&["--oops"]).contains("--oops"));
    assert!(run(&[input_name]).contains("--policies is missing"));
    assert!(run(&["--policies", "/does/not/exist", input_name]).contains("/does/not/exist"));
    assert!(
        run(&["--policies", "x", "--dropped", input_name, input_name]).contains("is an input, too")
    );
    let policies = folder.0.join("policies/20_filtering/cloudtrail_api_calls");
    std::fs::create_dir_all(&policies).unwrap();
    std::fs::write(
        policies.join("x.json"),
        r#"{"filtering": {"findingPattern": {"a": [{"sufix": "b"}]}}}"#,
    )
    .unwrap();
    let said = run(&[
        "--policies",
        folder.0.join("policies").to_str().unwrap(),
        input_name,
    ]);
    assert!(
        said.contains("x.json:1:") && said.contains("unknown_comparator"),
        "{said}"
    );
    assert!(input.exists() && std::fs::read(&input).unwrap() == b"{}");
}

#[test]
fn a_line_beyond_the_limit_comes_out_whole() {
    let long = "z".repeat(50 << 20);
    let folder = Folder::new("long");
    let content = format!(
        "{}\n{long}\n{}\n",
        event("1", "A", 1),
        event("1", "DisableKey", 2)
    );
    let input = folder.file("in", content.as_bytes());
    let output = filter(&[], &[&input]).output().unwrap();
    let [total, _, _, _, invalid] = counters(&succeeded(&output));
    assert_eq!((total, invalid), (5, 3));
    let out = String::from_utf8(output.stdout).unwrap();
    let seen: usize = out
        .lines()
        .filter_map(|line| line.split(r#""raw":""#).nth(1))
        .map(|rest| rest.bytes().take_while(|byte| *byte == b'z').count())
        .sum();
    assert_eq!(seen, long.len());
    assert!(out.lines().last().unwrap().contains(r#""eventID": "2""#));
}

/// 100 MB through a pipe, of which only a few are ever held.
#[test]
#[cfg(target_os = "linux")]
fn memory_is_bounded() {
    let mut child = filter(&["--out", "/dev/null", "--threads", "2"], &[])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let line = event("999999999999", "DisableKey", 1) + "\n";
    let block = line.repeat(500);
    let blocks = (100 << 20) / block.len();
    for _ in 0..blocks {
        stdin.write_all(block.as_bytes()).unwrap();
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(counters(&succeeded(&output))[0], blocks * 500);
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let kilobytes: usize = peak.trim().trim_end_matches(" kB").parse().unwrap();
    println!("{kilobytes} kB");
    assert!(kilobytes < 60 << 10, "{kilobytes} kB");
}
