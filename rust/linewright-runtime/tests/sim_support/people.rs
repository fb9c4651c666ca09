//! Who talks to the core: stations with all their faults, a person, and the bus between them.

use super::line::{Line, OPERATOR};
use super::{Random, chance, span};
use linewright_wire::{Ack, AckStatus, Action, Command, Message, Mode, Stamp, encode};
use std::rc::Rc;

/// A command as it was sent.
#[derive(Debug)]
pub struct Sent {
    pub stamp: Stamp,
    pub command: Command,
    pub frame: Vec<u8>,
}

/// What arrives: a command, or bytes that are none.
#[derive(Debug, Clone)]
pub enum Arrival {
    Command(Rc<Sent>),
    Noise(Vec<u8>),
}

/// Frames that the clerk takes from the bus in one turn.
const MOST_AT_ONCE: usize = 200;

/// Delays, drops, doubles, reorders and damages.
#[derive(Default)]
pub struct Bus {
    to_core: Vec<(u64, Arrival)>,
    to_stations: Vec<(u64, Ack)>,
}

impl Bus {
    fn put(&mut self, rng: &mut Random, now: u64, sent: &Rc<Sent>) {
        let fate = rng.below(100);
        if fate < 3 {
            return;
        }
        if fate < 5 {
            let mut frame = sent.frame.clone();
            let bit = rng.below(8 * frame.len() as u64);
            frame[(bit / 8) as usize] ^= 1 << (bit % 8);
            self.to_core.push((now + 1, Arrival::Noise(frame)));
            return;
        }
        let copies = if fate < 12 { span(rng, 2, 4) } else { 1 };
        for _ in 0..copies {
            let delay = if chance(rng, 12) { span(rng, 2, 60) } else { rng.below(2) };
            self.to_core.push((now + delay, Arrival::Command(Rc::clone(sent))));
        }
    }

    /// What has arrived by `now`, in the order in which it did, as much as is taken in one go: less than
    /// what the way to the loop holds.
    pub fn arrived(&mut self, now: u64) -> Vec<Arrival> {
        self.to_core.sort_by_key(|a| a.0);
        let due = self.to_core.partition_point(|a| a.0 <= now).min(MOST_AT_ONCE);
        self.to_core.drain(..due).map(|a| a.1).collect()
    }

    pub fn answer(&mut self, rng: &mut Random, now: u64, ack: &Ack) {
        if !chance(rng, 25) {
            let delay = if chance(rng, 12) { span(rng, 2, 40) } else { 1 };
            self.to_stations.push((now + delay, ack.clone()));
        }
    }
}

/// A station: it holds leases, moves set-points, and does everything wrong now and then.
#[derive(Debug, Clone)]
struct Station {
    key: u64,
    epoch: u64,
    seq: u64,
    /// Asleep or dead until then; what a sleeper had in mind it says when it wakes.
    away_until: u64,
    own: Vec<usize>,
    tokens: Vec<u64>,
    /// Numbers of what it got wrong: it learns nothing from the answers.
    slips: Vec<u64>,
    /// When it asked for a lease last, by actuator.
    asked: Vec<u64>,
    /// When it renews next, by actuator.
    renews: Vec<u64>,
    wanted: Vec<f64>,
}

pub struct People {
    line: Line,
    stations: Vec<Station>,
    /// What a sleeping station says when it wakes.
    pent_up: Vec<(usize, Rc<Sent>)>,
    /// Everything there was to overhear, the newest last.
    overheard: Vec<Rc<Sent>>,
    person_seq: u64,
    person_epoch: u64,
    pub bus: Bus,
    /// How often a station says something: once in so many ticks.
    talk: u64,
}

/// What a person can see of the line.
#[derive(Debug, Clone, Copy)]
pub struct Sight {
    pub now: u64,
    /// Next tick of the core.
    pub tick: u64,
    pub all_armed: bool,
}

impl People {
    pub fn new(rng: &mut Random, line: &Line) -> Self {
        let count = line.actuators.len();
        let station = |(i, key): (usize, &u64)| Station {
            key: *key,
            epoch: 1,
            seq: 0,
            away_until: 0,
            own: (0..count).filter(|a| line.actuators[*a].owner == i).collect(),
            tokens: vec![0; count],
            slips: Vec::new(),
            asked: vec![0; count],
            renews: vec![0; count],
            wanted: line.actuators.iter().map(|a| a.default).collect(),
        };
        Self {
            stations: line.keys.iter().enumerate().map(station).collect(),
            line: line.clone(),
            pent_up: Vec::new(),
            overheard: Vec::new(),
            person_seq: 0,
            person_epoch: 1,
            bus: Bus::default(),
            talk: span(rng, 6, 50),
        }
    }

    /// Everybody does what comes to their mind in this tick.
    pub fn act(&mut self, rng: &mut Random, sight: Sight) {
        let Sight { now, .. } = sight;
        let heard: Vec<_> = self.bus.to_stations.extract_if(.., |a| a.0 <= now).collect();
        for (_, ack) in heard {
            self.hear(&ack);
        }
        for i in 0..self.stations.len() {
            if self.stations[i].away_until > now {
                if chance(rng, 3 * self.talk) {
                    let (stamp, command) = self.says(rng, i, sight);
                    let sent = self.sent(stamp, command);
                    self.pent_up.push((i, sent));
                }
                continue;
            }
            let woken: Vec<_> = self.pent_up.extract_if(.., |p| p.0 == i).collect();
            for (_, sent) in woken {
                self.bus.put(rng, now, &sent);
            }
            self.renew(rng, i, sight);
            if chance(rng, 1500) {
                self.fails(rng, i, now);
            } else if chance(rng, self.talk) {
                let (stamp, command) = self.says(rng, i, sight);
                let sent = self.sent(stamp, command);
                self.bus.put(rng, now, &sent);
            }
        }
        if chance(rng, 40) {
            self.person(rng, sight);
        }
        if chance(rng, 200) && !self.overheard.is_empty() {
            // Somebody sends again what was overheard, of whatever epoch.
            let sent = Rc::clone(&self.overheard[rng.below(self.overheard.len() as u64) as usize]);
            self.bus.put(rng, now, &sent);
        }
        if chance(rng, 400) {
            let noise = (0..rng.below(200)).map(|_| rng.next() as u8).collect();
            self.bus.to_core.push((now, Arrival::Noise(noise)));
        }
    }

    fn hear(&mut self, ack: &Ack) {
        let Some(station) = self.stations.iter_mut().find(|s| s.key == ack.to) else { return };
        if ack.epoch != station.epoch || station.slips.contains(&ack.seq) {
            return;
        }
        if let Some(token) = ack.token {
            // Which actuator it was for: the one asked for under this number.
            if let Some(a) = station.own.iter().find(|a| station.asked[**a] == ack.seq) {
                station.tokens[*a] = token;
            }
        } else if ack.status == AckStatus::Refused
            && (ack.reason == "fenced" || ack.reason == "no_lease")
        {
            for a in &station.own {
                (station.tokens[*a], station.asked[*a]) = (0, 0);
            }
        }
    }

    /// It dies and starts anew, in a new epoch, or stands still for a while.
    fn fails(&mut self, rng: &mut Random, i: usize, now: u64) {
        let station = &mut self.stations[i];
        station.away_until = now + span(rng, 1, 300);
        if chance(rng, 2) {
            station.epoch += 1;
            station.seq = 0;
            station.slips.clear();
            station.tokens.fill(0);
            station.asked.fill(0);
        }
    }

    /// Keeps its leases, three times as often as it has to.
    fn renew(&mut self, rng: &mut Random, i: usize, sight: Sight) {
        for a in self.stations[i].own.clone() {
            let station = &mut self.stations[i];
            let token = station.tokens[a];
            if token == 0 || station.renews[a] > sight.now {
                continue;
            }
            station.renews[a] = sight.now + self.line.actuators[a].lease_ticks / 3;
            let actuators = vec![self.line.actuators[a].name.clone()];
            let stamp = self.stamp(rng, i, sight, false);
            let sent = self.sent(stamp, Command { token, action: Action::Renew { actuators } });
            self.bus.put(rng, sight.now, &sent);
        }
    }

    fn says(&mut self, rng: &mut Random, i: usize, sight: Sight) -> (Stamp, Command) {
        let count = self.line.actuators.len() as u64;
        let wrong = chance(rng, 6);
        let own = &self.stations[i].own;
        let a = match own.len() as u64 {
            0 => rng.below(count) as usize,
            _ if wrong && chance(rng, 5) => rng.below(count) as usize,
            n => own[rng.below(n) as usize],
        };
        let token = self.stations[i].tokens[a];
        let limits = self.line.actuators[a].clone();
        let name = limits.name.clone();
        let seq = self.stations[i].seq + 1;
        let action = if token == 0 && self.stations[i].asked[a] == 0 || chance(rng, 400) {
            self.stations[i].asked[a] = seq;
            Action::Acquire { actuator: name }
        } else {
            match rng.below(40) {
                0 if chance(rng, 8) => Action::Release { actuator: name },
                1 if wrong => Action::Mode { mode: Mode::Advisory },
                2 if wrong => Action::Arm { operator: "Eve".into(), certificate: None },
                3 if wrong => Action::Acquire { actuator: "s0.nothing".into() },
                4 if token == 0 => {
                    self.stations[i].asked[a] = 0; // the answer seems lost: ask again
                    self.set(rng, i, a, wrong)
                }
                5..8 => Action::Renew { actuators: vec![name] },
                _ => self.set(rng, i, a, wrong),
            }
        };
        let token = match rng.below(8) {
            0 if wrong => 0,
            1 if wrong => token.saturating_sub(1 + rng.below(5)),
            2 if wrong => token + 1000,
            3 if wrong => self.stations[rng.below(self.stations.len() as u64) as usize].tokens[a],
            _ => token,
        };
        let stamp = self.stamp(rng, i, sight, wrong);
        (stamp, Command { token, action })
    }

    fn set(&mut self, rng: &mut Random, i: usize, a: usize, wrong: bool) -> Action {
        let limits = self.line.actuators[a].clone();
        let width = limits.hi - limits.lo;
        let near = self.stations[i].wanted[a] + rng.real(-0.2, 0.2) * width;
        let wanted = if chance(rng, 6) { rng.real(limits.lo, limits.hi) } else { near };
        let wanted = wanted.clamp(limits.lo, limits.hi);
        self.stations[i].wanted[a] = wanted;
        let value = match rng.below(10) {
            0 if wrong => f64::NAN,
            1 if wrong => f64::INFINITY,
            2 | 3 if wrong => limits.hi + rng.real(0.0, 10.0 * width),
            4 if wrong => limits.lo - rng.real(0.0, 10.0 * width),
            5 if wrong => -f64::MAX,
            _ => wanted,
        };
        let unit = if wrong && chance(rng, 6) { "mL/min" } else { "L/min" };
        Action::Set { mailbox: limits.mailbox, value, unit: unit.into() }
    }

    /// Number and window; a wrong one is late, early, too long or reversed.
    fn stamp(&mut self, rng: &mut Random, i: usize, sight: Sight, wrong: bool) -> Stamp {
        let cap = self.line.window_cap_ticks;
        let seen = sight.tick.saturating_sub(rng.below(4));
        let (from, to) = match rng.below(10) {
            0 if wrong => (seen.saturating_sub(50), seen.saturating_sub(1)),
            1 if wrong => (seen + 5 + rng.below(50), seen + cap),
            2 if wrong => (seen, seen + cap + 1 + rng.below(100)),
            3 if wrong => (seen, seen.saturating_sub(1)),
            4 => (seen, seen + cap),
            _ => (seen, seen + span(rng, 3, cap)),
        };
        let station = &mut self.stations[i];
        station.seq += 1;
        if wrong {
            station.slips.push(station.seq);
        }
        Stamp {
            sender: if wrong && chance(rng, 20) { 77 } else { station.key },
            epoch: station.epoch,
            seq: station.seq,
            // The sender's clock, which jumps as it likes: nothing may depend on it.
            mono_ns: rng.next(),
            based_on_tick: from,
            not_after_tick: to,
            ..Stamp::default()
        }
    }

    /// Keeps the line closed and armed most of the time, and takes things in hand now and then.
    fn person(&mut self, rng: &mut Random, sight: Sight) {
        let operator = || "Ada".to_owned();
        let actuators = &self.line.actuators;
        let limits = &actuators[rng.below(actuators.len() as u64) as usize];
        let (lo, hi) = (limits.lo, limits.hi);
        let value = match rng.below(8) {
            0 => hi + 5.0,
            1 => f64::NAN,
            _ => rng.real(lo, hi),
        };
        let manual = Action::Manual { actuator: limits.name.clone(), value, operator: operator() };
        let arm = || Action::Arm { operator: operator(), certificate: None };
        let said = match rng.below(30) {
            0 | 1 => vec![manual],
            2 => vec![manual, arm()],
            3 => vec![Action::Mode { mode: Mode::Advisory }],
            4 => vec![arm()],
            5 => vec![Action::Reset { operator: operator() }],
            _ if !sight.all_armed => vec![
                Action::Mode { mode: Mode::Closed },
                Action::Reset { operator: operator() },
                arm(),
            ],
            _ => vec![],
        };
        if chance(rng, 300) {
            (self.person_epoch, self.person_seq) = (self.person_epoch + 1, 0);
        }
        for action in said {
            self.person_seq += 1;
            let stamp = Stamp {
                sender: OPERATOR,
                epoch: self.person_epoch,
                seq: self.person_seq,
                mono_ns: rng.next(),
                based_on_tick: sight.tick.saturating_sub(1),
                not_after_tick: sight.tick + self.line.window_cap_ticks / 2,
                ..Stamp::default()
            };
            let sent = self.sent(stamp, Command { token: 0, action });
            self.bus.to_core.push((sight.now, Arrival::Command(sent)));
        }
    }

    fn sent(&mut self, stamp: Stamp, command: Command) -> Rc<Sent> {
        let frame = encode(&stamp, &Message::Command(command.clone())).unwrap();
        let sent = Rc::new(Sent { stamp, command, frame });
        self.overheard.push(Rc::clone(&sent));
        if self.overheard.len() > 300 {
            self.overheard.remove(0);
        }
        sent
    }
}
