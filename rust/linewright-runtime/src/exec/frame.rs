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
        let finite = value.is_finite();
        self.values[usize::from(slot)] = if finite { value } else { f64::NAN };
        self.qualities[usize::from(slot)] = if finite { quality } else { BAD };
    }

    /// Stores a flag, always Good.
    #[inline(always)]
    pub fn put_flag(&mut self, slot: Slot, on: bool) {
        self.put(slot, flag(on), Quality::Good as u8);
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

/// 64-bit hash (XXH3) over the bits of all values and all qualities. The bytes are those of a
/// little-endian machine, which is all that Linewright runs on.
pub(super) fn hash(values: &[f64], qualities: &[u8]) -> u64 {
    use xxhash_rust::xxh3::xxh3_64;
    let parts = [xxh3_64(bytemuck::cast_slice(values)), xxh3_64(qualities)];
    xxh3_64(bytemuck::bytes_of(&parts))
}

const _: () = assert!(cfg!(target_endian = "little"), "records and hashes are little endian");
