//! One writer, many readers, durable rows, clear refusals.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod ledger_support;

use ledger_support::{Folder, append, body, make, read_prefix};
use linewright_runtime::ledger::{
    Filter, Kind, Ledger, LedgerError, Options, Row, export_json_lines, rows, verify,
};

#[test]
fn rows_come_back_as_they_were_appended() {
    let folder = Folder::new("rows");
    let path = folder.file("line.ledger");
    let mut ledger = Ledger::open(&path).unwrap();
    assert_eq!((ledger.synced_seq(), ledger.head()), (0, [0; 32]));
    for i in 1..=1300 {
        assert_eq!(append(&mut ledger, i), Ok(i));
    }
    assert_eq!(ledger.pending(), 1300);
    assert_eq!(ledger.commit(), Ok(1300));
    assert_eq!(ledger.pending(), 0);
    let head = ledger.head();
    let all = read_prefix(&path);
    assert_eq!(all.len(), 1300);
    for (i, row) in (1..).zip(&all) {
        assert_eq!((row.seq, row.tick, row.mono_ns), (i, i * 3, i * 100_000_000));
        assert_eq!(row.body_json, body(i));
    }
    let verified = verify(&path).unwrap();
    assert_eq!((verified.rows, verified.head, verified.last_tick), (1300, head, 3900));
}

#[test]
fn the_largest_numbers_survive() {
    let folder = Folder::new("largest");
    let path = folder.file("line.ledger");
    let mut ledger = Ledger::open(&path).unwrap();
    let row = Row {
        tick: u64::MAX,
        mono_ns: u64::MAX - 1,
        kind: Kind::Start,
        station: "ü",
        body_json: "{}",
    };
    ledger.append(&row).unwrap();
    ledger.retain("epoch", u64::MAX).unwrap();
    ledger.close().unwrap();
    let row = &read_prefix(&path)[0];
    assert_eq!((row.tick, row.mono_ns, row.station.as_str()), (u64::MAX, u64::MAX - 1, "ü"));
    assert_eq!(verify(&path).unwrap().rows, 1);
    assert_eq!(Ledger::open(&path).unwrap().retained("epoch"), Ok(Some(u64::MAX)));
}

#[test]
fn the_chain_goes_on_after_closing_and_after_dropping_without_commit() {
    let folder = Folder::new("goes-on");
    let path = folder.file("line.ledger");
    make(&path, 10);
    let mut ledger = Ledger::open(&path).unwrap();
    assert_eq!(append(&mut ledger, 11), Ok(11));
    ledger.retain("token coater", 7).unwrap();
    assert_eq!(ledger.commit(), Ok(11));
    append(&mut ledger, 12).unwrap();
    ledger.retain("token coater", 8).unwrap();
    assert_eq!(ledger.retained("token coater"), Ok(Some(8)));
    drop(ledger);
    let mut ledger = Ledger::open(&path).unwrap();
    assert_eq!(ledger.synced_seq(), 11);
    assert_eq!(ledger.retained("token coater"), Ok(Some(7)));
    assert_eq!(ledger.retained("token calender"), Ok(None));
    assert_eq!(append(&mut ledger, 99), Ok(12));
    ledger.close().unwrap();
    assert_eq!(verify(&path).unwrap().rows, 12);
}

#[test]
fn a_second_writer_is_refused_and_named() {
    let folder = Folder::new("second");
    let path = folder.file("line.ledger");
    let mut first = Ledger::open(&path).unwrap();
    let refused = Ledger::open(&path).unwrap_err();
    assert_eq!(refused, LedgerError::SecondWriter { path: path.clone() });
    assert!(refused.to_string().contains("line.ledger"), "{refused}");
    append(&mut first, 1).unwrap();
    assert_eq!(first.commit(), Ok(1));
    drop(first);
    assert_eq!(Ledger::open(&path).unwrap().synced_seq(), 1);
}

#[test]
fn a_folder_that_cannot_be_written_is_refused_and_named() {
    let folder = Folder::new("unwritable");
    let file = folder.file("file");
    std::fs::write(&file, "x").unwrap();
    for path in [folder.file("none/line.ledger"), file.join("line.ledger"), "/proc/x.ledger".into()]
    {
        let refused = Ledger::open(&path).unwrap_err();
        assert!(matches!(refused, LedgerError::NotWritable { .. }), "{refused:?}");
        assert!(refused.to_string().contains(&path.display().to_string()), "{refused}");
        assert_eq!(refused.exit_code(), 69);
    }
}

#[test]
fn what_is_no_ledger_is_refused_and_left_alone() {
    let folder = Folder::new("foreign");
    let text = folder.file("notes.txt");
    std::fs::write(&text, "this is no database, whatever its length may be".repeat(100)).unwrap();
    let other = folder.file("other.db");
    let db = rusqlite::Connection::open(&other).unwrap();
    db.execute_batch("CREATE TABLE ledger(seq INTEGER PRIMARY KEY); INSERT INTO ledger VALUES (1)")
        .unwrap();
    drop(db);
    for path in [text, other] {
        let before = std::fs::read(&path).unwrap();
        let refused = Ledger::open(&path).unwrap_err();
        assert!(matches!(refused, LedgerError::NotALedger { .. }), "{refused:?}");
        assert_eq!(verify(&path).unwrap_err().exit_code(), 65);
        assert!(rows(&path, Filter::default()).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), before, "{}", path.display());
    }
    let missing = folder.file("missing");
    assert_eq!(
        rows(&missing, Filter::default()).unwrap_err(),
        LedgerError::Missing { path: missing.clone() }
    );
    assert!(!missing.exists(), "reading makes no file");
}

#[test]
fn readers_see_committed_rows_while_the_writer_goes_on() {
    let folder = Folder::new("beside");
    let path = folder.file("line.ledger");
    let mut ledger = Ledger::open(&path).unwrap();
    for i in 1..=1000 {
        append(&mut ledger, i).unwrap();
    }
    ledger.commit().unwrap();
    let mut reading = rows(&path, Filter::default()).unwrap();
    assert_eq!(reading.next().unwrap().unwrap().seq, 1);
    for i in 1001..=2000 {
        append(&mut ledger, i).unwrap();
        if i.is_multiple_of(100) {
            ledger.commit().unwrap();
            assert_eq!(verify(&path).unwrap().rows, i);
        } else if i % 100 == 50 {
            assert_eq!(verify(&path).unwrap().rows, i - 50, "uncommitted rows are not seen");
        }
    }
    let last = reading.map(Result::unwrap).last().unwrap();
    assert_eq!(last.seq, 2000, "a long read goes on into what was committed meanwhile");
}

#[test]
fn filters_choose_rows() {
    let folder = Folder::new("filters");
    let path = folder.file("line.ledger");
    make(&path, 3000);
    let count = |filter: Filter| rows(&path, filter).unwrap().map(Result::unwrap).count();
    assert_eq!(count(Filter { since_seq: 2990, ..Filter::default() }), 10);
    assert_eq!(count(Filter { limit: Some(700), ..Filter::default() }), 700);
    assert_eq!(count(Filter { limit: Some(0), ..Filter::default() }), 0);
    let kinds = vec![Kind::Alarm, Kind::Stop];
    let chosen: Vec<_> = rows(&path, Filter { kinds, ..Filter::default() })
        .unwrap()
        .map(|row| row.unwrap().kind)
        .collect();
    let of_kind =
        |i: &u64| matches!(Kind::ALL[*i as usize % Kind::ALL.len()], Kind::Alarm | Kind::Stop);
    assert_eq!(chosen.len(), (1..=3000).filter(of_kind).count());
    assert!(chosen.iter().all(|kind| kind == "alarm" || kind == "stop"));
    let station = Some("calender".to_owned());
    assert_eq!(count(Filter { station, ..Filter::default() }), 1000);
}

#[test]
fn the_export_is_one_json_object_a_line() {
    let folder = Folder::new("export");
    let path = folder.file("line.ledger");
    let mut ledger = Ledger::open(&path).unwrap();
    append(&mut ledger, 1).unwrap();
    let odd =
        Row { tick: 5, mono_ns: 6, kind: Kind::Tally, station: "a\"b", body_json: "not json\n" };
    ledger.append(&odd).unwrap();
    ledger.commit().unwrap();
    let mut out = Vec::new();
    assert_eq!(export_json_lines(&path, Filter::default(), &mut out), Ok(2));
    let text = String::from_utf8(out).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["body"]["i"], 1);
    assert_eq!(lines[0]["hash"].as_str().unwrap().len(), 64);
    assert_eq!(lines[1]["body"], "not json\n");
    assert_eq!(lines[1]["station"], "a\"b");
    assert_eq!(lines[1]["kind"], "tally");
}

#[test]
fn a_full_ledger_says_so_keeps_what_it_acknowledged_and_goes_on_with_space() {
    let folder = Folder::new("full");
    let path = folder.file("line.ledger");
    let mut ledger =
        Ledger::open_with(&path, Options { max_bytes: Some(256 * 1024), ready: false }).unwrap();
    let mut acknowledged = 0;
    let error = (1..).find_map(|i| {
        let result = append(&mut ledger, i)
            .and_then(|_| if i.is_multiple_of(10) { ledger.commit().map(Some) } else { Ok(None) });
        match result {
            Ok(seq) => {
                acknowledged = seq.unwrap_or(acknowledged);
                None
            }
            Err(e) => Some(e),
        }
    });
    assert_eq!(error, Some(LedgerError::Full { path: path.clone() }));
    assert!(acknowledged > 500, "{acknowledged}");
    assert!(!ledger.is_healthy());
    assert_eq!(append(&mut ledger, 1), Err(LedgerError::Failed { path: path.clone() }));
    assert_eq!(ledger.commit(), Err(LedgerError::Failed { path: path.clone() }));
    assert_eq!(verify(&path).unwrap().rows, acknowledged);
    ledger.set_max_bytes(None).unwrap();
    assert_eq!(ledger.reopen(), Ok(acknowledged));
    assert_eq!(append(&mut ledger, 7), Ok(acknowledged + 1));
    ledger.close().unwrap();
    assert_eq!(verify(&path).unwrap().rows, acknowledged + 1);
}

#[test]
fn a_closed_ledger_can_be_read_from_a_folder_that_cannot_be_written() {
    let folder = Folder::new("read-only");
    let path = folder.file("a %?b.ledger");
    make(&path, 20);
    let mut permissions = std::fs::metadata(folder.file("")).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(folder.file(""), permissions.clone()).unwrap();
    let rows = verify(&path).map(|v| v.rows);
    #[allow(clippy::permissions_set_readonly_false)] // a folder made for this test
    permissions.set_readonly(false);
    std::fs::set_permissions(folder.file(""), permissions).unwrap();
    assert_eq!(rows, Ok(20));
}
