//! What is wrong with a plan, one line each.

use std::fmt;

/// One reason a plan is refused.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Problem {
    /// Loop, empty when the plan as a whole is meant.
    #[serde(rename = "loop")]
    pub loop_name: String,
    /// Operation, for example `"add"`.
    pub op: String,
    /// The edge (slot id) or name concerned.
    pub edge: String,
    /// What should stand there.
    pub expected: String,
    /// What stands there.
    pub got: String,
    /// `file.py:LINE` of the wiring.
    pub at: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.at.is_empty() {
            write!(f, "{}: ", self.at)?;
        }
        if !self.loop_name.is_empty() {
            write!(f, "loop {}: ", self.loop_name)?;
        }
        if !self.op.is_empty() {
            write!(f, "{}: ", self.op)?;
        }
        if !self.edge.is_empty() {
            write!(f, "{}: ", self.edge)?;
        }
        if !self.expected.is_empty() || !self.got.is_empty() {
            write!(f, "expected {}, got {}; ", self.expected, self.got)?;
        }
        f.write_str(&self.message)
    }
}

/// Every reason a plan is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanErrors(pub Vec<Problem>);

impl fmt::Display for PlanErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PlanErrors {}
