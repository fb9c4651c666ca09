//! A recorded run replays bit for bit; a changed input is named.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)] // a failed unwrap is a failed test

mod record_support;

use std::path::Path;

use linewright_runtime::clock::monotonic_ns;
use linewright_runtime::recorder::{Field, Head, Item, RecordError, RecordReader, Recorder};
use linewright_runtime::replay::{ReplayError, Span, verify, verify_with};
use record_support::{Folder, Random, finished, plan, record};

fn replays(ticks: u64) {
    let folder = Folder::new("replays");
    let path = folder.file("run.mcap");
    let began_ns = monotonic_ns();
    let since_s = || (monotonic_ns() - began_ns) as f64 * 1e-9;
    let cycles = finished(&path, 42, ticks);
    let recorded_s = since_s();
    let (mut calls, mut last) = (0_u64, (0, 0));
    let report = verify_with(&path, Span::ALL, |progress| {
        assert!(progress.cycles >= last.0 && progress.bytes >= last.1);
        assert!(progress.bytes <= progress.total_bytes);
        last = (progress.cycles, progress.bytes);
        calls += 1;
    })
    .unwrap();
    assert_eq!(report.cycles, cycles);
    assert_eq!(report.ticks, Some((0, ticks - 1)));
    assert_eq!(report.truncated, None);
    assert!(report.param_changes > 20, "{report:?}");
    assert!(calls > ticks / 30, "progress is told chunk by chunk: {calls}");
    assert_eq!(last.0, cycles);
    let (replayed_s, mib) = (since_s() - recorded_s, last.1 >> 20);
    eprintln!(
        "{cycles} cycles, {mib} MiB: recorded in {recorded_s:.1} s, replayed in {replayed_s:.1} s"
    );
}

#[test]
fn a_hundred_thousand_cycles_replay_bit_for_bit() {
    replays(75_000);
}

#[test]
#[ignore = "soak: ten million cycles, about 2 GB on disk while it runs"]
fn ten_million_cycles_replay_bit_for_bit() {
    replays(7_500_000);
}

/// Copies a record through `change`, with new checks: what a faulty recorder would have written.
fn rewritten(
    from: &Path,
    to: &Path,
    mut change: impl FnMut(usize, u64, &mut Vec<f64>, &mut Vec<u8>, &mut u64) -> bool,
    keep_params: bool,
) {
    let mut reader = RecordReader::open(from).unwrap();
    let head: Head = reader.head().clone();
    let mut out = Recorder::create(to, &head).unwrap();
    while let Some(item) = reader.next().unwrap() {
        match item {
            Item::Params { tick, epoch, values } => {
                if keep_params {
                    out.params(tick, epoch, values).unwrap();
                }
            }
            Item::Cycle(c) => {
                let (mut values, mut qualities) = (c.values.to_vec(), c.qualities.to_vec());
                let mut hash = c.hash;
                if change(c.loop_index, c.tick, &mut values, &mut qualities, &mut hash) {
                    out.cycle(c.loop_index, c.tick, &values, &qualities, hash).unwrap();
                }
            }
            Item::Keyframe { tick, state, .. } => out.keyframe(tick, state).unwrap(),
            Item::Gap { first_tick, last_tick, cycles } => {
                out.gap(first_tick, last_tick, cycles).unwrap();
            }
        }
    }
    out.finish().unwrap();
}

/// Tick and loop of the divergence after `change`.
fn divergence(
    change: impl FnMut(usize, u64, &mut Vec<f64>, &mut Vec<u8>, &mut u64) -> bool,
) -> (u64, String) {
    let folder = Folder::new("diverges");
    let (path, copy) = (folder.file("run.mcap"), folder.file("copy.mcap"));
    finished(&path, 6, 600);
    rewritten(&path, &copy, change, true);
    match verify(&copy) {
        Err(ReplayError::Divergence(d)) => {
            let text = d.to_string();
            assert!(text.contains(&format!("tick {}", d.tick)) && text.contains(&d.loop_name));
            (d.tick, d.loop_name)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_changed_computation_is_told_from_a_changed_record() {
    // One unit in the last place of one input, with checks that fit: only the hash can tell.
    let ulp = divergence(|loop_i, tick, values, _, _| {
        if loop_i == 1 && tick == 200 {
            values[0] = f64::from_bits(values[0].to_bits() ^ 1);
        }
        true
    });
    assert_eq!(ulp, (200, "t.fast".to_owned()));
    let quality = divergence(|loop_i, tick, _, qualities, _| {
        if loop_i == 0 && tick == 300 {
            qualities[0] ^= 1;
        }
        true
    });
    assert_eq!(quality, (300, "t.slow".to_owned()));
    let hash = divergence(|loop_i, tick, _, _, hash| {
        if loop_i == 1 && tick == 599 {
            *hash ^= 1 << 63;
        }
        true
    });
    assert_eq!(hash, (599, "t.fast".to_owned()));
    // A cycle left out: the filter's memory differs at the next one.
    let missing = divergence(|loop_i, tick, _, _, _| !(loop_i == 0 && tick == 90));
    assert_eq!(missing, (93, "t.slow".to_owned()));
}

#[test]
fn a_parameter_change_that_is_not_applied_is_noticed() {
    let folder = Folder::new("params");
    let (path, copy) = (folder.file("run.mcap"), folder.file("copy.mcap"));
    finished(&path, 8, 3000);
    assert!(verify(&path).unwrap().param_changes > 0);
    rewritten(&path, &copy, |_, _, _, _, _| true, false);
    assert!(matches!(verify(&copy), Err(ReplayError::Divergence(_))));
    rewritten(&path, &copy, |_, _, _, _, _| true, true);
    assert!(verify(&copy).is_ok());
}

/// Every field of every cycle of the record file: where its bytes stand.
fn messages(bytes: &[u8]) -> Vec<(usize, usize, usize)> {
    let mut found = Vec::new();
    let mut at = mcap::MAGIC.len();
    let u64_at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    while at + 9 < bytes.len() {
        let (opcode, len) = (bytes[at], u64_at(at + 1));
        if opcode == 0x06 {
            // Chunk: two times, size, CRC, compression (length 0), size, then its records.
            let (mut inner, end) = (at + 9 + 8 + 8 + 8 + 4 + 4 + 8, at + 9 + len);
            while inner < end {
                let (opcode, len) = (bytes[inner], u64_at(inner + 1));
                if opcode == 0x05 {
                    let id = u16::from_le_bytes([bytes[inner + 9], bytes[inner + 10]]);
                    found.push((usize::from(id), inner + 9 + 22, inner + 9 + len));
                }
                inner += 9 + len;
            }
        }
        if opcode == 0x0F {
            break;
        }
        at += 9 + len;
    }
    found
}

#[test]
fn one_flipped_bit_in_any_recorded_input_is_named_with_its_slot() {
    let folder = Folder::new("flip");
    let (path, copy) = (folder.file("run.mcap"), folder.file("copy.mcap"));
    finished(&path, 12, 2000);
    let whole = std::fs::read(&path).unwrap();
    let places = messages(&whole);
    assert!(places.len() > 2600, "{}", places.len());
    let head = RecordReader::open(&path).unwrap().head().clone();
    let mut random = Random(31);
    for round in 0..1500 {
        let (id, from, to) = places[random.below(places.len() as u64) as usize];
        // Channels: cycles and signals of each loop in turn, then all else.
        let loop_i = (id - 1) / 2;
        if id % 2 == 0 || loop_i >= head.loops.len() {
            continue; // for a viewer, or a parameter change
        }
        let n = (to - from - 36) / 9;
        assert_eq!(n, head.loops[loop_i].slots.len());
        let bit = random.below(9 * n as u64 * 8) as usize;
        let at = from + 12 + bit / 8;
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (bit % 8);
        std::fs::write(&copy, &bytes).unwrap();
        let error = verify(&copy).unwrap_err();
        assert_eq!(error.exit_code(), 65);
        let ReplayError::Record(RecordError::Damaged { place: Some(place), .. }) = &error else {
            panic!("round {round}: {error}");
        };
        let slot = if bit / 8 < 8 * n { bit / 64 } else { bit / 8 - 8 * n };
        let field = if bit / 8 < 8 * n { Field::Value(slot) } else { Field::Quality(slot) };
        assert_eq!(place.field, field, "round {round}: {error}");
        assert_eq!(place.slot.as_ref(), Some(&head.loops[loop_i].slots[slot]));
        assert_eq!(place.loop_name, head.loops[loop_i].name);
        assert_eq!(place.tick, u64::from_le_bytes(whole[from..from + 8].try_into().unwrap()));
        assert!(place.chunk_crc_differs, "the chunk's CRC notices it too");
        let written = place.written_found.unwrap().0;
        if let Field::Value(i) = field {
            let start = from + 12 + 8 * i;
            let bits = u64::from_le_bytes(whole[start..start + 8].try_into().unwrap());
            assert_eq!(written.to_bits(), bits, "the written value is known");
        }
    }
}

#[test]
fn a_truncated_record_replays_as_far_as_it_goes() {
    let folder = Folder::new("truncated");
    let (path, copy) = (folder.file("run.mcap"), folder.file("copy.mcap"));
    finished(&path, 2, 900);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&copy, &whole[..whole.len() / 2]).unwrap();
    let report = verify(&copy).unwrap();
    let truncated = report.truncated.unwrap();
    assert!(report.cycles > 300 && report.cycles < 700, "{}", report.cycles);
    assert!(truncated.at_byte <= whole.len() as u64 / 2);
    assert_eq!(truncated.after.as_ref().unwrap().1, report.ticks.unwrap().1);
    assert!(truncated.to_string().contains("truncated at byte"), "{truncated}");
}

#[test]
fn another_plan_is_refused() {
    let folder = Folder::new("plan");
    let path = folder.file("run.mcap");
    let mut head = Head::new(&plan(), false, Default::default());
    head.plan_json = head.plan_json.replace("\"h\":5.0", "\"h\":6.0");
    Recorder::create(&path, &head).unwrap().finish().unwrap();
    let error = verify(&path).unwrap_err();
    assert!(
        matches!(&error, ReplayError::Plan { reason, .. } if reason.contains("hash")),
        "{error}"
    );
    assert_eq!(error.exit_code(), 65);
    head.plan_json = "{}".to_owned();
    Recorder::create(&path, &head).unwrap().finish().unwrap();
    assert!(matches!(verify(&path), Err(ReplayError::Plan { .. })));
}

#[test]
fn two_runs_of_one_seed_give_the_same_bytes() {
    let folder = Folder::new("same");
    let (a, b, c) = (folder.file("a.mcap"), folder.file("b.mcap"), folder.file("c.mcap"));
    drop((record(&a, 4, 500), record(&b, 4, 500), record(&c, 5, 500)));
    let [a, b, c] = [a, b, c].map(|path| std::fs::read(path).unwrap());
    assert_eq!(a, b);
    assert_ne!(a, c);
}
