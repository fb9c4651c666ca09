//! Several frames in one datagram between bus and core: each frame behind its length, `u32` little endian.
use crate::{MAX_LINK_BYTES, WireError};

/// The frames of one datagram, in order. A length that points past the end yields one error and ends the iteration.
pub struct Frames<'a> {
    rest: &'a [u8],
}

/// Splits a datagram into its frames; the frames themselves are not looked at.
pub const fn batch(datagram: &[u8]) -> Frames<'_> {
    Frames { rest: datagram }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<&'a [u8], WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let found = self.rest.len();
        let head = self.rest.split_first_chunk::<4>();
        let needed =
            head.map_or(4, |(size, _)| (u32::from_le_bytes(*size) as usize).saturating_add(4));
        if needed > found {
            self.rest = &[];
            return Some(Err(WireError::Short { needed, found }));
        }
        let (frame, rest) = self.rest.split_at(needed);
        self.rest = rest;
        Some(Ok(&frame[4..]))
    }
}

/// Packs frames, in order, into as few datagrams of at most [`MAX_LINK_BYTES`] as keep the order. A frame that alone passes
/// the limit gets a datagram of its own (the codec's limits rule that out for the kinds that reach the core).
pub fn batches<T: AsRef<[u8]>>(frames: &[T]) -> Vec<Vec<u8>> {
    let mut out: Vec<Vec<u8>> = Vec::new();
    for frame in frames {
        let frame = frame.as_ref();
        let fits = out.last().is_some_and(|last| last.len() + 4 + frame.len() <= MAX_LINK_BYTES);
        if !fits {
            out.push(Vec::with_capacity(4 + frame.len()));
        }
        if let Some(last) = out.last_mut() {
            let size = u32::try_from(frame.len()).unwrap_or(u32::MAX);
            last.extend_from_slice(&size.to_le_bytes());
            last.extend_from_slice(frame);
        }
    }
    out
}
