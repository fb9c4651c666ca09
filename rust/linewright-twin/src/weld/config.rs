//! What a welding station is made of.

use crate::config::{ConfigError, section, within};
use serde::{Deserialize, Serialize};

/// Sampling rate of the photodiodes, Hz.
pub const SAMPLE_HZ: f64 = 50_000.0;
/// Samples of one step of the laser's power: it is told ten thousand times a second.
pub const STEP: usize = 5;

section! {
    /// Welding of the foil stack to its tab, off by default.
    WeldConfig "weld" switch on {
        /// Welds per minute.
        per_min = 18.0, 0.5, 120.0;
        /// Fixtures that follow each other, a whole number.
        fixtures = 4.0, 1.0, 16.0;
        /// Laser power, W.
        power_w = 1500.0, 100.0, 20_000.0;
        /// Speed of the beam along the seam, mm/s.
        speed_mm_per_s = 150.0, 20.0, 1000.0;
        /// Length of the seam, mm.
        length_mm = 30.0, 5.0, 200.0;
        /// Width of the seam at its top, mm: the beam wobbles across it.
        width_mm = 1.0, 0.2, 5.0;
        /// Clamp force, N.
        clamp_n = 400.0, 20.0, 5000.0;
        /// Radius of the beam in its focus, um.
        spot_um = 60.0, 5.0, 500.0;
        /// Distance from the focus at which the beam's area has doubled, mm.
        rayleigh_mm = 1.0, 0.05, 20.0;
        /// Foil stack, mm.
        stack_mm = 0.30, 0.05, 2.0;
        /// Tab below the stack, mm.
        tab_mm = 0.40, 0.05, 5.0;
        /// Depth of a nominal weld, mm: through the stack, into the tab.
        depth_mm = 0.50, 0.05, 5.0;
        /// Gap between stack and tab at the nominal clamp force: half-normal, its parameter, um.
        gap_sd_um = 15.0, 0.0, 200.0;
        /// Share of welds whose stack gapes over a part of the seam.
        gap_share = 0.002, 0.0, 0.5;
        /// Share of welds whose stack gapes over the whole seam.
        false_friend_share = 0.002, 0.0, 0.5;
        /// Share of welds that take too much of the power.
        over_penetration_share = 0.001, 0.0, 0.5;
        /// Share of welds with a blow-out.
        blow_out_share = 0.001, 0.0, 0.5;
        /// Share of welds on a dirty surface.
        contamination_share = 0.002, 0.0, 0.5;
        /// Share of welds whose stack bulges out of the focus behind a place in the seam, by 0.2 to 0.5 mm.
        bulge_share = 0.0, 0.0, 0.5;
        /// Share of welds whose stack lies wrong: misplaced, askew or folded.
        placement_share = 0.001, 0.0, 0.5;
        /// Standard deviation of the focus of a fixture, mm; drawn once per seed.
        focus_sd_mm = 0.08, 0.0, 2.0;
        /// Standard deviation of the absorbed share from weld to weld, %.
        absorption_sd_pct = 1.5, 0.0, 20.0;
        /// Standard deviation of the plasma signal from weld to weld (surface), %.
        plasma_sd_pct = 3.0, 0.0, 30.0;
        /// Standard deviation of the thermal signal from weld to weld, %.
        thermal_sd_pct = 2.0, 0.0, 30.0;
        /// Standard deviation of the back-reflection from weld to weld, %.
        reflection_sd_pct = 8.0, 0.0, 50.0;
        /// Noise of one plasma sample, %.
        plasma_noise_pct = 6.0, 0.0, 50.0;
        /// Noise of one thermal sample, %.
        thermal_noise_pct = 3.0, 0.0, 50.0;
        /// Noise of one back-reflection sample, %.
        reflection_noise_pct = 10.0, 0.0, 50.0;
        /// Standard deviation of the keyhole's oscillation in the plasma signal, %.
        keyhole_pct = 6.0, 0.0, 50.0;
        /// Frequency of the keyhole's oscillation at nominal depth, Hz.
        keyhole_hz = 900.0, 100.0, 5000.0;
        /// Lag of the laser's power, us.
        laser_tau_us = 50.0, 1.0, 10_000.0;
        /// Lag of the melt's temperature, ms.
        melt_tau_ms = 8.0, 0.1, 100.0;
        /// Every so many welds one is measured (4-wire resistance, then pulled), a whole number.
        check_every = 50.0, 1.0, 100_000.0;
        /// Time from weld to the result of that test, s.
        check_delay_s = 300.0, 0.0, 50_000.0;
        /// Standard deviation of a measured resistance, uOhm.
        resistance_sd_uohm = 1.0, 0.0, 100.0;
        /// Standard deviation of a measured pull force, N.
        pull_sd_n = 5.0, 0.0, 500.0;
        /// Time on hold after which a fixture has new clamps, s.
        service_s = 1200.0, 1.0, 1e6;
        /// Gain of the camera, dimensionless.
        exposure_gain = 1.0, 0.1, 10.0;
        /// Offset of the camera, grey levels.
        exposure_offset = 0.0, -200.0, 200.0;
    }
}

impl WeldConfig {
    /// Samples of one weld.
    pub fn samples(&self) -> usize {
        let steps = SAMPLE_HZ * self.length_mm / self.speed_mm_per_s / STEP as f64;
        STEP * steps.round() as usize
    }

    /// Time from one weld to the next, s.
    pub fn cycle_s(&self) -> f64 {
        60.0 / self.per_min
    }

    /// Refuses what no station can be; names the first field found.
    pub fn check_whole(&self) -> Result<(), ConfigError> {
        self.check()?;
        let rule = |ok: bool, field: &str, must_be: String, value: f64| {
            if ok { Ok(()) } else { Err(ConfigError { field: field.to_string(), must_be, value }) }
        };
        for (field, value) in
            [("weld.fixtures", self.fixtures), ("weld.check_every", self.check_every)]
        {
            rule(value == value.floor(), field, "a whole number".to_string(), value)?;
        }
        let whole = self.stack_mm + self.tab_mm;
        rule(
            self.depth_mm > self.stack_mm && self.depth_mm < whole,
            "weld.depth_mm",
            format!("between weld.stack_mm = {} and {whole} (stack and tab)", self.stack_mm),
            self.depth_mm,
        )?;
        let longest = 0.8 * self.cycle_s() * self.speed_mm_per_s;
        within("weld.length_mm", self.length_mm, 5.0, longest)?;
        let shares = [
            self.gap_share,
            self.false_friend_share,
            self.over_penetration_share,
            self.blow_out_share,
            self.contamination_share,
            self.bulge_share,
            self.placement_share,
        ];
        let sum: f64 = shares.iter().sum();
        rule(sum <= 1.0, "weld: sum of all shares", "at most 1".to_string(), sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nominal_weld_has_ten_thousand_samples_and_ten_joules_per_mm() {
        let config = WeldConfig::default();
        config.check_whole().unwrap();
        assert_eq!(config.samples(), 10_000);
        assert!((config.power_w / config.speed_mm_per_s - 10.0).abs() < 1e-12);
        assert!((config.cycle_s() - 10.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn nonsense_is_refused_with_field_bound_and_value() {
        let refusal = |change: fn(&mut WeldConfig)| {
            let mut config = WeldConfig::default();
            change(&mut config);
            config.check_whole().unwrap_err().to_string()
        };
        assert_eq!(
            refusal(|c| c.depth_mm = 0.25),
            "weld.depth_mm must be between weld.stack_mm = 0.3 and 0.7 (stack and tab), was 0.25"
        );
        assert_eq!(refusal(|c| c.fixtures = 2.5), "weld.fixtures must be a whole number, was 2.5");
        assert!(refusal(|c| c.per_min = 0.0).contains("weld.per_min must be 0.5 to 120"));
        assert!(refusal(|c| c.gap_share = f64::NAN).contains("weld.gap_share"));
    }
}
