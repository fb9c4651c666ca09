//! The formation programme: first charge slowly, rest, charge, rest, discharge, resistance at low charge.

use super::config::FormationConfig;

/// What a channel does in a phase of the programme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// No current, before the programme.
    Contact,
    /// First charge, slow: the passivation grows.
    FirstCharge,
    /// Rest behind the first charge.
    FirstRest,
    /// Charge, then held at the highest voltage.
    Charge,
    /// Rest behind the charge.
    Rest,
    /// Discharge, then held at the lowest voltage.
    Discharge,
    /// Back to a low state of charge.
    PutBack,
    /// Rest before the pulse.
    PulseRest,
    /// Charge pulse of 10 s: resistance at low charge.
    Pulse,
    /// Everything done.
    Done,
}

/// Rest with contacts closed before the current starts, s: the voltage without current is known.
pub const CONTACT_S: u32 = 10;
/// Length of the resistance pulse, s.
pub const PULSE_S: u32 = 10;

/// One phase: what, how long, which current.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// What.
    pub phase: Phase,
    /// Length, s.
    pub length_s: u32,
    /// Current into the cell, A; charge positive.
    pub current_a: f64,
}

/// The whole programme.
#[derive(Clone, Debug, PartialEq)]
pub struct Programme {
    steps: Vec<Step>,
}

impl Programme {
    /// The programme of a checked config.
    pub fn new(config: &FormationConfig) -> Self {
        let whole = |s: f64| s.max(1.0) as u32;
        let first = config.first_rate_per_h * config.capacity_ah;
        let charge = config.charge_rate_per_h * config.capacity_ah;
        let discharge = config.discharge_rate_per_h * config.capacity_ah;
        let back_s = 36.0 * config.pulse_soc_pct / config.charge_rate_per_h;
        let step = |phase, length_s, current_a| Step { phase, length_s, current_a };
        let steps = vec![
            step(Phase::Contact, CONTACT_S, 0.0),
            step(Phase::FirstCharge, whole(config.first_charge_s), first),
            step(Phase::FirstRest, whole(config.first_rest_s), 0.0),
            step(Phase::Charge, whole(config.charge_s), charge),
            step(Phase::Rest, whole(config.rest_s), 0.0),
            step(Phase::Discharge, whole(config.discharge_s), -discharge),
            step(Phase::PutBack, whole(back_s), charge),
            step(Phase::PulseRest, whole(config.pulse_rest_s), 0.0),
            step(Phase::Pulse, PULSE_S, charge),
        ];
        Programme { steps }
    }

    /// Steps in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Length of the whole, s.
    pub fn length_s(&self) -> u32 {
        self.steps.iter().map(|s| s.length_s).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programme_takes_about_eight_hours() {
        let length_s = Programme::new(&FormationConfig::default()).length_s();
        assert!((7.8..8.1).contains(&(f64::from(length_s) / 3600.0)), "{length_s}");
    }

    #[test]
    fn the_charge_put_back_is_the_share_asked_for() {
        let config = FormationConfig { pulse_soc_pct: 8.0, ..FormationConfig::default() };
        let programme = Programme::new(&config);
        let back = programme.steps().iter().find(|s| s.phase == Phase::PutBack).unwrap();
        let put_ah = back.current_a * f64::from(back.length_s) / 3600.0;
        assert!((put_ah / config.capacity_ah - 0.08).abs() < 1e-3);
    }
}
