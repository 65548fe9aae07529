//! The bindings against what a C compiler says of the header that was found: each struct's size, alignment and offsets, each
//! constant, each function's type, and that nothing of the header is missing.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::mem::{align_of, offset_of, size_of};
use std::path::PathBuf;
use std::process::Command;

use semper_sys::*;

/// A folder of this test's own, which goes when it ends.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("semper-sys-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn compile(scratch: &Scratch, source: &str, extra: &[&str]) -> Result<PathBuf, String> {
    let file = scratch.0.join("program.c");
    let program = scratch.0.join("program");
    std::fs::write(&file, source).unwrap();
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let output = Command::new(&compiler)
        .args(["-std=c99", "-Werror", "-I", INCLUDE_DIR])
        .arg(&file)
        .args(extra)
        .arg("-o")
        .arg(&program)
        .output()
        .unwrap_or_else(|error| panic!("the C compiler {compiler} does not start: {error}"));
    if output.status.success() {
        Ok(program)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// Lines of "name number".
fn run(source: &str) -> BTreeMap<String, i128> {
    let scratch = Scratch::new("layout");
    let program = compile(&scratch, source, &[]).unwrap();
    let output = Command::new(program).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

const START: &str = "#include <semper/debug.h>\n#include <stdio.h>\nint main(void) {\n";

/// The fields that each struct has in bindings.rs, so that none can be forgotten below.
fn fields_of_bindings() -> BTreeMap<String, BTreeSet<String>> {
    let file = syn::parse_file(include_str!("../src/bindings.rs")).unwrap();
    file.items
        .into_iter()
        .filter_map(|item| {
            let syn::Item::Struct(item) = item else {
                return None;
            };
            let fields = item
                .fields
                .iter()
                .map(|field| field.ident.as_ref().unwrap().to_string());
            Some((item.ident.to_string(), fields.collect::<BTreeSet<_>>()))
        })
        .filter(|(_, fields)| !fields.contains("_opaque"))
        .collect()
}

macro_rules! layouts {
    ($($name:ident { $($field:ident),* $(,)? })*) => {{
        let mut layouts: Vec<(&str, usize, usize, Vec<(&str, usize)>)> = Vec::new();
        $(layouts.push((
            stringify!($name),
            size_of::<$name>(),
            align_of::<$name>(),
            vec![$((stringify!($field), offset_of!($name, $field))),*],
        ));)*
        layouts
    }};
}

#[test]
fn structs_are_as_c_says() {
    let layouts = layouts! {
        semper_string_view_t { data, size }
        semper_diagnostic_t { struct_size, severity, code, file, pointer, message, offset, line, column }
        semper_provider_t { struct_size, key_kind, name, state, lookup, destroy, flags }
        semper_provider_options_t {
            struct_size, flags, cache_bytes, ttl_ms, negative_ttl_ms, error_ttl_ms, stale_if_error_ms, deadline_ms,
            breaker_failures, breaker_cooldown_ms
        }
        semper_limits_t {
            struct_size, reserved, event_bytes, event_depth, event_findings, policy_bytes, pattern_depth, branch_fields,
            branches, wildcard_stars, regex_bytes, combinator_depth, accounts
        }
        semper_plan_options_t {
            struct_size, format, accounts, account_ids, account_id_count, control_ids, old_plan, write, warn, state, flags
        }
        semper_provider_counters_t {
            struct_size, key_kind, name, asked, found, stale, absent, failed, cached, shared, rejected, calls,
            failed_calls, late_calls, breaker_opened, cache_entries, cache_bytes, evictions, latency
        }
        semper_route_t { struct_size, type_, target, record }
        semper_policy_t {
            struct_size, flags, id, kind, title, reason, ticket, file, hash, valid_from, expires_at
        }
        semper_evaluator_options_t { struct_size, format, now, state, destroy, flags }
        semper_counters_t { struct_size, reserved, in_, relevant, dropped, no_finding, invalid }
        semper_record_t { struct_size, decision, event, hit_count, json }
        semper_hit_t { struct_size, effect, policy, id, title, reason, ticket }
        semper_place_t {
            struct_size, reserved, account_context, account_id, region, regions, region_count
        }
    };
    let checked: BTreeMap<_, _> = layouts
        .iter()
        .map(|(name, _, _, fields)| {
            let fields = fields.iter().map(|(field, _)| (*field).to_owned());
            ((*name).to_owned(), fields.collect::<BTreeSet<_>>())
        })
        .collect();
    assert_eq!(
        checked,
        fields_of_bindings(),
        "the list of this test is not complete"
    );

    let mut source = String::from(START);
    let mut wanted = BTreeMap::new();
    for (name, size, align, fields) in &layouts {
        writeln!(source, "printf(\"size {name} %zu\\n\", sizeof({name}));").unwrap();
        writeln!(
            source,
            "struct align_{name} {{ char c; {name} value; }};\n\
             printf(\"align {name} %zu\\n\", offsetof(struct align_{name}, value));"
        )
        .unwrap();
        wanted.insert(format!("size {name}"), *size as i128);
        wanted.insert(format!("align {name}"), *align as i128);
        for (field, offset) in fields {
            let c_field = field.trim_end_matches('_');
            writeln!(
                source,
                "printf(\"{name}.{field} %zu\\n\", offsetof({name}, {c_field}));\n\
                 printf(\"{name}.{field} size %zu\\n\", sizeof((({name}*)0)->{c_field}));"
            )
            .unwrap();
            wanted.insert(format!("{name}.{field}"), *offset as i128);
        }
    }
    source.push_str("return 0; }\n");
    let said = run(&source);
    let (sizes, said): (BTreeMap<_, _>, BTreeMap<_, _>) = said
        .into_iter()
        .partition(|(name, _)| name.contains(".") && name.ends_with(" size"));
    assert_eq!(wanted, said);
    // With equal offsets and sizes of the wholes, a field could differ in size only where padding hides it.
    assert_eq!(sizes["semper_record_t.decision size"], 4);
    assert_eq!(sizes["semper_provider_t.key_kind size"], 4);
}

#[test]
fn constants_are_as_c_says() {
    let file = syn::parse_file(include_str!("../src/bindings.rs")).unwrap();
    let mut source = String::from(START);
    let mut wanted = BTreeMap::new();
    for item in file.items {
        let syn::Item::Const(item) = item else {
            continue;
        };
        let text = match &*item.expr {
            syn::Expr::Unary(syn::ExprUnary { expr, .. }) => format!("-{}", literal(expr)),
            expr => literal(expr),
        };
        wanted.insert(item.ident.to_string(), text.parse::<i128>().unwrap());
    }
    wanted.insert("SEMPER_ABI_VERSION".to_owned(), SEMPER_ABI_VERSION.into());
    for name in wanted.keys() {
        writeln!(source, "printf(\"{name} %lld\\n\", (long long){name});").unwrap();
    }
    source.push_str("printf(\"off %d\\n\", SEMPER_OFF == UINT64_MAX);\nreturn 0; }\n");
    let mut said = run(&source);
    assert_eq!(said.remove("off"), Some(1));
    assert_eq!(SEMPER_OFF, u64::MAX);
    assert_eq!(wanted, said);

    let missing: Vec<_> = header()
        .lines()
        .filter_map(|line| line.strip_prefix("#define SEMPER_"))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| {
            !name.ends_with("_INIT") && !name.contains("_SIZE_") && !name.ends_with("_H")
        })
        .map(|name| format!("SEMPER_{name}"))
        .filter(|name| !["SEMPER_API", "SEMPER_OFF"].contains(&name.as_str()))
        .filter(|name| !wanted.contains_key(name))
        .collect();
    assert_eq!(missing, Vec::<String>::new(), "constants without bindings");
}

fn literal(expr: &syn::Expr) -> String {
    match expr {
        syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Int(int),
            ..
        }) => int.base10_digits().to_owned(),
        _ => panic!("a constant that is no number"),
    }
}

fn header() -> String {
    ["semper.h", "debug.h"]
        .map(|name| std::fs::read_to_string(format!("{INCLUDE_DIR}/semper/{name}")).unwrap())
        .join("\n")
}

/// A Rust type of the bindings in C.
fn c_type(ty: &syn::Type) -> String {
    match ty {
        syn::Type::Ptr(pointer) => {
            let constness = if matches!(pointer.mutability, syn::PointerMutability::Const(_)) {
                " const"
            } else {
                ""
            };
            format!("{}{constness} *", c_type(&pointer.elem))
        }
        syn::Type::Path(path) => match path
            .path
            .segments
            .last()
            .unwrap()
            .ident
            .to_string()
            .as_str()
        {
            "c_void" => "void".to_owned(),
            "c_char" => "char".to_owned(),
            "u32" => "uint32_t".to_owned(),
            "i32" => "int32_t".to_owned(),
            "u64" => "uint64_t".to_owned(),
            "i64" => "int64_t".to_owned(),
            "usize" => "size_t".to_owned(),
            name if name.starts_with("semper_") => name.to_owned(),
            name => panic!("the test does not know {name} in C"),
        },
        _ => panic!("a type that the test does not know in C"),
    }
}

/// Each function, declared anew in C from the bindings.
fn declarations() -> BTreeMap<String, String> {
    let file = syn::parse_file(include_str!("../src/bindings.rs")).unwrap();
    let mut found = BTreeMap::new();
    for item in file.items {
        let syn::Item::ForeignMod(block) = item else {
            continue;
        };
        for item in block.items {
            let syn::ForeignItem::Fn(function) = item else {
                continue;
            };
            let arguments: Vec<_> = function
                .sig
                .inputs
                .iter()
                .map(|argument| match argument {
                    syn::FnArg::Typed(argument) => c_type(&argument.ty),
                    syn::FnArg::Receiver(_) => unreachable!(),
                })
                .collect();
            let result = match &function.sig.output {
                syn::ReturnType::Default => "void".to_owned(),
                syn::ReturnType::Type(_, ty) => c_type(ty),
            };
            let arguments = if arguments.is_empty() {
                "void".to_owned()
            } else {
                arguments.join(", ")
            };
            let name = function.sig.ident.to_string();
            found.insert(name.clone(), format!("{result} {name}({arguments});"));
        }
    }
    found
}

#[test]
fn functions_are_as_c_says() {
    let declarations = declarations();
    assert!(declarations.len() > 50);
    let all: Vec<_> = declarations.values().map(String::as_str).collect();
    let source = format!("#include <semper/debug.h>\n{}\n", all.join("\n"));
    let scratch = Scratch::new("functions");
    compile(&scratch, &source, &["-c"]).unwrap();

    // The comparison does find a difference.
    let wrong = format!("{source}uint64_t semper_result_hit(const semper_result_t*, size_t);\n");
    let refused = compile(&scratch, &wrong, &["-c"]).unwrap_err();
    assert!(refused.contains("conflicting types"), "{refused}");

    let header = header();
    let words = header.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let of_header: BTreeSet<&str> = words
        .filter(|word| word.starts_with("semper_") && header.contains(&format!("{word}(")))
        .filter(|word| !header.contains(&format!("(*{word})(")))
        .collect();
    let of_bindings: BTreeSet<&str> = declarations.keys().map(String::as_str).collect();
    assert_eq!(of_bindings, of_header);
}
