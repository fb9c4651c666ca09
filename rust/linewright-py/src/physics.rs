//! The process laws of the twin, one function each, for check cases and notebooks.

use linewright_twin::calender::{self, Compaction};
use linewright_twin::dryer::{curve, film, limits, vapour};
use linewright_twin::window::{self, Bead};
use linewright_twin::{balance, die, porosity, rheology, slurry};
use pyo3::prelude::*;

use crate::error::ConfigError;

/// Python functions over laws of the twin; `module::law => name`.
macro_rules! laws {
    ($($(#[doc = $doc:literal])* $law:path => fn $name:ident($($arg:ident),*);)*) => {
        $($(#[doc = $doc])*
        #[pyfunction]
        fn $name($($arg: f64),*) -> f64 {
            $law($($arg),*)
        })*
        /// Adds the laws to the module.
        fn add_laws(module: &Bound<'_, PyModule>) -> PyResult<()> {
            $(module.add_function(wrap_pyfunction!($name, module)?)?;)*
            Ok(())
        }
    };
}

laws! {
    /// Slurry density, kg/m3: `1/rho = x/rho_solid + (1 - x)/rho_solvent`.
    slurry::slurry_density_kg_per_m3 => fn slurry_density_kg_per_m3(solids, solid_kg_per_m3, solvent_kg_per_m3);
    /// Solids volume fraction: `(x/rho_solid)*rho_slurry`.
    slurry::volume_fraction => fn volume_fraction(solids, solid_kg_per_m3, slurry_kg_per_m3);
    /// Solids mass fraction from the slurry density, the inverse of `slurry_density_kg_per_m3`.
    slurry::solids_fraction => fn solids_fraction(slurry_kg_per_m3, solid_kg_per_m3, solvent_kg_per_m3);
    /// Solvent density at `temperature_c`; the slope in kg/m3/K is negative.
    slurry::solvent_density_kg_per_m3 => fn solvent_density_kg_per_m3(reference_kg_per_m3, slope_kg_per_m3_k, temperature_c, reference_c);
    /// Density with entrained air: `rho*(1 - air)`.
    slurry::aerated_density_kg_per_m3 => fn aerated_density_kg_per_m3(slurry_kg_per_m3, air);
    /// Relative viscosity (Krieger and Dougherty 1959), for `phi < phi_max`.
    slurry::krieger_dougherty => fn krieger_dougherty(phi, phi_max, intrinsic);
    /// Apparent viscosity, Pa s (Herschel and Bulkley 1926).
    slurry::herschel_bulkley_pa_s => fn herschel_bulkley_pa_s(yield_pa, consistency_pa_sn, exponent, shear_per_s);
    /// Apparent viscosity between its plateaus, Pa s (Carreau 1972; Yasuda 1981).
    rheology::carreau_yasuda_pa_s => fn carreau_yasuda_pa_s(rest_pa_s, fast_pa_s, lambda_s, transition, exponent, shear_per_s);
    /// Factor of the viscosity by solids above the recipe, pp.
    rheology::solids_factor => fn viscosity_solids_factor(above_pp, per_pp);
    /// Factor of the viscosity by temperature above the reference, K.
    rheology::temperature_factor => fn viscosity_temperature_factor(above_k, slope_per_k);
    /// Factor of the viscosity by time at rest, s.
    rheology::age_factor => fn viscosity_age_factor(age_s, rise, tau_s);
    /// Shear rate at the wall of the slot, 1/s.
    rheology::slot_shear_per_s => fn slot_shear_per_s(exponent, flow_l_per_min, gap_m, width_m);
    /// Capillary number: `eta*U/sigma`.
    window::capillary_number => fn capillary_number(viscosity_pa_s, web_m_per_s, tension_n_per_m);
    /// Capillary number at which a film is the thinnest (small numbers only), both lengths in um.
    window::critical_capillary => fn critical_capillary(film_um, gap_um);
    /// Film a power-law liquid leaves under a lip against a pressure gradient in Pa/m, um.
    window::lip_film_um => fn lip_film_um(consistency_pa_sn, exponent, gradient_pa_per_m, gap_um, web_m_per_s);
    /// Pressure drop over the slot, power law with a yield stress, Pa.
    die::slot_pressure_yield_pa => fn slot_pressure_yield_pa(yield_pa, consistency_pa_sn, exponent, flow_l_per_min, slot_m, gap_m, width_m);
    /// Wet film thickness, um: `M/(x*rho)`.
    die::wet_film_um => fn wet_film_um(dry_g_per_m2, solids, slurry_kg_per_m3);
    /// Pump flow of one side, L/min, that lays `dry_g_per_m2`.
    die::flow_l_per_min => fn flow_l_per_min(dry_g_per_m2, solids, slurry_kg_per_m3, web_m_per_s, width_m);
    /// Wet weight of one side, g/m2.
    die::wet_weight_g_per_m2 => fn wet_weight_g_per_m2(flow_l_per_min, slurry_kg_per_m3, web_m_per_s, width_m);
    /// Pressure drop over the slot, Newtonian, Pa.
    die::slot_pressure_pa => fn slot_pressure_pa(viscosity_pa_s, flow_l_per_min, slot_m, gap_m, width_m);
    /// Pressure drop over the slot, power law, Pa.
    die::slot_pressure_power_law_pa => fn slot_pressure_power_law_pa(consistency_pa_sn, exponent, flow_l_per_min, slot_m, gap_m, width_m);
    /// Exponent of the local flow over the slot gap: `2 + 1/n`.
    die::slot_flow_exponent => fn slot_flow_exponent(exponent);
    /// Change of line load, N/mm, that holds porosity for the relative weight deviation `m`.
    calender::hold_porosity_n_per_mm => fn hold_porosity_n_per_mm(line_load_n_per_mm, loading_exponent, m);
    /// Compaction resistance, N/mm, at another loading and roll temperature.
    calender::resistance_n_per_mm => fn resistance_n_per_mm(reference_n_per_mm, loading_ratio, loading_exponent, softening_per_k, above_reference_k);
    /// Share of a thickness disturbance that a gap-holding machine absorbs.
    calender::gap_rejection => fn gap_rejection(machine_mn_per_mm, electrode_mn_per_mm);
    /// Bending of one roll, centre minus edge of the coated width, um.
    calender::roll_bending_um => fn roll_bending_um(line_load_n_per_mm, coated_mm, bearings_mm, diameter_mm, modulus_n_per_mm2);
    /// How much two rolls close the gap per kelvin, um/K.
    calender::gap_closing_um_per_k => fn gap_closing_um_per_k(radius_mm, expansion_per_k);
    /// Turns per second of a roll, Hz.
    calender::roll_hz => fn roll_hz(web_m_per_s, diameter_m);
    /// Porosity, 0 to 1: `1 - M/(t*rho_solid)`.
    porosity::porosity => fn porosity_fraction(dry_g_per_m2, thickness_um, solid_kg_per_m3);
    /// Thickness of one side, um, that gives `porosity`.
    porosity::thickness_um => fn thickness_um(dry_g_per_m2, porosity, solid_kg_per_m3);
    /// Porosity over thickness, percentage points per um.
    porosity::slope_pp_per_um => fn porosity_slope_pp_per_um(porosity, thickness_um);
    /// Porosity over weight, percentage points per percent.
    porosity::slope_pp_per_pct_weight => fn porosity_slope_pp_per_pct_weight(porosity);
    /// Standard deviation of porosity, pp, from those of weight (%) and thickness (um).
    porosity::sd_pp => fn porosity_sd_pp(porosity, thickness_um, weight_sd_pct, thickness_sd_um);
    /// Probability that a centred normal error stays within the tolerance.
    porosity::probability_within => fn probability_within(tolerance, sd);
    /// Areal capacity of one side, mAh/cm2.
    balance::areal_capacity_mah_per_cm2 => fn areal_capacity_mah_per_cm2(dry_g_per_m2, active_fraction, capacity_mah_per_g);
    /// N/P ratio: areal capacity of the anode over that of the cathode.
    balance::n_to_p_ratio => fn n_to_p_ratio(anode_mah_per_cm2, cathode_mah_per_cm2);
    /// Vapour pressure of NMP, Pa; 1 to 204 degC, NaN outside. Below 88 degC not the formula but a fit to 32 Pa at 20 degC.
    vapour::nmp_vapour_pa => fn nmp_vapour_pa(film_c);
    /// Vapour pressure of water, Pa (Antoine 1888); 1 to 374 degC, NaN outside.
    vapour::water_vapour_pa => fn water_vapour_pa(film_c);
    /// Mass transfer coefficient, m/s (Chilton and Colburn 1934); `mean_c` between air and film.
    film::mass_transfer_m_per_s => fn mass_transfer_m_per_s(heat_w_per_m2_k, mean_c, lewis);
    /// Evaporation by Stefan flow, kg/m2/s; partial pressures in Pa.
    film::stefan_flux_kg_per_m2_s => fn stefan_flux_kg_per_m2_s(beta_m_per_s, mean_c, air_pa, film_pa, molar_kg_per_mol);
    /// Relative rate `min(1, phi^n)` of the characteristic drying curve (van Meel 1958).
    curve::relative_rate => fn drying_rate(phi, exponent);
    /// Drying time in units of `M*X_0/mdot` down to the share `left` of the solvent; `critical` = X_c/X_0.
    curve::relative_time => fn drying_time(critical, left);
    /// Activity `1 - exp(-X/X_s)` of a solvent that the binder holds; kg solvent per kg dry coating.
    curve::activity => fn sorption_activity(moisture, sorption_x);
    /// Air, m3/s, that keeps a solvent at `share` of its lower explosion limit.
    limits::safety_air_m3_per_s => fn safety_air_m3_per_s(solvent_g_per_s, limit_g_per_m3, share);
    /// Binder Peclet number `v*L/D`.
    limits::binder_peclet => fn binder_peclet(surface_um_per_s, film_um, diffusivity_m2_per_s);
    /// Adhesion over that of a slowly dried coating, 0 to 1: `1/(1 + (mdot_mid/mdot_ref)^1.5)`.
    limits::adhesion => fn adhesion_index(middle_g_per_m2_s, reference_g_per_m2_s);
    /// Evaporation in the middle stage, g/m2/s, that leaves `adhesion`; the inverse of `adhesion_index`.
    limits::middle_limit_g_per_m2_s => fn middle_limit_g_per_m2_s(adhesion, reference_g_per_m2_s);
}

/// Density of the dry mixture, kg/m3; `parts` are pairs of mass fraction and density.
#[pyfunction]
fn solid_density_kg_per_m3(parts: Vec<(f64, f64)>) -> f64 {
    slurry::solid_density_kg_per_m3(&parts)
}

/// Thinnest film at small capillary numbers, um (Ruschak 1976). A number above 0.1 is refused: the limit does not hold there.
#[pyfunction]
fn low_flow_limit_um(capillary: f64, gap_um: f64) -> PyResult<f64> {
    window::low_flow_limit_um(capillary, gap_um).map_err(|e| ConfigError::new_err(e.to_string()))
}

/// Films a slot bead can lay, um, `(low, high)`, each by fixed point (Higgins and Scriven 1980); `None` where surface
/// tension rules the bead. With `film_um` both limits are stated for that film.
#[pyfunction]
#[pyo3(signature = (*, viscosity_pa_s, web_m_per_s, tension_n_per_m, gap_um, downstream_um, upstream_um, film_um=None))]
fn coating_window_um(
    viscosity_pa_s: f64,
    web_m_per_s: f64,
    tension_n_per_m: f64,
    gap_um: f64,
    downstream_um: f64,
    upstream_um: f64,
    film_um: Option<f64>,
) -> Option<(f64, f64)> {
    let bead =
        Bead { viscosity_pa_s, web_m_per_s, tension_n_per_m, gap_um, downstream_um, upstream_um };
    let window = match film_um {
        Some(film_um) => Some(bead.window_at(film_um)),
        None => bead.window(),
    };
    window.map(|w| (w.low_um, w.high_um))
}

/// Coating of one electrode as the nip meets it: `rho = rho_max - (rho_max - rho_0)*exp(-q/gamma)`.
#[pyclass(module = "linewright.twin", name = "Compaction", frozen)]
struct PyCompaction(Compaction);

#[pymethods]
impl PyCompaction {
    #[new]
    #[pyo3(signature = (*, start_kg_per_m3, max_kg_per_m3, resistance_n_per_mm))]
    fn new(start_kg_per_m3: f64, max_kg_per_m3: f64, resistance_n_per_mm: f64) -> Self {
        Self(Compaction { start_kg_per_m3, max_kg_per_m3, resistance_n_per_mm })
    }

    /// Density behind the nip, kg/m3, at a line load in N/mm.
    fn density_kg_per_m3(&self, line_load_n_per_mm: f64) -> f64 {
        self.0.density_kg_per_m3(line_load_n_per_mm)
    }

    /// Line load, N/mm, that presses to a density; infinite at or above the maximum.
    fn line_load_n_per_mm(&self, density_kg_per_m3: f64) -> f64 {
        self.0.line_load_n_per_mm(density_kg_per_m3)
    }

    /// Density over line load, kg/m3 per N/mm.
    fn slope_kg_per_m3_per_n_per_mm(&self, density_kg_per_m3: f64) -> f64 {
        self.0.slope_kg_per_m3_per_n_per_mm(density_kg_per_m3)
    }

    /// Change of line load, N/mm, that holds thickness for the relative weight deviation `m`.
    fn hold_thickness_n_per_mm(&self, density_kg_per_m3: f64, m: f64) -> f64 {
        self.0.hold_thickness_n_per_mm(density_kg_per_m3, m)
    }

    /// Stiffness of the electrode, MN/mm.
    fn stiffness_mn_per_mm(&self, density_kg_per_m3: f64, thickness_um: f64, width_mm: f64) -> f64 {
        self.0.stiffness_mn_per_mm(density_kg_per_m3, thickness_um, width_mm)
    }
}

/// Adds the laws to the module.
pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_laws(module)?;
    module.add_function(wrap_pyfunction!(solid_density_kg_per_m3, module)?)?;
    module.add_function(wrap_pyfunction!(low_flow_limit_um, module)?)?;
    module.add_function(wrap_pyfunction!(coating_window_um, module)?)?;
    module.add_class::<PyCompaction>()
}
