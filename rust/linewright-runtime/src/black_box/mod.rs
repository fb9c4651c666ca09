//! Intents that outlive a killed core: the loop puts each one into shared memory before the driver
//! is called, and the next start of the core brings into the ledger what the dead one had not.
//!
//! The ledger commits every few milliseconds; a core killed between the write to the plant and the
//! commit would leave an output nobody can explain. The box costs the loop one copy of 80 bytes, no
//! system call, no wait.

mod map;
mod recover;

pub use recover::recover;

use crate::record::{Intent, Origin};
use map::SharedFile;
use std::io;
use std::path::{Path, PathBuf};

/// Intents kept: more than the ring to the clerk holds.
const SLOTS: usize = 1 << 15;
/// Bytes of one.
const SLOT: usize = 80;

/// An intent with its place in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kept {
    /// Order of writing, from 1.
    pub seq: u64,
    /// Base tick.
    pub tick: u64,
    /// Clock of the core, ns.
    pub mono_ns: u64,
    /// What was to be written.
    pub intent: Intent,
}

impl Kept {
    fn to_bytes(self) -> [u8; SLOT] {
        let i = &self.intent;
        let origin = match i.origin {
            Origin::Loop => 0,
            Origin::Fallback => 1,
            Origin::Manual => 2,
        };
        let mut to = [0; SLOT];
        let words = [
            self.seq,
            self.tick,
            self.mono_ns,
            i.value.to_bits(),
            i.before.to_bits(),
            i.requested.to_bits(),
            i.token,
            i.epoch,
        ];
        for (part, word) in to.chunks_exact_mut(8).zip(words) {
            part.copy_from_slice(&word.to_le_bytes());
        }
        to[64..66].copy_from_slice(&i.actuator.to_le_bytes());
        to[66] = origin;
        to[67] =
            u8::from(i.limited) | u8::from(i.rate_limited) << 1 | u8::from(i.budget_limited) << 2;
        let crc = crc32fast::hash(&to[..72]);
        to[72..76].copy_from_slice(&crc.to_le_bytes());
        to
    }

    /// None for an empty slot, or one that was being written.
    fn from_bytes(from: &[u8]) -> Option<Self> {
        let from: &[u8; SLOT] = from.try_into().ok()?;
        let crc = crc32fast::hash(&from[..72]).to_le_bytes();
        let (words, _) = from.as_chunks::<8>();
        let word = |i: usize| words.get(i).map_or(0, |w| u64::from_le_bytes(*w));
        let real = |i: usize| f64::from_bits(word(i));
        if from[72..76] != crc || word(0) == 0 {
            return None;
        }
        let intent = Intent {
            actuator: u16::from_le_bytes([from[64], from[65]]),
            value: real(3),
            before: real(4),
            requested: real(5),
            origin: match from[66] {
                0 => Origin::Loop,
                1 => Origin::Fallback,
                _ => Origin::Manual,
            },
            limited: from[67] & 1 != 0,
            rate_limited: from[67] & 2 != 0,
            budget_limited: from[67] & 4 != 0,
            advisory: false,
            token: word(6),
            epoch: word(7),
        };
        Some(Self { seq: word(0), tick: word(1), mono_ns: word(2), intent })
    }
}

/// The box of a running core.
#[derive(Debug)]
pub struct BlackBox {
    file: SharedFile,
    path: PathBuf,
    seq: u64,
}

impl BlackBox {
    /// Opens the box at `path`, with whatever a dead core has left in it.
    ///
    /// # Errors
    /// Not to be opened or mapped.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_path_buf();
        Ok(Self { file: SharedFile::open(&path, SLOTS * SLOT)?, path, seq: 0 })
    }

    /// What it holds, oldest first.
    #[must_use]
    pub fn kept(&self) -> Vec<Kept> {
        let mut kept: Vec<_> =
            self.file.bytes().chunks_exact(SLOT).filter_map(Kept::from_bytes).collect();
        kept.sort_by_key(|k| k.seq);
        kept
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.file.bytes_mut().fill(0);
        self.seq = 0;
    }

    /// Keeps an intent. Never waits, never fails; the oldest goes.
    #[inline]
    pub fn put(&mut self, tick: u64, mono_ns: u64, intent: &Intent) {
        let start = (self.seq % SLOTS as u64) as usize * SLOT;
        self.seq += 1;
        let bytes = Kept { seq: self.seq, tick, mono_ns, intent: *intent }.to_bytes();
        if let Some(slot) = self.file.bytes_mut().get_mut(start..start + SLOT) {
            slot.copy_from_slice(&bytes);
        }
    }

    /// The end in order: the ledger has it all.
    pub fn remove(self) {
        drop(std::fs::remove_file(&self.path));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is a failed test
mod tests {
    use super::*;

    fn intent(i: u64) -> Intent {
        Intent {
            actuator: (i % 7) as u16,
            value: i as f64 * 0.5,
            before: -1.0,
            requested: f64::NAN,
            origin: [Origin::Loop, Origin::Fallback, Origin::Manual][(i % 3) as usize],
            limited: i.is_multiple_of(2),
            rate_limited: i.is_multiple_of(5),
            budget_limited: i.is_multiple_of(3),
            advisory: false,
            token: i,
            epoch: i + 1,
        }
    }

    #[test]
    fn the_newest_are_there_when_it_is_opened_again_and_half_a_slot_is_none() {
        let path = std::env::temp_dir().join(format!("lw-box-{}", std::process::id()));
        let mut of = BlackBox::open(&path).unwrap();
        let total = SLOTS as u64 + 100;
        for i in 0..total {
            of.put(i, i * 10, &intent(i));
        }
        drop(of);
        let mut again = BlackBox::open(&path).unwrap();
        let kept = again.kept();
        assert_eq!(kept.len(), SLOTS);
        for (k, i) in kept.iter().zip(100..) {
            assert_eq!((k.seq, k.tick, k.mono_ns), (i + 1, i, i * 10));
            assert_eq!(k.to_bytes(), Kept { intent: intent(i), ..*k }.to_bytes());
        }
        again.file.bytes_mut()[30] ^= 1;
        assert_eq!(again.kept().len(), SLOTS - 1);
        again.clear();
        assert!(again.kept().is_empty());
        again.remove();
        assert!(!path.exists());
    }
}
