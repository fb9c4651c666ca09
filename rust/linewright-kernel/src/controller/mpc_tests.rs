//! Against the same problem written out by simulation, and in closed loop.

use super::*;
use crate::RunningVector;
use crate::controller::qp::QuadraticProgram;
use alloc::vec;

/// Numbers in -1..1, the same on every machine.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
    fn list(&mut self, len: usize) -> Vec<f64> {
        (0..len).map(|_| self.next()).collect()
    }
}

/// Two coupled masses (position, speed), pushed at both.
fn masses() -> Mpc {
    let h = 0.1;
    let a = [[1.0, h, 0.0, 0.0], [-h, 0.98, h, 0.0], [0.0, 0.0, 1.0, h], [h, 0.0, -h, 0.98]];
    Mpc {
        a: a.map(Vec::from).into(),
        b: vec![vec![0.0, 0.0], vec![h, 0.0], vec![0.0, 0.0], vec![0.0, h]],
        c: vec![vec![1.0, 0.0, 0.0, 0.0], vec![0.0, 0.0, 1.0, 0.0]],
        horizon: 12,
        output_weight: vec![10.0, 8.0],
        terminal_weight: vec![],
        input_weight: vec![],
        move_weight: vec![0.1, 0.2],
        input_lo: vec![-1.0, -2.0],
        input_hi: vec![1.5, 2.0],
        move_limit: vec![],
        output_lo: vec![],
        output_hi: vec![],
        output_limit_weight: 1e4,
        preview: false,
        disturbance_gain: 0.0,
        max_iterations: 200,
    }
}

fn start(config: &Mpc) -> RunningVector<MpcKernel> {
    RunningVector::new::<Mpc>(config.design(0.1).unwrap())
}

fn times(rows: &[Vec<f64>], x: &[f64]) -> Vec<f64> {
    rows.iter().map(|row| row.iter().zip(x).map(|(a, x)| a * x).sum()).collect()
}

/// One problem: where things stand.
struct Now {
    state: Vec<f64>,
    reference: Vec<f64>,
    applied: Vec<f64>,
    disturbance: Vec<f64>,
}

/// Outputs at each sample of the horizon.
fn outputs(config: &Mpc, now: &Now, u: &[f64]) -> Vec<Vec<f64>> {
    let mut x = now.state.clone();
    u.chunks(config.input_lo.len())
        .map(|u| {
            let (ax, bu) = (times(&config.a, &x), times(&config.b, u));
            x = (0..x.len()).map(|i| ax[i] + bu[i] + now.disturbance[i]).collect();
            times(&config.c, &x)
        })
        .collect()
}

/// The cost as the module's equation has it, without output limits.
fn cost(config: &Mpc, now: &Now, u: &[f64]) -> f64 {
    let (m, p) = (config.input_lo.len(), config.c.len());
    let mut sum = 0.0;
    for (k, y) in outputs(config, now, u).iter().enumerate() {
        let r = &now.reference[if config.preview { k * p..(k + 1) * p } else { 0..p }];
        let e: Vec<f64> = y.iter().zip(r).map(|(y, r)| y - r).collect();
        if k + 1 == config.horizon && !config.terminal_weight.is_empty() {
            let we = times(&config.terminal_weight, &e);
            sum += e.iter().zip(we).map(|(e, w)| e * w).sum::<f64>();
        } else {
            sum += e.iter().zip(&config.output_weight).map(|(e, w)| w * e * e).sum::<f64>();
        }
    }
    let before = now.applied.iter().chain(u);
    for (i, (u, before)) in u.iter().zip(before).enumerate() {
        let input = config.input_weight.get(i % m).copied().unwrap_or(0.0);
        let step = config.move_weight.get(i % m).copied().unwrap_or(0.0);
        sum += input * u * u + step * (u - before) * (u - before);
    }
    sum
}

/// The optimum by the plain quadratic program: its matrices read off `cost` by differences, which are
/// exact for a square; output limits with a slack each.
fn optimum(config: &Mpc, now: &Now) -> (Vec<f64>, f64) {
    let (m, p, h) = (config.input_lo.len(), config.c.len(), config.horizon);
    let (inputs, slacks) = (m * h, if config.output_lo.is_empty() { 0 } else { p * h });
    let at = |list: &[(usize, f64)]| {
        let mut u = vec![0.0; inputs];
        list.iter().for_each(|(i, x)| u[*i] += x);
        u
    };
    let value = |list: &[(usize, f64)]| cost(config, now, &at(list));
    let origin = value(&[]);
    let n = inputs + slacks;
    let mut hessian = vec![vec![0.0; n]; n];
    let mut q = vec![0.0; n];
    let single: Vec<f64> = (0..inputs).map(|i| value(&[(i, 1.0)])).collect();
    for i in 0..inputs {
        q[i] = (single[i] - value(&[(i, -1.0)])) / 2.0;
        for (j, one) in single.iter().enumerate() {
            hessian[i][j] = value(&[(i, 1.0), (j, 1.0)]) - single[i] - one + origin;
        }
    }
    let (mut a, mut lo, mut hi) = (vec![], vec![], vec![]);
    let mut limit = |row: Vec<f64>, low: f64, high: f64| {
        a.push(row);
        lo.push(low);
        hi.push(high);
    };
    let unit = |i: usize| (0..n).map(|j| f64::from(u8::from(i == j))).collect::<Vec<_>>();
    for i in 0..inputs {
        limit(unit(i), config.input_lo[i % m], config.input_hi[i % m]);
        if let Some(most) = config.move_limit.get(i % m) {
            let mut row = unit(i);
            let from = if i < m { now.applied[i] } else { 0.0 };
            if i >= m {
                row[i - m] = -1.0;
            }
            limit(row, from - most, from + most);
        }
    }
    let rest = outputs(config, now, &at(&[])).concat();
    for s in 0..slacks {
        hessian[inputs + s][inputs + s] = 2.0 * config.output_limit_weight;
        let response = |i: usize| outputs(config, now, &at(&[(i, 1.0)])).concat()[s] - rest[s];
        let mut row: Vec<f64> = (0..inputs).map(response).collect();
        row.resize(n, 0.0);
        row[inputs + s] = -1.0;
        limit(row, config.output_lo[s % p] - rest[s], config.output_hi[s % p] - rest[s]);
    }
    let s = QuadraticProgram::new(&hessian, &a, 2000).unwrap().solve(&q, &lo, &hi).unwrap();
    assert!(s.solved, "{s:?}");
    (s.x, origin + s.cost)
}

fn variants() -> Vec<Mpc> {
    let plain = masses();
    let terminal = vec![vec![50.0, 7.0], vec![7.0, 30.0]];
    vec![
        Mpc { input_weight: vec![0.3, 0.0], ..plain.clone() },
        Mpc { move_limit: vec![0.25, 0.4], ..plain.clone() },
        Mpc { terminal_weight: terminal, preview: true, ..plain.clone() },
        Mpc { output_lo: vec![-0.2, -0.3], output_hi: vec![0.2, 0.3], ..plain.clone() },
        Mpc {
            output_lo: vec![-0.2, -0.3],
            output_hi: vec![0.2, 0.3],
            move_limit: vec![0.3, 0.3],
            horizon: 9,
            ..plain.clone()
        },
        Mpc { horizon: 1, ..plain },
    ]
}

#[test]
fn every_step_is_the_optimum_of_the_problem_as_stated() {
    let mut numbers = Numbers(11);
    let mut limited = 0;
    for config in variants() {
        let mut running = start(&config);
        for _ in 0..40 {
            let now = Now {
                state: numbers.list(4).iter().map(|x| 2.0 * x).collect(),
                reference: numbers.list(2 * if config.preview { config.horizon } else { 1 }),
                applied: numbers.list(2),
                disturbance: vec![0.0; 4],
            };
            let (x, best) = optimum(&config, &now);
            let input = [&now.state[..], &now.reference, &now.applied].concat();
            let out = running.update(&input);
            assert_eq!(out[4], 1.0, "{out:?}");
            assert!((out[2] - best).abs() <= 1e-8 * best, "{} {best}", out[2]);
            for i in 0..2 {
                assert!((out[i] - x[i]).abs() < 1e-6, "{out:?} {x:?}");
            }
            limited += usize::from(out[3] > 0.0);
        }
    }
    assert!(limited > 100);
}

/// Runs the plant with `disturbance` on it and calls `check` at every sample.
fn close_the_loop(
    config: &Mpc,
    disturbance: &[f64],
    samples: usize,
    reference: impl Fn(usize) -> Vec<f64>,
    mut check: impl FnMut(usize, &[f64], &[f64], &[f64]),
) {
    let mut running = start(config);
    let (mut x, mut u) = (vec![0.0; 4], vec![0.0; 2]);
    for t in 0..samples {
        let input = [&x[..], &reference(t), &u].concat();
        let out = running.update(&input).to_vec();
        check(t, &out, &u, &times(&config.c, &x));
        u = out[..2].to_vec();
        let (ax, bu) = (times(&config.a, &x), times(&config.b, &u));
        x = (0..4).map(|i| ax[i] + bu[i] + disturbance[i]).collect();
    }
}

#[test]
fn the_limits_are_never_exceeded_and_the_reference_is_reached() {
    let config = Mpc { move_limit: vec![0.3, 0.4], ..masses() };
    let reference = |t: usize| if t < 150 { vec![0.8, 0.4] } else { vec![-0.5, 0.1] };
    let mut at_limit = 0;
    close_the_loop(&config, &[0.0; 4], 400, reference, |t, out, before, y| {
        for i in 0..2 {
            assert!(out[i] >= config.input_lo[i] && out[i] <= config.input_hi[i]);
            assert!((out[i] - before[i]).abs() <= config.move_limit[i] * (1.0 + 1e-12));
            at_limit += usize::from((out[i] - before[i]).abs() > 0.999 * config.move_limit[i]);
        }
        assert_eq!(out[4], 1.0);
        let error = (y[0] - reference(t)[0]).abs() + (y[1] - reference(t)[1]).abs();
        assert!(error < 1e-3 || ![149, 399].contains(&t), "{t}: {error}");
    });
    assert!(at_limit > 10);
}

#[test]
fn a_constant_disturbance_leaves_no_offset_when_it_is_estimated() {
    let load = [0.0, 0.03, 0.0, -0.02];
    let offset = |gain: f64| {
        let config = Mpc { disturbance_gain: gain, ..masses() };
        let mut last = 0.0;
        close_the_loop(
            &config,
            &load,
            500,
            |_| vec![0.3, 0.3],
            |_, _, _, y| {
                last = (y[0] - 0.3).abs() + (y[1] - 0.3).abs();
            },
        );
        last
    };
    assert!(offset(0.0) > 0.01, "{}", offset(0.0));
    assert!(offset(0.3) < 1e-6, "{}", offset(0.3));
}

#[test]
fn where_it_starts_makes_no_difference_to_where_it_ends() {
    let mut numbers = Numbers(5);
    let mut steps = [0.0; 2];
    for config in variants() {
        let mut warm = start(&config);
        let mut x = numbers.list(4);
        let mut u = vec![0.0; 2];
        let reference = numbers.list(2 * if config.preview { config.horizon } else { 1 });
        for _ in 0..100 {
            let input = [&x[..], &reference, &u].concat();
            let (from_last, anew) =
                (warm.update(&input).to_vec(), start(&config).update(&input).to_vec());
            for i in 0..2 {
                assert!((from_last[i] - anew[i]).abs() < 1e-8, "{from_last:?} {anew:?}");
            }
            assert!((from_last[2] - anew[2]).abs() <= 1e-9 * (1.0 + anew[2]));
            steps[0] += from_last[3];
            steps[1] += anew[3];
            u = from_last[..2].to_vec();
            let (ax, bu) = (times(&config.a, &x), times(&config.b, &u));
            x = (0..4).map(|i| ax[i] + bu[i] + 0.05 * numbers.next()).collect();
        }
    }
    assert!(steps[0] < 0.8 * steps[1], "{steps:?}");
}

#[test]
fn an_input_outside_its_limits_comes_back_at_once() {
    let config = Mpc { move_limit: vec![0.1, 0.1], ..masses() };
    let out = start(&config).update(&[0.0, 0.0, 0.0, 0.0, 9.0, 9.0, 7.0, -5.0]).to_vec();
    assert_eq!(out[4], 1.0);
    assert!(out[0] <= 1.5 && out[0] >= 1.4 - 1e-12, "{out:?}");
    assert!(out[1] >= -2.0 && out[1] <= -1.9 + 1e-12, "{out:?}");
}

#[test]
fn stopped_early_is_said_and_stays_within_the_limits() {
    let tight = Mpc { move_limit: vec![0.05, 0.05], max_iterations: 1, ..masses() };
    let whole = Mpc { max_iterations: 200, ..tight.clone() };
    let mut numbers = Numbers(2);
    let mut stopped = 0;
    for _ in 0..100 {
        let input: Vec<f64> = numbers.list(8).iter().map(|x| 3.0 * x).collect();
        let (early, best) =
            (start(&tight).update(&input).to_vec(), start(&whole).update(&input).to_vec());
        assert_eq!(best[4], 1.0);
        if early[4] == 0.0 {
            stopped += 1;
            assert!(early[2] <= best[2] * (1.0 + 1e-9), "{early:?} {best:?}");
        }
        for i in 0..2 {
            let from = limit(input[6 + i], tight.input_lo[i], tight.input_hi[i]);
            assert!((early[i] - from).abs() <= 0.05 + 1e-12);
            assert!(early[i] >= tight.input_lo[i] && early[i] <= tight.input_hi[i]);
        }
    }
    assert!(stopped > 50, "{stopped}");
}
