//! What a core is started with: one JSON document, written from the line file.

use linewright_wire::Certificate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

pub use crate::gate::ConfigError;

/// Everything a core needs to know. Unknown keys are refused.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoreConfig {
    /// Name of the line, for the record.
    pub line: String,
    /// The plan, as `linewright.graph` writes it.
    pub plan: Value,
    /// How time goes.
    pub time: Time,
    /// Limits per actuator, checked one by one; see [`crate::gate::Limits`].
    #[serde(default)]
    pub actuators: BTreeMap<String, Value>,
    /// Whether the line may be closed at all.
    #[serde(default)]
    pub permit: Permit,
    /// Stations and what they may touch.
    #[serde(default)]
    pub stations: BTreeMap<String, StationRights>,
    /// Sender key of operators; 0 = nobody may operate.
    #[serde(default)]
    pub operator_key: u64,
    /// Where the ledger is; none = nothing is kept, and closed loop is refused live.
    #[serde(default)]
    pub ledger: Option<LedgerFile>,
    /// Where cycles are recorded.
    #[serde(default)]
    pub record: Option<RecordFile>,
    /// Socket the bus connects to.
    #[serde(default)]
    pub link: Option<File>,
    /// For whoever makes the driver; the core looks at none of it.
    #[serde(default)]
    pub driver: Value,
    /// Seed of the run, for the record.
    #[serde(default)]
    pub seed: u64,
    /// Rules of the gate beside the limits.
    #[serde(default)]
    pub gate: GateConfig,
    /// Deadline and ladder by loop; a loop without a table has the usual ones.
    #[serde(default)]
    pub loops: BTreeMap<String, LoopConfig>,
    /// What each stage and chain may take.
    #[serde(default)]
    pub budgets: BudgetConfig,
    /// Live process only.
    #[serde(default)]
    pub live: LiveConfig,
    /// The recipe the line is made for; none = it is armed without a certificate.
    #[serde(default)]
    pub recipe: Option<RecipeEntry>,
}

/// A recipe and what the twin was calibrated with when it was judged.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecipeEntry {
    /// Its name.
    pub name: String,
    /// Its SHA-256, hexadecimal.
    pub hash: String,
    /// SHA-256 of the calibration, hexadecimal; empty = the twin is not calibrated.
    #[serde(default)]
    pub calibration_hash: String,
    /// Certificate for `gate.arm_at_start`.
    #[serde(default)]
    pub certificate: Option<Certificate>,
}

/// How time goes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// Simulated in lock-step, or live.
    pub mode: TimeMode,
    /// Base ticks per second; must be the plan's.
    pub base_hz: u32,
    /// Base ticks from barrier to barrier; 0 = one second.
    #[serde(default)]
    pub lockstep_ticks: u64,
    /// The run ends before this tick; none = when the driver has finished or somebody stops it.
    #[serde(default)]
    pub until_tick: Option<u64>,
}

/// See [`Time::mode`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeMode {
    /// As fast as the machine allows, from barrier to barrier.
    Simulated,
    /// By the clock.
    Live,
}

/// See [`CoreConfig::permit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Permit {
    /// Nothing is ever written.
    #[default]
    Advisory,
    /// Closed loop after an operator has armed.
    Closed,
}

/// A station and what it may touch, by full names of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StationRights {
    /// Sender key; not 0.
    pub key: u64,
    /// Mailboxes it may set.
    #[serde(default)]
    pub mailboxes: Vec<String>,
    /// Profiles it may send.
    #[serde(default)]
    pub profiles: Vec<String>,
    /// Parameters it may change.
    #[serde(default)]
    pub params: Vec<String>,
    /// Actuators it may lease.
    #[serde(default)]
    pub actuators: Vec<String>,
}

/// A path.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The path.
    pub path: String,
}

/// Where cycles are recorded, and how.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordFile {
    /// The path.
    pub path: String,
    /// Every slot instead of the source slots alone.
    #[serde(default)]
    pub all_slots: bool,
    /// Seconds between keyframes, above 0.
    #[serde(default = "sixty")]
    pub keyframe_s: f64,
    /// Bytes after which, at a keyframe, the next file is begun; 0 = never.
    #[serde(default = "part_bytes")]
    pub part_bytes: u64,
    /// Sealed files are removed, oldest first, beyond this many bytes; 0 = never.
    #[serde(default)]
    pub quota_bytes: u64,
    /// Nothing is moved without a record.
    #[serde(default)]
    pub required: bool,
}

fn sixty() -> f64 {
    60.0
}

fn part_bytes() -> u64 {
    crate::recorder::Options::default().part_bytes
}

/// Where the ledger is and how large it may get.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerFile {
    /// The path.
    pub path: String,
    /// Where intents are kept that are not in the ledger yet, best in shared memory (`/dev/shm`); none = a
    /// killed core may leave an output that nobody can explain.
    #[serde(default)]
    pub black_box: Option<PathBuf>,
    /// Most bytes it may take; beyond it the ledger is full, as on a full disk.
    #[serde(default)]
    pub max_bytes: Option<u64>,
    /// Rows older than this many days are removed, above 0; none = age does not matter.
    #[serde(default)]
    pub keep_days: Option<f64>,
    /// The oldest rows are removed before the file is larger, MiB, from 4 on; none = never.
    #[serde(default)]
    pub quota_mib: Option<f64>,
}

impl LedgerFile {
    /// What is removed, and when.
    #[must_use]
    pub fn policy(&self) -> crate::ledger::Policy {
        crate::ledger::Policy {
            keep_s: self.keep_days.map(|days| days * 86_400.0),
            quota_bytes: self.quota_mib.map(|mib| (mib * 1_048_576.0) as u64),
        }
    }
}

/// Rules of the gate beside the limits; times in seconds, 0 < t.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct GateConfig {
    /// Simulated only: who is recorded as having closed and armed the line at tick 0.
    pub arm_at_start: Option<String>,
    /// Longest window of a command.
    pub max_window_s: f64,
    /// Limited for this long trips.
    pub limit_storm_s: f64,
    /// Outputs rejected for this long trip.
    pub bad_trip_s: f64,
    /// Read-back off for this long trips.
    pub mismatch_trip_s: f64,
    /// Counters are written to the ledger this often.
    pub tally_s: f64,
    /// Who has signed for the site that a lost ledger does not end the control.
    pub act_without_ledger: Option<String>,
}

impl Default for GateConfig {
    fn default() -> Self {
        Self {
            arm_at_start: None,
            max_window_s: 10.0,
            limit_storm_s: 60.0,
            bad_trip_s: 30.0,
            mismatch_trip_s: 1.0,
            tally_s: 60.0,
            act_without_ledger: None,
        }
    }
}

/// Key of [`GateView`] in a record.
pub const GATE: &str = "gate";

/// What of a line file decides what the gate lets through.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GateView {
    /// See [`CoreConfig::permit`].
    #[serde(default)]
    pub permit: Permit,
    /// See [`CoreConfig::actuators`].
    pub actuators: BTreeMap<String, Value>,
    /// See [`CoreConfig::gate`].
    #[serde(default, rename = "gate")]
    pub rules: GateConfig,
}

impl GateView {
    /// Of a core.
    #[must_use]
    pub fn of(config: &CoreConfig) -> Self {
        let (actuators, rules) = (config.actuators.clone(), config.gate.clone());
        Self { permit: config.permit, actuators, rules }
    }

    /// Every setting that is not as in `other`: what is set, its value here and there.
    #[must_use]
    pub fn unlike(&self, other: &Self) -> Vec<String> {
        let told = |key: String, a: Option<&Value>, b: Option<&Value>| {
            let text = |of: Option<&Value>| of.map_or("nothing".to_owned(), Value::to_string);
            (a != b).then(|| format!("{key}: {} recorded, {} now", text(a), text(b)))
        };
        let whole = |of: &Self| {
            let mut rules = serde_json::to_value(&of.rules).unwrap_or_default();
            rules["permit"] = serde_json::to_value(of.permit).unwrap_or_default();
            let mut tables = BTreeMap::from([("gate".to_owned(), rules)]);
            for (name, table) in &of.actuators {
                tables.insert(format!("actuators.{name}"), table.clone());
            }
            let flat = tables.into_iter().flat_map(|(name, table)| {
                let fields = table.as_object().cloned().unwrap_or_default();
                fields.into_iter().map(move |(field, value)| (format!("{name}.{field}"), value))
            });
            let counts = |(key, _): &(String, Value)| key != "gate.tally_s";
            flat.filter(counts).collect::<BTreeMap<String, Value>>()
        };
        let (a, b) = (whole(self), whole(other));
        let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
        keys.into_iter().filter_map(|key| told(key.clone(), a.get(key), b.get(key))).collect()
    }

    /// Whether a setting that [`Self::unlike`] has told concerns an actuator.
    #[must_use]
    pub fn concerns(told: &str, actuator: &str) -> bool {
        let own = told.strip_prefix("actuators.").and_then(|of| of.strip_prefix(actuator));
        told.starts_with("gate.") || own.is_some_and(|of| of.starts_with('.'))
    }
}

/// Deadline and ladder of one loop; see [`crate::executive::Ladder`].
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoopConfig {
    /// Scheduled release to output written, us; at most one period, which is the default.
    pub deadline_us: Option<f64>,
    /// Cycles at the start that are not judged; default: those of one second.
    pub startup_cycles: Option<u32>,
    /// Cycles in which `windowed` counts.
    pub window_cycles: Option<u32>,
    /// Cycles in time that lead one rung down.
    pub recover_cycles: Option<u32>,
    /// May be left out while a faster loop is on `shed` and goes on being late.
    pub sheddable: bool,
    /// Tell.
    pub warn: Option<RungConfig>,
    /// Drop telemetry, then the cycles of slower loops that are sheddable.
    pub shed: Option<RungConfig>,
    /// Outputs of the loop stay where they are.
    pub hold: Option<RungConfig>,
    /// Outputs of the loop go to their fallback, latched.
    pub safe: Option<RungConfig>,
}

/// Late cycles that lead to a rung; either suffices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RungConfig {
    /// In a row.
    pub consecutive: Option<u32>,
    /// In the window.
    pub windowed: Option<u32>,
}

/// What each stage of a loop and each chain may take.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BudgetConfig {
    /// Time over which p99.9 is held against them, s.
    pub window_s: f64,
    /// By loop.
    pub loops: BTreeMap<String, StageBudget>,
    /// By name.
    pub chains: BTreeMap<String, ChainBudget>,
}

impl Default for BudgetConfig {
    fn default() -> Self {
        Self { window_s: 60.0, loops: BTreeMap::new(), chains: BTreeMap::new() }
    }
}

/// Budget of the stages of one loop, us; together they make the response.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageBudget {
    /// Scheduled to actual start.
    pub release_us: f64,
    /// Reading the plant.
    pub read_us: f64,
    /// All loops of the tick.
    pub execute_us: f64,
    /// Gate and writing.
    pub write_us: f64,
}

impl StageBudget {
    /// What they add up to.
    #[must_use]
    pub fn sum_us(&self) -> f64 {
        self.release_us + self.read_us + self.execute_us + self.write_us
    }
}

/// Budget of a chain: time an input is of, to output written.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainBudget {
    /// Where it starts.
    pub channel: String,
    /// Where it ends.
    pub actuator: String,
    /// us.
    pub budget_us: f64,
}

/// Settings of the live process.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LiveConfig {
    /// Whether real time is asked for, and what to do without.
    pub rt: RealTime,
    /// `SCHED_FIFO` priority of the loop thread, 1 to 98; 0 = do not ask for it.
    pub fifo_priority: i32,
    /// CPU the loop thread is bound to.
    pub cpu: Option<u32>,
    /// Lock all memory, now and later.
    pub lock_memory: bool,
    /// Keep the cores from sleeping so deeply that waking takes longer, microseconds. None = 0 where it
    /// can be had, unless real time is off: not having it is told then, and nothing is missing.
    pub dma_latency_us: Option<u32>,
    /// How the loop waits for its tick.
    pub pacing: Pacing,
    /// With `spin`: wake this much early and spin until the tick, microseconds.
    pub spin_us: u32,
    /// Closed loop is allowed though real time was asked for and not obtained.
    pub accept_degraded_rt: bool,
}

impl Default for LiveConfig {
    fn default() -> Self {
        Self {
            rt: RealTime::default(),
            fifo_priority: 50,
            cpu: None,
            lock_memory: true,
            dma_latency_us: None,
            pacing: Pacing::default(),
            spin_us: 100,
            accept_degraded_rt: false,
        }
    }
}

/// See [`LiveConfig::rt`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RealTime {
    /// Neither priority nor locked memory is asked for.
    Off,
    /// Asked for; without it the line runs degraded, and says so.
    #[default]
    Wanted,
    /// Asked for; without it the process ends with exit code 77 before it touches anything.
    Required,
}

/// See [`LiveConfig::pacing`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pacing {
    /// Sleeps until the tick is due.
    #[default]
    Sleep,
    /// Sleeps until shortly before, then spins.
    Spin,
    /// Waits for the plant to say that there is something to read (`Driver::wait_fd`), one period beyond
    /// the time it was expected at most.
    Driver,
}

impl CoreConfig {
    /// Reads the document.
    ///
    /// # Errors
    /// What serde says, as a [`ConfigError`] without key.
    pub fn from_json(json: &str) -> Result<Self, ConfigError> {
        serde_json::from_str(json).map_err(|e| ConfigError::new("", "", "a core configuration", e))
    }

    /// Base ticks from barrier to barrier.
    #[must_use]
    pub fn lockstep_ticks(&self) -> u64 {
        match self.time.lockstep_ticks {
            0 => u64::from(self.time.base_hz.max(1)),
            ticks => ticks,
        }
    }
}
