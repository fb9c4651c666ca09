//! Any bytes read as steps; a folder for one file; a file with some bytes changed.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Bytes, read from the front; zeros follow the last.
pub struct Steps<'a>(pub &'a [u8]);

impl<'a> Steps<'a> {
    /// Whether any are left.
    pub fn left(&self) -> bool {
        !self.0.is_empty()
    }

    /// The next number.
    pub fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().map_or((0, self.0), |(b, rest)| (*b, rest));
        self.0 = rest;
        first
    }

    /// The next two bytes.
    pub fn short(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    /// The next eight bytes.
    pub fn long(&mut self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    /// The next bytes, as many as two of them say or as are left.
    pub fn piece(&mut self) -> &'a [u8] {
        let len = usize::from(self.short());
        let (piece, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        piece
    }
}

/// What [`Steps::piece`] reads.
pub fn piece(bytes: &[u8]) -> Vec<u8> {
    let mut out = (bytes.len() as u16).to_le_bytes().to_vec();
    out.extend(bytes);
    out
}

/// `whole` with what the steps say: cut off or not, then places and what is done to them.
pub fn changed(whole: &[u8], steps: &mut Steps<'_>) -> Vec<u8> {
    let mut out = whole.to_vec();
    if steps.byte() % 4 == 1 {
        out.truncate(steps.long() as usize % (whole.len() + 1));
    }
    while steps.left() && !out.is_empty() {
        let at = usize::from(steps.short()) | usize::from(steps.byte()) << 16;
        let len = out.len();
        out[at % len] ^= steps.byte();
    }
    out
}

/// A folder of its own, in memory where there is such a place, gone with the value.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let memory = Path::new("/dev/shm");
        let base = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
        let path = base.join(format!("linewright-fuzz-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
