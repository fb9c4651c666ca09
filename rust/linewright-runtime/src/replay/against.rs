//! A run that was really made with the change, beside what replay says it would have done.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use super::ReplayError;
use crate::plan::Plan;
use crate::recorder::{Head, Item, RecordReader, parts};

/// How far a what-if and a real run agree: every slot of every cycle, by its hash.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Agreement {
    /// Cycles with the same bits, before the first that has others.
    pub cycles: u64,
    /// Tick of the last of them.
    pub last_tick: Option<u64>,
    /// Tick and loop of the first cycle with other bits, or that one of them does not have.
    pub first_other: Option<(u64, String)>,
}

/// A record of that run, read cycle by cycle.
pub(super) struct Against {
    files: VecDeque<PathBuf>,
    reader: RecordReader,
    loops: Vec<String>,
    pub agreement: Agreement,
}

impl Against {
    /// Opens the record that `path` is the last file of; its loops must be those of `plan`.
    pub fn open(path: &Path, plan: &Plan) -> Result<Self, ReplayError> {
        let mut files = VecDeque::from(parts(path).map_err(ReplayError::Record)?);
        let first = files.pop_front().unwrap_or_else(|| path.to_path_buf());
        let reader = RecordReader::open(&first).map_err(ReplayError::Record)?;
        let refused = |reason: String| ReplayError::Plan { path: path.to_path_buf(), reason };
        if let Some(reason) = unlike(reader.head(), plan) {
            return Err(refused(reason));
        }
        let loops = reader.head().loops.iter().map(|of| of.name.clone()).collect();
        Ok(Self { files, reader, loops, agreement: Agreement::default() })
    }

    /// Holds the next cycle of the record against one of the what-if.
    pub fn look(&mut self, loop_name: &str, tick: u64, hash: u64) -> Result<(), ReplayError> {
        if self.agreement.first_other.is_some() {
            return Ok(());
        }
        let next = self.next()?;
        let same = next.is_some_and(|(loop_i, at, found)| {
            let name = self.loops.get(loop_i).map(String::as_str);
            (name, at, found) == (Some(loop_name), tick, hash)
        });
        if same {
            self.agreement.cycles += 1;
            self.agreement.last_tick = Some(tick);
        } else {
            self.agreement.first_other = Some((tick, loop_name.to_owned()));
        }
        Ok(())
    }

    /// The next cycle; none at the end, and from a gap on.
    fn next(&mut self) -> Result<Option<(usize, u64, u64)>, ReplayError> {
        loop {
            match self.reader.next().map_err(ReplayError::Record)? {
                Some(Item::Cycle(of)) => return Ok(Some((of.loop_index, of.tick, of.hash))),
                Some(Item::Gap { .. }) => return Ok(None),
                Some(Item::Params { .. } | Item::Keyframe { .. }) => {}
                None => match self.files.pop_front() {
                    Some(file) => {
                        self.reader = RecordReader::open(&file).map_err(ReplayError::Record)?;
                    }
                    None => return Ok(None),
                },
            }
        }
    }
}

/// What in a record is not as in a plan, when its cycles can therefore not be compared.
fn unlike(head: &Head, plan: &Plan) -> Option<String> {
    if head.part > 0 {
        return Some("its first file is gone: nothing to compare from the start on".to_owned());
    }
    if head.base_hz != plan.base_hz() {
        return Some(format!("{} ticks a second, the plan has {}", head.base_hz, plan.base_hz()));
    }
    let there: Vec<&str> = head.loops.iter().map(|of| of.name.as_str()).collect();
    let here: Vec<&str> = plan.loops().iter().map(|of| of.name.as_str()).collect();
    (there != here)
        .then(|| format!("loops {} in it, {} in the plan", there.join(", "), here.join(", ")))
}
