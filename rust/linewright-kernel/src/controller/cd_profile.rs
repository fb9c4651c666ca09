//! Cross-direction profile of a slot die: all bolts moved at once, within what they can stand.
//!
//! ```text
//! e = profile - target        d = position - bolts        response*d: what the move does to the profile
//! min  sum of lane_weight*(e + response*d)^2, kept modes only,  +  move_weight * sum of d^2
//! subject to  travel_lo <= position_j <= travel_hi,   |d_j| <= move_limit,
//!             |position_(j-1) - 2*position_j + position_(j+1)| <= bend_limit
//! ```
//! `response` is given, lanes by bolts, or Gaussian: lane `i` and bolt `j`, `s` bolt pitches apart, have
//! `response_gain*exp(-1/2*(s/response_width)^2)` less the mean of all lanes, for the pump sets the total
//! flow. Lanes and bolts both span the whole width, the first beside the first.
//!
//! What bolts cannot do is not chased: of the singular values of the weighted response (Heath and others
//! 1991; Duncan 1995) only those above `mode_share` times the largest count, the error in the other
//! directions has no part in the cost, so that noise there moves no bolt. The mean of the profile is among
//! them: it is the pump's.
//!
//! `bolts` is where they stand, as read back; one outside its travel counts as standing at the limit. Where
//! the die is bent beyond its limit at the start, the limit is what straightening all bolts towards their mean
//! at `move_limit` leaves of the bend, so that there is always a way and every move is one back. `status` is 1
//! when the optimum was reached; 0 when `max_iterations` ran out or numbers overflow: `position` is then as far
//! towards the last point as all limits allow. `forecast` is the profile expected after the move.

use super::cd_design::{Cross, design_cross};
use super::qp::factor::{add_columns, dot};
use super::qp::{Bounds, DualQp, Work, cut};
use crate::number::{flag, limit, saturate};
use crate::{DesignError, Port, VectorDesign, VectorKernel};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

/// Config of the cross-direction controller.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CdProfile {
    /// Change of the profile in each lane per unit move of each bolt, a row per lane; none: Gaussian.
    #[serde(default)]
    pub response: Vec<Vec<f64>>,
    /// Lanes of the profile, 2 to 1024; left out when `response` is given.
    #[serde(default)]
    pub lanes: usize,
    /// Bolts, 1 to 128; left out when `response` is given.
    #[serde(default)]
    pub bolts: usize,
    /// Gaussian response at a bolt, unit of the profile per unit of a bolt; finite, not zero.
    #[serde(default = "one")]
    pub response_gain: f64,
    /// Standard deviation of the Gaussian response, bolt pitches; positive, usually 1 to 3.
    #[serde(default = "two")]
    pub response_width: f64,
    /// Weight of the error of each lane; zero or more; none: one.
    #[serde(default)]
    pub lane_weight: Vec<f64>,
    /// Weight of the square of each move; positive.
    pub move_weight: f64,
    /// Lowest position of a bolt.
    pub travel_lo: f64,
    /// Highest position of a bolt; above `travel_lo`.
    pub travel_hi: f64,
    /// Largest change of slope from bolt to bolt, unit of a bolt; positive.
    pub bend_limit: f64,
    /// Largest move of a bolt per sample, unit of a bolt; positive.
    pub move_limit: f64,
    /// Share of the largest singular value below which a direction is left alone; 0 to below 1.
    #[serde(default = "tenth")]
    pub mode_share: f64,
    /// Most exchanges of active limits in one step; 1 to 10,000.
    #[serde(default = "thousand")]
    pub max_iterations: usize,
}

fn one() -> f64 {
    1.0
}

fn two() -> f64 {
    2.0
}

fn tenth() -> f64 {
    0.1
}

fn thousand() -> usize {
    1000
}

/// Coefficients of [`CdProfile`].
#[derive(Debug, Clone)]
pub struct CdProfileKernel {
    lanes: usize,
    bolts: usize,
    /// Change of the profile, a row per lane.
    response: Box<[f64]>,
    /// Rows of the limits (moves, then bends) without limits, per unit error: a column per lane.
    free: Box<[f64]>,
    qp: DualQp,
    tolerance: Box<[f64]>,
    travel: (f64, f64),
    bend_limit: f64,
    move_limit: f64,
}

impl VectorDesign for CdProfile {
    type Kernel = CdProfileKernel;
    const NAME: &'static str = "CdProfile";
    const INPUTS: &'static [Port] =
        &[Port::new("profile", "a"), Port::new("target", "a"), Port::new("bolts", "b")];
    const OUTPUTS: &'static [Port] = &[
        Port::new("position", "b"),
        Port::new("forecast", "a"),
        Port::new("iterations", "1"),
        Port::new("status", "1"),
    ];

    fn design(&self, period_s: f64) -> Result<CdProfileKernel, DesignError> {
        DesignError::period(period_s)?;
        let c: Cross = design_cross(self)?;
        let mut tolerance = vec![1e-9 * self.move_limit; c.response.columns];
        tolerance.resize(c.gram.rows, 1e-9 * self.bend_limit);
        Ok(CdProfileKernel {
            lanes: c.response.rows,
            bolts: c.response.columns,
            response: c.response.words().into(),
            free: c.free.transposed().words().into(),
            qp: DualQp::new(
                c.gram.rows,
                c.response.columns,
                c.gram.words().to_vec(),
                self.max_iterations,
            ),
            tolerance: tolerance.into(),
            travel: (self.travel_lo, self.travel_hi),
            bend_limit: self.bend_limit,
            move_limit: self.move_limit,
        })
    }
}

/// The words of [`CdProfileKernel`].
struct Memory<'a> {
    /// Where the bolts stand, within their travel.
    stand: &'a mut [f64],
    free: &'a mut [f64],
    lo: &'a mut [f64],
    hi: &'a mut [f64],
    work: &'a mut [f64],
}

/// Bend at each inner bolt.
fn bends(position: &[f64]) -> impl Iterator<Item = f64> {
    position.windows(3).map(|w| match *w {
        [left, here, right] => left - 2.0 * here + right,
        _ => 0.0,
    })
}

impl CdProfileKernel {
    fn rows(&self) -> usize {
        self.tolerance.len()
    }

    fn memory<'a>(&self, mut words: &'a mut [f64]) -> Option<Memory<'a>> {
        Some(Memory {
            stand: cut(&mut words, self.bolts)?,
            free: cut(&mut words, self.rows())?,
            lo: cut(&mut words, self.rows())?,
            hi: cut(&mut words, self.rows())?,
            work: cut(&mut words, self.qp.work_len())?,
        })
    }

    /// Share of the way to a straight die that one move can go; zero when it is not bent too far.
    fn straightening(&self, stand: &[f64]) -> f64 {
        let bent = bends(stand).fold(0.0, |most: f64, b| most.max(libm::fabs(b)));
        if bent <= self.bend_limit {
            return 0.0;
        }
        let mean = mean(stand);
        let far = stand.iter().fold(0.0, |most: f64, x| most.max(libm::fabs(x - mean)));
        (self.move_limit / far).min(1.0)
    }

    /// Bounds of moves and bends from where the bolts stand.
    fn bounds(&self, m: &mut Memory<'_>, straightening: f64) {
        let (travel_lo, travel_hi) = self.travel;
        let rows = m.lo.iter_mut().zip(m.hi.iter_mut());
        let moves = m
            .stand
            .iter()
            .map(|x| ((travel_lo - x).max(-self.move_limit), (travel_hi - x).min(self.move_limit)));
        let bends = bends(m.stand).map(|bend| {
            let most = self.bend_limit.max((1.0 - straightening) * libm::fabs(bend));
            (-most - bend, most - bend)
        });
        for ((to_lo, to_hi), (lo, hi)) in rows.zip(moves.chain(bends)) {
            (*to_lo, *to_hi) = (lo, hi);
        }
    }

    /// What the limits leave free.
    fn free(&self, m: &mut Memory<'_>, profile: &[f64], target: &[f64]) {
        m.free.fill(0.0);
        let errors = profile.iter().zip(target).map(|(y, wanted)| y - wanted);
        add_columns(m.free, self.free.chunks_exact(self.rows()).zip(errors));
    }

    /// Stopped early: from the move that straightens, as far towards `z` as every limit allows.
    fn fall_back(&self, m: &Memory<'_>, work: &mut Work<'_>, straightening: f64) {
        let mean = mean(m.stand);
        let moves = m.stand.iter().map(|x| straightening * (mean - x));
        let bends = bends(m.stand).map(|b| -straightening * b);
        let mut share: f64 = 1.0;
        let rows = work.z.iter().zip(moves.clone().chain(bends)).zip(m.lo.iter().zip(m.hi.iter()));
        for ((z, from), (lo, hi)) in rows {
            let way = z - from;
            let room = if way > 0.0 { hi - from } else { lo - from };
            if !(way == 0.0 || room / way >= share) {
                share = (room / way).max(0.0);
            }
        }
        for (z, from) in work.z.iter_mut().zip(moves) {
            let further = share * (*z - from);
            *z = from + if further.is_finite() { further } else { 0.0 };
        }
    }
}

fn mean(list: &[f64]) -> f64 {
    list.iter().sum::<f64>() / list.len() as f64
}

impl VectorKernel for CdProfileKernel {
    fn input_width(&self, port: usize) -> usize {
        [self.lanes, self.lanes, self.bolts].get(port).copied().unwrap_or(0)
    }

    fn output_width(&self, port: usize) -> usize {
        [self.bolts, self.lanes].get(port).copied().unwrap_or(1)
    }

    fn memory_len(&self) -> usize {
        self.bolts + 3 * self.rows() + self.qp.work_len()
    }

    fn step(&self, memory: &mut [f64], input: &[f64], output: &mut [f64]) {
        let Some(mut m) = self.memory(memory) else { return };
        let (profile, rest) = input.split_at(self.lanes);
        let (target, bolts) = rest.split_at(self.lanes);
        for (to, x) in m.stand.iter_mut().zip(bolts) {
            *to = limit(*x, self.travel.0, self.travel.1);
        }
        let straightening = self.straightening(m.stand);
        self.bounds(&mut m, straightening);
        self.free(&mut m, profile, target);
        let Some(mut work) = self.qp.work(core::mem::take(&mut m.work)) else { return };
        let given = Bounds { free: m.free, lo: m.lo, hi: m.hi, tolerance: &self.tolerance };
        let outcome = self.qp.solve(&mut work, given);
        if !outcome.solved {
            self.fall_back(&m, &mut work, straightening);
        }
        let (position, rest) = output.split_at_mut(self.bolts);
        let (forecast, told) = rest.split_at_mut(self.lanes);
        for ((to, d), x) in position.iter_mut().zip(work.z.iter()).zip(m.stand.iter()) {
            *to = limit(x + d, self.travel.0, self.travel.1);
        }
        let lanes = forecast.iter_mut().zip(profile).zip(self.response.chunks_exact(self.bolts));
        for ((to, y), row) in lanes {
            let moved = dot(row, &work.z[..self.bolts]);
            *to = saturate(y + moved);
        }
        for (to, x) in told.iter_mut().zip([outcome.iterations as f64, flag(outcome.solved)]) {
            *to = x;
        }
    }
}

#[cfg(test)]
#[path = "cd_profile_tests.rs"]
mod tests;
