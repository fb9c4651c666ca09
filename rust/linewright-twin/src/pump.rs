//! Pump: slew, then a first-order lag of pump, hose and die cavity.

/// Metering pump of one side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pump {
    max_step_l_per_min: f64,
    reach: f64,
    limited_l_per_min: f64,
    flow_l_per_min: f64,
}

impl Pump {
    /// A pump running at `flow_l_per_min`, lag `tau_s`, slew `slew_per_s` of that flow per second, stepped every `dt_s`.
    pub fn new(flow_l_per_min: f64, tau_s: f64, slew_per_s: f64, dt_s: f64) -> Self {
        Pump {
            max_step_l_per_min: slew_per_s * flow_l_per_min * dt_s,
            reach: -libm::expm1(-dt_s / tau_s),
            limited_l_per_min: flow_l_per_min,
            flow_l_per_min,
        }
    }

    /// One step towards `setpoint_l_per_min`; a set-point that is not finite holds, a negative one counts as zero.
    /// Returns the flow by pump speed, L/min.
    pub fn step(&mut self, setpoint_l_per_min: f64) -> f64 {
        if setpoint_l_per_min.is_finite() {
            let step = setpoint_l_per_min.max(0.0) - self.limited_l_per_min;
            self.limited_l_per_min += step.clamp(-self.max_step_l_per_min, self.max_step_l_per_min);
        }
        self.flow_l_per_min += (self.limited_l_per_min - self.flow_l_per_min) * self.reach;
        self.flow_l_per_min
    }
}

/// Pipe between the meter and the die: plug flow, delayed by volume.
#[derive(Clone, Debug)]
pub struct Pipe {
    volume_l: f64,
    pushed_l: f64,
    plugs: Vec<Plug>,
    write: usize,
    read: usize,
}

#[derive(Clone, Copy, Debug)]
struct Plug {
    until_l: f64,
    solids: f64,
    density_kg_per_m3: f64,
}

impl Pipe {
    /// A pipe of `volume_l` filled with one slurry, holding at most `plugs` steps.
    pub fn new(volume_l: f64, plugs: usize, solids: f64, density_kg_per_m3: f64) -> Self {
        let plug = Plug { until_l: 0.0, solids, density_kg_per_m3 };
        let plugs = vec![plug; plugs.max(4)];
        Pipe { volume_l, pushed_l: 0.0, plugs, write: 1, read: 0 }
    }

    /// Pushes `pushed_l` of slurry in; returns (solids fraction, density kg/m3) of what leaves at the die.
    pub fn push(&mut self, pushed_l: f64, solids: f64, density_kg_per_m3: f64) -> (f64, f64) {
        let size = self.plugs.len();
        self.pushed_l += pushed_l;
        self.plugs[self.write] = Plug { until_l: self.pushed_l, solids, density_kg_per_m3 };
        let newest = self.write;
        self.write = (self.write + 1) % size;
        if self.write == self.read {
            self.read = (self.read + 1) % size; // a pump almost at rest: the oldest plug leaves early
        }
        let out_l = self.pushed_l - self.volume_l;
        while self.read != newest && self.plugs[self.read].until_l < out_l {
            self.read = (self.read + 1) % size;
        }
        let plug = self.plugs[self.read];
        (plug.solids, plug.density_kg_per_m3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pump_follows_with_its_lag_and_never_faster_than_its_slew() {
        let dt_s = 0.01;
        let mut pump = Pump::new(5.0, 4.0, 0.05, dt_s);
        let mut last = 5.0;
        for _ in 0..3000 {
            let flow = pump.step(9.0); // the lag alone would move at 1 L/min/s, the slew allows 0.25
            assert!((flow - last) / dt_s <= 0.05 * 5.0 + 1e-12);
            last = flow;
        }
        assert!((last - 9.0).abs() < 0.2, "flow {last}");
        for _ in 0..3000 {
            last = pump.step(f64::NAN);
        }
        assert!((last - 9.0).abs() < 1e-3, "holds the set-point: {last}");
    }

    #[test]
    fn the_pipe_delays_by_volume_at_any_flow() {
        for step_l in [0.001, 0.004, 0.013] {
            let mut pipe = Pipe::new(0.15, 1000, 0.70, 2229.0);
            let mut pushed = 0.0;
            while pipe.push(step_l, 0.71, 2260.0).0 == 0.70 {
                pushed += step_l;
            }
            assert!((pushed - 0.15).abs() <= 2.0 * step_l, "{pushed} at step {step_l}");
        }
    }
}
