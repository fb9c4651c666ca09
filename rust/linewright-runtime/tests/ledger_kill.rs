//! J1: a writer killed at random times loses nothing it acknowledged.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod ledger_support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use ledger_support::{Folder, Random, append};
use linewright_runtime::ledger::{Ledger, LedgerError, Options, verify};

const PATH: &str = "LEDGER_OF_THE_WRITER_PROCESS";

/// Not a test by itself: the process that [`j1_killed_writers_lose_no_acknowledged_row`] kills.
#[test]
#[ignore = "started by another test as a process of its own"]
fn writer_process() {
    let Some(path) = std::env::var_os(PATH) else { return };
    // As a live core does, every other time: what is moved by a thread and what stands ready behind the
    // pages must not matter.
    let ready = std::process::id().is_multiple_of(2);
    let mut ledger = Ledger::open_with(path, Options { ready, ..Options::default() }).unwrap();
    let mut out = std::io::stdout();
    writeln!(out, "\nopen {}", ledger.synced_seq()).unwrap();
    let mut random = Random(ledger.synced_seq() + 1);
    loop {
        let rows = 1 + random.below(40);
        for _ in 0..rows {
            let next = ledger.synced_seq() + ledger.pending() + 1;
            append(&mut ledger, next).unwrap();
        }
        ledger.retain("epoch", ledger.synced_seq() + rows).unwrap();
        let synced = ledger.commit().unwrap();
        writeln!(out, "acked {synced}").unwrap();
        out.flush().unwrap();
    }
}

/// The number behind `word` in the last whole line that starts with it.
fn last_number(text: &str, word: &str) -> Option<u64> {
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let lines = whole.lines().filter_map(|line| line.strip_prefix(word));
    lines.filter_map(|rest| rest.trim().parse().ok()).next_back()
}

fn kill_rounds(seed: u64, rounds: u32) {
    let folder = Folder::new("kill");
    let path = folder.file("line.ledger");
    let mut random = Random(seed);
    let mut acked = 0;
    for round in 0..rounds {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "writer_process", "--nocapture"])
            .env(PATH, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(writer.stdout.take().unwrap());
        let mut opened = String::new();
        while !opened.starts_with("open ") {
            opened.clear();
            assert!(out.read_line(&mut opened).unwrap() > 0, "round {round}: no writer");
        }
        assert!(last_number(&opened, "open ").unwrap() >= acked, "round {round}: {opened}");
        if round == 0 {
            let refused = Ledger::open(&path).unwrap_err();
            assert!(matches!(refused, LedgerError::SecondWriter { .. }), "{refused:?}");
        }
        std::thread::sleep(Duration::from_millis(1 + random.below(80)));
        writer.kill().unwrap();
        writer.wait().unwrap();
        let mut text = String::new();
        out.read_to_string(&mut text).unwrap();
        acked = last_number(&text, "acked ").unwrap_or(acked);
        // Walking the whole chain grows with it: a soak does it now and then and at the end.
        if round >= 40 && !round.is_multiple_of(rounds / 10) && round + 1 != rounds {
            continue;
        }
        let verified = verify(&path).unwrap();
        assert!(verified.rows >= acked, "round {round}: {acked} acknowledged, {verified:?}");
    }
    let mut ledger = Ledger::open(&path).unwrap();
    let synced = ledger.synced_seq();
    assert!(acked > u64::from(rounds), "the writer did write: {acked}");
    assert_eq!(ledger.retained("epoch"), Ok(Some(synced)), "committed together with its rows");
    assert_eq!(append(&mut ledger, synced + 1), Ok(synced + 1));
    ledger.close().unwrap();
    let rows = ledger_support::read_prefix(&path);
    assert_eq!(rows.len() as u64, synced + 1);
    for (i, row) in (1..).zip(&rows) {
        assert_eq!(
            (row.seq, row.tick, row.body_json.as_str()),
            (i, i * 3, &*ledger_support::body(i))
        );
    }
}

#[test]
fn j1_killed_writers_lose_no_acknowledged_row() {
    kill_rounds(7, 500);
}

#[test]
#[ignore = "soak: 10,000 kills"]
fn j1_ten_thousand_killed_writers_lose_no_acknowledged_row() {
    kill_rounds(11, 10_000);
}
