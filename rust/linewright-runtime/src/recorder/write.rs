//! Writing a record.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use mcap::records::{MessageHeader, Metadata};
use mcap::write::NoSeek;
use mcap::{McapError, WriteOptions, Writer};

use super::view::{self, View};
use super::{Head, RecordError, files, head, message};
use crate::clock::tick_ns;
use crate::folder;

/// Bytes after which a chunk is closed.
const CHUNK_BYTES: usize = 1 << 20;
/// MCAP's own bytes per message: opcode 1, length 8, header 22.
const MESSAGE_OVERHEAD: usize = 31;
const ENCODING: &str = "x-linewright";
/// Bytes handed to the system at once: a whole chunk with its index.
const BUFFER_BYTES: usize = CHUNK_BYTES + (CHUNK_BYTES >> 2);
/// Name of the metadata record at the end of a file that was finished.
const END: &str = "linewright.end";

type McapWriter = Writer<NoSeek<BufWriter<File>>>;

/// How a record is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Ticks after which a chunk is closed; 0 = a second. For simulated time, in which a second takes
    /// no time and a write for each would be most of the work.
    pub chunk_ticks: u64,
    /// At the first keyframe beyond this size the file is sealed and a new one begun; 0 = never.
    pub part_bytes: u64,
    /// Sealed files are removed, oldest first, while all files together are larger; 0 = never. The file
    /// being written may go one part beyond.
    pub quota_bytes: u64,
    /// Ticks between two messages for viewers; 0 = a second.
    pub view_ticks: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { chunk_ticks: 0, part_bytes: 256 << 20, quota_bytes: 0, view_ticks: 0 }
    }
}

/// Writes a record. Belongs on the clerk's side: it may wait for the disk.
pub struct Recorder {
    /// None after an error.
    part: Option<Part>,
    path: PathBuf,
    head: Head,
    options: Options,
    base_hz: u64,
    /// Parameters that are not as in the plan, and the epoch.
    params: BTreeMap<u16, f64>,
    epoch: u64,
    views: Vec<View>,
    buffer: Vec<u8>,
    cycles: u64,
    lost_cycles: u64,
    removed_files: u64,
}

/// One file being written.
struct Part {
    writer: McapWriter,
    channels: Channels,
    /// Bytes in the open chunk.
    chunk_bytes: usize,
    /// Tick of the first message in the open chunk.
    chunk_tick: Option<u64>,
    /// Bytes in all.
    bytes: u64,
}

/// A channel and its next sequence number.
struct Channel {
    id: u16,
    sequence: u32,
}

/// The channels of a file.
struct Channels {
    loops: Vec<Channel>,
    signals: Vec<Channel>,
    params: Channel,
    keyframes: Channel,
    gaps: Channel,
}

impl Recorder {
    /// As [`Recorder::create_with`], with the usual options.
    ///
    /// # Errors
    /// As [`Recorder::create_with`].
    pub fn create(path: impl AsRef<Path>, head: &Head) -> Result<Self, RecordError> {
        Self::create_with(path, head, Options::default())
    }

    /// Starts a record at `path`. A file that stands there is kept: it becomes `name.N.mcap` with the
    /// next free number.
    ///
    /// # Errors
    /// Folder not writable, disk full.
    pub fn create_with(
        path: impl AsRef<Path>,
        head: &Head,
        options: Options,
    ) -> Result<Self, RecordError> {
        let path = path.as_ref().to_path_buf();
        files::seal(&path).map_err(|e| RecordError::from_io(&path, &e))?;
        let views: Vec<View> = head.loops.iter().map(|of| View::new(&of.slots)).collect();
        let part = Part::begin(&path, head, &views)?;
        folder::sync_way_to(&path).map_err(|e| RecordError::from_io(&path, &e))?;
        let second = u64::from(head.base_hz.max(1));
        let or_second = |ticks: u64| if ticks == 0 { second } else { ticks };
        Ok(Self {
            part: Some(part),
            path,
            head: head.clone(),
            options: Options {
                chunk_ticks: or_second(options.chunk_ticks),
                view_ticks: or_second(options.view_ticks),
                ..options
            },
            base_hz: second,
            params: BTreeMap::new(),
            epoch: 0,
            views,
            buffer: Vec::new(),
            cycles: 0,
            lost_cycles: 0,
            removed_files: 0,
        })
    }

    /// The file being written.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Cycles written.
    #[must_use]
    pub const fn cycles(&self) -> u64 {
        self.cycles
    }

    /// Cycles that are missing, and files removed to stay within the quota.
    #[must_use]
    pub const fn lost(&self) -> (u64, u64) {
        (self.lost_cycles, self.removed_files)
    }

    /// False after an error: the record ends there.
    #[must_use]
    pub const fn is_healthy(&self) -> bool {
        self.part.is_some()
    }

    /// Writes one cycle of loop `loop_index`: its recorded slots as the executor gives them.
    ///
    /// # Errors
    /// Disk full or failing; the record then ends with its last whole chunk.
    pub fn cycle(
        &mut self,
        loop_index: usize,
        tick: u64,
        values: &[f64],
        qualities: &[u8],
        hash: u64,
    ) -> Result<(), RecordError> {
        let Some(view) = self.views.get_mut(loop_index) else {
            let reason = format!("no loop {loop_index} in this record");
            return Err(RecordError::Io { path: self.path.clone(), reason });
        };
        if view.message(&mut self.buffer, tick, self.options.view_ticks, values) {
            self.put(tick, |channels| channels.signals.get_mut(loop_index))?;
        }
        self.buffer.clear();
        message::encode(&mut self.buffer, loop_index, tick, values, qualities, hash);
        self.put(tick, |channels| channels.loops.get_mut(loop_index))?;
        self.cycles += 1;
        Ok(())
    }

    /// Writes a parameter change, before the cycles of the tick it takes effect in: index in
    /// `Plan::params()` and new value; `epoch` = the parameter epoch after it.
    ///
    /// # Errors
    /// As [`Recorder::cycle`].
    pub fn params(
        &mut self,
        tick: u64,
        epoch: u64,
        values: &[(u16, f64)],
    ) -> Result<(), RecordError> {
        self.params.extend(values.iter().copied());
        self.epoch = epoch;
        self.buffer.clear();
        message::encode_params(&mut self.buffer, tick, epoch, values);
        self.put(tick, |channels| Some(&mut channels.params))
    }

    /// Writes what the executor remembers after the cycles of `tick`, as [`crate::exec::Executor::save`] gives
    /// it. A keyframe starts a chunk, and a new file when the present one is large enough.
    ///
    /// # Errors
    /// As [`Recorder::cycle`].
    pub fn keyframe(&mut self, tick: u64, state: &[u8]) -> Result<(), RecordError> {
        self.flush()?;
        let bytes = self.part.as_ref().map_or(0, |part| part.bytes);
        if self.options.part_bytes > 0 && bytes >= self.options.part_bytes {
            self.next_part()?;
        }
        self.buffer.clear();
        let values: Vec<(u16, f64)> = self.params.iter().map(|(i, v)| (*i, *v)).collect();
        message::encode_keyframe(&mut self.buffer, tick, self.epoch, &values, state);
        self.put(tick, |channels| Some(&mut channels.keyframes))
    }

    /// Writes that `cycles` are missing from `first_tick` to `last_tick`. The next thing must be a keyframe.
    ///
    /// # Errors
    /// As [`Recorder::cycle`].
    pub fn gap(&mut self, first_tick: u64, last_tick: u64, cycles: u64) -> Result<(), RecordError> {
        self.lost_cycles += cycles;
        self.buffer.clear();
        message::encode_gap(&mut self.buffer, first_tick, last_tick, cycles);
        self.put(first_tick, |channels| Some(&mut channels.gaps))
    }

    /// Hands everything to the system: it survives a kill of this process.
    ///
    /// # Errors
    /// As [`Recorder::cycle`].
    pub fn flush(&mut self) -> Result<(), RecordError> {
        self.work(Part::flush)
    }

    /// Writes index and end mark and makes the file durable; gives the number of cycles.
    ///
    /// # Errors
    /// As [`Recorder::cycle`].
    pub fn finish(mut self) -> Result<u64, RecordError> {
        self.end_part()?;
        Ok(self.cycles)
    }

    fn end_part(&mut self) -> Result<(), RecordError> {
        let Some(part) = self.part.take() else {
            return Err(RecordError::Failed { path: self.path.clone() });
        };
        part.finish(&self.path, self.cycles, self.lost_cycles)
    }

    /// Seals the file and begins the next. Each step is durable before the next: a power cut finds the old file
    /// whole, and the new one as soon as it has a cycle.
    fn next_part(&mut self) -> Result<(), RecordError> {
        self.end_part()?;
        let io = |e: std::io::Error| RecordError::from_io(&self.path, &e);
        files::seal(&self.path).map_err(io)?;
        if self.options.quota_bytes > 0 {
            self.removed_files +=
                files::keep_within(&self.path, 0, self.options.quota_bytes).map_err(io)?;
        }
        self.head.part = self.head.part.saturating_add(1);
        let part = Part::begin(&self.path, &self.head, &self.views)?;
        folder::sync_of(&self.path).map_err(io)?;
        self.part = Some(part);
        Ok(())
    }

    /// Writes `self.buffer` as a message; closes the chunk when it is full or old.
    fn put(
        &mut self,
        tick: u64,
        channel: impl FnOnce(&mut Channels) -> Option<&mut Channel>,
    ) -> Result<(), RecordError> {
        let (data, base_hz) = (std::mem::take(&mut self.buffer), self.base_hz);
        let chunk_ticks = self.options.chunk_ticks;
        let put = self.work(|part| {
            let Some(channel) = channel(&mut part.channels) else { return Ok(()) };
            let header = header(channel, tick, base_hz);
            part.put(&header, tick, &data, chunk_ticks)
        });
        self.buffer = data;
        put
    }

    /// Runs `work` on the file; after an error there is none any more.
    fn work(
        &mut self,
        work: impl FnOnce(&mut Part) -> Result<(), McapError>,
    ) -> Result<(), RecordError> {
        let Some(part) = &mut self.part else {
            return Err(RecordError::Failed { path: self.path.clone() });
        };
        work(part).map_err(|e| {
            self.part = None;
            RecordError::from_mcap(&self.path, &e)
        })
    }
}

impl Part {
    /// Header, metadata, schemas and channels, durable: whatever comes later of the file, it tells of a loss.
    fn begin(path: &Path, head: &Head, views: &[View]) -> Result<Self, RecordError> {
        let io = |e: std::io::Error| RecordError::from_io(path, &e);
        let out = File::create_new(path).map_err(io)?;
        let file = out.try_clone().map_err(io)?;
        let made = begin(out, head, views).map_err(|e| RecordError::from_mcap(path, &e))?;
        file.sync_all().map_err(io)?;
        let (writer, channels) = made;
        Ok(Self { writer, channels, chunk_bytes: 0, chunk_tick: None, bytes: 0 })
    }

    fn put(
        &mut self,
        header: &MessageHeader,
        tick: u64,
        data: &[u8],
        chunk_ticks: u64,
    ) -> Result<(), McapError> {
        self.writer.write_to_known_channel(header, data)?;
        self.chunk_bytes += data.len() + MESSAGE_OVERHEAD;
        self.bytes += (data.len() + MESSAGE_OVERHEAD) as u64;
        let first = *self.chunk_tick.get_or_insert(tick);
        if self.chunk_bytes >= CHUNK_BYTES || tick.saturating_sub(first) >= chunk_ticks {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), McapError> {
        self.chunk_bytes = 0;
        self.chunk_tick = None;
        self.writer.flush()
    }

    fn finish(mut self, path: &Path, cycles: u64, lost_cycles: u64) -> Result<(), RecordError> {
        let counts = [("cycles", cycles), ("lost_cycles", lost_cycles)];
        let metadata = counts.map(|(key, n)| (key.to_owned(), n.to_string())).into();
        let ended = self
            .writer
            .write_metadata(&Metadata { name: END.to_owned(), metadata })
            .and_then(|()| self.writer.finish().map(drop));
        ended.map_err(|e| RecordError::from_mcap(path, &e))?;
        let io = |e: std::io::Error| RecordError::from_io(path, &e);
        let buffered = self.writer.into_inner().into_inner();
        let file = buffered.into_inner().map_err(|e| io(e.into_error()))?;
        file.sync_all().map_err(io)
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder")
            .field("path", &self.path)
            .field("cycles", &self.cycles)
            .field("healthy", &self.is_healthy())
            .finish_non_exhaustive()
    }
}

/// Writes header, metadata, schemas and channels.
fn begin(out: File, head: &Head, views: &[View]) -> Result<(McapWriter, Channels), McapError> {
    let mut writer = WriteOptions::new()
        .compression(None)
        .profile("linewright")
        .library(concat!("linewright/", env!("CARGO_PKG_VERSION")))
        .chunk_size(None)
        .disable_seeking(true)
        .create(NoSeek::new(BufWriter::with_capacity(BUFFER_BYTES, out)))?;
    writer.write_metadata(&Metadata { name: head::NAME.to_owned(), metadata: head.to_map() })?;
    let mut loops = Vec::with_capacity(head.loops.len());
    let mut signals = Vec::with_capacity(head.loops.len());
    for (i, (of, view)) in head.loops.iter().zip(views).enumerate() {
        let schema = serde_json::to_string(&serde_json::json!({
            "layout": "tick u64 | n u32 | values f64*n | qualities u8*n | hash u64 | check u64 | locator u64",
            "byte_order": "little endian",
            "sources": of.sources,
            "slots": of.slots,
        }))
        .unwrap_or_default();
        let extra = BTreeMap::from([("loop".to_owned(), i.to_string())]);
        let kind = format!("linewright.cycle.{}", of.name);
        let topic = format!("{}{}", head::CYCLES, of.name);
        loops.push(channel(&mut writer, &kind, (ENCODING, ENCODING), &schema, &topic, &extra)?);
        let kind = format!("linewright.signals.{}", of.name);
        let topic = format!("{}{}", head::SIGNALS, of.name);
        let encodings = (view::SCHEMA_ENCODING, view::ENCODING);
        signals.push(channel(&mut writer, &kind, encodings, &view.schema(), &topic, &extra)?);
    }
    let none = BTreeMap::new();
    let mut own = |topic: &str, layout: &str| {
        let kind = format!("linewright.{topic}");
        channel(&mut writer, &kind, (ENCODING, ENCODING), layout, topic, &none)
    };
    let guard = "check u64 | locator u64";
    let changes = "tick u64 | epoch u64 | n u32 | (index u32 | value f64)*n";
    let params = own(head::PARAMS, &format!("{changes} | {guard}"))?;
    let keyframes = own(head::KEYFRAMES, &format!("{changes} | state u8* | {guard}"))?;
    let gaps = own(head::GAPS, &format!("first tick u64 | last tick u64 | cycles u64 | {guard}"))?;
    writer.flush()?;
    Ok((writer, Channels { loops, signals, params, keyframes, gaps }))
}

/// A channel with its schema; `encodings` of schema and messages.
fn channel(
    writer: &mut McapWriter,
    kind: &str,
    encodings: (&str, &str),
    schema: &str,
    topic: &str,
    extra: &BTreeMap<String, String>,
) -> Result<Channel, McapError> {
    let schema = writer.add_schema(kind, encodings.0, schema.as_bytes())?;
    let id = writer.add_channel(schema, topic, encodings.1, extra)?;
    Ok(Channel { id, sequence: 0 })
}

fn header(channel: &mut Channel, tick: u64, base_hz: u64) -> MessageHeader {
    let sequence = channel.sequence;
    channel.sequence = sequence.wrapping_add(1);
    let time = tick_ns(tick, base_hz);
    MessageHeader { channel_id: channel.id, sequence, log_time: time, publish_time: time }
}
