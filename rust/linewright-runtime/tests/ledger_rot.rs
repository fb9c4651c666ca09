//! J2 and J3: changed, missing and exchanged rows are named; damaged bytes are noticed and nothing panics.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed unwrap is a failed test

mod ledger_support;

use std::path::Path;

use ledger_support::{Folder, Random, append, make, read_prefix};
use linewright_runtime::ledger::{Ledger, LedgerError, Options, Reason, VerifyError, verify};

fn change(path: &Path, sql: &str) {
    let db = rusqlite::Connection::open(path).unwrap();
    db.execute_batch(sql).unwrap();
}

/// Seq and reason of the first fault after `sql`.
fn fault(sql: &str) -> (u64, Reason) {
    let folder = Folder::new("fault");
    let path = folder.file("line.ledger");
    make(&path, 100);
    change(&path, sql);
    match verify(&path) {
        Err(VerifyError::Broken(broken)) => {
            assert_eq!(broken.path, path);
            assert!(broken.to_string().contains(&format!("row {}", broken.seq)), "{broken}");
            (broken.seq, broken.reason)
        }
        other => panic!("{sql}: {other:?}"),
    }
}

#[test]
fn the_first_bad_row_is_named_with_its_reason() {
    let set = |what: &str| format!("UPDATE ledger SET {what}");
    for column in ["tick=tick+1", "mono_ns=0", "kind='x'", "station='x'", "body='{}'"] {
        assert_eq!(fault(&set(&format!("{column} WHERE seq=40"))), (40, Reason::RowChanged));
        assert_eq!(fault(&set(&format!("{column} WHERE seq=100"))), (100, Reason::RowChanged));
    }
    let hash = "hash=zeroblob(32) WHERE seq=";
    assert_eq!(fault(&set(&format!("{hash}41"))), (41, Reason::HashChanged));
    assert_eq!(fault(&set(&format!("{hash}100"))), (100, Reason::HashChanged));
    assert_eq!(fault(&set("body='{}', hash=zeroblob(32) WHERE seq=7")), (7, Reason::ChainBroken));
    assert_eq!(fault("DELETE FROM ledger WHERE seq=50"), (50, Reason::RowMissing { next: 51 }));
    assert_eq!(fault("DELETE FROM ledger WHERE seq<=3"), (1, Reason::RowMissing { next: 4 }));
    let end = Reason::EndMissing { expected_last: 100 };
    assert_eq!(fault("DELETE FROM ledger WHERE seq>97"), (98, end.clone()));
    assert_eq!(fault("DELETE FROM ledger"), (1, end));
    let front = "UPDATE ledger SET seq=-1 WHERE seq=60";
    assert_eq!(fault(front), (1, Reason::OutOfOrder { found: -1 }));
    let head = "UPDATE head SET seq=99";
    assert_eq!(fault(head), (100, Reason::HeadDiffers { head_seq: 99 }));
    assert_eq!(fault(&set("body=5 WHERE seq=9")), (9, Reason::RowChanged));
    assert_eq!(fault(&set("body=x'00' WHERE seq=9")), (9, Reason::WrongType { column: "body" }));
    assert_eq!(
        fault("UPDATE ledger SET hash=x'00' WHERE seq=9"),
        (9, Reason::WrongType { column: "hash" })
    );
}

#[test]
fn two_exchanged_rows_break_the_chain_at_the_first() {
    let exchange = "UPDATE ledger SET seq=-7 WHERE seq=20; UPDATE ledger SET seq=20 WHERE seq=21;
                    UPDATE ledger SET seq=21 WHERE seq=-7";
    let (seq, _) = fault(exchange);
    assert_eq!(seq, 20);
}

#[test]
fn a_damaged_end_is_refused_by_the_writer() {
    let folder = Folder::new("damaged-end");
    let path = folder.file("line.ledger");
    make(&path, 100);
    change(&path, "DELETE FROM ledger WHERE seq=100");
    let refused = Ledger::open(&path).unwrap_err();
    assert!(matches!(refused, LedgerError::Corrupt { .. }), "{refused:?}");
    assert_eq!(refused.exit_code(), 65);
}

#[test]
fn damage_in_the_middle_does_not_keep_a_line_from_starting() {
    let folder = Folder::new("middle");
    let path = folder.file("line.ledger");
    make(&path, 100);
    change(&path, "UPDATE ledger SET body='{}' WHERE seq=40");
    let mut ledger = Ledger::open(&path).unwrap();
    assert_eq!(append(&mut ledger, 101), Ok(101));
    ledger.close().unwrap();
    let Err(VerifyError::Broken(broken)) = verify(&path) else { panic!("not noticed") };
    assert_eq!((broken.seq, read_prefix(&path).len()), (40, 101));
}

/// One bit anywhere in the file: noticed, or it changed nothing that is read (SQLite leaves gaps in
/// its pages). Rows before the named one are as they were.
fn flip(seed: u64, rounds: u32) {
    let folder = Folder::new("flip");
    let path = folder.file("line.ledger");
    make(&path, 600);
    let whole = std::fs::read(&path).unwrap();
    let original = read_prefix(&path);
    assert_eq!(original.len(), 600);
    let copy = folder.file("copy.ledger");
    let mut random = Random(seed);
    let mut noticed = 0;
    for _ in 0..rounds {
        let bit = random.below(whole.len() as u64 * 8) as usize;
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        for end in ["", "-wal", "-shm", ".lock"] {
            let _ = std::fs::remove_file(folder.file(&format!("copy.ledger{end}")));
        }
        std::fs::write(&copy, &bytes).unwrap();
        match verify(&copy) {
            Ok(verified) => {
                assert_eq!(verified.rows, 600, "bit {bit}");
                assert_eq!(read_prefix(&copy), original, "bit {bit}");
            }
            Err(VerifyError::Broken(broken)) => {
                noticed += 1;
                let seq = broken.seq as usize;
                assert!((1..=601).contains(&seq), "bit {bit}: {broken}");
                let good = read_prefix(&copy);
                let before = good.len().min(seq - 1);
                assert_eq!(good[..before], original[..before], "bit {bit}: {broken}");
            }
            Err(VerifyError::Ledger(error)) => {
                noticed += 1;
                assert!(bit / 8 < 4096, "only the first page can make it no ledger: {bit} {error}");
            }
        }
        // The writer may refuse, it may not panic.
        let _ = Ledger::open(&copy);
    }
    // 150 of 206 bytes of a row are content or hash; gaps at the end of a page are the rest.
    assert!(noticed * 10 > rounds * 8, "{noticed} of {rounds}");
}

#[test]
fn j2_j3_a_flipped_bit_is_noticed_or_changes_nothing() {
    flip(20_261_124, 1500);
}

#[test]
#[ignore = "soak: 100,000 flipped bits"]
fn j2_j3_a_hundred_thousand_flipped_bits_are_noticed_or_change_nothing() {
    flip(5, 100_000);
}

fn cut_off(step: usize) {
    let folder = Folder::new("cut");
    let path = folder.file("line.ledger");
    make(&path, 300);
    let whole = std::fs::read(&path).unwrap();
    let original = read_prefix(&path);
    let copy = folder.file("copy.ledger");
    for len in (0..whole.len()).step_by(step) {
        for end in ["", "-wal", "-shm", ".lock"] {
            let _ = std::fs::remove_file(folder.file(&format!("copy.ledger{end}")));
        }
        std::fs::write(&copy, &whole[..len]).unwrap();
        assert!(verify(&copy).is_err(), "cut at {len}");
        let good = read_prefix(&copy);
        assert_eq!(good[..], original[..good.len()], "cut at {len}");
        if len > 0 {
            assert!(Ledger::open(&copy).is_err(), "cut at {len}");
        }
    }
}

#[test]
fn j2_a_file_cut_off_anywhere_is_noticed() {
    cut_off(509);
}

#[test]
#[ignore = "soak: cut off at every byte"]
fn j2_a_file_cut_off_at_every_byte_is_noticed() {
    cut_off(1);
}

/// Where the pages of a write-ahead file end: 32 bytes of header, and 24 before each page of 4 KiB.
fn end_of_pages(log: &[u8]) -> u64 {
    let end = log.iter().rposition(|byte| *byte != 0).map_or(32, |at| at + 1);
    (32 + end.saturating_sub(32).div_ceil(4096 + 24) * (4096 + 24)) as u64
}

/// A write-ahead file cut off at any byte, as a power cut leaves it: the longest whole prefix of
/// commits, never a panic, never an invented row.
fn cut_off_write_ahead(step: usize, ready: bool) {
    let folder = Folder::new("wal");
    let path = folder.file("line.ledger");
    let mut ledger = Ledger::open_with(&path, Options { ready, ..Options::default() }).unwrap();
    let (mut sizes, wal) = (vec![], folder.file("line.ledger-wal"));
    for i in 1..=40 {
        append(&mut ledger, i).unwrap();
        ledger.commit().unwrap();
        sizes.push(end_of_pages(&std::fs::read(&wal).unwrap()));
    }
    assert!(sizes.windows(2).all(|two| two[0] < two[1]), "each commit is longer: {sizes:?}");
    let (db, log) = (std::fs::read(&path).unwrap(), std::fs::read(&wal).unwrap());
    assert_eq!(log.len() as u64 > sizes[39], ready, "zeros follow the pages of a ready file alone");
    let original = read_prefix(&path);
    let end = sizes[39] as usize;
    for len in (sizes[0] as usize..=end).step_by(step).chain([end, log.len()]) {
        let copy = folder.file("copy.ledger");
        let _ = std::fs::remove_file(folder.file("copy.ledger-shm"));
        std::fs::write(&copy, &db).unwrap();
        std::fs::write(folder.file("copy.ledger-wal"), &log[..len]).unwrap();
        let whole = sizes.iter().filter(|size| **size <= len as u64).count();
        let verified = verify(&copy).unwrap_or_else(|e| panic!("cut at {len}: {e}"));
        assert_eq!(verified.rows, whole as u64, "cut at {len}");
        assert_eq!(read_prefix(&copy)[..], original[..whole], "cut at {len}");
        let mut opened = Ledger::open(&copy).unwrap();
        assert_eq!(append(&mut opened, 9), Ok(whole as u64 + 1));
        opened.close().unwrap();
        assert_eq!(verify(&copy).unwrap().rows, whole as u64 + 1);
    }
}

#[test]
fn j2_a_write_ahead_file_cut_off_anywhere_gives_the_longest_prefix() {
    cut_off_write_ahead(997, false);
}

#[test]
fn j2_a_write_ahead_file_made_long_beforehand_cut_off_anywhere_gives_the_longest_prefix() {
    cut_off_write_ahead(997, true);
}

#[test]
fn j2_a_write_ahead_file_of_zeros_holds_no_row_and_hides_no_cut() {
    let folder = Folder::new("zeros");
    let path = folder.file("line.ledger");
    make(&path, 300);
    let whole = std::fs::read(&path).unwrap();
    let wal = folder.file("line.ledger-wal");
    std::fs::write(&wal, vec![0; 1 << 20]).unwrap();
    assert_eq!(verify(&path).unwrap().rows, 300);
    for len in (4096..whole.len()).step_by(4099) {
        let _ = std::fs::remove_file(folder.file("line.ledger-shm"));
        std::fs::write(&path, &whole[..len]).unwrap();
        std::fs::write(&wal, vec![0; 1 << 20]).unwrap();
        assert!(Ledger::open(&path).is_err(), "cut at {len}");
    }
}

#[test]
#[ignore = "soak: cut off at every 7th byte"]
fn j2_a_write_ahead_file_cut_off_at_many_bytes_gives_the_longest_prefix() {
    cut_off_write_ahead(7, false);
    cut_off_write_ahead(7, true);
}
