//! What a record tells: capability, the health of a loop, the delay between two signals.

use linewright_kernel::estimator as records;
use linewright_kernel::estimator::Verdict;
use numpy::PyArrayMethods;
use pyo3::prelude::*;

use crate::block::as_float64;
use crate::error::design_error;

/// The numbers of an array-like, in order.
fn numbers(given: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
    Ok(as_float64(given)?.readonly().as_array().iter().copied().collect())
}

/// A field as Python would write it.
trait Shown {
    fn shown(&self) -> String;
}
impl Shown for f64 {
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}
impl Shown for u32 {
    fn shown(&self) -> String {
        self.to_string()
    }
}
impl Shown for bool {
    fn shown(&self) -> String {
        if *self { "True" } else { "False" }.to_owned()
    }
}
impl Shown for &'static str {
    fn shown(&self) -> String {
        format!("'{self}'")
    }
}
impl Shown for CapabilityIndex {
    fn shown(&self) -> String {
        self.__repr__()
    }
}
impl<T: Shown> Shown for Option<T> {
    fn shown(&self) -> String {
        self.as_ref().map_or_else(|| "None".to_owned(), Shown::shown)
    }
}

/// A frozen class of results made from one of the kernel crate's.
macro_rules! result {
    ($(#[doc = $doc:literal])* $Name:ident { $($field:ident: $kind:ty),+ $(,)? }) => {
        $(#[doc = $doc])*
        #[pyclass(module = "linewright", frozen, get_all, eq)]
        #[derive(Clone, PartialEq)]
        pub struct $Name { $($field: $kind),+ }

        #[pymethods]
        impl $Name {
            fn __repr__(&self) -> String {
                let fields = [$(format!("{}={}", stringify!($field), self.$field.shown())),+];
                format!("{}({})", stringify!($Name), fields.join(", "))
            }
        }
    };
}

result! {
    /// A capability index with its two-sided confidence limits: `value`, `low`, `high`.
    CapabilityIndex { value: f64, low: f64, high: f64 }
}
result! {
    /// What `capability` found. `cp`, `cpk` over the short-term spread `within`; `pp`, `ppk` over the
    /// `overall` one; `cp` and `pp` are None with one limit. `autocorrelated` and `not_normal` warn that
    /// the confidence limits, or the indices' meaning, do not hold.
    Capability {
        cp: Option<CapabilityIndex>,
        cpk: CapabilityIndex,
        pp: Option<CapabilityIndex>,
        ppk: CapabilityIndex,
        mean: f64,
        within: f64,
        overall: f64,
        autocorrelation: f64,
        autocorrelated: bool,
        normal_p: f64,
        not_normal: bool,
    }
}
result! {
    /// What `harris_index` found: `eta` is least variance over actual variance (1: no controller does
    /// better), `eta_se` its standard error, `order` that of the autoregression.
    HarrisIndex { eta: f64, eta_se: f64, minimum_variance: f64, variance: f64, order: u32 }
}
result! {
    /// What `oscillation` found: `period_s` is None where there is none, `regularity` above 1 is regular,
    /// `decay_ratio` is what is left of a swing after half a period, `amplitude` in the unit of the record.
    Oscillation {
        oscillating: bool,
        period_s: Option<f64>,
        regularity: f64,
        decay_ratio: f64,
        amplitude: f64,
    }
}
result! {
    /// What `stiction` found: `verdict` is "stiction", "other cause", "no oscillation", "undecided" or
    /// "not decidable"; `evidence` (0 to 1) is no probability; `d_tau`, `d_rho` and `shape` are the
    /// witnesses.
    Stiction {
        verdict: &'static str,
        evidence: f64,
        d_tau: f64,
        d_rho: f64,
        shape: f64,
        period_s: Option<f64>,
    }
}
result! {
    /// What `estimate_delay` found: `delay_s` of the largest correlation, `onset_s` where the rise to it
    /// begins, `p_value` of such a peak by chance, `decided` when that is below 0.001.
    DelayEstimate { delay_s: f64, onset_s: f64, correlation: f64, p_value: f64, decided: bool }
}
result! {
    /// What `scan_aliasing` found: the wave looks like `harmonic` half waves across, of `false_cd` times
    /// its amplitude, drifting through in `beat_s` (None: standing); `aliased` from a tenth on.
    ScanAliasing { harmonic: u32, false_cd: f64, aliased: bool, beat_s: Option<f64> }
}

impl From<records::Index> for CapabilityIndex {
    fn from(index: records::Index) -> Self {
        let records::Index { value, low, high } = index;
        Self { value, low, high }
    }
}

/// Process capability of readings in their order of time, against `lo` and `hi` (either may be None).
///
/// `subgroup` readings are taken together (1: single readings, by their moving range). Confidence limits
/// are two-sided at `confidence`: chi-square for `cp` and `pp`, Bissell (1990) for `cpk` and `ppk`.
#[pyfunction]
#[pyo3(signature = (x, lo=None, hi=None, *, subgroup=1, confidence=0.95))]
fn capability(
    py: Python<'_>,
    x: &Bound<'_, PyAny>,
    lo: Option<f64>,
    hi: Option<f64>,
    subgroup: u32,
    confidence: f64,
) -> PyResult<Capability> {
    let x = numbers(x)?;
    let found = py.detach(|| records::capability(&x, lo, hi, subgroup, confidence));
    let c = found.map_err(|e| design_error(py, "capability", e))?;
    Ok(Capability {
        cp: c.cp.map(Into::into),
        cpk: c.cpk.into(),
        pp: c.pp.map(Into::into),
        ppk: c.ppk.into(),
        mean: c.mean,
        within: c.within,
        overall: c.overall,
        autocorrelation: c.autocorrelation,
        autocorrelated: c.autocorrelated,
        normal_p: c.normal_p,
        not_normal: c.not_normal,
    })
}

/// Harris index (1989) of a loop's record: least variance any controller could reach over the actual one.
///
/// `dead_time_samples` counts the sample of the move. The autoregression has the order of least Schwarz
/// criterion up to 30 unless `order` is given.
#[pyfunction]
#[pyo3(signature = (y, dead_time_samples, order=None))]
fn harris_index(
    py: Python<'_>,
    y: &Bound<'_, PyAny>,
    dead_time_samples: u32,
    order: Option<u32>,
) -> PyResult<HarrisIndex> {
    let y = numbers(y)?;
    let found = py.detach(|| records::harris_index(&y, dead_time_samples, order));
    let records::HarrisIndex { eta, eta_se, minimum_variance, variance, order } =
        found.map_err(|e| design_error(py, "harris_index", e))?;
    Ok(HarrisIndex { eta, eta_se, minimum_variance, variance, order })
}

/// Does a record swing, and how regularly? From the zero crossings of its autocorrelation (Thornhill,
/// Huang and Zhang 2003; Miao and Seborg 1999).
#[pyfunction]
fn oscillation(py: Python<'_>, y: &Bound<'_, PyAny>, period_s: f64) -> PyResult<Oscillation> {
    let y = numbers(y)?;
    let found = py.detach(|| records::oscillation(&y, period_s));
    let records::Oscillation { oscillating, period_s, regularity, decay_ratio, amplitude } =
        found.map_err(|e| design_error(py, "oscillation", e))?;
    Ok(Oscillation { oscillating, period_s, regularity, decay_ratio, amplitude })
}

/// Does a swinging loop swing because its actuator sticks? A hint, from the phase between `mv` and `pv`
/// (Horch 1999) and the shape of `mv` (He et al. 2007). Integrating plants are "not decidable".
#[pyfunction]
#[pyo3(signature = (mv, pv, period_s, *, integrating=false))]
fn stiction(
    py: Python<'_>,
    mv: &Bound<'_, PyAny>,
    pv: &Bound<'_, PyAny>,
    period_s: f64,
    integrating: bool,
) -> PyResult<Stiction> {
    let (mv, pv) = (numbers(mv)?, numbers(pv)?);
    let found = py.detach(|| records::stiction(&mv, &pv, period_s, integrating));
    let s = found.map_err(|e| design_error(py, "stiction", e))?;
    let verdict = match s.verdict {
        Verdict::Stiction => "stiction",
        Verdict::OtherCause => "other cause",
        Verdict::NoOscillation => "no oscillation",
        Verdict::Undecided => "undecided",
        Verdict::NotDecidable => "not decidable",
    };
    Ok(Stiction {
        verdict,
        evidence: s.evidence,
        d_tau: s.d_tau,
        d_rho: s.d_rho,
        shape: s.shape,
        period_s: s.period_s,
    })
}

/// Dead time from `u` to `y` by the correlation of the whitened signals (Box and Jenkins 1970).
///
/// `u` is what acted since the sample before. A plant that answers slowly has its dead time in `onset_s`.
#[pyfunction]
fn estimate_delay(
    py: Python<'_>,
    u: &Bound<'_, PyAny>,
    y: &Bound<'_, PyAny>,
    period_s: f64,
    max_delay_s: f64,
) -> PyResult<DelayEstimate> {
    let (u, y) = (numbers(u)?, numbers(y)?);
    let found = py.detach(|| records::estimate_delay(&u, &y, period_s, max_delay_s));
    let records::DelayEstimate { delay_s, onset_s, correlation, p_value, decided } =
        found.map_err(|e| design_error(py, "estimate_delay", e))?;
    Ok(DelayEstimate { delay_s, onset_s, correlation, p_value, decided })
}

/// Does a machine-direction wave of period `wave_s` pass for a cross profile in the mean of a zig-zag
/// scan? `traverse_s` is the time of a traverse, `traverse_sd_s` its standard deviation.
#[pyfunction]
#[pyo3(signature = (*, traverse_s, wave_s, boxes, traverses=100, traverse_sd_s=0.0))]
fn scan_aliasing(
    py: Python<'_>,
    traverse_s: f64,
    wave_s: f64,
    boxes: u32,
    traverses: u32,
    traverse_sd_s: f64,
) -> PyResult<ScanAliasing> {
    let found = records::scan_aliasing(traverse_s, wave_s, boxes, traverses, traverse_sd_s);
    let records::ScanAliasing { harmonic, false_cd, aliased, beat_s } =
        found.map_err(|e| design_error(py, "scan_aliasing", e))?;
    Ok(ScanAliasing { harmonic, false_cd, aliased, beat_s })
}

/// Adds these functions and what they give to the module.
pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<CapabilityIndex>()?;
    module.add_class::<Capability>()?;
    module.add_class::<HarrisIndex>()?;
    module.add_class::<Oscillation>()?;
    module.add_class::<Stiction>()?;
    module.add_class::<DelayEstimate>()?;
    module.add_class::<ScanAliasing>()?;
    module.add_function(wrap_pyfunction!(capability, module)?)?;
    module.add_function(wrap_pyfunction!(harris_index, module)?)?;
    module.add_function(wrap_pyfunction!(oscillation, module)?)?;
    module.add_function(wrap_pyfunction!(stiction, module)?)?;
    module.add_function(wrap_pyfunction!(estimate_delay, module)?)?;
    module.add_function(wrap_pyfunction!(scan_aliasing, module)?)
}
