//! Shiryaev-Roberts chart (Shiryaev 1963, Roberts 1966): finds a shift of known size soonest on average when
//! it comes after a long quiet time.
//!
//! `z = (x - mean)/sigma`; `R' = (1 + R)*exp(delta*z - delta^2/2)` from zero; alarm `+1` when `ln R > h`; the
//! lower side the same of `-z`, alarm `-1`; of the larger when both are. The outputs are `ln(1 + R)`, which
//! is also what is kept, so that nothing overflows. With `restart` both sides go to zero after the sample
//! that alarmed. `mean`, `sigma` in the unit of `x`; the rest is dimensionless. The threshold:
//! [`super::arl::shiryaev_roberts_h_for_arl0`].

use super::arl::{
    shiryaev_roberts_arl, shiryaev_roberts_arl_two_sided, shiryaev_roberts_h_for_arl0,
};
use super::arl_shiryaev::softplus;
use super::{Baseline, Chart};
use crate::number::saturate;
use crate::{Design, DesignError, Kernel, Port};

/// Which shifts a chart watches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watch {
    /// Upward shifts.
    Up,
    /// Downward shifts.
    Down,
    /// Shifts either way.
    #[default]
    Both,
}

/// Config of the Shiryaev-Roberts chart.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShiryaevRoberts {
    /// Mean in control, unit of `x`.
    pub mean: f64,
    /// Standard deviation in control, unit of `x`; positive.
    pub sigma: f64,
    /// Shift to be found, sigma; 0.1 to 5.
    pub delta: f64,
    /// Threshold of `ln R`, dimensionless; -5 to 700.
    pub h: f64,
    /// Sides watched: `"up"`, `"down"` or `"both"` (default).
    #[serde(default)]
    pub watch: Watch,
    /// Forget the evidence after an alarm.
    pub restart: bool,
}

/// Coefficients of [`ShiryaevRoberts`].
#[derive(Debug, Clone, Copy)]
pub struct ShiryaevRobertsKernel {
    baseline: Baseline,
    delta: f64,
    h: f64,
    up: bool,
    down: bool,
    restart: bool,
}

/// State of [`ShiryaevRoberts`]: `ln(1 + R)` of either side; zero is no evidence.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct ShiryaevRobertsState {
    up: f64,
    down: f64,
}

impl Design for ShiryaevRoberts {
    type Kernel = ShiryaevRobertsKernel;
    const NAME: &'static str = "ShiryaevRoberts";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] =
        &[Port::new("up", "1"), Port::new("down", "1"), Port::new("alarm", "1")];

    fn design(&self, period_s: f64) -> Result<ShiryaevRobertsKernel, DesignError> {
        DesignError::period(period_s)?;
        let baseline = Baseline::new(self.mean, self.sigma)?;
        let usable = (0.1..=5.0).contains(&self.delta);
        DesignError::unless(usable, "delta", "from 0.1 to 5", self.delta)?;
        DesignError::unless((-5.0..=700.0).contains(&self.h), "h", "from -5 to 700", self.h)?;
        let (up, down) = (self.watch != Watch::Down, self.watch != Watch::Up);
        let (delta, h, restart) = (self.delta, self.h, self.restart);
        Ok(ShiryaevRobertsKernel { baseline, delta, h, up, down, restart })
    }
}

impl Chart for ShiryaevRoberts {
    const THRESHOLD: &'static str = "h";

    fn arl(&self, shift: f64) -> Result<f64, DesignError> {
        match self.watch {
            Watch::Up => shiryaev_roberts_arl(self.delta, self.h, shift),
            Watch::Down => shiryaev_roberts_arl(self.delta, self.h, -shift),
            Watch::Both => shiryaev_roberts_arl_two_sided(self.delta, self.h, shift),
        }
    }

    fn with_arl0(self, arl0: f64) -> Result<Self, DesignError> {
        let two_sided = self.watch == Watch::Both;
        Ok(Self { h: shiryaev_roberts_h_for_arl0(self.delta, arl0, two_sided)?, ..self })
    }
}

impl Kernel for ShiryaevRobertsKernel {
    type State = ShiryaevRobertsState;
    type Input = f64;
    type Output = [f64; 3];

    #[inline]
    fn step(&self, s: &mut ShiryaevRobertsState, _: &mut [f64], x: f64) -> [f64; 3] {
        let z = self.baseline.z(x);
        let half = 0.5 * self.delta;
        let up = saturate(s.up + self.delta * (z - half));
        let down = saturate(s.down - self.delta * (z + half));
        s.up = if self.up { softplus(up) } else { 0.0 };
        s.down = if self.down { softplus(down) } else { 0.0 };
        let (rose, fell) = (self.up && up > self.h, self.down && down > self.h);
        let alarm = match (rose && (!fell || up >= down), fell) {
            (true, _) => 1.0,
            (false, true) => -1.0,
            (false, false) => 0.0,
        };
        let out = [s.up, s.down, alarm];
        if self.restart && (rose || fell) {
            *s = bytemuck::Zeroable::zeroed();
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn chart(watch: Watch) -> ShiryaevRoberts {
        ShiryaevRoberts { mean: 0.0, sigma: 1.0, delta: 1.0, h: 5.0, watch, restart: false }
    }

    #[test]
    fn follows_its_definition_and_never_overflows() {
        let mut running = Running::new(chart(Watch::Both).design(1.0).unwrap(), []);
        let (mut up, mut down): (f64, f64) = (0.0, 0.0);
        for z in [0.3, -1.2, 2.0, 0.7, 1.9] {
            up = (1.0 + up) * (z - 0.5_f64).exp();
            down = (1.0 + down) * (-z - 0.5_f64).exp();
            let out = running.update(z);
            assert!((out[0] - (1.0 + up).ln()).abs() < 1e-12);
            assert!((out[1] - (1.0 + down).ln()).abs() < 1e-12);
        }
        assert_eq!(running.update(1e300), [1e300, 0.0, 1.0]);
        assert_eq!(running.update(1e300), [1e300, 0.0, 1.0]);
    }

    #[test]
    fn the_mean_evidence_at_the_alarm_is_the_run_length() {
        // `R - n` is a martingale in control: an identity that holds for the chart and for no other.
        let arl = chart(Watch::Up).arl(0.0).unwrap();
        let mut normal = crate::detector::normal::Normal::new(5);
        let kernel = chart(Watch::Up).design(1.0).unwrap();
        let (mut lengths, mut evidence) = (0.0, 0.0);
        let runs = 20_000;
        for _ in 0..runs {
            let mut running = Running::new(kernel, []);
            loop {
                lengths += 1.0;
                let [up, _, alarm] = running.update(normal.next());
                if alarm != 0.0 {
                    evidence += up.exp() - 1.0;
                    break;
                }
            }
        }
        let (lengths, evidence) = (lengths / f64::from(runs), evidence / f64::from(runs));
        assert!((lengths / arl - 1.0).abs() < 0.021, "{lengths} {arl}");
        assert!((evidence / arl - 1.0).abs() < 0.02, "{evidence} {arl}");
    }

    #[test]
    fn the_two_sided_run_length_has_no_step_where_the_sides_part() {
        let slope = |h: f64| {
            let of = |h| ShiryaevRoberts { h, ..chart(Watch::Both) }.arl(0.0).unwrap().ln();
            (of(h + 0.02) - of(h - 0.02)) / 0.04
        };
        let (below, across) = (slope(9.9), slope(10.0));
        assert!((below - across).abs() < 1e-3, "{below} {across}");
    }

    #[test]
    fn one_false_alarm_a_day_at_a_kilohertz() {
        let designed = chart(Watch::Both).with_false_alarm_budget(1.0, 1000.0, 1).unwrap();
        assert!((designed.arl(0.0).unwrap() / 8.64e7 - 1.0).abs() < 1e-8);
        assert!(designed.arl(1.0).unwrap() < 38.0);
    }

    #[test]
    fn thresholds_are_solved_for_the_budget() {
        for watch in [Watch::Up, Watch::Down, Watch::Both] {
            let designed = chart(watch).with_arl0(370.398).unwrap();
            println!("{watch:?} {} {:?}", designed.h, designed.arl(1.0));
            assert!((designed.arl(0.0).unwrap() / 370.398 - 1.0).abs() < 1e-8);
        }
    }
}
