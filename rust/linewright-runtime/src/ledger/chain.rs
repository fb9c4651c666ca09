//! The chain: each row's hash covers the row and the hash before it.
//!
//! `hash(n) = SHA-256(hash(n-1) || seq || tick || mono_ns || len(kind) || kind || len(station) || station
//! || len(body) || body)`, numbers and lengths as 8 bytes little endian, text as UTF-8;
//! `hash(0)` is 32 zero bytes. The lengths make the coding one to one: no letter can move from one
//! column to the next without changing the hash.

use sha2::{Digest, Sha256};

/// Chain value before the first row.
pub const GENESIS: [u8; 32] = [0; 32];

/// The columns a hash covers.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    /// Number of the row.
    pub seq: u64,
    /// Base tick.
    pub tick: u64,
    /// Core clock, ns.
    pub mono_ns: u64,
    /// Kind column, UTF-8.
    pub kind: &'a [u8],
    /// Station column, UTF-8.
    pub station: &'a [u8],
    /// Body column, UTF-8.
    pub body: &'a [u8],
}

/// Chain value of a row after `previous`.
#[must_use]
pub fn link(previous: &[u8; 32], row: &Content<'_>) -> [u8; 32] {
    let mut head = [0_u8; 64];
    head[..32].copy_from_slice(previous);
    head[32..40].copy_from_slice(&row.seq.to_le_bytes());
    head[40..48].copy_from_slice(&row.tick.to_le_bytes());
    head[48..56].copy_from_slice(&row.mono_ns.to_le_bytes());
    head[56..].copy_from_slice(&(row.kind.len() as u64).to_le_bytes());
    let mut sha = Sha256::new();
    sha.update(head);
    sha.update(row.kind);
    sha.update((row.station.len() as u64).to_le_bytes());
    sha.update(row.station);
    sha.update((row.body.len() as u64).to_le_bytes());
    sha.update(row.body);
    sha.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: Content<'_> =
        Content { seq: 1, tick: 2, mono_ns: 3, kind: b"mode", station: b"coater", body: b"{}" };

    #[test]
    fn every_column_counts() {
        let base = link(&GENESIS, &ROW);
        let others = [
            link(&[1; 32], &ROW),
            link(&GENESIS, &Content { seq: 2, ..ROW }),
            link(&GENESIS, &Content { tick: 3, ..ROW }),
            link(&GENESIS, &Content { mono_ns: 4, ..ROW }),
            link(&GENESIS, &Content { kind: b"mod", station: b"ecoater", ..ROW }),
            link(&GENESIS, &Content { station: b"coater{", body: b"}", ..ROW }),
            link(&GENESIS, &Content { body: b"{ }", ..ROW }),
        ];
        for (i, a) in others.iter().enumerate() {
            assert_ne!(*a, base, "change {i}");
            assert!(others.iter().skip(i + 1).all(|b| a != b), "change {i}");
        }
    }

    #[test]
    fn the_hash_is_that_of_the_bytes_written_in_the_doc() {
        let mut bytes = GENESIS.to_vec();
        for n in [1_u64, 2, 3, 4] {
            bytes.extend(n.to_le_bytes());
        }
        bytes.extend(b"mode");
        bytes.extend(6_u64.to_le_bytes());
        bytes.extend(b"coater");
        bytes.extend(2_u64.to_le_bytes());
        bytes.extend(b"{}");
        let whole: [u8; 32] = Sha256::digest(&bytes).into();
        assert_eq!(link(&GENESIS, &ROW), whole);
    }
}
