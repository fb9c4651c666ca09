//! Units of measurement: the one definition of what a unit string means.
//!
//! A unit is a product of known symbols with whole powers: `"g/m2"`, `"L/min"`, `"1/s"`, `"1"`.
//! `*` (or `.`) and `/` join the symbols, a power follows its symbol (`m2`, `m^2`). No conversion is
//! implied: `mm` and `m` are different symbols until [`Unit::conversion_to`] is asked for.

use std::collections::BTreeMap;
use std::fmt;

/// What a symbol measures: powers of metre, second, kilogram, ampere, kelvin, mole, euro.
type Dimension = [i32; 7];

const NONE: Dimension = [0; 7];
const LENGTH: Dimension = [1, 0, 0, 0, 0, 0, 0];
const AREA: Dimension = [2, 0, 0, 0, 0, 0, 0];
const VOLUME: Dimension = [3, 0, 0, 0, 0, 0, 0];
const TIME: Dimension = [0, 1, 0, 0, 0, 0, 0];
const RATE: Dimension = [0, -1, 0, 0, 0, 0, 0];
const MASS: Dimension = [0, 0, 1, 0, 0, 0, 0];
const FORCE: Dimension = [1, -2, 1, 0, 0, 0, 0];
const PRESSURE: Dimension = [-1, -2, 1, 0, 0, 0, 0];
const ENERGY: Dimension = [2, -2, 1, 0, 0, 0, 0];
const POWER: Dimension = [2, -3, 1, 0, 0, 0, 0];
const CURRENT: Dimension = [0, 0, 0, 1, 0, 0, 0];
const CHARGE: Dimension = [0, 1, 0, 1, 0, 0, 0];
const VOLTAGE: Dimension = [2, -3, 1, -1, 0, 0, 0];
const RESISTANCE: Dimension = [2, -3, 1, -2, 0, 0, 0];
const TEMPERATURE: Dimension = [0, 0, 0, 0, 1, 0, 0];
const AMOUNT: Dimension = [0, 0, 0, 0, 0, 1, 0];
const MONEY: Dimension = [0, 0, 0, 0, 0, 0, 1];

/// Offset of the Celsius scale, K.
const CELSIUS_ZERO_K: f64 = 273.15;
const DEG: f64 = std::f64::consts::PI / 180.0;

/// Every known symbol: name, dimension, size in SI base units. Sorted by what it measures.
const SYMBOLS: &[(&str, Dimension, f64)] = &[
    ("%", NONE, 0.01),
    ("ppm", NONE, 1e-6),
    ("rad", NONE, 1.0),
    ("deg", NONE, DEG),
    ("cell", NONE, 1.0),
    ("m", LENGTH, 1.0),
    ("km", LENGTH, 1e3),
    ("cm", LENGTH, 1e-2),
    ("mm", LENGTH, 1e-3),
    ("um", LENGTH, 1e-6),
    ("nm", LENGTH, 1e-9),
    ("ha", AREA, 1e4),
    ("L", VOLUME, 1e-3),
    ("mL", VOLUME, 1e-6),
    ("s", TIME, 1.0),
    ("ms", TIME, 1e-3),
    ("us", TIME, 1e-6),
    ("min", TIME, 60.0),
    ("h", TIME, 3600.0),
    ("d", TIME, 86400.0),
    ("Hz", RATE, 1.0),
    ("kHz", RATE, 1e3),
    ("rpm", RATE, 1.0 / 60.0),
    ("kg", MASS, 1.0),
    ("g", MASS, 1e-3),
    ("mg", MASS, 1e-6),
    ("t", MASS, 1e3),
    ("N", FORCE, 1.0),
    ("mN", FORCE, 1e-3),
    ("kN", FORCE, 1e3),
    ("Pa", PRESSURE, 1.0),
    ("mPa", PRESSURE, 1e-3),
    ("kPa", PRESSURE, 1e3),
    ("MPa", PRESSURE, 1e6),
    ("mbar", PRESSURE, 1e2),
    ("bar", PRESSURE, 1e5),
    ("J", ENERGY, 1.0),
    ("kJ", ENERGY, 1e3),
    ("Wh", ENERGY, 3600.0),
    ("kWh", ENERGY, 3.6e6),
    ("W", POWER, 1.0),
    ("mW", POWER, 1e-3),
    ("kW", POWER, 1e3),
    ("A", CURRENT, 1.0),
    ("mA", CURRENT, 1e-3),
    ("kA", CURRENT, 1e3),
    ("Ah", CHARGE, 3600.0),
    ("mAh", CHARGE, 3.6),
    ("V", VOLTAGE, 1.0),
    ("mV", VOLTAGE, 1e-3),
    ("uV", VOLTAGE, 1e-6),
    ("ohm", RESISTANCE, 1.0),
    ("mohm", RESISTANCE, 1e-3),
    ("uohm", RESISTANCE, 1e-6),
    ("K", TEMPERATURE, 1.0),
    ("degC", TEMPERATURE, 1.0),
    ("mol", AMOUNT, 1.0),
    ("EUR", MONEY, 1.0),
];

/// A product of symbols with whole powers; the empty product is `"1"`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Unit(BTreeMap<&'static str, i32>);

/// `y = x * factor / divisor + offset`; one of the first two is 1, so that 80 um is 80e-6 m to the bit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conversion {
    /// Multiplies; 1 towards the larger unit.
    pub factor: f64,
    /// Divides; 1 towards the smaller unit.
    pub divisor: f64,
    /// Added after; zero but between degC and K.
    pub offset: f64,
}

impl Conversion {
    /// Changes nothing.
    pub const NONE: Self = Self { factor: 1.0, divisor: 1.0, offset: 0.0 };

    /// `x` in the other unit.
    #[inline(always)]
    pub fn apply(&self, x: f64) -> f64 {
        x * self.factor / self.divisor + self.offset
    }
}

/// Why a unit string or a conversion was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitError {
    /// A symbol not in the table.
    UnknownSymbol {
        /// The whole string.
        text: String,
        /// The part not known.
        symbol: String,
    },
    /// Not a product of symbols.
    Malformed {
        /// The whole string.
        text: String,
    },
    /// The two measure different things.
    Incompatible {
        /// Unit given.
        from: Unit,
        /// Unit asked for.
        to: Unit,
    },
}

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownSymbol { text, symbol } => {
                write!(f, "unit \"{text}\": no symbol \"{symbol}\"; known are")?;
                SYMBOLS.iter().try_for_each(|(name, ..)| write!(f, " {name}"))
            }
            Self::Malformed { text } => {
                write!(f, "unit \"{text}\" is not a product of symbols such as \"g/m2\" or \"1\"")
            }
            Self::Incompatible { from, to } => {
                write!(f, "\"{from}\" cannot become \"{to}\": they measure different things")
            }
        }
    }
}

impl std::error::Error for UnitError {}

impl fmt::Display for Unit {
    /// Canonical text: symbols above the line joined by `*`, then one `/` for each below.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for (symbol, power) in self.0.iter().filter(|(_, power)| **power > 0) {
            f.write_str(if first { "" } else { "*" })?;
            first = false;
            write_power(f, symbol, *power)?;
        }
        if first {
            f.write_str("1")?;
        }
        for (symbol, power) in self.0.iter().filter(|(_, power)| **power < 0) {
            f.write_str("/")?;
            write_power(f, symbol, -*power)?;
        }
        Ok(())
    }
}

fn write_power(f: &mut fmt::Formatter<'_>, symbol: &str, power: i32) -> fmt::Result {
    if power == 1 { f.write_str(symbol) } else { write!(f, "{symbol}{power}") }
}

impl Unit {
    /// The dimensionless unit `"1"`.
    pub fn one() -> Self {
        Self::default()
    }

    /// True for `"1"`.
    pub fn is_one(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads a unit string.
    ///
    /// # Errors
    /// Malformed text or a symbol not in the table.
    pub fn parse(text: &str) -> Result<Self, UnitError> {
        let mut unit = Self::one();
        let mut sign = 1;
        let mut rest = text.trim();
        loop {
            let end = rest.find(['*', '.', '/']).unwrap_or(rest.len());
            let (term, after) = rest.split_at(end);
            let (symbol, power) = split_power(text, term)?;
            if let Some(symbol) = symbol {
                unit.scale_symbol(symbol, sign * power);
            }
            let Some(joiner) = after.chars().next() else { return Ok(unit) };
            sign = if joiner == '/' { -1 } else { 1 };
            rest = &after[1..];
        }
    }

    fn scale_symbol(&mut self, symbol: &'static str, power: i32) {
        let sum = self.0.get(symbol).copied().unwrap_or(0) + power;
        if sum == 0 {
            self.0.remove(symbol);
        } else {
            self.0.insert(symbol, sum);
        }
    }

    /// The unit of a product.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        let mut product = self.clone();
        other.0.iter().for_each(|(symbol, power)| product.scale_symbol(symbol, *power));
        product
    }

    /// The unit of a quotient.
    #[must_use]
    pub fn over(&self, other: &Self) -> Self {
        let mut quotient = self.clone();
        other.0.iter().for_each(|(symbol, power)| quotient.scale_symbol(symbol, -*power));
        quotient
    }

    fn dimension_and_size(&self) -> (Dimension, f64) {
        let mut dimension = NONE;
        let mut size = 1.0;
        for (symbol, power) in &self.0 {
            if let Some((_, of, one)) = SYMBOLS.iter().find(|(name, ..)| name == symbol) {
                dimension.iter_mut().zip(of).for_each(|(sum, part)| *sum += part * power);
                for _ in 0..power.unsigned_abs() {
                    size = if *power > 0 { size * one } else { size / one };
                }
            }
        }
        (dimension, size)
    }

    /// What turns a value in this unit into one in `to`.
    ///
    /// # Errors
    /// When the two measure different things.
    pub fn conversion_to(&self, to: &Self) -> Result<Conversion, UnitError> {
        let (from_dimension, from_size) = self.dimension_and_size();
        let (to_dimension, to_size) = to.dimension_and_size();
        if from_dimension != to_dimension {
            return Err(UnitError::Incompatible { from: self.clone(), to: to.clone() });
        }
        let offset = self.zero_k() - to.zero_k();
        let (factor, divisor) = if from_size >= to_size {
            (nearest_whole(from_size / to_size), 1.0)
        } else {
            (1.0, nearest_whole(to_size / from_size))
        };
        Ok(Conversion { factor, divisor, offset })
    }

    /// Kelvin of this scale's zero: only plain `degC` has one other than absolute zero.
    fn zero_k(&self) -> f64 {
        let celsius = self.0.len() == 1 && self.0.get("degC") == Some(&1);
        if celsius { CELSIUS_ZERO_K } else { 0.0 }
    }
}

/// `ratio` without what rounding added: 1000.0000000000001 is 1000.
fn nearest_whole(ratio: f64) -> f64 {
    let whole = libm::round(ratio);
    if (ratio - whole).abs() <= 1e-12 * ratio { whole } else { ratio }
}

/// Splits `"m2"` or `"m^2"` into the known symbol and its power; `None` for `"1"`.
fn split_power(text: &str, term: &str) -> Result<(Option<&'static str>, i32), UnitError> {
    let malformed = || UnitError::Malformed { text: text.to_owned() };
    let term = term.trim();
    if term == "1" {
        return Ok((None, 1));
    }
    let digits = term.find(|c: char| c.is_ascii_digit() || c == '-').unwrap_or(term.len());
    let (name, power) = term.split_at(digits);
    let name = name.strip_suffix('^').unwrap_or(name);
    if name.is_empty() {
        return Err(malformed());
    }
    let power = if power.is_empty() { 1 } else { power.parse().map_err(|_| malformed())? };
    if power == 0 || !(-9..=9).contains(&power) {
        return Err(malformed());
    }
    let known = SYMBOLS.iter().find(|(symbol, ..)| *symbol == name);
    known
        .map(|(symbol, ..)| (Some(*symbol), power))
        .ok_or_else(|| UnitError::UnknownSymbol { text: text.to_owned(), symbol: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(text: &str) -> Unit {
        Unit::parse(text).unwrap()
    }

    #[test]
    fn canonical_text_is_one_for_all_spellings() {
        for (text, canonical) in [
            ("g/m2", "g/m2"),
            ("g/m^2", "g/m2"),
            ("g/m/m", "g/m2"),
            ("g*m-2", "g/m2"),
            ("1/s", "1/s"),
            ("1", "1"),
            ("m/m", "1"),
            ("s*kg.m", "kg*m*s"),
            ("%", "%"),
            ("N/mm", "N/mm"),
            (" L / min ", "L/min"),
        ] {
            assert_eq!(unit(text).to_string(), canonical, "{text}");
            assert_eq!(unit(canonical), unit(text));
        }
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        for text in ["", "g//m", "2", "g/", "m0", "m99", "^2"] {
            assert!(matches!(Unit::parse(text), Err(UnitError::Malformed { .. })), "{text}");
        }
        let error = Unit::parse("g/metre2").unwrap_err().to_string();
        assert!(error.contains("no symbol \"metre\""), "{error}");
    }

    #[test]
    fn products_cancel_equal_symbols_only() {
        assert_eq!(unit("m/s").times(&unit("s")), unit("m"));
        assert_eq!(unit("g").over(&unit("g")), Unit::one());
        assert_eq!(unit("mm").over(&unit("m")).to_string(), "mm/m");
    }

    #[test]
    fn conversions_follow_the_table() {
        let convert =
            |from: &str, to: &str, x: f64| unit(from).conversion_to(&unit(to)).unwrap().apply(x);
        assert_eq!(convert("m", "um", 1.5), 1.5e6);
        assert_eq!(convert("um", "m", 80.0), 80.0 / 1e6);
        assert_eq!(convert("m/min", "m/s", 60.0), 1.0);
        assert_eq!(convert("%", "1", 50.0), 0.5);
        assert_eq!(convert("g/m2", "kg/m2", 120.0), 0.12);
        assert_eq!(convert("degC", "K", 25.0), 298.15);
        assert_eq!(convert("K", "degC", 273.15), 0.0);
        assert_eq!(convert("degC/min", "K/min", 2.0), 2.0);
        assert_eq!(convert("N/mm", "kN/m", 1.0), 1.0);
        let error = unit("g/m2").conversion_to(&unit("um")).unwrap_err().to_string();
        assert_eq!(error, "\"g/m2\" cannot become \"um\": they measure different things");
    }
}
