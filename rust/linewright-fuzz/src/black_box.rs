//! What a killed core left in its black box, and a ledger to bring it into.

use linewright_runtime::black_box::{BlackBox, recover};
use linewright_runtime::ledger::{Filter, Ledger, rows, verify};

use crate::folder::Folder;
use crate::ledger::{any_rows, go_on, row};
use crate::steps::{Steps, piece};

/// Bytes of an intent in the box, with its check.
const SLOT: usize = 80;

/// Slots, most of them with a right check, then rows of the ledger.
pub fn run(data: &[u8]) {
    let scratch = Folder::in_memory("fuzz");
    let (path, ledger) = (scratch.file("box"), scratch.file("line.ledger"));
    let mut steps = Steps(data);
    let mut bytes = Vec::new();
    for _ in 0..steps.byte() % 8 {
        let right = steps.byte() % 8 != 7;
        let mut slot = [0; SLOT];
        for (to, from) in slot.iter_mut().zip(steps.piece()) {
            *to = *from;
        }
        if right {
            let crc = crc32fast::hash(&slot[..72]);
            slot[72..76].copy_from_slice(&crc.to_le_bytes());
        }
        bytes.extend(slot);
    }
    std::fs::write(&path, bytes).unwrap();
    any_rows(&ledger, &mut steps);
    let Ok(mut of) = BlackBox::open(&path) else { return };
    let kept = of.kept().len();
    let mut open = Ledger::open(&ledger).unwrap();
    let before = open.last_seq();
    let named = [("coater.pump_flow".to_owned(), "coater".to_owned())];
    if let Ok(brought) = recover(&mut open, &mut of, &named) {
        assert!(brought <= kept);
        assert!(open.last_seq() >= before + brought as u64);
        assert!(of.kept().is_empty());
    }
    open.close().unwrap();
    assert!(rows(&ledger, Filter::default()).unwrap().all(|row| row.is_ok()));
    assert!(verify(&ledger).is_ok());
    go_on(&ledger);
}

pub fn examples() -> Vec<Vec<u8>> {
    let slot = |seq: u64| {
        let words = [
            seq,
            30 + seq,
            seq * 33_333_333,
            5_f64.to_bits(),
            4_f64.to_bits(),
            6_f64.to_bits(),
            1,
            1,
        ];
        [&[0][..], &piece(&words.map(u64::to_le_bytes).concat())].concat()
    };
    let told = row(
        linewright_runtime::ledger::Kind::Intent,
        31,
        r#"{"id":2031616,"actuator":"coater.pump_flow"}"#,
    );
    vec![[vec![0], told.clone()].concat(), [vec![2], slot(1), slot(2), told].concat()]
}
