//! Frames and datagrams of the bus.

use std::collections::BTreeMap;

use linewright_wire::{
    Action, Command, HEADER_BYTES, Kind, Message, Progress, Publish, Sample, Stamp, StepDone,
    Value, batch, batches, decode, encode, frames, parts, peek, seal,
};

/// First byte: what the rest is. Bytes as they are, a payload behind a right header, a datagram.
pub fn run(data: &[u8]) {
    let Some((&what, data)) = data.split_first() else { return };
    match what % 3 {
        0 => {
            let known = peek(data).is_ok();
            if let Ok((header, message)) = decode(data) {
                assert!(known);
                again(&header.stamp, &message);
            }
        }
        1 => {
            let Some((&kind, payload)) = data.split_first() else { return };
            let kind = Kind::ALL[usize::from(kind) % Kind::ALL.len()];
            let frame = sealed(kind, &Stamp::default(), payload);
            let (read, made) = (decode(&frame), seal(kind, &Stamp::default(), payload));
            assert_eq!(read.is_ok(), made.is_ok(), "{read:?} {made:?}");
            if let (Ok((header, message)), Ok(made)) = (read, made) {
                assert_eq!(made, frame);
                again(&header.stamp, &message);
            }
        }
        _ => {
            assert_eq!(frames(data).collect::<Vec<_>>().concat(), data);
            let found = parts(data, 64);
            let whole: usize = batch(data).map(|frame| frame.map_or(0, <[u8]>::len)).sum();
            assert!(found.len() <= batch(data).count());
            assert_eq!(found.iter().map(|part| part.bytes.len()).sum::<usize>(), whole);
        }
    }
}

/// What was read is written and read again: the same bytes.
fn again(stamp: &Stamp, message: &Message) {
    // A number of four bytes is written with eight: what came may be too long to be written.
    let Ok(frame) = encode(stamp, message) else { return };
    let (header, back) = decode(&frame).expect("a frame of our own");
    assert_eq!(header.stamp, *stamp);
    assert_eq!(encode(stamp, &back).expect("the same again"), frame);
}

/// Any payload behind a right header.
pub fn sealed(kind: Kind, stamp: &Stamp, payload: &[u8]) -> Vec<u8> {
    let mut frame = encode(stamp, &Progress { count: 0 }.into()).unwrap();
    frame.truncate(HEADER_BYTES);
    frame[4..6].copy_from_slice(&(kind as u16).to_le_bytes());
    frame[8..12].copy_from_slice(&(payload.len() as u32).to_le_bytes());
    frame.extend(payload);
    let crc = crc32c::crc32c_append(crc32c::crc32c(&frame[..68]), payload);
    frame[68..72].copy_from_slice(&crc.to_le_bytes());
    frame
}

/// Commands of every kind.
pub fn commands() -> Vec<(u64, Command)> {
    let name = || "coater.pump_flow".to_owned();
    let action = |token, action| (token, Command { token, action });
    vec![
        action(0, Action::Acquire { actuator: name() }),
        action(1, Action::Renew { actuators: vec![name()] }),
        action(1, Action::Set { mailbox: "coater.pump".into(), value: 6.0, unit: "L/min".into() }),
        action(
            1,
            Action::Profile {
                profile: "coater.map".into(),
                roll: 7,
                origin_m: 1.0,
                step_m: 0.5,
                values: vec![5.0, 5.5, 6.0],
                registered_at_m: 0.0,
            },
        ),
        action(1, Action::Params { values: BTreeMap::from([("coater.limit".into(), 8.0)]) }),
        action(0, Action::Manual { actuator: name(), value: 4.0, operator: "Ada".into() }),
        action(0, Action::Arm { operator: "Ada".into(), certificate: None }),
    ]
}

pub fn examples() -> Vec<Vec<u8>> {
    let stamp = Stamp { sender: 3, epoch: 1, seq: 2, ..Stamp::default() };
    let sample = Sample { topic: "a.b".into(), tick: 3, value: 0.5, unit: "um".into() };
    let list = Value::List(vec![Value::Nil, Value::Int(-7), Value::Text("two".into())]);
    let mut messages: Vec<Message> = vec![
        Progress { count: 1 }.into(),
        StepDone { tick: 3 }.into(),
        sample.into(),
        Publish { topic: "a.b".into(), body: list }.into(),
    ];
    messages.extend(commands().into_iter().map(|(_, command)| Message::Command(command)));
    let whole: Vec<_> = messages.iter().map(|m| encode(&stamp, m).unwrap()).collect();
    let mut out = Vec::new();
    for (message, frame) in messages.iter().zip(&whole) {
        let kind = Kind::ALL.iter().position(|kind| *kind == message.kind()).unwrap();
        out.push([&[0][..], frame].concat());
        out.push([&[1, kind as u8][..], &frame[HEADER_BYTES..]].concat());
    }
    out.extend(batches(&whole).iter().map(|datagram| [&[2][..], datagram].concat()));
    out
}
