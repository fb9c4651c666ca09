//! What stands at the start of a record.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use xxhash_rust::xxh3::Xxh3;

use crate::plan::{LoopInfo, Plan};

/// The build that records and replays.
pub const BUILD: &str = concat!("linewright ", env!("CARGO_PKG_VERSION"));

/// Name of the metadata record.
pub(super) const NAME: &str = "linewright";
/// Topic of a loop's cycles, before its name.
pub(super) const CYCLES: &str = "cycles/";
/// Topic of the parameter changes.
pub(super) const PARAMS: &str = "params";
/// Topic of the keyframes.
pub(super) const KEYFRAMES: &str = "keyframes";
/// Topic of what is missing.
pub(super) const GAPS: &str = "gaps";
/// Topic of a loop's signals for viewers, before its name.
pub(super) const SIGNALS: &str = "signals/";
/// Version of the layout.
pub(super) const FORMAT: &str = "2";
/// Key under which the blocks that are not in the record are named.
const NOT_RECORDED: &str = "not_recorded";
/// Keys the record itself needs; provenance may use any other.
const OWN: [&str; 7] = ["format", "plan", "plan_hash", "base_hz", "loops", "part", "check"];

/// What stands at the start of a record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// The plan, canonical JSON.
    pub plan_json: String,
    /// SHA-256 of the plan, hexadecimal.
    pub plan_hash: String,
    /// Base ticks a second.
    pub base_hz: u32,
    /// The loops in the order of the plan.
    pub loops: Vec<LoopSlots>,
    /// Number of the file within the run: 0 starts with the run, the others with a keyframe.
    pub part: u32,
    /// Build, seeds, machine, line: whatever tells where the run came from.
    pub provenance: BTreeMap<String, String>,
}

/// The recorded slots of one loop.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoopSlots {
    /// Name of the loop.
    pub name: String,
    /// How many of `slots` are source slots; those come first.
    pub sources: usize,
    /// Labels of its recorded slots, in the order of their values.
    pub slots: Vec<String>,
}

impl Head {
    /// The head of a run of `plan`; adds the build to the provenance. `all_slots`: every slot of a cycle is
    /// recorded instead of its source slots alone.
    #[must_use]
    pub fn new(plan: &Plan, all_slots: bool, mut provenance: BTreeMap<String, String>) -> Self {
        provenance.entry("build".to_owned()).or_insert_with(|| BUILD.to_owned());
        if let Some(text) = not_recorded(plan) {
            provenance.insert(NOT_RECORDED.to_owned(), text);
        }
        let slots = |of: &LoopInfo| {
            let n = if all_slots { of.slots.len() } else { of.sources };
            let recorded = of.slots.iter().take(n);
            recorded.map(|slot| format!("{} [{}]", slot.label, slot.id)).collect()
        };
        Self {
            plan_json: plan.json().to_owned(),
            plan_hash: crate::ledger::hex(&plan.hash()),
            base_hz: plan.base_hz(),
            loops: plan
                .loops()
                .iter()
                .map(|of| LoopSlots {
                    name: of.name.clone(),
                    sources: of.sources,
                    slots: slots(of),
                })
                .collect(),
            part: 0,
            provenance,
        }
    }

    pub(super) fn to_map(&self) -> BTreeMap<String, String> {
        let own = |key: &String| OWN.contains(&key.as_str());
        let mut map: BTreeMap<String, String> = self
            .provenance
            .iter()
            .filter(|(key, _)| !own(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let loops = serde_json::to_string(&self.loops).unwrap_or_default();
        for (key, value) in [
            ("format", FORMAT.to_owned()),
            ("plan", self.plan_json.clone()),
            ("plan_hash", self.plan_hash.clone()),
            ("base_hz", self.base_hz.to_string()),
            ("loops", loops),
            ("part", self.part.to_string()),
        ] {
            map.insert(key.to_owned(), value);
        }
        map.insert("check".to_owned(), check(&map));
        map
    }

    pub(super) fn from_map(mut map: BTreeMap<String, String>) -> Result<Self, String> {
        let stored = map.remove("check").ok_or("metadata without check")?;
        if check(&map) != stored {
            return Err("plan or provenance were changed after they were written".to_owned());
        }
        let mut take = |key: &str| map.remove(key).ok_or(format!("metadata without {key}"));
        let format = take("format")?;
        if format != FORMAT {
            return Err(format!("record format {format}, this build reads {FORMAT}"));
        }
        let base_hz = take("base_hz")?;
        let loops = take("loops")?;
        let part = take("part")?;
        Ok(Self {
            plan_json: take("plan")?,
            plan_hash: take("plan_hash")?,
            base_hz: base_hz.parse().map_err(|_| format!("base_hz \"{base_hz}\""))?,
            loops: serde_json::from_str(&loops).map_err(|e| format!("loops: {e}"))?,
            part: part.parse().map_err(|_| format!("part \"{part}\""))?,
            provenance: map,
        })
    }
}

/// The blocks that front ends took: a reader must not look for them here. None when there are none.
fn not_recorded(plan: &Plan) -> Option<String> {
    let mut blocks: Vec<&str> =
        plan.front_ends().iter().flat_map(|of| &of.blocks).map(|b| b.name.as_str()).collect();
    blocks.sort_unstable();
    blocks.dedup();
    let names = blocks.join(", ");
    let what = "what the front ends made of them is, where a loop reads it";
    (!blocks.is_empty()).then(|| format!("blocks {names}; {what}"))
}

/// XXH3-64 over all entries but the check, in the order of their keys, each with its length.
fn check(map: &BTreeMap<String, String>) -> String {
    let mut hash = Xxh3::new();
    for text in map.iter().flat_map(|(key, value)| [key, value]) {
        hash.update(&(text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    let mut out = String::new();
    let _ = write!(out, "{:016x}", hash.digest());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        Head {
            plan_json: "{}".into(),
            plan_hash: "ab".into(),
            base_hz: 30,
            loops: vec![LoopSlots {
                name: "a.b".into(),
                sources: 1,
                slots: vec!["input x".into()],
            }],
            part: 3,
            provenance: BTreeMap::from([("seed".into(), "7".into())]),
        }
    }

    #[test]
    fn reads_what_was_written_and_refuses_what_was_changed() {
        assert_eq!(Head::from_map(head().to_map()), Ok(head()));
        for key in ["plan", "seed", "loops", "check"] {
            let mut map = head().to_map();
            map.entry(key.to_owned()).or_default().push(' ');
            assert!(Head::from_map(map).is_err(), "{key}");
        }
    }

    #[test]
    fn provenance_cannot_replace_the_plan() {
        let mut odd = head();
        odd.provenance.insert("plan".into(), "other".into());
        assert_eq!(Head::from_map(odd.to_map()), Ok(head()));
    }
}
