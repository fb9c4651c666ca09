//! Pictures beside the bus: a ring of frames in one file of the run directory, one writer, any number of readers.
//!
//! A frame is too large for a message that must arrive, and only its verdict matters to a loop. So the bus says that
//! weld 4711 was made, and whoever looks at pictures reads frame 4711 here. Little-endian throughout:
//!
//! ```text
//! file: "LWFRAME1", slots u32, rows u32, columns u32, 12 bytes of zero                             32 bytes
//! slot: number u64, tick u64, part u32, crc u32, 8 bytes of zero, then rows*columns bytes of grey
//! ```
//! Frame `number` (from 1) stands in slot `number % slots` until the ring comes round. `crc` is the CRC-32 of the slot
//! with those four bytes zero: what was read while it was written does not fit and is no frame. The file takes its name
//! when it is whole; a writer that starts anew puts a new file in the place of the old one.

use std::fs::{File, OpenOptions, rename};
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 8] = b"LWFRAME1";
const HEAD: usize = 32;
const CRC: std::ops::Range<usize> = 20..24;
/// Most pixels of a frame, and most slots of a file.
const MOST: (usize, u32) = (1 << 26, 4096);

/// The writing end: the camera's program, or the twin in its place.
#[derive(Debug)]
pub struct FrameWriter {
    file: File,
    slots: u32,
    pixels: usize,
    slot: Vec<u8>,
}

/// A frame as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Number of what it shows, from 1: of the weld.
    pub number: u64,
    /// Base tick in which it was taken, as far as its writer knows.
    pub tick: u64,
    /// Part it belongs to: the fixture.
    pub part: u32,
    /// Rows and columns.
    pub shape: [usize; 2],
    /// Grey levels, row by row.
    pub grey: Vec<u8>,
}

fn refuse(what: String) -> Error {
    Error::new(ErrorKind::InvalidInput, what)
}

impl FrameWriter {
    /// A file of `slots` empty slots at `path`, readable by its owner alone.
    ///
    /// # Errors
    /// A shape that is none, or a file that cannot be made.
    pub fn create(path: &Path, rows: usize, columns: usize, slots: u32) -> Result<Self> {
        let pixels = rows.saturating_mul(columns);
        if !(1..=MOST.0).contains(&pixels) {
            return Err(refuse(format!("rows*columns must be 1 to {}, was {pixels}", MOST.0)));
        }
        if !(2..=MOST.1).contains(&slots) {
            return Err(refuse(format!("slots must be 2 to {}, was {slots}", MOST.1)));
        }
        let new: PathBuf = path.with_extension("new");
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        let mut head = [0; HEAD];
        head[..8].copy_from_slice(MAGIC);
        head[8..12].copy_from_slice(&slots.to_le_bytes());
        head[12..16].copy_from_slice(&(rows as u32).to_le_bytes());
        head[16..20].copy_from_slice(&(columns as u32).to_le_bytes());
        file.write_all_at(&head, 0)?;
        file.set_len(place(slots, HEAD + pixels))?;
        rename(&new, path)?;
        Ok(FrameWriter { file, slots, pixels, slot: vec![0; HEAD + pixels] })
    }

    /// Puts a frame in its slot; it allocates nothing.
    ///
    /// # Errors
    /// A number of zero, another count of pixels, a disk that takes nothing.
    pub fn put(&mut self, number: u64, tick: u64, part: u32, grey: &[u8]) -> Result<()> {
        if number == 0 {
            return Err(refuse("number must be at least 1, was 0".to_owned()));
        }
        if grey.len() != self.pixels {
            let (want, got) = (self.pixels, grey.len());
            return Err(refuse(format!("a frame must have {want} pixels, had {got}")));
        }
        self.slot[..8].copy_from_slice(&number.to_le_bytes());
        self.slot[8..16].copy_from_slice(&tick.to_le_bytes());
        self.slot[16..20].copy_from_slice(&part.to_le_bytes());
        self.slot[CRC].fill(0);
        self.slot[HEAD..].copy_from_slice(grey);
        let crc = crc32fast::hash(&self.slot);
        self.slot[CRC].copy_from_slice(&crc.to_le_bytes());
        let at = (number % u64::from(self.slots)) as u32;
        self.file.write_all_at(&self.slot, place(at, self.slot.len()))
    }
}

fn place(slot: u32, bytes: usize) -> u64 {
    HEAD as u64 + u64::from(slot) * bytes as u64
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from(word(bytes, at)) | u64::from(word(bytes, at + 4)) << 32
}

/// Frame `number` of the file at `path`; `None` while it is not there, any more or yet.
///
/// # Errors
/// A file that is none, and a frame that does not fit its checksum: damaged, or read while it was written.
pub fn read(path: &Path, number: u64) -> Result<Option<Frame>> {
    let file = match File::open(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let bad =
        |what: &str| Error::new(ErrorKind::InvalidData, format!("{}: {what}", path.display()));
    let mut head = [0; HEAD];
    file.read_exact_at(&mut head, 0)?;
    let (slots, rows, columns) =
        (word(&head, 8), word(&head, 12) as usize, word(&head, 16) as usize);
    let pixels = rows.saturating_mul(columns);
    if &head[..8] != MAGIC || !(2..=MOST.1).contains(&slots) || !(1..=MOST.0).contains(&pixels) {
        return Err(bad("no file of frames"));
    }
    if number == 0 {
        return Ok(None);
    }
    let mut slot = vec![0; HEAD + pixels];
    file.read_exact_at(&mut slot, place((number % u64::from(slots)) as u32, HEAD + pixels))?;
    if long(&slot, 0) != number {
        return Ok(None);
    }
    let crc = word(&slot, CRC.start);
    slot[CRC].fill(0);
    if crc32fast::hash(&slot) != crc {
        return Err(bad(&format!("frame {number} does not fit its checksum")));
    }
    let (tick, part) = (long(&slot, 8), word(&slot, 16));
    slot.drain(..HEAD);
    Ok(Some(Frame { number, tick, part, shape: [rows, columns], grey: slot }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is a failed test
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("linewright-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_frame_is_read_as_it_was_put_until_the_ring_comes_round() {
        let folder = folder("frames");
        let path = folder.join("weld.frames");
        assert_eq!(read(&path, 1).unwrap(), None, "no file is no frame");
        let mut writer = FrameWriter::create(&path, 2, 3, 4).unwrap();
        assert_eq!(read(&path, 1).unwrap(), None);
        for number in 1..=5 {
            writer.put(number, 10 * number, 7, &[number as u8; 6]).unwrap();
        }
        assert_eq!(read(&path, 1).unwrap(), None, "its slot holds number 5");
        let frame = read(&path, 5).unwrap().unwrap();
        assert_eq!((frame.tick, frame.part, frame.shape), (50, 7, [2, 3]));
        assert_eq!(frame.grey, [5; 6]);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_damaged_is_no_frame_and_nonsense_is_refused() {
        let folder = folder("damaged");
        let path = folder.join("weld.frames");
        let mut writer = FrameWriter::create(&path, 2, 3, 4).unwrap();
        writer.put(2, 0, 0, &[9; 6]).unwrap();
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.write_all_at(&[1], place(2, HEAD + 6) + HEAD as u64 + 3).unwrap();
        assert_eq!(read(&path, 2).unwrap_err().kind(), ErrorKind::InvalidData);
        assert!(writer.put(0, 0, 0, &[9; 6]).is_err());
        assert!(writer.put(3, 0, 0, &[9; 5]).is_err());
        assert!(FrameWriter::create(&path, 0, 3, 4).is_err());
        assert!(FrameWriter::create(&path, 2, 3, 1).is_err());
        std::fs::write(&path, [0; 64]).unwrap();
        assert!(read(&path, 2).is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
