//! Tests of [`super::worst`] with std's atomics; `tests/worst_loom.rs` has those with loom's.

use super::Worst;
use crate::record::Stages;
use std::sync::Arc;

fn stages(response_ns: u64) -> Stages {
    Stages { scheduled_ns: 10, write_ns: 10 + response_ns, ..Stages::default() }
}

#[test]
fn the_worst_is_kept_and_a_better_one_changes_nothing() {
    let worst = Worst::new(2);
    assert_eq!(worst.read(), None);
    worst.keep(7, stages(100), (&[1.0, 2.0], &[0, 2]));
    worst.keep(8, stages(99), (&[3.0, 4.0], &[0, 0]));
    let frame = worst.read().unwrap();
    assert_eq!((frame.tick, frame.stages.write_ns), (7, 110));
    assert_eq!((frame.values, frame.qualities), (vec![1.0, 2.0], vec![0, 2]));
    worst.keep(9, stages(101), (&[5.0, 6.0], &[1, 1]));
    assert_eq!(worst.read().unwrap().tick, 9);
}

#[test]
fn a_reader_never_sees_half_a_frame() {
    let worst = Arc::new(Worst::new(64));
    let writer = Arc::clone(&worst);
    let wrote = std::thread::spawn(move || {
        for i in 1..200_000u64 {
            let frame = [i as f64; 64];
            writer.keep(i, stages(i), (&frame, &[(i % 3) as u8; 64]));
        }
    });
    let mut read = 0u64;
    while !wrote.is_finished() {
        let Some(frame) = worst.read() else { continue };
        let tick = frame.tick;
        assert!(frame.values.iter().all(|x| *x == tick as f64));
        assert!(frame.qualities.iter().all(|q| u64::from(*q) == tick % 3));
        assert_eq!(frame.stages.write_ns - 10, tick);
        read += 1;
    }
    wrote.join().unwrap();
    assert_eq!(worst.read().unwrap().tick, 199_999);
    assert!(read > 0);
}
