//! A small random line: what it may do (for the watch) and the document a core is started with.

use super::{Random, chance, span};
use serde_json::{Map, Value, json};

pub const OPERATOR: u64 = 900;
/// What the ledger file is called in the folder of a run.
pub const LEDGER: &str = "ledger.db";

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fallback {
    Hold,
    Ramp(f64),
    Release,
}

/// One actuator with the loop that moves it: `value = set-point + disturbance`.
#[derive(Debug, Clone)]
pub struct Actuator {
    pub name: String,
    pub owner: usize,
    pub lo: f64,
    pub hi: f64,
    pub rate_per_s: f64,
    pub budget: f64,
    pub window_ticks: u64,
    pub resolution: f64,
    pub lease_ticks: u64,
    pub fallback: Fallback,
    /// Base ticks per cycle of its loop.
    pub period: u64,
    pub mailbox: String,
    pub set_lo: f64,
    pub set_hi: f64,
    pub default: f64,
    pub holds: bool,
    pub ttl_ticks: u64,
    pub max_age_ticks: u64,
}

#[derive(Debug, Clone)]
pub struct Line {
    pub hz: u32,
    pub actuators: Vec<Actuator>,
    /// Keys by station.
    pub keys: Vec<u64>,
    pub permitted: bool,
    /// The site has signed that a lost ledger does not end the control.
    pub signed: bool,
    pub black_box: bool,
    pub window_cap_ticks: u64,
}

const UNIT: &str = "L/min";

impl Line {
    pub fn new(rng: &mut Random) -> Self {
        let hz = [20, 50, 100][rng.below(3) as usize];
        let stations = 2 + rng.below(3) as usize;
        let count = 1 + rng.below(3) as usize;
        let fine = chance(rng, 8);
        let actuators = (0..count).map(|i| Actuator::new(rng, hz, i, stations, fine)).collect();
        Self {
            hz,
            actuators,
            keys: (0..stations as u64).map(|i| 100 + i).collect(),
            permitted: !chance(rng, 40),
            signed: chance(rng, 6),
            black_box: chance(rng, 8),
            window_cap_ticks: 2 * u64::from(hz),
        }
    }

    /// What `core::build_on` takes.
    pub fn config(&self, seed: u64, folder: &std::path::Path) -> Value {
        let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        let mut ledger = json!({"path": file(LEDGER)});
        if self.black_box {
            ledger["black_box"] = json!(file("box"));
        }
        let each = |of: fn(&Actuator) -> (String, Value)| -> Map<String, Value> {
            self.actuators.iter().map(of).collect()
        };
        let hz = f64::from(self.hz);
        let table = |a: &Actuator| (a.name.clone(), a.table());
        let stations = self.keys.iter().enumerate().map(|(i, key)| {
            let own = || self.actuators.iter().filter(move |a| a.owner == i);
            let mailboxes: Vec<_> = own().map(|a| &a.mailbox).collect();
            let actuators: Vec<_> = own().map(|a| &a.name).collect();
            (format!("s{i}"), json!({"key": key, "mailboxes": mailboxes, "actuators": actuators}))
        });
        let plan: Vec<_> = self.actuators.iter().map(|a| a.plan(hz)).collect();
        let ladders: Map<String, Value> = self
            .actuators
            .iter()
            .map(|a| {
                let safe = json!({"startup_cycles": 5, "hold": {"consecutive": 12}, "safe": {"consecutive": 25},
                    "recover_cycles": 10});
                (format!("{}.loop", a.name), safe)
            })
            .collect();
        json!({
            "line": "simulated", "seed": seed, "operator_key": OPERATOR,
            "permit": if self.permitted { "closed" } else { "advisory" },
            "plan": {"version": 1, "base_hz": self.hz, "params": [], "loops": plan},
            "time": {"mode": "simulated", "base_hz": self.hz},
            "actuators": each(table), "stations": stations.collect::<Map<_, _>>(), "ledger": ledger,
            "loops": ladders,
            "gate": {
                "max_window_s": self.window_cap_ticks as f64 / hz, "limit_storm_s": 4.0, "bad_trip_s": 2.0,
                "mismatch_trip_s": 0.5, "tally_s": 10.0,
                "act_without_ledger": self.signed.then_some("Ada, for the site"),
            },
        })
    }
}

impl Actuator {
    fn new(rng: &mut Random, hz: u32, i: usize, stations: usize, fine: bool) -> Self {
        let owner = rng.below(stations as u64) as usize;
        let lo = rng.real(-3.0, 5.0);
        let hi = lo + rng.real(2.0, 20.0);
        let period = [1, 2, 5][rng.below(3) as usize];
        let rate_per_s = rng.real(0.2, 12.0);
        let step = rate_per_s * period as f64 / f64::from(hz);
        let resolution = if fine { 0.0 } else { (step * rng.real(0.05, 1.0)).min((hi - lo) / 8.0) };
        let fallback = match rng.below(3) {
            0 => Fallback::Hold,
            1 => Fallback::Ramp(rng.real(lo, hi)),
            _ => Fallback::Release,
        };
        let hz = u64::from(hz);
        let (set_lo, set_hi) = (lo - rng.real(-0.5, 0.5), hi + rng.real(-0.5, 0.5));
        Self {
            name: format!("s{owner}.mv{i}"),
            owner,
            lo,
            hi,
            rate_per_s,
            budget: rng.real(resolution.max(0.02 * (hi - lo)), hi - lo),
            window_ticks: span(rng, hz, 20 * hz),
            resolution,
            lease_ticks: span(rng, 10, 2 * hz),
            fallback,
            period,
            mailbox: format!("s{owner}.sp{i}"),
            set_lo,
            set_hi,
            default: rng.real(set_lo, set_hi),
            holds: chance(rng, 2),
            ttl_ticks: period * span(rng, 5, 60),
            max_age_ticks: period * span(rng, 1, 10),
        }
    }

    fn table(&self) -> Value {
        let fallback = match self.fallback {
            Fallback::Hold => json!({"kind": "hold"}),
            Fallback::Ramp(value) => json!({"kind": "ramp_to", "value": value}),
            Fallback::Release => json!({"kind": "release_to_plc"}),
        };
        json!({
            "unit": UNIT, "lo": self.lo, "hi": self.hi, "max_rate_per_s": self.rate_per_s,
            "fallback": fallback, "lease_ticks": self.lease_ticks, "nudge_budget": self.budget,
            "nudge_window_ticks": self.window_ticks, "resolution": self.resolution,
            "read_back_tolerance": 0.01, "owner": format!("s{}", self.owner),
        })
    }

    fn plan(&self, hz: f64) -> Value {
        let of = |what: &str| format!("{}_{what}", self.name.replace('.', "_"));
        let hold = if self.holds { "hold" } else { "default" };
        json!({"name": format!("{}.loop", self.name), "station": format!("s{}", self.owner),
            "rate_hz": (hz as u64) / self.period, "ops": [
            {"op": "input", "channel": format!("{}.x", self.name), "unit": UNIT,
             "max_age_s": self.max_age_ticks as f64 / hz, "out": [of("x")]},
            {"op": "mailbox", "name": self.mailbox, "unit": UNIT, "default": self.default,
             "lo": self.set_lo, "hi": self.set_hi, "ttl_s": self.ttl_ticks as f64 / hz,
             "fallback": hold, "out": [of("sp"), of("fresh")]},
            {"op": "add", "a": of("sp"), "b": of("x"), "out": [of("y")]},
            {"op": "output", "actuator": self.name, "value": of("y"), "out": []},
        ]})
    }
}
