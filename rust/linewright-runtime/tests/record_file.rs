//! A record cut off anywhere gives its longest whole prefix; other MCAP readers read it.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed unwrap is a failed test

mod record_support;

use std::path::Path;

use linewright_runtime::recorder::{Head, Item, RecordError, RecordReader, Recorder};
use record_support::{Folder, Random, finished, plan, record};

/// Loop, tick, value bits, qualities, hash.
type Cycle = (usize, u64, Vec<u64>, Vec<u8>, u64);

/// All cycles up to the end or the first fault.
fn read(path: &Path) -> (Vec<Cycle>, Result<Option<u64>, RecordError>) {
    let mut cycles = Vec::new();
    let mut reader = match RecordReader::open(path) {
        Ok(reader) => reader,
        Err(e) => return (cycles, Err(e)),
    };
    loop {
        match reader.next() {
            Ok(Some(Item::Cycle(c))) => {
                let bits = c.values.iter().map(|v| v.to_bits()).collect();
                cycles.push((c.loop_index, c.tick, bits, c.qualities.to_vec(), c.hash));
            }
            Ok(Some(_)) => {}
            Ok(None) => return (cycles, Ok(reader.truncated().map(|t| t.at_byte))),
            Err(e) => return (cycles, Err(e)),
        }
    }
}

#[test]
fn a_finished_record_is_whole_and_says_what_it_is() {
    let folder = Folder::new("whole");
    let path = folder.file("run.mcap");
    assert_eq!(finished(&path, 3, 3000), 4000);
    let (cycles, end) = read(&path);
    assert_eq!((cycles.len(), end), (4000, Ok(None)));
    let head = RecordReader::open(&path).unwrap().head().clone();
    assert_eq!(head.provenance["seed"], "3");
    assert_eq!(head.base_hz, 30);
    assert_eq!(head.plan_json, plan().json());
    assert_eq!(head.loops[1].slots[0], "input x.b [f.0]");
    assert_eq!(head.loops[1].slots.len(), cycles[1].2.len());
}

#[test]
fn other_readers_of_mcap_read_it() {
    let folder = Folder::new("mcap");
    let path = folder.file("run.mcap");
    finished(&path, 3, 900);
    let bytes = std::fs::read(&path).unwrap();
    let summary = mcap::Summary::read(&bytes).unwrap().unwrap();
    let counts = summary.stats.unwrap().channel_message_counts;
    assert_eq!(
        counts.values().sum::<u64>(),
        mcap::MessageStream::new(&bytes).unwrap().count() as u64
    );
    let mut topics: Vec<_> = summary.channels.values().map(|c| c.topic.clone()).collect();
    topics.sort();
    assert_eq!(
        topics,
        [
            "cycles/t.fast",
            "cycles/t.slow",
            "gaps",
            "keyframes",
            "params",
            "signals/t.fast",
            "signals/t.slow"
        ]
    );
    let mut last_time = 0;
    for message in mcap::MessageStream::new(&bytes).unwrap() {
        let message = message.unwrap();
        assert!(message.log_time >= last_time);
        last_time = message.log_time;
    }
    assert_eq!(last_time, 899 * 1_000_000_000 / 30);
}

#[test]
fn a_record_cut_off_anywhere_gives_its_longest_whole_prefix() {
    let folder = Folder::new("cut");
    let path = folder.file("run.mcap");
    finished(&path, 5, 300);
    let whole = std::fs::read(&path).unwrap();
    let (original, _) = read(&path);
    let (mut before, mut seen) = (0, std::collections::BTreeSet::new());
    let copy = folder.file("cut.mcap");
    for len in (0..whole.len()).step_by(7) {
        std::fs::write(&copy, &whole[..len]).unwrap();
        let (cycles, end) = read(&copy);
        assert_eq!(cycles[..], original[..cycles.len()], "cut at {len}");
        assert!(cycles.len() >= before, "a longer file holds no less: {len}");
        before = cycles.len();
        seen.insert(before);
        match end {
            Ok(Some(at)) => assert!(at <= len as u64, "cut at {len}: {at}"),
            Ok(None) => panic!("cut at {len} is not noticed"),
            Err(e) => {
                assert!(cycles.is_empty(), "cut at {len}: {e}");
                assert_eq!(e.exit_code(), 65, "cut at {len}: {e}");
            }
        }
    }
    assert_eq!(before, original.len(), "a record without its summary holds every cycle");
    assert_eq!(seen.len(), 11, "ten chunks of a second, one after the other: {seen:?}");
}

#[test]
fn a_killed_process_loses_at_most_a_second() {
    let folder = Folder::new("killed");
    let path = folder.file("run.mcap");
    let recorder = record(&path, 5, 1000);
    let (cycles, end) = read(&path);
    let last = cycles.last().unwrap().1;
    assert!(last >= 1000 - 2 - 30, "tick {last} of 999 is on its way to the disk");
    assert!(matches!(end, Ok(Some(_))), "{end:?}");
    drop(recorder);
    assert_eq!(read(&path).0.len(), 1334, "dropped in order, nothing is lost");
}

#[test]
fn any_flipped_bit_is_noticed_or_changes_nothing_and_nothing_panics() {
    let folder = Folder::new("flip");
    let path = folder.file("run.mcap");
    finished(&path, 9, 150);
    let whole = std::fs::read(&path).unwrap();
    let (original, _) = read(&path);
    let copy = folder.file("flip.mcap");
    let mut random = Random(77);
    let mut noticed = 0;
    let rounds = 4000;
    for _ in 0..rounds {
        let bit = random.below(whole.len() as u64 * 8) as usize;
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&copy, &bytes).unwrap();
        let (cycles, end) = read(&copy);
        assert_eq!(cycles[..], original[..cycles.len()], "bit {bit}");
        match end {
            Ok(None) => assert_eq!(cycles.len(), original.len(), "bit {bit}"),
            Ok(Some(_)) | Err(_) => noticed += 1,
        }
    }
    // Message indexes and summary are for viewers; replay does not read them.
    assert!(noticed * 2 > rounds, "{noticed} of {rounds}");
}

#[test]
fn random_bytes_are_refused_without_a_panic() {
    let folder = Folder::new("random");
    let path = folder.file("random.mcap");
    let mut random = Random(4);
    for round in 0..300 {
        let len = random.below(400) as usize;
        let mut bytes: Vec<u8> = (0..len).map(|_| random.next() as u8).collect();
        if round % 2 == 0 {
            let mut with_magic = mcap::MAGIC.to_vec();
            with_magic.extend([(random.below(16)) as u8]);
            with_magic.extend((bytes.len() as u64).to_le_bytes());
            with_magic.append(&mut bytes);
            bytes = with_magic;
        }
        std::fs::write(&path, &bytes).unwrap();
        let (cycles, end) = read(&path);
        assert!(cycles.is_empty());
        assert_eq!(end.unwrap_err().exit_code(), 65);
    }
}

#[test]
fn an_older_record_is_kept() {
    let folder = Folder::new("kept");
    let path = folder.file("run.mcap");
    for (seed, ticks) in [(1, 30), (2, 60), (3, 90)] {
        finished(&path, seed, ticks);
    }
    let seed = |name: &str| {
        let reader = RecordReader::open(folder.file(name)).unwrap();
        reader.head().provenance["seed"].clone()
    };
    assert_eq!([seed("run.1.mcap"), seed("run.2.mcap"), seed("run.mcap")], ["1", "2", "3"]);
}

#[test]
fn a_place_that_cannot_be_written_is_refused_and_named() {
    let folder = Folder::new("unwritable");
    let file = folder.file("file");
    std::fs::write(&file, "x").unwrap();
    let head = Head::new(&plan(), false, Default::default());
    for path in [folder.file("none/run.mcap"), file.join("run.mcap")] {
        let refused = Recorder::create(&path, &head).unwrap_err();
        assert!(matches!(refused, RecordError::NotWritable { .. }), "{refused:?}");
        assert!(refused.to_string().contains("run.mcap"), "{refused}");
    }
    assert!(matches!(read(&folder.file("missing")).1, Err(RecordError::Missing { .. })));
}

#[test]
fn a_loop_that_is_not_in_the_record_is_refused_and_the_record_goes_on() {
    let folder = Folder::new("loop");
    let path = folder.file("run.mcap");
    let mut recorder = record(&path, 1, 30);
    assert!(recorder.cycle(9, 31, &[], &[], 0).is_err());
    assert!(recorder.is_healthy());
    assert_eq!(recorder.finish(), Ok(40));
}

const PATH: &str = "RECORD_OF_THE_LIMITED_PROCESS";

/// Not a test by itself: records under a file size limit until the disk is "full".
#[test]
#[ignore = "started by another test as a process of its own"]
fn limited_process() {
    let Some(path) = std::env::var_os(PATH) else { return };
    let mut recorder = record(Path::new(&path), 1, 300);
    let error = (300..).find_map(|tick| recorder.cycle(0, tick, &[1.0], &[0], 7).err());
    let full = RecordError::Full { path: Path::new(&path).to_path_buf() };
    assert_eq!(error, Some(full));
    assert!(!recorder.is_healthy());
    let failed = RecordError::Failed { path: Path::new(&path).to_path_buf() };
    assert_eq!(recorder.cycle(0, 0, &[1.0], &[0], 7), Err(failed));
}

/// A file that may not grow beyond 200 KiB stands for a disk without space.
#[test]
fn a_full_disk_ends_the_record_and_what_was_flushed_stays_readable() {
    let folder = Folder::new("full");
    let path = folder.file("run.mcap");
    let this = std::env::current_exe().unwrap();
    let run = "trap '' XFSZ; ulimit -f 400; exec \"$0\" --ignored --exact limited_process";
    let status = std::process::Command::new("sh")
        .args(["-c", run])
        .arg(this)
        .env(PATH, &path)
        .status()
        .unwrap();
    assert!(status.success());
    let (cycles, end) = read(&path);
    assert!(cycles.len() > 400, "{}", cycles.len());
    assert!(matches!(end, Ok(Some(_))), "{end:?}");
}
