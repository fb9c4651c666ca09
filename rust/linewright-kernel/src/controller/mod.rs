//! Controllers: what turns an error, a model or a forecast into a move.

pub mod bound;
mod cascade;
mod cd_design;
mod cd_profile;
mod double_ewma;
mod feed_forward;
mod gain_schedule;
mod imc;
mod margins;
mod mpc;
mod mpc_design;
mod pid;
pub mod qp;
mod ratio;
mod relay_autotune;
mod repetitive;
mod run_to_run;
mod scheduled_pid;
mod smith;
pub mod tuning;

pub use cascade::{CascadePid, CascadePidKernel, CascadePidState};
pub use cd_profile::{CdProfile, CdProfileKernel};
pub use double_ewma::{DoubleEwma, DoubleEwmaKernel, DoubleEwmaState};
pub use feed_forward::{FeedForward, FeedForwardKernel, FeedForwardState};
pub use gain_schedule::{GainSchedule, GainScheduleKernel};
pub use imc::{Imc, ImcKernel, ImcState};
pub use margins::{Loop, Margins};
pub use mpc::{Mpc, MpcKernel};
pub use pid::{AntiWindup, Pid, PidKernel, PidState};
pub use ratio::{Ratio, RatioKernel, RatioState};
pub use relay_autotune::{RelayAutotune, RelayAutotuneKernel, RelayAutotuneState};
pub use repetitive::{Repetitive, RepetitiveKernel, RepetitiveState};
pub use run_to_run::{RunToRun, RunToRunKernel, RunToRunState};
pub use scheduled_pid::{ScheduledPid, ScheduledPidKernel};
pub use smith::{Smith, SmithKernel, SmithState};
