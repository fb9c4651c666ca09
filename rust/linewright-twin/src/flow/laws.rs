//! Queueing laws: what racks, vehicles and buffers must give before anything is simulated.
//!
//! `a` is the offered load in erlang (arrivals per unit time x mean service time), `c` the number of servers.

/// Share of arrivals that find all `servers` busy and are lost, 0 to 1 (Erlang 1917): `B(0) = 1`,
/// `B(k) = a*B(k-1)/(k + a*B(k-1))`. Holds for every law of service time. `load_erlang` at least 0.
///
/// ```
/// let lost = linewright_twin::flow::laws::erlang_b(375.15, 400);
/// assert!((lost - 0.00986).abs() < 1e-4);
/// ```
pub fn erlang_b(load_erlang: f64, servers: u32) -> f64 {
    (1..=servers).fold(1.0, |lost, k| load_erlang * lost / (f64::from(k) + load_erlang * lost))
}

/// Share of arrivals that must wait, 0 to 1 (Erlang 1917), exponential service: `C = B/(1 - (a/c)*(1 - B))`.
/// 1 when the load is not below the number of servers.
///
/// ```
/// let waits = linewright_twin::flow::laws::erlang_c(15.633, 20);
/// assert!((waits - 0.2174).abs() < 2e-4);
/// ```
pub fn erlang_c(load_erlang: f64, servers: u32) -> f64 {
    let used = load_erlang / f64::from(servers);
    if used < 1.0 {
        let lost = erlang_b(load_erlang, servers);
        lost / (1.0 - used * (1.0 - lost))
    } else {
        1.0
    }
}

/// Mean wait in the queue, in the unit of `service`: `W_q = C*service/(c - a)`. Infinite when the load is not below
/// the number of servers.
///
/// ```
/// let minutes = linewright_twin::flow::laws::erlang_c_wait(15.633, 20, 4.0);
/// assert!((minutes - 0.199).abs() < 1e-3);
/// ```
pub fn erlang_c_wait(load_erlang: f64, servers: u32, service: f64) -> f64 {
    let spare = f64::from(servers) - load_erlang;
    if spare > 0.0 { erlang_c(load_erlang, servers) * service / spare } else { f64::INFINITY }
}

/// A machine of a slotted line: chance per cycle to fail while it works, and to be repaired while it is down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reliability {
    /// Chance of failure per cycle in which it works, 0 to 1.
    pub fail: f64,
    /// Chance of repair per cycle in which it is down, above 0 to 1.
    pub repair: f64,
}

/// States of the two machines, first the upper one's: up-up, up-down, down-up, down-down.
const PAIRS: [(bool, bool); 4] = [(true, true), (true, false), (false, true), (false, false)];
type Block = [[f64; 4]; 4];
const EYE: Block =
    [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]];

/// Parts per cycle of two machines with a buffer of `places` between them (Buzacott 1967, Gershwin 1994): one part a
/// cycle, a machine fails only while it works, the first never starves and the last never blocks. Exact: the Markov
/// chain of buffer level and both machines, solved level by level. Cost linear in `places` (at least 1).
///
/// ```
/// use linewright_twin::flow::laws::{Reliability, two_machine_line};
/// let machine = Reliability { fail: 0.01, repair: 0.1 };
/// assert!((two_machine_line(machine, machine, 10) - 0.8562).abs() < 1e-4);
/// ```
pub fn two_machine_line(first: Reliability, second: Reliability, places: u32) -> f64 {
    let levels = places.max(1) as usize + 1;
    // level reduction from above: S_n = A1(n) + A0(n)*(1 - S_{n+1})^-1 * A2(n+1)
    let mut up = vec![[[0.0; 4]; 4]; levels];
    let mut above: Option<(Block, Block)> = None;
    let mut reduced = EYE;
    for n in (0..levels).rev() {
        let level = Level::of(first, second, n, levels - 1);
        reduced = level.same;
        if let Some((inverse, down)) = above {
            let rise = product(&level.up, &inverse);
            reduced = sum(&reduced, &product(&rise, &down));
            up[n] = rise;
        }
        above = Some((inverse(&difference(&EYE, &reduced)), level.down));
    }
    // pi_0 = pi_0 * S_0, then pi_{n+1} = pi_n * A0(n)*(1 - S_{n+1})^-1
    let mut share = stationary(&reduced);
    let (mut total, mut made) = (0.0, 0.0);
    for (n, rise) in up.iter().enumerate() {
        total += share.iter().sum::<f64>();
        let level = Level::of(first, second, n, levels - 1);
        made += share.iter().zip(&level.makes).map(|(p, m)| p * m).sum::<f64>();
        share = times(&share, rise);
    }
    made / total
}

/// Transitions from one buffer level.
struct Level {
    down: Block,
    same: Block,
    up: Block,
    /// Chance that the second machine makes a part in this cycle, by state.
    makes: [f64; 4],
}

impl Level {
    fn of(first: Reliability, second: Reliability, n: usize, full: usize) -> Self {
        let mut level =
            Level { down: [[0.0; 4]; 4], same: [[0.0; 4]; 4], up: [[0.0; 4]; 4], makes: [0.0; 4] };
        let (fed, free) = (n > 0, n < full);
        for (from, &(one, two)) in PAIRS.iter().enumerate() {
            for (to, &(one_next, two_next)) in PAIRS.iter().enumerate() {
                let chance = step(first, one, free, one_next) * step(second, two, fed, two_next);
                let (takes, gives) = (one_next && free, two_next && fed);
                let block = match (takes, gives) {
                    (true, false) => &mut level.up,
                    (false, true) => &mut level.down,
                    _ => &mut level.same,
                };
                block[from][to] += chance;
                if gives {
                    level.makes[from] += chance;
                }
            }
        }
        level
    }
}

/// Chance that a machine goes from `up` to `next`; it fails only when it can work.
fn step(machine: Reliability, up: bool, works: bool, next: bool) -> f64 {
    let to_up = match (up, works) {
        (true, true) => 1.0 - machine.fail,
        (true, false) => 1.0,
        (false, _) => machine.repair,
    };
    if next { to_up } else { 1.0 - to_up }
}

fn product(a: &Block, b: &Block) -> Block {
    core::array::from_fn(|i| core::array::from_fn(|j| (0..4).map(|k| a[i][k] * b[k][j]).sum()))
}

fn sum(a: &Block, b: &Block) -> Block {
    core::array::from_fn(|i| core::array::from_fn(|j| a[i][j] + b[i][j]))
}

fn difference(a: &Block, b: &Block) -> Block {
    core::array::from_fn(|i| core::array::from_fn(|j| a[i][j] - b[i][j]))
}

fn times(row: &[f64; 4], a: &Block) -> [f64; 4] {
    core::array::from_fn(|j| (0..4).map(|k| row[k] * a[k][j]).sum())
}

/// Gauss and Jordan with pivots; the matrices here are `1 - S` with S substochastic.
fn inverse(a: &Block) -> Block {
    let (mut a, mut b) = (*a, EYE);
    for i in 0..4 {
        let best =
            (i..4).fold(i, |best, k| if a[k][i].abs() > a[best][i].abs() { k } else { best });
        a.swap(i, best);
        b.swap(i, best);
        let pivot = 1.0 / a[i][i];
        for j in 0..4 {
            a[i][j] *= pivot;
            b[i][j] *= pivot;
        }
        for k in (0..4).filter(|&k| k != i) {
            let factor = a[k][i];
            for j in 0..4 {
                a[k][j] -= factor * a[i][j];
                b[k][j] -= factor * b[i][j];
            }
        }
    }
    b
}

/// Row x with `x = x*S`, sum 1: three of the equations and the sum.
fn stationary(s: &Block) -> [f64; 4] {
    let mut a = difference(s, &EYE);
    for row in &mut a {
        row[3] = 1.0;
    }
    inverse(&a)[3]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    const EVEN: Reliability = Reliability { fail: 0.01, repair: 0.1 };

    #[test]
    fn c45_formation_rack_as_a_loss_system() {
        assert!((erlang_b(375.15, 400) / 0.009_86 - 1.0).abs() < 0.01);
        assert!((erlang_b(375.15, 420) / 0.001_49 - 1.0).abs() < 0.01);
        assert_eq!(erlang_b(3.0, 0), 1.0);
    }

    #[test]
    fn c46_vehicles_as_a_waiting_system() {
        assert!((erlang_c(15.633, 20) / 0.2174 - 1.0).abs() < 0.01);
        assert!((erlang_c_wait(15.633, 20, 4.0) / 0.199 - 1.0).abs() < 0.01);
        assert_eq!(erlang_c(20.0, 20), 1.0);
        assert_eq!(erlang_c_wait(21.0, 20, 4.0), f64::INFINITY);
    }

    #[test]
    fn c47_two_machines_and_a_buffer() {
        let known = [(4, 0.8409), (10, 0.8562), (20, 0.8705), (50, 0.8878), (200, 0.9025)];
        for (places, expected) in known {
            let got = two_machine_line(EVEN, EVEN, places);
            assert!((got - expected).abs() < 2e-4, "{places}: {got}");
        }
        assert!((two_machine_line(EVEN, EVEN, 20_000) - 0.1 / 0.11).abs() < 1e-4);
    }

    #[test]
    fn unlike_machines_agree_with_a_simulation() {
        let (first, second) = (EVEN, Reliability { fail: 0.02, repair: 0.15 });
        let (mut one, mut two, mut level, mut made) = (true, true, 0_u32, 0_u32);
        let (mut a, mut b) = (Stream::new(5, 1), Stream::new(5, 2));
        let cycles = 2_000_000;
        for _ in 0..cycles {
            let (free, fed) = (level < 7, level > 0);
            one = a.uniform() <= step(first, one, free, true);
            two = b.uniform() <= step(second, two, fed, true);
            let (takes, gives) = (one && free, two && fed);
            level = level + u32::from(takes) - u32::from(gives);
            made += u32::from(gives);
        }
        let (simulated, exact) =
            (f64::from(made) / f64::from(cycles), two_machine_line(first, second, 7));
        assert!((simulated - exact).abs() < 0.002, "{simulated} against {exact}");
    }
}
