//! Rows, and how a test reads them back.
#![allow(dead_code, unused_imports, clippy::unwrap_used)] // every test crate uses a part of it

#[path = "../folder/mod.rs"]
mod folder;
#[path = "../../../linewright-kernel/tests/random/mod.rs"]
mod random;

pub use folder::Folder;
pub use random::Random;

use std::path::{Path, PathBuf};
use std::process::Command;

use linewright_runtime::ledger::{Filter, Kind, Ledger, LedgerError, Row, StoredRow, rows};

/// Builds a library of this folder that is loaded before libc.
pub fn preload(folder: &Folder, source: &str) -> PathBuf {
    let library = folder.file(source).with_extension("so");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ledger_support").join(source))
        .status();
    assert!(built.unwrap().success(), "a C compiler builds {source}");
    library
}

/// Body of row `i`: some 150 bytes, none like another.
pub fn body(i: u64) -> String {
    let filler = "weight above limit ".repeat((i % 7) as usize);
    format!(r#"{{"i":{i},"value":{},"because":"{filler}"}}"#, i as f64 * 0.37)
}

/// Appends row `i`; of any kind but that of rows which the ledger writes of its own.
pub fn append(ledger: &mut Ledger, i: u64) -> Result<u64, LedgerError> {
    let kinds = Kind::ALL.len() as u64;
    let kind = match Kind::ALL[(i % kinds) as usize] {
        Kind::Retention => Kind::Tally,
        kind => kind,
    };
    let station = ["", "coater", "calender"][(i % 3) as usize];
    let body = body(i);
    ledger.append(&Row { tick: i * 3, mono_ns: i * 100_000_000, kind, station, body_json: &body })
}

/// A closed ledger of `n` rows at `path`.
pub fn make(path: &Path, n: u64) {
    let mut ledger = Ledger::open(path).unwrap();
    for i in 1..=n {
        append(&mut ledger, i).unwrap();
    }
    assert_eq!(ledger.close(), Ok(n));
}

/// All rows up to the first error.
pub fn read_prefix(path: &Path) -> Vec<StoredRow> {
    rows(path, Filter::default()).map_or_else(|_| Vec::new(), |r| r.map_while(Result::ok).collect())
}
