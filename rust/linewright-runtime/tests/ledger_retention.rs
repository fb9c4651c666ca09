//! J7: old rows go, oldest first, pinned ones stay, the file keeps its quota and the chain its proof.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed unwrap is a failed test

mod ledger_support;

use std::path::Path;

use ledger_support::{Folder, Random, append, body, read_prefix};
use linewright_runtime::ledger::{
    Kind, Ledger, PinError, Policy, Pruned, Reason, Row, Stamp, VerifyError, pin, removed, starts,
    unpin, verify,
};

const MIB: u64 = 1 << 20;

fn at(tick: u64) -> Stamp {
    Stamp { tick, mono_ns: tick * 1_000_000_000, wall_s: tick as f64 }
}

/// Bytes of the ledger with what SQLite keeps beside it.
fn bytes(path: &Path) -> u64 {
    ["", "-wal", "-shm"]
        .iter()
        .filter_map(|end| std::fs::metadata(format!("{}{end}", path.display())).ok())
        .map(|m| m.len())
        .sum()
}

/// A month of rows, 500 in a commit, a tick of one second each; `pins` are made as soon as their rows
/// are there. Gives the ledger's largest size.
fn month(path: &Path, seed: u64, rows: u64, quota: u64, pins: &[(u64, u64)]) -> u64 {
    let policy = Policy { keep_s: None, quota_bytes: Some(quota) };
    let mut ledger = Ledger::open(path).unwrap();
    let mut random = Random(seed);
    let (mut appended, mut largest, mut gone_to) = (0, 0, 0);
    while appended < rows {
        let group = 1 + random.below(999);
        for _ in 0..group {
            appended += 1;
            append(&mut ledger, appended).unwrap();
        }
        let before = ledger.synced_seq();
        let synced = ledger.commit().unwrap();
        for &(first, last) in pins.iter().filter(|p| before < p.1 && p.1 <= synced) {
            pin(path, first, last, "complaint 4711", "meier").unwrap();
        }
        ledger.prune(&policy, at(appended)).unwrap();
        largest = largest.max(bytes(path));
        if random.below(50) == 0 {
            let first = removed(path).unwrap().first().map_or(0, |r| r.last);
            assert!(first >= gone_to, "oldest first: {first} after {gone_to}");
            gone_to = first;
        }
    }
    ledger.close().unwrap();
    largest
}

fn j7(quota_mib: u64, rows: u64, seed: u64) {
    let folder = Folder::new("retention");
    let path = folder.file("line.ledger");
    let quota = quota_mib * MIB;
    let pins = [(1, 40), (rows / 5, rows / 5 + 2000), (rows / 3, rows / 3 + 1500)];
    let largest = month(&path, seed, rows, quota, &pins);
    // Slack: the write-ahead file, a checkpoint long, and its index.
    assert!(largest <= quota + 8 * MIB, "{largest} bytes, quota {quota}");
    assert!(largest > quota / 2, "the quota was reached: {largest}");
    let verified = verify(&path).unwrap();
    assert!(verified.removed.len() == 3, "around three pins: {:?}", verified.removed);
    let rows_there = read_prefix(&path);
    assert_eq!(rows_there.len() as u64, verified.rows);
    let mut there = rows_there.iter().filter(|row| row.kind != Kind::Retention.as_str());
    for (first, last) in pins {
        let kept = rows_there.iter().filter(|r| (first..=last).contains(&r.seq)).count() as u64;
        assert_eq!(kept, last - first + 1, "pinned rows {first} to {last}");
    }
    let mut of_body = there.next().map(|r| r.tick / 3).unwrap();
    assert_eq!(of_body, 1);
    for row in there {
        assert!(row.tick / 3 > of_body, "in order");
        of_body = row.tick / 3;
        assert_eq!(row.body_json, body(of_body));
    }
    assert_eq!(of_body, rows_there.last().map(|r| r.tick / 3).unwrap());
}

#[test]
fn j7_a_month_of_rows_keeps_its_quota_and_three_pinned_ranges() {
    j7(8, 120_000, 3);
}

#[test]
#[ignore = "soak: 30 days, a row every other second, quota 64 MiB"]
fn j7_thirty_days_keep_a_quota_of_64_mib() {
    j7(64, 30 * 43_200, 5);
}

/// A ledger whose first rows are gone.
fn pruned(path: &Path) -> u64 {
    let policy = Policy { keep_s: Some(3_000.0), quota_bytes: None };
    let mut ledger = Ledger::open(path).unwrap();
    for i in 1..=5_000 {
        let kind = if i == 7 { Kind::Start } else { Kind::Tally };
        let row = Row {
            tick: i,
            mono_ns: i * 1_000_000_000,
            kind,
            station: "",
            body_json: r#"{"wall_s":1000.0}"#,
        };
        ledger.append(&row).unwrap();
    }
    ledger.commit().unwrap();
    while ledger.prune(&policy, at(5_000)).unwrap() != Pruned::Nothing {
        ledger.commit().unwrap();
    }
    ledger.close().unwrap()
}

#[test]
fn rows_go_by_age_and_the_chain_says_where_it_starts_and_why() {
    let folder = Folder::new("age");
    let path = folder.file("line.ledger");
    let last = pruned(&path);
    let verified = verify(&path).unwrap();
    assert_eq!(verified.last_seq, last);
    let [gone] = &verified.removed[..] else { panic!("{:?}", verified.removed) };
    // Ages are 5000 s minus the row; 256 rows are the least that a plan is made for.
    assert!(gone.first == 1 && gone.last <= 1_999 && gone.last > 1_999 - 256, "{gone:?}");
    assert_eq!(gone.why, "age");
    assert_eq!(verified.rows, last - gone.last);
    assert_eq!(starts(&path), Ok(1), "the start row that is gone counts");
    assert_eq!(gone.offset_s, Some(1000.0 - 7.0), "and its wall time is kept");
    // A new writer goes on, and the next row is chained to the last.
    let mut ledger = Ledger::open(&path).unwrap();
    assert_eq!(append(&mut ledger, 1), Ok(last + 1));
    ledger.close().unwrap();
    assert_eq!(verify(&path).unwrap().last_seq, last + 1);
}

#[test]
fn rows_taken_out_by_another_hand_are_found() {
    let folder = Folder::new("forged");
    let fault = |sql: &str| {
        let path = folder.file("line.ledger");
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", path.display()));
        }
        pruned(&path);
        let gone = removed(&path).unwrap()[0].last;
        let sql = sql.replace("GONE", &gone.to_string());
        rusqlite::Connection::open(&path).unwrap().execute_batch(&sql).unwrap();
        match verify(&path) {
            Err(VerifyError::Broken(broken)) => (broken.seq - gone.min(broken.seq), broken.reason),
            other => panic!("{sql}: {other:?}"),
        }
    };
    let longer = "DELETE FROM ledger WHERE seq <= GONE + 500;
        UPDATE removed SET last = GONE + 500, hash = (SELECT hash FROM ledger WHERE seq = GONE + 500)";
    // The anchor is taken before its row goes.
    let longer = format!(
        "UPDATE removed SET hash = (SELECT hash FROM ledger WHERE seq = GONE + 500); {}",
        longer.replace(", hash = (SELECT hash FROM ledger WHERE seq = GONE + 500)", "")
    );
    assert!(matches!(fault(&longer), (0, Reason::NotSignedOff { .. })));
    assert_eq!(fault("UPDATE removed SET hash = zeroblob(32)"), (1, Reason::AnchorDiffers));
    assert!(matches!(fault("DELETE FROM removed").1, Reason::RowMissing { .. }));
    let changed = "UPDATE ledger SET body = '{}' WHERE kind = 'retention'";
    assert_eq!(fault(changed).1, Reason::RowChanged);
}

#[test]
fn pins_are_refused_with_the_reason_and_hold_until_they_are_taken_back() {
    let folder = Folder::new("pins");
    let path = folder.file("line.ledger");
    let last = pruned(&path);
    let gone = removed(&path).unwrap()[0].last;
    let refused = |first, last, reason: &str| match pin(&path, first, last, reason, "meier") {
        Err(PinError::Refused(why)) => why,
        other => panic!("{other:?}"),
    };
    assert!(refused(gone, gone + 5, "x").contains("removed already"));
    assert!(refused(10, 9, "x").contains("within 1 to"));
    assert!(refused(last, last + 1, "x").contains("within 1 to"));
    assert!(refused(gone + 1, gone + 9, " ").contains("reason"));
    pin(&path, gone + 1, last, "all of it", "meier").unwrap();
    assert!(refused(gone + 1, last, "again").contains("already"));
    let policy = Policy { keep_s: Some(1.0), quota_bytes: None };
    let mut ledger = Ledger::open(&path).unwrap();
    assert_eq!(ledger.prune(&policy, at(1 << 30)), Ok(Pruned::Held));
    unpin(&path, gone + 1, last).unwrap();
    assert!(matches!(unpin(&path, gone + 1, last), Err(PinError::Refused(_))));
    assert!(matches!(ledger.prune(&policy, at(1 << 30)), Ok(Pruned::Rows(256..))));
    ledger.commit().unwrap();
    // Damaged pins: nothing is removed, and the ledger goes on.
    std::fs::write(format!("{}.pins", path.display()), "[{").unwrap();
    assert!(ledger.prune(&policy, at(1 << 30)).is_err());
    append(&mut ledger, 1).unwrap();
    ledger.close().unwrap();
    verify(&path).unwrap();
}

#[test]
fn a_step_that_was_not_committed_leaves_every_row() {
    let folder = Folder::new("half");
    let path = folder.file("line.ledger");
    let last = pruned(&path);
    let before = verify(&path).unwrap();
    let mut ledger = Ledger::open(&path).unwrap();
    let policy = Policy { keep_s: Some(1.0), quota_bytes: None };
    assert!(matches!(ledger.prune(&policy, at(1 << 30)), Ok(Pruned::Rows(_))));
    drop(ledger);
    let after = verify(&path).unwrap();
    assert_eq!((after.last_seq, after.rows), (last, before.rows));
}
