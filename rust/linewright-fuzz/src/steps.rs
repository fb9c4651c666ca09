//! Any bytes read as steps; a file with some bytes changed.

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
