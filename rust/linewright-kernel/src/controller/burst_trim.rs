//! Power trim inside a weld: the share by which a laser's power moves, ten thousand times a second, so that the
//! light of the plasma over that of the melt stays what it was in the weld's own first part.
//!
//! ```text
//! pv    = (plasma/thermal)/(plasma/thermal over learn_from..learn_to)
//! trim  = PI(1 - pv), kc = lag_s/(gain*(closed_loop_s + dead_time_s)), ti = lag_s      within +-min(band, most)
//! bare  = pv/(1 + trim)^gain_early           the own moves taken out
//! held  when bare rises by more than `step` from one window to the next but one, and reflection falls by no more
//!       than `less_light`: then trim = its mean before the step, to the end of the weld
//! ```
//! Gains by SIMC (Skogestad 2003). The weld's own ratio is the set-point, so a surface brighter than others moves
//! nothing. A gap brightens the plasma as too much power would, but at once and without any less light coming back:
//! following it would take depth from a weld that has little (a gap shows as a step of the plasma, J. Manuf. Sci. Eng.
//! 144(7) 071004, 2022). `band` is what the gate admitted for this weld; zero, or none that is one, is constant power.
//! A place before the last one is a new weld.

use super::pid::{AntiWindup, Pid, PidKernel, PidState};
use crate::number::limit;
use crate::{Design, DesignError, Kernel, Port};

/// Config of the trim; what is left out is for a weld of 0.2 s with a laser's lag of 50 us.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BurstTrim {
    /// Largest move, share of the power, whatever is admitted; 0 to 0.2.
    pub most: f64,
    /// Gain of `pv` over relative power once the melt is warm, dimensionless; positive.
    pub gain: f64,
    /// The same before it is, within the windows, dimensionless; positive.
    pub gain_early: f64,
    /// Lag of the laser with half a sample, s; positive.
    pub lag_s: f64,
    /// Dead time of laser and sampling, s; zero or more.
    pub dead_time_s: f64,
    /// Time constant of the closed loop, s; positive.
    pub closed_loop_s: f64,
    /// The ratio is learnt from this place on, share of the seam, 0 to 1.
    pub learn_from: f64,
    /// Up to this place, share of the seam; from there on power is moved.
    pub learn_to: f64,
    /// Power is moved up to this place, share of the seam.
    pub act_to: f64,
    /// Window of the step, s: some periods of the keyhole, longer than a drop of spatter; at most 512 samples.
    pub window_s: f64,
    /// Rise of the ratio that is a gap, share; positive.
    pub step: f64,
    /// Loss of back-reflection with which it is none (dirt that was passed), share; positive.
    pub less_light: f64,
}

impl Default for BurstTrim {
    fn default() -> Self {
        BurstTrim {
            most: 0.05,
            gain: 2.0,
            gain_early: 1.6,
            lag_s: 1e-4,
            dead_time_s: 1.2e-4,
            closed_loop_s: 2e-3,
            learn_from: 0.20,
            learn_to: 0.30,
            act_to: 0.97,
            window_s: 3.3e-3,
            step: 0.08,
            less_light: 0.05,
        }
    }
}

/// Gains grow from nothing over this share of the seam.
const EASE: f64 = 0.03;
/// Signals kept of a step: ratio, back-reflection, trim.
const KEPT: usize = 3;

/// Coefficients of [`BurstTrim`].
#[derive(Debug, Clone, Copy)]
pub struct BurstTrimKernel {
    pid: PidKernel,
    kc: f64,
    lag_s: f64,
    period_s: f64,
    most: f64,
    gain_early: f64,
    learn_from: f64,
    learn_to: f64,
    act_to: f64,
    window: usize,
    step: f64,
    less_light: f64,
}

/// State of [`BurstTrim`]; the steps of three windows stand in its memory.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct BurstTrimState {
    pid: PidState,
    plasma: f64,
    thermal: f64,
    place: f64,
    trim: f64,
    seen: u64,
    held: u64,
}

impl Design for BurstTrim {
    type Kernel = BurstTrimKernel;
    const NAME: &'static str = "BurstTrim";
    const INPUTS: &'static [Port] = &[
        Port::new("plasma", "a"),
        Port::new("reflection", "a"),
        Port::new("thermal", "a"),
        Port::new("place", "1"),
        Port::new("band", "1"),
    ];
    const OUTPUTS: &'static [Port] = &[Port::new("trim", "1"), Port::new("held", "1")];

    fn design(&self, period_s: f64) -> Result<BurstTrimKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::unless((0.0..=0.2).contains(&self.most), "most", "0 to 0.2", self.most)?;
        for (name, x) in [
            ("gain", self.gain),
            ("gain_early", self.gain_early),
            ("lag_s", self.lag_s),
            ("closed_loop_s", self.closed_loop_s),
            ("step", self.step),
            ("less_light", self.less_light),
        ] {
            DesignError::positive(name, x)?;
        }
        DesignError::not_negative("dead_time_s", self.dead_time_s)?;
        DesignError::not_negative("learn_from", self.learn_from)?;
        let later = self.learn_to > self.learn_from && self.learn_to <= 1.0;
        DesignError::unless(later, "learn_to", "above learn_from, at most 1", self.learn_to)?;
        let later = self.act_to >= self.learn_to && self.act_to <= 1.0;
        DesignError::unless(later, "act_to", "learn_to to 1", self.act_to)?;
        let window = libm::round(self.window_s / period_s);
        let long = (1.0..=512.0).contains(&window);
        DesignError::unless(long, "window_s", "1 to 512 periods", self.window_s)?;
        let pid = Pid {
            kp: 1.0,
            ti_s: self.lag_s,
            td_s: 0.0,
            derivative_filter: 10.0,
            setpoint_weight: 1.0,
            integral: true,
            lo: -1.0,
            hi: 1.0,
            tracking_time_s: 1e-3_f64.max(period_s),
            derivative_setpoint_weight: 0.0,
            anti_windup: AntiWindup::BackCalculation,
        };
        Ok(BurstTrimKernel {
            pid: pid.design(period_s)?,
            kc: self.lag_s / (self.gain * (self.closed_loop_s + self.dead_time_s)),
            lag_s: self.lag_s.max(period_s),
            period_s,
            most: self.most,
            gain_early: self.gain_early,
            learn_from: self.learn_from,
            learn_to: self.learn_to,
            act_to: self.act_to,
            window: window as usize,
            step: self.step,
            less_light: self.less_light,
        })
    }
}

impl BurstTrimKernel {
    /// Mean trim before a step of the ratio that is a gap's, once three windows are known.
    fn before_a_gap(&self, s: &BurstTrimState, memory: &[f64]) -> Option<f64> {
        let (w, size) = (self.window, 3 * self.window);
        if (s.seen as usize) < size {
            return None;
        }
        let oldest = s.seen as usize % size;
        let mean = |from: usize, k: usize| {
            let at = |i: usize| (oldest + from + i) % size * KEPT + k;
            (0..w).map(|i| memory.get(at(i)).copied().unwrap_or(0.0)).sum::<f64>() / w as f64
        };
        let rise = |k| mean(2 * w, k) / mean(0, k) - 1.0;
        (rise(0) > self.step && rise(1) > -self.less_light).then(|| mean(0, 2))
    }
}

impl Kernel for BurstTrimKernel {
    type State = BurstTrimState;
    type Input = [f64; 5];
    type Output = [f64; 2];

    fn memory_len(&self) -> usize {
        3 * self.window * KEPT
    }

    #[inline]
    fn step(&self, s: &mut BurstTrimState, memory: &mut [f64], input: [f64; 5]) -> [f64; 2] {
        let [plasma, reflection, thermal, place, band] = input;
        if place < s.place {
            *s = bytemuck::Zeroable::zeroed();
        }
        s.place = place;
        if (self.learn_from..self.learn_to).contains(&place) {
            s.plasma += plasma;
            s.thermal += thermal;
        }
        let band = limit(band, 0.0, self.most);
        if s.held != 0 {
            return [limit(s.trim, -band, band), 1.0];
        }
        let learnt = s.plasma > 0.0 && s.thermal > 0.0 && thermal > 0.0 && plasma > 0.0;
        let acts = learnt && band > 0.0 && (self.learn_to..self.act_to).contains(&place);
        if !acts {
            s.trim = if place < self.act_to { 0.0 } else { limit(s.trim, -band, band) };
            return [s.trim, 0.0];
        }
        let pv = limit(plasma / thermal * s.thermal / s.plasma, 0.0, 10.0);
        let bare = pv / libm::pow(1.0 + s.trim, self.gain_early);
        let kc = self.kc * ((place - self.learn_to) / EASE).min(1.0);
        let tuned = self.pid.with_gains(kc, self.lag_s, 0.0, 10.0, self.period_s);
        s.trim = tuned.within(-band, band).step(&mut s.pid, &mut [], [1.0, pv, 0.0, 0.0, 1.0]);
        let row = s.seen as usize % (3 * self.window) * KEPT;
        if let Some(kept) = memory.get_mut(row..row + KEPT) {
            kept.copy_from_slice(&[bare, reflection, s.trim]);
        }
        s.seen += 1;
        if let Some(trim) = self.before_a_gap(s, memory) {
            (s.trim, s.held) = (limit(trim, -band, band), 1);
        }
        [s.trim, f64::from(s.held as u32)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    /// A weld of 2000 steps of a plant `ratio = brightness*(1 + trim)^2`; trim and held at its end.
    fn weld(brightness: impl Fn(f64) -> [f64; 2], band: f64) -> ([f64; 2], f64) {
        let kernel = BurstTrim::default().design(1e-4).unwrap();
        let mut running = Running::new(kernel, vec![0.0; kernel.memory_len()]);
        let (mut out, mut largest) = ([0.0; 2], 0.0_f64);
        for i in 0..2000 {
            let place = f64::from(i) / 2000.0;
            let [plasma, reflection] = brightness(place);
            let power = 1.0 + out[0];
            out = running.update([2.0 * plasma * power * power, reflection, 1.5, place, band]);
            largest = largest.max(libm::fabs(out[0]));
        }
        (out, largest)
    }

    #[test]
    fn light_lost_slowly_is_brought_back() {
        let (out, _) = weld(|x| [1.0 - 0.06 * (x - 0.3).clamp(0.0, 0.5), 0.8], 0.05);
        assert!((out[0] - 0.0153).abs() < 5e-4 && out[1] == 0.0, "{out:?}");
    }

    #[test]
    fn a_step_of_a_gap_is_held_and_dirt_that_is_passed_is_not() {
        let bright = |x: f64| if x < 0.6 { 1.0 } else { 1.2 };
        let (out, _) = weld(|x| [bright(x), 0.8], 0.05);
        assert!(out[1] == 1.0 && out[0].abs() < 1e-6, "{out:?}");
        let (out, _) = weld(|x| [bright(x), if x < 0.6 { 0.8 } else { 0.7 }], 0.05);
        assert!(out[1] == 0.0 && out[0] < -0.03, "{out:?}");
    }

    #[test]
    fn it_never_leaves_the_band_it_was_given() {
        for band in [0.0, 0.01, 0.05, 0.3] {
            let (_, largest) = weld(|x| [if x < 0.5 { 1.0 } else { 0.6 }, 0.8], band);
            assert!(largest <= band.min(0.05), "{band}: {largest}");
            assert!(band == 0.0 || largest > 0.9 * band.min(0.05), "{band}: {largest}");
        }
    }

    #[test]
    fn a_place_before_the_last_one_is_a_new_weld() {
        let kernel = BurstTrim::default().design(1e-4).unwrap();
        let mut running = Running::new(kernel, vec![0.0; kernel.memory_len()]);
        let mut held = 0.0;
        for i in 0..2000 {
            let place = f64::from(i) / 2000.0;
            let plasma = if place < 0.6 { 2.0 } else { 2.6 };
            held = running.update([plasma, 0.8, 1.5, place, 0.05])[1];
        }
        assert_eq!(held, 1.0);
        assert_eq!(running.update([2.0, 0.8, 1.5, 0.0, 0.05]), [0.0, 0.0]);
    }

    #[test]
    fn nonsense_is_refused() {
        let refusal = |change: fn(&mut BurstTrim)| {
            let mut config = BurstTrim::default();
            change(&mut config);
            config.design(1e-4).unwrap_err().to_string()
        };
        assert!(refusal(|c| c.most = 0.3).contains("most"));
        assert!(refusal(|c| c.learn_to = 0.1).contains("learn_to"));
        assert!(refusal(|c| c.window_s = 0.2).contains("window_s"));
        assert!(refusal(|c| c.step = f64::NAN).contains("step"));
    }
}
