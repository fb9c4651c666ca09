//! From a die to the dual quadratic program of [`super::CdProfile`].

use super::CdProfile;
use super::qp::dense::Matrix;
use crate::DesignError;
use alloc::vec;
use alloc::vec::Vec;

/// What the kernel is made of.
pub(super) struct Cross {
    pub(super) response: Matrix,
    pub(super) free: Matrix,
    pub(super) gram: Matrix,
}

fn positive(parameter: &'static str, value: f64) -> Result<(), DesignError> {
    DesignError::unless((1e-50..=1e50).contains(&value), parameter, "positive and finite", value)
}

/// The response, lanes by bolts.
fn response(config: &CdProfile) -> Result<Matrix, DesignError> {
    let gain = config.response_gain;
    let usable = gain != 0.0 && libm::fabs(gain) <= 1e50;
    DesignError::unless(usable, "response_gain", "finite and not zero", gain)?;
    positive("response_width", config.response_width)?;
    if !config.response.is_empty() {
        let must_be = "2 to 1024 rows of 1 to 128 finite numbers, all of one length, not all zero";
        let given = Matrix::from_rows(&config.response)
            .filter(|g| g.rows >= 2 && g.rows <= 1024 && g.columns <= 128)
            .filter(|g| g.largest() > 0.0 && g.largest() <= 1e50);
        let rows = config.response.len() as f64;
        let given = given.ok_or(DesignError { parameter: "response", must_be, value: rows })?;
        let same = |count: usize, found: usize| count == 0 || count == found;
        let must_be = "left out, or as many as response has";
        let lanes = config.lanes;
        DesignError::unless(same(lanes, given.rows), "lanes", must_be, lanes as f64)?;
        let bolts = config.bolts;
        DesignError::unless(same(bolts, given.columns), "bolts", must_be, bolts as f64)?;
        return Ok(given);
    }
    let (lanes, bolts) = (config.lanes, config.bolts);
    DesignError::unless((2..=1024).contains(&lanes), "lanes", "2 to 1024", lanes as f64)?;
    DesignError::unless((1..=128).contains(&bolts), "bolts", "1 to 128", bolts as f64)?;
    let peak = |i: usize, j: usize| {
        let at = (i as f64 + 0.5) * bolts as f64 / lanes as f64;
        let s = (at - (j as f64 + 0.5)) / config.response_width;
        gain * libm::exp(-0.5 * s * s)
    };
    let means: Vec<f64> =
        (0..bolts).map(|j| (0..lanes).map(|i| peak(i, j)).sum::<f64>() / lanes as f64).collect();
    Ok(Matrix::from_fn(lanes, bolts, |i, j| peak(i, j) - means[j]))
}

fn check(config: &CdProfile) -> Result<(), DesignError> {
    positive("move_weight", config.move_weight)?;
    let (lo, hi) = (config.travel_lo, config.travel_hi);
    DesignError::unless(libm::fabs(lo) <= 1e50, "travel_lo", "finite", lo)?;
    let above = hi > lo && libm::fabs(hi) <= 1e50;
    DesignError::unless(above, "travel_hi", "finite and above travel_lo", hi)?;
    positive("bend_limit", config.bend_limit)?;
    positive("move_limit", config.move_limit)?;
    let share = config.mode_share;
    DesignError::unless((0.0..1.0).contains(&share), "mode_share", "0 to below 1", share)?;
    let most = config.max_iterations;
    let usable = (1..=10_000).contains(&most);
    DesignError::unless(usable, "max_iterations", "1 to 10,000", most as f64)
}

fn weights(config: &CdProfile, lanes: usize) -> Result<Vec<f64>, DesignError> {
    let w = &config.lane_weight;
    if w.is_empty() {
        return Ok(vec![1.0; lanes]);
    }
    let must_be = "none, or one number of zero or more per lane, not all zero";
    let value = w.iter().copied().find(|x| !(0.0..=1e50).contains(x)).unwrap_or(w.len() as f64);
    let usable = w.len() == lanes && w.iter().all(|x| (0.0..=1e50).contains(x));
    let seen = w.iter().any(|x| *x > 0.0);
    DesignError::unless(usable && seen, "lane_weight", must_be, value)?;
    Ok(w.clone())
}

pub(super) fn design_cross(config: &CdProfile) -> Result<Cross, DesignError> {
    let response = response(config)?;
    check(config)?;
    let (lanes, bolts) = (response.rows, response.columns);
    let root: Vec<f64> = weights(config, lanes)?.iter().map(|w| libm::sqrt(*w)).collect();
    // Lanes of zeros make it tall.
    let weighted = Matrix::from_fn(lanes.max(bolts), bolts, |i, j| {
        if i < lanes { root[i] * response[(i, j)] } else { 0.0 }
    });
    let (s, u, v) = weighted.singular();
    let modes = s.iter().filter(|x| **x > config.mode_share * s[0] && **x > 1e-13 * s[0]).count();
    let mut e = Matrix::zeros(modes + bolts, bolts);
    let mut f = Matrix::zeros(modes + bolts, lanes);
    for k in 0..modes {
        for j in 0..bolts {
            e[(k, j)] = s[k] * v[(j, k)];
        }
        for i in 0..lanes {
            f[(k, i)] = u[(i, k)] * root[i];
        }
    }
    for j in 0..bolts {
        e[(modes + j, j)] = libm::sqrt(config.move_weight);
    }
    let r = e.triangularised(&mut f);
    let unlimited = r.solve_upper(&f.head(bolts, lanes));
    let rows = bolts + bolts.saturating_sub(2);
    let limited = Matrix::from_fn(rows, bolts, |i, j| match i.checked_sub(bolts) {
        None if i == j => 1.0,
        Some(k) if j == k || j == k + 2 => 1.0,
        Some(k) if j == k + 1 => -2.0,
        _ => 0.0,
    });
    let half = r.solve_upper_transposed(&limited.transposed());
    let zero = Matrix::zeros(rows, lanes);
    let free = zero.plus(-1.0, &limited.times(&unlimited));
    let gram = half.transposed().times(&half);
    let usable = free.is_finite() && gram.is_finite();
    let must_be = "large enough against the response";
    DesignError::unless(usable, "move_weight", must_be, config.move_weight)?;
    Ok(Cross { response, free, gram })
}
