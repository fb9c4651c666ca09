//! A folder of its own for each test, rows, and seeded random numbers.
#![allow(dead_code, clippy::unwrap_used)] // every test crate uses a part of it

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use linewright_runtime::ledger::{Filter, Kind, Ledger, LedgerError, Row, StoredRow, rows};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A folder that is removed at the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        Self::within(Path::new(env!("CARGO_TARGET_TMPDIR")), name)
    }

    /// In memory where the machine has a place for that.
    pub fn in_memory(name: &str) -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::within(memory, name) } else { Self::new(name) }
    }

    fn within(place: &Path, name: &str) -> Self {
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let unique = format!("{name}-{}-{n}", std::process::id());
        let path = place.join(unique);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

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

/// Seeded random numbers (SplitMix64, Steele et al. 2014).
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
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
