//! What lanes promise: each is to the bit its scalar kernel, for every exported kernel and every level
//! that this machine has.
//!
//! Made from `for_each_kernel!` with the example configs of the kernels' own suite: a kernel named there
//! enters by itself.
#![allow(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(dead_code, unused_imports)]

#[path = "../../linewright-kernel/tests/conformance/allocations.rs"]
mod allocations;
#[path = "../../linewright-kernel/tests/conformance/examples/mod.rs"]
mod examples;
#[path = "../../linewright-kernel/tests/conformance/signals.rs"]
mod signals;
#[path = "../../linewright-kernel/tests/conformance/vector.rs"]
mod vector;

use examples::{Example, PERIOD_S};
use linewright_kernel::{Design, Kernel, Ports, Running};
use linewright_lanes::{Input, Lanes, Level, Output};

type Of<C> = <C as Design>::Kernel;
type Single<C> = Running<Of<C>, Box<[f64]>>;

/// Two whole packs and a part of one.
const LANES: usize = 21;

fn start<C: Example>(kernel: &Of<C>) -> Single<C> {
    Running::new(*kernel, vec![0.0; kernel.memory_len()].into_boxed_slice())
}

/// One for each lane: the examples in turn.
fn mixed<C: Example>() -> Vec<Of<C>> {
    let design = |config: C| config.design(PERIOD_S).expect("an example is a good config");
    let kernels: Vec<_> = C::examples().into_iter().map(design).collect();
    kernels.iter().cycle().copied().take(LANES).collect()
}

/// Xorshift (Marsaglia 2003).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// `samples` rows of `lanes` values: walks, whole numbers, extremes; with `bad`, some that must be held.
fn signal(samples: usize, lanes: usize, seed: u64, bad: bool) -> Vec<f64> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ (seed + 1));
    let mut walk = vec![10.0; lanes];
    let mut out = Vec::new();
    for _ in 0..samples {
        for at in &mut walk {
            *at += random.share() - 0.45;
            out.push(match random.next() % 64 {
                0 if bad => f64::NAN,
                1 if bad => f64::NEG_INFINITY,
                2 if bad => 2e300,
                3 => 1e300,
                4 => -1e150,
                5 => -0.0,
                6..12 => (random.next() % 12) as f64 - 2.0,
                _ => *at,
            });
        }
    }
    out
}

/// What the scalar kernels make of a block of rows: a block of rows for each output port.
fn expected<C: Example>(singles: &mut [Single<C>], inputs: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let lanes = singles.len();
    let mut out = vec![Vec::new(); <Of<C> as Kernel>::Output::LEN];
    for at in 0..inputs[0].len() {
        let y = singles[at % lanes].update(Ports::gather(|i| inputs[i][at]));
        for (i, out) in out.iter_mut().enumerate() {
            out.push(y.get(i));
        }
    }
    out
}

/// How a block lies in memory.
#[derive(Clone, Copy)]
enum Lie {
    Rows,
    Columns,
}

impl Lie {
    fn strides(self, samples: usize) -> (usize, usize) {
        match self {
            Self::Rows => (LANES, 1),
            Self::Columns => (1, samples),
        }
    }
}

/// What lanes make of it, read and written as it lies.
fn got<C: Example>(lanes: &mut Lanes<Of<C>>, inputs: &[Vec<f64>], lie: Lie) -> Vec<Vec<f64>> {
    let samples = inputs[0].len() / LANES;
    let (time_stride, lane_stride) = lie.strides(samples);
    let place = |at: usize| (at / LANES) * time_stride + (at % LANES) * lane_stride;
    let lay = |rows: &Vec<f64>| {
        let mut laid = vec![0.0; rows.len()];
        rows.iter().enumerate().for_each(|(at, x)| laid[place(at)] = *x);
        laid
    };
    let laid: Vec<Vec<f64>> = inputs.iter().map(lay).collect();
    let ins: Vec<_> = laid.iter().map(|data| Input { data, time_stride, lane_stride }).collect();
    let mut out = vec![vec![0.0; samples * LANES]; <Of<C> as Kernel>::Output::LEN];
    let mut outs: Vec<_> =
        out.iter_mut().map(|data| Output { data, time_stride, lane_stride }).collect();
    assert!(lanes.process(samples, &ins, &mut outs));
    out.iter().map(|laid| (0..laid.len()).map(|at| laid[place(at)]).collect()).collect()
}

fn ports<C: Example>(samples: usize, seed: u64, bad: bool) -> Vec<Vec<f64>> {
    let one = |port: usize| signal(samples, LANES, seed * 16 + port as u64, bad);
    (0..<Of<C> as Kernel>::Input::LEN).map(one).collect()
}

fn assert_same_bits(got: &[Vec<f64>], want: &[Vec<f64>], what: &str) {
    for (port, (got, want)) in got.iter().zip(want).enumerate() {
        for (at, (a, b)) in got.iter().zip(want).enumerate() {
            let (t, lane) = (at / LANES, at % LANES);
            assert_eq!(
                a.to_bits(),
                b.to_bits(),
                "{what}: port {port}, sample {t}, lane {lane}: {a} {b}"
            );
        }
    }
}

fn assert_same_state<C: Example>(lanes: &Lanes<Of<C>>, singles: &[Single<C>], what: &str) {
    for (i, single) in singles.iter().enumerate() {
        let mut want = vec![0; single.state_len()];
        assert!(single.save(&mut want));
        let mut saved = vec![0; lanes.state_len(i)];
        assert!(lanes.save(i, &mut saved));
        assert_eq!(saved, want, "{what}: state of lane {i}");
        let bits = |y: <Of<C> as Kernel>::Output| {
            (0..<Of<C> as Kernel>::Output::LEN).map(|j| y.get(j).to_bits()).collect::<Vec<_>>()
        };
        assert_eq!(bits(lanes.last(i).unwrap()), bits(single.last()));
    }
}

/// Blocks, ticks, bad input in some lanes, save and restore, retuning, reset.
fn lives_as_its_scalars<C: Example>(kernels: &[Of<C>], shared: bool, level: Level) {
    let name = level.name();
    let make = || {
        let lanes = match kernels {
            [kernel, ..] if shared => Lanes::new(*kernel, LANES),
            _ => Lanes::of(kernels.to_vec()),
        };
        lanes.at(level)
    };
    let of = |i: usize| if shared { &kernels[0] } else { &kernels[i] };
    let mut lanes = make();
    let mut singles: Vec<_> = (0..LANES).map(|i| start::<C>(of(i))).collect();
    for (turn, (samples, bad, lie)) in [
        (37, false, Lie::Rows),
        (1, true, Lie::Rows),
        (250, true, Lie::Columns),
        (1, true, Lie::Rows),
    ]
    .into_iter()
    .enumerate()
    {
        let inputs = ports::<C>(samples, turn as u64, bad);
        let want = expected::<C>(&mut singles, &inputs);
        assert_same_bits(&got::<C>(&mut lanes, &inputs, lie), &want, &format!("{name} {turn}"));
    }
    assert_same_state::<C>(&lanes, &singles, name);

    // Taken up by lanes that have seen nothing, and by a copy.
    let mut other = make();
    for i in 0..LANES {
        let mut saved = vec![0; lanes.state_len(i)];
        assert!(lanes.save(i, &mut saved) && other.restore(i, &saved));
        assert!(!other.restore(i, &saved[1..]));
    }
    assert!(!other.restore(LANES, &[]));
    let mut copy = lanes.clone();
    let inputs = ports::<C>(40, 50, true);
    let want = expected::<C>(&mut singles, &inputs);
    for lanes in [&mut lanes, &mut other, &mut copy] {
        assert_same_bits(&got::<C>(lanes, &inputs, Lie::Rows), &want, "restored");
    }

    // Retuned one by one: where a scalar takes the new coefficients, the lane does.
    for i in [0, 3, 20] {
        let new = kernels[(i + 1) % kernels.len()];
        assert_eq!(lanes.retune(i, new), singles[i].retune(new));
    }
    assert!(!lanes.retune(LANES, kernels[0]));
    let inputs = ports::<C>(40, 60, true);
    let want = expected::<C>(&mut singles, &inputs);
    assert_same_bits(&got::<C>(&mut lanes, &inputs, Lie::Rows), &want, "retuned");
    assert_same_state::<C>(&lanes, &singles, "retuned");

    lanes.reset();
    singles.iter_mut().for_each(Running::reset);
    assert_same_state::<C>(&lanes, &singles, "reset");
    let inputs = ports::<C>(20, 70, true);
    let want = expected::<C>(&mut singles, &inputs);
    assert_same_bits(&got::<C>(&mut lanes, &inputs, Lie::Rows), &want, "reset");
}

fn are_their_scalars<C: Example>() {
    let kernels = mixed::<C>();
    for level in Level::all() {
        lives_as_its_scalars::<C>(&kernels, false, level);
        lives_as_its_scalars::<C>(&kernels, true, level);
    }
}

/// A long block of one lane, in place, with bad samples here and there.
fn passes_a_block_as_its_samples<C: Example>() {
    let one_to_one = (<Of<C> as Kernel>::Input::LEN, <Of<C> as Kernel>::Output::LEN) == (1, 1);
    for kernel in mixed::<C>().into_iter().take(C::examples().len()) {
        let (mut quick, mut single) = (start::<C>(&kernel), start::<C>(&kernel));
        for (turn, samples) in [1, 15, 95, 96, 97, 700, 2500].into_iter().enumerate() {
            let mut block = signal(samples, 1, turn as u64, turn % 3 == 2);
            let want: Vec<f64> = if one_to_one {
                block.iter().map(|x| single.update(Ports::gather(|_| *x)).get(0)).collect()
            } else {
                block.clone()
            };
            assert_eq!(quick.pass(&mut block), one_to_one);
            assert_same_bits(&[block], &[want], "a block");
            let mut saved = [vec![0; quick.state_len()], vec![0; quick.state_len()]];
            assert!(quick.save(&mut saved[0]) && single.save(&mut saved[1]));
            assert_eq!(saved[0], saved[1], "state after {samples}");
        }
    }
}

fn allocates_nothing<C: Example>() {
    let mut lanes = Lanes::of(mixed::<C>());
    let inputs = ports::<C>(1, 3, false);
    let ins: Vec<&[f64]> = inputs.iter().map(Vec::as_slice).collect();
    let mut out = vec![vec![0.0; LANES]; <Of<C> as Kernel>::Output::LEN];
    let mut outs: Vec<&mut [f64]> = out.iter_mut().map(Vec::as_mut_slice).collect();
    assert!(lanes.step(&ins, &mut outs));
    assert_eq!(allocations::during(|| assert!(lanes.step(&ins, &mut outs))), 0);
    assert!(!lanes.step(&ins[1..], &mut outs));
    outs[0] = &mut [];
    assert!(!lanes.step(&ins, &mut outs));
}

macro_rules! conformance {
    ($($name:ident)*) => { $(
        #[allow(non_snake_case)]
        mod $name {
            use linewright_kernel::$name as Subject;

            #[test]
            fn lanes_are_their_scalars() { crate::are_their_scalars::<Subject>(); }
            #[test]
            fn a_block_of_one_lane_is_its_samples() {
                crate::passes_a_block_as_its_samples::<Subject>();
            }
            #[test]
            fn a_tick_allocates_nothing() { crate::allocates_nothing::<Subject>(); }
        }
    )* };
}

linewright_kernel::for_each_kernel!(conformance);
