//! Laws of shorts, leakage and energy in formation: pure functions.

/// Current through an internal short, A: `I = V/R`.
pub fn short_current_a(cell_v: f64, short_ohm: f64) -> f64 {
    cell_v / short_ohm
}

/// Self-discharge, % of the capacity per day: `100*24*I/Q`.
pub fn self_discharge_pct_per_day(current_a: f64, capacity_ah: f64) -> f64 {
    2400.0 * current_a / capacity_ah
}

/// Fall of the rest voltage, mV/day: self-discharge times the slope of the rest voltage in mV per % of charge.
pub fn voltage_fall_mv_per_day(current_a: f64, capacity_ah: f64, slope_mv_per_pct: f64) -> f64 {
    slope_mv_per_pct * self_discharge_pct_per_day(current_a, capacity_ah)
}

/// Time until a short has shifted the voltage by `shift_mv`, s.
pub fn time_to_shift_s(
    shift_mv: f64,
    current_a: f64,
    capacity_ah: f64,
    slope_mv_per_pct: f64,
) -> f64 {
    86_400.0 * shift_mv / voltage_fall_mv_per_day(current_a, capacity_ah, slope_mv_per_pct)
}

/// Normal leakage, A: 500 uA per 100 Ah (what a good cell loses of itself).
pub fn leakage_a(capacity_ah: f64) -> f64 {
    5e-6 * capacity_ah
}

/// Energy of the first charge of a cell, Wh: `Q/efficiency * V`.
pub fn charge_energy_wh(capacity_ah: f64, efficiency: f64, charge_v: f64) -> f64 {
    capacity_ah / efficiency * charge_v
}

/// Energy a cell takes from the grid in formation, Wh: charged less the share of the discharge that is fed back.
pub fn net_energy_wh(charged_wh: f64, discharged_wh: f64, recovered: f64) -> f64 {
    charged_wh - recovered * discharged_wh
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: f64, expected: f64, share: f64) {
        assert!((got - expected).abs() <= share * expected.abs(), "{got} against {expected}");
    }

    #[test]
    fn c42_a_soft_short_of_100_ohm() {
        let current = short_current_a(3.8, 100.0);
        near(current, 0.038, 0.005);
        near(self_discharge_pct_per_day(current, 77.5), 1.177, 0.005);
        near(voltage_fall_mv_per_day(current, 77.5, 6.0), 7.06, 0.005);
    }

    #[test]
    fn c43_normal_leakage() {
        near(leakage_a(77.5), 388e-6, 0.02);
        near(voltage_fall_mv_per_day(leakage_a(77.5), 77.5, 6.0), 0.072, 0.02);
    }

    #[test]
    fn c44_energy_of_a_cell() {
        let charged = charge_energy_wh(77.5, 0.8727, 3.75);
        near(charged, 333.0, 0.005);
        near(net_energy_wh(charged, 77.5 * 3.65, 0.8), 106.7, 0.005);
    }

    #[test]
    fn times_to_one_millivolt_in_the_steep_zone() {
        for (ohm, minutes) in [(1.0, 0.6), (10.0, 6.1), (100.0, 61.0), (1000.0, 610.0)] {
            let time = time_to_shift_s(1.0, short_current_a(3.8, ohm), 77.5, 20.0);
            near(time / 60.0, minutes, 0.03);
        }
    }
}
