//! The two processes a core runs in: lock-step with simulated time, and live.

mod clerk_thread;
mod link;
mod lockstep;
mod loop_thread;
mod rt;
mod signals;

pub use link::Link;
pub use rt::Obtained;

use crate::config::{CoreConfig, TimeMode};
use crate::core::{Core, StartError, build};
use crate::driver::Driver;
use signals::StopSignals;
pub(crate) use signals::stop_asked;

/// Runs a core to its end and gives the exit code: 0 ended in order (also by SIGTERM or SIGINT),
/// 65 damaged ledger, 69 something needed is not there, 77 real time required and not obtained,
/// 78 bad configuration. Whatever prevents a start is written to standard error as one line of JSON.
#[must_use]
pub fn run(config: &CoreConfig, driver: Box<dyn Driver>) -> i32 {
    match try_run(config, driver) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{}", error.to_json());
            error.exit_code()
        }
    }
}

/// As [`run`], with the reason for not starting as a value.
///
/// # Errors
/// Configuration, plan, ledger, record or link.
pub fn try_run(config: &CoreConfig, driver: Box<dyn Driver>) -> Result<i32, StartError> {
    let _signals = StopSignals::take();
    match config.time.mode {
        TimeMode::Simulated => {
            let mut core = Core::new(config, driver)?;
            lockstep::run(config, &mut core)
        }
        TimeMode::Live => {
            let process = rt::of_process(&config.live);
            let (executive, clerk) = build(config, driver)?;
            clerk_thread::run(config, executive, clerk, process)
        }
    }
}
