//! Controllers: what turns an error, a model or a forecast into a move.

pub mod bound;
mod cd_design;
mod cd_profile;
mod feed_forward;
mod mpc;
mod mpc_design;
mod margins;
mod pid;
pub mod qp;
mod smith;
pub mod tuning;

pub use cd_profile::{CdProfile, CdProfileKernel};
pub use feed_forward::{FeedForward, FeedForwardKernel, FeedForwardState};
pub use mpc::{Mpc, MpcKernel};
pub use margins::{Loop, Margins};
pub use pid::{Pid, PidKernel, PidState};
pub use smith::{Smith, SmithKernel, SmithState};
