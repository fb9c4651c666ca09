//! Calender laws: compaction after Meyer et al. (2017), stiffness, roll geometry, feed-forward.
//!
//! `rho = rho_max - (rho_max - rho_0)*exp(-q/gamma)`, line load `q` and compaction resistance `gamma` in N/mm, densities kg/m3.
//! The law was fitted at up to 5 m/min and at single loadings; at production speed its parameters are to be calibrated.

/// Coating of one electrode as the nip meets it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compaction {
    /// Density before the nip, kg/m3.
    pub start_kg_per_m3: f64,
    /// Density that no load exceeds, kg/m3.
    pub max_kg_per_m3: f64,
    /// Compaction resistance gamma, N/mm.
    pub resistance_n_per_mm: f64,
}

impl Compaction {
    /// Density behind the nip at line load `q` (N/mm, negative counts as zero), kg/m3.
    pub fn density_kg_per_m3(&self, line_load_n_per_mm: f64) -> f64 {
        let q = line_load_n_per_mm.max(0.0);
        self.max_kg_per_m3
            - (self.max_kg_per_m3 - self.start_kg_per_m3) * libm::exp(-q / self.resistance_n_per_mm)
    }

    /// Line load in N/mm that presses to `density_kg_per_m3`; infinite at or above the maximum, 0 at or below the start.
    pub fn line_load_n_per_mm(&self, density_kg_per_m3: f64) -> f64 {
        if density_kg_per_m3 >= self.max_kg_per_m3 {
            return f64::INFINITY;
        }
        let ratio =
            (self.max_kg_per_m3 - self.start_kg_per_m3) / (self.max_kg_per_m3 - density_kg_per_m3);
        (self.resistance_n_per_mm * libm::log(ratio)).max(0.0)
    }

    /// `d rho/dq = (rho_max - rho)/gamma` in kg/m3 per N/mm.
    pub fn slope_kg_per_m3_per_n_per_mm(&self, density_kg_per_m3: f64) -> f64 {
        (self.max_kg_per_m3 - density_kg_per_m3) / self.resistance_n_per_mm
    }

    /// Change of line load (N/mm) that holds *thickness* when the coating at `density_kg_per_m3` gets heavier by the
    /// relative deviation `m`: `gamma*ln((rho_max - rho)/(rho_max - rho*(1 + m)))`. Infinite when no load can do it.
    pub fn hold_thickness_n_per_mm(&self, density_kg_per_m3: f64, m: f64) -> f64 {
        let left = self.max_kg_per_m3 - density_kg_per_m3 * (1.0 + m);
        if left <= 0.0 {
            return f64::INFINITY;
        }
        self.resistance_n_per_mm * libm::log((self.max_kg_per_m3 - density_kg_per_m3) / left)
    }

    /// Electrode stiffness in MN/mm: `w*gamma*rho/((rho_max - rho)*t)`, `thickness_um` of both sides together.
    pub fn stiffness_mn_per_mm(
        &self,
        density_kg_per_m3: f64,
        thickness_um: f64,
        width_mm: f64,
    ) -> f64 {
        width_mm * self.resistance_n_per_mm * density_kg_per_m3
            / ((self.max_kg_per_m3 - density_kg_per_m3) * thickness_um * 1e-3)
            * 1e-6
    }
}

/// Change of line load (N/mm) that holds *porosity* for the relative weight deviation `m`: `a*m*q`.
pub fn hold_porosity_n_per_mm(line_load_n_per_mm: f64, loading_exponent: f64, m: f64) -> f64 {
    loading_exponent * m * line_load_n_per_mm
}

/// Compaction resistance in N/mm: `gamma_ref*(M/M_ref)^a*(1 - k_T*dT)` (Meyer 2018, Schreiner 2020 for the loading;
/// PVDF systems for the temperature). `loading_ratio` = M/M_ref, `above_reference_k` = roll surface above its reference.
pub fn resistance_n_per_mm(
    reference_n_per_mm: f64,
    loading_ratio: f64,
    loading_exponent: f64,
    softening_per_k: f64,
    above_reference_k: f64,
) -> f64 {
    let loading = if loading_exponent == 1.0 {
        loading_ratio
    } else {
        libm::pow(loading_ratio, loading_exponent)
    };
    reference_n_per_mm * loading * (1.0 - softening_per_k * above_reference_k)
}

/// Share of a thickness disturbance that a gap-holding machine absorbs: `K_m/(K_m + K_e)`, dimensionless.
pub fn gap_rejection(machine_mn_per_mm: f64, electrode_mn_per_mm: f64) -> f64 {
    machine_mn_per_mm / (machine_mn_per_mm + electrode_mn_per_mm)
}

/// Bending of one roll, centre minus edge of the coated width, in um: `q*b^3*(12*L - 7*b)/(384*E*I)`, `I = pi*d^4/64`.
/// q in N/mm, coated width b, bearing distance L, diameter d in mm, E in N/mm2.
pub fn roll_bending_um(
    line_load_n_per_mm: f64,
    coated_mm: f64,
    bearings_mm: f64,
    diameter_mm: f64,
    modulus_n_per_mm2: f64,
) -> f64 {
    let inertia =
        core::f64::consts::PI * diameter_mm * diameter_mm * diameter_mm * diameter_mm / 64.0;
    line_load_n_per_mm * coated_mm * coated_mm * coated_mm * (12.0 * bearings_mm - 7.0 * coated_mm)
        / (384.0 * modulus_n_per_mm2 * inertia)
        * 1000.0
}

/// How much two rolls of radius `radius_mm` close the gap per kelvin, in um/K: `2*alpha*R`.
pub fn gap_closing_um_per_k(radius_mm: f64, expansion_per_k: f64) -> f64 {
    2.0 * expansion_per_k * radius_mm * 1000.0
}

/// Turns per second of a roll of diameter `diameter_m` at web speed `web_m_per_s`, in Hz.
pub fn roll_hz(web_m_per_s: f64, diameter_m: f64) -> f64 {
    web_m_per_s / (core::f64::consts::PI * diameter_m)
}
