//! From which cycle on other limits of the gate would have let something else through.

use serde_json::Value;

use super::leaves::Output;
use crate::config::GateView;
use crate::gate::{Budget, Limits, Step, step};
use crate::plan::{ActuatorInfo, Plan};
use crate::recorder::Cycle;

/// What of an actuator's table decides how far a proposal is let through while its loop is in control.
const FOLLOWED: [&str; 6] =
    ["lo", "hi", "max_rate_per_s", "nudge_budget", "nudge_window_ticks", "resolution"];

/// Recorded and other limits of one actuator, followed from cycle to cycle on what was recorded.
#[derive(Debug, Clone)]
pub(super) struct Held {
    sides: [(Limits, Budget); 2],
    base_hz: f64,
    /// Source slots: where it stands, and whether its loop is in control.
    stands: usize,
    in_control: usize,
    last_step_tick: u64,
    before: Before,
}

/// The cycle before.
#[derive(Debug, Clone, Copy, Default)]
struct Before {
    tick: u64,
    in_control: bool,
    /// Where it stood, and where the recorded limits took it if it was in control.
    stood: f64,
    taken: Option<f64>,
    /// The others would have taken it elsewhere.
    elsewhere: bool,
}

/// As `Actuator::control`: under limits, rate and budget. Counts the step.
fn let_through(
    (limits, budget): &mut (Limits, Budget),
    tick: u64,
    last: f64,
    wanted: f64,
    most: f64,
) -> Step {
    let out = step(limits, last, wanted, most);
    budget.advance(tick);
    let delta = out.value - last;
    let left = budget.left(delta);
    let out = if delta.abs() <= left {
        out
    } else {
        let value = step(limits, last, out.value, left).value;
        Step { value, budget_limited: true, ..out }
    };
    budget.step(out.value - last);
    out
}

impl Held {
    /// None when more than limits, rate, budget and grid differ, or the record does not say where it stood.
    pub fn new(
        plan: &Plan,
        of: &ActuatorInfo,
        unlike: &[String],
        gates: Option<(&GateView, &GateView)>,
    ) -> Option<Self> {
        let field = |told: &String| {
            let told = told.strip_prefix("actuators.")?.strip_prefix(of.name.as_str())?;
            told.strip_prefix('.')?.split(':').next().map(str::to_owned)
        };
        let concern = |told: &&String| GateView::concerns(told, &of.name);
        let followed = |told: &String| field(told).is_some_and(|f| FOLLOWED.contains(&f.as_str()));
        if !unlike.iter().filter(concern).all(followed) {
            return None;
        }
        let loop_ = plan.loops().get(of.loop_i?)?;
        let label = format!("written {}", of.name);
        let sources = loop_.slots.iter().take(loop_.sources).enumerate();
        let mut slots = sources.filter(|(_, slot)| slot.label == label).map(|(i, _)| i);
        let (stands, in_control) = (slots.next()?, slots.next()?);
        let side = |table: &Value| {
            let hz = plan.base_hz();
            let limits = Limits::check(&of.name, table, &of.unit, loop_.divisor, hz).ok()?;
            let budget = Budget::new(limits.nudge_budget, limits.nudge_window_ticks);
            Some((limits, budget))
        };
        let (then, now) = gates?;
        let sides = [side(then.actuators.get(&of.name)?)?, side(now.actuators.get(&of.name)?)?];
        let base_hz = f64::from(plan.base_hz().max(1));
        let before = Before::default();
        Some(Self { sides, base_hz, stands, in_control, last_step_tick: 0, before })
    }

    /// The tick since when the others would have let something else through; also when what was recorded is
    /// not what the recorded limits let through, so that nothing can be said.
    pub fn look(&mut self, cycle: &Cycle<'_>, output: Output) -> Option<u64> {
        let stands = cycle.values.get(self.stands).copied().unwrap_or(f64::NAN);
        let in_control = cycle.values.get(self.in_control).is_some_and(|flag| *flag != 0.0);
        let before = self.before;
        if in_control {
            let same = before.taken.is_none_or(|taken| taken.to_bits() == stands.to_bits());
            if before.elsewhere || (before.in_control && !same) {
                return Some(before.tick);
            }
            if !before.in_control {
                // Armed within or after the cycle before: what it took was counted if it did.
                let moved = before.taken.is_some_and(|to| to != before.stood);
                let took = same && moved && before.stood.is_finite();
                for (_, budget) in &mut self.sides {
                    budget.renew();
                    if took {
                        budget.step(stands - before.stood);
                    }
                }
            }
            let within = |limits: &Limits| limits.lo <= stands && stands <= limits.hi;
            if within(&self.sides[0].0) != within(&self.sides[1].0) {
                return Some(cycle.tick);
            }
        }
        self.before = Before { tick: cycle.tick, in_control, stood: stands, ..Before::default() };
        let Some((wanted, true)) = output else { return None };
        let period = self.sides[0].0.period_ticks;
        let since = cycle.tick.saturating_sub(self.last_step_tick).min(2 * period);
        self.last_step_tick = cycle.tick;
        let ticks = if in_control { since } else { since.min(1) };
        let took = self.sides.each_mut().map(|side| {
            if !in_control {
                side.1.renew(); // if it was armed just now
            }
            let most = side.0.max_rate_per_s * (ticks as f64 / self.base_hz);
            let out = let_through(side, cycle.tick, stands, wanted, most);
            (out.value.to_bits(), out.limited, out.budget_limited)
        });
        self.before.taken = Some(f64::from_bits(took[0].0));
        self.before.elsewhere = took[0] != took[1];
        if in_control && self.before.elsewhere {
            return Some(cycle.tick);
        }
        None
    }
}
