//! Run lengths of runs rules, and of charts that only simulation reaches.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use super::arl::{finite, normal_cdf};
use super::normal::Normal;
use super::runs::{Watched, Zones};
use crate::{DesignError, Kernel, Ports, Running};

/// Samples after which the empty history is forgotten: the longest pattern has 15.
const SETTLED: u32 = 100;

/// ARL of patterns over zones, by the Markov chain of their histories (Champ and Woodall 1987): the chain is
/// stepped until its silence falls geometrically; the rest is a geometric series.
pub(super) fn runs_rules_arl(
    watched: Watched,
    limit_sigma: f64,
    shift: f64,
) -> Result<f64, DesignError> {
    DesignError::positive("limit_sigma", limit_sigma)?;
    finite("shift", shift)?;
    let ways = ways(limit_sigma, shift);
    let moves = chain(watched, &ways);
    let mut now = vec![0.0; moves.len()];
    if let Some(start) = now.first_mut() {
        *start = 1.0;
    }
    let (mut length, mut silent, mut ratio) = (0.0, 1.0, 0.0);
    for step in 0..1_000_000 {
        length += silent;
        let mut next = vec![0.0; now.len()];
        for (share, row) in now.iter().zip(&moves) {
            for (to, (probability, ..)) in row.iter().zip(&ways) {
                if let Some(place) = to.and_then(|to| next.get_mut(to)) {
                    *place += share * probability;
                }
            }
        }
        now = next;
        let left: f64 = now.iter().sum();
        let was = core::mem::replace(&mut ratio, left / silent);
        silent = left;
        if silent < 1e-15 * length || (step > SETTLED && libm::fabs(ratio - was) < 4e-15) {
            break;
        }
    }
    Ok(length + silent / (1.0 - ratio))
}

/// Probability, thirds and side of the eight zones.
fn ways(limit_sigma: f64, shift: f64) -> Vec<(f64, u8, u8)> {
    let edge = |thirds: i32| limit_sigma * f64::from(thirds) / 3.0;
    let between = |a: f64, b: f64| {
        // The smaller tails, so that nothing is lost far out.
        if a >= 0.0 { normal_cdf(-a) - normal_cdf(-b) } else { normal_cdf(b) - normal_cdf(a) }
    };
    let mut ways = Vec::new();
    for third in 0..4 {
        let far = if third == 3 { f64::INFINITY } else { edge(third + 1) };
        ways.push((between(edge(third) - shift, far - shift), third as u8, 1));
        ways.push((between(edge(third) + shift, far + shift), third as u8, 2));
    }
    ways
}

/// Where each history goes with each zone; none: alarm. History 0 is the empty one.
fn chain(watched: Watched, ways: &[(f64, u8, u8)]) -> Vec<Vec<Option<usize>>> {
    let empty: Zones = bytemuck::Zeroable::zeroed();
    let mut places = BTreeMap::from([(empty, 0)]);
    let mut found = vec![empty];
    let mut moves = Vec::new();
    while let Some(from) = found.get(moves.len()).copied() {
        let mut row = Vec::new();
        for (_, third, side) in ways {
            let mut to = from;
            let fired = to.advance(watched, *third, *side);
            row.push(if fired.any() {
                None
            } else {
                let fresh = places.len();
                let place = *places.entry(to).or_insert(fresh);
                if place == fresh {
                    found.push(to);
                }
                Some(place)
            });
        }
        moves.push(row);
    }
    moves
}

/// Runs and samples of a simulated run length.
const RUNS: u32 = 20_000;
const SAMPLES: f64 = 1e7;

/// Mean run length of a chart designed for mean 0 and sigma 1 whose output `alarm` is not zero at an alarm:
/// 20,000 runs on readings of mean `shift`, always the same ones. Standard error below 0.75 %.
pub(super) fn simulated<K: Kernel<Input = f64>>(
    kernel: &K,
    alarm: usize,
    shift: f64,
) -> Result<f64, DesignError> {
    finite("shift", shift)?;
    let mut normal = Normal::new(0x11E5);
    let mut samples = 0.0;
    let mut running = Running::new(*kernel, vec![0.0; kernel.memory_len()]);
    for _ in 0..RUNS {
        running.reset();
        loop {
            samples += 1.0;
            if running.update(shift + normal.next()).get(alarm) != 0.0 {
                break;
            }
            let bound = "found within 500 samples on average to be simulated";
            DesignError::unless(samples < SAMPLES, "shift", bound, shift)?;
        }
    }
    Ok(samples / f64::from(RUNS))
}
