//! Finds libsemper: the environment, then pkg-config, then (feature `vendored`) a build of the sources. README.md tells
//! about each variable.
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    for name in [
        "SEMPER_LIB_DIR",
        "SEMPER_INCLUDE_DIR",
        "SEMPER_SOURCE_DIR",
        "SEMPER_BUILD_DIR",
        "SEMPER_CMAKE_ARGS",
        "CXXFLAGS",
    ] {
        println!("cargo:rerun-if-env-changed={name}");
    }
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/bindings.rs");

    let include = match from_environment() {
        Some(include) => include,
        None => match from_pkg_config() {
            Ok(include) => include,
            Err(reason) => vendored(&reason),
        },
    };
    check_header(&include);
    println!("cargo:include={}", include.display());
    println!("cargo:rustc-env=SEMPER_SYS_INCLUDE={}", include.display());
}

fn from_environment() -> Option<PathBuf> {
    let lib = PathBuf::from(env::var_os("SEMPER_LIB_DIR")?);
    let include = match env::var_os("SEMPER_INCLUDE_DIR") {
        Some(include) => PathBuf::from(include),
        None => lib.join("../include"),
    };
    if cfg!(feature = "static") {
        panic!(
            "SEMPER_LIB_DIR is for the shared library: the static one has dependencies, which only pkg-config tells. \
             Unset it and set PKG_CONFIG_PATH to {}/pkgconfig, or leave out the feature `static`",
            lib.display()
        );
    }
    println!("cargo:rustc-link-search=native={}", lib.display());
    println!("cargo:rustc-link-lib=dylib=semper");
    Some(include)
}

fn from_pkg_config() -> Result<PathBuf, String> {
    let module = if cfg!(feature = "static") {
        "semper-static"
    } else {
        "semper"
    };
    let found = pkg_config::Config::new()
        .atleast_version("0.1")
        .cargo_metadata(false)
        .probe(module)
        .map_err(|error| error.to_string())?;
    let variable = |name| pkg_config::get_variable(module, name).map_err(|error| error.to_string());
    let lib = variable("libdir")?;
    println!("cargo:rustc-link-search=native={lib}");
    if cfg!(feature = "static") {
        println!("cargo:rustc-link-lib=static=semper");
        for path in &found.link_paths {
            println!("cargo:rustc-link-search=native={}", path.display());
        }
        for name in found.libs.iter().filter(|name| *name != "semper") {
            println!("cargo:rustc-link-lib=dylib={name}");
        }
    } else {
        println!("cargo:rustc-link-lib=dylib=semper");
    }
    Ok(PathBuf::from(variable("includedir")?))
}

#[cfg(not(feature = "vendored"))]
fn vendored(reason: &str) -> PathBuf {
    panic!(
        "libsemper was not found. Install it and set PKG_CONFIG_PATH to the folder of semper.pc, or set SEMPER_LIB_DIR \
         (and SEMPER_INCLUDE_DIR), or use the feature `vendored`, which builds it with CMake. pkg-config said: {reason}"
    );
}

/// Builds the libraries of the repository and links them statically, all third parties inside: the program needs
/// nothing but the C++ runtime.
#[cfg(feature = "vendored")]
fn vendored(_reason: &str) -> PathBuf {
    let source = match env::var_os("SEMPER_SOURCE_DIR") {
        Some(source) => PathBuf::from(source),
        None => Path::new(&env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../.."),
    };
    let source = source.canonicalize().unwrap_or(source);
    if !source.join("include/semper/semper.h").is_file() {
        panic!(
            "{} holds no sources of Semper: set SEMPER_SOURCE_DIR to its repository",
            source.display()
        );
    }
    for folder in ["CMakeLists.txt", "cmake", "include", "src", "third_party"] {
        println!("cargo:rerun-if-changed={}", source.join(folder).display());
    }
    let mut config = cmake::Config::new(&source);
    // The project's own flags: Rust's would compile all of it anew, past a compiler cache.
    config
        .profile("Release")
        .no_default_flags(true)
        .define("CMAKE_CXX_FLAGS", env::var("CXXFLAGS").unwrap_or_default())
        .define("SEMPER_CLI", "OFF")
        .define("SEMPER_TESTS", "OFF")
        .define("CMAKE_INSTALL_LIBDIR", "lib");
    if env::var_os("CMAKE_GENERATOR").is_none() && has_ninja() {
        config.generator("Ninja");
    }
    if let Some(folder) = env::var_os("SEMPER_BUILD_DIR") {
        config.out_dir(folder);
    }
    for argument in env::var("SEMPER_CMAKE_ARGS")
        .unwrap_or_default()
        .split_whitespace()
    {
        config.configure_arg(argument);
    }
    let installed = config.build();
    let build = installed.join("build");
    println!(
        "cargo:rustc-link-search=native={}",
        installed.join("lib").display()
    );
    println!(
        "cargo:rustc-link-search=native={}",
        build.join("src").display()
    );
    println!("cargo:rustc-link-lib=static=semper");
    // What libsemper.so has inside (cmake/shared_library.cmake): compiled for it, or an archive of the system's.
    let cache = fs::read_to_string(build.join("CMakeCache.txt")).expect("CMakeCache.txt");
    for (name, library) in [
        ("re2", "re2"),
        ("fmt", "fmt"),
        ("simdjson", "simdjson"),
        ("xxhash", "xxhash"),
        ("sqlite", "sqlite3"),
        ("geoip", "maxminddb"),
        ("redis", "hiredis"),
    ] {
        let inside = format!("semper_inside_{name}");
        let archive = cached(&cache, &format!("SEMPER_STATIC_{name}"));
        if build.join("src").join(format!("lib{inside}.a")).is_file() {
            println!("cargo:rustc-link-lib=static={inside}");
        } else if let Some(archive) = archive.filter(|archive| Path::new(archive).is_file()) {
            let folder = Path::new(archive).parent().unwrap();
            println!("cargo:rustc-link-search=native={}", folder.display());
            println!("cargo:rustc-link-lib=static={library}");
        } else if archive.is_some() || ["re2", "fmt", "simdjson", "xxhash"].contains(&name) {
            println!("cargo:rustc-link-lib=dylib={library}");
        }
    }
    println!("cargo:rustc-link-lib=dylib=stdc++");
    println!("cargo:rustc-link-lib=dylib=m");
    installed.join("include")
}

#[cfg(feature = "vendored")]
fn has_ninja() -> bool {
    std::process::Command::new("ninja")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
}

/// The value of a variable in CMakeCache.txt.
#[cfg(feature = "vendored")]
fn cached<'a>(cache: &'a str, name: &str) -> Option<&'a str> {
    cache.lines().find_map(|line| {
        let (found, value) = line.split_once('=')?;
        (found.split(':').next()? == name).then_some(value)
    })
}

/// The header must be of the major ABI that the bindings were made of, and not older.
fn check_header(include: &Path) {
    let header = include.join("semper/semper.h");
    println!("cargo:rerun-if-changed={}", header.display());
    let text = fs::read_to_string(&header).unwrap_or_else(|error| {
        panic!(
            "{}: {error}. Set SEMPER_INCLUDE_DIR to the folder that holds semper/semper.h",
            header.display()
        )
    });
    let bindings = fs::read_to_string("src/bindings.rs").expect("src/bindings.rs");
    let number = |text: &str, start: &str| -> Option<u32> {
        let line = text.lines().find_map(|line| line.strip_prefix(start))?;
        line.trim_end_matches(';').trim().parse().ok()
    };
    let of_header = |name: &str| {
        number(&text, &format!("#define {name} "))
            .unwrap_or_else(|| panic!("{}: no {name}", header.display()))
    };
    let of_bindings = |name: &str| {
        number(&bindings, &format!("pub const {name}: i32 ="))
            .unwrap_or_else(|| panic!("src/bindings.rs: no {name}"))
    };
    let (major, minor) = (of_header("SEMPER_ABI_MAJOR"), of_header("SEMPER_ABI_MINOR"));
    let (wanted_major, wanted_minor) = (
        of_bindings("SEMPER_ABI_MAJOR"),
        of_bindings("SEMPER_ABI_MINOR"),
    );
    if major != wanted_major || minor < wanted_minor {
        panic!(
            "{} is of ABI {major}.{minor}; these bindings need {wanted_major}.{wanted_minor} or a later {wanted_major}.x",
            header.display()
        );
    }
}
