//! What the camera above the station sees of a finished weld: grey levels, 0.04 mm per pixel.
//!
//! Rendered from the seam's truth in the frame of the foil's edge: `x` runs along the seam from 3 mm before its nominal
//! start, `y` across it, the nominal seam on `y = 0`, the edge of the stack on `y = -2 mm`. Foil is bright and brushed,
//! the tab below it darker, the seam dark and rippled between bright borders, a hole black, a drop of melt white, a fold
//! a bright ridge with its shadow. `grey = gain*scene + offset + noise`, clipped to 0..255.

use super::class::{EDGE_MM, Seam};
use super::config::WeldConfig;
use super::hiss::Hiss;
use core::f64::consts::{PI, TAU};

/// Edge of a pixel, mm.
pub const MM_PER_PX: f64 = 0.04;
/// Free length before and behind the nominal seam, mm.
pub const MARGIN_MM: f64 = 3.0;
/// Height of the picture, mm.
pub const HEIGHT_MM: f64 = 10.0;

const TAB: f64 = 95.0;
const FOIL: f64 = 150.0;
const MELT: f64 = 62.0;
const BORDER: f64 = 185.0;
const DROP: f64 = 235.0;
const HOLE: f64 = 6.0;

/// A grey picture, row by row from `y = -5 mm` on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels of a row, along the seam.
    pub width_px: usize,
    /// Rows, across the seam.
    pub height_px: usize,
    /// Grey levels, 0 to 255.
    pub grey: Vec<u8>,
}

impl Picture {
    /// Rows and columns of a station's pictures.
    pub fn shape(config: &WeldConfig) -> [usize; 2] {
        let px = |mm: f64| (mm / MM_PER_PX).round() as usize;
        [px(HEIGHT_MM), px(config.length_mm + 2.0 * MARGIN_MM)]
    }

    /// The picture of `seam` in slot number `slot`; `noise` scales the noise of the camera (3 grey levels).
    pub fn of(config: &WeldConfig, seam: &Seam, noise: f64, seed: u64, slot: u64) -> Self {
        let [height_px, width_px] = Self::shape(config);
        let mut scene = Scene::new(config, seam, seed, slot);
        let mut camera = Hiss::new(seed, slot ^ 0x6361_6d65);
        let mut grey = Vec::with_capacity(width_px * height_px);
        for row in 0..height_px {
            let y = (row as f64 + 0.5) * MM_PER_PX - 0.5 * HEIGHT_MM;
            scene.begin_row();
            for column in 0..width_px {
                let x = (column as f64 + 0.5) * MM_PER_PX - MARGIN_MM;
                let seen = config.exposure_gain * scene.at(x, y)
                    + config.exposure_offset
                    + 3.0 * noise * camera.next();
                grey.push(seen.clamp(0.0, 255.0) as u8);
            }
        }
        let mut picture = Picture { width_px, height_px, grey };
        let light = |x: f64| (config.exposure_gain * x + config.exposure_offset).clamp(0.0, 255.0);
        picture.spots(&scene, light);
        picture
    }

    /// Holes and drops: small, so they are put on top.
    fn spots(&mut self, scene: &Scene, light: impl Fn(f64) -> f64) {
        for spot in &scene.spots {
            let reach = spot.radius_mm + MM_PER_PX;
            let (from, to) = (self.column(spot.x_mm - reach), self.column(spot.x_mm + reach));
            for row in self.row(spot.y_mm - reach)..=self.row(spot.y_mm + reach) {
                for column in from..=to {
                    let dx = (column as f64 + 0.5) * MM_PER_PX - MARGIN_MM - spot.x_mm;
                    let dy = (row as f64 + 0.5) * MM_PER_PX - 0.5 * HEIGHT_MM - spot.y_mm;
                    let inside = edge(spot.radius_mm - (dx * dx + dy * dy).sqrt());
                    let Some(pixel) = self.grey.get_mut(row * self.width_px + column) else {
                        continue;
                    };
                    let under = f64::from(*pixel);
                    *pixel = (under + (light(spot.grey) - under) * inside) as u8;
                }
            }
        }
    }

    fn column(&self, x_mm: f64) -> usize {
        (((x_mm + MARGIN_MM) / MM_PER_PX).max(0.0) as usize).min(self.width_px - 1)
    }

    fn row(&self, y_mm: f64) -> usize {
        (((y_mm + 0.5 * HEIGHT_MM) / MM_PER_PX).max(0.0) as usize).min(self.height_px - 1)
    }
}

/// Share of a pixel inside an edge that is `depth_mm` away, 0 to 1.
fn edge(depth_mm: f64) -> f64 {
    (0.5 + depth_mm / MM_PER_PX).clamp(0.0, 1.0)
}

struct Spot {
    x_mm: f64,
    y_mm: f64,
    radius_mm: f64,
    grey: f64,
}

struct Scene {
    seam: Seam,
    slope: f64,
    middle_mm: f64,
    fold_mm: f64,
    spots: Vec<Spot>,
    brush: Hiss,
    brushed: f64,
    half_mm: Vec<f64>,
    ripple: Vec<f64>,
}

impl Scene {
    fn new(config: &WeldConfig, seam: &Seam, seed: u64, slot: u64) -> Self {
        let mut own = Hiss::new(seed, slot ^ 0x7363_656e);
        let phase = own.next();
        let columns = (config.length_mm + 2.0 * MARGIN_MM) / MM_PER_PX;
        let along = |per_mm: f64, size: f64| -> Vec<f64> {
            (0..columns.round() as usize)
                .map(|i| size * libm::sin(TAU * (per_mm * MM_PER_PX * i as f64 + phase)))
                .collect()
        };
        let half_mm = along(0.11, 0.015).iter().map(|wave| 0.5 * seam.width_mm + wave).collect();
        let ripple = along(2.5, 10.0);
        let mut spots = Vec::new();
        for i in 0..seam.spatters {
            let side = if i % 2 == 0 { 1.0 } else { -1.0 };
            let far = 0.5 * seam.width_mm + 0.3 + 0.25 * own.next().abs().min(3.0);
            spots.push(Spot {
                x_mm: seam.along_mm + (0.5 + 0.2 * own.next()).clamp(0.02, 0.98) * config.length_mm,
                y_mm: seam.across_mm + side * far,
                radius_mm: 0.10 + 0.03 * own.next().abs().min(2.0),
                grey: DROP,
            });
        }
        if seam.hole_um > 0.0 {
            spots.push(Spot {
                x_mm: seam.along_mm + seam.hole_at * config.length_mm,
                y_mm: seam.across_mm,
                radius_mm: 0.5e-3 * seam.hole_um,
                grey: HOLE,
            });
        }
        Scene {
            seam: *seam,
            slope: libm::tan(seam.skew_deg * PI / 180.0),
            middle_mm: 0.5 * config.length_mm,
            fold_mm: config.length_mm * (0.5 + 0.1 * own.next()),
            spots,
            brush: own,
            brushed: 0.0,
            half_mm,
            ripple,
        }
    }

    /// Foil is brushed along the web: its streaks run with the rows.
    fn begin_row(&mut self) {
        self.brushed = 0.7 * self.brushed + 4.0 * self.brush.next();
    }

    fn at(&self, x: f64, y: f64) -> f64 {
        let edge_mm = -EDGE_MM + self.slope * (x - self.middle_mm);
        let foil = edge(y - edge_mm);
        let mut grey = TAB + foil * (FOIL + self.brushed - TAB);
        if self.seam.folded {
            let off = x - self.fold_mm - 0.6 * y;
            let ridge = (1.0 - libm::fabs(off) / 0.18).max(0.0);
            let shadow = if (0.18..0.9).contains(&off) { 1.0 } else { 0.0 };
            grey += foil * (90.0 * ridge - 45.0 * shadow);
        }
        let column = ((x + MARGIN_MM) / MM_PER_PX) as usize;
        let at = column.min(self.half_mm.len() - 1);
        let (dx, dy) = (x - self.seam.along_mm, y - self.seam.across_mm);
        // Inside of the seam: a stripe with round ends.
        let half = self.half_mm[at];
        let over = (half - dx).max(dx - self.seam.length_mm + half).max(0.0);
        let off = if over > 0.0 { (over * over + dy * dy).sqrt() } else { libm::fabs(dy) };
        let inside = half - off;
        let border = edge(inside + 0.06);
        grey += border * (BORDER - grey);
        // Ripples of the solidified melt, bent backwards.
        let bend = (libm::fabs(dy) * 20.0) as usize;
        let ripple = self.ripple[(at + bend).min(self.ripple.len() - 1)];
        grey + edge(inside) * (MELT + ripple - grey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seam() -> Seam {
        Seam { length_mm: 30.0, width_mm: 1.0, edge_mm: EDGE_MM, ..Seam::default() }
    }

    fn shot(seam: Seam, change: impl Fn(&mut WeldConfig)) -> Picture {
        let mut config = WeldConfig::default();
        change(&mut config);
        Picture::of(&config, &seam, 1.0, 4, 7)
    }

    /// Mean grey in a square of 0.2 mm about a place.
    fn grey(picture: &Picture, x_mm: f64, y_mm: f64) -> f64 {
        let (c, r) = (picture.column(x_mm), picture.row(y_mm));
        let mut sum = 0.0;
        for row in r - 2..=r + 2 {
            for column in c - 2..=c + 2 {
                sum += f64::from(picture.grey[row * picture.width_px + column]);
            }
        }
        sum / 25.0
    }

    #[test]
    fn seam_foil_and_tab_are_where_they_belong() {
        let picture = shot(seam(), |_| {});
        assert_eq!((picture.width_px, picture.height_px), (900, 250));
        assert!((grey(&picture, 15.0, 0.0) - MELT).abs() < 15.0);
        assert!((grey(&picture, 15.0, 1.5) - FOIL).abs() < 20.0);
        assert!((grey(&picture, 15.0, -3.0) - TAB).abs() < 15.0);
        assert!((grey(&picture, -1.5, 0.0) - FOIL).abs() < 20.0, "no seam before its start");
    }

    #[test]
    fn a_seam_misplaced_and_a_tab_askew_are_seen() {
        let picture = shot(Seam { across_mm: 1.2, ..seam() }, |_| {});
        assert!(grey(&picture, 15.0, 1.2) < 80.0 && grey(&picture, 15.0, 0.0) > 110.0);
        let picture = shot(Seam { skew_deg: 3.0, ..seam() }, |_| {});
        assert!(grey(&picture, 29.0, -1.5) < 115.0 && grey(&picture, 1.0, -2.5) > 125.0);
    }

    #[test]
    fn holes_are_dark_drops_white_and_folds_bright() {
        let holed = Seam { hole_um: 300.0, hole_at: 0.5, ..seam() };
        let (holed, sound) = (shot(holed, |_| {}), shot(seam(), |_| {}));
        let dark = |p: &Picture| p.grey.iter().filter(|g| **g < 25).count();
        let area = 0.785 * 0.3 * 0.3 / (MM_PER_PX * MM_PER_PX);
        assert!((dark(&holed) as f64 / area - 1.0).abs() < 0.25, "{}", dark(&holed));
        assert_eq!(dark(&sound), 0);
        let white = |p: &Picture| p.grey.iter().filter(|g| **g > 215).count();
        assert!(white(&shot(Seam { spatters: 5, ..seam() }, |_| {})) > 5 * 10);
        assert!(white(&shot(Seam { folded: true, ..seam() }, |_| {})) > 300);
        assert_eq!(white(&sound), 0);
    }

    #[test]
    fn exposure_scales_and_clips_and_the_same_weld_gives_the_same_picture() {
        let usual = shot(seam(), |_| {});
        let bright = shot(seam(), |c| c.exposure_gain = 1.4);
        let ratio = grey(&bright, 15.0, 2.0) / grey(&usual, 15.0, 2.0);
        assert!((ratio - 1.4).abs() < 0.05, "{ratio}");
        let black = shot(seam(), |c| c.exposure_offset = -200.0);
        assert_eq!(grey(&black, 15.0, 0.0), 0.0);
        assert_eq!(usual, shot(seam(), |_| {}));
    }
}
