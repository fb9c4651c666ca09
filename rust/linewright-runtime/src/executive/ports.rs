//! The rings between the loop thread and the clerk: bounded, of one writer and one reader each.

use crate::order::{Order, Spent};
use crate::record::{Body, Record, Telemetry, TelemetryBody};
use crate::sample::Quality;
use rtrb::{Consumer, Producer, RingBuffer};

/// Orders waiting: as many as one tick obeys, so that none waits for the next.
pub(crate) const ORDERS: usize = 512;
/// Places among them that stations may not take: the way of the operator is never full of theirs.
pub(crate) const ORDERS_OF_THE_OPERATOR: usize = 64;
/// Records of class "must" waiting: 5 s of a stalled disk at 3000 records a second.
const RECORDS: usize = 16_384;
/// Telemetry waiting.
const TELEMETRY: usize = 16_384;
/// Words of recorded cycles waiting, at least.
const CYCLE_WORDS: usize = 1 << 18;

/// The loop thread's ends.
#[derive(Debug)]
pub struct LoopPorts {
    pub(crate) orders: Consumer<Order>,
    pub(crate) records: Producer<Record>,
    pub(crate) telemetry: Producer<Telemetry>,
    pub(crate) cycles: Producer<u64>,
    pub(crate) spent: Producer<Spent>,
}

/// The clerk's ends.
#[derive(Debug)]
pub struct ClerkPorts {
    pub(crate) orders: Producer<Order>,
    pub(crate) records: Consumer<Record>,
    pub(crate) telemetry: Consumer<Telemetry>,
    pub(crate) cycles: Consumer<u64>,
    pub(crate) spent: Consumer<Spent>,
}

/// Both ends of all rings; the one for recorded cycles has `cycle_words` or more.
#[must_use]
pub fn ports(cycle_words: usize) -> (LoopPorts, ClerkPorts) {
    let (orders_in, orders_out) = RingBuffer::new(ORDERS);
    let (records_in, records_out) = RingBuffer::new(RECORDS);
    let (telemetry_in, telemetry_out) = RingBuffer::new(TELEMETRY);
    let (cycles_in, cycles_out) = RingBuffer::new(CYCLE_WORDS.max(cycle_words));
    let (spent_in, spent_out) = RingBuffer::new(ORDERS);
    (
        LoopPorts {
            orders: orders_out,
            records: records_in,
            telemetry: telemetry_in,
            cycles: cycles_in,
            spent: spent_in,
        },
        ClerkPorts {
            orders: orders_in,
            records: records_out,
            telemetry: telemetry_out,
            cycles: cycles_out,
            spent: spent_out,
        },
    )
}

/// Writes once to all memory of the rings, so that its pages are there before the first tick: what is
/// put in is taken out again.
pub fn touch(of_loop: &mut LoopPorts, of_clerk: &mut ClerkPorts) {
    let body = Body::Missed { first_tick: 0, count: 0 };
    while of_loop.records.push(Record { tick: 0, mono_ns: 0, body }).is_ok() {}
    while of_clerk.records.pop().is_ok() {}
    let body = TelemetryBody::Tap { tap: 0, value: 0.0, quality: Quality::Bad };
    while of_loop.telemetry.push(Telemetry { tick: 0, body }).is_ok() {}
    while of_clerk.telemetry.pop().is_ok() {}
    while of_loop.cycles.push(0).is_ok() {}
    while of_clerk.cycles.pop().is_ok() {}
}

/// Words in front of a recorded cycle: loop and count, tick, hash.
pub(crate) const CYCLE_HEAD: usize = 3;

/// Puts one cycle into the word ring; false when it does not fit.
pub(crate) fn put_cycle(
    ring: &mut Producer<u64>,
    loop_i: usize,
    tick: u64,
    values: &[f64],
    qualities: &[u8],
    hash: u64,
) -> bool {
    let n = values.len();
    let words = CYCLE_HEAD + n + n.div_ceil(8);
    let Ok(chunk) = ring.write_chunk_uninit(words) else { return false };
    let head = [(loop_i as u64) << 32 | n as u64, tick, hash];
    let values = values.iter().map(|x| x.to_bits());
    let qualities = qualities.chunks(8).map(|eight| {
        let mut word = [0; 8];
        for (to, from) in word.iter_mut().zip(eight) {
            *to = *from;
        }
        u64::from_le_bytes(word)
    });
    chunk.fill_from_iter(head.into_iter().chain(values).chain(qualities)) == words
}

/// In place of a loop: a keyframe; count = its bytes.
pub(crate) const KEYFRAME: u64 = u32::MAX as u64;
/// In place of a loop: cycles are missing; two words: last tick, number.
const GAP: u64 = KEYFRAME - 1;

/// Puts a saved state, `bytes` of `words`; false when it does not fit.
pub(crate) fn put_keyframe(
    ring: &mut Producer<u64>,
    tick: u64,
    bytes: usize,
    words: &[u64],
) -> bool {
    let total = CYCLE_HEAD + words.len();
    let Ok(chunk) = ring.write_chunk_uninit(total) else { return false };
    let head = [KEYFRAME << 32 | bytes as u64, tick, 0];
    chunk.fill_from_iter(head.into_iter().chain(words.iter().copied())) == total
}

/// Puts that `cycles` are missing from `first_tick` to `last_tick`; false when it does not fit.
pub(crate) fn put_gap(
    ring: &mut Producer<u64>,
    first_tick: u64,
    last_tick: u64,
    cycles: u64,
) -> bool {
    let Ok(chunk) = ring.write_chunk_uninit(CYCLE_HEAD + 2) else { return false };
    let words = [GAP << 32, first_tick, 0, last_tick, cycles];
    chunk.fill_from_iter(words) == CYCLE_HEAD + 2
}

/// What [`CycleBuffer::take`] took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Taken {
    /// Nothing waits.
    #[default]
    Nothing,
    /// A cycle: loop, slots, hash.
    Cycle,
    /// A keyframe: `state`.
    Keyframe,
    /// Missing cycles, from `tick` on.
    Gap { last_tick: u64, cycles: u64 },
}

/// What the loop recorded, read back into buffers that are used again.
#[derive(Debug, Default)]
pub(crate) struct CycleBuffer {
    pub state: Vec<u8>,
    pub loop_i: usize,
    pub tick: u64,
    pub hash: u64,
    pub values: Vec<f64>,
    pub qualities: Vec<u8>,
}

impl CycleBuffer {
    /// Takes the next whole thing recorded.
    pub fn take(&mut self, ring: &mut Consumer<u64>) -> Taken {
        let mut head = [0; CYCLE_HEAD];
        if ring.pop_entire_slice(&mut head).is_err() {
            return Taken::Nothing;
        }
        let n = (head[0] & 0xffff_ffff) as usize;
        (self.tick, self.hash) = (head[1], head[2]);
        // The writer commits each as a whole, so the rest of it is there.
        match head[0] >> 32 {
            KEYFRAME => self.take_keyframe(n, ring),
            GAP => {
                let mut words = [0; 2];
                match ring.pop_entire_slice(&mut words) {
                    Ok(()) => Taken::Gap { last_tick: words[0], cycles: words[1] },
                    Err(_) => Taken::Nothing,
                }
            }
            loop_i => {
                self.loop_i = loop_i as usize;
                self.take_cycle(n, ring)
            }
        }
    }

    fn take_keyframe(&mut self, bytes: usize, ring: &mut Consumer<u64>) -> Taken {
        self.state.clear();
        let Ok(chunk) = ring.read_chunk(bytes.div_ceil(8)) else { return Taken::Nothing };
        chunk.into_iter().for_each(|word| self.state.extend(word.to_le_bytes()));
        self.state.truncate(bytes);
        Taken::Keyframe
    }

    fn take_cycle(&mut self, n: usize, ring: &mut Consumer<u64>) -> Taken {
        self.values.clear();
        self.qualities.clear();
        let Ok(chunk) = ring.read_chunk(n + n.div_ceil(8)) else { return Taken::Nothing };
        for (i, word) in chunk.into_iter().enumerate() {
            if i < n {
                self.values.push(f64::from_bits(word));
            } else {
                self.qualities.extend(word.to_le_bytes());
            }
        }
        self.qualities.truncate(n);
        Taken::Cycle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_comes_out_as_it_went_in() {
        let (mut tx, mut rx) = RingBuffer::new(40);
        let values: Vec<f64> = (0..9).map(f64::from).collect();
        assert!(put_cycle(&mut tx, 2, 77, &values, &[0, 1, 2, 0, 1, 2, 0, 1, 2], 5));
        assert!(put_cycle(&mut tx, 3, 78, &[], &[], 6));
        assert!(!put_cycle(&mut tx, 4, 79, &[0.0; 30], &[0; 30], 7), "no room: nothing is written");
        let mut cycle = CycleBuffer::default();
        assert_eq!(cycle.take(&mut rx), Taken::Cycle);
        assert_eq!((cycle.loop_i, cycle.tick, cycle.hash), (2, 77, 5));
        assert_eq!(cycle.values, values);
        assert_eq!(cycle.qualities, [0, 1, 2, 0, 1, 2, 0, 1, 2]);
        assert_eq!(cycle.take(&mut rx), Taken::Cycle);
        assert_eq!((cycle.loop_i, cycle.values.len()), (3, 0));
        assert_eq!(cycle.take(&mut rx), Taken::Nothing);
        assert!(put_gap(&mut tx, 80, 95, 11));
        assert!(put_keyframe(&mut tx, 95, 12, &[7, 8]));
        assert_eq!(cycle.take(&mut rx), Taken::Gap { last_tick: 95, cycles: 11 });
        assert_eq!(cycle.tick, 80);
        assert_eq!(cycle.take(&mut rx), Taken::Keyframe);
        assert_eq!((cycle.tick, &cycle.state[..]), (95, &[7, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0][..]));
    }

    /// The content of a thing follows from its number, so that one word of another is seen.
    fn values_of(tick: u64) -> Vec<f64> {
        (0..tick % 23).map(|i| (tick * 31 + i) as f64).collect()
    }

    fn put(tx: &mut Producer<u64>, tick: u64) -> bool {
        match tick % 10 {
            3 => put_gap(tx, tick, tick * 3, tick * 5),
            7 => put_keyframe(tx, tick, 12, &[tick, tick * 7]),
            _ => {
                let values = values_of(tick);
                put_cycle(tx, 1, tick, &values, &vec![(tick % 3) as u8; values.len()], !tick)
            }
        }
    }

    #[test]
    fn two_threads_hand_over_each_thing_whole_and_in_order() {
        const THINGS: u64 = 20_000;
        let (mut tx, mut rx) = RingBuffer::new(101); // every thing comes to wrap around its end
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for tick in 0..THINGS {
                    while !put(&mut tx, tick) {
                        std::thread::yield_now();
                    }
                }
            });
            let mut cycle = CycleBuffer::default();
            for tick in 0..THINGS {
                let taken = loop {
                    match cycle.take(&mut rx) {
                        Taken::Nothing => std::thread::yield_now(),
                        taken => break taken,
                    }
                };
                assert_eq!(cycle.tick, tick);
                match taken {
                    Taken::Gap { last_tick, cycles } => {
                        assert_eq!((tick % 10, last_tick, cycles), (3, tick * 3, tick * 5));
                    }
                    Taken::Keyframe => {
                        assert_eq!(tick % 10, 7);
                        assert_eq!(cycle.state[..8], tick.to_le_bytes());
                        assert_eq!(cycle.state[8..], (tick * 7).to_le_bytes()[..4]);
                    }
                    _ => {
                        assert_eq!((cycle.hash, &cycle.values), (!tick, &values_of(tick)));
                        assert!(cycle.qualities.iter().all(|q| u64::from(*q) == tick % 3));
                    }
                }
            }
            assert_eq!(cycle.take(&mut rx), Taken::Nothing);
        });
    }
}
