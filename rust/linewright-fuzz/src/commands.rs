//! Frames as stations and operators send them, to a core at work.

use std::sync::OnceLock;

use linewright_runtime::config::CoreConfig;
use linewright_runtime::core::Core;
use linewright_wire::{HEADER_BYTES, Kind, Message, Stamp, decode, encode};

use crate::line;
use crate::steps::{Steps, piece};
use crate::wire::{commands, sealed};

/// Most steps of one run.
const MOST: usize = 64;

fn settings() -> &'static CoreConfig {
    static SETTINGS: OnceLock<CoreConfig> = OnceLock::new();
    SETTINGS.get_or_init(|| CoreConfig::from_json(&line::config().to_string()).unwrap())
}

/// Each step: sender, kind, ticks that pass, stamp, payload behind a right header.
pub fn run(data: &[u8]) {
    let plant = line::plant();
    let mut core = Core::new(settings(), Box::new(plant.driver())).unwrap();
    let mut steps = Steps(data);
    for seq in 1..=MOST as u64 {
        if !steps.left() {
            break;
        }
        let (who, what, pass) = (steps.byte(), steps.byte(), steps.byte());
        let now = core.next_tick();
        let mut stamp = Stamp {
            sender: line::KEYS.get(usize::from(who % 4)).copied().unwrap_or(5),
            epoch: 1,
            seq,
            based_on_tick: now,
            not_after_tick: now + 60,
            ..Stamp::default()
        };
        if who & 4 != 0 {
            (stamp.epoch, stamp.seq) = (steps.long(), steps.long());
            (stamp.based_on_tick, stamp.not_after_tick) = (steps.long(), steps.long());
        }
        let kind = Kind::ALL.get(usize::from(what)).copied().unwrap_or(Kind::Command);
        core.submit(&sealed(kind, &stamp, steps.piece()));
        core.advance(now + u64::from(pass % 16));
        for out in core.drain() {
            decode(&out.frame).expect("the core's own frames");
        }
        let pump_l_per_min = plant.position(0);
        assert!((3.0..=8.0).contains(&pump_l_per_min), "{pump_l_per_min} L/min");
    }
    assert!(core.status().is_object());
    core.close("done").unwrap();
}

pub fn examples() -> Vec<Vec<u8>> {
    let step = |who: u8, ticks: u8, message: &Message| {
        let frame = encode(&Stamp::default(), message).unwrap();
        [vec![who, u8::MAX, ticks], piece(&frame[HEADER_BYTES..])].concat()
    };
    let steps: Vec<_> = commands()
        .into_iter()
        .map(|(token, command)| {
            let operator =
                token == 0 && !matches!(command.action, linewright_wire::Action::Acquire { .. });
            step(if operator { 2 } else { 0 }, 5, &Message::Command(command))
        })
        .collect();
    let mut out = steps.clone();
    out.push(steps.concat());
    out
}
