//! Day tank: mixed, `V dx/dt = Q*(x_in - x)`, or switched hard to another batch.

/// Solids in a mixed tank of constant volume.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tank {
    volume_l: f64,
    solids: f64,
}

/// Time constant `V/Q` in minutes.
pub fn time_constant_min(volume_l: f64, flow_l_per_min: f64) -> f64 {
    volume_l / flow_l_per_min
}

impl Tank {
    /// A tank of `volume_l` L at solids fraction `solids`.
    pub fn new(volume_l: f64, solids: f64) -> Self {
        Tank { volume_l, solids }
    }

    /// Draws `drawn_l` L and refills with `inlet` solids fraction: exact for constant flow. Returns what leaves.
    pub fn draw(&mut self, drawn_l: f64, inlet: f64) -> f64 {
        self.solids -= (inlet - self.solids) * libm::expm1(-drawn_l / self.volume_l);
        self.solids
    }

    /// Hard switch: the content changes by `step` of solids fraction at once.
    pub fn switch(&mut self, step: f64) {
        self.solids += step;
    }

    /// Solids fraction, dimensionless.
    pub fn solids(&self) -> f64 {
        self.solids
    }
}
