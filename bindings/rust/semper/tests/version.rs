//! A library of another ABI is refused at the first use: by an error, not by a crash. It is the real one with a number of its
//! own preloaded in front, in a process of its own.
#![cfg(all(
    target_os = "linux",
    not(feature = "static"),
    not(feature = "vendored")
))]
use std::process::Command;

use semper::{Arrays, Compiler, Dialect, ErrorKind, Pattern, Records, Scope};

#[test]
#[ignore = "run by the test below in a process of its own"]
fn in_the_other_process() {
    let refused = [
        Compiler::new().unwrap_err(),
        Records::new().unwrap_err(),
        Pattern::new("{}").unwrap_err(),
        Pattern::compile(&["{}"], Dialect::Semper, Arrays::Any).unwrap_err(),
        Scope::policy("{}").unwrap_err(),
        Scope::list("{}").unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(
            error
                .message()
                .starts_with("libsemper is of ABI 2.7; this program needs 1."),
            "{error}"
        );
    }
    assert_eq!(semper::abi_version(), (2, 7));
    println!("refused");
}

#[test]
fn a_library_of_another_abi_is_refused() {
    let folder = std::env::temp_dir().join(format!("semper-version-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let source = folder.join("other.c");
    let library = folder.join("other.so");
    std::fs::write(
        &source,
        "unsigned semper_abi_version(void) { return 2u << 16 | 7; }\n",
    )
    .unwrap();
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let built = Command::new(compiler)
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(&source)
        .status();
    assert!(built.unwrap().success());
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "in_the_other_process",
            "--ignored",
            "--nocapture",
        ])
        .env("LD_PRELOAD", &library)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("refused"),
        "{output:?}"
    );
}
