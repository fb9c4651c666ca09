//! A loop that does not keep its deadline, by a clock that makes its cycles late: no test here waits
//! or reads the time of the machine.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod core_support;

use core_support::{Folder, config, plant};
use linewright_runtime::clerk::Clerk;
use linewright_runtime::clock::{Clock, tick_ns};
use linewright_runtime::config::CoreConfig;
use linewright_runtime::core::build_with_clock;
use linewright_runtime::drivers::ManualPlant;
use linewright_runtime::executive::Executive;
use linewright_runtime::ledger::{Filter, rows};
use linewright_runtime::order::Action;
use linewright_runtime::record::Mode;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the machine does to the ticks from now on, ns.
#[derive(Default)]
struct Trouble {
    /// The tick starts this much late.
    wake_ns: AtomicU64,
    /// Reading, executing and writing take this much together.
    work_ns: AtomicU64,
}

/// A clock that gives the times of a tick in order: wake, read, execute, write.
struct Scripted {
    base_hz: u64,
    trouble: Arc<Trouble>,
    scheduled_ns: u64,
    asked: u64,
}

impl Clock for Scripted {
    fn now_ns(&mut self) -> u64 {
        let wake_ns = self.scheduled_ns + self.trouble.wake_ns.load(Ordering::Relaxed);
        let work_ns = self.trouble.work_ns.load(Ordering::Relaxed);
        let stage = self.asked.min(3);
        self.asked += 1;
        wake_ns + work_ns * stage / 3
    }

    fn at_tick(&mut self, tick: u64) {
        (self.scheduled_ns, self.asked) = (tick_ns(tick, self.base_hz), 0);
    }
}

const BASE_HZ: u64 = 1000;
const MS: u64 = 1_000_000;

struct Rig {
    executive: Executive,
    clerk: Clerk,
    plant: ManualPlant,
    trouble: Arc<Trouble>,
    tick: u64,
    ledger: String,
    _folder: Folder,
}

/// The pump's loop at 1 kHz, a slow one behind it at 100 Hz.
fn line(folder: &Folder) -> Value {
    let mut config = config();
    config["plan"]["base_hz"] = json!(BASE_HZ);
    config["plan"]["loops"][0]["rate_hz"] = json!(BASE_HZ);
    config["plan"]["loops"][0]["ops"][8]["every_s"] = json!(0.001);
    config["plan"]["loops"].as_array_mut().unwrap().push(json!({
        "name": "coater.slow", "station": "coater", "rate_hz": 100, "ops": [
            {"op": "input", "channel": "coater.mass_flow", "unit": "kg/min", "max_age_s": 1.0, "out": ["s"]},
            {"op": "tap", "topic": "coater.slow_flow", "value": "s", "every_s": 0.01, "out": []},
    ]}));
    config["time"]["base_hz"] = json!(BASE_HZ);
    config["gate"] = json!({});
    let actuator = &mut config["actuators"]["coater.pump_flow"];
    actuator["resolution"] = json!(0.0);
    actuator["lease_ticks"] = json!(100_000);
    actuator["fallback"] = json!({"kind": "ramp_to", "value": 4.0});
    config["ledger"] = json!({"path": folder.file("ledger.db")});
    config["loops"] = json!({
        "coater.flow": {
            "deadline_us": 500, "startup_cycles": 5, "window_cycles": 100, "recover_cycles": 10,
            "warn": {"consecutive": 2, "windowed": 20}, "shed": {"consecutive": 4},
            "hold": {"consecutive": 8}, "safe": {"consecutive": 50},
        },
        "coater.slow": {"startup_cycles": 0, "sheddable": true},
    });
    config
}

impl Rig {
    /// In closed loop, the start over.
    fn closed(name: &str) -> Self {
        Self::with(name, |_| {})
    }

    fn with(name: &str, change: impl Fn(&mut Value)) -> Self {
        let folder = Folder::new(name);
        let mut config = line(&folder);
        change(&mut config);
        let config = CoreConfig::from_json(&config.to_string()).unwrap();
        let (plant, trouble) = (plant(), Arc::new(Trouble::default()));
        let clock =
            Scripted { base_hz: BASE_HZ, trouble: Arc::clone(&trouble), scheduled_ns: 0, asked: 0 };
        let (executive, clerk) =
            build_with_clock(&config, Box::new(plant.driver()), Box::new(clock)).unwrap();
        let ledger = folder.file("ledger.db");
        let mut rig = Self { executive, clerk, plant, trouble, tick: 0, ledger, _folder: folder };
        rig.arm();
        rig.clerk.order(Action::Lease { actuator: 0, station: 1, token: 1 });
        rig.run(10, 0, 0);
        assert_eq!(rig.actuator()["state"], "closed");
        rig
    }

    fn arm(&mut self) {
        self.clerk.order(Action::Mode(Mode::Closed));
        self.clerk.order(Action::Arm);
    }

    /// Ticks that start `wake_ns` late and then take `work_ns`.
    fn run(&mut self, ticks: u64, wake_ns: u64, work_ns: u64) {
        self.trouble.wake_ns.store(wake_ns, Ordering::Relaxed);
        self.trouble.work_ns.store(work_ns, Ordering::Relaxed);
        for _ in 0..ticks {
            self.step(0);
        }
    }

    fn step(&mut self, missed: u64) {
        self.tick += missed;
        self.executive.tick(self.tick, Some(tick_ns(self.tick, BASE_HZ)), missed);
        self.tick += 1;
        self.clerk.pump();
        drop(self.clerk.take_frames());
    }

    /// After one tick more, in time, in which the loop tells about its actuators.
    fn status(&mut self) -> Value {
        self.clerk.forget_views();
        self.clerk.order(Action::Report);
        self.run(1, 0, 0);
        self.clerk.status_json()
    }

    fn loop_status(&mut self, i: usize) -> Value {
        self.status()["loops"][i].clone()
    }

    fn rung(&mut self) -> String {
        self.loop_status(0)["rung"].as_str().unwrap().to_owned()
    }

    fn actuator(&mut self) -> Value {
        self.status()["actuators"]["coater.pump_flow"].clone()
    }

    /// Moves the loop's output: a set-point, good for as long as the test.
    fn set(&mut self, value: f64) {
        let (mailbox, limited, token, station) = (0, false, 1, 1);
        self.clerk.order(Action::Set { mailbox, value, limited, token, station });
    }

    /// From and to of every move of `coater.flow` in the ledger.
    fn moves(&mut self) -> Vec<(String, String, String)> {
        self.clerk.commit();
        let rows = rows(&self.ledger, Filter::default()).unwrap().map(Result::unwrap);
        rows.filter_map(|row| {
            let body: Value = serde_json::from_str(&row.body_json).unwrap();
            let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
            (body["loop"] == "coater.flow" && !body["rung"].is_null())
                .then(|| (row.kind.clone(), text("from"), text("rung")))
        })
        .collect()
    }
}

#[test]
fn a_late_wake_with_quick_execution_is_late() {
    let mut rig = Rig::closed("wake");
    rig.run(1, MS * 6 / 10, 1000);
    let of = rig.loop_status(0);
    assert_eq!((&of["late"], &of["rung"]), (&json!(1), &json!("in_time")));
    let mut rig = Rig::closed("work");
    rig.run(1, 0, MS * 6 / 10);
    assert_eq!(rig.loop_status(0)["late"], 1, "and so is a timely one that takes long");
    let mut rig = Rig::closed("in-time");
    rig.run(1000, MS * 3 / 10, MS * 2 / 10);
    let of = rig.loop_status(0);
    assert_eq!((&of["late"], &of["rung"]), (&json!(0), &json!("in_time")), "to the ns in time");
    assert!(of["margin"].as_f64().unwrap().abs() < 0.07, "p99.9 is at the deadline: {of}");
}

#[test]
fn the_start_is_neither_judged_nor_in_the_histograms() {
    let folder = Folder::new("startup");
    let config = CoreConfig::from_json(&line(&folder).to_string()).unwrap();
    let trouble = Arc::new(Trouble::default());
    trouble.wake_ns.store(MS * 9 / 10, Ordering::Relaxed);
    let clock =
        Scripted { base_hz: BASE_HZ, trouble: Arc::clone(&trouble), scheduled_ns: 0, asked: 0 };
    let (mut executive, mut clerk) =
        build_with_clock(&config, Box::new(plant().driver()), Box::new(clock)).unwrap();
    let mut until = |tick: u64, from: u64| {
        (from..tick).for_each(|t| executive.tick(t, Some(tick_ns(t, BASE_HZ)), 0));
        clerk.pump();
        clerk.status_json()["loops"][0].clone()
    };
    let of = until(3, 0);
    assert_eq!((&of["startup_left"], &of["late"]), (&json!(2), &json!(0)));
    assert_eq!((&of["response"]["count"], &of["margin"]), (&json!(0), &json!(null)));
    let of = until(6, 3);
    assert_eq!(
        (&of["startup_left"], &of["late"], &of["cycles"]),
        (&json!(0), &json!(1), &json!(6))
    );
    assert_eq!(of["response"]["count"], 1);
}

#[test]
fn shed_drops_telemetry_then_slower_loops_and_counts_both() {
    let mut rig = Rig::closed("shed");
    rig.run(3, MS, 0);
    assert_eq!(rig.status()["shed_telemetry"], 0);
    let mut rig = Rig::closed("shed");
    rig.run(4, MS, 0);
    assert_eq!(rig.clerk.status_json()["loops"][0]["rung"], "shed");
    let slow = rig.clerk.status_json()["loops"][1]["cycles"].as_u64().unwrap();
    rig.run(20, 0, 0); // in time again, but not for long enough to forget
    let status = rig.clerk.status_json();
    assert!(status["shed_telemetry"].as_u64().unwrap() >= 6, "{}", status["shed_telemetry"]);
    assert_eq!(status["loops"][1]["shed"], 0, "dropping the telemetry was enough");
    assert_eq!(status["loops"][1]["cycles"], slow + 2);
    let mut rig = Rig::closed("shed");
    rig.run(7, MS, 0);
    rig.run(3, 0, 0);
    let of = rig.loop_status(1);
    assert_eq!(of["shed"], 1, "it was not enough: {of}");
    assert_eq!(of["missed"], 0, "what is left out on purpose is not missed");
    rig.run(300, 0, 0);
    let before = rig.loop_status(1)["cycles"].as_u64().unwrap();
    rig.run(99, 0, 0);
    let after = rig.loop_status(1);
    assert_eq!((after["cycles"].as_u64().unwrap() - before, &after["shed"]), (10, &json!(1)));
}

#[test]
fn a_held_loop_writes_nothing_knows_it_and_comes_back_without_a_jump() {
    let mut rig = Rig::closed("hold");
    rig.set(7.5);
    rig.run(100, 0, 0);
    let before = rig.plant.position(0);
    assert!(before > 5.0 && before < 5.2, "0.5 L/min a second: {before}");
    rig.run(8, MS, 0);
    assert_eq!(rig.rung(), "hold");
    let held = rig.plant.position(0);
    rig.run(300, MS, 0);
    assert_eq!(rig.rung(), "safe", "more than fifty in a row");
    let mut rig = Rig::closed("hold");
    rig.set(7.5);
    rig.run(100, 0, 0);
    rig.run(8, MS, 0);
    let writes = rig.plant.writes(0);
    rig.run(9, 0, 0);
    assert_eq!((rig.plant.position(0), rig.plant.writes(0)), (held, writes));
    let actuator = rig.actuator();
    assert_eq!((&actuator["held"], &actuator["state"]), (&json!(true), &json!("closed")));
    let mut last = rig.plant.position(0);
    for _ in 0..400 {
        rig.run(1, 0, 0);
        let now = rig.plant.position(0);
        assert!((now - last).abs() <= 2.0 * 0.5 / BASE_HZ as f64 + 1e-12, "{last} to {now}");
        last = now;
    }
    assert!(last > held + 0.1, "it goes on where it stood");
    let of = rig.loop_status(0);
    assert_eq!((&of["rung"], &of["held"]), (&json!("in_time"), &json!(10)));
    let moves = rig.moves();
    let seen: Vec<_> = moves.iter().map(|(k, f, t)| (k.as_str(), f.as_str(), t.as_str())).collect();
    assert_eq!(
        seen,
        [
            ("alarm", "in_time", "warn"),
            ("alarm", "warn", "shed"),
            ("alarm", "shed", "hold"),
            ("mode", "hold", "shed"),
            ("mode", "shed", "warn"),
            ("mode", "warn", "in_time"),
        ]
    );
}

#[test]
fn safe_is_the_fallback_latched_until_somebody_resets_and_arms() {
    let mut rig = Rig::closed("safe");
    rig.run(50, MS, 0);
    rig.run(1, 0, 0);
    let actuator = rig.actuator();
    assert_eq!(
        (&actuator["state"], &actuator["tripped"]),
        (&json!("fallback"), &json!("overrun_burst"))
    );
    rig.run(3000, 0, 0);
    assert_eq!((rig.rung().as_str(), rig.plant.position(0)), ("safe", 4.0));
    rig.arm();
    rig.run(10, 0, 0);
    assert_eq!(rig.actuator()["state"], "fallback", "an arm alone clears no trip");
    rig.clerk.order(Action::Reset);
    rig.run(1, 0, 0);
    assert_eq!((rig.rung().as_str(), &rig.actuator()["state"]), ("in_time", &json!("fallback")));
    rig.arm();
    rig.run(2, 0, 0);
    assert_eq!(rig.actuator()["state"], "closed");
}

#[test]
fn what_was_left_out_counts_to_the_cycle_and_one_tick_runs() {
    let mut rig = Rig::closed("pause");
    let (cycles, writes) = (rig.loop_status(0)["cycles"].as_u64().unwrap(), rig.plant.writes(0));
    rig.step(30);
    let of = rig.clerk.status_json()["loops"][0].clone();
    assert_eq!((&of["missed"], &of["missed_in_a_row"]), (&json!(30), &json!(30)));
    assert_eq!(of["cycles"], cycles + 1, "one cycle, not the backlog");
    assert_eq!((&of["rung"], &of["late_in_window"]), (&json!("hold"), &json!(30)));
    assert_eq!(rig.plant.writes(0), writes, "held in the very tick it wakes in");
    assert_eq!(rig.clerk.status_json()["loops"][1]["missed"], 3);
}

#[test]
fn without_a_declared_hold_a_pause_holds_nothing() {
    let mut rig = Rig::with("usual", |config| config["loops"] = json!({}));
    rig.run(1000, 0, 0);
    rig.step(100_000 - 2000);
    let writes = rig.plant.writes(0);
    rig.run(10, 0, 0);
    assert_eq!(rig.plant.writes(0), writes + 10);
    assert_eq!(rig.rung(), "shed");
}

#[test]
fn a_table_for_no_loop_and_a_deadline_beyond_the_period_are_refused() {
    let folder = Folder::new("refused");
    let mut config = line(&folder);
    config["loops"]["coater.flou"] = json!({});
    config["loops"]["coater.flow"]["deadline_us"] = json!(1001);
    let config = CoreConfig::from_json(&config.to_string()).unwrap();
    let clock = linewright_runtime::clock::Manual::new(1000);
    let Err(error) = build_with_clock(&config, Box::new(plant().driver()), Box::new(clock)) else {
        unreachable!("it must not start")
    };
    let text = error.to_string();
    assert_eq!(error.exit_code(), 78);
    assert!(
        text.contains("loops.coater.flow.deadline_us: expected 1 to 1000, the period"),
        "{text}"
    );
    assert!(
        text.contains("loops.coater.flou.: expected one of coater.flow, coater.slow"),
        "{text}"
    );
}
