//! J5 and J6: a full disk and a bad one. What was acknowledged is there, what was lost is counted to the
//! row, nothing is torn, and the ledger comes back by itself.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)] // a failed unwrap is a failed test

mod ledger_support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ledger_support::{Folder, Random, preload};
use linewright_runtime::clerk::Store;
use linewright_runtime::ledger::{Filter, Kind, Ledger, Options, rows, verify};
use serde_json::{Value, json};

/// Events told to a store, and what it acknowledged.
struct Told {
    store: Store,
    next: u64,
    /// Numbers of events whose commit succeeded.
    acked: Vec<u64>,
    waiting: Vec<u64>,
}

impl Told {
    fn new(path: &Path, ready: bool) -> Self {
        let ledger = Ledger::open_with(path, Options { ready, ..Options::default() }).unwrap();
        let store = Store::new(Some(ledger), None, false);
        Self { store, next: 0, acked: Vec::new(), waiting: Vec::new() }
    }

    fn events(&mut self, count: u64) {
        for _ in 0..count {
            self.next += 1;
            let body = json!({"event": self.next, "text": "weight above limit ".repeat(8)});
            if self.store.append(self.next, self.next, Kind::Detection, "coater", &body) > 0 {
                self.waiting.push(self.next);
            }
        }
    }

    /// As the clerk does it: acknowledged only when the commit went well.
    fn commit(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        if self.store.commit() {
            self.acked.extend(waiting);
        }
    }

    /// What is in the file against what was acknowledged and what the store says it lost.
    fn check(mut self, path: &Path) {
        self.commit();
        assert!(self.store.healthy());
        let (_, lost) = self.store.counts();
        self.store.close().unwrap();
        verify(path).unwrap();
        let kinds = vec![Kind::Detection];
        let found: Vec<u64> = rows(path, Filter { kinds, ..Filter::default() })
            .unwrap()
            .map(|row| {
                let body: Value = serde_json::from_str(&row.unwrap().body_json).unwrap();
                body["event"].as_u64().unwrap()
            })
            .collect();
        assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "each once and in order");
        assert!(
            self.acked.iter().all(|n| found.binary_search(n).is_ok()),
            "acknowledged, and lost"
        );
        let (found, acked) = (found.len() as u64, self.acked.len());
        assert_eq!(found + lost, self.next, "{found} found, {acked} acknowledged, {lost} lost");
    }
}

/// A small file system in memory; unmounted at the end.
struct Small(PathBuf);

impl Small {
    /// Nothing, when this process must not mount.
    fn new(folder: &Folder, mebibytes: u32) -> Option<Self> {
        let path = folder.file("small");
        std::fs::create_dir_all(&path).unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={mebibytes}m"), "tmpfs"])
            .arg(&path)
            .stderr(Stdio::null())
            .status();
        mount.is_ok_and(|status| status.success()).then_some(Self(path))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// `ready`: the write-ahead file has its length beforehand, as that of a live core.
fn j5(full_rounds: u32, ready: bool) {
    let folder = Folder::new("full");
    let (disk, other) = if ready { (16, 7) } else { (8, 5) };
    let Some(small) = Small::new(&folder, disk) else {
        eprintln!("skipped: mounting a tmpfs needs root");
        return;
    };
    let path = small.0.join("line.ledger");
    let mut told = Told::new(&path, ready);
    let ballast = small.0.join("ballast");
    std::fs::write(&ballast, vec![1_u8; other << 20]).unwrap();
    // 1000 events a commit, 5 commits a second of line time, until the disk is full.
    let mut commits = 0;
    while told.store.healthy() {
        told.events(1000);
        told.commit();
        commits += 1;
        assert!(commits < 1000, "{disk} MiB are never full");
    }
    assert_eq!(told.store.ledger_state().0, "full", "{:?}", told.store.ledger_state());
    assert!(!told.acked.is_empty());
    for _ in 0..full_rounds {
        // A row may still find room, a thousand do not.
        told.store.recover(told.next, told.next);
        told.events(1000);
        told.commit();
        assert_eq!(told.store.ledger_state().0, "full");
    }
    std::fs::remove_file(&ballast).unwrap();
    assert!(told.store.recover(told.next, told.next), "{:?}", told.store.ledger_state());
    assert_eq!(told.store.ledger_state(), ("ok", ""));
    told.events(1000);
    told.commit();
    told.check(&path);
}

#[test]
fn j5_a_full_disk_is_told_counted_and_left_again() {
    j5(20, false);
}

#[test]
fn j5_a_full_disk_under_the_ledger_of_a_live_core() {
    j5(20, true);
}

#[test]
fn j5_a_full_disk_is_told_while_rows_still_find_room() {
    let folder = Folder::new("room");
    let path = folder.file("line.ledger");
    let mut told = Told::new(&path, true);
    assert!(!told.store.mind_room(1 << 30), "nothing has changed");
    assert!(told.store.mind_room((1 << 20) - 1));
    assert!(!told.store.has_room());
    assert_eq!(told.store.ledger_state().0, "full");
    told.events(100);
    told.commit();
    assert!(told.store.healthy() && told.acked.len() == 100, "the rows that say so are kept");
    assert!(!told.store.mind_room((2 << 20) - 1), "a little room is not enough to go on");
    assert!(told.store.mind_room(2 << 20) && told.store.has_room());
    assert_eq!(told.store.ledger_state(), ("ok", ""));
    told.check(&path);
}

#[test]
#[ignore = "soak: a disk full for 60 s at 5 commits a second"]
fn j5_a_minute_of_full_disk() {
    j5(300, false);
    j5(300, true);
}

const WRITER: &str = "LEDGER_ON_A_BAD_DISK";

/// Not a test by itself: what runs on the bad disk.
#[test]
#[ignore = "started by another test as a process of its own"]
fn writer_on_a_bad_disk() {
    let Some(path) = std::env::var_os(WRITER).map(PathBuf::from) else { return };
    let number = |name: &str| std::env::var(name).unwrap().parse::<u64>().unwrap();
    let (rounds, most) = (number("ROUNDS"), number("ROWS"));
    let faults = std::env::var_os("BAD_DISK").map(PathBuf::from).unwrap();
    let words = std::fs::read_to_string(&faults).unwrap();
    std::fs::write(&faults, "").unwrap();
    let mut told = Told::new(&path, most > 30);
    let mut random = Random(rounds);
    std::fs::write(&faults, words).unwrap();
    for _ in 0..rounds {
        told.events(1 + random.below(most));
        told.commit();
        if !told.store.healthy() {
            told.store.recover(told.next, told.next);
        }
    }
    std::fs::write(&faults, "").unwrap();
    while !told.store.healthy() {
        told.store.recover(told.next, told.next);
    }
    told.check(&path);
}

/// Lines of what the disk did.
fn j6(words: &str, rounds: u64) -> Vec<String> {
    j6_rows(words, rounds, 30)
}

/// As [`j6`], up to `rows` in a commit; with more than 30 the file is that of a live core, and its pages are
/// moved while rows are written.
fn j6_rows(words: &str, rounds: u64, rows: u64) -> Vec<String> {
    let folder = Folder::new("bad");
    let shim = preload(&folder, "bad_disk.c");
    let (faults, log) = (folder.file("faults"), folder.file("log"));
    std::fs::write(&faults, words).unwrap();
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "writer_on_a_bad_disk", "--nocapture"])
        .env(WRITER, folder.file("line.ledger"))
        .env("ROUNDS", rounds.to_string())
        .env("ROWS", rows.to_string())
        .env("BAD_DISK", &faults)
        .env("BAD_DISK_LOG", &log)
        .env("LD_PRELOAD", &shim)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{words}: {text}\n{}", String::from_utf8_lossy(&ran.stderr));
    let log = std::fs::read_to_string(&log).unwrap_or_default();
    log.lines().map(str::to_owned).collect()
}

fn count(log: &[String], what: &str) -> usize {
    log.iter().filter(|line| line.starts_with(what)).count()
}

#[test]
fn j6_syncs_that_fail_acknowledge_nothing_and_are_not_tried_again_on_their_descriptor() {
    let log = j6("eio 30", 200);
    assert!(count(&log, "failed") > 30, "the disk did fail: {log:?}");
    assert_eq!(count(&log, "retried"), 0, "{log:?}");
}

#[test]
fn j6_a_sync_that_fails_while_pages_are_moved_is_a_lost_ledger_too() {
    let log = j6_rows("eio 20", 150, 800);
    assert!(count(&log, "failed") > 15, "the disk did fail: {log:?}");
    assert_eq!(count(&log, "retried"), 0, "{log:?}");
}

#[test]
fn j6_short_writes_tear_nothing() {
    j6_rows("short 1", 100, 800);
    let log = j6("short 10", 200);
    assert!(count(&log, "short") > 20, "writes were cut: {log:?}");
}

#[test]
fn j6_a_sync_that_stalls_is_waited_for() {
    let log = j6("stall 200", 10);
    assert!(count(&log, "stalled") >= 10, "{log:?}");
}

#[test]
#[ignore = "soak: 1000 failed syncs and more, stalls of 5 s"]
fn j6_soak() {
    let log = j6("eio 30", 4000);
    assert!(count(&log, "failed") >= 1000, "{}", count(&log, "failed"));
    assert_eq!(count(&log, "retried"), 0);
    j6("short 10", 4000);
    let log = j6_rows("eio 20", 4000, 800);
    assert_eq!(count(&log, "retried"), 0);
    j6("stall 5000", 4);
}
