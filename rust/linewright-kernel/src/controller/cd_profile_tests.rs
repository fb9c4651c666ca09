//! A die as an operator would try it.

use super::*;
use crate::RunningVector;
use crate::controller::qp::QuadraticProgram;

struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
    fn list(&mut self, len: usize, size: f64) -> Vec<f64> {
        (0..len).map(|_| size * self.next()).collect()
    }
}

/// Bolts in um, profile in g/m2.
fn die() -> CdProfile {
    CdProfile {
        response: vec![],
        lanes: 66,
        bolts: 24,
        response_gain: 1.2,
        response_width: 1.6,
        lane_weight: vec![],
        move_weight: 0.05,
        travel_lo: -50.0,
        travel_hi: 50.0,
        bend_limit: 6.0,
        move_limit: 2.0,
        mode_share: 0.1,
        max_iterations: 1000,
    }
}

fn start(config: &CdProfile) -> RunningVector<CdProfileKernel> {
    RunningVector::new::<CdProfile>(config.design(80.0).unwrap())
}

fn rows(config: &CdProfile) -> Vec<Vec<f64>> {
    let g = config.design(80.0).unwrap();
    g.response.chunks(g.bolts).map(<[f64]>::to_vec).collect()
}

fn move_die(g: &[Vec<f64>], bolts: &[f64]) -> Vec<f64> {
    g.iter().map(|row| row.iter().zip(bolts).map(|(g, x)| g * x).sum()).collect()
}

fn rms(list: &[f64]) -> f64 {
    libm::sqrt(list.iter().map(|x| x * x).sum::<f64>() / list.len() as f64)
}

fn most_bent(bolts: &[f64]) -> f64 {
    bends(bolts).fold(0.0, |most: f64, b| most.max(b.abs()))
}

fn input(profile: &[f64], target: f64, bolts: &[f64]) -> Vec<f64> {
    [profile, &vec![target; profile.len()], bolts].concat()
}

#[test]
fn a_move_is_the_optimum_of_the_problem_as_stated() {
    // All modes count, so that the cost is the plain sum of squares.
    let config = CdProfile { mode_share: 0.0, bolts: 10, lanes: 30, bend_limit: 2.5, ..die() };
    let g = rows(&config);
    let mut numbers = Numbers(4);
    let mut limited = 0;
    for case in 0..40 {
        let profile = numbers.list(30, 0.3 * f64::from(case));
        let bolts = vec![numbers.next(); 10];
        let out = start(&config).update(&input(&profile, 0.0, &bolts)).to_vec();
        let gram = |i: usize, j: usize| {
            let sum: f64 = g.iter().map(|row| row[i] * row[j]).sum();
            2.0 * (sum + if i == j { config.move_weight } else { 0.0 })
        };
        let p: Vec<Vec<f64>> = (0..10).map(|i| (0..10).map(|j| gram(i, j)).collect()).collect();
        let pull = |j: usize| 2.0 * g.iter().zip(&profile).map(|(r, y)| r[j] * y).sum::<f64>();
        let q: Vec<f64> = (0..10).map(pull).collect();
        let mut a: Vec<Vec<f64>> = vec![];
        for i in 0..10 {
            a.push((0..10).map(|j| f64::from(u8::from(i == j))).collect());
        }
        for k in 0..8 {
            let bend = |j: usize| if j == k || j == k + 2 { 1.0 } else { 0.0 };
            a.push((0..10).map(|j| if j == k + 1 { -2.0 } else { bend(j) }).collect());
        }
        let most = |i: usize| if i < 10 { 2.0 } else { 2.5 };
        let (lo, hi): (Vec<f64>, Vec<f64>) = (0..18).map(|i| (-most(i), most(i))).unzip();
        let best = QuadraticProgram::new(&p, &a, 1000).unwrap().solve(&q, &lo, &hi).unwrap();
        assert_eq!(out[41], 1.0);
        for j in 0..10 {
            assert!((out[j] - bolts[j] - best.x[j]).abs() < 1e-6, "{case}: {out:?} {best:?}");
        }
        limited += usize::from(best.multipliers.iter().any(|m| *m != 0.0));
    }
    assert!(limited > 10);
}

/// Runs the die until it is settled; gives the last error.
fn settle(
    config: &CdProfile,
    fault: &[f64],
    bolts: &mut Vec<f64>,
    mut check: impl FnMut(&[f64], &[f64]),
) -> Vec<f64> {
    let (g, mut running) = (rows(config), start(config));
    let shape = |bolts: &[f64]| -> Vec<f64> {
        move_die(&g, bolts).iter().zip(fault).map(|(y, f)| 200.0 + y + f).collect()
    };
    for _ in 0..60 {
        let out = running.update(&input(&shape(bolts), 200.0, bolts)).to_vec();
        check(bolts, &out);
        *bolts = out[..config.bolts].to_vec();
    }
    shape(bolts).iter().map(|y| y - 200.0).collect()
}

#[test]
fn a_fault_the_bolts_can_reach_is_taken_out_within_all_limits() {
    let config = die();
    let hidden: Vec<f64> = (0..24).map(|j| 9.0 * libm::sin(0.3 * f64::from(j))).collect();
    let fault = move_die(&rows(&config), &hidden);
    let mut bolts = vec![0.0; 24];
    let left = settle(&config, &fault, &mut bolts, |before, out| {
        assert_eq!(out[24 + 66 + 1], 1.0);
        assert!(most_bent(&out[..24]) <= config.bend_limit * (1.0 + 1e-8));
        for (x, before) in out.iter().zip(before) {
            assert!((x - before).abs() <= 2.0 + 1e-8 && x.abs() <= 50.0);
        }
    });
    assert!(rms(&left) < 0.02 * rms(&fault), "{} of {}", rms(&left), rms(&fault));
}

#[test]
fn what_no_bolt_can_do_moves_no_bolt() {
    let config = die();
    let mut numbers = Numbers(9);
    // A common offset, and a wave far narrower than a bolt reaches.
    let narrow: Vec<f64> = (0..66).map(|i| 5.0 + if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
    let mut bolts = vec![0.0; 24];
    settle(&config, &narrow, &mut bolts, |_, _| ());
    assert!(bolts.iter().all(|x| x.abs() < 0.2), "{bolts:?}");
    // White noise at every scan: with all modes the bolts walk off, with the good ones they stay.
    let walk = |mode_share: f64, numbers: &mut Numbers| {
        let config = CdProfile { mode_share, move_weight: 1e-6, bend_limit: 40.0, ..die() };
        let (g, mut running) = (rows(&config), start(&config));
        let mut bolts = vec![0.0; 24];
        let mut sum = 0.0;
        for _ in 0..200 {
            let noise = numbers.list(66, 1.0);
            let y: Vec<f64> = move_die(&g, &bolts).iter().zip(&noise).map(|(y, n)| y + n).collect();
            bolts = running.update(&input(&y, 0.0, &bolts))[..24].to_vec();
            sum += rms(&bolts);
        }
        sum / 200.0
    };
    let (kept, all) = (walk(0.1, &mut numbers), walk(0.0, &mut numbers));
    assert!(all > 4.0 * kept, "{all} {kept}");
}

#[test]
fn a_die_bent_too_far_comes_back_move_by_move() {
    let config = CdProfile { bend_limit: 3.0, ..die() };
    let mut numbers = Numbers(6);
    let mut bolts = numbers.list(24, 60.0);
    let mut last = f64::INFINITY;
    settle(&config, &numbers.list(66, 3.0), &mut bolts, |before, out| {
        let bent = most_bent(&out[..24]);
        assert_eq!(out[24 + 66 + 1], 1.0);
        assert!(bent <= 3.0 * (1.0 + 1e-8) || bent < last, "{bent} {last}");
        for (x, before) in out.iter().zip(before) {
            assert!((x - limit(*before, -50.0, 50.0)).abs() <= 2.0 + 1e-8 && x.abs() <= 50.0);
        }
        last = bent;
    });
    assert!(last <= 3.0 * (1.0 + 1e-8), "{last}");
}

#[test]
fn stopped_early_is_said_and_within_all_limits() {
    let config = CdProfile { max_iterations: 1, bend_limit: 1.0, ..die() };
    let mut numbers = Numbers(8);
    let mut stopped = 0;
    for _ in 0..50 {
        let profile = numbers.list(66, 20.0);
        let bolts = numbers.list(24, 0.2);
        let out = start(&config).update(&input(&profile, 0.0, &bolts)).to_vec();
        stopped += usize::from(out[24 + 66 + 1] == 0.0);
        assert!(most_bent(&out[..24]) <= 1.0 + 1e-8);
        assert!(out.iter().zip(&bolts).all(|(x, b)| (x - b).abs() <= 2.0 + 1e-8));
    }
    assert!(stopped > 40);
}
