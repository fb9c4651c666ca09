//! Writing a record.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use mcap::records::{MessageHeader, Metadata};
use mcap::write::NoSeek;
use mcap::{McapError, WriteOptions, Writer};

use super::{Head, RecordError, head, message};
use crate::clock::tick_ns;

/// Bytes after which a chunk is closed.
const CHUNK_BYTES: usize = 1 << 20;
/// MCAP's own bytes per message: opcode 1, length 8, header 22.
const MESSAGE_OVERHEAD: usize = 31;
const ENCODING: &str = "x-linewright";
/// Bytes handed to the system at once: a whole chunk with its index.
const BUFFER_BYTES: usize = CHUNK_BYTES + (CHUNK_BYTES >> 2);

type McapWriter = Writer<NoSeek<BufWriter<File>>>;

/// Writes a record. Belongs on the clerk's side: it may wait for the disk.
pub struct Recorder {
    /// None after an error.
    writer: Option<McapWriter>,
    path: PathBuf,
    base_hz: u64,
    loops: Vec<Channel>,
    params: Channel,
    buffer: Vec<u8>,
    /// Bytes in the open chunk.
    chunk_bytes: usize,
    /// Tick of the first message in the open chunk.
    chunk_tick: Option<u64>,
    /// Ticks after which a chunk is closed.
    chunk_ticks: u64,
    cycles: u64,
}

/// A channel and its next sequence number.
struct Channel {
    id: u16,
    sequence: u32,
}

impl Recorder {
    /// Starts a record at `path`. A file that stands there is kept: it is moved to the first free
    /// `name.1.mcap`, `name.2.mcap`, ...
    ///
    /// # Errors
    /// Folder not writable, disk full.
    pub fn create(path: impl AsRef<Path>, head: &Head) -> Result<Self, RecordError> {
        let path = path.as_ref().to_path_buf();
        let io = |e: std::io::Error| RecordError::from_io(&path, &e);
        move_aside(&path).map_err(io)?;
        let out = File::create_new(&path).map_err(io)?;
        let (writer, channels) = begin(out, head).map_err(|e| RecordError::from_mcap(&path, &e))?;
        let mut loops: Vec<Channel> =
            channels.into_iter().map(|id| Channel { id, sequence: 0 }).collect();
        let params = loops.pop().unwrap_or(Channel { id: 0, sequence: 0 });
        Ok(Self {
            writer: Some(writer),
            path,
            base_hz: u64::from(head.base_hz.max(1)),
            loops,
            params,
            buffer: Vec::new(),
            chunk_bytes: 0,
            chunk_tick: None,
            chunk_ticks: u64::from(head.base_hz.max(1)),
            cycles: 0,
        })
    }

    /// Closes a chunk after `ticks` base ticks instead of a second: for simulated time, in which a
    /// second takes no time and a write for each would be most of the work.
    #[must_use]
    pub fn chunk_ticks(mut self, ticks: u64) -> Self {
        self.chunk_ticks = ticks.max(1);
        self
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Cycles written.
    #[must_use]
    pub const fn cycles(&self) -> u64 {
        self.cycles
    }

    /// False after an error: the record ends there.
    #[must_use]
    pub const fn is_healthy(&self) -> bool {
        self.writer.is_some()
    }

    /// Writes one cycle of loop `loop_index`: its source slots as the executor gives them.
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
        let Some(channel) = self.loops.get_mut(loop_index) else {
            let reason = format!("no loop {loop_index} in this record");
            return Err(RecordError::Io { path: self.path.clone(), reason });
        };
        let header = header(channel, tick, self.base_hz);
        self.buffer.clear();
        message::encode(&mut self.buffer, loop_index, tick, values, qualities, hash);
        self.put(&header, tick)?;
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
        let header = header(&mut self.params, tick, self.base_hz);
        self.buffer.clear();
        message::encode_params(&mut self.buffer, tick, epoch, values);
        self.put(&header, tick)
    }

    /// Hands everything to the system: it survives a kill of this process.
    ///
    /// # Errors
    /// As [`Recorder::cycle`].
    pub fn flush(&mut self) -> Result<(), RecordError> {
        self.chunk_bytes = 0;
        self.chunk_tick = None;
        self.work(|writer| writer.flush())
    }

    /// Writes index and end mark and makes the file durable; gives the number of cycles.
    ///
    /// # Errors
    /// As [`Recorder::cycle`].
    pub fn finish(mut self) -> Result<u64, RecordError> {
        self.work(|writer| writer.finish().map(drop))?;
        let io = |e: std::io::Error| RecordError::from_io(&self.path, &e);
        if let Some(writer) = self.writer.take() {
            let buffered = writer.into_inner().into_inner();
            let file = buffered.into_inner().map_err(|e| io(e.into_error()))?;
            file.sync_all().map_err(io)?;
        }
        Ok(self.cycles)
    }

    /// Writes `self.buffer` as a message; closes the chunk when it is full or old.
    fn put(&mut self, header: &MessageHeader, tick: u64) -> Result<(), RecordError> {
        let data = std::mem::take(&mut self.buffer);
        let put = self.work(|writer| writer.write_to_known_channel(header, &data));
        self.chunk_bytes += data.len() + MESSAGE_OVERHEAD;
        self.buffer = data;
        put?;
        let first = *self.chunk_tick.get_or_insert(tick);
        if self.chunk_bytes >= CHUNK_BYTES || tick.saturating_sub(first) >= self.chunk_ticks {
            self.flush()?;
        }
        Ok(())
    }

    /// Runs `work` on the writer; after an error there is no writer any more.
    fn work(
        &mut self,
        work: impl FnOnce(&mut McapWriter) -> Result<(), McapError>,
    ) -> Result<(), RecordError> {
        let Some(writer) = &mut self.writer else {
            return Err(RecordError::Failed { path: self.path.clone() });
        };
        work(writer).map_err(|e| {
            self.writer = None;
            RecordError::from_mcap(&self.path, &e)
        })
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

/// Writes header, metadata, schemas and channels; gives the ids: one per loop, then `params`.
fn begin(out: File, head: &Head) -> Result<(McapWriter, Vec<u16>), McapError> {
    let mut writer = WriteOptions::new()
        .compression(None)
        .profile("linewright")
        .library(concat!("linewright/", env!("CARGO_PKG_VERSION")))
        .chunk_size(None)
        .disable_seeking(true)
        .create(NoSeek::new(BufWriter::with_capacity(BUFFER_BYTES, out)))?;
    writer.write_metadata(&Metadata { name: head::NAME.to_owned(), metadata: head.to_map() })?;
    let mut ids = Vec::with_capacity(head.loops.len() + 1);
    for (i, of) in head.loops.iter().enumerate() {
        let schema = serde_json::to_string(&serde_json::json!({
            "layout": "tick u64 | n u32 | values f64*n | qualities u8*n | hash u64 | check u64 | locator u64",
            "byte_order": "little endian",
            "slots": of.slots,
        }))
        .unwrap_or_default();
        let name = format!("linewright.cycle.{}", of.name);
        let schema = writer.add_schema(&name, ENCODING, schema.as_bytes())?;
        let extra = BTreeMap::from([("loop".to_owned(), i.to_string())]);
        let topic = format!("{}{}", head::CYCLES, of.name);
        ids.push(writer.add_channel(schema, &topic, ENCODING, &extra)?);
    }
    let layout =
        "tick u64 | epoch u64 | n u32 | (index u32 | value f64)*n | check u64 | locator u64";
    let schema = writer.add_schema("linewright.params", ENCODING, layout.as_bytes())?;
    ids.push(writer.add_channel(schema, head::PARAMS, ENCODING, &BTreeMap::new())?);
    writer.flush()?;
    Ok((writer, ids))
}

fn header(channel: &mut Channel, tick: u64, base_hz: u64) -> MessageHeader {
    let sequence = channel.sequence;
    channel.sequence = sequence.wrapping_add(1);
    let time = tick_ns(tick, base_hz);
    MessageHeader { channel_id: channel.id, sequence, log_time: time, publish_time: time }
}

/// Keeps an older record: moves it to the first free `name.N.mcap`.
fn move_aside(path: &Path) -> std::io::Result<()> {
    if !path.try_exists()? {
        return Ok(());
    }
    let extension = path.extension().map(|e| e.to_string_lossy().into_owned());
    for n in 1_u32.. {
        let aside = path.with_extension(match &extension {
            Some(extension) => format!("{n}.{extension}"),
            None => n.to_string(),
        });
        if !aside.try_exists()? {
            return std::fs::rename(path, aside);
        }
    }
    Ok(())
}
