//! What runs a line: plan and executor, gate, recorder, ledger, and the three hosts (inline,
//! lock-step, live). See `docs/decisions/` for why it is cut this way.

pub mod black_box;
pub mod clerk;
pub mod clock;
pub mod config;
pub mod core;
pub mod driver;
pub mod drivers;
pub mod exec;
pub mod executive;
mod folder;
pub mod frames;
mod front;
pub mod gate;
pub mod ledger;
pub mod live;
pub mod order;
pub mod plan;
pub mod record;
pub mod recorder;
pub mod replay;
pub mod sample;
pub mod sandbox;
mod seqpacket;
pub mod unit;
