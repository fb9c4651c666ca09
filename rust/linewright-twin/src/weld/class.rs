//! What a weld is, by its truth: the words of the test laboratory.

use super::config::WeldConfig;
use super::happening::{Conditions, Happening};
use super::law;
use super::shot::Joint;
use serde::Serialize;

/// Class of a weld by what the photodiodes could see of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WeldClass {
    /// A joint.
    #[default]
    Good,
    /// A gap wider than 50 um under a part of the seam took from the joint.
    Gap,
    /// A gap under nearly all of the seam: looks fine, joins nothing.
    FalseFriend,
    /// The melt came through the tab.
    OverPenetration,
    /// A hole was blown into the seam.
    BlowOut,
    /// Dirt on surface or glass, or a lost focus: the melt does not reach deep enough.
    Shallow,
}

impl WeldClass {
    /// All classes, in the order above.
    pub const ALL: [WeldClass; 6] = [
        WeldClass::Good,
        WeldClass::Gap,
        WeldClass::FalseFriend,
        WeldClass::OverPenetration,
        WeldClass::BlowOut,
        WeldClass::Shallow,
    ];

    /// Name, as in files.
    pub fn name(self) -> &'static str {
        match self {
            WeldClass::Good => "good",
            WeldClass::Gap => "gap",
            WeldClass::FalseFriend => "false_friend",
            WeldClass::OverPenetration => "over_penetration",
            WeldClass::BlowOut => "blow_out",
            WeldClass::Shallow => "shallow",
        }
    }

    /// Class of a weld. A joint is good from 0.8 of the nominal joint on; below 0.3 it is none.
    pub fn of(conditions: &Conditions, joint: &Joint) -> Self {
        if let Happening::BlowOut { .. } = conditions.happening {
            return WeldClass::BlowOut;
        }
        if joint.through > 0.93 {
            return WeldClass::OverPenetration;
        }
        let gaping = joint.gap_um > 50.0;
        match joint.share {
            share if share < 0.3 && gaping => WeldClass::FalseFriend,
            share if share < 0.8 && gaping => WeldClass::Gap,
            share if share < 0.8 => WeldClass::Shallow,
            _ => WeldClass::Good,
        }
    }
}

/// The seam that the camera sees; lengths in mm, holes in um.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Seam {
    /// Length.
    pub length_mm: f64,
    /// Width at the top.
    pub width_mm: f64,
    /// Off its place along the tab.
    pub along_mm: f64,
    /// Off its place across the tab.
    pub across_mm: f64,
    /// Tab askew, degrees.
    pub skew_deg: f64,
    /// A foil is folded over.
    pub folded: bool,
    /// Diameter of the hole, um; 0 = none.
    pub hole_um: f64,
    /// Place of the hole along the seam, 0 to 1.
    pub hole_at: f64,
    /// Drops of melt beside the seam.
    pub spatters: u32,
    /// Distance from the foil's edge to the seam, mm.
    pub edge_mm: f64,
}

/// Distance from the foil's edge to a seam in its place, mm.
pub const EDGE_MM: f64 = 2.0;

impl Seam {
    /// The seam of a weld; its width goes with depth and beam, a gap lets it sink in.
    pub fn of(config: &WeldConfig, conditions: &Conditions, joint: &Joint) -> Self {
        let placement = conditions.placement;
        let (hole_um, hole_at, thrown) = match conditions.happening {
            Happening::BlowOut { at, hole_um } => (hole_um, at, 4 + (hole_um / 100.0) as u32),
            _ => (0.0, 0.0, 0),
        };
        let beyond = ((joint.through - 0.85) * 20.0).clamp(0.0, 3.0) as u32;
        let radius = law::beam_radius_um(config.spot_um, conditions.focus_mm, config.rayleigh_mm);
        Seam {
            length_mm: config.length_mm * if joint.depth > 0.3 { 1.0 } else { 0.8 },
            width_mm: config.width_mm * (0.7 + 0.3 * joint.depth)
                + 2e-3 * (radius - config.spot_um)
                - 0.08 * law::kept_share(joint.gap_um),
            along_mm: placement.along_mm,
            across_mm: placement.across_mm,
            skew_deg: placement.skew_deg,
            folded: placement.folded,
            hole_um,
            hole_at,
            spatters: conditions.spatters + thrown + beyond,
            edge_mm: EDGE_MM + placement.across_mm,
        }
    }

    /// By the rules for the eye: length 95 %, width 1.0 ± 0.15, place ± 0.3 mm, no hole, at most 3 drops, askew below
    /// 1 degree, no fold, at least 1 mm to the edge.
    pub fn looks_good(&self, config: &WeldConfig) -> bool {
        self.length_mm >= 0.95 * config.length_mm
            && (self.width_mm - config.width_mm).abs() <= 0.15 * config.width_mm
            && self.along_mm.abs() <= 0.3
            && self.across_mm.abs() <= 0.3
            && self.hole_um == 0.0
            && self.spatters <= 3
            && self.skew_deg.abs() < 1.0
            && !self.folded
            && self.edge_mm >= 1.0
    }
}
