//! The cycle frame: one value and one quality per slot, for all loops side by side.

use crate::sample::Quality;

/// Number of [`Quality::Bad`].
pub(super) const BAD: u8 = Quality::Bad as u8;

/// Where a slot stands in the frame.
pub(crate) type Slot = u16;

/// Most slots of a plan: every [`Slot`] has its place, so no access needs a bounds check.
pub(crate) const MAX_SLOTS: usize = 1 << Slot::BITS;

/// A slot no plan uses: always Bad.
pub(crate) const NO_SLOT: Slot = Slot::MAX;

/// Values and qualities of every slot. A slot that is not Bad is finite: [`Frame::put`] sees to it.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub values: Box<[f64; MAX_SLOTS]>,
    pub qualities: Box<[u8; MAX_SLOTS]>,
}

impl Frame {
    /// All slots are nothing yet.
    pub fn new() -> Self {
        Self { values: boxed(f64::NAN), qualities: boxed(BAD) }
    }

    /// Value and quality of a slot.
    #[inline(always)]
    pub fn get(&self, slot: Slot) -> (f64, u8) {
        (self.values[usize::from(slot)], self.qualities[usize::from(slot)])
    }

    /// Stores a value. What is not finite becomes the one NaN and Bad, so that the bits of a record
    /// do not depend on how a machine makes its NaN.
    #[inline(always)]
    pub fn put(&mut self, slot: Slot, value: f64, quality: u8) {
        if value.is_finite() {
            self.put_finite(slot, value, quality);
        } else {
            self.put_nothing(slot);
        }
    }

    /// Stores a value known to be finite.
    #[inline(always)]
    pub fn put_finite(&mut self, slot: Slot, value: f64, quality: u8) {
        self.values[usize::from(slot)] = value;
        self.qualities[usize::from(slot)] = quality;
    }

    /// Stores that there is no value. Out of line: a predicted branch keeps the check out of the
    /// chain of dependent operations.
    #[cold]
    #[inline(never)]
    pub fn put_nothing(&mut self, slot: Slot) {
        self.put_finite(slot, f64::NAN, BAD);
    }

    /// Stores a flag, always Good.
    #[inline(always)]
    pub fn put_flag(&mut self, slot: Slot, on: bool) {
        self.put_finite(slot, flag(on), Quality::Good as u8);
    }
}

/// An array made on the heap, never on the stack.
fn boxed<T: Copy, const N: usize>(x: T) -> Box<[T; N]> {
    match vec![x; N].into_boxed_slice().try_into() {
        Ok(array) => array,
        Err(_) => Box::new([x; N]), // never: the length is N
    }
}

/// `1.0` or `0.0`.
#[inline(always)]
pub(super) fn flag(on: bool) -> f64 {
    if on { 1.0 } else { 0.0 }
}

/// True when a flag is on: an alarm of -1 is an alarm as well. False for NaN.
#[inline(always)]
pub(super) fn is_on(x: f64) -> bool {
    x.abs() >= 0.5
}

/// 64-bit hash over the bits of all values and all qualities: XXH3 of either, joined so that a change
/// of one of them always shows. The bytes are those of a little-endian machine, which is all that
/// Linewright runs on.
pub(super) fn hash(values: &[f64], qualities: &[u8]) -> u64 {
    use xxhash_rust::xxh3::xxh3_64;
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15; // 2^64 over the golden ratio: odd, so times it is one-to-one
    (xxh3_64(bytemuck::cast_slice(values)) ^ xxh3_64(qualities).rotate_left(32)).wrapping_mul(ODD)
}

const _: () = assert!(cfg!(target_endian = "little"), "records and hashes are little endian");
