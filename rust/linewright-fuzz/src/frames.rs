//! Files of pictures.

use linewright_runtime::frames::{FrameWriter, read};

use crate::steps::{Scratch, Steps, changed};

fn whole() -> Vec<u8> {
    let scratch = Scratch::new();
    let path = scratch.file("frames");
    let mut writer = FrameWriter::create(&path, 3, 5, 4).unwrap();
    for number in 1..=6 {
        writer.put(number, number * 10, 1, &[number as u8; 15]).unwrap();
    }
    std::fs::read(path).unwrap()
}

/// A file with some bytes changed, or any bytes.
pub fn run(data: &[u8]) {
    let mut steps = Steps(data);
    let bytes =
        if steps.byte() % 2 == 0 { changed(&whole(), &mut steps) } else { steps.0.to_vec() };
    let scratch = Scratch::new();
    let path = scratch.file("frames");
    std::fs::write(&path, &bytes).unwrap();
    for number in [0, 1, 3, 6, u64::MAX] {
        if let Ok(Some(frame)) = read(&path, number) {
            assert_eq!((frame.number, frame.grey.len()), (number, frame.shape[0] * frame.shape[1]));
        }
    }
}

pub fn examples() -> Vec<Vec<u8>> {
    vec![vec![0], [&[1][..], &whole()].concat(), vec![0, 1, 99, 0, 0, 0, 0, 0, 0, 0]]
}
