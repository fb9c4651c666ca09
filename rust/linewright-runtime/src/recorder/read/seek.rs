//! Finding a place in a record: the keyframe before a tick, and the files of a run.

use std::io::{Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use mcap::records::op;

use super::super::{RecordError, files};
use super::{FRAME, Kind, MESSAGE_HEADER, RecordReader, message};

/// Of a chunk: its header (two times, size, CRC, no compression, size), a message's frame and header, a tick.
const PEEK: usize = 40 + FRAME + MESSAGE_HEADER + 8;

impl RecordReader {
    /// Jumps to the last keyframe at or before `tick`, so that the next item is that keyframe; stays at the
    /// start when there is none.
    ///
    /// # Errors
    /// As [`RecordReader::next`].
    pub fn seek(&mut self, tick: u64) -> Result<(), RecordError> {
        let start = self.offset;
        if !self.load_chunk()? {
            self.done = true;
            return Ok(());
        }
        while self.at < self.chunk.len() {
            if self.take_record()?.is_some() {
                break; // never: the first chunk has the channels alone
            }
        }
        self.check_chunk_end()?;
        let mut best = None;
        while let Some((at, first)) = self.next_keyframe()? {
            if first > tick {
                break;
            }
            best = Some(at);
        }
        self.jumped = best.is_some();
        self.go_to(best.unwrap_or(start))?;
        self.chunk.clear();
        (self.at, self.crc_differs) = (0, false);
        if self.jumped {
            self.channels.values_mut().for_each(|of| of.next_sequence = None);
        } else {
            self.channels.clear();
        }
        Ok(())
    }

    /// Whether [`RecordReader::seek`] left the start.
    #[must_use]
    pub const fn jumped(&self) -> bool {
        self.jumped
    }

    fn go_to(&mut self, offset: u64) -> Result<(), RecordError> {
        let to = SeekFrom::Start(offset);
        self.input.seek(to).map_err(|e| RecordError::from_io(&self.path, &e))?;
        self.offset = offset;
        Ok(())
    }

    /// The next chunk that starts with a keyframe: its place in the file and the keyframe's tick; none at
    /// the end.
    fn next_keyframe(&mut self) -> Result<Option<(u64, u64)>, RecordError> {
        loop {
            let start = self.offset;
            if self.len - start < (FRAME + PEEK) as u64 {
                return Ok(None);
            }
            let mut peek = [0; FRAME + PEEK];
            self.read(&mut peek)?;
            let end = (start + FRAME as u64).checked_add(message::u64_at(&peek, 1));
            let Some(end) = end.filter(|end| *end <= self.len) else { return Ok(None) };
            self.go_to(end)?;
            let (opcode, body) = (peek[0], &peek[FRAME..]);
            if opcode == op::DATA_END {
                return Ok(None);
            }
            // Uncompressed: 40 bytes of chunk header, then a message's frame, header and tick.
            let id = u16::from_le_bytes([body[40 + FRAME], body[40 + FRAME + 1]]);
            let of = self.channels.get(&id).map(|of| of.kind);
            if opcode == op::CHUNK && body[40] == op::MESSAGE && of == Some(Kind::Keyframes) {
                let tick = message::u64_at(body, 40 + FRAME + MESSAGE_HEADER);
                return Ok(Some((start, tick)));
            }
        }
    }
}

/// The files of the run that `path` is the last of, first to last: earlier parts are looked for under
/// lower numbers, or all numbers when `path` has none.
///
/// # Errors
/// `path` cannot be read; earlier files that cannot be read end the search.
pub fn parts(path: impl AsRef<Path>) -> Result<Vec<PathBuf>, RecordError> {
    let path = path.as_ref();
    let head = RecordReader::open(path)?.head;
    let mut found = vec![path.to_path_buf()];
    let mut wanted = head.part;
    for file in files::before(path).into_iter().rev() {
        if wanted == 0 {
            break;
        }
        match RecordReader::open(&file) {
            Ok(of) if of.head.plan_hash == head.plan_hash && of.head.part + 1 == wanted => {
                wanted -= 1;
                found.push(file);
            }
            _ => break,
        }
    }
    found.reverse();
    Ok(found)
}
