//! Random numbers that belong to a place, not to a moment.
//!
//! SplitMix64 (Steele, Lea, Flood 2014): a counter and a mixing function. Every noise source owns one stream, made of
//! `(seed, stream)`, and draws the same count in every tick whatever the controller does. Two policies on the same seed
//! therefore meet exactly the same plant: common random numbers. Normal deviates after Box and Muller (1958).

/// Step of the SplitMix64 counter: 2^64 divided by the golden ratio, odd.
pub(crate) const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// One stream of random numbers.
#[derive(Clone, Debug)]
pub struct Stream {
    counter: u64,
    spare: Option<f64>,
}

impl Stream {
    /// The stream number `stream` of `seed`.
    pub fn new(seed: u64, stream: u64) -> Self {
        let counter = mix(seed.wrapping_add(STEP) ^ mix(stream.wrapping_mul(STEP) ^ 0x6C69_6E65));
        Stream { counter, spare: None }
    }

    fn bits(&mut self) -> u64 {
        self.counter = self.counter.wrapping_add(STEP);
        mix(self.counter)
    }

    /// Uniform in (0, 1], dimensionless: never 0, so its logarithm is finite.
    pub fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) + 1) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Normal deviate, mean 0, standard deviation 1, dimensionless.
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (-2.0 * libm::log(self.uniform())).sqrt();
        let (sin, cos) = libm::sincos(core::f64::consts::TAU * self.uniform());
        self.spare = Some(radius * sin);
        radius * cos
    }
}

/// Numbers of the streams of a line; part of what a seed means.
pub(crate) mod place {
    pub const WALK: u64 = 1;
    pub const WANDER: u64 = 2;
    pub const DENSITY: u64 = 3;
    pub const MASS_FLOW: u64 = 4;
    pub const TEMPERATURE: u64 = 5;
    pub const DRIVE_GAIN: u64 = 6;
    pub const PUMP_SPEED: u64 = 7;
    pub const WEB_SPEED: u64 = 8;
    pub const WET: u64 = 9;
    pub const DRY: u64 = 10;
    pub const THICKNESS: u64 = 11;
    pub const LINE_LOAD: u64 = 12;
    pub const ROLL_TEMPERATURE: u64 = 13;
    pub const RESISTANCE: u64 = 14;
    pub const ROLL_HEAT: u64 = 15;
    pub const SLURRY_HEAT: u64 = 16;
    pub const LAB: u64 = 17;
    pub const BIAS: u64 = 18;
    pub const BEFORE_WALK: u64 = 19;
    pub const BEFORE_WANDER: u64 = 20;
    pub const LIPS: u64 = 30;
    /// Low byte of the streams of the lip's drift; the number of the knot stands above it.
    pub const LIP_DRIFT: u64 = 31;
    pub const BATCH: u64 = 32;
    pub const BATCH_WALK: u64 = 33;
    pub const DIE_PRESSURE: u64 = 34;
    pub const DIE_BIAS: u64 = 35;
    pub const WELD: u64 = 60;
    /// Low bits of the streams of the recipe gate; the number of the draw stands above them.
    pub const RECIPE_GATE: u64 = 110;
    pub const DRYER_INLET: u64 = 400;
    pub const DRYER_HEAT: u64 = 401;
    pub const DRYER_BIAS: u64 = 402;
    /// First of the dryer's instruments.
    pub const DRYER_SENSORS: u64 = 410;
    pub const FLOW_SUPPLY: u64 = 80;
    pub const FLOW_FAILURES: u64 = 81;
    pub const FLOW_YIELD: u64 = 82;
    pub const FLOW_FORMATION: u64 = 83;
    pub const FLOW_FORECAST: u64 = 84;
    pub const FLOW_FAULTS: u64 = 85;
    pub const FLOW_TEST: u64 = 86;
    pub const FLOW_PICKS: u64 = 87;
    pub const FLOW_GOODNESS: u64 = 88;
    pub const FLOW_SHUFFLE: u64 = 89;
    pub const WELD_FIXTURE: u64 = 61;
    pub const WELD_CHECK: u64 = 62;
    pub const FORMATION_SLOT: u64 = 500;
    pub const FORMATION_CHANNEL: u64 = 501;
    pub const FORMATION_NOISE: u64 = 502;
    pub const FORMATION_PLACE: u64 = 503;
    pub const FORMATION_CHANCE: u64 = 504;
    /// Low byte of the streams of the cells; the number of the cell stands above it.
    pub const FORMATION_CELL: u64 = 105;
}

pub(crate) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_deviates_have_mean_zero_and_unit_variance() {
        let mut stream = Stream::new(7, 3);
        let n = 200_000;
        let (mut sum, mut square, mut fourth) = (0.0, 0.0, 0.0);
        for _ in 0..n {
            let z = stream.normal();
            sum += z;
            square += z * z;
            fourth += z * z * z * z;
        }
        let n = f64::from(n);
        assert!((sum / n).abs() < 0.01, "mean {}", sum / n);
        assert!((square / n - 1.0).abs() < 0.015, "variance {}", square / n);
        assert!((fourth / n - 3.0).abs() < 0.12, "kurtosis {}", fourth / n);
    }

    #[test]
    fn streams_of_one_seed_are_uncorrelated_and_repeat() {
        let (mut a, mut b) = (Stream::new(1, 0), Stream::new(1, 1));
        let mut again = Stream::new(1, 0);
        let mut product = 0.0;
        for _ in 0..50_000 {
            let x = a.normal();
            assert_eq!(x.to_bits(), again.normal().to_bits());
            product += x * b.normal();
        }
        assert!((product / 50_000.0).abs() < 0.02);
    }
}
