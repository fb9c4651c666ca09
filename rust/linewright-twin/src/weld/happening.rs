//! What is true of one weld before the beam is on: surface, gap, placement, and what goes wrong.

use super::config::WeldConfig;
use super::law;
use crate::config::{ConfigError, within};
use crate::random::{Stream, place};
use serde::{Deserialize, Serialize};

/// What goes wrong in a weld. Places are shares of the seam, 0 at its start, 1 at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Happening {
    /// Nothing.
    #[default]
    Nothing,
    /// The stack gapes from `from` on by so many um (at nominal clamp force) more.
    Gap {
        /// Where it begins.
        from: f64,
        /// How wide, um.
        gap_um: f64,
    },
    /// The stack gapes over the whole seam: looks fine, joins nothing.
    FalseFriend {
        /// How wide, um.
        gap_um: f64,
    },
    /// The melt takes more of the power, by this share.
    Excess {
        /// Share, dimensionless.
        share: f64,
    },
    /// Melt is thrown out and leaves a hole.
    BlowOut {
        /// Where.
        at: f64,
        /// Diameter of the hole, um.
        hole_um: f64,
    },
    /// Dirt on the surface takes so much of the power between two places.
    Dirt {
        /// Where it begins.
        from: f64,
        /// Where it ends.
        to: f64,
        /// Share of the power lost, 0 to 1.
        loss: f64,
    },
    /// The stack bulges out of the focus from `from` on.
    Bulge {
        /// Where it begins.
        from: f64,
        /// How far out of the focus, mm.
        defocus_mm: f64,
    },
}

/// How the stack lies under the beam.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Placement {
    /// Seam off its place along the tab, mm.
    pub along_mm: f64,
    /// Seam off its place across the tab, mm.
    pub across_mm: f64,
    /// Tab askew, degrees.
    pub skew_deg: f64,
    /// A foil is folded over.
    pub folded: bool,
}

/// All that is true of one weld before the beam is on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Conditions {
    /// Share of the light that the protective glass lets through, 0 to 1.
    pub lens: f64,
    /// Stack out of the focus, mm, with what the welder was told.
    pub focus_mm: f64,
    /// Clamp force that arrives, over nominal, dimensionless.
    pub clamp: f64,
    /// Gap at nominal clamp force, um.
    pub gap_um: f64,
    /// Absorbed share against nominal, dimensionless.
    pub absorption: f64,
    /// Brightness of the plasma signal against nominal, dimensionless.
    pub plasma: f64,
    /// Brightness of the thermal signal against nominal, dimensionless.
    pub thermal: f64,
    /// Brightness of the back-reflection against nominal, dimensionless.
    pub reflection: f64,
    /// Drops thrown out by a healthy melt.
    pub spatters: u32,
    /// What goes wrong.
    pub happening: Happening,
    /// How the stack lies.
    pub placement: Placement,
}

impl Default for Conditions {
    fn default() -> Self {
        Conditions {
            lens: 1.0,
            focus_mm: 0.0,
            clamp: 1.0,
            gap_um: 0.0,
            absorption: 1.0,
            plasma: 1.0,
            thermal: 1.0,
            reflection: 1.0,
            spatters: 0,
            happening: Happening::Nothing,
            placement: Placement::default(),
        }
    }
}

impl Conditions {
    /// Drawn for slot number `slot`: the same numbers whatever was welded before.
    ///
    /// `spread` scales the spreads and shares (0 = a perfect station); `more_blow_outs` adds to the share of blow-outs.
    pub fn draw(
        config: &WeldConfig,
        seed: u64,
        slot: u64,
        spread: f64,
        more_blow_outs: f64,
    ) -> Self {
        let mut own = Stream::new(seed ^ slot.wrapping_mul(crate::random::STEP), place::WELD);
        let mut factor = |sd_pct: f64| (1.0 + 0.01 * spread * sd_pct * own.normal()).max(0.2);
        let absorption = factor(config.absorption_sd_pct);
        let plasma = factor(config.plasma_sd_pct);
        let thermal = factor(config.thermal_sd_pct);
        let reflection = factor(config.reflection_sd_pct);
        let gap_um = libm::fabs(spread * config.gap_sd_um * own.normal());
        let [chance, size, from, length] = core::array::from_fn(|_| own.uniform());
        let [misplaced, along, across, skew, spatter] = core::array::from_fn(|_| own.uniform());
        let lies = [own.normal(), own.normal(), own.normal()];
        Conditions {
            gap_um,
            absorption,
            plasma,
            thermal,
            reflection,
            spatters: drops(spread * spatter),
            happening: happening(config, spread, more_blow_outs, [chance, size, from, length]),
            placement: placement(config, spread, [misplaced, along, across, skew], lies),
            ..Conditions::default()
        }
    }

    /// Refuses what no weld can be; names the first field found.
    pub fn check(&self) -> Result<(), ConfigError> {
        within("lens", self.lens, 0.0, 1.0)?;
        within("focus_mm", self.focus_mm, -20.0, 20.0)?;
        within("clamp", self.clamp, 0.0, 10.0)?;
        within("gap_um", self.gap_um, 0.0, 1000.0)?;
        within("absorption", self.absorption, 0.0, 3.0)?;
        within("plasma", self.plasma, 0.0, 10.0)?;
        within("thermal", self.thermal, 0.0, 10.0)?;
        within("reflection", self.reflection, 0.0, 10.0)?;
        within("spatters", f64::from(self.spatters), 0.0, 100.0)?;
        let Placement { along_mm, across_mm, skew_deg, .. } = self.placement;
        within("placement.along_mm", along_mm, -3.0, 3.0)?;
        within("placement.across_mm", across_mm, -3.0, 3.0)?;
        within("placement.skew_deg", skew_deg, -10.0, 10.0)?;
        match self.happening {
            Happening::Nothing => Ok(()),
            Happening::Gap { from, gap_um } => within("happening.from", from, 0.0, 1.0)
                .and_then(|()| within("happening.gap_um", gap_um, 0.0, 1000.0)),
            Happening::FalseFriend { gap_um } => within("happening.gap_um", gap_um, 0.0, 1000.0),
            Happening::Excess { share } => within("happening.share", share, 0.0, 2.0),
            Happening::BlowOut { at, hole_um } => within("happening.at", at, 0.0, 1.0)
                .and_then(|()| within("happening.hole_um", hole_um, 10.0, 2000.0)),
            Happening::Dirt { from, to, loss } => within("happening.from", from, 0.0, 1.0)
                .and_then(|()| within("happening.to", to, from, 1.0))
                .and_then(|()| within("happening.loss", loss, 0.0, 1.0)),
            Happening::Bulge { from, defocus_mm } => within("happening.from", from, 0.0, 1.0)
                .and_then(|()| within("happening.defocus_mm", defocus_mm, -20.0, 20.0)),
        }
    }

    /// Gap at the place `at`, um, under the clamp force that arrives.
    pub(crate) fn gap_at_um(&self, at: f64) -> f64 {
        let more = match self.happening {
            Happening::Gap { from, gap_um } if at >= from => gap_um,
            Happening::FalseFriend { gap_um } => gap_um,
            _ => 0.0,
        };
        law::gap_um(self.gap_um + more, self.clamp)
    }
}

/// Drops of a healthy melt: none in most welds, three in one of fifty.
fn drops(chance: f64) -> u32 {
    [0.6, 0.9, 0.98].into_iter().filter(|&share| chance > share).count() as u32
}

fn happening(config: &WeldConfig, spread: f64, more_blow_outs: f64, draw: [f64; 4]) -> Happening {
    let [mut chance, size, from, length] = draw;
    let mut falls = |share: f64| {
        chance -= share;
        chance <= 0.0
    };
    if falls(spread * config.gap_share) {
        return Happening::Gap { from: 0.1 + 0.6 * from, gap_um: 50.0 + 70.0 * size };
    }
    if falls(spread * config.false_friend_share) {
        return Happening::FalseFriend { gap_um: 60.0 + 60.0 * size };
    }
    if falls(spread * config.over_penetration_share) {
        return Happening::Excess { share: 0.30 + 0.20 * size };
    }
    if falls(spread * config.blow_out_share + more_blow_outs) {
        return Happening::BlowOut { at: 0.08 + 0.84 * from, hole_um: 50.0 + 250.0 * size };
    }
    if falls(spread * config.contamination_share) {
        let (begin, long) = (0.05 + 0.55 * from, 0.15 + 0.25 * length);
        return Happening::Dirt { from: begin, to: begin + long, loss: 0.12 + 0.20 * size };
    }
    if falls(spread * config.bulge_share) {
        return Happening::Bulge { from: 0.3 + 0.4 * from, defocus_mm: 0.2 + 0.3 * size };
    }
    Happening::Nothing
}

fn placement(config: &WeldConfig, spread: f64, draw: [f64; 4], lies: [f64; 3]) -> Placement {
    let [chance, along, across, skew] = draw;
    let [x, y, turn] = lies.map(|z| spread * z);
    let mut placement =
        Placement { along_mm: 0.06 * x, across_mm: 0.06 * y, skew_deg: 0.15 * turn, folded: false };
    let share = spread * config.placement_share;
    if chance > share {
        return placement;
    }
    // The three ways to lie wrong, alike often; how far comes from draws of their own.
    let side = if across < 0.5 { -1.0 } else { 1.0 };
    match (3.0 * chance / share) as u32 {
        0 => placement.across_mm = side * (0.4 + 0.5 * along),
        1 => placement.skew_deg = side * (1.3 + 2.0 * skew),
        _ => placement.folded = true,
    }
    placement
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_kept_and_a_slot_draws_the_same_again() {
        let config = WeldConfig {
            gap_share: 0.05,
            blow_out_share: 0.02,
            placement_share: 0.03,
            ..WeldConfig::default()
        };
        let n = 40_000;
        let drawn: Vec<_> =
            (0..n).map(|slot| Conditions::draw(&config, 5, slot, 1.0, 0.0)).collect();
        let share =
            |is: fn(&Conditions) -> bool| drawn.iter().filter(|c| is(c)).count() as f64 / n as f64;
        assert!((share(|c| matches!(c.happening, Happening::Gap { .. })) - 0.05).abs() < 0.005);
        assert!((share(|c| matches!(c.happening, Happening::BlowOut { .. })) - 0.02).abs() < 0.003);
        assert!((share(|c| c.placement.folded) - 0.01).abs() < 0.002);
        assert!((share(|c| c.placement.skew_deg.abs() > 1.0) - 0.01).abs() < 0.002);
        let gaps: f64 = drawn.iter().map(|c| c.gap_um * c.gap_um).sum::<f64>() / n as f64;
        assert!((gaps.sqrt() - 15.0).abs() < 0.2, "{}", gaps.sqrt());
        assert_eq!(Conditions::draw(&config, 5, 77, 1.0, 0.0), drawn[77]);
        assert_ne!(Conditions::draw(&config, 6, 77, 1.0, 0.0), drawn[77]);
    }

    #[test]
    fn a_station_without_spread_welds_nominal_welds() {
        let config = WeldConfig::default();
        for slot in 0..1000 {
            assert_eq!(Conditions::draw(&config, 1, slot, 0.0, 0.0), Conditions::default());
        }
    }

    #[test]
    fn a_gap_begins_at_its_place_and_closes_with_force() {
        let gaping = Conditions {
            gap_um: 10.0,
            happening: Happening::Gap { from: 0.4, gap_um: 80.0 },
            ..Conditions::default()
        };
        assert_eq!((gaping.gap_at_um(0.39), gaping.gap_at_um(0.4)), (10.0, 90.0));
        let worn = Conditions { clamp: 0.84, gap_um: 30.0, ..Conditions::default() };
        assert!(worn.gap_at_um(0.0) > 50.0);
    }
}
