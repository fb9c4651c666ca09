//! Files of pictures.

use linewright_runtime::frames::{FrameWriter, read};

use crate::folder::Folder;
use crate::steps::{Steps, changed};

fn whole() -> Vec<u8> {
    let scratch = Folder::in_memory("fuzz");
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
    let ours = steps.byte().is_multiple_of(2);
    let bytes = if ours { changed(&whole(), &mut steps) } else { steps.0.to_vec() };
    let scratch = Folder::in_memory("fuzz");
    let path = scratch.file("frames");
    std::fs::write(&path, &bytes).unwrap();
    for number in [0, 1, 3, 6, u64::MAX] {
        if let Ok(Some(frame)) = read(&path, number) {
            assert_eq!(frame.grey.len(), frame.shape[0] * frame.shape[1]);
            // A check of 32 bits stands between this and a picture that was changed.
            let whole = frame.tick == number.wrapping_mul(10)
                && frame.grey.iter().all(|grey| u64::from(*grey) == number);
            assert!(whole || !ours, "{frame:?} for {number}");
        }
    }
}

pub fn examples() -> Vec<Vec<u8>> {
    vec![vec![0], [&[1][..], &whole()].concat(), vec![0, 1, 99, 0, 0, 0, 0, 0, 0, 0]]
}
