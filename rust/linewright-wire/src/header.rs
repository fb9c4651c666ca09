//! The fixed header: who says what, from which tick on and until which tick it may act.
use crate::WireError;
use crate::limits::{MAX_CONTROL_BYTES, MAX_CORE_BYTES, MAX_DATA_BYTES};

/// Bytes of the header.
pub const HEADER_BYTES: usize = 80;
/// First four bytes of every frame.
pub const MAGIC: [u8; 4] = *b"LWR1";
/// Version of the format. Rises with every change an old reader would misread.
pub const VERSION: u16 = 1;
/// The checksum covers the bytes before it and the payload.
const CRC_AT: usize = 68;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $code:literal, $name:literal, $limit:ident;)+) => {
        /// What a frame carries.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum Kind { $($(#[$doc])* $kind = $code,)+ }

        impl Kind {
            /// Every kind, by rising code.
            pub const ALL: &[Kind] = &[$(Kind::$kind,)+];

            /// Name used in Python and in messages.
            pub const fn name(self) -> &'static str {
                match self { $(Kind::$kind => $name,)+ }
            }

            /// Longest payload, bytes.
            pub const fn max_payload_bytes(self) -> usize {
                match self { $(Kind::$kind => $limit,)+ }
            }

            /// Kind of a code.
            pub const fn from_code(code: u16) -> Option<Kind> {
                match code { $($code => Some(Kind::$kind),)+ _ => None }
            }

            /// Kind of a name.
            pub fn from_name(name: &str) -> Option<Kind> {
                match name { $($name => Some(Kind::$kind),)+ _ => None }
            }
        }
    };
}

kinds! {
    /// A station joins.
    Hello = 1, "hello", MAX_CONTROL_BYTES;
    /// A station or an operator asks the core for something.
    Command = 2, "command", MAX_CORE_BYTES;
    /// A station tells other stations.
    Publish = 3, "publish", MAX_DATA_BYTES;
    /// A station makes progress.
    Progress = 4, "progress", MAX_CONTROL_BYTES;
    /// A station has finished a lock-step.
    StepDone = 5, "step_done", MAX_CONTROL_BYTES;
    /// Anyone asks how the line is.
    StatusRequest = 6, "status_request", MAX_CONTROL_BYTES;
    /// Anyone asks for the events since a row of the ledger.
    Fetch = 7, "fetch", MAX_CONTROL_BYTES;
    /// Anyone asks for the newest number and value of topics.
    SnapshotRequest = 8, "snapshot_request", MAX_CONTROL_BYTES;
    /// Whoever holds a key of the allow-list asks what it may do.
    RightsRequest = 9, "rights_request", MAX_CONTROL_BYTES;
    /// A tap's value.
    Sample = 16, "sample", MAX_CONTROL_BYTES;
    /// A detector found something.
    Event = 17, "event", MAX_CONTROL_BYTES;
    /// A value at a metre of web.
    MapPoint = 18, "map_point", MAX_CONTROL_BYTES;
    /// The answer to a command.
    Ack = 19, "ack", MAX_CONTROL_BYTES;
    /// Mode, permits and actuators after a change.
    State = 20, "state", MAX_CORE_BYTES;
    /// A lock-step begins.
    Step = 21, "step", MAX_CONTROL_BYTES;
    /// The answer to a status request.
    Status = 22, "status", MAX_CORE_BYTES;
    /// Events of the ledger, the answer to a fetch.
    Page = 23, "page", MAX_CORE_BYTES;
    /// Numbers of topics, the answer to a snapshot request; the newest frames follow it.
    Snapshot = 24, "snapshot", MAX_CORE_BYTES;
    /// What a key may do, the answer to a rights request.
    Rights = 25, "rights", MAX_CORE_BYTES;
}

/// Trust in a value. The worst quality of its inputs is the quality of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[repr(u8)]
pub enum Quality {
    /// May be acted on.
    #[default]
    Good = 0,
    /// May be shown, and acted on where the plan says so.
    Uncertain = 1,
    /// Is never acted on.
    Bad = 2,
}

/// What a sender states about a frame; the codec adds kind, length and checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stamp {
    /// Key of the sender; the core is 0.
    pub sender: u64,
    /// Rises with every start of the sender.
    pub epoch: u64,
    /// Rises with every frame of the sender (of the topic, for telemetry) within its epoch.
    pub seq: u64,
    /// Monotonic clock of the sender, ns; when time is simulated, a function of the tick.
    pub mono_ns: u64,
    /// Tick of the newest knowledge the frame rests on.
    pub based_on_tick: u64,
    /// Last tick in which a command may act.
    pub not_after_tick: u64,
    /// Quality of the value carried.
    pub quality: Quality,
}

/// A checked header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What the payload is.
    pub kind: Kind,
    /// Bytes of the payload.
    pub payload_bytes: usize,
    /// What the sender stated.
    pub stamp: Stamp,
    /// Checksum as stated; compared by [`crate::open`], not by [`peek`].
    pub crc32c: u32,
}

fn word<const N: usize>(bytes: &[u8; HEADER_BYTES], at: usize) -> [u8; N] {
    let mut word = [0; N];
    word.copy_from_slice(&bytes[at..at + N]);
    word
}

fn u64_at(bytes: &[u8; HEADER_BYTES], at: usize) -> u64 {
    u64::from_le_bytes(word(bytes, at))
}

/// Reads and checks the header alone: size, magic, version, kind, announced length, quality, reserved bytes.
/// The checksum and the payload are not looked at.
///
/// # Errors
/// The first check that fails, in the order above.
pub fn peek(frame: &[u8]) -> Result<Header, WireError> {
    let short = WireError::Short { needed: HEADER_BYTES, found: frame.len() };
    let Some(bytes) = frame.first_chunk::<HEADER_BYTES>() else {
        return Err(short);
    };
    let magic: [u8; 4] = word(bytes, 0);
    if magic != MAGIC {
        return Err(WireError::Magic(magic));
    }
    let version = u16::from_le_bytes(word(bytes, 6));
    if version != VERSION {
        return Err(WireError::Version(version));
    }
    let code = u16::from_le_bytes(word(bytes, 4));
    let kind = Kind::from_code(code).ok_or(WireError::Kind(code))?;
    let payload_bytes = u32::from_le_bytes(word(bytes, 8)) as usize;
    let limit = kind.max_payload_bytes();
    if payload_bytes > limit {
        return Err(WireError::TooLong { kind, bytes: payload_bytes, limit });
    }
    let found = frame.len() - HEADER_BYTES;
    if found < payload_bytes {
        return Err(WireError::Short { needed: HEADER_BYTES + payload_bytes, found: frame.len() });
    }
    if found > payload_bytes {
        return Err(WireError::Trailing { bytes: found - payload_bytes });
    }
    let quality = match bytes[64] {
        0 => Quality::Good,
        1 => Quality::Uncertain,
        2 => Quality::Bad,
        other => return Err(WireError::Quality(other)),
    };
    let zero = |range: core::ops::Range<usize>| bytes[range].iter().all(|&b| b == 0);
    if !(zero(12..16) && zero(65..CRC_AT) && zero(CRC_AT + 4..HEADER_BYTES)) {
        return Err(WireError::Reserved);
    }
    Ok(Header {
        kind,
        payload_bytes,
        stamp: Stamp {
            sender: u64_at(bytes, 16),
            epoch: u64_at(bytes, 24),
            seq: u64_at(bytes, 32),
            mono_ns: u64_at(bytes, 40),
            based_on_tick: u64_at(bytes, 48),
            not_after_tick: u64_at(bytes, 56),
            quality,
        },
        crc32c: u32::from_le_bytes(word(bytes, CRC_AT)),
    })
}

/// Writes a header in front of `payload`, checksum included. The caller has checked the length.
pub(crate) fn compose(kind: Kind, stamp: &Stamp, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEADER_BYTES + payload.len());
    frame.extend_from_slice(&MAGIC);
    frame.extend_from_slice(&(kind as u16).to_le_bytes());
    frame.extend_from_slice(&VERSION.to_le_bytes());
    frame.extend_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes());
    frame.extend_from_slice(&[0; 4]);
    for field in [
        stamp.sender,
        stamp.epoch,
        stamp.seq,
        stamp.mono_ns,
        stamp.based_on_tick,
        stamp.not_after_tick,
    ] {
        frame.extend_from_slice(&field.to_le_bytes());
    }
    frame.extend_from_slice(&[stamp.quality as u8, 0, 0, 0]);
    let crc = crc32c::crc32c_append(crc32c::crc32c(&frame), payload);
    frame.extend_from_slice(&crc.to_le_bytes());
    frame.extend_from_slice(&[0; 8]);
    frame.extend_from_slice(payload);
    frame
}

/// Checksum of a frame's bytes as [`compose`] computes it.
pub(crate) fn checksum(frame: &[u8]) -> u32 {
    let (head, payload) = frame.split_at(HEADER_BYTES.min(frame.len()));
    crc32c::crc32c_append(crc32c::crc32c(&head[..CRC_AT.min(head.len())]), payload)
}
