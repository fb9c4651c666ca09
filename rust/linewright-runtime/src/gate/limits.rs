//! What an actuator may do, checked before the first tick.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// Largest magnitude a limit may have; beyond it a number is taken for a slip of the pen.
pub const ABSURD: f64 = 1e12;
/// Longest window of a nudge budget, seconds: a day.
pub const NUDGE_WINDOW_MAX_S: u64 = 86_400;
/// Longest lease, seconds: a holder that silent is not holding.
pub const LEASE_MAX_S: u64 = 600;

/// One setting that refuses start; names the key and field so that a line file can be pointed at.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ConfigError {
    /// Dotted key of the table, for example `actuators.coater.pump_flow`.
    pub key: String,
    /// Field in it, for example `hi`.
    pub field: String,
    /// What would be right.
    pub expected: String,
    /// What was found.
    pub got: String,
}

impl ConfigError {
    /// A refused setting.
    pub fn new(
        key: impl Into<String>,
        field: impl Into<String>,
        expected: impl Into<String>,
        got: impl fmt::Display,
    ) -> Self {
        Self {
            key: key.into(),
            field: field.into(),
            expected: expected.into(),
            got: got.to_string(),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}: expected {}, got {}", self.key, self.field, self.expected, self.got)
    }
}

impl std::error::Error for ConfigError {}

/// What an actuator does when a permit is lost. Needs no plugin, bus, disk or Python.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fallback {
    /// Stays at the last written value; nothing more is written.
    Hold,
    /// Goes to this value under the rate limit, then stays.
    RampTo(f64),
    /// Given back to the machine's own control.
    ReleaseToPlc,
}

/// Checked limits of one actuator. Values in its unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Full name.
    pub name: String,
    /// Unit.
    pub unit: String,
    /// Lowest value.
    pub lo: f64,
    /// Highest value; above `lo`.
    pub hi: f64,
    /// Largest change per second; above zero.
    pub max_rate_per_s: f64,
    /// Farthest its loop may take it, from lowest to highest, in any `nudge_window_ticks`.
    pub nudge_budget: f64,
    /// See `nudge_budget`.
    pub nudge_window_ticks: u64,
    /// Grid of written values; 0 = every value, every cycle.
    pub resolution: f64,
    /// Largest difference between written and read back.
    pub read_back_tolerance: f64,
    /// What to do when a permit is lost.
    pub fallback: Fallback,
    /// Base ticks a lease lasts without renewal.
    pub lease_ticks: u64,
    /// Station that may lease it.
    pub owner: String,
    /// Base ticks per cycle of the loop that claims it.
    pub period_ticks: u64,
}

const FIELDS: [&str; 11] = [
    "unit",
    "lo",
    "hi",
    "max_rate_per_s",
    "nudge_budget",
    "nudge_window_ticks",
    "fallback",
    "lease_ticks",
    "resolution",
    "read_back_tolerance",
    "owner",
];

impl Limits {
    /// Checks the table of actuator `name`. `unit` is the unit the driver and the plan use,
    /// `period_ticks` the cycle of the claiming loop, `base_hz` ticks per second.
    ///
    /// # Errors
    /// Every field that is missing, unknown, absurd, not finite or inconsistent.
    pub fn check(
        name: &str,
        table: &Value,
        unit: &str,
        period_ticks: u64,
        base_hz: u32,
    ) -> Result<Self, Vec<ConfigError>> {
        let key = format!("actuators.{name}");
        let mut errors = Vec::new();
        let Some(map) = table.as_object() else {
            return Err(vec![ConfigError::new(&key, "", "a table", table)]);
        };
        for field in map.keys().filter(|k| !FIELDS.contains(&k.as_str())) {
            errors.push(ConfigError::new(&key, field, "no such field", &map[field]));
        }
        let map: BTreeMap<&str, &Value> = map.iter().map(|(k, v)| (k.as_str(), v)).collect();
        let mut number = |field: &str| number(&key, field, map.get(field).copied(), &mut errors);
        let limits = Self {
            name: name.to_owned(),
            unit: unit.to_owned(),
            lo: number("lo"),
            hi: number("hi"),
            max_rate_per_s: number("max_rate_per_s"),
            nudge_budget: number("nudge_budget"),
            nudge_window_ticks: whole(map.get("nudge_window_ticks").copied()),
            resolution: number("resolution"),
            read_back_tolerance: number("read_back_tolerance"),
            fallback: Fallback::Hold,
            lease_ticks: whole(map.get("lease_ticks").copied()),
            owner: text(map.get("owner").copied()),
            period_ticks: period_ticks.max(1),
        };
        let given = text(map.get("unit").copied());
        if given != unit {
            let got = if given.is_empty() { "nothing".to_owned() } else { given };
            errors.push(ConfigError::new(&key, "unit", format!("{unit:?}"), got));
        }
        if errors.is_empty() {
            limits.check_ranges(&key, base_hz, map.get("lease_ticks").copied(), &mut errors);
            let window = map.get("nudge_window_ticks").copied();
            limits.check_budget(&key, base_hz, window, &mut errors);
        }
        let fallback = fallback(&key, map.get("fallback").copied(), &limits, &mut errors);
        if errors.is_empty() { Ok(Self { fallback, ..limits }) } else { Err(errors) }
    }

    fn check_ranges(
        &self,
        key: &str,
        base_hz: u32,
        lease: Option<&Value>,
        errors: &mut Vec<ConfigError>,
    ) {
        let mut refuse = |wrong: bool, field: &str, expected: String, got: String| {
            if wrong {
                errors.push(ConfigError::new(key, field, expected, got));
            }
        };
        let hz = u64::from(base_hz.max(1));
        let step = self.max_rate_per_s * self.period_ticks as f64 / hz as f64;
        refuse(self.lo >= self.hi, "hi", format!("above lo = {}", self.lo), self.hi.to_string());
        refuse(
            self.max_rate_per_s <= 0.0,
            "max_rate_per_s",
            "above 0".into(),
            self.max_rate_per_s.to_string(),
        );
        refuse(
            self.read_back_tolerance < 0.0,
            "read_back_tolerance",
            "0 or more".into(),
            self.read_back_tolerance.to_string(),
        );
        refuse(
            !(self.resolution >= 0.0 && self.resolution < self.hi - self.lo),
            "resolution",
            format!("0 or more and below hi - lo = {}", self.hi - self.lo),
            self.resolution.to_string(),
        );
        refuse(
            self.max_rate_per_s > 0.0 && self.resolution > step,
            "resolution",
            format!("at most max_rate_per_s times the loop's period = {step}"),
            self.resolution.to_string(),
        );
        refuse(
            self.lease_ticks == 0 || self.lease_ticks > LEASE_MAX_S * hz,
            "lease_ticks",
            format!("a whole number from 1 to {}", LEASE_MAX_S * hz),
            lease.map_or("nothing".into(), Value::to_string),
        );
        refuse(self.owner.is_empty(), "owner", "the name of a station".into(), "nothing".into());
    }

    /// The budget must leave a step, and must be one: what the limits forbid anyway limits nothing.
    fn check_budget(
        &self,
        key: &str,
        base_hz: u32,
        window: Option<&Value>,
        errors: &mut Vec<ConfigError>,
    ) {
        let hz = u64::from(base_hz.max(1));
        let (least, most) = (hz.max(self.period_ticks), NUDGE_WINDOW_MAX_S * hz);
        if !(least..=most).contains(&self.nudge_window_ticks) {
            let expected = format!("a whole number from {least} to {most}");
            let got = window.map_or("nothing".into(), Value::to_string);
            errors.push(ConfigError::new(key, "nudge_window_ticks", expected, got));
            return;
        }
        let (step, span) = (self.resolution, self.hi - self.lo);
        if !(self.nudge_budget > 0.0 && (step..=span).contains(&self.nudge_budget)) {
            let expected =
                format!("above 0, at least the resolution = {step} and at most hi - lo = {span}");
            errors.push(ConfigError::new(key, "nudge_budget", expected, self.nudge_budget));
        }
    }
}

fn whole(value: Option<&Value>) -> u64 {
    value.and_then(Value::as_u64).unwrap_or(0)
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or("").to_owned()
}

/// A finite number below [`ABSURD`]; otherwise records the error and gives 0.
fn number(key: &str, field: &str, value: Option<&Value>, errors: &mut Vec<ConfigError>) -> f64 {
    match value.and_then(Value::as_f64) {
        Some(x) if x.is_finite() && x.abs() <= ABSURD => x,
        _ => {
            let got = value.map_or("nothing".into(), Value::to_string);
            let expected = format!("a finite number within +-{ABSURD:e}");
            errors.push(ConfigError::new(key, field, expected, got));
            0.0
        }
    }
}

fn fallback(
    key: &str,
    value: Option<&Value>,
    limits: &Limits,
    errors: &mut Vec<ConfigError>,
) -> Fallback {
    let kind = value.and_then(|v| v.get("kind")).and_then(Value::as_str).unwrap_or("");
    let to = value.and_then(|v| v.get("value")).filter(|v| !v.is_null());
    match (kind, to) {
        ("hold", None) => Fallback::Hold,
        ("release_to_plc", None) => Fallback::ReleaseToPlc,
        ("ramp_to", Some(to)) => match to.as_f64() {
            Some(x) if x.is_finite() && limits.lo <= x && x <= limits.hi => Fallback::RampTo(x),
            _ => {
                let expected = format!("a value from {} to {}", limits.lo, limits.hi);
                errors.push(ConfigError::new(key, "fallback.value", expected, to));
                Fallback::Hold
            }
        },
        ("ramp_to", None) => {
            errors.push(ConfigError::new(key, "fallback.value", "a value to ramp to", "nothing"));
            Fallback::Hold
        }
        ("hold" | "release_to_plc", Some(to)) => {
            errors.push(ConfigError::new(key, "fallback.value", "no value for this kind", to));
            Fallback::Hold
        }
        _ => {
            let got = value.map_or("nothing".into(), Value::to_string);
            let expected = "kind hold, ramp_to or release_to_plc";
            errors.push(ConfigError::new(key, "fallback", expected, got));
            Fallback::Hold
        }
    }
}
