//! The datagrams between core and plant, byte by byte; `docs/drivers.md` is the same for readers.

use crate::record::Origin;

/// First bytes of every datagram.
pub const MAGIC: [u8; 4] = *b"LWD1";
/// Version of the format.
pub const VERSION: u16 = 1;
/// Bytes in front of the entries.
pub const HEADER: usize = 56;
/// Bytes of one sample.
pub const SAMPLE: usize = 24;
/// Bytes of one write.
pub const WRITE: usize = 32;
/// Bytes of the body of a welcome.
pub const WELCOME: usize = 24;
/// Most bytes of the reason of a refusal.
pub const REASON: usize = 1024;

/// Flag of samples: the peer's dead-man is latched, it does not act on writes.
pub const SAFE: u8 = 1;
/// Flag of ticks: an operator has reset; leave the latch.
pub const RESET: u8 = 1;

/// What a datagram is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// From the peer, first: its channels and actuators.
    Hello = 1,
    /// From the peer: values.
    Samples = 2,
    /// From the core: the hello was taken.
    Welcome = 16,
    /// From the core: the hello was refused; the connection ends.
    Refused = 17,
    /// From the core, every base tick: heartbeat and writes.
    Tick = 18,
}

impl Kind {
    fn from_u8(code: u8) -> Option<Self> {
        let all = [Self::Hello, Self::Samples, Self::Welcome, Self::Refused, Self::Tick];
        all.into_iter().find(|kind| *kind as u8 == code)
    }
}

/// The fields in front of the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What it is.
    pub kind: Kind,
    /// [`SAFE`] or [`RESET`].
    pub flags: u8,
    /// Rises by one with every datagram of a sender.
    pub seq: u64,
    /// Base tick; in samples the last one heard of, in lock-step the one they are for.
    pub tick: u64,
    /// Number of the core's run; 0 in a hello.
    pub session: u64,
    /// `CLOCK_MONOTONIC` of the sender, ns.
    pub mono_ns: u64,
    /// Entries behind the header.
    pub count: u32,
}

/// Why a datagram is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Shorter than a header, or longer or shorter than it says.
    Length,
    /// Another magic or version.
    Format,
    /// Damaged.
    Checksum,
    /// Unknown kind.
    Kind,
}

/// One value of a channel or one read-back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Number in the hello.
    pub index: u16,
    /// 0 of a channel, 1 read-back of an actuator.
    pub what: u8,
    /// 0 good, 1 uncertain, anything else bad.
    pub quality: u8,
    /// In the unit of the hello.
    pub value: f64,
    /// When it was measured, ns.
    pub source_ns: u64,
}

/// One write.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Write {
    /// Number in the hello.
    pub actuator: u16,
    /// Why.
    pub reason: Reason,
    /// Bit 0 clamped to a limit, bit 1 held back by the rate.
    pub flags: u8,
    /// In the unit of the hello; NaN for a release.
    pub value: f64,
    /// Number of the command, as in the ledger; 0 for a release, which is the change of state to
    /// fallback there.
    pub id: u64,
    /// Base tick it was admitted in.
    pub tick: u64,
}

/// Who asked for a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// The loop in control.
    Loop = 0,
    /// The operator.
    Manual = 1,
    /// The declared fallback.
    Fallback = 2,
    /// Nobody any more: the machine has its actuator back.
    Release = 3,
}

impl From<Origin> for Reason {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::Loop => Self::Loop,
            Origin::Manual => Self::Manual,
            Origin::Fallback => Self::Fallback,
        }
    }
}

fn bytes<const N: usize>(from: &[u8], at: usize) -> [u8; N] {
    let mut to = [0; N];
    if let Some(part) = from.get(at..at + N) {
        to.copy_from_slice(part);
    }
    to
}

fn checksum(datagram: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(datagram.get(..12).unwrap_or_default());
    crc.update(datagram.get(16..).unwrap_or_default());
    crc.finalize()
}

/// Header and entries of a datagram.
///
/// # Errors
/// Anything about its form.
pub fn open(datagram: &[u8]) -> Result<(Header, &[u8]), Fault> {
    if datagram.len() < HEADER || u32::from_le_bytes(bytes(datagram, 8)) as usize != datagram.len()
    {
        return Err(Fault::Length);
    }
    let version = u16::from_le_bytes(bytes(datagram, 6));
    if bytes(datagram, 0) != MAGIC || version != VERSION {
        return Err(Fault::Format);
    }
    if checksum(datagram) != u32::from_le_bytes(bytes(datagram, 12)) {
        return Err(Fault::Checksum);
    }
    let [kind, flags] = bytes(datagram, 4);
    let word = |at| u64::from_le_bytes(bytes(datagram, at));
    let header = Header {
        kind: Kind::from_u8(kind).ok_or(Fault::Kind)?,
        flags,
        seq: word(16),
        tick: word(24),
        session: word(32),
        mono_ns: word(40),
        count: u32::from_le_bytes(bytes(datagram, 48)),
    };
    Ok((header, datagram.get(HEADER..).unwrap_or_default()))
}

/// Writes `header` into the room kept for it at the start of `datagram`, with length and checksum.
pub fn seal(datagram: &mut [u8], header: &Header) {
    let len = datagram.len() as u32;
    let mut head = [0; HEADER];
    head[..4].copy_from_slice(&MAGIC);
    head[4] = header.kind as u8;
    head[5] = header.flags;
    head[6..8].copy_from_slice(&VERSION.to_le_bytes());
    head[8..12].copy_from_slice(&len.to_le_bytes());
    for (at, word) in
        [(16, header.seq), (24, header.tick), (32, header.session), (40, header.mono_ns)]
    {
        head[at..at + 8].copy_from_slice(&word.to_le_bytes());
    }
    head[48..52].copy_from_slice(&header.count.to_le_bytes());
    for (to, from) in datagram.iter_mut().zip(head) {
        *to = from;
    }
    let crc = checksum(datagram).to_le_bytes();
    for (to, from) in datagram.iter_mut().skip(12).zip(crc) {
        *to = from;
    }
}

/// The samples of a body; none when its length does not fit.
pub fn samples(body: &[u8], count: u32) -> Option<impl Iterator<Item = Sample> + '_> {
    (body.len() == count as usize * SAMPLE).then(|| {
        body.chunks_exact(SAMPLE).map(|entry| Sample {
            index: u16::from_le_bytes(bytes(entry, 0)),
            what: entry.get(2).copied().unwrap_or(u8::MAX),
            quality: entry.get(3).copied().unwrap_or(2),
            value: f64::from_le_bytes(bytes(entry, 8)),
            source_ns: u64::from_le_bytes(bytes(entry, 16)),
        })
    })
}

/// Appends a write; `to` has room.
pub fn put_write(to: &mut Vec<u8>, write: &Write) {
    to.extend_from_slice(&write.actuator.to_le_bytes());
    to.extend_from_slice(&[write.reason as u8, write.flags, 0, 0, 0, 0]);
    to.extend_from_slice(&write.value.to_le_bytes());
    to.extend_from_slice(&write.id.to_le_bytes());
    to.extend_from_slice(&write.tick.to_le_bytes());
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is a failed test
mod tests {
    use super::*;

    fn header() -> Header {
        Header {
            kind: Kind::Tick,
            flags: RESET,
            seq: 7,
            tick: 1 << 40,
            session: 3,
            mono_ns: 12,
            count: 1,
        }
    }

    #[test]
    fn a_sealed_datagram_opens_and_no_other_does() {
        let mut datagram = vec![0; HEADER];
        let write = Write {
            actuator: 2,
            reason: Reason::Manual,
            flags: 1,
            value: -0.5,
            id: 99,
            tick: 1 << 40,
        };
        put_write(&mut datagram, &write);
        assert_eq!(datagram.len(), HEADER + WRITE);
        seal(&mut datagram, &header());
        assert_eq!(open(&datagram).unwrap().0, header());
        for i in 0..datagram.len() {
            for bit in 0..8 {
                let mut bad = datagram.clone();
                bad[i] ^= 1 << bit;
                assert!(open(&bad).is_err(), "bit {bit} of byte {i}");
            }
        }
        for len in 0..datagram.len() {
            assert_eq!(open(&datagram[..len]), Err(Fault::Length));
        }
        datagram.push(0);
        assert_eq!(open(&datagram), Err(Fault::Length));
    }
}
