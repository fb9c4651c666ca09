//! Units through the operations.

use std::collections::BTreeMap;

use super::check::{Checker, Here};
use super::decl::{FreeUnits, OpDecl, Pair};
use crate::exec::kernels::Designed;
use crate::unit::{Conversion, Unit};
use linewright_kernel::Port;

/// What is known of a slot's unit.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum UnitOf {
    /// This one.
    Known(Unit),
    /// A bare number: takes the unit of what it meets.
    Free,
    /// Lost to an earlier problem: matches anything, so that one mistake is told once.
    Unknown,
}

impl UnitOf {
    /// Canonical spelling; a bare number is dimensionless.
    pub fn text(&self) -> String {
        match self {
            Self::Known(unit) => unit.to_string(),
            Self::Free | Self::Unknown => "1".into(),
        }
    }

    fn one() -> Self {
        Self::Known(Unit::one())
    }
}

/// An edge and its unit.
type Edge = (String, UnitOf);

impl Checker {
    /// Units of the slots an op writes.
    pub(super) fn infer(
        &mut self,
        here: &Here,
        decl: &OpDecl,
        designed: Option<Designed>,
        reads: &[Edge],
        conversion: &mut Conversion,
    ) -> Vec<UnitOf> {
        let read = |i: usize| reads.get(i).map_or(UnitOf::Unknown, |(_, unit)| unit.clone());
        match decl {
            OpDecl::Input { unit, channel, .. } => vec![self.unit(here, channel, unit)],
            OpDecl::Mailbox { unit, name, .. } => vec![self.unit(here, name, unit), UnitOf::one()],
            OpDecl::Profile { unit, name, .. } => {
                self.must_be(here, reads, 0, "m");
                vec![self.unit(here, name, unit), UnitOf::one()]
            }
            OpDecl::Written { unit, actuator } => {
                vec![self.unit(here, actuator, unit), UnitOf::one()]
            }
            OpDecl::Param { name } => {
                let unit =
                    self.plan.params.iter().find(|p| p.name == *name).map(|p| p.unit.clone());
                vec![unit.map_or(UnitOf::Unknown, |unit| self.unit(here, name, &unit))]
            }
            OpDecl::Const { unit, .. } => match unit {
                Some(unit) => vec![self.unit(here, "unit", unit)],
                None => vec![UnitOf::Free],
            },
            OpDecl::Latest { .. } | OpDecl::Neg(_) | OpDecl::Abs(_) => vec![read(0)],
            OpDecl::Add(_) | OpDecl::Sub(_) | OpDecl::Min(_) | OpDecl::Max(_) => {
                vec![self.same(here, reads)]
            }
            OpDecl::OrElse { .. } => vec![self.same(here, reads)],
            OpDecl::Mul(Pair { .. }) => vec![combine(read(0), read(1), Unit::times)],
            OpDecl::Div(Pair { .. }) => vec![combine(read(0), read(1), Unit::over)],
            OpDecl::Gt(_) | OpDecl::Lt(_) | OpDecl::Ge(_) | OpDecl::Le(_) => {
                self.same(here, reads);
                vec![UnitOf::one()]
            }
            OpDecl::And(_) | OpDecl::Or(_) | OpDecl::Not(_) => {
                (0..reads.len()).for_each(|i| self.must_be(here, reads, i, "1"));
                vec![UnitOf::one()]
            }
            OpDecl::Select { .. } => {
                self.must_be(here, reads, 0, "1");
                vec![self.same(here, reads.get(1..).unwrap_or_default())]
            }
            OpDecl::Convert { unit, .. } => vec![self.convert(here, reads, unit, conversion)],
            OpDecl::BadWhen { .. } => {
                self.must_be(here, reads, 1, "1");
                vec![read(0)]
            }
            OpDecl::IsGood { .. } => vec![UnitOf::one()],
            OpDecl::Kernel { kernel, unit, .. } => {
                self.kernel(here, kernel, designed.as_ref(), reads, unit.as_ref())
            }
            OpDecl::Output { unit, .. } | OpDecl::Tap { unit, .. } => {
                if let Some(unit) = unit {
                    self.must_be(here, reads, 0, unit);
                }
                Vec::new()
            }
            OpDecl::Event { .. } => {
                self.must_be(here, reads, 0, "1");
                Vec::new()
            }
            OpDecl::WebMap { unit, .. } => {
                self.must_be(here, reads, 0, "m");
                if let Some(unit) = unit {
                    self.must_be(here, reads, 1, unit);
                }
                Vec::new()
            }
        }
    }

    /// All edges must carry one unit; gives it.
    fn same(&mut self, here: &Here, reads: &[Edge]) -> UnitOf {
        let mut found: Option<&Edge> = None;
        let mut unknown = false;
        for edge in reads {
            match (&edge.1, found) {
                (UnitOf::Known(unit), Some((first, UnitOf::Known(of)))) if unit != of => {
                    let expected = format!("\"{of}\" as {first}");
                    self.mismatch(here, &edge.0, &expected, unit, of);
                    return UnitOf::Unknown;
                }
                (UnitOf::Known(_), None) => found = Some(edge),
                (UnitOf::Unknown, _) => unknown = true,
                _ => {}
            }
        }
        match found {
            Some((_, unit)) => unit.clone(),
            None if unknown => UnitOf::Unknown,
            None => UnitOf::Free,
        }
    }

    /// Edge `i` must carry `unit`.
    fn must_be(&mut self, here: &Here, reads: &[Edge], i: usize, unit: &str) {
        let wanted = self.unit(here, "unit", unit);
        if let (Some((id, UnitOf::Known(got))), UnitOf::Known(wanted)) = (reads.get(i), &wanted)
            && got != wanted
        {
            self.mismatch(here, id, &format!("\"{wanted}\""), got, wanted);
        }
    }

    fn mismatch(&mut self, here: &Here, edge: &str, expected: &str, got: &Unit, wanted: &Unit) {
        let advice = match got.conversion_to(wanted) {
            Ok(_) => format!("units are not converted by themselves: use .to(\"{wanted}\")"),
            Err(error) => format!("{error}; wire another edge or multiply by what links them"),
        };
        self.problem(here, edge, [expected, &format!("\"{got}\"")], advice);
    }

    fn convert(
        &mut self,
        here: &Here,
        reads: &[Edge],
        unit: &str,
        conversion: &mut Conversion,
    ) -> UnitOf {
        let wanted = self.unit(here, "unit", unit);
        if let (Some((id, UnitOf::Known(got))), UnitOf::Known(to)) = (reads.first(), &wanted) {
            match got.conversion_to(to) {
                Ok(found) => *conversion = found,
                Err(error) => {
                    let [expected, got] = [format!("\"{to}\""), format!("\"{got}\"")];
                    self.problem(here, id, [&expected, &got], error.to_string());
                }
            }
        }
        wanted
    }

    /// Ports with the same letter carry the same unit; a letter no input fixes is given by `unit`.
    fn kernel(
        &mut self,
        here: &Here,
        name: &str,
        ports: Option<&Designed>,
        reads: &[Edge],
        unit: Option<&FreeUnits>,
    ) -> Vec<UnitOf> {
        let Some(ports) = ports else { return Vec::new() };
        if reads.len() != ports.inputs.len() {
            let mut names: Vec<_> = ports.inputs.iter().map(|port| port.name).collect();
            names.dedup();
            let expected = format!("{} inputs ({})", ports.inputs.len(), names.join(", "));
            self.problem(here, name, [&expected, &reads.len().to_string()], "wire every input");
            return vec![UnitOf::Unknown; ports.outputs.len()];
        }
        let mut letters: BTreeMap<&str, UnitOf> = BTreeMap::new();
        letters.insert(ANY, UnitOf::Free);
        let fixed = |port: &&Port| !is_letter(port.unit) && port.unit != ANY;
        for port in ports.inputs.iter().chain(&ports.outputs).filter(fixed) {
            letters.insert(port.unit, self.unit(here, port.name, port.unit));
        }
        for (port, edge) in ports.inputs.iter().zip(reads).filter(|(port, _)| port.unit != ANY) {
            let bound = letters.get(port.unit).cloned();
            match (bound, &edge.1) {
                (Some(UnitOf::Known(of)), UnitOf::Known(got)) if of != *got => {
                    let expected = format!("\"{of}\" on port {}", port.name);
                    self.mismatch(here, &edge.0, &expected, got, &of);
                }
                (Some(UnitOf::Known(_)), _) => {}
                (_, UnitOf::Free) => {
                    letters.entry(port.unit).or_insert(UnitOf::Free);
                }
                (_, unit) => {
                    letters.insert(port.unit, unit.clone());
                }
            }
        }
        let free: Vec<_> = (ports.outputs.iter().map(|port| port.unit))
            .filter(|letter| {
                *letter != ANY && matches!(letters.get(letter), None | Some(UnitOf::Free))
            })
            .collect();
        if free.is_empty() && unit.is_some() {
            let message = "its inputs already fix the unit of its outputs; leave `unit` out";
            self.problem(here, name, ["no unit", "one"], message);
        }
        for letter in free {
            let given = self.free_unit(here, name, letter, unit);
            letters.insert(letter, given);
        }
        let unit_of = |letter| letters.get(letter).cloned().unwrap_or(UnitOf::Unknown);
        ports.outputs.iter().map(|port| unit_of(port.unit)).collect()
    }

    fn free_unit(
        &mut self,
        here: &Here,
        name: &str,
        letter: &str,
        unit: Option<&FreeUnits>,
    ) -> UnitOf {
        let given = match unit {
            Some(FreeUnits::All(unit)) => Some(unit),
            Some(FreeUnits::ByLetter(map)) => map.get(letter),
            None => None,
        };
        match given {
            Some(unit) => self.unit(here, name, unit),
            None => {
                let expected = format!("a unit for its outputs of letter {letter}");
                self.problem(here, name, [&expected, "none"], "give it: apply(..., unit=\"...\")");
                UnitOf::Unknown
            }
        }
    }
}

/// Each number of the port has a unit of its own.
const ANY: &str = "*";

/// Ports name their unit by a letter to be bound (`a` to `f`), or it is a unit as it stands.
fn is_letter(unit: &str) -> bool {
    matches!(unit.as_bytes(), [b'a'..=b'f'])
}

fn combine(a: UnitOf, b: UnitOf, how: impl Fn(&Unit, &Unit) -> Unit) -> UnitOf {
    let one = Unit::one();
    let (a, b) = match (&a, &b) {
        (UnitOf::Unknown, _) | (_, UnitOf::Unknown) => return UnitOf::Unknown,
        (UnitOf::Free, UnitOf::Free) => return UnitOf::Free,
        (UnitOf::Known(a), UnitOf::Known(b)) => (a, b),
        (UnitOf::Known(a), UnitOf::Free) => (a, &one),
        (UnitOf::Free, UnitOf::Known(b)) => (&one, b),
    };
    UnitOf::Known(how(a, b))
}
