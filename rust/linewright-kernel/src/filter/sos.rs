//! A filter given by its second-order sections, as a design program prints them.
//!
//! Each row `[b0, b1, b2, a0, a1, a2]` is `(b0 + b1/z + b2/z^2) / (a0 + a1/z + a2/z^2)`; samples pass the rows in order
//! (`scipy.signal`'s `sos`). The first sample is taken as if it had been there for ever. A retuning takes the constant that gives
//! the last output for the past where a constant passes, else the last input less the last output.

use super::cascade::{Cascade, MOST_SECTIONS, Section};
use crate::{Design, DesignError, Grid, Port};

/// Config of a filter given by its sections.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sos {
    /// One to eight rows of six: `b0, b1, b2, a0, a1, a2`, dimensionless. `a0` is not zero; every pole
    /// stands inside the unit circle.
    pub sections: Grid<48>,
}

impl Design for Sos {
    type Kernel = Cascade;
    const NAME: &'static str = "Sos";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a")];

    fn design(&self, period_s: f64) -> Result<Cascade, DesignError> {
        DesignError::period(period_s)?;
        let rows = self.sections.rows();
        let fits = self.sections.columns() == 6 && (1..=MOST_SECTIONS).contains(&rows);
        DesignError::unless(fits, "sections", "one to eight rows of six", rows as f64)?;
        DesignError::finite_list("sections", self.sections.words())?;
        let sections = (0..rows).map(|i| self.section(i));
        for (i, section) in sections.clone().enumerate() {
            let a0 = self.sections.at(i, 3);
            DesignError::unless(a0 != 0.0, "sections", "rows whose a0 is not zero", a0)?;
            let pole = section.largest_pole();
            let inside = pole < 1.0;
            DesignError::unless(
                inside,
                "sections",
                "rows with poles inside the unit circle",
                pole,
            )?;
        }
        let cascade = Cascade::from_sections(sections);
        let room = cascade.largest;
        let modest = room > 1e50;
        DesignError::unless(modest, "sections", "of gain so that 1e50 does not overflow", room)?;
        Ok(cascade)
    }
}

impl Sos {
    fn section(&self, i: usize) -> Section {
        let at = |j: usize| self.sections.at(i, j);
        let over = at(3);
        Section { b: [at(0) / over, at(1) / over, at(2) / over], a: [at(4) / over, at(5) / over] }
    }
}
