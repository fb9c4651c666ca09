//! The peer as the core knows it: who is there, what it last said, what it is still to be told.

use super::format::{
    self, HEADER, Header, Kind, REASON, RESET, SAFE, Sample, WELCOME, WRITE, Write, put_write, seal,
};
use super::hello::{self, Numbers};
use super::shown::{UnixShown, count};
use crate::driver::{Channel, DriverShown, Quality, Reading};
use crate::executive::add;
use crate::seqpacket;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Beyond this an age is "for ever": the product with a tick rate would not fit, ns.
const AGE_MOST_NS: u64 = 10_000_000_000_000;
/// Room for the reason of a refusal: two names and two units of the longest.
const WHY: usize = 2048;

/// What both ends go by.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    pub hz: u64,
    pub lockstep: bool,
    pub session: u64,
    /// Silent for longer is lost.
    pub silent_ns: u64,
    /// What the peer's dead-man waits for.
    pub dead_man_ns: u64,
}

/// A value as it was last given.
#[derive(Debug, Clone, Copy)]
struct Held {
    value: f64,
    quality: Quality,
    source_ns: u64,
}

const NOTHING: Held = Held { value: f64::NAN, quality: Quality::Bad, source_ns: 0 };

/// See the module.
#[derive(Debug)]
pub struct Port {
    pub channels: Vec<Channel>,
    pub actuators: Vec<Channel>,
    /// Time of the tick, ns.
    pub now_ns: u64,
    terms: Terms,
    peer: Option<OwnedFd>,
    joined: bool,
    /// There was a plant, and it is not there now.
    lost: bool,
    safe: bool,
    resetting_until_ns: Option<u64>,
    reset_sent: bool,
    numbers: Numbers,
    /// For each actuator its number in the peer's hello.
    numbered: Vec<u16>,
    held: Vec<Held>,
    backs: Vec<Held>,
    pending: Vec<Option<Write>>,
    out: Vec<u8>,
    why: String,
    seq_in: u64,
    seq_out: u64,
    /// Time of the last datagram that was one, or of the connection, ns.
    heard_ns: u64,
    shown: Arc<UnixShown>,
}

impl Port {
    pub fn new(channels: Vec<Channel>, actuators: Vec<Channel>, terms: Terms) -> Self {
        let longest = HEADER + (actuators.len() * WRITE).max(WELCOME).max(REASON);
        let shown = Arc::new(UnixShown::default());
        if let Ok(mut refusal) = shown.refusal.lock() {
            refusal.reserve(WHY);
        }
        Self {
            numbers: Numbers::new(channels.len(), actuators.len()),
            numbered: vec![0; actuators.len()],
            held: vec![NOTHING; channels.len()],
            backs: vec![NOTHING; actuators.len()],
            pending: vec![None; actuators.len()],
            out: Vec::with_capacity(longest),
            why: String::with_capacity(WHY),
            channels,
            actuators,
            now_ns: 0,
            terms,
            peer: None,
            joined: false,
            lost: false,
            safe: false,
            resetting_until_ns: None,
            reset_sent: false,
            seq_in: 0,
            seq_out: 0,
            heard_ns: 0,
            shown,
        }
    }

    pub fn shown(&self) -> Arc<dyn DriverShown> {
        Arc::clone(&self.shown) as Arc<dyn DriverShown>
    }

    pub fn fd(&self) -> Option<RawFd> {
        self.peer.as_ref().map(AsRawFd::as_raw_fd)
    }

    /// Whether there was a plant that is gone.
    pub fn lost(&self) -> bool {
        self.lost
    }

    /// A peer has come, or not; it has to say hello next.
    pub fn connect(&mut self, peer: Option<OwnedFd>) {
        if peer.is_some() {
            count(&self.shown.connections);
            (self.seq_in, self.seq_out, self.heard_ns) = (0, 0, self.now_ns);
            self.peer = peer;
        }
    }

    /// The peer has gone, or is let go: all it said is void.
    pub fn lose(&mut self) {
        if self.joined {
            count(&self.shown.lost_peers);
            self.lost = true;
        }
        self.peer = None;
        self.joined = false;
        self.safe = false;
        self.held.fill(NOTHING);
        self.backs.fill(NOTHING);
        for pending in &mut self.pending {
            if pending.take().is_some() {
                count(&self.shown.unsent_writes);
            }
        }
        self.shown.joined.store(false, Ordering::Relaxed);
        self.shown.safe.store(false, Ordering::Relaxed);
    }

    /// Lets a peer go that has been silent for too long.
    pub fn mind_silence(&mut self) {
        let silent_ns = self.now_ns.saturating_sub(self.heard_ns);
        if self.peer.is_some() && silent_ns > self.terms.silent_ns {
            self.lose();
        }
    }

    /// Whether the plant cannot be acted on: it has gone, or its dead-man is latched and no reset
    /// is under way.
    pub fn lost_now(&mut self) -> bool {
        if self.resetting_until_ns.is_some_and(|until| self.now_ns > until) {
            self.resetting_until_ns = None;
        }
        self.lost || (self.safe && self.resetting_until_ns.is_none())
    }

    /// Tells the peer to leave its latch, for as long as a silent peer would be waited for.
    pub fn reset(&mut self) {
        self.resetting_until_ns = Some(self.now_ns.saturating_add(self.terms.silent_ns));
        self.reset_sent = false;
    }

    // -- in ------------------------------------------------------------------------------------

    /// One datagram (none: longer than any can be); true when it gave samples for `tick`.
    pub fn datagram(&mut self, datagram: Option<&[u8]>, tick: u64) -> bool {
        if self.peer.is_none() {
            return false;
        }
        if datagram.is_some_and(<[u8]>::is_empty) {
            self.lose();
            return false;
        }
        count(&self.shown.datagrams);
        let Some(Ok((header, body))) = datagram.map(format::open) else {
            count(&self.shown.bad);
            return false;
        };
        match (header.kind, self.joined) {
            (Kind::Hello, false) => {
                self.hello(&header, body, tick);
                false
            }
            (Kind::Samples, true) => self.samples(&header, body, tick),
            _ => {
                count(&self.shown.bad);
                false
            }
        }
    }

    fn hello(&mut self, header: &Header, body: &[u8], tick: u64) {
        let lists = [self.channels.as_slice(), self.actuators.as_slice()];
        self.seq_in = header.seq;
        self.heard_ns = self.now_ns;
        if !hello::take(body, header.count, lists, &mut self.numbers, &mut self.why) {
            self.refuse(tick);
            return;
        }
        for (i, number) in self.numbered.iter_mut().enumerate() {
            *number = self.numbers.of_actuator(i).unwrap_or(0);
        }
        self.joined = true;
        self.lost = false;
        self.start();
        self.out.extend_from_slice(&(self.terms.hz as u32).to_le_bytes());
        self.out.extend_from_slice(&u32::from(self.terms.lockstep).to_le_bytes());
        self.out.extend_from_slice(&self.terms.dead_man_ns.to_le_bytes());
        self.out.extend_from_slice(&self.terms.silent_ns.to_le_bytes());
        if self.send(Kind::Welcome, 0, tick, 0).is_err() {
            self.lose();
        }
        self.shown.joined.store(self.joined, Ordering::Relaxed);
    }

    fn refuse(&mut self, tick: u64) {
        count(&self.shown.refused);
        self.start();
        let end = (0..=REASON.min(self.why.len())).rfind(|i| self.why.is_char_boundary(*i));
        let why = self.why.get(..end.unwrap_or(0)).unwrap_or_default();
        self.out.extend_from_slice(why.as_bytes());
        // Whoever is refused goes either way; the peer reads the reason before the end.
        let _ = self.send(Kind::Refused, 0, tick, 0);
        if let Ok(mut refusal) = self.shown.refusal.try_lock() {
            refusal.clear();
            refusal.push_str(&self.why);
        }
        self.lose();
    }

    fn samples(&mut self, header: &Header, body: &[u8], tick: u64) -> bool {
        if header.session != self.terms.session || !self.fits(header, body) {
            count(&self.shown.bad);
            return false;
        }
        if header.seq <= self.seq_in {
            count(&self.shown.duplicate);
            return false;
        }
        add(&self.shown.gaps, header.seq - self.seq_in - 1);
        self.seq_in = header.seq;
        self.heard_ns = self.now_ns;
        if self.terms.lockstep && header.tick != tick {
            count(if header.tick < tick { &self.shown.late } else { &self.shown.future });
            return false;
        }
        self.safe = header.flags & SAFE != 0;
        self.shown.safe.store(self.safe, Ordering::Relaxed);
        if !self.safe && self.reset_sent {
            self.resetting_until_ns = None;
        }
        for sample in format::samples(body, header.count).into_iter().flatten() {
            self.hold(&sample);
        }
        true
    }

    /// Whether every entry names something there is; one that does not makes all of them doubtful.
    fn fits(&self, header: &Header, body: &[u8]) -> bool {
        let known = |s: &Sample| {
            usize::from(s.index)
                < match s.what {
                    0 => self.numbers.channels.len(),
                    1 => self.numbers.actuators.len(),
                    _ => 0,
                }
        };
        format::samples(body, header.count).is_some_and(|mut all| all.all(|s| known(&s)))
    }

    fn hold(&mut self, sample: &Sample) {
        let index = usize::from(sample.index);
        let (numbers, held) = if sample.what == 0 {
            (&self.numbers.channels, &mut self.held)
        } else {
            (&self.numbers.actuators, &mut self.backs)
        };
        let Some(held) = numbers.get(index).and_then(|i| held.get_mut(usize::from(*i))) else {
            return;
        };
        let period_ns = 1_000_000_000 / self.terms.hz;
        if sample.source_ns > self.now_ns.saturating_add(period_ns) {
            count(&self.shown.future);
            return;
        }
        if sample.source_ns <= held.source_ns && held.source_ns > 0 {
            if sample.source_ns < held.source_ns {
                count(&self.shown.late);
            }
            return; // the same measurement again, or an older one
        }
        let finite = sample.value.is_finite();
        if !finite && sample.quality < Quality::Bad as u8 {
            count(&self.shown.not_finite);
        }
        let quality = if finite { Quality::from_u8(sample.quality) } else { Quality::Bad };
        let value = if finite { sample.value } else { f64::NAN };
        *held = Held { value, quality, source_ns: sample.source_ns };
    }

    /// Every channel with the tick its value belongs to: its age in whole ticks, rounded up.
    pub fn fill(&self, tick: u64, inputs: &mut [Reading]) {
        for (input, held) in inputs.iter_mut().zip(&self.held) {
            // Measured before tick 0 there is no tick it belongs to: no value.
            *input = match tick.checked_sub(self.age_ticks(held.source_ns)) {
                Some(tick) if held.quality != Quality::Bad => {
                    Reading { value: held.value, quality: held.quality, tick }
                }
                _ => Reading { tick, ..Reading::NONE },
            };
        }
    }

    fn age_ticks(&self, source_ns: u64) -> u64 {
        let age_ns = self.now_ns.saturating_sub(source_ns);
        if age_ns > AGE_MOST_NS {
            return u64::MAX;
        }
        // One ns less: times of ticks are rounded to ns, and a rounding is no age.
        (age_ns.saturating_sub(1) * self.terms.hz).div_ceil(1_000_000_000)
    }

    /// Where an actuator stands, unless the word of it is bad or as old as a lost plant.
    pub fn read_back(&self, actuator: usize) -> Option<f64> {
        let held = self.backs.get(actuator)?;
        let fresh = self.now_ns.saturating_sub(held.source_ns) <= self.terms.silent_ns;
        (fresh && held.quality != Quality::Bad).then_some(held.value)
    }

    // -- out -----------------------------------------------------------------------------------

    /// A write for the heartbeat of this tick. One that the last tick had no room for is replaced:
    /// the newest is what the gate believes.
    pub fn put(&mut self, actuator: usize, write: Write) {
        if !self.joined {
            count(&self.shown.unsent_writes);
            return;
        }
        let number = self.numbered.get(actuator).copied().unwrap_or(0);
        if let Some(pending) = self.pending.get_mut(actuator)
            && pending.replace(Write { actuator: number, ..write }).is_some()
        {
            count(&self.shown.unsent_writes);
        }
    }

    /// The heartbeat of a tick, with every write that waits.
    pub fn send_tick(&mut self, tick: u64) {
        if !self.joined {
            return;
        }
        self.start();
        for write in self.pending.iter().flatten() {
            put_write(&mut self.out, write);
        }
        let writes = (self.out.len() - HEADER) / WRITE;
        let resetting = self.resetting_until_ns.is_some();
        let flags = if resetting { RESET } else { 0 };
        match self.send(Kind::Tick, flags, tick, writes as u32) {
            Ok(()) => {
                add(&self.shown.writes, writes as u64);
                self.pending.fill(None);
                self.reset_sent |= resetting;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                count(&self.shown.unsent_ticks);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                count(&self.shown.unsent_ticks);
            }
            Err(_) => self.lose(),
        }
    }

    fn start(&mut self) {
        self.out.clear();
        self.out.resize(HEADER, 0);
    }

    fn send(&mut self, kind: Kind, flags: u8, tick: u64, entries: u32) -> io::Result<()> {
        let Some(fd) = self.fd() else { return Ok(()) };
        let header = Header {
            kind,
            flags,
            seq: self.seq_out + 1,
            tick,
            session: self.terms.session,
            mono_ns: self.now_ns,
            count: entries,
        };
        seal(&mut self.out, &header);
        seqpacket::send(fd, &self.out)?;
        self.seq_out += 1;
        Ok(())
    }
}
