//! Gauges: how often they speak, where they look, how they err.

use crate::config::GaugeConfig;
use crate::random::Stream;

/// Says when a thing with its own rate is due, on a tick of another rate. The first tick is due.
#[derive(Clone, Copy, Debug)]
pub struct Beat {
    filled: u64,
    per_tick: u64,
    full: u64,
}

impl Beat {
    /// `rate_hz` of the thing (kept to a thousandth of a hertz), `base_hz` of the tick.
    pub fn new(rate_hz: f64, base_hz: u32) -> Self {
        let full = u64::from(base_hz) * 1000;
        Beat { filled: full, per_tick: ((rate_hz * 1000.0).round() as u64).max(1), full }
    }

    /// How many times it is due in this tick.
    pub fn tick(&mut self) -> u64 {
        if self.filled < self.full {
            self.filled += self.per_tick;
            return 0;
        }
        let times = self.filled / self.full;
        self.filled = self.filled % self.full + self.per_tick;
        times
    }
}

/// One instrument: relative and absolute bias and noise, new readings on its own beat, the last one held in between.
#[derive(Clone, Debug)]
pub struct Instrument {
    stream: Stream,
    gain: f64,
    offset: f64,
    relative_sd: f64,
    absolute_sd: f64,
    reading: f64,
}

impl Instrument {
    /// An instrument without error.
    pub fn exact(stream: Stream) -> Self {
        Instrument {
            stream,
            gain: 1.0,
            offset: 0.0,
            relative_sd: 0.0,
            absolute_sd: 0.0,
            reading: f64::NAN,
        }
    }

    /// Adds noise of `sd_pct` % of the reading.
    pub fn relative(mut self, sd_pct: f64) -> Self {
        self.relative_sd = 0.01 * sd_pct;
        self
    }

    /// Adds noise of `sd`, in the unit of the reading.
    pub fn absolute(mut self, sd: f64) -> Self {
        self.absolute_sd = sd;
        self
    }

    /// Adds a lasting error: `pct` % of the reading and `offset` in its unit.
    pub fn biased(mut self, pct: f64, offset: f64) -> Self {
        self.gain = 1.0 + 0.01 * pct;
        self.offset = offset;
        self
    }

    /// A new reading of `truth`.
    pub fn read(&mut self, truth: f64) -> f64 {
        let z = self.stream.normal();
        self.reading =
            truth * (self.gain + self.relative_sd * z) + self.offset + self.absolute_sd * z;
        self.reading
    }

    /// The last reading; NaN before the first.
    pub fn held(&self) -> f64 {
        self.reading
    }
}

/// Standard deviation of the mean of the raw readings that fall in one tick.
pub fn averaged_sd(raw_sd: f64, raw_hz: f64, base_hz: u32) -> f64 {
    raw_sd / (raw_hz / f64::from(base_hz)).max(1.0).sqrt()
}

/// Zig-zag over the web: which box the scanner is on.
#[derive(Clone, Debug)]
pub struct Scanner {
    beat: Beat,
    boxes: u64,
    passed: u64,
}

impl Scanner {
    /// A scanner over `width_m`.
    pub fn new(config: &GaugeConfig, width_m: f64, base_hz: u32) -> Self {
        let boxes = config.boxes as u64;
        let per_s = config.scan_m_per_s * config.boxes / width_m;
        Scanner { beat: Beat::new(per_s, base_hz), boxes, passed: 0 }
    }

    /// True when a box was finished in this tick.
    pub fn tick(&mut self) -> bool {
        let boxes = self.beat.tick();
        self.passed += boxes;
        boxes > 0
    }

    /// The box just finished, 0 to boxes - 1; the edge box is seen twice at each turn.
    pub fn box_index(&self) -> u64 {
        let at = self.passed.saturating_sub(1) % (2 * self.boxes);
        if at < self.boxes { at } else { 2 * self.boxes - 1 - at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_keeps_its_rate_on_any_tick() {
        for (rate_hz, base_hz) in [(10.0, 30), (30.0, 30), (30.0, 10), (1.0, 1000), (33.333, 7)] {
            let mut beat = Beat::new(rate_hz, base_hz);
            let count: u64 = (0..100 * u64::from(base_hz)).map(|_| beat.tick()).sum();
            let slack = (rate_hz / f64::from(base_hz)).max(1.0);
            let off = (count as f64 - 100.0 * rate_hz).abs();
            assert!(off <= slack, "{rate_hz} on {base_hz}: {count}");
        }
        let mut beat = Beat::new(10.0, 30);
        let due: Vec<u64> = (0..7).map(|_| beat.tick()).collect();
        assert_eq!(due, [1, 0, 0, 1, 0, 0, 1]);
    }

    #[test]
    fn the_scanner_goes_forth_and_back_over_all_boxes() {
        let mut scanner = Scanner::new(&GaugeConfig::default(), 0.66, 30);
        let boxes: Vec<u64> = (0..264)
            .map(|_| {
                assert!(scanner.tick());
                scanner.box_index()
            })
            .collect();
        assert_eq!(boxes[..3], [0, 1, 2]);
        assert_eq!(boxes[64..69], [64, 65, 65, 64, 63]);
        assert_eq!(boxes[131..134], [0, 0, 1]);
    }

    #[test]
    fn averaging_a_kilohertz_gauge_over_a_tick_shrinks_its_noise() {
        assert!((averaged_sd(0.5, 1000.0, 30) - 0.5 * (0.03f64).sqrt()).abs() < 1e-12);
        assert_eq!(averaged_sd(0.5, 1000.0, 5000), 0.5);
    }
}
