//! Where the source slots of a changed loop come from, and what of them a record cannot tell.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::plan::{LoopInfo, Plan, SlotInfo};

/// Where a source slot comes from.
#[derive(Debug, Clone, Copy)]
pub(super) enum From {
    Recorded(usize),
    Param(usize),
    /// A slot of another loop: what the changed run has there.
    Latest(usize, usize),
}

/// Where the source slots of `of` come from: parameters and slots of other loops from the changed run, all
/// else from the slot of the same label in `recorded`.
pub(super) fn sources(
    plan: &Plan,
    of: &LoopInfo,
    recorded: &LoopInfo,
) -> Result<Vec<From>, String> {
    if of.rate_hz != recorded.rate_hz || of.divisor != recorded.divisor {
        let (now, then) = (of.rate_hz, recorded.rate_hz);
        return Err(format!("loop {}: {now} Hz, the record has it at {then} Hz", of.name));
    }
    let there = &recorded.slots[..recorded.sources.min(recorded.slots.len())];
    let mut used = vec![false; there.len()];
    let one = |slot: &SlotInfo| {
        if let Some(id) = slot.label.strip_prefix("latest ") {
            let place = |(i, of): (usize, &LoopInfo)| {
                of.slots.iter().position(|s| s.id == id).map(|slot| From::Latest(i, slot))
            };
            return plan.loops().iter().enumerate().find_map(place).ok_or(id.to_owned());
        }
        if let Some(name) = slot.label.strip_prefix("param ") {
            let place = plan.params().iter().position(|p| p.name == name);
            return place.map(From::Param).ok_or(name.to_owned());
        }
        // The same label may come several times, with its outputs in order.
        let same = |(i, r): &(usize, &SlotInfo)| !used[*i] && r.label == slot.label;
        match there.iter().enumerate().find(same) {
            Some((i, _)) => {
                used[i] = true;
                Ok(From::Recorded(i))
            }
            None => Err(format!(
                "loop {} reads {}, which the record does not hold",
                of.name, slot.label
            )),
        }
    };
    of.slots.iter().take(of.sources).map(one).collect()
}

/// What of a loop's sources a record cannot tell once the plan is another.
#[derive(Debug, Clone, Default)]
pub(super) struct Reads {
    /// Sources that are made otherwise: another age, another bound, another lookup.
    pub made_otherwise: Vec<String>,
    /// Profiles, with the slot of the place they are read at in the recorded and the changed loop:
    /// at another place another value would have been read.
    pub places: Vec<(String, usize, usize)>,
}

/// For each loop of `recorded` what [`Reads`] says of the loop of that name in `plan`.
pub(super) fn reads(recorded: &Plan, plan: &Plan) -> Vec<Reads> {
    let (then, now) = (ops(recorded), ops(plan));
    let none = Vec::new();
    let fronts = |of: &Plan| document(of).remove("front_ends").unwrap_or(Value::Null);
    let fronts_differ = without_place(fronts(recorded)) != without_place(fronts(plan));
    let one = |of: &LoopInfo| {
        let Some(other) = plan.loops().iter().find(|r| r.name == of.name) else {
            return Reads::default();
        };
        let (then, now) = (then.get(&of.name).unwrap_or(&none), now.get(&of.name).unwrap_or(&none));
        let mut reads = Reads::default();
        if fronts_differ {
            reads.made_otherwise.push("front ends".to_owned());
        }
        for (key, kind) in [("channel", "input"), ("name", "mailbox"), ("name", "profile")] {
            let (then, now) = (described(then, kind, key), described(now, kind, key));
            for (name, op) in &now {
                if then.get(name) != Some(op) {
                    reads.made_otherwise.push(format!("{kind} {name}"));
                }
            }
        }
        let at = |info: &LoopInfo, op: &Map<String, Value>| {
            let id = op.get("position")?.as_str()?.to_owned();
            info.slots.iter().position(|slot| slot.id == id)
        };
        let profiles = |ops: &[Map<String, Value>], info: &LoopInfo| {
            let of = ops.iter().filter(|op| text(op, "op") == "profile");
            of.filter_map(|op| Some((text(op, "name").to_owned(), at(info, op)?)))
                .collect::<Vec<_>>()
        };
        for ((name, then), (_, now)) in profiles(then, of).into_iter().zip(profiles(now, other)) {
            reads.places.push((name, then, now));
        }
        reads
    };
    recorded.loops().iter().map(one).collect()
}

fn text<'a>(op: &'a Map<String, Value>, key: &str) -> &'a str {
    op.get(key).and_then(Value::as_str).unwrap_or("")
}

fn document(plan: &Plan) -> Map<String, Value> {
    serde_json::from_str(plan.json()).unwrap_or_default()
}

/// Operations of each loop.
fn ops(plan: &Plan) -> BTreeMap<String, Vec<Map<String, Value>>> {
    let list = |of: Option<&Value>| of.and_then(Value::as_array).cloned().unwrap_or_default();
    let loops = list(document(plan).get("loops")).into_iter();
    let named = loops.filter_map(|of| {
        let ops = list(of.get("ops")).into_iter().filter_map(|op| op.as_object().cloned());
        Some((of.get("name")?.as_str()?.to_owned(), ops.collect()))
    });
    named.collect()
}

/// What the sources of a kind are made of, by name, without where they stand.
fn described(ops: &[Map<String, Value>], kind: &str, key: &str) -> BTreeMap<String, Vec<Value>> {
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for op in ops.iter().filter(|op| text(op, "op") == kind) {
        let mut plain = op.clone();
        for place in ["at", "out", "position"] {
            plain.remove(place);
        }
        all.entry(text(op, key).to_owned()).or_default().push(Value::Object(plain));
    }
    all
}

fn without_place(mut of: Value) -> Value {
    for one in of.as_array_mut().into_iter().flatten() {
        if let Some(table) = one.as_object_mut() {
            table.remove("at");
        }
    }
    of
}
