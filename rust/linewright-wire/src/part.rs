//! Frames of one topic end to end, as one part of a telemetry message: a header states its payload's length, so that each
//! frame ends where the next begins.
use crate::{HEADER_BYTES, Header, Kind, Message, batch, open};
use std::collections::HashMap;

/// Longest part of several frames, bytes; a longer frame is a part of its own.
pub const MAX_PART_BYTES: usize = 64 * 1024;
const LENGTH_AT: usize = 8;

/// What a datagram of the core holds for one topic: samples whose numbers follow on one another, or any other frame alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Kind of the frames; nothing when a frame did not pass its checks.
    pub kind: Option<Kind>,
    /// Topic; empty where the kind has none.
    pub topic: String,
    /// Epoch of the frames.
    pub epoch: u64,
    /// Number of the first frame.
    pub first: u64,
    /// Number of the last frame.
    pub last: u64,
    /// Newest tick the frames rest on.
    pub tick: u64,
    /// The frames, end to end.
    pub bytes: Vec<u8>,
    /// Where the last frame begins.
    pub last_at: usize,
}

impl Part {
    fn begin(header: &Header, topic: String, frame: &[u8]) -> Self {
        let stamp = &header.stamp;
        Self {
            kind: Some(header.kind),
            topic,
            epoch: stamp.epoch,
            first: stamp.seq,
            last: stamp.seq,
            tick: stamp.based_on_tick,
            bytes: frame.to_vec(),
            last_at: 0,
        }
    }

    fn failed(frame: &[u8]) -> Self {
        Self {
            kind: None,
            topic: String::new(),
            epoch: 0,
            first: 0,
            last: 0,
            tick: 0,
            bytes: frame.to_vec(),
            last_at: 0,
        }
    }

    fn takes(&self, header: &Header, frame: &[u8], most: u64) -> bool {
        let stamp = &header.stamp;
        stamp.epoch == self.epoch
            && Some(stamp.seq) == self.last.checked_add(1)
            && self.last - self.first + 1 < most
            && self.bytes.len() + frame.len() <= MAX_PART_BYTES
    }

    fn append(&mut self, header: &Header, frame: &[u8]) {
        self.last = header.stamp.seq;
        self.tick = self.tick.max(header.stamp.based_on_tick);
        self.last_at = self.bytes.len();
        self.bytes.extend_from_slice(frame);
    }
}

/// Sorts the frames of a datagram into parts of at most `most` frames, each frame checked wholly. A part stands where its
/// first frame stood; frames of one topic keep their order.
pub fn parts(datagram: &[u8], most: u64) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut of_topic: HashMap<String, usize> = HashMap::new();
    for frame in batch(datagram) {
        let frame = frame.unwrap_or_default();
        let read = open(frame).and_then(|(header, payload)| {
            Message::from_payload(header.kind, payload).map(|message| (header, message))
        });
        let (header, topic) = match read {
            Err(_) => {
                parts.push(Part::failed(frame));
                continue;
            }
            Ok((header, Message::Sample(sample))) => (header, sample.topic),
            Ok((header, message)) => {
                let topic = match message {
                    Message::Event(event) => event.name,
                    Message::MapPoint(point) => point.map,
                    _ => String::new(),
                };
                parts.push(Part::begin(&header, topic, frame));
                continue;
            }
        };
        match of_topic.get_mut(&topic) {
            Some(at) if parts[*at].takes(&header, frame, most) => parts[*at].append(&header, frame),
            Some(at) => {
                *at = parts.len();
                parts.push(Part::begin(&header, topic, frame));
            }
            None => {
                of_topic.insert(topic.clone(), parts.len());
                parts.push(Part::begin(&header, topic, frame));
            }
        }
    }
    parts
}

/// Splits a part into its frames, one at least; the frames themselves are not looked at. What is too short for the length it
/// states comes as it is, as the last.
pub fn frames(part: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(part);
    std::iter::from_fn(move || {
        let bytes = rest?;
        let stated = bytes.get(LENGTH_AT..).and_then(|tail| tail.first_chunk::<4>());
        let end = stated.map_or(bytes.len(), |length| {
            (u32::from_le_bytes(*length) as usize).saturating_add(HEADER_BYTES)
        });
        let (frame, left) = bytes.split_at(end.min(bytes.len()));
        rest = (!left.is_empty()).then_some(left);
        Some(frame)
    })
}
