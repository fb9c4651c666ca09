//! Python face of Linewright: converts and delegates, nothing else.
use pyo3::prelude::*;

mod block;
mod bounds;
mod charts;
mod core;
mod drying;
mod error;
mod fast;
mod flow;
mod formation;
mod frames;
mod fronts;
mod json;
mod kernels;
mod keywords;
mod ledger;
mod multivariate;
mod physics;
mod plan;
mod plant;
mod process;
mod qp;
mod recipe_gate;
mod records;
mod replay;
mod sandbox;
mod tuning;
mod twin;
mod value;
mod vectors;
mod weld;
mod wire;

/// Compiled core of Linewright.
#[pymodule]
mod _core {
    use super::*;

    #[pymodule_export]
    use super::core::{Core, check_config, same_unit};
    #[pymodule_export]
    use super::error::{ConfigError, DesignError, LedgerError, PlanError, RecordError};
    #[pymodule_export]
    use super::formation::FormationTwin;
    #[pymodule_export]
    use super::frames::{FrameWriter, read_frame};
    #[pymodule_export]
    use super::ledger::{
        ledger_newest, ledger_pin, ledger_pins, ledger_removed, ledger_rows, ledger_starts,
        ledger_unpin, ledger_verify,
    };
    #[pymodule_export]
    use super::plan::{check_plan, plan_hash, plan_summary};
    #[pymodule_export]
    use super::process::run_core;
    #[pymodule_export]
    use super::replay::{record_head, record_series, replay_verify, replay_what_if};
    #[pymodule_export]
    use super::sandbox::{confine, confinement_offered};
    #[pymodule_export]
    use super::twin::Twin;
    #[pymodule_export]
    use super::weld::{Weld, WeldTwin, learn_welds};
    #[pymodule_export]
    use super::wire::{wire_encode, wire_frames, wire_open, wire_parts};

    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        kernels::add(module)?;
        vectors::add(module)?;
        fronts::add(module)?;
        charts::add(module)?;
        bounds::add(module)?;
        multivariate::add(module)?;
        qp::add(module)?;
        tuning::add(module)?;
        records::add(module)?;
        physics::add(module)?;
        drying::add(module)?;
        recipe_gate::add(module)?;
        flow::add(module)?;
        formation::add(module)
    }
}
