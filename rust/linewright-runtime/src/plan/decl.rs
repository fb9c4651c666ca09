//! The plan as it is written: one variant per operation.

use std::collections::BTreeMap;

use crate::exec::Lookup;

/// Two edges.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pair {
    pub a: String,
    pub b: String,
}

/// One edge.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct One {
    pub a: String,
}

/// What a mailbox gives when its set-point expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// The last set-point.
    Hold,
    /// The declared default.
    Default,
}

/// How urgent an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// For the record.
    Log,
    /// Somebody should know.
    Advice,
    /// Somebody must act.
    Alarm,
}

/// Unit of the output letters that no input fixes: one for all, or by letter.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(untagged)]
pub(crate) enum FreeUnits {
    All(String),
    ByLetter(BTreeMap<String, String>),
}

/// One operation; fields as in the plan.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum OpDecl {
    Input {
        channel: String,
        unit: String,
        max_age_s: f64,
    },
    Mailbox {
        name: String,
        unit: String,
        default: f64,
        lo: f64,
        hi: f64,
        ttl_s: f64,
        fallback: Fallback,
    },
    Profile {
        name: String,
        unit: String,
        position: String,
        #[serde(default)]
        lookup: Lookup,
    },
    Param {
        name: String,
    },
    Written {
        actuator: String,
        unit: String,
    },
    Latest {
        slot: String,
    },
    Const {
        value: f64,
        #[serde(default)]
        unit: Option<String>,
    },
    Add(Pair),
    Sub(Pair),
    Mul(Pair),
    Div(Pair),
    Min(Pair),
    Max(Pair),
    Gt(Pair),
    Lt(Pair),
    Ge(Pair),
    Le(Pair),
    And(Pair),
    Or(Pair),
    Neg(One),
    Abs(One),
    Not(One),
    Select {
        condition: String,
        a: String,
        b: String,
    },
    Convert {
        x: String,
        unit: String,
    },
    BadWhen {
        x: String,
        condition: String,
    },
    IsGood {
        x: String,
    },
    OrElse {
        x: String,
        fallback: String,
    },
    Kernel {
        kernel: String,
        #[serde(default)]
        config: serde_json::Map<String, serde_json::Value>,
        inputs: Vec<String>,
        #[serde(default)]
        unit: Option<FreeUnits>,
    },
    Output {
        actuator: String,
        #[serde(default)]
        unit: Option<String>,
        value: String,
    },
    Event {
        name: String,
        when: String,
        #[serde(default)]
        evidence: BTreeMap<String, String>,
        rule: String,
        decision: String,
        priority: Priority,
        refractory_s: f64,
    },
    Tap {
        topic: String,
        value: String,
        #[serde(default)]
        unit: Option<String>,
        every_s: f64,
    },
    WebMap {
        name: String,
        position: String,
        value: String,
        #[serde(default)]
        unit: Option<String>,
        step_m: f64,
    },
}

impl OpDecl {
    /// True when the op brings something into the loop: its slots are recorded and fed back.
    pub fn is_source(&self) -> bool {
        matches!(
            self,
            Self::Input { .. }
                | Self::Mailbox { .. }
                | Self::Profile { .. }
                | Self::Param { .. }
                | Self::Written { .. }
                | Self::Latest { .. }
        )
    }

    /// Edges read, in the order the executor takes them.
    pub fn reads(&self) -> Vec<&str> {
        match self {
            Self::Profile { position, .. } => vec![position],
            Self::Latest { slot } => vec![slot],
            Self::Add(p)
            | Self::Sub(p)
            | Self::Mul(p)
            | Self::Div(p)
            | Self::Min(p)
            | Self::Max(p)
            | Self::Gt(p)
            | Self::Lt(p)
            | Self::Ge(p)
            | Self::Le(p)
            | Self::And(p)
            | Self::Or(p) => vec![&p.a, &p.b],
            Self::Neg(p) | Self::Abs(p) | Self::Not(p) => vec![&p.a],
            Self::Select { condition, a, b } => vec![condition, a, b],
            Self::Convert { x, .. } | Self::IsGood { x } => vec![x],
            Self::BadWhen { x, condition } => vec![x, condition],
            Self::OrElse { x, fallback } => vec![x, fallback],
            Self::Kernel { inputs, .. } => inputs.iter().map(String::as_str).collect(),
            Self::Output { value, .. } | Self::Tap { value, .. } => vec![value],
            Self::Event { when, evidence, .. } => {
                std::iter::once(when).chain(evidence.values()).map(String::as_str).collect()
            }
            Self::WebMap { position, value, .. } => vec![position, value],
            Self::Input { .. }
            | Self::Mailbox { .. }
            | Self::Param { .. }
            | Self::Written { .. }
            | Self::Const { .. } => vec![],
        }
    }

    /// What a recorded slot is called.
    pub fn label(&self) -> String {
        match self {
            Self::Input { channel, .. } => format!("input {channel}"),
            Self::Mailbox { name, .. } => format!("mailbox {name}"),
            Self::Profile { name, .. } => format!("profile {name}"),
            Self::Param { name } => format!("param {name}"),
            Self::Written { actuator, .. } => format!("written {actuator}"),
            Self::Latest { slot } => format!("latest {slot}"),
            Self::Kernel { kernel, .. } => kernel.clone(),
            _ => String::new(),
        }
    }
}
