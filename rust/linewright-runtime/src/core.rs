//! A core without clock and sockets (decision 0004): frames in, ticks, frames out.

mod error;

pub use error::StartError;

use crate::black_box::{BlackBox, recover};
use crate::clerk::{Clerk, Names, Outgoing, Store, accept, check_budgets, refusal_name};
use crate::clock::{Clock, Manual, Monotonic, wall_label_s};
use crate::config::{
    ConfigError, CoreConfig, GATE, GateConfig, GateView, LedgerFile, Pacing, Permit, TimeMode,
};
use crate::driver::{Channel, Driver};
use crate::exec::{Executor, FLOAT_MODE};
use crate::executive::{Executive, LadderRules, Parts, Recording, ports, touch};
use crate::gate::{Entry, Gate, Limits, Rules};
use crate::ledger::{Kind, Ledger, Options};
use crate::plan::Plan;
use crate::recorder::{self, Head, Recorder};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

/// Ticks after which the rings are emptied at the latest.
const PUMP_TICKS: u64 = 64;
/// Simulated seconds after which rows are committed though nobody waits for an answer.
const COMMIT_S: u64 = 60;
/// Ticks between two such commits, and between two writes of a simulated record, at least, so that
/// a slow base does not wait for the disk at every tally.
const COMMIT_TICKS: u64 = 8192;

/// Loop side and clerk side of a core, joined by rings; each may live in a thread of its own.
///
/// # Errors
/// Every setting that is wrong, then the plan, then the files.
pub fn build(
    config: &CoreConfig,
    driver: Box<dyn Driver>,
) -> Result<(Executive, Clerk), StartError> {
    build_on(config, driver, Host::with_clock(clock(config)))
}

/// What the process that hosts a core has got for it.
pub struct Host {
    /// The clock that the loops are timed by.
    pub clock: Box<dyn Clock>,
    /// What of real time was obtained, for ledger and record; null when none can be asked for.
    pub real_time: Value,
    /// What of it was asked for and refused, by name.
    pub missing: Vec<&'static str>,
}

impl Host {
    /// A host of which nothing is known but its clock.
    #[must_use]
    pub fn with_clock(clock: Box<dyn Clock>) -> Self {
        Self { clock, real_time: Value::Null, missing: Vec::new() }
    }
}

/// As [`build`], on a host that is known.
///
/// # Errors
/// As [`build`].
pub fn build_on(
    config: &CoreConfig,
    driver: Box<dyn Driver>,
    host: Host,
) -> Result<(Executive, Clerk), StartError> {
    let plan = Plan::from_json(&config.plan.to_string())?;
    plan.check_driver(driver.channels(), driver.actuators(), driver.blocks())?;
    let limits = check_config(config, &plan, driver.actuators())?;
    let mut ladders = check_ladders(config, &plan)?;
    let degraded = !host.missing.is_empty();
    if degraded {
        ladders.iter_mut().for_each(LadderRules::widen);
    }
    let chains = check_budgets(&config.budgets, &plan, &ladders)?;
    let withheld = degraded && config.permit == Permit::Closed && !config.live.accept_degraded_rt;
    let channels = all_channels(&plan, &*driver);
    let names = Names::new(config, plan.clone(), limits.clone(), channels.clone())?;
    let ready = config.time.mode == TimeMode::Live;
    let open =
        |f: &LedgerFile| Ledger::open_with(&f.path, Options { max_bytes: f.max_bytes, ready });
    let mut ledger = config.ledger.as_ref().map(open).transpose()?;
    let black_box = black_box(config, ledger.as_mut(), &limits)?;
    let recorder = match &config.record {
        Some(file) => {
            let simulated = config.time.mode == TimeMode::Simulated;
            let options = recorder::Options {
                chunk_ticks: if simulated { COMMIT_TICKS } else { 0 },
                part_bytes: file.part_bytes,
                quota_bytes: file.quota_bytes,
                view_ticks: 0,
            };
            let head = Head::new(&plan, file.all_slots, provenance(config, &host));
            Some(Recorder::create_with(&file.path, &head, options)?)
        }
        None => None,
    };
    let recording = config.record.as_ref().map(|file| Recording {
        all_slots: file.all_slots,
        keyframe_ticks: ticks(file.keyframe_s, config.time.base_hz),
    });
    let required = config.record.as_ref().is_some_and(|file| file.required);
    let mut store = Store::new(ledger, recorder, required);
    store.keep(config.ledger.as_ref().map(LedgerFile::policy).unwrap_or_default());
    let highest_token = store.retained("lease.token");
    let actuator_of: Vec<usize> = limits
        .iter()
        .filter_map(|l| driver.actuators().iter().position(|a| a.name == l.name))
        .collect();
    let entries = limits.into_iter().zip(&actuator_of).enumerate();
    let entries = entries.map(|(i, (limits, driver_index))| Entry {
        limits,
        driver_index: *driver_index,
        highest_token,
        owner: names.owner(i),
    });
    let gate = Gate::new(rules(config, !withheld), entries.collect());
    let position = |c: &str| channels.iter().position(|d| d.name == c);
    let channel_of: Vec<usize> = plan.channels().iter().filter_map(|c| position(&c.name)).collect();
    let simulated = config.time.mode == TimeMode::Simulated;
    let executor = Executor::new(&plan)?;
    let (mut loop_ports, mut clerk_ports) = ports(Executive::tape_words(&executor));
    if !simulated {
        touch(&mut loop_ports, &mut clerk_ports);
    }
    let ladder_rules = ladders.clone();
    let executive = Executive::new(Parts {
        executor,
        plan: &plan,
        ladders,
        chains: chains
            .iter()
            .filter_map(|c| Some((*channel_of.get(c.channel)?, c.loop_i)))
            .collect(),
        gate,
        driver,
        clock: host.clock,
        ports: loop_ports,
        channel_of,
        actuator_of,
        recording,
        tally_ticks: ticks(config.gate.tally_s, config.time.base_hz),
        black_box,
    });
    let shown = executive.shown();
    let mut clerk = Clerk::new(names, clerk_ports, shown, store, clock(config), simulated);
    clerk.keep_black_box(config.ledger.as_ref().and_then(|l| l.black_box.clone()));
    clerk.describe(config.permit == Permit::Closed, config.time.until_tick);
    if withheld {
        let missing = host.missing.join(", ");
        clerk.withhold(format!("real time is degraded ({missing}), and that is not accepted"));
    }
    clerk.demand(config.recipe.clone());
    clerk.signed_for(config.gate.act_without_ledger.clone());
    clerk.set_ladders(ladder_rules);
    clerk.set_budgets(&config.budgets, &chains);
    let start = json!({
        "line": config.line, "plan": crate::ledger::hex(&plan.hash()), "seed": config.seed,
        "build": crate::recorder::BUILD, "base_hz": config.time.base_hz,
        "time": if simulated { "simulated" } else { "live" },
        "wall_s": (!simulated).then(wall_label_s),
        "permit": if config.permit == Permit::Closed { "closed" } else { "advisory" },
        "act_without_ledger": config.gate.act_without_ledger,
        "actuators": config.actuators, "driver": without_paths(&config.driver),
        "real_time": host.real_time,
        "recipe": config.recipe.as_ref().map(|r| json!({
            "name": r.name, "hash": r.hash, "calibration_hash": r.calibration_hash,
        })),
        "params": plan.params().iter().map(|p| (p.name.clone(), p.value)).collect::<BTreeMap<_, _>>(),
    });
    clerk.note(Kind::Start, "", &start);
    if let (true, Some(operator)) = (simulated, &config.gate.arm_at_start) {
        clerk.arm_at_start(operator);
    }
    Ok((executive, clerk))
}

/// The black box, once the ledger has what a dead core has left in it.
fn black_box(
    config: &CoreConfig,
    ledger: Option<&mut Ledger>,
    limits: &[Limits],
) -> Result<Option<BlackBox>, StartError> {
    let path = config.ledger.as_ref().and_then(|l| l.black_box.as_ref());
    let (Some(path), Some(ledger)) = (path, ledger) else { return Ok(None) };
    let opened = BlackBox::open(path);
    let mut black_box =
        opened.map_err(|e| StartError::Host(format!("black box {}: {e}", path.display())))?;
    let named: Vec<_> = limits.iter().map(|l| (l.name.clone(), l.owner.clone())).collect();
    recover(ledger, &mut black_box, &named)?;
    Ok(Some(black_box))
}

/// What [`build`] would refuse, found without opening a file.
///
/// # Errors
/// Every setting that is wrong, or every problem of the plan.
pub fn check(config: &CoreConfig, driver: &dyn Driver) -> Result<(), StartError> {
    let plan = Plan::from_json(&config.plan.to_string())?;
    plan.check_driver(driver.channels(), driver.actuators(), driver.blocks())?;
    let limits = check_config(config, &plan, driver.actuators())?;
    let ladders = check_ladders(config, &plan)?;
    check_budgets(&config.budgets, &plan, &ladders)?;
    let channels = all_channels(&plan, driver);
    Names::new(config, plan, limits, channels)?;
    Ok(())
}

/// Channels of the driver, then those of the front ends.
fn all_channels(plan: &Plan, driver: &dyn Driver) -> Vec<Channel> {
    driver.channels().iter().chain(plan.front_channels()).cloned().collect()
}

/// A copy without texts that are absolute paths: where a run lies is no part of what it did.
fn without_paths(value: &Value) -> Value {
    match value {
        Value::String(text) if text.starts_with('/') => Value::Null,
        Value::Array(list) => list.iter().map(without_paths).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(k, v)| (k.clone(), without_paths(v))).collect())
        }
        other => other.clone(),
    }
}

fn clock(config: &CoreConfig) -> Box<dyn Clock> {
    match config.time.mode {
        TimeMode::Simulated => Box::new(Manual::new(config.time.base_hz)),
        TimeMode::Live => Box::new(Monotonic),
    }
}

fn provenance(config: &CoreConfig, host: &Host) -> BTreeMap<String, String> {
    let mut known = BTreeMap::from([
        ("line".to_owned(), config.line.clone()),
        ("seed".to_owned(), config.seed.to_string()),
        ("float_mode".to_owned(), FLOAT_MODE.to_owned()),
        (GATE.to_owned(), serde_json::to_string(&GateView::of(config)).unwrap_or_default()),
    ]);
    if !host.real_time.is_null() {
        known.insert("real_time".to_owned(), host.real_time.to_string());
    }
    known
}

/// Seconds in ticks, at least one.
fn ticks(seconds: f64, base_hz: u32) -> u64 {
    libm::ceil(seconds * f64::from(base_hz)).max(1.0) as u64
}

fn rules(config: &CoreConfig, permit: bool) -> Rules {
    let (gate, hz) = (&config.gate, config.time.base_hz);
    Rules {
        max_window_ticks: ticks(gate.max_window_s, hz),
        limit_storm_ticks: ticks(gate.limit_storm_s, hz),
        bad_trip_ticks: ticks(gate.bad_trip_s, hz),
        mismatch_trip_ticks: ticks(gate.mismatch_trip_s, hz),
        act_without_ledger: gate.act_without_ledger.is_some(),
        ..Rules::usual(hz, permit && config.permit == Permit::Closed)
    }
}

/// Limits of every actuator: the plan's in the plan's order, then those for the operator alone.
fn check_config(
    config: &CoreConfig,
    plan: &Plan,
    offered: &[Channel],
) -> Result<Vec<Limits>, Vec<ConfigError>> {
    let mut errors = check_times(config, plan);
    errors.extend(check_record(config));
    errors.extend(check_recipe(config));
    let mut limits = Vec::new();
    let hz = config.time.base_hz;
    let mut check = |name: &str, unit: &str, period: u64| match config.actuators.get(name) {
        Some(table) => match Limits::check(name, table, unit, period, hz) {
            Ok(checked) => limits.push(checked),
            Err(found) => errors.extend(found),
        },
        None => {
            let key = format!("actuators.{name}");
            errors.push(ConfigError::new(key, "", "a table with its limits", "nothing"));
        }
    };
    for actuator in plan.actuators() {
        let of = actuator.loop_i.and_then(|i| plan.loops().get(i));
        check(&actuator.name, &actuator.unit, of.map_or(1, |of| of.divisor));
    }
    let extra = |name: &&String| !plan.actuators().iter().any(|a| a.name == **name);
    for name in config.actuators.keys().filter(extra) {
        match offered.iter().find(|a| a.name == *name) {
            Some(actuator) => check(name, &actuator.unit, 1),
            None => {
                let known: Vec<_> = offered.iter().map(|a| a.name.as_str()).collect();
                let key = format!("actuators.{name}");
                let expected = format!("one of {}", known.join(", "));
                errors.push(ConfigError::new(key, "", expected, name));
                return Err(errors);
            }
        }
    }
    if errors.is_empty() { Ok(limits) } else { Err(errors) }
}

fn check_live(config: &CoreConfig) -> Vec<ConfigError> {
    let live = &config.live;
    let mut errors = Vec::new();
    let period_us = 1_000_000 / u64::from(config.time.base_hz.max(1));
    if !(0..=98).contains(&live.fifo_priority) {
        errors.push(ConfigError::new("live", "fifo_priority", "0 to 98", live.fifo_priority));
    }
    if live.pacing == Pacing::Spin && !(1..=period_us / 2).contains(&u64::from(live.spin_us)) {
        let expected = format!(
            "1 to {}, half a base tick: a loop that only spins is throttled",
            period_us / 2
        );
        errors.push(ConfigError::new("live", "spin_us", expected, live.spin_us));
    }
    if live.dma_latency_us.is_some_and(|us| us > i32::MAX as u32) {
        errors.push(ConfigError::new("live", "dma_latency_us", "0 to 2147483647", "more"));
    }
    errors
}

/// Deadline and ladder of every loop, in the order of the plan.
fn check_ladders(config: &CoreConfig, plan: &Plan) -> Result<Vec<LadderRules>, Vec<ConfigError>> {
    let (mut ladders, mut errors) = (Vec::new(), Vec::new());
    for of in plan.loops() {
        let table = config.loops.get(&of.name).cloned().unwrap_or_default();
        match LadderRules::check(&of.name, &table, of.rate_hz) {
            Ok(rules) => ladders.push(rules),
            Err(found) => errors.extend(found),
        }
    }
    for name in config.loops.keys().filter(|n| !plan.loops().iter().any(|of| of.name == **n)) {
        let known: Vec<_> = plan.loops().iter().map(|of| of.name.as_str()).collect();
        let expected = format!("one of {}", known.join(", "));
        errors.push(ConfigError::new(format!("loops.{name}"), "", expected, name));
    }
    if errors.is_empty() { Ok(ladders) } else { Err(errors) }
}

/// A line that arms itself at its start must bring the certificate.
fn check_recipe(config: &CoreConfig) -> Option<ConfigError> {
    let recipe = config.recipe.as_ref()?;
    if recipe.hash.len() != 64 {
        return Some(ConfigError::new("recipe", "hash", "64 hexadecimal digits", &recipe.hash));
    }
    config.gate.arm_at_start.as_ref()?;
    let refused = accept(Some(recipe), recipe.certificate.as_ref(), None).err()?;
    let expected =
        format!("a certificate for recipe {}, because the line is armed at its start", recipe.name);
    Some(ConfigError::new("recipe", "certificate", expected, refusal_name(refused)))
}

/// Times and sizes of the record.
fn check_record(config: &CoreConfig) -> Option<ConfigError> {
    let file = config.record.as_ref()?;
    if !(file.keyframe_s.is_finite() && file.keyframe_s > 0.0 && file.keyframe_s <= 1e6) {
        let expected = "above 0 and at most 1e6";
        return Some(ConfigError::new("record", "keyframe_s", expected, file.keyframe_s));
    }
    let least = file.part_bytes.max(1);
    if file.quota_bytes > 0 && (file.part_bytes == 0 || file.quota_bytes < least) {
        let expected = format!("at least one part ({least} bytes), and parts that are not endless");
        return Some(ConfigError::new("record", "quota_bytes", expected, file.quota_bytes));
    }
    None
}

fn check_times(config: &CoreConfig, plan: &Plan) -> Vec<ConfigError> {
    let mut errors = Vec::new();
    if config.time.base_hz != plan.base_hz() {
        let expected = format!("{} as in the plan", plan.base_hz());
        errors.push(ConfigError::new("time", "base_hz", expected, config.time.base_hz));
    }
    let GateConfig { max_window_s, limit_storm_s, bad_trip_s, mismatch_trip_s, tally_s, .. } =
        config.gate;
    for (field, seconds) in [
        ("max_window_s", max_window_s),
        ("limit_storm_s", limit_storm_s),
        ("bad_trip_s", bad_trip_s),
        ("mismatch_trip_s", mismatch_trip_s),
        ("tally_s", tally_s),
    ] {
        if !(seconds.is_finite() && seconds > 0.0 && seconds <= 1e6) {
            errors.push(ConfigError::new("gate", field, "above 0 and at most 1e6", seconds));
        }
    }
    if config.gate.act_without_ledger.as_ref().is_some_and(|name| name.trim().is_empty()) {
        let expected = "who signed for the site, and when";
        errors.push(ConfigError::new("gate", "act_without_ledger", expected, "an empty text"));
    }
    if config.time.mode == TimeMode::Live {
        errors.extend(check_live(config));
        if let Some(operator) = &config.gate.arm_at_start {
            let expected = "nothing: a live line is armed by a person, after it has started";
            errors.push(ConfigError::new("gate", "arm_at_start", expected, operator));
        }
        if config.permit == Permit::Closed && config.ledger.is_none() {
            let expected = "a ledger, because permit is closed";
            errors.push(ConfigError::new("ledger", "path", expected, "nothing"));
        }
    }
    if let Some(file) = &config.ledger {
        let within = |x: Option<f64>, low: f64| x.is_none_or(|x| x >= low && x <= 1e6);
        if !within(file.keep_days, 1e-6) {
            errors.push(ConfigError::new(
                "ledger",
                "keep_days",
                "1e-6 to 1e6",
                file.keep_days.unwrap_or(0.0),
            ));
        }
        if !within(file.quota_mib, 4.0) {
            errors.push(ConfigError::new(
                "ledger",
                "quota_mib",
                "4 to 1e6",
                file.quota_mib.unwrap_or(0.0),
            ));
        }
    }
    errors
}

/// Loop side and clerk side in one thread: for Python, tests, and the lock-step process.
pub struct Core {
    executive: Executive,
    clerk: Clerk,
    next_tick: u64,
    committed_tick: u64,
    minded_tick: u64,
    second_ticks: u64,
    commit_ticks: u64,
    closed: bool,
}

impl Core {
    /// A core at tick 0, advisory.
    ///
    /// # Errors
    /// As [`build`].
    pub fn new(config: &CoreConfig, driver: Box<dyn Driver>) -> Result<Self, StartError> {
        let (executive, clerk) = build(config, driver)?;
        let commit_ticks = (COMMIT_S * u64::from(config.time.base_hz)).max(COMMIT_TICKS);
        Ok(Self {
            executive,
            clerk,
            next_tick: 0,
            committed_tick: 0,
            minded_tick: 0,
            second_ticks: u64::from(config.time.base_hz.max(1)),
            commit_ticks,
            closed: false,
        })
    }

    /// Takes one frame from outside.
    pub fn submit(&mut self, frame: &[u8]) {
        self.clerk.submit(frame);
    }

    /// Executes the base ticks below `until_tick` that are not executed yet; ends early when the
    /// plant has finished. Gives the next tick.
    pub fn advance(&mut self, until_tick: u64) -> u64 {
        while self.next_tick < until_tick && !self.executive.finished() {
            self.executive.tick(self.next_tick, None, 0);
            self.next_tick += 1;
            if self.next_tick.is_multiple_of(PUMP_TICKS) {
                self.pump();
            }
        }
        self.pump();
        self.next_tick
    }

    fn pump(&mut self) {
        self.clerk.pump();
        if self.clerk.ledger_healthy() {
            self.minded_tick = self.next_tick;
        } else if self.next_tick - self.minded_tick >= self.second_ticks {
            self.clerk.mind_ledger();
            self.minded_tick = self.next_tick;
        }
        if self.next_tick - self.committed_tick >= self.commit_ticks {
            self.clerk.commit();
            self.committed_tick = self.next_tick;
        }
    }

    fn view(&mut self) {
        let gate = self.executive.gate();
        for a in 0..gate.len() {
            self.clerk.set_view(a, gate.view(self.next_tick, a));
        }
    }

    /// Everything to send since the last call, after making durable what an answer waits for.
    pub fn drain(&mut self) -> VecDeque<Outgoing> {
        self.drain_to(None)
    }

    /// As [`Core::drain`], with the barrier at its end.
    pub fn drain_step(&mut self) -> VecDeque<Outgoing> {
        self.drain_to(Some(self.next_tick))
    }

    fn drain_to(&mut self, step: Option<u64>) -> VecDeque<Outgoing> {
        self.clerk.pump();
        if self.clerk.wants_commit() {
            self.clerk.commit();
            self.committed_tick = self.next_tick;
        } else {
            self.clerk.release_held();
        }
        if self.clerk.wants_views() {
            self.view();
            self.clerk.tell();
        }
        if let Some(tick) = step {
            self.clerk.send_step(tick);
        }
        self.clerk.take_frames()
    }

    /// The next tick.
    #[must_use]
    pub fn next_tick(&self) -> u64 {
        self.next_tick
    }

    /// Whether the plant has nothing more to give.
    #[must_use]
    pub fn finished(&self) -> bool {
        self.executive.finished()
    }

    /// What the host knows, for status.
    pub fn set_host(&mut self, host: Value) {
        self.clerk.set_host(host);
    }

    /// How the core is.
    pub fn status(&mut self) -> Value {
        self.clerk.pump();
        self.view();
        self.clerk.status_json()
    }

    /// Ends the run: last counters, `stop` row, files and plant closed. A second call does nothing.
    ///
    /// # Errors
    /// What could not be closed or made durable.
    pub fn close(&mut self, reason: &str) -> Result<(), String> {
        if std::mem::replace(&mut self.closed, true) {
            return Ok(());
        }
        let driver = self.executive.close(self.next_tick).map_err(|e| e.to_string());
        let files = self.clerk.close(reason);
        driver.and(files)
    }
}
