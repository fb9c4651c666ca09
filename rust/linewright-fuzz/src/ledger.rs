//! Ledgers with changed bytes: read, proven, opened by a core that goes on with them.

use std::path::Path;
use std::sync::OnceLock;

use linewright_runtime::config::CoreConfig;
use linewright_runtime::core::Core;
use linewright_runtime::ledger::{
    Filter, Kind, Ledger, Row, newest, pins, removed, rows, starts, verify,
};

use crate::folder::Folder;
use crate::line;
use crate::steps::{Steps, changed};

/// A line whose core has this ledger.
pub fn settings(path: &Path) -> CoreConfig {
    let mut config = line::config();
    config["ledger"] = serde_json::json!({"path": path});
    CoreConfig::from_json(&config.to_string()).unwrap()
}

/// A core that begins with what is there, and ends.
pub fn go_on(path: &Path) {
    let plant = line::plant();
    if let Ok(mut core) = Core::new(&settings(path), Box::new(plant.driver())) {
        core.advance(3);
        core.drain();
        // Rows may be lost on a damaged file; that is told, not panicked about.
        let _ = core.close("done");
    }
}

fn whole() -> &'static [u8] {
    static WHOLE: OnceLock<Vec<u8>> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let scratch = Folder::in_memory("fuzz");
        let path = scratch.file("line.ledger");
        go_on(&path);
        std::fs::read(path).unwrap()
    })
}

/// A file with some bytes changed, any bytes, or any rows.
pub fn run(data: &[u8]) {
    let scratch = Folder::in_memory("fuzz");
    let path = scratch.file("line.ledger");
    let mut steps = Steps(data);
    match steps.byte() % 3 {
        0 => std::fs::write(&path, changed(whole(), &mut steps)).unwrap(),
        1 => std::fs::write(&path, steps.0).unwrap(),
        _ => any_rows(&path, &mut steps),
    }
    look(&path);
    go_on(&path);
    look(&path);
}

fn look(path: &Path) {
    if let Ok(of) = rows(path, Filter::default()) {
        let read = of.map_while(Result::ok).count() as u64;
        if let Ok(verified) = verify(path) {
            assert_eq!(verified.rows, read);
        }
    }
    let _ = (newest(path), starts(path), removed(path), pins(path));
}

/// Rows of any kind with any text, and any numbers kept from run to run.
pub fn any_rows(path: &Path, steps: &mut Steps<'_>) {
    let mut ledger = Ledger::open(path).unwrap();
    while steps.left() {
        let kind = Kind::ALL[usize::from(steps.byte()) % Kind::ALL.len()];
        let (tick, mono_ns) = (steps.long(), steps.long());
        let body = String::from_utf8_lossy(steps.piece()).into_owned();
        let station = ["", "coater", "x"][usize::from(steps.byte() % 3)];
        // What a ledger may hold is for it to say.
        let _ = ledger.append(&Row { tick, mono_ns, kind, station, body_json: &body });
        if kind == Kind::Lease {
            let _ = ledger.retain("lease.token", tick);
        }
    }
    let _ = ledger.close();
}

/// Rows as [`any_rows`] reads them.
pub fn row(kind: Kind, tick: u64, body: &str) -> Vec<u8> {
    let at = Kind::ALL.iter().position(|of| *of == kind).unwrap() as u8;
    let long = [tick.to_le_bytes(), (tick * 33_333_333).to_le_bytes()].concat();
    [vec![at], long, crate::steps::piece(body.as_bytes()), vec![1]].concat()
}

pub fn examples() -> Vec<Vec<u8>> {
    let intent = r#"{"id":65536,"actuator":"coater.pump_flow","value":5.0,"advisory":false}"#;
    let of_a_run = [
        row(Kind::Start, 0, r#"{"line":"test"}"#),
        row(Kind::Lease, 1, r#"{"actuator":"coater.pump_flow","token":1}"#),
        row(Kind::Intent, 1, intent),
        row(Kind::Result, 1, r#"{"id":65536,"outcome":"done"}"#),
    ];
    vec![
        vec![0],
        vec![0, 1, 0, 20, 0, 0, 0, 0, 0, 0],
        vec![0, 0, 100, 8, 0, 255],
        vec![1],
        [vec![2], of_a_run.concat()].concat(),
    ]
}
