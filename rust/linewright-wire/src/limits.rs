//! Limits, checked by walking the msgpack bytes before anything is built from them.
use crate::WireError;

/// Longest payload of a control message, bytes.
pub const MAX_CONTROL_BYTES: usize = 64 * 1024;
/// Longest payload that passes between bus and core in one datagram, bytes.
pub const MAX_CORE_BYTES: usize = 128 * 1024;
/// Longest payload from station to station, bytes; with its header still within the 1 MiB a socket takes.
pub const MAX_DATA_BYTES: usize = 1024 * 1024 - crate::HEADER_BYTES;
/// Longest datagram between bus and core, bytes: below the usual socket buffer of Linux (212,992).
pub const MAX_LINK_BYTES: usize = 160 * 1024;
/// Deepest nesting of maps and arrays.
pub const MAX_DEPTH: usize = 16;
/// Most values in one payload, the numbers of long numeric arrays aside.
pub const MAX_ELEMENTS: usize = 10_000;
/// Most numbers in one array that holds numbers only.
pub const MAX_NUMBERS: usize = 200_000;
/// Longest string, bytes.
pub const MAX_STRING_BYTES: usize = 4 * 1024;

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    elements: usize,
}

enum Item {
    Scalar,
    Number,
    Array(usize),
    Map(usize),
}

impl Walk<'_> {
    fn skip(&mut self, count: usize) -> Result<(), WireError> {
        let end = self.at.saturating_add(count);
        if end > self.bytes.len() {
            return Err(WireError::Short { needed: end, found: self.bytes.len() });
        }
        self.at = end;
        Ok(())
    }

    fn big_endian(&mut self, width: usize) -> Result<usize, WireError> {
        let from = self.at;
        self.skip(width)?;
        let bytes = &self.bytes[from..self.at];
        Ok(bytes.iter().fold(0, |sum, &b| (sum << 8) | usize::from(b)))
    }

    fn string(&mut self, bytes: usize) -> Result<Item, WireError> {
        if bytes > MAX_STRING_BYTES {
            return Err(WireError::String { bytes, limit: MAX_STRING_BYTES });
        }
        self.skip(bytes)?;
        Ok(Item::Scalar)
    }

    fn number(&mut self, bytes: usize) -> Result<Item, WireError> {
        self.skip(bytes)?;
        Ok(Item::Number)
    }

    fn item(&mut self) -> Result<Item, WireError> {
        let from = self.at;
        self.skip(1)?;
        let marker = self.bytes[from];
        match marker {
            0x00..=0x7f | 0xe0..=0xff => Ok(Item::Number),
            0x80..=0x8f => Ok(Item::Map(usize::from(marker & 0x0f))),
            0x90..=0x9f => Ok(Item::Array(usize::from(marker & 0x0f))),
            0xa0..=0xbf => self.string(usize::from(marker & 0x1f)),
            0xc0 | 0xc2 | 0xc3 => Ok(Item::Scalar),
            0xca | 0xce | 0xd2 => self.number(4),
            0xcb | 0xcf | 0xd3 => self.number(8),
            0xcc | 0xd0 => self.number(1),
            0xcd | 0xd1 => self.number(2),
            0xd9..=0xdb => {
                let bytes = self.big_endian(1 << (marker - 0xd9))?;
                self.string(bytes)
            }
            0xdc | 0xdd => Ok(Item::Array(self.big_endian(2 << (marker - 0xdc))?)),
            0xde | 0xdf => Ok(Item::Map(self.big_endian(2 << (marker - 0xde))?)),
            _ => Err(WireError::Type { marker }),
        }
    }

    fn count(&mut self, more: usize) -> Result<(), WireError> {
        self.elements = self.elements.saturating_add(more);
        if self.elements > MAX_ELEMENTS {
            return Err(WireError::Elements { limit: MAX_ELEMENTS });
        }
        Ok(())
    }

    /// A long array may hold numbers only, and then passes without counting as elements.
    fn numbers(&mut self, count: usize) -> Result<(), WireError> {
        if count > MAX_NUMBERS {
            return Err(WireError::Elements { limit: MAX_NUMBERS });
        }
        for _ in 0..count {
            if !matches!(self.item()?, Item::Number) {
                return Err(WireError::Elements { limit: MAX_ELEMENTS });
            }
        }
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<(), WireError> {
        let item = self.item()?;
        if depth >= MAX_DEPTH && matches!(item, Item::Array(_) | Item::Map(_)) {
            return Err(WireError::Depth { limit: MAX_DEPTH });
        }
        match item {
            Item::Scalar | Item::Number => Ok(()),
            Item::Array(count) if count > MAX_ELEMENTS => self.numbers(count),
            Item::Array(count) => {
                self.count(count)?;
                (0..count).try_for_each(|_| self.value(depth + 1))
            }
            Item::Map(count) => {
                self.count(count.saturating_mul(2))?;
                (0..count).try_for_each(|_| {
                    self.key()?;
                    self.value(depth + 1)
                })
            }
        }
    }

    fn key(&mut self) -> Result<(), WireError> {
        let marker = self.bytes.get(self.at).copied().unwrap_or(0xc1);
        match marker {
            0xa0..=0xbf | 0xd9..=0xdb => self.item().map(|_| ()),
            _ => Err(WireError::Type { marker }),
        }
    }
}

/// Walks one msgpack map: depth, element count, string length, allowed types, no byte left over. Allocates nothing.
///
/// # Errors
/// The first limit that is passed.
pub fn check_limits(payload: &[u8]) -> Result<(), WireError> {
    match payload.first() {
        Some(0x80..=0x8f | 0xde | 0xdf) => {}
        Some(&marker) => return Err(WireError::Type { marker }),
        None => return Err(WireError::Short { needed: 1, found: 0 }),
    }
    let mut walk = Walk { bytes: payload, at: 0, elements: 0 };
    walk.value(0)?;
    match payload.len() - walk.at {
        0 => Ok(()),
        bytes => Err(WireError::Trailing { bytes }),
    }
}
