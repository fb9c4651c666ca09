//! The two processes, from outside: a lock-step run over its socket, a live run by the clock.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod core_support;

use core_support::{COATER, Folder, config, plant, set};
use linewright_runtime::clock::monotonic_ns;
use linewright_runtime::config::CoreConfig;
use linewright_runtime::driver::{Channel, Driver, Reading};
use linewright_runtime::gate::Admitted;
use linewright_runtime::ledger::{Filter, StoredRow, rows, verify};
use linewright_runtime::live;
use linewright_wire::{Action, Command, Message, Stamp, StepDone, batch, batches, decode, encode};
use serde_json::{Value, json};
use std::io::{self, Write as _};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Signals belong to the process, so the runs of this file go one after the other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The bus's end of the link.
struct Bus(OwnedFd);

#[allow(unsafe_code)] // SEQPACKET is not in std; each call has its SAFETY line
impl Bus {
    fn connect(path: &Path) -> Self {
        for _ in 0..500 {
            if let Ok(bus) = Self::try_connect(path) {
                return bus;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        unreachable!("nobody listens at {}", path.display());
    }

    fn try_connect(path: &Path) -> io::Result<Self> {
        // SAFETY: plain data; zero is an empty address.
        let mut address: libc::sockaddr_un = unsafe { std::mem::zeroed() };
        address.sun_family = libc::AF_UNIX as libc::sa_family_t;
        for (to, from) in address.sun_path.iter_mut().zip(path.as_os_str().as_encoded_bytes()) {
            *to = *from as libc::c_char;
        }
        // SAFETY: a valid address of the size given; the descriptor is owned right away.
        unsafe {
            let fd = libc::socket(libc::AF_UNIX, libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC, 0);
            let bus = Self(OwnedFd::from_raw_fd(fd));
            let len = size_of::<libc::sockaddr_un>() as libc::socklen_t;
            if libc::connect(fd, (&raw const address).cast(), len) == 0 {
                Ok(bus)
            } else {
                Err(io::Error::last_os_error())
            }
        }
    }

    fn send(&self, frames: &[Vec<u8>]) {
        for datagram in batches(frames) {
            // SAFETY: valid for the length given.
            let sent = unsafe {
                libc::send(
                    self.0.as_raw_fd(),
                    datagram.as_ptr().cast(),
                    datagram.len(),
                    libc::MSG_NOSIGNAL,
                )
            };
            assert_eq!(sent as usize, datagram.len());
        }
    }

    /// The messages of the next datagram; none when the core has gone.
    fn receive(&self) -> Option<Vec<Message>> {
        let mut buffer = vec![0u8; 200_000];
        // SAFETY: valid for the length given.
        let got =
            unsafe { libc::recv(self.0.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len(), 0) };
        if got <= 0 {
            return None;
        }
        Some(batch(&buffer[..got as usize]).map(|f| decode(f.unwrap()).unwrap().1).collect())
    }

    /// Everything up to the next step, whose tick is given last; none when the core has gone.
    fn step(&self) -> Option<(Vec<Message>, u64)> {
        let mut all = Vec::new();
        loop {
            all.extend(self.receive()?);
            if let Some(Message::Step(step)) = all.last() {
                let tick = step.tick;
                return Some((all, tick));
            }
        }
    }

    fn step_done(&self, tick: u64, mut frames: Vec<Vec<u8>>) {
        frames.push(encode(&Stamp::default(), &Message::StepDone(StepDone { tick })).unwrap());
        self.send(&frames);
    }
}

fn command(seq: u64, tick: u64, token: u64, action: Action) -> Vec<u8> {
    let stamp = Stamp {
        sender: COATER,
        epoch: 1,
        seq,
        based_on_tick: tick,
        not_after_tick: tick + 60,
        ..Stamp::default()
    };
    encode(&stamp, &Message::Command(Command { token, action })).unwrap()
}

fn ledger(path: &Path) -> Vec<StoredRow> {
    verify(path).unwrap();
    rows(path, Filter::default()).unwrap().map(Result::unwrap).collect()
}

fn body(row: &StoredRow) -> Value {
    serde_json::from_str(&row.body_json).unwrap()
}

/// A station that leases, renews and sets; the bus is cut once when `cut`.
fn lockstep(folder: &Folder, name: &str, cut: bool) -> Vec<StoredRow> {
    let path = folder.file(&format!("{name}.db"));
    let socket = folder.file(&format!("{name}.sock"));
    let mut config = config();
    config["ledger"] = json!({"path": path});
    config["link"] = json!({"path": socket});
    config["time"]["until_tick"] = json!(1200);
    let config = CoreConfig::from_json(&config.to_string()).unwrap();
    let core = std::thread::spawn(move || {
        let plant = plant();
        let code = live::run(&config, Box::new(plant.driver()));
        (code, plant.position(0))
    });
    let mut bus = Bus::connect(&socket);
    let (mut token, mut seq, mut steps, mut was_cut) = (0, 0, Vec::new(), false);
    while let Some((messages, tick)) = bus.step() {
        if cut && tick == 600 && !was_cut {
            was_cut = true;
            bus = Bus::connect(&socket); // the old end is dropped in the middle of a step
            continue;
        }
        steps.push(tick);
        for message in &messages {
            if let Message::Ack(ack) = message {
                token = ack.token.unwrap_or(token);
            }
        }
        let pump = || "coater.pump_flow".to_owned();
        let mut frames = Vec::new();
        let mut say = |action, token| {
            seq += 1;
            frames.push(command(seq, tick, token, action));
        };
        if token == 0 {
            say(Action::Acquire { actuator: pump() }, 0);
        } else {
            say(Action::Renew { actuators: vec![pump()] }, token);
            say(set(5.0 + tick as f64 / 1200.0), token);
        }
        bus.step_done(tick, frames);
    }
    assert_eq!(steps, (0..=1200).step_by(30).collect::<Vec<_>>());
    let (code, position) = core.join().unwrap();
    assert_eq!(code, 0);
    assert!(position > 5.9, "{position}");
    assert!(!Path::new(&socket).exists(), "the socket file is gone");
    ledger(&path)
}

#[test]
fn a_lockstep_run_is_the_same_every_time_and_survives_a_cut_link() {
    let _one = ONE_AT_A_TIME.lock();
    let folder = Folder::new("lockstep");
    let first = lockstep(&folder, "a", false);
    assert_eq!(first, lockstep(&folder, "b", false));
    assert_eq!(first, lockstep(&folder, "c", true), "the cut leaves no trace in the ledger");
    assert_eq!(first.last().unwrap().kind, "stop");
    assert!(first.iter().filter(|r| r.kind == "intent").count() > 30);
}

fn live_config(folder: &Folder, base_hz: u32, until_tick: Value) -> Value {
    let mut config = config();
    config["plan"]["base_hz"] = json!(base_hz);
    config["plan"]["loops"][0]["rate_hz"] = json!(base_hz);
    config["time"] = json!({"mode": "live", "base_hz": base_hz, "until_tick": until_tick});
    config["gate"] = json!({});
    config["actuators"]["coater.pump_flow"]["resolution"] = json!(0.0001);
    config["ledger"] = json!({"path": folder.file("ledger.db")});
    config
}

#[test]
fn a_live_run_keeps_time_and_ends_in_order() {
    let _one = ONE_AT_A_TIME.lock();
    let folder = Folder::new("live");
    let config = live_config(&folder, 200, json!(200));
    let config = CoreConfig::from_json(&config.to_string()).unwrap();
    let plant = plant();
    let start = std::time::Instant::now();
    assert_eq!(live::run(&config, Box::new(plant.driver())), 0);
    assert!(start.elapsed() >= Duration::from_millis(990), "199 periods of 5 ms");
    let rows = ledger(&folder.file("ledger.db"));
    let stop = body(rows.last().unwrap());
    assert_eq!((&stop["reason"], &stop["ticks"]), (&json!("done"), &json!(200)));
    let tally = rows.iter().rev().find(|r| r.body_json.contains("\"loop\"")).unwrap();
    let tally = body(tally);
    let cycles = tally["cycles"].as_u64().unwrap() + tally["missed"].as_u64().unwrap();
    assert_eq!(cycles, 200, "every tick is executed or counted as missed");
    assert_eq!(plant.writes(0), 0, "a live line starts advisory");
}

/// A plant whose reading takes very long once.
struct Slow(Box<dyn Driver>);

impl Driver for Slow {
    fn channels(&self) -> &[Channel] {
        self.0.channels()
    }
    fn actuators(&self) -> &[Channel] {
        self.0.actuators()
    }
    fn read(&mut self, tick: u64, inputs: &mut [Reading]) {
        if tick == 40 {
            std::thread::sleep(Duration::from_millis(200));
        }
        self.0.read(tick, inputs);
    }
    fn write(&mut self, tick: u64, admitted: &Admitted) {
        self.0.write(tick, admitted);
    }
    fn read_back(&mut self, actuator: usize) -> Option<f64> {
        self.0.read_back(actuator)
    }
}

#[test]
fn after_a_pause_one_tick_runs_and_the_missed_ones_are_counted() {
    let _one = ONE_AT_A_TIME.lock();
    let folder = Folder::new("pause");
    let config = live_config(&folder, 100, json!(100));
    let config = CoreConfig::from_json(&config.to_string()).unwrap();
    let plant = plant();
    assert_eq!(live::run(&config, Box::new(Slow(Box::new(plant.driver())))), 0);
    let rows = ledger(&folder.file("ledger.db"));
    let gap = rows.iter().map(body).find(|b| b["first_tick"] == 41).unwrap();
    assert!(gap["missed_ticks"].as_u64().unwrap() >= 18, "200 ms at 100 Hz: {gap}");
    let tally = rows.iter().rev().find(|r| r.body_json.contains("\"loop\"")).map(body).unwrap();
    let cycles = tally["cycles"].as_u64().unwrap() + tally["missed"].as_u64().unwrap();
    assert_eq!(cycles, 100);
}

/// A plant that asks for its ticks, a byte in a pipe for each; it notes when it was read, and whether it
/// had asked.
struct Pulsed {
    plant: Box<dyn Driver>,
    pulses: io::PipeReader,
    seen: Arc<Mutex<Vec<(u64, bool)>>>,
}

impl Driver for Pulsed {
    fn channels(&self) -> &[Channel] {
        self.plant.channels()
    }
    fn actuators(&self) -> &[Channel] {
        self.plant.actuators()
    }
    fn read(&mut self, tick: u64, inputs: &mut [Reading]) {
        let mut pulse = [0u8];
        // SAFETY: a valid buffer of one byte; the descriptor does not wait.
        #[allow(unsafe_code)]
        let got = unsafe { libc::read(self.pulses.as_raw_fd(), pulse.as_mut_ptr().cast(), 1) };
        self.seen.lock().unwrap().push((monotonic_ns(), got == 1));
        self.plant.read(tick, inputs);
    }
    fn write(&mut self, tick: u64, admitted: &Admitted) {
        self.plant.write(tick, admitted);
    }
    fn read_back(&mut self, actuator: usize) -> Option<f64> {
        self.plant.read_back(actuator)
    }
    fn wait_fd(&self) -> Option<std::os::fd::RawFd> {
        Some(self.pulses.as_raw_fd())
    }
}

/// A line of 100 Hz paced by `pulses` bytes that come `apart_ms` apart: what the plant saw, and its ledger.
fn paced(pulses: u64, apart_ms: u64, until_tick: u64) -> (Vec<(u64, bool)>, Vec<Value>) {
    let folder = Folder::new("paced");
    let mut config = live_config(&folder, 100, json!(until_tick));
    config["live"] = json!({"pacing": "driver"});
    config["loops"] = json!({"coater.flow": {"startup_cycles": 0, "warn": {"consecutive": 5}}});
    let config = CoreConfig::from_json(&config.to_string()).unwrap();
    let (reader, mut writer) = io::pipe().unwrap();
    // SAFETY: a plain call on a descriptor that is open.
    #[allow(unsafe_code)]
    unsafe {
        libc::fcntl(reader.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK)
    };
    let seen = Arc::default();
    let driver =
        Pulsed { plant: Box::new(plant().driver()), pulses: reader, seen: Arc::clone(&seen) };
    let core = std::thread::spawn(move || live::run(&config, Box::new(driver)));
    for _ in 0..pulses {
        std::thread::sleep(Duration::from_millis(apart_ms));
        drop(writer.write_all(&[1])); // the run may be over
    }
    assert_eq!(core.join().unwrap(), 0);
    let bodies = ledger(&folder.file("ledger.db")).iter().map(body).collect();
    let seen = seen.lock().unwrap().clone();
    (seen, bodies)
}

#[test]
fn a_plant_that_paces_the_line_gets_its_ticks_when_it_asks() {
    let _one = ONE_AT_A_TIME.lock();
    let (seen, _) = paced(40, 15, 40);
    let unasked = seen.windows(2).filter(|two| two[0].1 && !two[1].1);
    for two in unasked {
        let apart_ms = (two[1].0 - two[0].0) / 1_000_000;
        assert!(apart_ms > 12, "unasked after {apart_ms} ms: the clock alone gives one after 10");
    }
    assert!(seen.iter().filter(|of| of.1).count() >= 10, "{seen:?}");
}

#[test]
fn a_plant_that_stops_asking_gets_its_ticks_late_and_its_loop_an_alarm() {
    let _one = ONE_AT_A_TIME.lock();
    let (seen, bodies) = paced(20, 10, 60);
    let asked = seen.iter().filter(|of| of.1).count();
    assert!(asked <= 20 && seen.len() > asked + 20, "{asked} of {}", seen.len());
    assert!(bodies.iter().any(|b| b["rung"] == "warn" && b["loop"] == "coater.flow"));
}

#[test]
fn a_driver_that_never_asks_cannot_pace_the_line() {
    let _one = ONE_AT_A_TIME.lock();
    let folder = Folder::new("unpaced");
    let mut config = live_config(&folder, 100, json!(10));
    config["live"] = json!({"pacing": "driver"});
    let config = CoreConfig::from_json(&config.to_string()).unwrap();
    let error = live::try_run(&config, Box::new(plant().driver())).unwrap_err();
    assert_eq!(error.exit_code(), 78);
    assert!(error.to_string().contains("live.pacing: expected sleep or spin"), "{error}");
}

#[test]
#[allow(unsafe_code)] // raising a signal
fn a_signal_stops_a_live_run_and_status_tells_before() {
    let _one = ONE_AT_A_TIME.lock();
    let folder = Folder::new("signal");
    let socket = folder.file("core.sock");
    let mut config = live_config(&folder, 100, json!(null));
    config["link"] = json!({"path": socket});
    let config = CoreConfig::from_json(&config.to_string()).unwrap();
    let core = std::thread::spawn(move || live::run(&config, Box::new(plant().driver())));
    let bus = Bus::connect(&socket);
    let ask = encode(&Stamp::default(), &Message::StatusRequest(linewright_wire::StatusRequest {}))
        .unwrap();
    bus.send(&[ask]);
    let status = loop {
        let found = bus.receive().unwrap().into_iter().find_map(|m| {
            if let Message::Status(status) = m { Some(status.json.concat()) } else { None }
        });
        if let Some(text) = found {
            break serde_json::from_str::<Value>(&text).unwrap();
        }
    };
    assert_eq!((&status["mode"], &status["ledger"]["state"]), (&json!("advisory"), &json!("ok")));
    assert!(status["host"]["real_time"]["rt"].is_string());
    assert_eq!(status["loops"][0]["name"], "coater.flow");
    // SAFETY: a plain call; the handler of the run is in place.
    unsafe { libc::raise(libc::SIGTERM) };
    assert_eq!(core.join().unwrap(), 0);
    assert_eq!(body(ledger(&folder.file("ledger.db")).last().unwrap())["reason"], "signal");
}

#[test]
fn what_prevents_a_start_has_its_exit_code() {
    let _one = ONE_AT_A_TIME.lock();
    let folder = Folder::new("refused");
    let code = |config: &Value| {
        let config = CoreConfig::from_json(&config.to_string()).unwrap();
        live::run(&config, Box::new(plant().driver()))
    };
    let mut wrong = live_config(&folder, 100, json!(10));
    wrong["actuators"]["coater.pump_flow"]["hi"] = json!(1.0);
    assert_eq!(code(&wrong), 78);
    let mut wrong = live_config(&folder, 100, json!(10));
    wrong["ledger"] = json!(null);
    assert_eq!(code(&wrong), 78, "closed loop without a ledger");
    let mut wrong = live_config(&folder, 100, json!(10));
    wrong["gate"] = json!({"arm_at_start": "me"});
    assert_eq!(code(&wrong), 78, "a live line is armed by a person");
    std::fs::write(folder.file("ledger.db"), b"this is no ledger, and it is long enough to tell")
        .unwrap();
    assert_eq!(code(&live_config(&folder, 100, json!(10))), 65);
}
