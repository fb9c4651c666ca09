//! Why a core does not start, and the exit code that goes with it.

use crate::config::ConfigError;
use crate::ledger::LedgerError;
use crate::plan::PlanErrors;
use crate::recorder::RecordError;
use serde_json::{Value, json};
use std::fmt;

/// Why a core does not start.
#[derive(Debug, Clone, PartialEq)]
pub enum StartError {
    /// Settings, each with key and field.
    Config(Vec<ConfigError>),
    /// The plan.
    Plan(PlanErrors),
    /// The ledger.
    Ledger(LedgerError),
    /// The record.
    Record(String),
    /// Anything else: driver, link, threads.
    Host(String),
}

impl StartError {
    /// Exit code of a process that ends because of it.
    #[must_use]
    pub fn exit_code(&self) -> i32 {
        match self {
            Self::Config(_) | Self::Plan(_) => 78,
            Self::Ledger(LedgerError::Corrupt { .. } | LedgerError::NotALedger { .. }) => 65,
            Self::Ledger(_) | Self::Record(_) | Self::Host(_) => 69,
        }
    }

    /// For a program: settings and problems of the plan one by one.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Config(errors) => json!({"config": errors}),
            Self::Plan(errors) => json!({"plan": errors.0}),
            other => json!({"error": other.to_string()}),
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(errors) => {
                for (i, error) in errors.iter().enumerate() {
                    let end = if i > 0 { "\n" } else { "" };
                    write!(f, "{end}{error}")?;
                }
                Ok(())
            }
            Self::Plan(errors) => errors.fmt(f),
            Self::Ledger(error) => error.fmt(f),
            Self::Record(error) | Self::Host(error) => f.write_str(error),
        }
    }
}

impl std::error::Error for StartError {}

impl From<Vec<ConfigError>> for StartError {
    fn from(errors: Vec<ConfigError>) -> Self {
        Self::Config(errors)
    }
}

impl From<PlanErrors> for StartError {
    fn from(errors: PlanErrors) -> Self {
        Self::Plan(errors)
    }
}

impl From<LedgerError> for StartError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl From<RecordError> for StartError {
    fn from(error: RecordError) -> Self {
        Self::Record(error.to_string())
    }
}
