//! Open-circuit potentials of the two electrodes, as tables.
//!
//! Graphite-silicon against NMC 811 after Chen et al. (2020). The first lithiation of the graphite adds a steep part at
//! its empty end: a cell comes from filling with its anode far above 0.8 V and reaches the reduction of the electrolyte
//! (0.8 V) within minutes of the first charge.

/// Cells of a table.
const CELLS: usize = 4096;

/// A potential over a fraction from 0 to 1, V; straight lines between its points, straight on beyond its ends.
#[derive(Clone, Debug)]
pub struct Table {
    points: Vec<f64>,
}

impl Table {
    /// Of a function on 0 to 1, V.
    pub fn of(potential: impl Fn(f64) -> f64) -> Self {
        let points = (0..=CELLS).map(|i| potential(i as f64 / CELLS as f64)).collect();
        Table { points }
    }

    /// Of potentials at even distances from 0 to 1; at least two finite ones, otherwise none.
    pub fn given(points: Vec<f64>) -> Option<Self> {
        let usable = points.len() >= 2 && points.iter().all(|v| v.is_finite());
        usable.then_some(Table { points })
    }

    /// Potential, V, and its slope over the fraction, V.
    #[inline]
    pub fn at(&self, fraction: f64) -> (f64, f64) {
        let cells = (self.points.len() - 1) as f64;
        let place = fraction * cells;
        let cell = (place.max(0.0) as usize).min(self.points.len() - 2);
        let (left, right) = (self.points[cell], self.points[cell + 1]);
        let slope = right - left;
        (left + (place - cell as f64) * slope, slope * cells)
    }
}

/// Graphite over its lithiation x, V, after Chen et al. (2020), with the steep part of the first lithiation.
pub fn graphite_v(x: f64) -> f64 {
    use libm::{exp, tanh};
    1.2 * exp(-x / 0.0015) + 0.55 * exp(-39.3631 * x) + 0.2482
        - 0.0909 * tanh(29.8538 * (x - 0.1234))
        - 0.04478 * tanh(14.9159 * (x - 0.2769))
        - 0.0205 * tanh(30.4444 * (x - 0.6103))
}

/// NMC 811 over its lithiation y, V, after Chen et al. (2020).
pub fn nmc_v(y: f64) -> f64 {
    use libm::tanh;
    -0.8090 * y + 4.4875
        - 0.0428 * tanh(18.5138 * (y - 0.5542))
        - 17.7326 * tanh(15.7890 * (y - 0.3117))
        + 17.5842 * tanh(15.9308 * (y - 0.3120))
}

/// Lithiation of the cathode when nothing was drawn from it, dimensionless.
pub const CATHODE_FULL: f64 = 0.95;
/// Lithiation of the cathode when everything usable was drawn from it, dimensionless.
pub const CATHODE_EMPTY: f64 = 0.25;

/// The cathode over the share of its usable charge that was drawn, V.
pub fn cathode_v(drawn: f64) -> f64 {
    nmc_v(CATHODE_FULL + (CATHODE_EMPTY - CATHODE_FULL) * drawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_gives_its_function_and_its_slope() {
        let table = Table::of(graphite_v);
        for x in [0.02, 0.1, 0.33, 0.6, 0.9] {
            let (v, slope) = table.at(x);
            assert!((v - graphite_v(x)).abs() < 5e-6, "x {x}");
            let expected = (graphite_v(x + 1e-5) - graphite_v(x - 1e-5)) / 2e-5;
            assert!((slope - expected).abs() < 0.02 * expected.abs() + 1e-3, "x {x}");
        }
    }

    #[test]
    fn a_table_goes_straight_on_beyond_its_ends() {
        let table = Table::given(vec![1.0, 2.0, 4.0]).unwrap();
        assert_eq!(table.at(-0.5).0, 0.0);
        assert_eq!(table.at(1.5), (6.0, 4.0));
        assert!(Table::given(vec![1.0]).is_none());
        assert!(Table::given(vec![1.0, f64::NAN]).is_none());
    }

    #[test]
    fn a_new_cell_reaches_the_reduction_of_the_electrolyte_within_minutes() {
        assert!(cathode_v(0.0) - graphite_v(0.0) < 1.6);
        let x = 0.006;
        assert!(graphite_v(x) < 0.9, "{}", graphite_v(x));
        assert!((2.6..3.0).contains(&(cathode_v(x) - graphite_v(x))));
    }
}
