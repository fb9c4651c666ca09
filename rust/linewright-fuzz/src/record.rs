//! Records with changed bytes, and records whose every check fits but whose messages are any bytes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use linewright_runtime::exec::{
    Executor, MailboxSlot, Profile, Quality, Reading, Sinks, Sources, Written,
};
use linewright_runtime::plan::Plan;
use linewright_runtime::recorder::{Head, Item, RecordReader, Recorder, parts};
use linewright_runtime::replay::verify;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::folder::Folder;
use crate::line;
use crate::steps::{Steps, changed, piece};

const MAGIC: usize = 8;
const FRAME: usize = 9;
const CHUNK_HEAD: usize = 40;
const MESSAGE_HEAD: usize = 22;
/// Operation codes of MCAP.
const CHANNEL: u8 = 4;
const MESSAGE: u8 = 5;
const CHUNK: u8 = 6;

/// A finished record and what is needed to make others like it.
struct Whole {
    bytes: Vec<u8>,
    /// Where the first chunk ends: head and channels.
    begin: usize,
    /// Topic of each channel.
    topics: BTreeMap<u16, String>,
    /// Channel and bytes of its messages, guard and all.
    messages: Vec<(u16, Vec<u8>)>,
}

struct Tape<'a>(&'a mut Recorder, u64);

impl Sinks for Tape<'_> {
    fn output(&mut self, _: usize, _: f64, _: Quality) {}
    fn event(&mut self, _: usize, _: &[f64]) {}
    fn tap(&mut self, _: usize, _: f64, _: Quality) {}
    fn map_point(&mut self, _: usize, _: f64, _: f64, _: Quality) {}
    fn cycle(&mut self, i: usize, slots: &[f64], qualities: &[u8], sources: usize, hash: u64) {
        self.0.cycle(i, self.1, &slots[..sources], &qualities[..sources], hash).unwrap();
    }
}

fn make(path: &Path) {
    let plan = Plan::from_json(&line::plan().to_string()).unwrap();
    let mut executor = Executor::new(&plan).unwrap();
    let mut recorder = Recorder::create(path, &Head::new(&plan, false, BTreeMap::new())).unwrap();
    let mut state = vec![0; executor.state_len()];
    let (mailboxes, profiles) = ([MailboxSlot::default()], [Profile::default()]);
    let (params, written) = (plan.start_values(), [Written::default()]);
    for tick in 0..45 {
        let value = tick as f64 * 0.1;
        let inputs = [Reading { value, quality: Quality::Good, tick }; 2];
        let sources = Sources {
            inputs: &inputs,
            mailboxes: &mailboxes,
            profiles: &profiles,
            params: &params,
            written: &written,
        };
        executor.run_due(tick, &sources, &mut Tape(&mut recorder, tick));
        if tick == 20 {
            recorder.params(tick, 1, &[(0, 8.0)]).unwrap();
        }
        if tick == 30 {
            assert!(executor.save(&mut state));
            recorder.keyframe(tick, &state).unwrap();
        }
    }
    recorder.gap(45, 50, 6).unwrap();
    recorder.finish().unwrap();
}

/// Operation code and body of each MCAP record from `at` on.
fn records(bytes: &[u8], mut at: usize) -> impl Iterator<Item = (u8, usize, &[u8])> {
    std::iter::from_fn(move || {
        let frame = bytes.get(at..at + FRAME)?;
        let len = u64::from_le_bytes(frame[1..].try_into().unwrap()) as usize;
        let body = bytes.get(at + FRAME..at + FRAME + len)?;
        at += FRAME + len;
        Some((frame[0], at, body))
    })
}

fn whole() -> &'static Whole {
    static WHOLE: OnceLock<Whole> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let scratch = Folder::in_memory("fuzz");
        let path = scratch.file("run.mcap");
        make(&path);
        let bytes = std::fs::read(path).unwrap();
        let (mut begin, mut topics, mut messages) = (0, BTreeMap::new(), Vec::new());
        for (code, end, body) in records(&bytes, MAGIC).filter(|(code, ..)| *code == CHUNK) {
            assert_eq!(code, CHUNK);
            begin = if begin == 0 { end } else { begin };
            for (code, _, body) in records(&body[CHUNK_HEAD..], 0) {
                let id = u16::from_le_bytes([body[0], body[1]]);
                if code == CHANNEL {
                    let len = u32::from_le_bytes(body[4..8].try_into().unwrap()) as usize;
                    topics.insert(id, String::from_utf8_lossy(&body[8..8 + len]).into_owned());
                } else if code == MESSAGE {
                    messages.push((id, body[MESSAGE_HEAD..].to_vec()));
                }
            }
        }
        Whole { bytes, begin, topics, messages }
    })
}

/// What the checks of a channel's messages are seeded with (`docs/record.md`).
fn seed(topic: &str) -> u64 {
    match topic {
        "params" => u64::MAX,
        "keyframes" => u64::MAX - 1,
        "gaps" => u64::MAX - 2,
        "cycles/coater.flow" => 1,
        _ => 0,
    }
}

/// XOR of the places of all set bits, their parity in the top bit.
fn locator(bytes: &[u8]) -> u64 {
    let places = (0..bytes.len() * 8).filter(|at| bytes[at / 8] >> (at % 8) & 1 == 1);
    places.fold(0, |sum, at| sum ^ at as u64 ^ 1 << 63)
}

/// A record of one chunk behind the head: each step a channel and a message, whose checks are made.
fn of_messages(steps: &mut Steps<'_>) -> Vec<u8> {
    let of = whole();
    let mut sequences: BTreeMap<u16, u32> = BTreeMap::new();
    let mut data = Vec::new();
    while steps.left() {
        let which = usize::from(steps.byte()) % of.topics.len();
        let (id, topic) = of.topics.iter().nth(which).unwrap();
        let mut message = steps.piece().to_vec();
        let check = xxh3_64_with_seed(&message, seed(topic));
        let place = locator(&message);
        message.extend([check.to_le_bytes(), place.to_le_bytes()].concat());
        let sequence = sequences.entry(*id).or_default();
        data.push(MESSAGE);
        data.extend(((MESSAGE_HEAD + message.len()) as u64).to_le_bytes());
        data.extend(id.to_le_bytes());
        data.extend(sequence.to_le_bytes());
        data.extend([0; 16]);
        data.extend(message);
        *sequence += 1;
    }
    let mut out = of.bytes[..of.begin].to_vec();
    out.push(CHUNK);
    out.extend(((CHUNK_HEAD + data.len()) as u64).to_le_bytes());
    out.extend([0; 16]);
    out.extend((data.len() as u64).to_le_bytes());
    out.extend(crc32fast::hash(&data).to_le_bytes());
    out.extend([0; 4]);
    out.extend((data.len() as u64).to_le_bytes());
    out.extend(data);
    out
}

fn read(reader: &mut RecordReader) {
    let mut cycles = 0;
    while let Ok(Some(item)) = reader.next() {
        if let Item::Cycle(cycle) = item {
            assert_eq!(cycle.values.len(), cycle.qualities.len());
            cycles += 1;
        }
    }
    assert_eq!(reader.cycles(), cycles);
    if let Some(place) = reader.truncated() {
        assert!(place.at_byte <= reader.progress().1, "{place}");
    }
}

pub fn run(data: &[u8]) {
    let mut steps = Steps(data);
    let bytes = match steps.byte() % 3 {
        0 => changed(&whole().bytes, &mut steps),
        1 => steps.0.to_vec(),
        _ => of_messages(&mut steps),
    };
    let scratch = Folder::in_memory("fuzz");
    let path = scratch.file("run.mcap");
    std::fs::write(&path, bytes).unwrap();
    let Ok(mut reader) = RecordReader::open(&path) else { return };
    read(&mut reader);
    for tick in [0, 30, u64::MAX] {
        let mut reader = RecordReader::open(&path).unwrap();
        if reader.seek(tick).is_ok() {
            read(&mut reader);
        }
    }
    let _ = parts(&path);
    match verify(&path) {
        Ok(_) => {}
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

pub fn examples() -> Vec<Vec<u8>> {
    let of = whole();
    let mut steps = vec![2];
    let mut out = vec![vec![0], vec![0, 0, 0, 9, 0, 1], vec![0, 1, 0, 9, 0, 0, 0, 0, 0, 0]];
    for (id, message) in of.messages.iter().take(24) {
        let which = of.topics.keys().position(|of| of == id).unwrap() as u8;
        steps.push(which);
        steps.extend(piece(&message[..message.len() - 16]));
    }
    for (topic, id) in of.topics.iter().map(|(id, topic)| (topic, id)) {
        if let Some((_, message)) = of.messages.iter().find(|(of, _)| of == id) {
            let which = of.topics.values().position(|of| of == topic).unwrap() as u8;
            out.push(
                [&[2, which][..], &piece(&message[..message.len().saturating_sub(16)])].concat(),
            );
        }
    }
    out.push(steps);
    out
}
