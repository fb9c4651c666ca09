//! A line whose clock makes its cycles late: no test waits or reads the time of the machine.
#![allow(dead_code, unused_imports, clippy::unwrap_used)] // every test crate uses a part of it

#[path = "../core_support/mod.rs"]
mod core_support;

pub use core_support::{Folder, config, plant};
pub use linewright_runtime::clerk::Clerk;
pub use linewright_runtime::clock::{Clock, tick_ns};
pub use linewright_runtime::config::CoreConfig;
pub use linewright_runtime::core::{Host, build_on};
pub use linewright_runtime::drivers::ManualPlant;
pub use linewright_runtime::executive::Executive;
pub use linewright_runtime::ledger::{Filter, rows};
pub use linewright_runtime::order::Action;
pub use linewright_runtime::record::Mode;
pub use serde_json::{Value, json};
pub use std::path::PathBuf;
pub use std::sync::Arc;
pub use std::sync::atomic::{AtomicU64, Ordering};

/// What the machine does to the ticks from now on, ns.
#[derive(Default)]
pub struct Trouble {
    /// The tick starts this much late.
    pub wake_ns: AtomicU64,
    /// Reading, executing and writing take this much together.
    pub work_ns: AtomicU64,
}

/// A clock that gives the times of a tick in order: wake, read, execute, write.
pub struct Scripted {
    pub base_hz: u64,
    pub trouble: Arc<Trouble>,
    pub scheduled_ns: u64,
    pub asked: u64,
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

pub const BASE_HZ: u64 = 1000;
pub const MS: u64 = 1_000_000;

pub struct Rig {
    pub executive: Executive,
    pub clerk: Clerk,
    pub plant: ManualPlant,
    pub trouble: Arc<Trouble>,
    pub tick: u64,
    pub ledger: PathBuf,
    _folder: Folder,
}

/// The pump's loop at 1 kHz, a slow one behind it at 100 Hz.
pub fn line(folder: &Folder) -> Value {
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
    pub fn closed(name: &str) -> Self {
        Self::with(name, |_| {})
    }

    pub fn with(name: &str, change: impl Fn(&mut Value)) -> Self {
        let folder = Folder::new(name);
        let mut config = line(&folder);
        change(&mut config);
        let config = CoreConfig::from_json(&config.to_string()).unwrap();
        let (plant, trouble) = (plant(), Arc::new(Trouble::default()));
        let clock =
            Scripted { base_hz: BASE_HZ, trouble: Arc::clone(&trouble), scheduled_ns: 0, asked: 0 };
        let (executive, clerk) =
            build_on(&config, Box::new(plant.driver()), Host::with_clock(Box::new(clock))).unwrap();
        let ledger = folder.file("ledger.db");
        let mut rig = Self { executive, clerk, plant, trouble, tick: 0, ledger, _folder: folder };
        rig.arm();
        rig.clerk.order(Action::Lease { actuator: 0, station: 1, token: 1 });
        rig.run(10, 0, 0);
        assert_eq!(rig.actuator()["state"], "closed");
        rig
    }

    pub fn arm(&mut self) {
        self.clerk.order(Action::Mode(Mode::Closed));
        self.clerk.order(Action::Arm);
    }

    /// Ticks that start `wake_ns` late and then take `work_ns`.
    pub fn run(&mut self, ticks: u64, wake_ns: u64, work_ns: u64) {
        self.trouble.wake_ns.store(wake_ns, Ordering::Relaxed);
        self.trouble.work_ns.store(work_ns, Ordering::Relaxed);
        for _ in 0..ticks {
            self.step(0);
        }
    }

    pub fn step(&mut self, missed: u64) {
        self.tick += missed;
        self.executive.tick(self.tick, Some(tick_ns(self.tick, BASE_HZ)), missed);
        self.tick += 1;
        self.clerk.pump();
        drop(self.clerk.take_frames());
    }

    /// After one tick more, in time, in which the loop tells about its actuators.
    pub fn status(&mut self) -> Value {
        self.clerk.forget_views();
        self.clerk.order(Action::Report);
        self.run(1, 0, 0);
        self.clerk.status_json()
    }

    pub fn loop_status(&mut self, i: usize) -> Value {
        self.status()["loops"][i].clone()
    }

    pub fn rung(&mut self) -> String {
        self.loop_status(0)["rung"].as_str().unwrap().to_owned()
    }

    pub fn actuator(&mut self) -> Value {
        self.status()["actuators"]["coater.pump_flow"].clone()
    }

    /// Moves the loop's output: a set-point, good for as long as the test.
    pub fn set(&mut self, value: f64) {
        let (mailbox, limited, token, station) = (0, false, 1, 1);
        self.clerk.order(Action::Set { mailbox, value, limited, token, station });
    }

    /// From and to of every move of `coater.flow` in the ledger.
    pub fn moves(&mut self) -> Vec<(String, String, String)> {
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
