//! Asks the system for real time and says honestly what it got.
#![allow(unsafe_code)] // system calls; each has its SAFETY line

use crate::config::LiveConfig;
use serde_json::{Value, json};
use std::io;
use std::mem::size_of;

/// What was asked for and what became of it.
#[derive(Debug, Clone, Default)]
pub struct Obtained {
    entries: Vec<(&'static str, Result<(), String>)>,
}

impl Obtained {
    fn note(&mut self, what: &'static str, code: libc::c_int) {
        let result = if code == 0 { Ok(()) } else { Err(io::Error::last_os_error().to_string()) };
        self.entries.push((what, result));
    }

    /// Whether everything asked for was obtained.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.entries.iter().all(|(_, result)| result.is_ok())
    }

    /// Adds another list.
    pub fn join(&mut self, other: Self) {
        self.entries.extend(other.entries);
    }

    /// For status: `rt` is `none` when nothing was asked for, `obtained` or `degraded`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let asked = self.entries.iter().any(|(what, _)| *what != "timer_slack");
        let state = match (asked, self.complete()) {
            (_, false) => "degraded",
            (true, true) => "obtained",
            (false, true) => "none",
        };
        let entries = self.entries.iter().map(|(what, result)| {
            let text = match result {
                Ok(()) => "obtained".to_owned(),
                Err(e) => format!("refused: {e}"),
            };
            ((*what).to_owned(), Value::from(text))
        });
        json!({"rt": state, "items": entries.collect::<serde_json::Map<_, _>>()})
    }
}

/// For the whole process; before threads start.
#[must_use]
pub fn of_process(config: &LiveConfig) -> Obtained {
    let mut obtained = Obtained::default();
    if config.lock_memory {
        // SAFETY: a plain call without pointers.
        obtained
            .note("lock_memory", unsafe { libc::mlockall(libc::MCL_CURRENT | libc::MCL_FUTURE) });
    }
    obtained
}

/// For the loop thread, called in it; the scheduling class last.
#[must_use]
pub fn of_loop_thread(config: &LiveConfig) -> Obtained {
    let mut obtained = Obtained::default();
    // SAFETY: a plain call; 1 ns of slack for this thread.
    obtained.note("timer_slack", unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1, 0, 0, 0) });
    if let Some(cpu) = config.cpu {
        // SAFETY: cpu_set_t is plain data; CPU_SET checks nothing, so the number is bounded here.
        obtained.note("cpu", unsafe {
            let mut set: libc::cpu_set_t = std::mem::zeroed();
            libc::CPU_SET((cpu as usize).min(libc::CPU_SETSIZE as usize - 1), &mut set);
            libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set)
        });
    }
    if config.fifo_priority > 0 {
        let param = libc::sched_param { sched_priority: config.fifo_priority.min(98) };
        let policy = libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK;
        // SAFETY: `param` is valid; thread 0 is the caller.
        obtained.note("fifo_priority", unsafe {
            libc::sched_setscheduler(0, policy, &raw const param)
        });
    }
    obtained
}
