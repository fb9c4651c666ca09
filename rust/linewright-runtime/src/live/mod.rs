//! The two processes a core runs in: lock-step with simulated time, and live.

mod clerk_thread;
mod link;
mod lockstep;
mod looks;
mod loop_thread;
mod notify;
mod room;
mod rt;
mod signals;

pub use link::Link;
pub use rt::Obtained;

use crate::config::{ConfigError, CoreConfig, Pacing, RealTime, TimeMode};
use crate::core::{Core, Host, StartError, build_on};
use crate::driver::Driver;
use clerk_thread::Facts;
use loop_thread::LoopThread;
use serde_json::json;
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
            if config.live.pacing == Pacing::Driver && driver.wait_fd().is_none() {
                let expected = "sleep or spin: this driver does not say when to read";
                let error = ConfigError::new("live", "pacing", expected, "driver");
                return Err(StartError::Config(vec![error]));
            }
            let mut obtained = rt::of_process(&config.live);
            let thread = LoopThread::start(config);
            let thread = thread.map_err(|e| StartError::Host(format!("loop thread: {e}")))?;
            let (of_thread, thread_id) = thread.obtained();
            obtained.join(of_thread);
            if config.live.rt == RealTime::Required && !obtained.complete() {
                drop(thread.join());
                let missing: Vec<_> = obtained.missing().collect();
                let error = format!("real time is required and lacks {}", missing.join(", "));
                eprintln!("{}", json!({"error": error, "real_time": obtained.to_json()}));
                return Ok(77);
            }
            let (executive, clerk) = build_on(config, driver, Host::from(&obtained))?;
            thread.run(executive);
            clerk_thread::run(config, thread, clerk, &Facts { obtained, thread_id })
        }
    }
}
