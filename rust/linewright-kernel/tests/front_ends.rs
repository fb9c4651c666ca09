//! What holds for every front end: made from `for_each_front_end!`, so that none can be left out.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod random;

use linewright_kernel::{
    BlockStatistics, FormationWatch, FrontEnd, FrontEndDesign, WeldBurst, for_each_front_end,
};
use random::Random;

/// A config to try a front end with.
trait Example: FrontEndDesign {
    fn example() -> Self;
}

impl Example for BlockStatistics {
    fn example() -> Self {
        Self::default()
    }
}

impl Example for WeldBurst {
    fn example() -> Self {
        Self::unlearned(2000)
    }
}

impl Example for FormationWatch {
    fn example() -> Self {
        FormationWatch {
            slots: 3,
            ends_s: vec![1.0, 2.0, 4.0, 8.0],
            factors_mv: vec![1.0, 0.5, 1.0, 0.2, 1.0, 0.1, 1.0, 0.3],
            part_from_s: vec![2.0],
            held_ends_s: vec![4.0],
            noise_mv: vec![0.1; 4],
            median_v: vec![3.0; 4],
            slope_mv_per_ah: vec![50.0; 4],
            current_a: vec![0.0, 0.0, 0.1, 0.0],
            resistance_mohm: 1.0,
            programme_s: 20.0,
            limit_z: 5.0,
            contact_limit_mohm: 0.5,
            onset_every_s: 2.0,
            rest_a: 0.01,
            off_programme_a: 10.0,
            short_share: 1e-3,
            false_share: 1e-3,
        }
    }
}

/// Mostly ordinary numbers, now and then one that is none or is too much.
fn number(random: &mut Random) -> f64 {
    match random.next() % 64 {
        0 => f64::NAN,
        1 => f64::INFINITY,
        2 => f64::NEG_INFINITY,
        3 => 1e300,
        4 => -f64::MAX,
        5 => 5e-324,
        _ => (random.next() >> 11) as f64 * 2f64.powi(-52) - 1.0,
    }
}

/// A block of the length a front end asks for, or of any; now and then none. `clean` is what a sensor gives:
/// positive numbers and nothing else.
fn block(random: &mut Random, len: Option<usize>, clean: bool) -> Option<Vec<f64>> {
    let len = len.unwrap_or((random.next() % 300) as usize);
    let lit = |x: u64| 0.5 + (x >> 11) as f64 * 2f64.powi(-53);
    (!random.next().is_multiple_of(3)).then(|| {
        (0..len).map(|_| if clean { lit(random.next()) } else { number(random) }).collect()
    })
}

/// The bits of what a front end says over `ticks` ticks.
fn run<D: FrontEndDesign>(of: &mut D::FrontEnd, seed: u64, ticks: usize) -> Vec<u64> {
    let mut random = Random(seed);
    let mut out = vec![f64::NAN; D::OUTPUTS.len()];
    let mut said = Vec::new();
    for _ in 0..ticks {
        let clean = random.next().is_multiple_of(3);
        let blocks: Vec<_> =
            (0..D::BLOCKS.len()).map(|i| block(&mut random, of.block_len(i), clean)).collect();
        let blocks: Vec<_> = blocks.iter().map(Option::as_deref).collect();
        of.step(&blocks, &mut out);
        for x in &out {
            assert!(!x.is_infinite(), "{}: {out:?}", D::NAME);
            said.push(if x.is_nan() { 1 } else { x.to_bits() });
        }
    }
    said
}

fn holds<D: Example>() {
    let name = D::NAME;
    assert!(!D::BLOCKS.is_empty() && !D::OUTPUTS.is_empty(), "{name}");
    assert!(D::BLOCKS.len() <= linewright_kernel::front::MOST_BLOCKS, "{name}");
    let made = || D::example().design().unwrap();
    let mut of = made();
    for seed in 0..20 {
        let said = run::<D>(&mut of, seed, 200);
        assert_eq!(said, run::<D>(&mut made(), seed, 200), "{name}: reset is not new");
        assert!(said.iter().any(|bits| *bits != 1), "{name} says nothing at all");
        of.reset();
    }
    // Nothing seen, nothing said; and slices that are too short harm nobody.
    let mut of = made();
    let mut out = vec![f64::NAN; D::OUTPUTS.len()];
    of.step(&vec![None; D::BLOCKS.len()], &mut out);
    of.step(&[], &mut out);
    assert!(out.iter().all(|x| !x.is_infinite()), "{name}");
    let some = [0.5; 32];
    of.step(&vec![Some(&some[..]); D::BLOCKS.len()], &mut []);
    of.step(&vec![Some(&[][..]); D::BLOCKS.len()], &mut out);
}

macro_rules! every {
    ($($name:ident)*) => {
        #[test]
        fn every_front_end_is_deterministic_finite_and_new_after_a_reset() {
            $(holds::<linewright_kernel::$name>();)*
        }
    };
}

for_each_front_end!(every);
