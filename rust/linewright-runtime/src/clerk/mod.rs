//! The clerk: everything that may wait. It takes frames in, checks who may do what, hands orders to
//! the loop, writes what the loop tells into ledger and record, and makes the outgoing frames.
//! A command is acknowledged when its row is on disk.

mod budgets;
mod certificate;
mod command;
mod desk;
mod frames;
mod names;
mod rows;
mod senders;
mod status;
mod store;

pub use budgets::{Chain, check_budgets};
pub use certificate::accept;
pub use names::{Names, Role, Station};
pub(crate) use rows::intent_body;
pub use senders::{ANSWERS_KEPT, refusal_name};
pub use store::Store;

use crate::clock::{Clock, wall_label_s};
use crate::config::{BudgetConfig, RecipeEntry};
use crate::executive::{ClerkPorts, CycleBuffer, LadderRules, Shown, Taken};
use crate::ledger::Kind;
use crate::order::{Action, Order};
use crate::record::{Mode, Refusal, View};
use linewright_wire::{Ack, Certificate};
use senders::Sender;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A frame on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Never dropped (telemetry may be).
    pub must: bool,
    /// The frame.
    pub frame: Vec<u8>,
}

/// A command whose outcome the loop still owes.
#[derive(Debug)]
struct Pending {
    role: Role,
    sender: u64,
    epoch: u64,
    seq: u64,
    kind: Kind,
    action: Value,
    /// Outcomes still owed (one per actuator of a renewal).
    owed: u32,
    worst: Option<(crate::record::Status, Refusal)>,
    token: Option<u64>,
    params: Vec<(u16, f64)>,
    /// A row is written even when all went well.
    loud: bool,
}

/// Tick, epoch, and index and value of each parameter changed.
type ParamChange = (u64, u64, Vec<(u16, f64)>);

/// Numbers for status.
#[derive(Debug, Default)]
struct Counts {
    frames: BTreeMap<&'static str, u64>,
    malformed: BTreeMap<String, u64>,
    refusals: BTreeMap<Refusal, u64>,
    answers: BTreeMap<&'static str, u64>,
    answered_again: u64,
}

/// Rows about refusals in one second of ticks and class; more are only counted.
const REFUSAL_ROWS_PER_S: u64 = 64;

/// See the module.
pub struct Clerk {
    names: Names,
    ports: ClerkPorts,
    shown: Arc<Shown>,
    /// File of the black box, gone with an orderly end.
    black_box: Option<PathBuf>,
    store: Store,
    clock: Box<dyn Clock>,
    simulated: bool,
    until_tick: Option<u64>,
    permit_closed: bool,
    /// Why closed loop is not to be had though the line file permits it.
    permit_withheld: Option<String>,
    /// Who signed that a lost ledger does not end the control.
    signed_by: Option<String>,
    recipe: Option<RecipeEntry>,
    certificate: Option<String>,
    /// By loop.
    ladders: Vec<LadderRules>,
    budgets: budgets::Budgets,
    chains: Vec<Chain>,
    epoch: u64,
    seq: u64,
    tap_seqs: Vec<u64>,
    /// Numbers of the topics that are no taps: events, maps, the state.
    topic_seqs: BTreeMap<String, u64>,
    token: u64,
    senders: BTreeMap<u64, Sender>,
    pending: Vec<Option<Pending>>,
    params: Vec<f64>,
    param_epoch: u64,
    param_changes: VecDeque<ParamChange>,
    cycle: CycleBuffer,
    held_cycle: Taken,
    /// Losses of the record that have been told.
    record_told: u64,
    out: VecDeque<Outgoing>,
    held: Vec<Ack>,
    /// A row stands behind one of the held answers, so that they wait for a commit.
    held_for_commit: bool,
    views: Vec<Option<View>>,
    views_fresh: usize,
    mode: Mode,
    state_changed: bool,
    status_wanted: u32,
    counts: Counts,
    refusal_rows: BTreeMap<Refusal, (u64, u64)>,
    host: Value,
}

impl Clerk {
    /// A clerk over open files. `epoch` of the core rises by one and is kept before anything else.
    #[must_use]
    pub fn new(
        names: Names,
        ports: ClerkPorts,
        shown: Arc<Shown>,
        mut store: Store,
        clock: Box<dyn Clock>,
        simulated: bool,
    ) -> Self {
        let epoch = store.retained("core.epoch") + 1;
        store.retain("core.epoch", epoch);
        let token = store.retained("lease.token");
        let senders = names
            .senders()
            .map(|(key, role)| {
                let label = names.sender_label(role);
                let epoch = store.retained(&format!("sender.{label}.epoch"));
                (key, Sender::kept(epoch, store.retained(&format!("sender.{label}.seq"))))
            })
            .collect();
        let (views, tap_seqs) =
            (vec![None; names.actuators.len()], vec![0; names.plan.taps().len()]);
        Self {
            params: names.plan.start_values(),
            names,
            ports,
            shown,
            black_box: None,
            store,
            clock,
            simulated,
            until_tick: None,
            permit_closed: false,
            permit_withheld: None,
            signed_by: None,
            recipe: None,
            certificate: None,
            ladders: Vec::new(),
            budgets: budgets::Budgets::default(),
            chains: Vec::new(),
            epoch,
            seq: 0,
            tap_seqs,
            topic_seqs: BTreeMap::new(),
            token,
            senders,
            pending: Vec::new(),
            param_epoch: 0,
            param_changes: VecDeque::new(),
            cycle: CycleBuffer::default(),
            held_cycle: Taken::Nothing,
            record_told: 0,
            out: VecDeque::new(),
            held: Vec::new(),
            held_for_commit: false,
            views,
            views_fresh: 0,
            mode: Mode::Advisory,
            state_changed: true,
            status_wanted: 0,
            counts: Counts::default(),
            refusal_rows: BTreeMap::new(),
            host: Value::Null,
        }
    }

    /// What only status tells: whether closed loop is permitted and when the run ends.
    pub fn describe(&mut self, permit_closed: bool, until_tick: Option<u64>) {
        self.permit_closed = permit_closed;
        self.until_tick = until_tick;
    }

    /// Closed loop is not to be had though the line file permits it, and why.
    pub fn withhold(&mut self, why: String) {
        self.permit_closed = false;
        self.permit_withheld = Some(why);
    }

    /// The recipe of the line: from now on nobody arms without a certificate for it.
    pub fn demand(&mut self, recipe: Option<RecipeEntry>) {
        self.recipe = recipe;
    }

    /// The site has signed, by this name, that a lost ledger does not end the control: answers go
    /// out though no row stands behind them.
    pub fn signed_for(&mut self, name: Option<String>) {
        self.signed_by = name;
    }

    /// Deadlines and ladders, by loop, for what status and rows say of them.
    pub fn set_ladders(&mut self, ladders: Vec<LadderRules>) {
        self.ladders = ladders;
    }

    /// Budgets to hold the times against, and the chains among them.
    pub fn set_budgets(&mut self, config: &BudgetConfig, chains: &[Chain]) {
        self.budgets = budgets::Budgets::new(config, &self.names.plan, chains);
        self.chains = chains.to_vec();
    }

    /// Whether the line may be armed under `given`.
    fn certified(&mut self, given: Option<&Certificate>) -> Result<(), Refusal> {
        let now_s = (!self.simulated).then(|| wall_label_s() as u64);
        accept(self.recipe.as_ref(), given, now_s)?;
        self.certificate = given.map(|c| c.hash.clone());
        Ok(())
    }

    /// The file that is removed when everything stands in the ledger.
    pub fn keep_black_box(&mut self, path: Option<PathBuf>) {
        self.black_box = path;
    }

    /// What the host knows (real time obtained, link), for status.
    pub fn set_host(&mut self, host: Value) {
        self.host = host;
    }

    /// The next tick the loop will execute, as far as it has said.
    #[must_use]
    pub fn now_tick(&self) -> u64 {
        self.shown.ticks.load(Ordering::Acquire)
    }

    /// Ticks done, and the core clock when the last one began, ns.
    #[must_use]
    pub fn last_tick(&self) -> (u64, u64) {
        // Acquire: the stamp is of the last of these ticks, or of the one under way.
        (self.now_tick(), self.shown.wake_ns.load(Ordering::Relaxed))
    }

    /// Names of the line.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Time for a row the clerk writes of its own.
    fn now(&mut self) -> (u64, u64) {
        let tick = self.now_tick();
        self.clock.at_tick(tick);
        (tick, self.clock.now_ns())
    }

    /// Adds a row of the clerk's own at the present tick.
    pub fn note(&mut self, kind: Kind, station: &str, body: &Value) -> u64 {
        let (tick, mono_ns) = self.now();
        self.keeping(|store| store.append(tick, mono_ns, kind, station, body))
    }

    /// Works on the files; the loop is told at once when the ledger is lost over it.
    fn keeping<T>(&mut self, work: impl FnOnce(&mut Store) -> T) -> T {
        let was = self.store.healthy();
        let done = work(&mut self.store);
        if was && !self.store.healthy() {
            self.ledger_lost();
        }
        done
    }

    /// Hands an order to the loop; false when its ring is full.
    pub fn order(&mut self, action: Action) -> bool {
        let order = Order { slot: Order::NO_SLOT, based_on_tick: 0, not_after_tick: 0, action };
        self.ports.orders.push(order).is_ok()
    }

    /// Closes and arms the line by the word of the line file (simulated runs).
    pub fn arm_at_start(&mut self, operator: &str) {
        self.note(Kind::Mode, "", &json!({"do": "mode", "mode": "closed", "operator": operator}));
        let certificate = self.recipe.as_ref().and_then(|r| r.certificate.clone());
        let mut arm = json!({"do": "arm", "operator": operator});
        if let Some(certificate) = &certificate {
            arm["certificate"] = json!(certificate);
        }
        self.note(Kind::Mode, "", &arm);
        self.order(Action::Mode(Mode::Closed));
        if self.certified(certificate.as_ref()).is_ok() {
            self.order(Action::Arm);
        }
    }

    /// Takes everything the loop has told: rows, cycles, frames.
    pub fn pump(&mut self) {
        let ticks = self.now_tick();
        while let Ok(record) = self.ports.records.pop() {
            self.take_record(&record);
        }
        while let Ok(telemetry) = self.ports.telemetry.pop() {
            self.take_telemetry(&telemetry);
        }
        self.take_cycles(ticks);
        self.mind_record();
        while self.ports.spent.pop().is_ok() {}
    }

    /// Cycles of ticks that are over, each after the parameter changes of its tick: the records of
    /// those ticks were all there when `ticks` was read.
    fn take_cycles(&mut self, ticks: u64) {
        loop {
            if self.held_cycle == Taken::Nothing {
                self.held_cycle = self.cycle.take(&mut self.ports.cycles);
            }
            if self.held_cycle == Taken::Nothing || self.cycle.tick >= ticks {
                return;
            }
            while self.param_changes.front().is_some_and(|c| c.0 <= self.cycle.tick) {
                if let Some((tick, epoch, values)) = self.param_changes.pop_front() {
                    self.store.params(tick, epoch, &values);
                }
            }
            let c = &self.cycle;
            match std::mem::take(&mut self.held_cycle) {
                Taken::Nothing => {}
                Taken::Cycle => {
                    self.store.cycle(c.loop_i, c.tick, &c.values, &c.qualities, c.hash);
                }
                Taken::Keyframe => self.store.keyframe(c.tick, &c.state),
                Taken::Gap { last_tick, cycles } => self.store.gap(c.tick, last_tick, cycles),
            }
        }
    }

    /// A record that ended or has a gap is an alarm; one that is required takes the permit to act with it.
    fn mind_record(&mut self) {
        let losses = self.store.record_losses();
        if losses == self.record_told {
            return;
        }
        self.record_told = losses;
        let (lost_cycles, _) = self.store.record_lost();
        let body = json!({
            "cause": "record_incomplete", "lost_cycles": lost_cycles,
            "error": self.store.record_error(), "required": self.store.record_required(),
        });
        self.note(Kind::Alarm, "", &body);
        if self.store.record_required() {
            self.state_changed = true;
            self.order(Action::LedgerHealth(false));
            if self.evidence_kept() {
                // The record goes on behind a gap: a person may arm again.
                self.order(Action::LedgerHealth(true));
            }
        }
    }

    /// Whether what is done can be kept: ledger, and the record when it is required.
    fn evidence_kept(&self) -> bool {
        let record = !self.store.record_required() || self.store.record_error().is_empty();
        self.store.healthy() && self.store.has_room() && record
    }

    /// Whether the loop has a command it has not answered yet.
    #[must_use]
    pub fn awaits_loop(&self) -> bool {
        self.pending.iter().any(Option::is_some)
    }

    /// Whether an answer waits for its row to be on disk.
    #[must_use]
    pub fn wants_commit(&self) -> bool {
        self.held_for_commit
    }

    /// Makes all rows durable and lets the answers go. A lost ledger is told to the loop.
    pub fn commit(&mut self) {
        let committed = self.keeping(Store::commit);
        self.release_held();
        if committed {
            let (tick, mono_ns) = self.now();
            self.keeping(|store| store.prune(tick, mono_ns));
        }
    }

    /// Lets answers go that wait for no row (and all, after a commit).
    pub fn release_held(&mut self) {
        if self.held_for_commit && self.store.uncommitted() {
            return;
        }
        self.held_for_commit = false;
        for mut ack in std::mem::take(&mut self.held) {
            if !self.store.healthy() && self.signed_by.is_none() {
                ack.status = linewright_wire::AckStatus::Refused;
                ack.reason = refusal_name(Refusal::LedgerLost).to_owned();
            }
            self.send_ack(ack);
        }
    }

    fn ledger_lost(&mut self) {
        self.state_changed = true;
        self.order(Action::LedgerHealth(false));
    }

    /// Whether the ledger takes rows.
    #[must_use]
    pub fn ledger_healthy(&self) -> bool {
        self.store.healthy()
    }

    /// Tells the loop about a ledger that fails, and tries to open it again; meant for once a second.
    pub fn mind_ledger(&mut self) {
        if self.store.healthy() {
            return;
        }
        self.ledger_lost();
        let (tick, mono_ns) = self.now();
        if self.store.recover(tick, mono_ns) && self.evidence_kept() {
            self.order(Action::LedgerHealth(true));
        }
    }

    /// What the disk of the ledger has free. A full one ends the control while there is still room for the
    /// rows that say so: a live ledger has some beforehand.
    pub fn mind_room(&mut self, free_bytes: u64) {
        if !self.store.mind_room(free_bytes) {
            return;
        }
        self.state_changed = true;
        if self.store.has_room() {
            self.mind_ledger(); // one that was lost over it comes back first
            self.note(Kind::Mode, "", &json!({"disk": "room", "free_bytes": free_bytes}));
            if self.evidence_kept() {
                self.order(Action::LedgerHealth(true));
            }
        } else {
            self.order(Action::LedgerHealth(false));
            self.note(Kind::Alarm, "", &json!({"disk": "full", "free_bytes": free_bytes}));
        }
    }

    /// State of the actuators, from the gate.
    pub fn set_view(&mut self, actuator: usize, view: Option<View>) {
        if let Some(place) = self.views.get_mut(actuator) {
            *place = view;
            self.views_fresh += 1;
        }
    }

    /// State is to be told though nothing changed.
    pub fn want_state(&mut self) {
        self.state_changed = true;
    }

    /// Views are to be asked for anew; the old ones stay until then.
    pub fn forget_views(&mut self) {
        self.views_fresh = 0;
    }

    /// Whether a view of every actuator has come since [`Clerk::forget_views`].
    #[must_use]
    pub fn has_views(&self) -> bool {
        self.views_fresh >= self.views.len()
    }

    /// Whether there is anything to tell that needs fresh views of the actuators.
    #[must_use]
    pub fn wants_views(&self) -> bool {
        self.state_changed || self.status_wanted > 0
    }

    /// Frames to go, in order; call [`Clerk::tell`] before for state and status.
    pub fn take_frames(&mut self) -> VecDeque<Outgoing> {
        std::mem::take(&mut self.out)
    }

    /// Stops in order: last rows, files closed.
    ///
    /// # Errors
    /// What could not be made durable.
    pub fn close(&mut self, reason: &str) -> Result<(), String> {
        self.pump();
        self.take_cycles(u64::MAX);
        let body = self.stop_body(reason);
        self.note(Kind::Stop, "", &body);
        self.commit();
        self.store.close()?;
        if let Some(path) = &self.black_box {
            drop(std::fs::remove_file(path)); // the ledger has it all
        }
        Ok(())
    }
}
