//! Two rules that are read off the sources: one maker of `Admitted`, one caller of `Driver::write`.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Files of all crates that contain one of `needles` outside comments, relative to `rust/`.
fn containing(needles: &[&str]) -> Vec<String> {
    let rust = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    let mut files = Vec::new();
    for krate in std::fs::read_dir(&rust).unwrap() {
        let src = krate.unwrap().path().join("src");
        if src.is_dir() {
            sources(&src, &mut files);
        }
    }
    assert!(files.len() > 30, "the scan looks at the wrong place");
    let mut hits: Vec<_> = files
        .iter()
        .filter(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            let code = text.lines().filter(|l| !l.trim_start().starts_with("//"));
            code.into_iter().any(|l| needles.iter().any(|n| l.contains(n)))
        })
        .map(|path| path.strip_prefix(&rust).unwrap().to_str().unwrap().to_owned())
        .collect();
    hits.sort();
    hits
}

#[test]
fn only_the_gate_makes_an_admitted_value() {
    let makers = containing(&["Admitted::new(", "Admitted {"]);
    assert_eq!(
        makers,
        ["linewright-runtime/src/gate/actuator.rs", "linewright-runtime/src/gate/admitted.rs"]
    );
}

#[test]
fn only_the_executive_writes_to_a_driver() {
    let callers = containing(&["driver.write(", "Driver::write("]);
    assert_eq!(callers, ["linewright-runtime/src/executive/mod.rs"]);
}
