//! Run lengths of the multivariate EWMA chart and of Hotelling's T2.
//!
//! In units of one reading the chart is `u' = (1 - weight) u + x`, an alarm when `|u| > radius`. In
//! control `|u|` alone is a Markov process; with a shift, the part of `u` along the shift and the
//! length of the rest are one (Runger and Prabhu 1996). Here the states are the nodes of Gauss-Legendre
//! rules (Nystrom), not cells, so that the run lengths are exact to about nine digits; with a shift and a
//! wide chart (many variables, a small weight) to six.

use alloc::vec::Vec;

use super::arl::{ewma_arl, normal_density};
use super::chi_square::{chi_square_limit, shifted_length_density, shifted_tail};
use crate::DesignError;

/// Spacing of the nodes, sigma of a reading, and one for charts that would need too many: the rule errs
/// by `exp(-2 pi^2 / spacing^2)`, 1e-12 and 1e-7.
const SPACING: f64 = 0.85;
const WIDE_SPACING: f64 = 1.1;
/// Most nodes: the elimination takes a second or two then.
const MOST_NODES: usize = 2000;
/// From so many variables on, the density is flat enough at the ends of the half circle for a midpoint
/// rule, which is denser than Gauss by `pi/2` for the same number of nodes.
const MANY: f64 = 20.0;
/// Largest radius of the chart in control, sigma of a reading.
const WIDEST: f64 = 60.0;
/// Most variables of a chart.
pub(super) const MOST_VARIABLES: usize = 512;

/// ARL of the multivariate EWMA chart with its settled limit: `limit` on
/// `T2 = (2 - weight)/weight * w' inverse(covariance) w`, `shift` the Mahalanobis length of the change
/// of the mean, there from the first sample. Weight 1 is Hotelling's T2.
///
/// # Errors
/// `variables` not 1 to 512, `weight` not in `[0.005, 1]`, `limit` not positive, `shift` not finite and
/// zero or more, or a chart too wide for the nodes (a small weight with a shift: about 0.01).
pub fn mewma_arl(
    variables: usize,
    weight: f64,
    limit: f64,
    shift: f64,
) -> Result<f64, DesignError> {
    check(variables, weight)?;
    DesignError::positive("limit", limit)?;
    DesignError::unless((0.0..=1e3).contains(&shift), "shift", "from 0 to 1000", shift)?;
    let p = variables as f64;
    if weight == 1.0 {
        return Ok(1.0 / shifted_tail(limit, p, shift * shift));
    }
    let radius = libm::sqrt(limit / (weight * (2.0 - weight)));
    let narrow = radius <= WIDEST;
    DesignError::unless(narrow, "limit", "at most 3600*weight*(2 - weight)", limit)?;
    let keep = 1.0 - weight;
    if shift == 0.0 {
        return Ok(in_control(p, keep, radius));
    }
    if variables == 1 {
        return ewma_arl(weight, libm::sqrt(limit), shift);
    }
    shifted(p, keep, radius, shift)
}

/// Limit with which the multivariate EWMA chart has this ARL in control.
///
/// # Errors
/// As [`mewma_arl`]; `arl0` not in `[2, 1e12]`, or beyond what the weight resolves.
pub fn mewma_limit_for_arl0(variables: usize, weight: f64, arl0: f64) -> Result<f64, DesignError> {
    check(variables, weight)?;
    DesignError::unless((2.0..=1e12).contains(&arl0), "arl0", "from 2 to 1e12", arl0)?;
    let single = chi_square_limit(1.0 / arl0, variables as f64)?;
    if weight == 1.0 {
        return Ok(single);
    }
    // The averages of one alarm in arl0 samples lie below the limit of independent ones.
    let widest = 0.999 * WIDEST * WIDEST * weight * (2.0 - weight);
    let off = |limit: f64| -> Result<f64, DesignError> {
        Ok(libm::log(mewma_arl(variables, weight, limit, 0.0)?) - libm::log(arl0))
    };
    let (mut a, mut b) = (1e-6_f64.min(0.1 * widest), widest.min(single));
    let (mut fa, mut fb) = (off(a)?, off(b)?);
    DesignError::unless(fa <= 0.0 && fb >= 0.0, "arl0", "reachable with this weight", arl0)?;
    // False position (Illinois).
    for _ in 0..200 {
        let middle = if fb > fa { (a * fb - b * fa) / (fb - fa) } else { 0.5 * (a + b) };
        let f = off(middle)?;
        if libm::fabs(f) < 1e-12 || b - a < 1e-12 * b {
            return Ok(middle);
        }
        if f > 0.0 {
            (b, fb) = (middle, f);
            fa *= 0.5;
        } else {
            (a, fa) = (middle, f);
            fb *= 0.5;
        }
    }
    Ok(0.5 * (a + b))
}

fn check(variables: usize, weight: f64) -> Result<(), DesignError> {
    let served = (1..=MOST_VARIABLES).contains(&variables);
    DesignError::unless(served, "variables", "from 1 to 512", variables as f64)?;
    let resolved = (0.005..=1.0).contains(&weight);
    DesignError::unless(resolved, "weight", "from 0.005 to 1", weight)
}

/// The chain on the length of `u`.
fn in_control(p: f64, keep: f64, radius: f64) -> f64 {
    let nodes = legendre(count(radius, SPACING), 0.0, radius);
    let chain = Chain::new(
        &nodes,
        |from, to| to.1 * shifted_length_density(to.0, p, keep * from.0),
        |from| shifted_tail(radius * radius, p, keep * keep * from.0 * from.0),
    );
    let onward = nodes.iter().map(|(y, w)| w * shifted_length_density(*y, p, 0.0));
    1.0 + onward.zip(chain.run_lengths()).map(|(p, l)| p * l).sum::<f64>()
}

/// A node of the half disc: along the shift, length of the rest, weight.
type Node = (f64, f64, f64);

/// The chain on the part along the shift and the length of the rest, nodes in polar order.
fn shifted(p: f64, keep: f64, radius: f64, shift: f64) -> Result<f64, DesignError> {
    let mut nodes = half_disc(p, radius, SPACING);
    if nodes.len() > MOST_NODES {
        nodes = half_disc(p, radius, WIDE_SPACING);
    }
    let fits = nodes.len() <= MOST_NODES;
    DesignError::unless(fits, "weight", "larger, to resolve a shift", 1.0 - keep)?;
    let density = |from: (f64, f64), to: &Node| {
        to.2 * normal_density(to.0 - keep * from.0 - shift)
            * shifted_length_density(to.1, p - 1.0, keep * from.1)
    };
    let chain = Chain::new(
        &nodes,
        |from, to| density((from.0, from.1), to),
        |from| {
            let along = keep * from.0 + shift;
            shifted_tail(radius * radius, p, along * along + keep * keep * from.1 * from.1)
        },
    );
    let onward = nodes.iter().map(|to| density((0.0, 0.0), to));
    Ok(1.0 + onward.zip(chain.run_lengths()).map(|(p, l)| p * l).sum::<f64>())
}

/// Nodes over the half disc in polar order.
fn half_disc(p: f64, radius: f64, spacing: f64) -> Vec<Node> {
    const HALF_TURN: f64 = core::f64::consts::PI;
    // The rest is never shorter than the length of `p - 1` normal numbers, of standard deviation 0.71 at
    // most: nearer to zero than eight of them nothing comes.
    let shortest = libm::sqrt(p - 1.0) - 8.0 * 0.71;
    let mut nodes = Vec::new();
    for (length, w) in legendre(count(radius, spacing), 0.0, radius) {
        let angles = if p < MANY {
            legendre(count(HALF_TURN * length, spacing), 0.0, HALF_TURN)
        } else {
            let n = libm::ceil(HALF_TURN * length / spacing) as usize + 6;
            let share = HALF_TURN / n as f64;
            (0..n).map(|i| ((i as f64 + 0.5) * share, share)).collect()
        };
        let placed = angles.iter().map(|(angle, v)| {
            (length * libm::cos(*angle), length * libm::sin(*angle), w * v * length)
        });
        nodes.extend(placed.filter(|node| node.1 > shortest));
    }
    nodes
}

/// Nodes of a rule over `length` sigma: the widest gap of a Gauss-Legendre rule is `pi/2` of the mean.
fn count(length: f64, spacing: f64) -> usize {
    libm::ceil(0.5 * core::f64::consts::PI * length / spacing) as usize + 10
}

/// Nodes and weights of the Gauss-Legendre rule of `n` nodes on `[a, b]`.
fn legendre(n: usize, a: f64, b: f64) -> Vec<(f64, f64)> {
    let degrees = n as f64;
    let (centre, half) = (0.5 * (a + b), 0.5 * (b - a));
    let node = |i: usize| {
        let mut x = libm::cos(core::f64::consts::PI * (i as f64 + 0.75) / (degrees + 0.5));
        let mut slope = 1.0;
        for _ in 0..10 {
            let (mut p, mut before) = (x, 1.0);
            for degree in 2..=n {
                let d = degree as f64;
                (p, before) = (((2.0 * d - 1.0) * x * p - (d - 1.0) * before) / d, p);
            }
            slope = degrees * (x * p - before) / (x * x - 1.0);
            let move_by = p / slope;
            x -= move_by;
            if libm::fabs(move_by) < 1e-16 {
                break;
            }
        }
        (centre + half * x, half * 2.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..n).map(node).collect()
}

/// Probabilities between any number of states, and of alarm from each; the self-loops are implied.
/// Eliminated without subtraction (Grassmann, Taksar and Heyman 1985), so that long run lengths keep
/// their relative accuracy.
struct Chain {
    to: Vec<Vec<f64>>,
    alarm: Vec<f64>,
}

impl Chain {
    fn new<N>(nodes: &[N], to: impl Fn(&N, &N) -> f64, alarm: impl Fn(&N) -> f64) -> Self {
        let row = |from: &N| nodes.iter().map(|node| to(from, node)).collect();
        Self { to: nodes.iter().map(row).collect(), alarm: nodes.iter().map(alarm).collect() }
    }

    /// Mean number of steps to the alarm from each state.
    fn run_lengths(mut self) -> Vec<f64> {
        let states = self.alarm.len();
        let mut steps = alloc::vec![1.0; states];
        let mut leave = alloc::vec![0.0; states];
        for last in (0..states).rev() {
            let (rest, row) = self.to.split_at_mut(last);
            let row = &row[0][..last];
            leave[last] = row.iter().sum::<f64>() + self.alarm[last];
            for (i, other) in rest.iter_mut().enumerate() {
                let share = other[last] / leave[last];
                for (p, through) in other[..last].iter_mut().zip(row) {
                    *p += share * through;
                }
                self.alarm[i] += share * self.alarm[last];
                steps[i] += share * steps[last];
            }
        }
        let mut lengths: Vec<f64> = Vec::with_capacity(states);
        for i in 0..states {
            let onward: f64 = self.to[i].iter().zip(&lengths).map(|(p, l)| p * l).sum();
            lengths.push((steps[i] + onward) / leave[i]);
        }
        lengths
    }
}

#[cfg(test)]
#[path = "mewma_arl_tests.rs"]
mod tests;
