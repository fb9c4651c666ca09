//! Reading a record, whole or cut off.

mod seek;

pub use self::seek::parts;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use mcap::parse_record;
use mcap::records::{Record, op};

use super::message::{self, Damage, Field};
use super::{Head, Place, RecordError, head};

/// Opcode and length before every MCAP record.
const FRAME: usize = 9;
/// MCAP's message header: channel 2, sequence 4, two times of 8.
const MESSAGE_HEADER: usize = 22;

/// One cycle of one loop, as recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cycle<'a> {
    /// Index of the loop in [`Head::loops`].
    pub loop_index: usize,
    /// Base tick.
    pub tick: u64,
    /// Recorded slots, source slots first.
    pub values: &'a [f64],
    /// Their qualities.
    pub qualities: &'a [u8],
    /// The executor's hash over all slots.
    pub hash: u64,
}

/// The next thing in a record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Item<'a> {
    /// A cycle.
    Cycle(Cycle<'a>),
    /// A parameter change, before the cycles of its tick.
    Params {
        /// Base tick it takes effect in.
        tick: u64,
        /// Parameter epoch after it.
        epoch: u64,
        /// Index in `Plan::params()` and new value.
        values: &'a [(u16, f64)],
    },
    /// What the executor remembers after the cycles of a tick.
    Keyframe {
        /// Base tick.
        tick: u64,
        /// Parameter epoch.
        epoch: u64,
        /// Parameters that are not as in the plan: index in `Plan::params()` and value.
        params: &'a [(u16, f64)],
        /// As [`crate::exec::Executor::save`] gave it.
        state: &'a [u8],
    },
    /// Cycles are missing; a keyframe follows.
    Gap {
        /// First tick with a missing cycle.
        first_tick: u64,
        /// Last tick in which one may be missing.
        last_tick: u64,
        /// How many.
        cycles: u64,
    },
}

/// Where a record was cut off: everything before is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truncated {
    /// First byte that is not part of a whole chunk.
    pub at_byte: u64,
    /// Loop and tick of the last cycle read; none when the record holds none.
    pub after: Option<(String, u64)>,
}

impl std::fmt::Display for Truncated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "truncated at byte {}", self.at_byte)?;
        match &self.after {
            Some((name, tick)) => write!(f, " after tick {tick} of loop {name}"),
            None => f.write_str(" before the first cycle"),
        }
    }
}

/// What a channel of the file carries.
#[derive(Debug, Clone, Copy)]
struct Channel {
    kind: Kind,
    /// None until the first message after a jump.
    next_sequence: Option<u32>,
}

/// See [`Channel`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Loop(usize),
    Params,
    Keyframes,
    Gaps,
    /// For viewers alone.
    Signals,
}

impl Kind {
    /// What its messages' checks are seeded with.
    fn seed(self) -> u64 {
        match self {
            Self::Loop(i) => i as u64,
            Self::Params => message::PARAMS_SEED,
            Self::Keyframes => message::KEYFRAME_SEED,
            Self::Gaps | Self::Signals => message::GAP_SEED,
        }
    }
}

/// Reads a record from its start; memory does not grow with its length.
#[derive(Debug)]
pub struct RecordReader {
    input: BufReader<File>,
    path: PathBuf,
    len: u64,
    /// Byte after the last record taken.
    offset: u64,
    head: Head,
    channels: BTreeMap<u16, Channel>,
    /// Body of the open chunk: `chunk[at..]` is still to be read.
    chunk: Vec<u8>,
    at: usize,
    /// Byte of the file where the chunk's record starts, and where `chunk` starts.
    chunk_start: u64,
    data_start: u64,
    crc_differs: bool,
    values: Vec<f64>,
    qualities: Vec<u8>,
    params: Vec<(u16, f64)>,
    last: Option<(usize, u64)>,
    cycles: u64,
    /// The file ends as a finished record does.
    finished: bool,
    truncated: Option<u64>,
    done: bool,
    jumped: bool,
}

/// What is decoded into the reader's buffers.
enum Found {
    Cycle {
        loop_index: usize,
        tick: u64,
        hash: u64,
    },
    Params {
        tick: u64,
        epoch: u64,
    },
    /// The state stands at these places of the chunk.
    Keyframe {
        tick: u64,
        epoch: u64,
        from: usize,
        to: usize,
    },
    Gap {
        first_tick: u64,
        last_tick: u64,
        cycles: u64,
    },
}

impl RecordReader {
    /// Opens `path` and reads its head.
    ///
    /// # Errors
    /// Missing, not a record, damaged or cut off before the plan.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, RecordError> {
        let path = path.as_ref().to_path_buf();
        let mut file = File::open(&path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => RecordError::Missing { path: path.clone() },
            _ => RecordError::from_io(&path, &e),
        })?;
        let (len, finished) = measure(&mut file).map_err(|e| RecordError::from_io(&path, &e))?;
        let mut reader = Self {
            input: BufReader::with_capacity(1 << 16, file),
            path,
            len,
            offset: 0,
            head: Head::default(),
            channels: BTreeMap::new(),
            chunk: Vec::new(),
            at: 0,
            chunk_start: 0,
            data_start: 0,
            crc_differs: false,
            values: Vec::new(),
            qualities: Vec::new(),
            params: Vec::new(),
            last: None,
            cycles: 0,
            finished,
            truncated: None,
            done: false,
            jumped: false,
        };
        reader.read_head()?;
        Ok(reader)
    }

    /// Plan and provenance.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// Cycles read so far.
    #[must_use]
    pub const fn cycles(&self) -> u64 {
        self.cycles
    }

    /// Bytes read so far, and in all.
    #[must_use]
    pub const fn progress(&self) -> (u64, u64) {
        (self.offset, self.len)
    }

    /// After the last item: where the record was cut off, if it was not finished in order.
    #[must_use]
    pub fn truncated(&self) -> Option<Truncated> {
        let after = self.last.map(|(i, tick)| (self.loop_name(i), tick));
        self.truncated.map(|at_byte| Truncated { at_byte, after })
    }

    /// The next item; none at the end, or where the record was cut off.
    ///
    /// # Errors
    /// Damage, with its place; what was given before is as it was written.
    #[allow(clippy::should_implement_trait)] // lends its buffers, which an Iterator cannot
    pub fn next(&mut self) -> Result<Option<Item<'_>>, RecordError> {
        let found = loop {
            if self.done {
                return Ok(None);
            }
            if self.at >= self.chunk.len() {
                self.check_chunk_end()?;
                if !self.load_chunk()? {
                    self.done = true;
                }
            } else if let Some(found) = self.take_record()? {
                break found;
            }
        };
        Ok(Some(match found {
            Found::Cycle { loop_index, tick, hash } => {
                let (values, qualities) = (&self.values[..], &self.qualities[..]);
                Item::Cycle(Cycle { loop_index, tick, values, qualities, hash })
            }
            Found::Params { tick, epoch } => Item::Params { tick, epoch, values: &self.params },
            Found::Keyframe { tick, epoch, from, to } => Item::Keyframe {
                tick,
                epoch,
                params: &self.params,
                state: self.chunk.get(from..to).unwrap_or_default(),
            },
            Found::Gap { first_tick, last_tick, cycles } => {
                Item::Gap { first_tick, last_tick, cycles }
            }
        }))
    }

    /// Magic, header and metadata.
    fn read_head(&mut self) -> Result<(), RecordError> {
        let mut magic = [0; mcap::MAGIC.len()];
        let whole = self.len >= magic.len() as u64;
        if whole {
            self.read(&mut magic)?;
        }
        if !whole || magic != mcap::MAGIC {
            let reason = "it does not start as an MCAP file".to_owned();
            return Err(RecordError::NotARecord { path: self.path.clone(), reason });
        }
        let mut body = Vec::new();
        loop {
            let start = self.offset;
            let Some(opcode) = self.read_record(&mut body)? else {
                return Err(self.damaged(start, "it ends before the plan".to_owned()));
            };
            match (opcode, parse_record(opcode, &body)) {
                (op::HEADER, Ok(Record::Header(_))) => {}
                (op::METADATA, Ok(Record::Metadata(found))) if found.name == head::NAME => {
                    self.head =
                        Head::from_map(found.metadata).map_err(|e| self.damaged(start, e))?;
                    return Ok(());
                }
                _ => {
                    let reason = "no plan where it should stand".to_owned();
                    return Err(self.damaged(start, reason));
                }
            }
        }
    }

    /// Finds the next chunk; false at the end of the data.
    fn load_chunk(&mut self) -> Result<bool, RecordError> {
        let mut body = std::mem::take(&mut self.chunk);
        self.at = 0;
        loop {
            let start = self.offset;
            let Some(opcode) = self.read_record(&mut body)? else {
                if self.finished {
                    let reason = "a length that reaches beyond the end of the record".to_owned();
                    return Err(self.damaged(start, reason));
                }
                self.truncated = Some(start);
                return Ok(false);
            };
            match opcode {
                // Metadata: the counts at the end, for a person.
                op::MESSAGE_INDEX | op::METADATA => {}
                op::DATA_END => {
                    // Cut off within the summary: no cycle is lost, but the end is not in order.
                    self.truncated = (!self.finished).then_some(start);
                    return Ok(false);
                }
                op::CHUNK => {
                    let Ok(Record::Chunk { header, data }) = parse_record(opcode, &body) else {
                        return Err(self.damaged(start, "a chunk that cannot be read".to_owned()));
                    };
                    let whole = header.compression.is_empty()
                        && header.compressed_size == header.uncompressed_size
                        && data.len() as u64 == header.compressed_size;
                    let skip = body.len() - data.len();
                    if !whole {
                        return Err(self.damaged(start, "chunk header was changed".to_owned()));
                    }
                    self.crc_differs = crc32fast::hash(&data) != header.uncompressed_crc;
                    drop(data);
                    self.chunk_start = start;
                    self.data_start = start + FRAME as u64;
                    self.chunk = body;
                    self.at = skip;
                    return Ok(true);
                }
                other => {
                    let reason = format!("a record of unexpected kind {other:#04x}");
                    return Err(self.damaged(start, reason));
                }
            }
        }
    }

    /// A chunk whose CRC differs although none of its cycles does.
    fn check_chunk_end(&self) -> Result<(), RecordError> {
        if self.crc_differs {
            let reason = "CRC of the chunk differs, its cycles are whole".to_owned();
            return Err(self.damaged(self.chunk_start, reason));
        }
        Ok(())
    }

    /// Takes the next record of the chunk; none for what is not a message.
    fn take_record(&mut self) -> Result<Option<Found>, RecordError> {
        let start = self.at;
        let Some((opcode, from, to)) = self.bounds() else {
            return Err(self.damaged_here(start, "a record longer than its chunk"));
        };
        self.at = to;
        match opcode {
            op::SCHEMA => Ok(None),
            op::CHANNEL => self.take_channel(start, from, to).map(|()| None),
            op::MESSAGE if to - from >= MESSAGE_HEADER => self.take_message(start, from, to),
            _ => Err(self.damaged_here(start, "a record of unexpected kind")),
        }
    }

    /// Opcode and body of the record at `self.at`.
    fn bounds(&self) -> Option<(u8, usize, usize)> {
        let from = self.at + FRAME;
        let frame = self.chunk.get(self.at..from)?;
        let len = usize::try_from(message::u64_at(frame, 1)).ok()?;
        let to = from.checked_add(len).filter(|to| *to <= self.chunk.len())?;
        Some((frame[0], from, to))
    }

    fn take_channel(&mut self, start: usize, from: usize, to: usize) -> Result<(), RecordError> {
        let Ok(Record::Channel(found)) = parse_record(op::CHANNEL, &self.chunk[from..to]) else {
            return Err(self.damaged_here(start, "a channel that cannot be read"));
        };
        let kind = match found.topic.as_str() {
            head::PARAMS => Kind::Params,
            head::KEYFRAMES => Kind::Keyframes,
            head::GAPS => Kind::Gaps,
            topic if topic.starts_with(head::SIGNALS) => Kind::Signals,
            topic => {
                let name = topic.strip_prefix(head::CYCLES);
                let index = self.head.loops.iter().position(|of| Some(of.name.as_str()) == name);
                Kind::Loop(index.ok_or_else(|| {
                    self.damaged_here(start, &format!("channel {topic} of no loop"))
                })?)
            }
        };
        self.channels.insert(found.id, Channel { kind, next_sequence: Some(0) });
        Ok(())
    }

    fn take_message(
        &mut self,
        start: usize,
        from: usize,
        to: usize,
    ) -> Result<Option<Found>, RecordError> {
        let data = from + MESSAGE_HEADER;
        let id = u16::from_le_bytes([self.chunk[from], self.chunk[from + 1]]);
        let sequence = message::u32_at(&self.chunk, from + 2);
        let Some(channel) = self.channels.get_mut(&id) else {
            return Err(self.damaged_here(start, &format!("a message of unknown channel {id}")));
        };
        let expected = channel.next_sequence.unwrap_or(sequence);
        channel.next_sequence = Some(expected.wrapping_add(1));
        let kind = channel.kind;
        if kind == Kind::Signals {
            return Ok(None);
        }
        let guarded = match message::check(&self.chunk[data..to], kind.seed()) {
            Ok(guarded) => guarded,
            Err(damage) => return Err(self.damaged_message(kind, data, to, &damage)),
        };
        let found = match kind {
            Kind::Loop(loop_index) => {
                message::decode(guarded, &mut self.values, &mut self.qualities)
                    .map(|got| Found::Cycle { loop_index, tick: got.tick, hash: got.hash })
            }
            Kind::Params => message::decode_params(guarded, &mut self.params)
                .map(|(tick, epoch)| Found::Params { tick, epoch }),
            Kind::Keyframes => {
                message::decode_keyframe(guarded, &mut self.params).map(|(tick, epoch, state)| {
                    let (from, to) = (data + state, data + guarded.len());
                    Found::Keyframe { tick, epoch, from, to }
                })
            }
            Kind::Gaps | Kind::Signals => message::decode_gap(guarded).map(|gap| {
                let (first_tick, last_tick, cycles) = gap;
                Found::Gap { first_tick, last_tick, cycles }
            }),
        };
        let Some(found) = found else {
            return Err(self.damaged_here(start, "a message whose length does not fit"));
        };
        if sequence != expected {
            let reason = format!("message {sequence} where {expected} should stand");
            return Err(self.damaged_here(start, &reason));
        }
        if let Found::Cycle { loop_index, tick, .. } = found {
            self.last = Some((loop_index, tick));
            self.cycles += 1;
        }
        Ok(Some(found))
    }

    /// Names loop, tick, slot and value of a changed message.
    fn damaged_message(&self, kind: Kind, data: usize, to: usize, damage: &Damage) -> RecordError {
        let at = self.data_start + data as u64;
        let what = match kind {
            Kind::Loop(_) => "a cycle",
            Kind::Params => "a parameter change",
            Kind::Keyframes => "a keyframe",
            Kind::Gaps | Kind::Signals => "the note of a gap",
        };
        let Kind::Loop(index) = kind else {
            return self.damaged(at, format!("{what} was changed after it was written"));
        };
        let message = &self.chunk[data..to];
        let (mut values, mut qualities) = (Vec::new(), Vec::new());
        let written = damage
            .mended
            .as_deref()
            .and_then(|bytes| message::decode(bytes, &mut values, &mut qualities));
        let slot_index = match damage.field {
            Field::Value(i) | Field::Quality(i) => Some(i),
            _ => None,
        };
        let written_found = match damage.field {
            Field::Value(i) => values.get(i).map(|written| {
                (*written, f64::from_bits(message::u64_at(message, message::HEAD + 8 * i)))
            }),
            Field::Quality(i) => qualities.get(i).map(|written| {
                let found = message[message::HEAD + 8 * qualities.len() + i];
                (f64::from(*written), f64::from(found))
            }),
            _ => None,
        };
        let found_tick = if message.len() >= 8 { message::u64_at(message, 0) } else { 0 };
        let slots = self.head.loops.get(index).map(|of| &of.slots);
        let place = Place {
            loop_name: self.loop_name(index),
            tick: written.map_or(found_tick, |cycle| cycle.tick),
            field: damage.field,
            slot: slot_index.and_then(|i| slots.and_then(|slots| slots.get(i)).cloned()),
            written_found,
            chunk_crc_differs: self.crc_differs,
        };
        let crc =
            if self.crc_differs { "CRC of the chunk differs too" } else { "CRC of the chunk fits" };
        RecordError::Damaged {
            path: self.path.clone(),
            at_byte: at,
            place: Some(Box::new(place)),
            reason: format!("the cycle's check does not fit; {crc}"),
        }
    }

    fn damaged_here(&self, at: usize, what: &str) -> RecordError {
        let crc = if self.crc_differs { "; CRC of its chunk differs" } else { "" };
        self.damaged(self.data_start + at as u64, format!("{what}{crc}"))
    }

    fn damaged(&self, at_byte: u64, reason: String) -> RecordError {
        RecordError::Damaged { path: self.path.clone(), at_byte, place: None, reason }
    }

    fn loop_name(&self, index: usize) -> String {
        self.head.loops.get(index).map_or_else(|| index.to_string(), |of| of.name.clone())
    }

    /// Reads one MCAP record into `body`; none when the file ends within it.
    fn read_record(&mut self, body: &mut Vec<u8>) -> Result<Option<u8>, RecordError> {
        let left = self.len - self.offset;
        if left < FRAME as u64 {
            return Ok(None);
        }
        let mut frame = [0; FRAME];
        self.read(&mut frame)?;
        let len = message::u64_at(&frame, 1);
        if len > left - FRAME as u64 {
            self.offset -= FRAME as u64;
            return Ok(None);
        }
        body.resize(usize::try_from(len).unwrap_or(usize::MAX), 0);
        self.read(body)?;
        Ok(Some(frame[0]))
    }

    fn read(&mut self, into: &mut [u8]) -> Result<(), RecordError> {
        self.input.read_exact(into).map_err(|e| RecordError::from_io(&self.path, &e))?;
        self.offset += into.len() as u64;
        Ok(())
    }
}

/// Length of the file, and whether it ends with MCAP's end mark.
fn measure(file: &mut File) -> std::io::Result<(u64, bool)> {
    let mark = mcap::MAGIC.len() as u64;
    let len = file.metadata()?.len();
    if len < 2 * mark {
        return Ok((len, false));
    }
    let mut end = [0; mcap::MAGIC.len()];
    file.seek(SeekFrom::End(-mark.cast_signed()))?;
    file.read_exact(&mut end)?;
    file.rewind()?;
    Ok((len, end == mcap::MAGIC))
}
