//! Noise for many channels at the cost of a memory read.
//!
//! A table of normal deviates is drawn once. Each second every quantity takes a random place in it, and channel `i` reads
//! the deviate `i` places on. For one channel that is a series of independent draws from the table; two channels share
//! the table's own autocorrelation, below 1 % for 65,536 entries. Common random numbers: two runs of one seed get the
//! same noise whatever was loaded.

use super::cell::LANES;
use crate::random::Stream;

/// Entries of the table; a power of two.
const ENTRIES: usize = 1 << 16;

/// The table and where it is read.
pub struct NoiseTable {
    deviates: Vec<f32>,
    places: Stream,
    width: usize,
}

impl NoiseTable {
    /// Of `stream`, read by up to `width` channels at a time.
    pub fn new(mut stream: Stream, places: Stream, width: usize) -> Self {
        let mut deviates: Vec<f32> = (0..ENTRIES).map(|_| stream.normal() as f32).collect();
        // what is read beyond the end is the beginning again
        deviates.extend_from_within(..width.min(ENTRIES));
        NoiseTable { deviates, places, width: width.min(ENTRIES) }
    }

    /// A random place in the table, for one second of one quantity.
    pub fn draw(&mut self) -> usize {
        ((self.places.uniform() * ENTRIES as f64) as usize).min(ENTRIES - 1)
    }

    /// Deviates of a tray whose first channel is `first`, at a place that was drawn.
    #[inline]
    pub fn read(&self, place: usize, first: usize) -> &[f32; LANES] {
        let from = place + first % self.width.max(1);
        match self.deviates.get(from..).and_then(|rest| rest.first_chunk()) {
            Some(found) => found,
            // not reached: the table goes on for `width` beyond the last place
            None => &[0.0; LANES],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_gets_white_normal_noise_and_two_channels_are_strangers() {
        let mut noise = NoiseTable::new(Stream::new(5, 1), Stream::new(5, 2), 15_008);
        let n = 50_000;
        let (mut sum, mut square, mut lagged, mut shared, mut last) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for _ in 0..n {
            let place = noise.draw();
            let a = f64::from(noise.read(place, 64)[3]);
            let b = f64::from(noise.read(place, 96)[3]);
            sum += a;
            square += a * a;
            lagged += a * last;
            shared += a * b;
            last = a;
        }
        let n = f64::from(n);
        assert!((sum / n).abs() < 0.02, "mean {}", sum / n);
        assert!((square / n - 1.0).abs() < 0.03, "variance {}", square / n);
        assert!((lagged / n).abs() < 0.02, "autocorrelation {}", lagged / n);
        assert!((shared / n).abs() < 0.02, "cross correlation {}", shared / n);
    }
}
