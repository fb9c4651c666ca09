//! What can be wrong with a frame. Every variant names what was found and what is allowed.
use crate::Kind;

/// Why a frame was refused. A refused frame has had no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireError {
    /// Fewer bytes than a header, or than the header announces.
    Short {
        /// Bytes needed.
        needed: usize,
        /// Bytes found.
        found: usize,
    },
    /// Bytes after the announced payload, or after the last msgpack value.
    Trailing {
        /// Bytes left over.
        bytes: usize,
    },
    /// The first four bytes are not `LWR1`.
    Magic([u8; 4]),
    /// A version this build does not speak.
    Version(u16),
    /// A kind this build does not know.
    Kind(u16),
    /// A quality other than 0, 1, 2.
    Quality(u8),
    /// A reserved or padding byte, or a flag, is not zero.
    Reserved,
    /// The payload is longer than its kind allows.
    TooLong {
        /// Kind of the frame.
        kind: Kind,
        /// Bytes announced or given.
        bytes: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// The checksum does not fit the bytes.
    Crc {
        /// Checksum in the header.
        stated: u32,
        /// Checksum of the bytes.
        computed: u32,
    },
    /// Nested deeper than allowed.
    Depth {
        /// Levels allowed.
        limit: usize,
    },
    /// More elements than allowed.
    Elements {
        /// Elements allowed.
        limit: usize,
    },
    /// A string longer than allowed.
    String {
        /// Bytes of the string.
        bytes: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// A msgpack type that is not part of the format: binary, extension, a map key that is no string, byte 0xc1.
    Type {
        /// The marker byte.
        marker: u8,
    },
    /// The payload does not have the fields of its kind.
    Payload {
        /// Kind of the frame.
        kind: Kind,
        /// What the decoder said.
        reason: String,
    },
}

impl WireError {
    /// Which check failed, in one word: under it the refusal is counted.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Short { .. } => "short",
            Self::Trailing { .. } => "trailing",
            Self::Magic(_) => "magic",
            Self::Version(_) => "version",
            Self::Kind(_) => "kind",
            Self::Quality(_) => "quality",
            Self::Reserved => "reserved",
            Self::TooLong { .. } => "too_long",
            Self::Crc { .. } => "crc",
            Self::Depth { .. } => "depth",
            Self::Elements { .. } => "elements",
            Self::String { .. } => "string",
            Self::Type { .. } => "type",
            Self::Payload { .. } => "payload",
        }
    }
}

impl core::fmt::Display for WireError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Short { needed, found } => {
                write!(f, "frame: {needed} bytes needed, {found} found")
            }
            Self::Trailing { bytes } => write!(f, "frame: {bytes} bytes too many"),
            Self::Magic(found) => write!(f, "magic: expected \"LWR1\", found {found:02x?}"),
            Self::Version(found) => {
                write!(f, "version: expected {}, found {found}", crate::VERSION)
            }
            Self::Kind(found) => write!(f, "kind: {found} is not a known kind"),
            Self::Quality(found) => write!(f, "quality: expected 0, 1 or 2, found {found}"),
            Self::Reserved => write!(f, "header: flags, padding and reserved bytes must be zero"),
            Self::TooLong { kind, bytes, limit } => {
                write!(f, "length: a {} payload may have {limit} bytes, was {bytes}", kind.name())
            }
            Self::Crc { stated, computed } => {
                write!(f, "crc32c: header says {stated:#010x}, bytes give {computed:#010x}")
            }
            Self::Depth { limit } => write!(f, "payload: nested deeper than {limit}"),
            Self::Elements { limit } => write!(f, "payload: more than {limit} elements"),
            Self::String { bytes, limit } => {
                write!(f, "payload: a string may have {limit} bytes, was {bytes}")
            }
            Self::Type { marker } => {
                write!(f, "payload: msgpack marker {marker:#04x} is not part of the format")
            }
            Self::Payload { kind, reason } => write!(f, "{} payload: {reason}", kind.name()),
        }
    }
}

impl std::error::Error for WireError {}
