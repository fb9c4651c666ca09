//! The cycle frame: one value and one quality per slot, for all loops side by side.

use crate::sample::Quality;

/// Number of [`Quality::Bad`].
pub(super) const BAD: u8 = Quality::Bad as u8;

/// Where a slot stands in the frame.
pub(crate) type Slot = u32;

/// Values and qualities of every slot. A slot that is not Bad is finite: [`Frame::put`] sees to it.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub values: Box<[f64]>,
    pub qualities: Box<[u8]>,
}

impl Frame {
    /// `len` slots, all of them nothing yet.
    pub fn new(len: usize) -> Self {
        Self { values: vec![f64::NAN; len].into(), qualities: vec![BAD; len].into() }
    }

    /// Value and quality of a slot.
    #[inline(always)]
    pub fn get(&self, slot: Slot) -> (f64, u8) {
        let i = slot as usize;
        match (self.values.get(i), self.qualities.get(i)) {
            (Some(value), Some(quality)) => (*value, *quality),
            _ => (f64::NAN, BAD),
        }
    }

    /// Stores a value. What is not finite becomes the one NaN and Bad, so that the bits of a record
    /// do not depend on how a machine makes its NaN.
    #[inline(always)]
    pub fn put(&mut self, slot: Slot, value: f64, quality: u8) {
        let i = slot as usize;
        if let (Some(to), Some(to_quality)) = (self.values.get_mut(i), self.qualities.get_mut(i)) {
            let finite = value.is_finite();
            *to = if finite { value } else { f64::NAN };
            *to_quality = if finite { quality } else { BAD };
        }
    }

    /// Stores a flag, always Good.
    #[inline(always)]
    pub fn put_flag(&mut self, slot: Slot, on: bool) {
        self.put(slot, flag(on), Quality::Good as u8);
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
