//! Controllers: what turns an error, a model or a forecast into a move.

pub mod bound;
mod feed_forward;
mod pid;
mod smith;

pub use feed_forward::{FeedForward, FeedForwardKernel, FeedForwardState};
pub use pid::{Pid, PidKernel, PidState};
pub use smith::{Smith, SmithKernel, SmithState};
