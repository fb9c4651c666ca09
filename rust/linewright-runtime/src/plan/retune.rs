//! New parameter values with the coefficients they give, made off the loop.

use serde_json::Value;

use super::decl::OpDecl;
use super::{ParamInfo, Plan, PlanErrors, Problem};
use crate::exec::kernels::{self, Work};

/// Loop, operation, a kernel with the new coefficients.
type Tuned = (usize, usize, Box<dyn Work>);

/// A whole set of parameter values and what follows from it; see
/// [`crate::exec::Executor::retune`].
#[derive(Debug, Clone)]
pub struct Retune {
    values: Box<[f64]>,
    coefficients: Box<[Tuned]>,
}

impl Retune {
    /// The new values by [`Plan::params`]: what [`crate::exec::Sources::params`] must be from now on.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// What is tuned.
    pub(crate) fn coefficients(&self) -> &[Tuned] {
        &self.coefficients
    }
}

/// Name of the parameter when a config value is `{"param": name}`.
pub(super) fn param_name(value: &Value) -> Option<&str> {
    let map = value.as_object()?;
    if map.len() == 1 { map.get("param")?.as_str() } else { None }
}

/// The config with each `{"param": name}` replaced by the parameter's value; an unknown name stays.
pub(super) fn resolve(
    config: &serde_json::Map<String, Value>,
    params: &[ParamInfo],
    values: &[f64],
) -> Value {
    let entries = config.iter().map(|(key, value)| {
        let found = param_name(value)
            .and_then(|name| params.iter().position(|p| p.name == name))
            .and_then(|i| values.get(i));
        (key.clone(), found.map_or_else(|| value.clone(), |x| Value::from(*x)))
    });
    Value::Object(entries.collect())
}

impl Plan {
    /// Parameter values at the start, by [`Plan::params`].
    pub fn start_values(&self) -> Vec<f64> {
        self.params.iter().map(|p| p.value).collect()
    }

    /// Designs every kernel that depends on a parameter for new values, all of them by
    /// [`Plan::params`]. Runs off the loop.
    ///
    /// # Errors
    /// A value out of its bounds; a kernel that refuses it; a kernel that would need another length
    /// of history, which only a restart can give.
    pub fn retune(&self, values: &[f64]) -> Result<Retune, PlanErrors> {
        let mut problems = self.check_values(values);
        let mut coefficients = Vec::new();
        for (loop_i, (ops, of)) in self.ops.iter().zip(&self.loops).enumerate() {
            let run = ops.iter().filter(|op| op.constant().is_none());
            for (op_i, op) in run.enumerate() {
                let OpDecl::Kernel { kernel, config, .. } = &op.decl else { continue };
                if !problems.is_empty() || !config.values().any(|v| param_name(v).is_some()) {
                    continue;
                }
                let design = |values: &[f64]| {
                    let config = resolve(config, &self.params, values);
                    kernels::design(kernel, &config, 1.0 / f64::from(of.rate_hz))
                        .unwrap_or_else(|| Err("no such kernel".into()))
                        .map(|designed| designed.wire(&[], 0))
                };
                let old = design(&self.start_values());
                match (design(values), old) {
                    (Ok(new), Ok(old)) if old.accepts(&*new) => {
                        coefficients.push((loop_i, op_i, new));
                    }
                    (Ok(_), _) => problems.push(Problem {
                        loop_name: of.name.clone(),
                        op: kernel.clone(),
                        at: op.at.clone(),
                        message: "this change alters how much history the kernel keeps; \
                                  restart the line with the new value"
                            .into(),
                        ..Problem::default()
                    }),
                    (Err(message), _) => problems.push(Problem {
                        loop_name: of.name.clone(),
                        op: kernel.clone(),
                        at: op.at.clone(),
                        message,
                        ..Problem::default()
                    }),
                }
            }
        }
        if problems.is_empty() {
            Ok(Retune { values: values.into(), coefficients: coefficients.into() })
        } else {
            Err(PlanErrors(problems))
        }
    }

    fn check_values(&self, values: &[f64]) -> Vec<Problem> {
        if values.len() != self.params.len() {
            return vec![Problem {
                op: "param".into(),
                expected: format!("{} values", self.params.len()),
                got: values.len().to_string(),
                message: "give every parameter a value".into(),
                ..Problem::default()
            }];
        }
        let out = |p: &ParamInfo, x: f64| !(x.is_finite() && p.lo <= x && x <= p.hi);
        let pairs = self.params.iter().zip(values).filter(|(p, x)| out(p, **x));
        pairs
            .map(|(p, x)| Problem {
                op: "param".into(),
                edge: p.name.clone(),
                expected: format!("{} to {} {}", p.lo, p.hi, p.unit),
                got: x.to_string(),
                message: "keep it within its bounds".into(),
                ..Problem::default()
            })
            .collect()
    }
}
