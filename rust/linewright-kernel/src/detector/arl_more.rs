//! Run lengths beyond the zero-state one: a settled chart, a ramp, an EWMA chart with its exact start.

use alloc::vec::Vec;

use super::arl::{
    CusumWalk, EwmaWalk, check_arl0, check_weight, ewma_limit_for_arl0, finite, normal_density,
    one_sided_h, search, shewhart_arl, widest_limit,
};
use super::arl_chain::{Nodes, Walk, legendre};
use crate::DesignError;

/// Gentlest ramp, sigma per sample, and the probability of silence that counts as none.
const GENTLEST: f64 = 1e-4;
const NOTHING: f64 = 1e-13;

/// Mean delay of a chart that was in control for long and had not alarmed, when the mean shifts.
fn settled(walk: &impl Walk, shift: f64) -> f64 {
    let nodes = Nodes::new(walk);
    let at_change = nodes.chain(0.0).settled(&nodes.first(walk.start(), 0.0));
    let lengths = nodes.chain(shift).run_lengths();
    at_change.iter().zip(&lengths).map(|(p, l)| p * l).sum()
}

/// Mean run length when sample `t` (from 1) has the mean `slope * t`.
fn ramp(walk: &impl Walk, slope: f64) -> f64 {
    let nodes = Nodes::new(walk);
    let mut now = nodes.first(walk.start(), slope);
    let (mut length, mut t) = (1.0, 1.0);
    loop {
        let silent: f64 = now.iter().sum();
        length += silent;
        if silent < NOTHING {
            return length;
        }
        t += 1.0;
        now = nodes.chain(slope * t).next(&now);
    }
}

fn check_ramp(slope: f64) -> Result<(), DesignError> {
    let usable = (GENTLEST..=1e3).contains(&libm::fabs(slope));
    DesignError::unless(usable, "slope", "1e-4 to 1000 in magnitude", slope)
}

/// Mean delay of the upper one-sided CUSUM to a shift that comes when the chart has settled: the
/// expectation over its quasi-stationary distribution, no alarm before (*steady-state*).
///
/// # Errors
/// As [`super::arl::cusum_arl`].
pub fn cusum_arl_settled(k: f64, h: f64, shift: f64) -> Result<f64, DesignError> {
    let walk = CusumWalk::new(k, h, 0.0)?;
    finite("shift", shift)?;
    Ok(settled(&walk, shift))
}

/// Mean delay of the EWMA chart to a shift that comes when the chart has settled.
///
/// # Errors
/// As [`super::arl::ewma_arl`].
pub fn ewma_arl_settled(weight: f64, limit_sigma: f64, shift: f64) -> Result<f64, DesignError> {
    let walk = EwmaWalk::new(weight, limit_sigma)?;
    finite("shift", shift)?;
    if weight == 1.0 {
        return shewhart_arl(limit_sigma, shift);
    }
    Ok(settled(&walk, shift))
}

/// Mean run length of the upper one-sided CUSUM on a ramp: sample `t` (from 1) has the mean `slope * t`,
/// sigma. Drift is the commonest fault of a line.
///
/// # Errors
/// As [`super::arl::cusum_arl`]; `slope` not in `[1e-4, 1000]`: a ramp away from the watched side never
/// alarms.
pub fn cusum_arl_ramp(k: f64, h: f64, slope: f64, head_start: f64) -> Result<f64, DesignError> {
    let walk = CusumWalk::new(k, h, head_start)?;
    check_ramp(slope)?;
    DesignError::positive("slope", slope)?;
    Ok(ramp(&walk, slope))
}

/// Mean run length of the EWMA chart with its settled limit on a ramp of `slope` sigma per sample.
///
/// # Errors
/// As [`super::arl::ewma_arl`]; `slope` not in `[1e-4, 1000]` in magnitude.
pub fn ewma_arl_ramp(weight: f64, limit_sigma: f64, slope: f64) -> Result<f64, DesignError> {
    let walk = EwmaWalk::new(weight, limit_sigma)?;
    check_ramp(slope)?;
    Ok(ramp(&walk, slope))
}

/// As [`super::arl::bound`], the mean delay of the same CUSUM once it has settled: what a long in-control
/// record before the change shows.
///
/// # Errors
/// As [`super::arl::bound`].
pub fn bound_settled(delta: f64, arl0: f64) -> Result<f64, DesignError> {
    DesignError::positive("delta", delta)?;
    check_arl0(arl0)?;
    cusum_arl_settled(0.5 * delta, one_sided_h(0.5 * delta, arl0)?, delta)
}

/// ARL of the EWMA chart whose limits follow the exact variance of the average from the first sample
/// (`exact_start` on): the settled chart's equation after the samples with narrower limits.
///
/// # Errors
/// As [`super::arl::ewma_arl`]; `weight` below 0.005, whose limits take thousands of samples to settle.
pub fn ewma_arl_exact_start(weight: f64, limit_sigma: f64, shift: f64) -> Result<f64, DesignError> {
    let walk = EwmaWalk::new(weight, limit_sigma)?;
    DesignError::unless(weight >= 0.005, "weight", "from 0.005 to 1", weight)?;
    finite("shift", shift)?;
    if weight == 1.0 {
        return shewhart_arl(limit_sigma, shift);
    }
    // Forward: the probabilities at the nodes of each sample's own limits, until these have settled.
    let keep = 1.0 - weight;
    let edge = |t: f64| walk.edge * libm::sqrt(1.0 - libm::pow(keep, 2.0 * t));
    let density = |u: f64, y: f64| normal_density((y - keep * u) / weight - shift) / weight;
    let settled = Nodes::new(&walk);
    let unit = legendre(settled.len(), -1.0, 1.0);
    let scaled = |at: f64| unit.iter().map(move |(x, w)| (x * at, w * at));
    let mut now: Vec<(f64, f64)> =
        scaled(edge(1.0)).map(|(y, w)| (y, w * density(0.0, y))).collect();
    let (mut length, mut t) = (1.0, 1.0);
    while libm::pow(keep, 2.0 * t) > 1e-11 {
        length += now.iter().map(|(_, p)| p).sum::<f64>();
        t += 1.0;
        now = scaled(edge(t))
            .map(|(y, w)| (y, w * now.iter().map(|(u, p)| p * density(*u, y)).sum::<f64>()))
            .collect();
    }
    let lengths = settled.chain(shift).run_lengths();
    let onward = |u: f64| 1.0 + settled.onward(u, &lengths, shift);
    Ok(length + now.iter().map(|(u, p)| p * onward(*u)).sum::<f64>())
}

/// Limit, in sigma of the average, with which the EWMA chart with `exact_start` has this ARL in control.
///
/// # Errors
/// As [`super::arl::ewma_limit_for_arl0`].
pub fn ewma_limit_for_arl0_exact_start(weight: f64, arl0: f64) -> Result<f64, DesignError> {
    check_weight(weight)?;
    check_arl0(arl0)?;
    // Narrower at the start, it alarms sooner than the settled chart: the limit lies a little above that one's.
    let settled = ewma_limit_for_arl0(weight, arl0)?;
    let above = (settled + 1.0).min(widest_limit(weight));
    search(arl0, settled, above, |limit| ewma_arl_exact_start(weight, limit, 0.0))
}
