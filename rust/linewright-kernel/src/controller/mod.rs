//! Controllers: what turns an error, a model or a forecast into a move.

pub mod bound;
mod cd_design;
mod cd_profile;
mod double_ewma;
mod feed_forward;
mod imc;
mod margins;
mod mpc;
mod mpc_design;
mod pid;
pub mod qp;
mod ratio;
mod run_to_run;
mod smith;
pub mod tuning;

pub use cd_profile::{CdProfile, CdProfileKernel};
pub use double_ewma::{DoubleEwma, DoubleEwmaKernel, DoubleEwmaState};
pub use feed_forward::{FeedForward, FeedForwardKernel, FeedForwardState};
pub use imc::{Imc, ImcKernel, ImcState};
pub use margins::{Loop, Margins};
pub use mpc::{Mpc, MpcKernel};
pub use pid::{AntiWindup, Pid, PidKernel, PidState};
pub use ratio::{Ratio, RatioKernel, RatioState};
pub use run_to_run::{RunToRun, RunToRunKernel, RunToRunState};
pub use smith::{Smith, SmithKernel, SmithState};
