//! The bytes of one cycle, and what finds a changed bit in them.
//!
//! `tick u64 | n u32 | values f64*n | qualities u8*n | hash u64 | check u64 | locator u64`, little
//! endian. `hash` is the executor's over all slots of the loop. `check` is XXH3-64 of everything before
//! it, seeded with the loop's index: any change is noticed. `locator` is an extended Hamming
//! syndrome (Hamming, 1950) of the same bytes: a single changed bit is found and named.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Bytes before the values.
pub(super) const HEAD: usize = 12;
/// Bytes after the qualities.
const TAIL: usize = 24;
/// Bytes of `check` and `locator`.
const GUARD: usize = 16;
/// Seed of the check of a parameter change; no loop has this index.
pub(super) const PARAMS_SEED: u64 = u64::MAX;
/// As [`PARAMS_SEED`], for keyframes.
pub(super) const KEYFRAME_SEED: u64 = u64::MAX - 1;
/// As [`PARAMS_SEED`], for gaps.
pub(super) const GAP_SEED: u64 = u64::MAX - 2;

/// Appends a cycle to `out`.
pub(super) fn encode(
    out: &mut Vec<u8>,
    loop_index: usize,
    tick: u64,
    values: &[f64],
    qualities: &[u8],
    hash: u64,
) {
    let start = out.len();
    let n = values.len().min(qualities.len());
    out.extend_from_slice(&tick.to_le_bytes());
    out.extend_from_slice(&(n as u32).to_le_bytes());
    for value in &values[..n] {
        out.extend_from_slice(&value.to_bits().to_le_bytes());
    }
    out.extend_from_slice(&qualities[..n]);
    out.extend_from_slice(&hash.to_le_bytes());
    seal(out, start, loop_index as u64);
}

/// Appends a parameter change to `out`: `tick u64 | epoch u64 | n u32 | (index u32 | value f64)*n` and
/// the guard.
pub(super) fn encode_params(out: &mut Vec<u8>, tick: u64, epoch: u64, values: &[(u16, f64)]) {
    let start = out.len();
    out.extend_from_slice(&tick.to_le_bytes());
    out.extend_from_slice(&epoch.to_le_bytes());
    out.extend_from_slice(&(values.len() as u32).to_le_bytes());
    for (index, value) in values {
        out.extend_from_slice(&u32::from(*index).to_le_bytes());
        out.extend_from_slice(&value.to_bits().to_le_bytes());
    }
    seal(out, start, PARAMS_SEED);
}

/// Appends a keyframe to `out`: a parameter change to all that is not as in the plan, `state u8*`, and the
/// guard over both.
pub(super) fn encode_keyframe(
    out: &mut Vec<u8>,
    tick: u64,
    epoch: u64,
    values: &[(u16, f64)],
    state: &[u8],
) {
    let start = out.len();
    encode_params(out, tick, epoch, values);
    out.truncate(out.len() - GUARD);
    out.extend_from_slice(state);
    seal(out, start, KEYFRAME_SEED);
}

/// Reads the guarded bytes of a keyframe: tick, epoch, and where its state starts; none when the
/// lengths do not fit.
pub(super) fn decode_keyframe(
    guarded: &[u8],
    values: &mut Vec<(u16, f64)>,
) -> Option<(u64, u64, usize)> {
    let count = u32_at(guarded.get(..20)?, 16) as usize;
    let state = count.checked_mul(12)?.checked_add(20)?;
    let (tick, epoch) = decode_params(guarded.get(..state)?, values)?;
    Some((tick, epoch, state))
}

/// Appends a gap to `out`: `first tick u64 | last tick u64 | cycles u64` and the guard.
pub(super) fn encode_gap(out: &mut Vec<u8>, first_tick: u64, last_tick: u64, cycles: u64) {
    let start = out.len();
    for word in [first_tick, last_tick, cycles] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    seal(out, start, GAP_SEED);
}

/// Reads the guarded bytes of a gap; none when the length does not fit.
pub(super) fn decode_gap(guarded: &[u8]) -> Option<(u64, u64, u64)> {
    (guarded.len() == 24).then(|| (u64_at(guarded, 0), u64_at(guarded, 8), u64_at(guarded, 16)))
}

/// Reads the guarded bytes of a parameter change: tick, epoch; none when the lengths do not fit.
pub(super) fn decode_params(guarded: &[u8], values: &mut Vec<(u16, f64)>) -> Option<(u64, u64)> {
    let pairs = guarded.get(20..)?;
    if !pairs.len().is_multiple_of(12) || u32_at(guarded, 16) as usize != pairs.len() / 12 {
        return None;
    }
    values.clear();
    for pair in pairs.chunks_exact(12) {
        values.push((u16::try_from(u32_at(pair, 0)).ok()?, f64::from_bits(u64_at(pair, 4))));
    }
    Some((u64_at(guarded, 0), u64_at(guarded, 8)))
}

/// Appends `check` and `locator` of the bytes from `start` on.
pub(super) fn seal(out: &mut Vec<u8>, start: usize, seed: u64) {
    let check = xxh3_64_with_seed(&out[start..], seed);
    let locator = locator(&out[start..]);
    out.extend_from_slice(&check.to_le_bytes());
    out.extend_from_slice(&locator.to_le_bytes());
}

/// Where a changed bit stands in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The tick.
    Tick,
    /// The number of slots.
    Count,
    /// Value of source slot `i`.
    Value(usize),
    /// Quality of source slot `i`.
    Quality(usize),
    /// The recorded hash.
    Hash,
    /// Check or locator: what they guard is whole.
    Guard,
    /// More than one bit changed; which cannot be told.
    Several,
}

/// A changed message: the field, and bytes as they were written where that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Damage {
    pub field: Field,
    /// The guarded bytes with the changed bit put back.
    pub mended: Option<Vec<u8>>,
}

/// A cycle as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Decoded {
    pub tick: u64,
    pub hash: u64,
    /// Slots.
    pub n: usize,
}

/// Splits a message into guarded bytes and guard and compares them.
pub(super) fn check(message: &[u8], seed: u64) -> Result<&[u8], Damage> {
    let several = || Damage { field: Field::Several, mended: None };
    let split = message.len().checked_sub(GUARD).ok_or_else(several)?;
    let (guarded, guard) = message.split_at(split);
    let (stored_check, stored_locator) = (u64_at(guard, 0), u64_at(guard, 8));
    let check = xxh3_64_with_seed(guarded, seed);
    let difference = stored_locator ^ locator(guarded);
    if check == stored_check {
        return if difference == 0 {
            Ok(guarded)
        } else {
            Err(Damage { field: Field::Guard, mended: Some(guarded.to_vec()) })
        };
    }
    if difference == 0 {
        // The content fits its locator: the check itself was changed, if by one bit only.
        let one = (check ^ stored_check).count_ones() == 1;
        return Err(if one {
            Damage { field: Field::Guard, mended: Some(guarded.to_vec()) }
        } else {
            several()
        });
    }
    let bit = (difference & !PARITY) as usize;
    if difference & PARITY == 0 || bit / 8 >= guarded.len() {
        return Err(several());
    }
    let mut mended = guarded.to_vec();
    mended[bit / 8] ^= 1 << (bit % 8);
    if xxh3_64_with_seed(&mended, seed) != stored_check {
        return Err(several());
    }
    Err(Damage { field: field_of(bit / 8, guarded.len()), mended: Some(mended) })
}

/// The field of byte `at` of a cycle of `len` guarded bytes.
fn field_of(at: usize, len: usize) -> Field {
    let n = slots_of(len + GUARD).unwrap_or(0);
    match at {
        0..8 => Field::Tick,
        8..HEAD => Field::Count,
        _ if at < HEAD + 8 * n => Field::Value((at - HEAD) / 8),
        _ if at < HEAD + 9 * n => Field::Quality(at - HEAD - 8 * n),
        _ => Field::Hash,
    }
}

/// Slots of a message of `len` bytes; none when no cycle has this length.
pub(super) fn slots_of(len: usize) -> Option<usize> {
    let body = len.checked_sub(HEAD + TAIL)?;
    body.is_multiple_of(9).then_some(body / 9)
}

/// Reads the guarded bytes of a cycle; none when the lengths do not fit.
pub(super) fn decode(
    guarded: &[u8],
    values: &mut Vec<f64>,
    qualities: &mut Vec<u8>,
) -> Option<Decoded> {
    let n = slots_of(guarded.len() + GUARD)?;
    if u64::from(u32_at(guarded, 8)) != n as u64 {
        return None;
    }
    let (of_values, rest) = guarded[HEAD..].split_at(8 * n);
    values.clear();
    values.extend(of_values.chunks_exact(8).map(|word| f64::from_bits(u64_at(word, 0))));
    qualities.clear();
    qualities.extend_from_slice(&rest[..n]);
    Some(Decoded { tick: u64_at(guarded, 0), hash: u64_at(rest, n), n })
}

/// Set when the number of set bits is odd.
const PARITY: u64 = 1 << 63;

/// XOR of the positions of all set bits, and the parity of their number in the top bit. Changing the
/// one bit at position `p` changes the locator by `p` and the parity.
fn locator(bytes: &[u8]) -> u64 {
    let mut all = 0_u64;
    let mut high = 0_u64;
    let words = bytes.chunks_exact(8);
    let rest = words.remainder();
    let mut last = [0_u8; 8];
    last[..rest.len()].copy_from_slice(rest);
    let tail = std::iter::once(u64::from_le_bytes(last));
    for (i, word) in words.map(|w| u64_at(w, 0)).chain(tail).enumerate() {
        all ^= word;
        high ^= i as u64 * u64::from(word.count_ones() & 1);
    }
    // Positions within a word: bit k of the position is set for these bits of the word.
    const WITHIN: [u64; 6] = [
        0xAAAA_AAAA_AAAA_AAAA,
        0xCCCC_CCCC_CCCC_CCCC,
        0xF0F0_F0F0_F0F0_F0F0,
        0xFF00_FF00_FF00_FF00,
        0xFFFF_0000_FFFF_0000,
        0xFFFF_FFFF_0000_0000,
    ];
    let mut low = 0;
    for (k, mask) in WITHIN.iter().enumerate() {
        low |= u64::from((all & mask).count_ones() & 1) << k;
    }
    (u64::from(all.count_ones() & 1) << 63) | (high << 6) | low
}

/// Eight bytes at `at`; the caller knows they are there.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

/// Four bytes at `at`; the caller knows they are there.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(n: usize) -> Vec<u8> {
        let values: Vec<f64> = (0..n).map(|i| i as f64 * 1.37 - 4.0).collect();
        let qualities: Vec<u8> = (0..n).map(|i| (i % 3) as u8).collect();
        let mut out = Vec::new();
        encode(&mut out, 2, 1_234_567, &values, &qualities, 0xDEAD_BEEF_0BAD_F00D);
        out
    }

    #[test]
    fn reads_what_was_written() {
        for n in [0, 1, 7, 8, 40] {
            let bytes = message(n);
            let guarded = check(&bytes, 2).unwrap();
            let (mut values, mut qualities) = (vec![9.0], vec![9]);
            let got = decode(guarded, &mut values, &mut qualities).unwrap();
            assert_eq!(got, Decoded { tick: 1_234_567, hash: 0xDEAD_BEEF_0BAD_F00D, n });
            assert_eq!((values.len(), qualities.len()), (n, n));
            assert!(values.iter().enumerate().all(|(i, v)| *v == i as f64 * 1.37 - 4.0));
            assert!(check(&bytes, 1).is_err(), "another loop's message is not this loop's");
        }
    }

    #[test]
    fn every_single_bit_is_named_and_put_back() {
        for n in [0, 1, 5, 12] {
            let whole = message(n);
            let guarded = whole.len() - GUARD;
            for bit in 0..whole.len() * 8 {
                let mut bytes = whole.clone();
                bytes[bit / 8] ^= 1 << (bit % 8);
                let damage = check(&bytes, 2).unwrap_err();
                let expected =
                    if bit / 8 >= guarded { Field::Guard } else { field_of(bit / 8, guarded) };
                assert_eq!(damage.field, expected, "n {n} bit {bit}");
                assert_eq!(damage.mended.as_deref(), Some(&whole[..guarded]), "n {n} bit {bit}");
            }
        }
    }

    #[test]
    fn two_bits_are_noticed_and_not_blamed_on_a_third() {
        let whole = message(4);
        let bits = (whole.len() - GUARD) * 8;
        for a in 0..bits {
            for b in (a + 1..bits).step_by(7) {
                let mut bytes = whole.clone();
                bytes[a / 8] ^= 1 << (a % 8);
                bytes[b / 8] ^= 1 << (b % 8);
                assert_eq!(check(&bytes, 2).unwrap_err().field, Field::Several, "{a} {b}");
            }
        }
    }

    #[test]
    fn short_messages_are_refused() {
        let whole = message(3);
        for len in 0..whole.len() {
            assert!(check(&whole[..len], 2).is_err());
        }
    }
}
