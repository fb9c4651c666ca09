//! The web in the oven, metre by metre: each piece carries its own solvent and meets the zones as it passes them.
//!
//! Positions `x` are metres from the oven's entry; the centre of coating metre `k` is at `x = position - entry - (k + 0.5)`.

use super::ZONES;
use super::film::Film;
use super::march::{Coating, Piece};
use super::vapour::ZERO_C;

/// Length of a piece, m.
pub const PIECE_M: f64 = 1.0;

/// One metre of one side.
#[derive(Clone, Copy, Debug)]
struct Metre {
    coating: Coating,
    piece: Piece,
    number: i64,
}

/// The films under the air of one step.
pub struct Blown {
    /// Film of each zone.
    pub film: [Film; ZONES],
    /// Where a fully wet film settles in each zone, K and g/m2/s; none when the binder holds solvent back.
    pub wet: [Option<(f64, f64)>; ZONES],
}

/// Web between the oven's entry and the dry gauge.
pub struct Strip {
    metres: Vec<Metre>,
    mask: i64,
    next: i64,
    entry_m: f64,
    zone_m: f64,
    keep_m: f64,
}

impl Strip {
    /// A strip that starts empty at coating position `position_m`; it keeps pieces until they are `keep_m` past the entry.
    pub fn new(coating: Coating, entry_m: f64, zone_m: f64, keep_m: f64, position_m: f64) -> Self {
        let count = ((keep_m / PIECE_M).ceil() as usize + 4).next_power_of_two();
        let first = Strip::number(position_m - entry_m - keep_m) - 1;
        let metre = |number| Metre { coating, piece: Piece::enter(&coating), number };
        let mut metres = vec![metre(i64::MIN); count];
        let mask = count as i64 - 1;
        for number in first..first + count as i64 {
            metres[(number & mask) as usize] = metre(number);
        }
        Strip { metres, mask, next: first, entry_m, zone_m, keep_m }
    }

    fn number(at_m: f64) -> i64 {
        (at_m / PIECE_M).floor() as i64
    }

    /// Where the centre of metre `number` is, m from the entry.
    fn x(&self, number: i64, position_m: f64) -> f64 {
        position_m - self.entry_m - (number as f64 + 0.5) * PIECE_M
    }

    /// The web moves from `from_m` to `to_m` (at the die) in `dt_s`. `laid` tells what was laid on a metre that enters;
    /// adds to `evaporated` what leaves in each zone, g/m2 times m of web.
    pub fn advance(
        &mut self,
        from_m: f64,
        to_m: f64,
        dt_s: f64,
        blown: &Blown,
        laid: impl Fn(f64) -> Coating,
        evaporated: &mut [f64; ZONES],
    ) {
        while self.x(self.next, to_m) > 0.0 {
            let coating = laid((self.next as f64 + 0.5) * PIECE_M);
            let slot = (self.next & self.mask) as usize;
            self.metres[slot] = Metre { coating, piece: Piece::enter(&coating), number: self.next };
            self.next += 1;
        }
        let oven_m = self.zone_m * ZONES as f64;
        let moved_m = to_m - from_m;
        let mut number = self.next - 1;
        loop {
            let start = self.x(number, from_m);
            if start >= oven_m || start > self.keep_m {
                return;
            }
            let slot = (number & self.mask) as usize;
            let metre = &mut self.metres[slot];
            if metre.number != number {
                return;
            }
            let mut x = start.max(0.0);
            let end = (start + moved_m).min(oven_m);
            // A web that stands still dries where it is.
            let per_m = if moved_m > 1e-9 { dt_s / moved_m } else { 0.0 };
            let mut zone = ((x / self.zone_m) as usize).min(ZONES - 1);
            loop {
                let edge = ((zone + 1) as f64 * self.zone_m).min(end);
                let spent_s = if per_m > 0.0 { (edge - x) * per_m } else { dt_s };
                if spent_s > 1e-9 {
                    let film = &blown.film[zone];
                    let lost = metre.piece.dry(&metre.coating, film, spent_s, blown.wet[zone]);
                    evaporated[zone] += lost * PIECE_M;
                }
                x = edge;
                zone += 1;
                if x >= end - 1e-9 || zone >= ZONES {
                    break;
                }
            }
            number -= 1;
        }
    }

    fn metre(&self, number: i64) -> &Metre {
        &self.metres[(number.min(self.next - 1) & self.mask) as usize]
    }

    /// Solvent left on coating metre `at_m`, g/m2.
    pub fn left_g_per_m2(&self, at_m: f64) -> f64 {
        self.metre(Strip::number(at_m)).piece.left_g_per_m2
    }

    /// The piece `x` m behind the entry and its coating, the web being at `position_m`.
    pub fn at(&self, x: f64, position_m: f64) -> (&Piece, &Coating) {
        let metre = self.metre(Strip::number(position_m - self.entry_m - x));
        (&metre.piece, &metre.coating)
    }

    /// Temperature of the film `x` m behind the entry, degC, between the two metres next to it.
    pub fn film_c(&self, x: f64, position_m: f64) -> f64 {
        let centre = (position_m - self.entry_m - x) / PIECE_M - 0.5;
        let low = centre.floor();
        let share = centre - low;
        let film = |number: i64| self.metre(number).piece.film_k - ZERO_C;
        let near = film(low as i64);
        near + share * (film(low as i64 + 1) - near)
    }

    /// Drying front: where the critical moisture is reached, m behind the entry; the oven's length when it is not.
    pub fn front_m(&self, position_m: f64) -> f64 {
        let oven_m = self.zone_m * ZONES as f64;
        let (mut before, mut before_x) = (f64::NAN, 0.0);
        let mut number = self.next - 1;
        loop {
            let x = self.x(number, position_m);
            if x >= oven_m {
                return oven_m;
            }
            let metre = self.metre(number);
            let critical = metre.coating.critical_fraction * metre.coating.solvent_g_per_m2;
            let ratio = metre.piece.left_g_per_m2 / critical.max(1e-9);
            if ratio <= 1.0 {
                let share = (before - 1.0) / (before - ratio);
                return if share.is_finite() { before_x + share * (x - before_x) } else { x };
            }
            (before, before_x) = (ratio, x);
            number -= 1;
        }
    }
}
