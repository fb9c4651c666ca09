//! Replay: the recorded sources through the recorded plan must give the recorded hashes, bit for bit.
//!
//! Each cycle is checked twice. First whether its inputs are as they were written (the record's own
//! check, which names a changed slot); only then is it computed and its hash compared. A divergence
//! therefore means that this build computes something else from the very same inputs.

mod error;

use std::path::{Path, PathBuf};

pub use self::error::{Divergence, ReplayError};

use crate::exec::Executor;
use crate::ledger::hex;
use crate::plan::Plan;
use crate::recorder::{Item, RecordReader, Truncated};

/// A record that replays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The record.
    pub path: PathBuf,
    /// Cycles replayed, all with the recorded hash.
    pub cycles: u64,
    /// Parameter changes applied.
    pub param_changes: u64,
    /// Base tick of the first and last cycle; none without cycles.
    pub ticks: Option<(u64, u64)>,
    /// SHA-256 of the plan, hexadecimal.
    pub plan_hash: String,
    /// Where the record was cut off, when it was: what came before replays.
    pub truncated: Option<Truncated>,
}

/// How far a replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Cycles replayed.
    pub cycles: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
}

/// Replays a whole record.
///
/// # Errors
/// The first damaged or diverging cycle; a record that cannot be read.
pub fn verify(path: impl AsRef<Path>) -> Result<Report, ReplayError> {
    verify_with(path, |_| {})
}

/// As [`verify`], telling `progress` after each chunk of the record.
///
/// # Errors
/// As [`verify`].
pub fn verify_with(
    path: impl AsRef<Path>,
    mut progress: impl FnMut(Progress),
) -> Result<Report, ReplayError> {
    let path = path.as_ref();
    let mut reader = RecordReader::open(path).map_err(ReplayError::Record)?;
    let mut run = Run::new(path, &reader)?;
    let mut told = 0;
    while let Some(item) = reader.next().map_err(ReplayError::Record)? {
        run.item(&item)?;
        let (bytes, total_bytes) = reader.progress();
        if bytes != told {
            told = bytes;
            progress(Progress { cycles: run.report.cycles, bytes, total_bytes });
        }
    }
    let (bytes, total_bytes) = reader.progress();
    progress(Progress { cycles: run.report.cycles, bytes, total_bytes });
    run.report.truncated = reader.truncated();
    Ok(run.report)
}

/// A replay under way.
struct Run {
    plan: Plan,
    executor: Executor,
    params: Vec<f64>,
    build: String,
    report: Report,
}

impl Run {
    fn new(path: &Path, reader: &RecordReader) -> Result<Self, ReplayError> {
        let head = reader.head();
        let refused = |reason: String| ReplayError::Plan { path: path.to_path_buf(), reason };
        let plan = Plan::from_json(&head.plan_json).map_err(|e| refused(e.to_string()))?;
        let plan_hash = hex(&plan.hash());
        if plan_hash != head.plan_hash {
            let recorded = head.plan_hash.clone();
            return Err(refused(format!("its hash is {plan_hash}, recorded was {recorded}")));
        }
        let names = |of: &[String]| of.join(", ");
        let here: Vec<String> = plan.loops().iter().map(|of| of.name.clone()).collect();
        let there: Vec<String> = head.loops.iter().map(|of| of.name.clone()).collect();
        if here != there {
            return Err(refused(format!(
                "loops {} in the plan, {} in the record",
                names(&here),
                names(&there)
            )));
        }
        let executor = Executor::new(&plan).map_err(|e| refused(e.to_string()))?;
        let params = plan.start_values();
        let build = head.provenance.get("build").cloned().unwrap_or_default();
        let report = Report {
            path: path.to_path_buf(),
            cycles: 0,
            param_changes: 0,
            ticks: None,
            plan_hash,
            truncated: None,
        };
        Ok(Self { plan, executor, params, build, report })
    }

    fn item(&mut self, item: &Item<'_>) -> Result<(), ReplayError> {
        match item {
            Item::Params { tick, values, .. } => self.retune(*tick, values),
            Item::Cycle(cycle) => {
                let hash = self.executor.run_loop_recorded(
                    cycle.loop_index,
                    cycle.tick,
                    cycle.values,
                    cycle.qualities,
                );
                let name = || {
                    let of = self.plan.loops().get(cycle.loop_index);
                    of.map_or_else(String::new, |of| of.name.clone())
                };
                let Some(replayed) = hash else {
                    let reason = format!(
                        "tick {}, loop {}: {} source slots recorded, the plan has another number",
                        cycle.tick,
                        name(),
                        cycle.values.len()
                    );
                    return Err(ReplayError::Plan { path: self.report.path.clone(), reason });
                };
                if replayed != cycle.hash {
                    return Err(ReplayError::Divergence(Box::new(Divergence {
                        path: self.report.path.clone(),
                        tick: cycle.tick,
                        loop_name: name(),
                        cycle: self.report.cycles,
                        recorded: cycle.hash,
                        replayed,
                        recorded_build: self.build.clone(),
                    })));
                }
                self.report.cycles += 1;
                let first = self.report.ticks.map_or(cycle.tick, |(first, _)| first);
                self.report.ticks = Some((first, cycle.tick));
                Ok(())
            }
        }
    }

    fn retune(&mut self, tick: u64, values: &[(u16, f64)]) -> Result<(), ReplayError> {
        let path = self.report.path.clone();
        let refused = |reason: String| ReplayError::Plan {
            path,
            reason: format!("parameter change at tick {tick}: {reason}"),
        };
        for (index, value) in values {
            match self.params.get_mut(usize::from(*index)) {
                Some(param) => *param = *value,
                None => return Err(refused(format!("no parameter {index} in the plan"))),
            }
        }
        match self.plan.retune(&self.params) {
            Ok(retune) if self.executor.retune(&retune) => {
                self.report.param_changes += 1;
                Ok(())
            }
            Ok(_) => Err(refused("it does not fit the plan".to_owned())),
            Err(e) => Err(refused(e.to_string())),
        }
    }
}
