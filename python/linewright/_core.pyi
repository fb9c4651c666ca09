# Types of the compiled core. `_core.pyi` is made from this file and the kernels by `make stubs`.
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from types import TracebackType
from typing import Any, ClassVar, Literal, Self, final

import numpy as np
import numpy.typing as npt

VERSION: str
KERNELS: tuple[str, ...]
VECTOR_KERNELS: tuple[str, ...]
FRONT_ENDS: tuple[str, ...]
CHARTS: tuple[tuple[str, str], ...]

def chart_arl(name: str, config: dict[str, Any], shift: float) -> float: ...
def chart_threshold(name: str, config: dict[str, Any], arl0: float) -> float: ...

class DesignError(ValueError):
    parameter: str
    must_be: str
    value: float

class PlanError(ValueError):
    problems: list[dict[str, str]]

class ConfigError(ValueError):
    problems: list[dict[str, str]]
    exit_code: int

class LedgerError(Exception):
    exit_code: int
    seq: int | None

class RecordError(Exception):
    exit_code: int

def check_config(config: str, /) -> list[dict[str, str]]: ...
def same_unit(a: str, b: str, /) -> bool: ...
def run_core(config_path: str | PathLike[str], /) -> int: ...
def confinement_offered() -> list[str]: ...
def confine(
    places: tuple[list[str], list[str], list[str]] | None = None, *, network: bool = True
) -> list[str]: ...
def check_plan(plan: str, /) -> list[dict[str, str]]: ...
def plan_hash(plan: str, /) -> bytes: ...
def plan_summary(plan: str, /) -> dict[str, Any]: ...
def wire_encode(
    kind: str,
    payload: bytes,
    *,
    sender: int,
    epoch: int,
    seq: int,
    mono_ns: int,
    based_on_tick: int,
    not_after_tick: int,
    quality: int = 0,
) -> bytes: ...
def wire_frames(part: bytes, /) -> list[bytes]: ...
def wire_open(frame: bytes, /) -> tuple[tuple[str, int, int, int, int, int, int, int], bytes]: ...
def wire_parts(
    datagram: bytes, most: int, /
) -> list[tuple[str, bytes, int, int, int, int, bytes, bytes]]: ...
def ledger_verify(path: str | PathLike[str], /) -> dict[str, Any]: ...
def ledger_newest(path: str, /) -> int: ...
def ledger_starts(path: str | PathLike[str], /) -> int: ...
def ledger_removed(path: str | PathLike[str], /) -> list[dict[str, Any]]: ...
def ledger_pins(path: str | PathLike[str], /) -> list[dict[str, Any]]: ...
def ledger_pin(
    path: str | PathLike[str], /, first: int, last: int, reason: str, by: str
) -> dict[str, Any]: ...
def ledger_unpin(path: str | PathLike[str], /, first: int, last: int) -> dict[str, Any]: ...
def ledger_rows(
    path: str | PathLike[str],
    /,
    since: int = 0,
    kinds: Sequence[str] | None = None,
    limit: int | None = None,
    station: str | None = None,
    until: int | None = None,
    text: bool = False,
) -> list[dict[str, Any]]: ...
def record_series(
    path: str | PathLike[str], /, *, every_s: float = 0.0
) -> dict[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]: ...
def record_head(path: str | PathLike[str], /) -> dict[str, Any]: ...
def replay_verify(
    path: str | PathLike[str],
    /,
    progress: Callable[[int, int, int], object] | None = None,
    *,
    from_tick: int = 0,
    to_tick: int | None = None,
) -> dict[str, Any]: ...
def replay_what_if(
    path: str | PathLike[str],
    params: Mapping[str, float],
    /,
    progress: Callable[[int, int, int], object] | None = None,
    *,
    plan: str | None = None,
    gate: str | None = None,
    against: str | PathLike[str] | None = None,
    from_tick: int = 0,
    to_tick: int | None = None,
) -> dict[str, Any]: ...
def shewhart_arl(limit_sigma: float, shift: float = ...) -> float: ...
def cusum_arl(k: float, h: float, shift: float = ..., head_start: float = ...) -> float: ...
def cusum_arl_two_sided(
    k: float, h: float, shift: float = ..., head_start: float = ...
) -> float: ...
def ewma_arl(weight: float, limit_sigma: float, shift: float = ...) -> float: ...
def shewhart_limit_for_arl0(arl0: float) -> float: ...
def cusum_h_for_arl0(k: float, arl0: float) -> float: ...
def cusum_h_for_arl0_one_sided(k: float, arl0: float) -> float: ...
def ewma_limit_for_arl0(weight: float, arl0: float) -> float: ...
def cusum_arl_settled(k: float, h: float, shift: float = ...) -> float: ...
def cusum_arl_ramp(k: float, h: float, slope: float, head_start: float = ...) -> float: ...
def cusum_h_for_arl0_from(k: float, arl0: float, head_start: float) -> float: ...
def ewma_arl_settled(weight: float, limit_sigma: float, shift: float = ...) -> float: ...
def ewma_arl_ramp(weight: float, limit_sigma: float, slope: float) -> float: ...
def ewma_arl_exact_start(weight: float, limit_sigma: float, shift: float = ...) -> float: ...
def ewma_limit_for_arl0_exact_start(weight: float, arl0: float) -> float: ...
def adaptive_ewma_arl(weight: float, k: float, h: float, shift: float = ...) -> float: ...
def adaptive_ewma_h_for_arl0(weight: float, k: float, arl0: float) -> float: ...
def spread_cusum_arl(ratio: float, h: float, shift: float = ..., spread: float = ...) -> float: ...
def spread_cusum_h_for_arl0(ratio: float, arl0: float) -> float: ...
def glr_arl(smallest_shift: float, h: float, shift: float = ...) -> float: ...
def glr_h_for_arl0(smallest_shift: float, arl0: float) -> float: ...
def shiryaev_roberts_arl(delta: float, h: float, shift: float = ...) -> float: ...
def shiryaev_roberts_arl_two_sided(delta: float, h: float, shift: float = ...) -> float: ...
def shiryaev_roberts_h_for_arl0(delta: float, arl0: float, two_sided: bool = ...) -> float: ...
def bound_settled(delta: float, arl0: float) -> float: ...
def arl0_for_false_alarm_budget(per_day: float, rate_hz: float, channels: int = ...) -> float: ...
def mewma_arl(variables: int, weight: float, limit: float, shift: float = ...) -> float: ...
def mewma_limit_for_arl0(variables: int, weight: float, arl0: float) -> float: ...
def t2_limit(variables: int, false_alarm: float, samples: int | None = ...) -> float: ...
def q_limit(variances: Sequence[float], false_alarm: float) -> float: ...
def chi_square_limit(tail: float, freedom: float) -> float: ...
def bound(delta: float, arl0: float) -> float: ...
def minimum_variance_random_walk(b: int, sigma_a: float) -> float: ...
def minimum_variance_ar1(phi: float, b: int, sigma_a: float) -> float: ...
def minimum_variance_ima(theta: float, b: int, sigma_a: float) -> float: ...
def run_to_run_inflation(weight: float, theta: float) -> float: ...
def run_to_run_ramp_offset(weight: float, drift_per_run: float) -> float: ...

@final
class QpSolution:
    x: tuple[float, ...]
    multipliers: tuple[float, ...]
    cost: float
    iterations: int
    solved: bool
    infeasible: bool
    primal_residual: float
    dual_residual: float

def solve_qp(
    p: Sequence[Sequence[float]] | npt.NDArray[np.float64],
    q: Sequence[float] | npt.NDArray[np.float64],
    a: Sequence[Sequence[float]] | npt.NDArray[np.float64],
    lo: Sequence[float] | npt.NDArray[np.float64],
    hi: Sequence[float] | npt.NDArray[np.float64],
    *,
    max_iterations: int = ...,
) -> QpSolution: ...
def simc_pi(k: float, tau_s: float, theta_s: float, tau_c_s: float) -> tuple[float, float]: ...

@final
class Gains:
    def __new__(cls, *, kp: float, ti_s: float, td_s: float = ...) -> Self: ...
    kp: float
    ti_s: float
    td_s: float
    @staticmethod
    def from_series(kc: float, ti_s: float, td_s: float) -> Gains: ...
    @staticmethod
    def from_parallel(kp: float, ki_per_s: float, kd_s: float) -> Gains: ...
    def to_series(self) -> tuple[float, float, float]: ...
    def to_parallel(self) -> tuple[float, float, float]: ...

@final
class Margins:
    gain_margin: float
    phase_margin_deg: float
    delay_margin_s: float
    ms: float
    mt: float
    gain_crossover_rad_per_s: float
    phase_crossover_rad_per_s: float

@final
class FeedForwardGain:
    gain: float
    lag_s: float
    static_gain: float
    left: float
    static_left: float

def simc_pid(k: float, tau_s: float, tau2_s: float, theta_s: float, tau_c_s: float) -> Gains: ...
def amigo_pi(k: float, tau_s: float, theta_s: float) -> Gains: ...
def amigo_pi_integrating(k: float, theta_s: float) -> Gains: ...
def amigo_pid(k: float, tau_s: float, theta_s: float) -> Gains: ...
def amigo_pid_integrating(k: float, theta_s: float) -> Gains: ...
def lambda_tuning(k: float, tau_s: float, theta_s: float, lambda_s: float) -> Gains: ...
def imc_pi(k: float, tau_s: float, theta_s: float, lambda_s: float) -> Gains: ...
def ultimate_gains(
    ku: float,
    tu_s: float,
    rule: Literal[
        "ziegler_nichols_pi", "ziegler_nichols_pid", "tyreus_luyben_pi", "tyreus_luyben_pid"
    ],
) -> Gains: ...
def first_order_from_ultimate(k: float, ku: float, tu_s: float) -> tuple[float, float]: ...
def feed_forward_gain(
    *,
    k: float,
    kd: float,
    signal_sd: float,
    noise_sd: float,
    correlation_s: float,
    period_s: float,
    late_s: float = ...,
) -> FeedForwardGain: ...
def margins(
    *,
    k: float,
    theta_s: float,
    kp: float,
    ti_s: float = ...,
    td_s: float = ...,
    tau_s: float = ...,
    tau2_s: float = ...,
    integrating: bool = ...,
    derivative_filter: float = ...,
) -> Margins: ...

@final
class CapabilityIndex:
    @property
    def value(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...

@final
class Capability:
    @property
    def cp(self) -> CapabilityIndex | None: ...
    @property
    def cpk(self) -> CapabilityIndex: ...
    @property
    def pp(self) -> CapabilityIndex | None: ...
    @property
    def ppk(self) -> CapabilityIndex: ...
    @property
    def mean(self) -> float: ...
    @property
    def within(self) -> float: ...
    @property
    def overall(self) -> float: ...
    @property
    def autocorrelation(self) -> float: ...
    @property
    def autocorrelated(self) -> bool: ...
    @property
    def normal_p(self) -> float: ...
    @property
    def not_normal(self) -> bool: ...

@final
class HarrisIndex:
    @property
    def eta(self) -> float: ...
    @property
    def eta_se(self) -> float: ...
    @property
    def minimum_variance(self) -> float: ...
    @property
    def variance(self) -> float: ...
    @property
    def order(self) -> int: ...

@final
class Oscillation:
    @property
    def oscillating(self) -> bool: ...
    @property
    def period_s(self) -> float | None: ...
    @property
    def regularity(self) -> float: ...
    @property
    def decay_ratio(self) -> float: ...
    @property
    def amplitude(self) -> float: ...

@final
class Stiction:
    @property
    def verdict(self) -> str: ...
    @property
    def evidence(self) -> float: ...
    @property
    def d_tau(self) -> float: ...
    @property
    def d_rho(self) -> float: ...
    @property
    def shape(self) -> float: ...
    @property
    def period_s(self) -> float | None: ...

@final
class DelayEstimate:
    @property
    def delay_s(self) -> float: ...
    @property
    def onset_s(self) -> float: ...
    @property
    def correlation(self) -> float: ...
    @property
    def p_value(self) -> float: ...
    @property
    def decided(self) -> bool: ...

@final
class ScanAliasing:
    @property
    def harmonic(self) -> int: ...
    @property
    def false_cd(self) -> float: ...
    @property
    def aliased(self) -> bool: ...
    @property
    def beat_s(self) -> float | None: ...

def capability(
    x: npt.ArrayLike,
    lo: float | None = None,
    hi: float | None = None,
    *,
    subgroup: int = 1,
    confidence: float = 0.95,
) -> Capability: ...
def harris_index(
    y: npt.ArrayLike, dead_time_samples: int, order: int | None = None
) -> HarrisIndex: ...
def oscillation(y: npt.ArrayLike, period_s: float) -> Oscillation: ...
def stiction(
    mv: npt.ArrayLike, pv: npt.ArrayLike, period_s: float, *, integrating: bool = False
) -> Stiction: ...
def estimate_delay(
    u: npt.ArrayLike, y: npt.ArrayLike, period_s: float, max_delay_s: float
) -> DelayEstimate: ...
def scan_aliasing(
    *,
    traverse_s: float,
    wave_s: float,
    boxes: int,
    traverses: int = 100,
    traverse_sd_s: float = 0.0,
) -> ScanAliasing: ...
def slurry_density_kg_per_m3(
    solids: float, solid_kg_per_m3: float, solvent_kg_per_m3: float
) -> float: ...
def volume_fraction(solids: float, solid_kg_per_m3: float, slurry_kg_per_m3: float) -> float: ...
def solids_fraction(
    slurry_kg_per_m3: float, solid_kg_per_m3: float, solvent_kg_per_m3: float
) -> float: ...
def solvent_density_kg_per_m3(
    reference_kg_per_m3: float, slope_kg_per_m3_k: float, temperature_c: float, reference_c: float
) -> float: ...
def aerated_density_kg_per_m3(slurry_kg_per_m3: float, air: float) -> float: ...
def krieger_dougherty(phi: float, phi_max: float, intrinsic: float) -> float: ...
def herschel_bulkley_pa_s(
    yield_pa: float, consistency_pa_sn: float, exponent: float, shear_per_s: float
) -> float: ...
def wet_film_um(dry_g_per_m2: float, solids: float, slurry_kg_per_m3: float) -> float: ...
def flow_l_per_min(
    dry_g_per_m2: float, solids: float, slurry_kg_per_m3: float, web_m_per_s: float, width_m: float
) -> float: ...
def wet_weight_g_per_m2(
    flow_l_per_min: float, slurry_kg_per_m3: float, web_m_per_s: float, width_m: float
) -> float: ...
def slot_pressure_pa(
    viscosity_pa_s: float, flow_l_per_min: float, slot_m: float, gap_m: float, width_m: float
) -> float: ...
def slot_pressure_power_law_pa(
    consistency_pa_sn: float,
    exponent: float,
    flow_l_per_min: float,
    slot_m: float,
    gap_m: float,
    width_m: float,
) -> float: ...
def slot_flow_exponent(exponent: float) -> float: ...
def hold_porosity_n_per_mm(
    line_load_n_per_mm: float, loading_exponent: float, m: float
) -> float: ...
def resistance_n_per_mm(
    reference_n_per_mm: float,
    loading_ratio: float,
    loading_exponent: float,
    softening_per_k: float,
    above_reference_k: float,
) -> float: ...
def gap_rejection(machine_mn_per_mm: float, electrode_mn_per_mm: float) -> float: ...
def roll_bending_um(
    line_load_n_per_mm: float,
    coated_mm: float,
    bearings_mm: float,
    diameter_mm: float,
    modulus_n_per_mm2: float,
) -> float: ...
def gap_closing_um_per_k(radius_mm: float, expansion_per_k: float) -> float: ...
def roll_hz(web_m_per_s: float, diameter_m: float) -> float: ...
def porosity_fraction(
    dry_g_per_m2: float, thickness_um: float, solid_kg_per_m3: float
) -> float: ...
def thickness_um(dry_g_per_m2: float, porosity: float, solid_kg_per_m3: float) -> float: ...
def porosity_slope_pp_per_um(porosity: float, thickness_um: float) -> float: ...
def porosity_slope_pp_per_pct_weight(porosity: float) -> float: ...
def porosity_sd_pp(
    porosity: float, thickness_um: float, weight_sd_pct: float, thickness_sd_um: float
) -> float: ...
def probability_within(tolerance: float, sd: float) -> float: ...
def areal_capacity_mah_per_cm2(
    dry_g_per_m2: float, active_fraction: float, capacity_mah_per_g: float
) -> float: ...
def n_to_p_ratio(anode_mah_per_cm2: float, cathode_mah_per_cm2: float) -> float: ...
def nmp_vapour_pa(film_c: float) -> float: ...
def water_vapour_pa(film_c: float) -> float: ...
def mass_transfer_m_per_s(heat_w_per_m2_k: float, mean_c: float, lewis: float) -> float: ...
def stefan_flux_kg_per_m2_s(
    beta_m_per_s: float, mean_c: float, air_pa: float, film_pa: float, molar_kg_per_mol: float
) -> float: ...
def drying_rate(phi: float, exponent: float) -> float: ...
def drying_time(critical: float, left: float) -> float: ...
def sorption_activity(moisture: float, sorption_x: float) -> float: ...
def safety_air_m3_per_s(solvent_g_per_s: float, limit_g_per_m3: float, share: float) -> float: ...
def binder_peclet(
    surface_um_per_s: float, film_um: float, diffusivity_m2_per_s: float
) -> float: ...
def adhesion_index(middle_g_per_m2_s: float, reference_g_per_m2_s: float) -> float: ...
def middle_limit_g_per_m2_s(adhesion: float, reference_g_per_m2_s: float) -> float: ...
def film_balance(
    name: str,
    /,
    *,
    air_c: float,
    wet_side_w_per_m2_k: float,
    other_side_w_per_m2_k: float,
    vapour_pa: float,
    wetness: float = 1.0,
    activity: float = 1.0,
) -> tuple[float, float]: ...

DRYING_RECIPE: list[str]
DRYING_ZONE: list[str]
DRYING_OUTCOME: list[str]

def drying_outcomes(
    name: str, recipes: npt.NDArray[np.float64], zones: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]: ...
def whole_recipe(config: dict[str, Any], /) -> dict[str, float]: ...
def recipe_defaults() -> dict[str, dict[str, float]]: ...
def recipe_chances(
    config: dict[str, Any],
    /,
    *,
    scatter: dict[str, float],
    tolerance: dict[str, float],
    draws: int,
    seed: int,
    threads: int,
) -> dict[str, Any]: ...
def recipe_draws(
    config: dict[str, Any],
    /,
    *,
    scatter: dict[str, float],
    draws: int,
    seed: int,
    threads: int,
) -> npt.NDArray[np.float64]: ...
def recipe_out_of_range(config: dict[str, Any], /) -> list[dict[str, Any]]: ...
def recipe_out_of_reach(
    config: dict[str, Any], machine: dict[str, float], /
) -> list[dict[str, Any]]: ...
def carreau_yasuda_pa_s(
    rest_pa_s: float,
    fast_pa_s: float,
    lambda_s: float,
    transition: float,
    exponent: float,
    shear_per_s: float,
) -> float: ...
def viscosity_solids_factor(above_pp: float, per_pp: float) -> float: ...
def viscosity_temperature_factor(above_k: float, slope_per_k: float) -> float: ...
def viscosity_age_factor(age_s: float, rise: float, tau_s: float) -> float: ...
def slot_shear_per_s(
    exponent: float, flow_l_per_min: float, gap_m: float, width_m: float
) -> float: ...
def slot_pressure_yield_pa(
    yield_pa: float,
    consistency_pa_sn: float,
    exponent: float,
    flow_l_per_min: float,
    slot_m: float,
    gap_m: float,
    width_m: float,
) -> float: ...
def capillary_number(
    viscosity_pa_s: float, web_m_per_s: float, tension_n_per_m: float
) -> float: ...
def critical_capillary(film_um: float, gap_um: float) -> float: ...
def lip_film_um(
    consistency_pa_sn: float,
    exponent: float,
    gradient_pa_per_m: float,
    gap_um: float,
    web_m_per_s: float,
) -> float: ...
def low_flow_limit_um(capillary: float, gap_um: float) -> float: ...
def coating_window_um(
    *,
    viscosity_pa_s: float,
    web_m_per_s: float,
    tension_n_per_m: float,
    gap_um: float,
    downstream_um: float,
    upstream_um: float,
    film_um: float | None = None,
) -> tuple[float, float] | None: ...
def solid_density_kg_per_m3(parts: Sequence[tuple[float, float]]) -> float: ...

@final
class Compaction:
    def __new__(
        cls, *, start_kg_per_m3: float, max_kg_per_m3: float, resistance_n_per_mm: float
    ) -> Self: ...
    def density_kg_per_m3(self, line_load_n_per_mm: float) -> float: ...
    def line_load_n_per_mm(self, density_kg_per_m3: float) -> float: ...
    def slope_kg_per_m3_per_n_per_mm(self, density_kg_per_m3: float) -> float: ...
    def hold_thickness_n_per_mm(self, density_kg_per_m3: float, m: float) -> float: ...
    def stiffness_mn_per_mm(
        self, density_kg_per_m3: float, thickness_um: float, width_mm: float
    ) -> float: ...

@final
class Twin:
    SENSORS: ClassVar[tuple[tuple[str, str], ...]]
    ACTUATORS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls, config: dict[str, Any] | None = None, *, seed: int = 0, base_hz: int = 30
    ) -> Self: ...
    def step(self, actuators: Sequence[float], /) -> npt.NDArray[np.float64]: ...
    def run(self, actuators: npt.NDArray[np.float64], /) -> npt.NDArray[np.float64]: ...
    @property
    def blocks(self) -> tuple[tuple[str, str, int], ...]: ...
    def block(self, name: str, /) -> npt.NDArray[np.float64] | None: ...
    @property
    def ticks(self) -> int: ...
    def weld_picture(self) -> npt.NDArray[np.uint8] | None: ...
    def truth(self) -> dict[str, Any]: ...

def erlang_b(load_erlang: float, servers: int) -> float: ...
def erlang_c(load_erlang: float, servers: int) -> float: ...
def erlang_c_wait(load_erlang: float, servers: int, service: float) -> float: ...
def two_machine_line(
    fail_1: float, repair_1: float, fail_2: float, repair_2: float, places: int
) -> float: ...

@final
class FlowTwin:
    def __new__(
        cls,
        config: dict[str, Any] | None = None,
        *,
        faults: Sequence[dict[str, Any]] | None = None,
        seed: int = 0,
        rule: str = "oldest",
    ) -> Self: ...
    def advance(self, until_s: float, /) -> None: ...
    def advance_to_news(self, until_s: float, /) -> None: ...
    @property
    def now_s(self) -> float: ...
    def order(self, vehicle: int, id: int, move: str, slot: int | None = None, /) -> str | None: ...
    def cancel(self, vehicle: int, /) -> str | None: ...
    def redirect(self, vehicle: int, slot: int, /) -> str | None: ...
    def charge(self, vehicle: int, /) -> str | None: ...
    def news(
        self,
    ) -> list[tuple[float, str, int | None, int | None, int | None, int | None]]: ...
    def stock(self) -> dict[str, Any]: ...
    def vehicles(
        self,
    ) -> list[tuple[str, int | None, str | None, int | None, bool, float, float, float] | None]: ...
    def slots(self) -> list[tuple[str, bool, float | None]]: ...
    def next_wetted_s(self, count: int, /) -> list[float]: ...
    def next_aged_s(self, count: int, /) -> list[float]: ...
    def places_m(self) -> list[tuple[float, float]]: ...
    def slots_m(self) -> list[tuple[float, float]]: ...
    def truth(self) -> dict[str, Any]: ...

def learn_welds(
    good: npt.NDArray[np.float64], /, *, samples: int = 10_000, false_rejects: float = 0.01
) -> dict[str, Any]: ...
def short_current_a(cell_v: float, short_ohm: float) -> float: ...
def self_discharge_pct_per_day(current_a: float, capacity_ah: float) -> float: ...
def voltage_fall_mv_per_day(
    current_a: float, capacity_ah: float, slope_mv_per_pct: float
) -> float: ...
def leakage_a(capacity_ah: float) -> float: ...
def charge_energy_wh(capacity_ah: float, efficiency: float, charge_v: float) -> float: ...
def net_energy_wh(charged_wh: float, discharged_wh: float, recovered: float) -> float: ...

@final
class FrameWriter:
    def __new__(
        cls, path: str | PathLike[str], *, rows: int, columns: int, slots: int = 32
    ) -> Self: ...
    def put(
        self, number: int, grey: npt.NDArray[np.uint8], /, *, part: int = 0, tick: int = 0
    ) -> None: ...

def read_frame(
    path: str | PathLike[str], number: int, /
) -> tuple[int, int, npt.NDArray[np.uint8]] | None: ...

@final
class FormationTwin:
    TRAY: ClassVar[int]
    def __new__(
        cls,
        config: dict[str, Any] | None = None,
        *,
        faults: Sequence[dict[str, Any]] | None = None,
        seed: int = 0,
    ) -> Self: ...
    def load(self, slot: int, tray: int) -> None: ...
    def unload(self, slot: int) -> int | None: ...
    def feed(self) -> None: ...
    def put_defect(
        self,
        channel: int,
        *,
        short_ohm: float | None = None,
        closes_s: float | None = None,
        contact_mohm: float = 0.0,
        wetting_pct: float = 0.0,
    ) -> None: ...
    def run(
        self, seconds: int
    ) -> tuple[
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
    ]: ...
    @property
    def trays(self) -> npt.NDArray[np.float64]: ...
    @property
    def second(self) -> int: ...
    @property
    def programme_s(self) -> int: ...
    @property
    def defects(self) -> list[dict[str, Any]]: ...

@final
class WeldTwin:
    def __new__(cls, config: dict[str, Any] | None = None, *, seed: int = 0) -> Self: ...
    def conditions(self, slot: int, /) -> dict[str, Any]: ...
    def weld(
        self,
        slot: int,
        conditions: dict[str, Any] | None = None,
        *,
        power_w: float | None = None,
    ) -> Weld: ...

@final
class Weld:
    @property
    def plasma(self) -> npt.NDArray[np.float64]: ...
    @property
    def reflection(self) -> npt.NDArray[np.float64]: ...
    @property
    def thermal(self) -> npt.NDArray[np.float64]: ...
    @property
    def truth(self) -> dict[str, Any]: ...
    def picture(self) -> npt.NDArray[np.uint8]: ...

@final
class Core:
    def __new__(cls, config: str, /) -> Self: ...
    def set_input(self, channel: str, value: float, quality: int = 0) -> None: ...
    def set_block(self, block: str, numbers: npt.ArrayLike, /) -> None: ...
    def put(self, actuator: str, value: float, *, stuck: bool = False) -> None: ...
    def written(self, actuator: str) -> float: ...
    def writes(self, actuator: str) -> int: ...
    def finish(self) -> None: ...
    def submit(self, frame: bytes, /) -> None: ...
    def advance(self, until_tick: int, /) -> int: ...
    def drain(self) -> list[bytes]: ...
    def status(self) -> dict[str, Any]: ...
    @property
    def tick(self) -> int: ...
    @property
    def finished(self) -> bool: ...
    def close(self, reason: str = "closed by its host") -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...

__all__ = [
    "CHARTS",
    "DRYING_OUTCOME",
    "DRYING_RECIPE",
    "DRYING_ZONE",
    "FRONT_ENDS",
    "KERNELS",
    "VECTOR_KERNELS",
    "VERSION",
    "AdaptiveEwma",
    "ArCusum",
    "ArResidual",
    "Bessel",
    "BlockStatistics",
    "Butterworth",
    "Capability",
    "CapabilityIndex",
    "CascadePid",
    "CdProfile",
    "Chebyshev1",
    "Chebyshev2",
    "Clamp",
    "Compaction",
    "Complementary",
    "ConfigError",
    "Core",
    "CrossCheck",
    "Cusum",
    "Decimator",
    "DelayEstimate",
    "Derivative",
    "DesignError",
    "DisturbanceObserver",
    "DoubleEwma",
    "Elliptic",
    "Ewma",
    "EwmaChart",
    "FeedForward",
    "FeedForwardGain",
    "Fir",
    "FirWindow",
    "FlowTwin",
    "FormationTwin",
    "FormationWatch",
    "FrameWriter",
    "GainSchedule",
    "Gains",
    "Glr",
    "GuardedCusum",
    "Hampel",
    "HarrisIndex",
    "Hotelling",
    "Imc",
    "Kalman",
    "KalmanFilter",
    "Latch",
    "LedgerError",
    "Margins",
    "Median",
    "Mewma",
    "MovingAverage",
    "Mpc",
    "Notch",
    "OnDuration",
    "Oscillation",
    "Override",
    "PageHinkley",
    "PcaChart",
    "Peak",
    "Pid",
    "PlanError",
    "QpSolution",
    "RangeCheck",
    "RateCheck",
    "RateConverter",
    "Ratio",
    "RecordError",
    "Registration",
    "RelayAutotune",
    "Repetitive",
    "RepetitiveFilter",
    "Rls",
    "RunToRun",
    "RunsRules",
    "SCurve",
    "SampleHold",
    "SavitzkyGolay",
    "ScanAliasing",
    "ScanProfile",
    "ScanningGauge",
    "ScheduledPid",
    "SelfStartingCusum",
    "SetpointRamp",
    "Shewhart",
    "ShiryaevRoberts",
    "Slew",
    "Smith",
    "Sos",
    "Spike",
    "SplitRange",
    "SpreadCusum",
    "Stale",
    "Stiction",
    "Stuck",
    "SynchronousNotch",
    "TimeDelay",
    "TrayMedian",
    "Twin",
    "UnitConversion",
    "WebDelay",
    "Weld",
    "WeldBurst",
    "WeldTwin",
    "adaptive_ewma_arl",
    "adaptive_ewma_h_for_arl0",
    "adhesion_index",
    "aerated_density_kg_per_m3",
    "amigo_pi",
    "amigo_pi_integrating",
    "amigo_pid",
    "amigo_pid_integrating",
    "areal_capacity_mah_per_cm2",
    "arl0_for_false_alarm_budget",
    "binder_peclet",
    "bound",
    "bound_settled",
    "capability",
    "capillary_number",
    "carreau_yasuda_pa_s",
    "charge_energy_wh",
    "chart_arl",
    "chart_threshold",
    "check_config",
    "check_plan",
    "chi_square_limit",
    "coating_window_um",
    "confine",
    "confinement_offered",
    "critical_capillary",
    "cusum_arl",
    "cusum_arl_ramp",
    "cusum_arl_settled",
    "cusum_arl_two_sided",
    "cusum_h_for_arl0",
    "cusum_h_for_arl0_from",
    "cusum_h_for_arl0_one_sided",
    "drying_outcomes",
    "drying_rate",
    "drying_time",
    "erlang_b",
    "erlang_c",
    "erlang_c_wait",
    "estimate_delay",
    "ewma_arl",
    "ewma_arl_exact_start",
    "ewma_arl_ramp",
    "ewma_arl_settled",
    "ewma_limit_for_arl0",
    "ewma_limit_for_arl0_exact_start",
    "feed_forward_gain",
    "film_balance",
    "first_order_from_ultimate",
    "flow_l_per_min",
    "gap_closing_um_per_k",
    "gap_rejection",
    "glr_arl",
    "glr_h_for_arl0",
    "harris_index",
    "herschel_bulkley_pa_s",
    "hold_porosity_n_per_mm",
    "imc_pi",
    "krieger_dougherty",
    "lambda_tuning",
    "leakage_a",
    "learn_welds",
    "ledger_newest",
    "ledger_pin",
    "ledger_pins",
    "ledger_removed",
    "ledger_rows",
    "ledger_starts",
    "ledger_unpin",
    "ledger_verify",
    "lip_film_um",
    "low_flow_limit_um",
    "margins",
    "mass_transfer_m_per_s",
    "mewma_arl",
    "mewma_limit_for_arl0",
    "middle_limit_g_per_m2_s",
    "minimum_variance_ar1",
    "minimum_variance_ima",
    "minimum_variance_random_walk",
    "n_to_p_ratio",
    "net_energy_wh",
    "nmp_vapour_pa",
    "oscillation",
    "plan_hash",
    "plan_summary",
    "porosity_fraction",
    "porosity_sd_pp",
    "porosity_slope_pp_per_pct_weight",
    "porosity_slope_pp_per_um",
    "probability_within",
    "q_limit",
    "read_frame",
    "recipe_chances",
    "recipe_defaults",
    "recipe_draws",
    "recipe_out_of_range",
    "recipe_out_of_reach",
    "record_head",
    "record_series",
    "replay_verify",
    "replay_what_if",
    "resistance_n_per_mm",
    "roll_bending_um",
    "roll_hz",
    "run_core",
    "run_to_run_inflation",
    "run_to_run_ramp_offset",
    "safety_air_m3_per_s",
    "same_unit",
    "scan_aliasing",
    "self_discharge_pct_per_day",
    "shewhart_arl",
    "shewhart_limit_for_arl0",
    "shiryaev_roberts_arl",
    "shiryaev_roberts_arl_two_sided",
    "shiryaev_roberts_h_for_arl0",
    "short_current_a",
    "simc_pi",
    "simc_pid",
    "slot_flow_exponent",
    "slot_pressure_pa",
    "slot_pressure_power_law_pa",
    "slot_pressure_yield_pa",
    "slot_shear_per_s",
    "slurry_density_kg_per_m3",
    "solid_density_kg_per_m3",
    "solids_fraction",
    "solve_qp",
    "solvent_density_kg_per_m3",
    "sorption_activity",
    "spread_cusum_arl",
    "spread_cusum_h_for_arl0",
    "stefan_flux_kg_per_m2_s",
    "stiction",
    "t2_limit",
    "thickness_um",
    "two_machine_line",
    "ultimate_gains",
    "viscosity_age_factor",
    "viscosity_solids_factor",
    "viscosity_temperature_factor",
    "voltage_fall_mv_per_day",
    "volume_fraction",
    "water_vapour_pa",
    "wet_film_um",
    "wet_weight_g_per_m2",
    "whole_recipe",
    "wire_encode",
    "wire_frames",
    "wire_open",
    "wire_parts",
]

@final
class Ewma:
    """Config of the moving average."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, time_constant_s: float, period_s: float) -> Self: ...
    def update(self, x: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(
        cls, channels: int, /, *, time_constant_s: float | npt.ArrayLike, period_s: float
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Butterworth:
    """Config of the Butterworth filter."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        cutoff_hz: float,
        order: int,
        period_s: float,
        band: Literal["lowpass", "highpass", "bandpass", "bandstop"] = ...,
        second_cutoff_hz: float | None = ...,
    ) -> Self: ...
    def update(self, x: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        cutoff_hz: float | npt.ArrayLike,
        order: int,
        period_s: float,
        band: Literal["lowpass", "highpass", "bandpass", "bandstop"] = ...,
        second_cutoff_hz: float | npt.ArrayLike | None = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Median:
    """Config of the running median."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, window: int, period_s: float) -> Self: ...
    def update(self, x: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(cls, channels: int, /, *, window: int, period_s: float) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Hampel:
    """Config of the Hampel filter."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, window: int, threshold_sigma: float, period_s: float) -> Self: ...
    def update(self, x: float, /) -> tuple[float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        window: int,
        threshold_sigma: float | npt.ArrayLike,
        period_s: float,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class SampleHold:
    """Config of the sample and hold; it has no parameter."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, period_s: float) -> Self: ...
    def update(self, x: float, take: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(cls, channels: int, /, *, period_s: float) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class OnDuration:
    """Config of the on-duration; it has no parameter."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, period_s: float) -> Self: ...
    def update(self, on: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(cls, channels: int, /, *, period_s: float) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Chebyshev1:
    """Config of the Chebyshev filter of the first kind."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        cutoff_hz: float,
        order: int,
        ripple_db: float,
        period_s: float,
        band: Literal["lowpass", "highpass", "bandpass", "bandstop"] = ...,
        second_cutoff_hz: float | None = ...,
    ) -> Self: ...
    def update(self, x: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        cutoff_hz: float | npt.ArrayLike,
        order: int,
        ripple_db: float | npt.ArrayLike,
        period_s: float,
        band: Literal["lowpass", "highpass", "bandpass", "bandstop"] = ...,
        second_cutoff_hz: float | npt.ArrayLike | None = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Chebyshev2:
    """Config of the Chebyshev filter of the second kind."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        cutoff_hz: float,
        order: int,
        stop_db: float,
        period_s: float,
        band: Literal["lowpass", "highpass", "bandpass", "bandstop"] = ...,
        second_cutoff_hz: float | None = ...,
    ) -> Self: ...
    def update(self, x: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        cutoff_hz: float | npt.ArrayLike,
        order: int,
        stop_db: float | npt.ArrayLike,
        period_s: float,
        band: Literal["lowpass", "highpass", "bandpass", "bandstop"] = ...,
        second_cutoff_hz: float | npt.ArrayLike | None = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Elliptic:
    """Config of the elliptic filter."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        cutoff_hz: float,
        order: int,
        ripple_db: float,
        stop_db: float,
        period_s: float,
        band: Literal["lowpass", "highpass", "bandpass", "bandstop"] = ...,
        second_cutoff_hz: float | None = ...,
    ) -> Self: ...
    def update(self, x: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        cutoff_hz: float | npt.ArrayLike,
        order: int,
        ripple_db: float | npt.ArrayLike,
        stop_db: float | npt.ArrayLike,
        period_s: float,
        band: Literal["lowpass", "highpass", "bandpass", "bandstop"] = ...,
        second_cutoff_hz: float | npt.ArrayLike | None = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Bessel:
    """Config of the Bessel filter."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        cutoff_hz: float,
        order: int,
        period_s: float,
        norm: Literal["phase", "magnitude", "delay"] = ...,
        band: Literal["lowpass", "highpass", "bandpass", "bandstop"] = ...,
        second_cutoff_hz: float | None = ...,
    ) -> Self: ...
    def update(self, x: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        cutoff_hz: float | npt.ArrayLike,
        order: int,
        period_s: float,
        norm: Literal["phase", "magnitude", "delay"] = ...,
        band: Literal["lowpass", "highpass", "bandpass", "bandstop"] = ...,
        second_cutoff_hz: float | npt.ArrayLike | None = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Notch:
    """Config of the notch."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls, *, frequency_hz: float, bandwidth_hz: float, period_s: float, harmonics: int = ...
    ) -> Self: ...
    def update(self, x: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        frequency_hz: float | npt.ArrayLike,
        bandwidth_hz: float | npt.ArrayLike,
        period_s: float,
        harmonics: int = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Peak:
    """Config of the peak filter."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, frequency_hz: float, bandwidth_hz: float, period_s: float) -> Self: ...
    def update(self, x: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        frequency_hz: float | npt.ArrayLike,
        bandwidth_hz: float | npt.ArrayLike,
        period_s: float,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Sos:
    """Config of a filter given by its sections."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, sections: Sequence[Sequence[float]], period_s: float) -> Self: ...
    def update(self, x: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(
        cls, channels: int, /, *, sections: Sequence[Sequence[float]], period_s: float
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Fir:
    """Config of a filter given by its taps."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, taps: Sequence[Any], period_s: float) -> Self: ...
    def update(self, x: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(cls, channels: int, /, *, taps: Sequence[Any], period_s: float) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class FirWindow:
    """Config of the windowed filter."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        cutoff_hz: float,
        taps: int,
        period_s: float,
        band: Literal["lowpass", "highpass", "bandpass", "bandstop"] = ...,
        second_cutoff_hz: float | None = ...,
        window: Literal["hamming", "blackman", "kaiser"] = ...,
        attenuation_db: float = ...,
    ) -> Self: ...
    def update(self, x: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        cutoff_hz: float | npt.ArrayLike,
        taps: int,
        period_s: float,
        band: Literal["lowpass", "highpass", "bandpass", "bandstop"] = ...,
        second_cutoff_hz: float | npt.ArrayLike | None = ...,
        window: Literal["hamming", "blackman", "kaiser"] = ...,
        attenuation_db: float | npt.ArrayLike = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class MovingAverage:
    """Config of the moving average."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, window: int, period_s: float) -> Self: ...
    def update(self, x: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(cls, channels: int, /, *, window: int, period_s: float) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class SavitzkyGolay:
    """Config of the Savitzky-Golay filter."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        window: int,
        degree: int,
        period_s: float,
        derivative: int = ...,
        place: Literal["end", "centre"] = ...,
    ) -> Self: ...
    def update(self, x: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        window: int,
        degree: int,
        period_s: float,
        derivative: int = ...,
        place: Literal["end", "centre"] = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Derivative:
    """Config of the derivative."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, cutoff_hz: float, period_s: float) -> Self: ...
    def update(self, x: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(
        cls, channels: int, /, *, cutoff_hz: float | npt.ArrayLike, period_s: float
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Decimator:
    """Config of the decimator."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls, *, factor: int, period_s: float, ripple_db: float = ..., stop_db: float = ...
    ) -> Self: ...
    def update(self, x: float, /) -> tuple[float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        factor: int,
        period_s: float,
        ripple_db: float | npt.ArrayLike = ...,
        stop_db: float | npt.ArrayLike = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class SynchronousNotch:
    """Config of the notch in the encoder's domain."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls, *, wavelength_m: float, bandwidth_per_m: float, period_s: float, harmonics: int = ...
    ) -> Self: ...
    def update(self, x: float, position_m: float, /) -> tuple[float, float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]
        | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        wavelength_m: float | npt.ArrayLike,
        bandwidth_per_m: float | npt.ArrayLike,
        period_s: float,
        harmonics: int = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class RepetitiveFilter:
    """Config of the repetitive filter."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, turn_m: float, bins: int, period_s: float, turns: float = ...) -> Self: ...
    def update(self, x: float, position_m: float, /) -> tuple[float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        turn_m: float | npt.ArrayLike,
        bins: int,
        period_s: float,
        turns: float | npt.ArrayLike = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Complementary:
    """Config of the complementary filter."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, time_constant_s: float, period_s: float) -> Self: ...
    def update(self, slow: float, fast: float, /) -> tuple[float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls, channels: int, /, *, time_constant_s: float | npt.ArrayLike, period_s: float
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class RateConverter:
    """Config of the rate converter."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        delay_s: float,
        max_age_s: float,
        period_s: float,
        method: Literal["linear", "hold"] = ...,
    ) -> Self: ...
    def update(self, x: float, age_s: float, /) -> tuple[float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        delay_s: float | npt.ArrayLike,
        max_age_s: float | npt.ArrayLike,
        period_s: float,
        method: Literal["linear", "hold"] = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class UnitConversion:
    """Config of the unit conversion."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, gain: float, period_s: float, offset: float = ...) -> Self: ...
    def update(self, x: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        gain: float | npt.ArrayLike,
        period_s: float,
        offset: float | npt.ArrayLike = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Shewhart:
    """Config of the Shewhart chart."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, mean: float, sigma: float, limit_sigma: float, period_s: float) -> Self: ...
    def update(self, x: float, /) -> tuple[float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        mean: float | npt.ArrayLike,
        sigma: float | npt.ArrayLike,
        limit_sigma: float | npt.ArrayLike,
        period_s: float,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...
    def arl(self, shift: float = 0.0) -> float: ...
    @classmethod
    def for_arl0(cls, arl0: float, *, mean: float, sigma: float, period_s: float) -> Self: ...
    @classmethod
    def for_false_alarm_budget(
        cls, *, per_day: float, rate_hz: float, channels: int = 1, mean: float, sigma: float
    ) -> Self: ...

@final
class Cusum:
    """Config of the CUSUM."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        mean: float,
        sigma: float,
        k: float,
        h: float,
        restart: bool,
        period_s: float,
        head_start: float = ...,
    ) -> Self: ...
    def update(self, x: float, /) -> tuple[float, float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]
        | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        mean: float | npt.ArrayLike,
        sigma: float | npt.ArrayLike,
        k: float | npt.ArrayLike,
        h: float | npt.ArrayLike,
        restart: bool,
        period_s: float,
        head_start: float | npt.ArrayLike = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...
    def arl(self, shift: float = 0.0) -> float: ...
    @classmethod
    def for_arl0(
        cls,
        arl0: float,
        *,
        mean: float,
        sigma: float,
        k: float,
        restart: bool,
        period_s: float,
        head_start: float = ...,
    ) -> Self: ...
    @classmethod
    def for_false_alarm_budget(
        cls,
        *,
        per_day: float,
        rate_hz: float,
        channels: int = 1,
        mean: float,
        sigma: float,
        k: float,
        restart: bool,
        head_start: float = ...,
    ) -> Self: ...

@final
class EwmaChart:
    """Config of the EWMA chart."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        mean: float,
        sigma: float,
        weight: float,
        limit_sigma: float,
        exact_start: bool,
        period_s: float,
    ) -> Self: ...
    def update(self, x: float, /) -> tuple[float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        mean: float | npt.ArrayLike,
        sigma: float | npt.ArrayLike,
        weight: float | npt.ArrayLike,
        limit_sigma: float | npt.ArrayLike,
        exact_start: bool,
        period_s: float,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...
    def arl(self, shift: float = 0.0) -> float: ...
    @classmethod
    def for_arl0(
        cls,
        arl0: float,
        *,
        mean: float,
        sigma: float,
        weight: float,
        exact_start: bool,
        period_s: float,
    ) -> Self: ...
    @classmethod
    def for_false_alarm_budget(
        cls,
        *,
        per_day: float,
        rate_hz: float,
        channels: int = 1,
        mean: float,
        sigma: float,
        weight: float,
        exact_start: bool,
    ) -> Self: ...

@final
class RunsRules:
    """Config of the runs rules."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        mean: float,
        sigma: float,
        set: Literal["western_electric", "nelson"],
        rules: Sequence[float],
        restart: bool,
        period_s: float,
        limit_sigma: float = ...,
    ) -> Self: ...
    def update(self, x: float, /) -> tuple[float, float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]
        | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        mean: float | npt.ArrayLike,
        sigma: float | npt.ArrayLike,
        set: Literal["western_electric", "nelson"],
        rules: Sequence[float],
        restart: bool,
        period_s: float,
        limit_sigma: float | npt.ArrayLike = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...
    def arl(self, shift: float = 0.0) -> float: ...
    @classmethod
    def for_arl0(
        cls,
        arl0: float,
        *,
        mean: float,
        sigma: float,
        set: Literal["western_electric", "nelson"],
        rules: Sequence[float],
        restart: bool,
        period_s: float,
    ) -> Self: ...
    @classmethod
    def for_false_alarm_budget(
        cls,
        *,
        per_day: float,
        rate_hz: float,
        channels: int = 1,
        mean: float,
        sigma: float,
        set: Literal["western_electric", "nelson"],
        rules: Sequence[float],
        restart: bool,
    ) -> Self: ...

@final
class AdaptiveEwma:
    """Config of the adaptive EWMA chart."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls, *, mean: float, sigma: float, weight: float, k: float, h: float, period_s: float
    ) -> Self: ...
    def update(self, x: float, /) -> tuple[float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        mean: float | npt.ArrayLike,
        sigma: float | npt.ArrayLike,
        weight: float | npt.ArrayLike,
        k: float | npt.ArrayLike,
        h: float | npt.ArrayLike,
        period_s: float,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...
    def arl(self, shift: float = 0.0) -> float: ...
    @classmethod
    def for_arl0(
        cls, arl0: float, *, mean: float, sigma: float, weight: float, k: float, period_s: float
    ) -> Self: ...
    @classmethod
    def for_false_alarm_budget(
        cls,
        *,
        per_day: float,
        rate_hz: float,
        channels: int = 1,
        mean: float,
        sigma: float,
        weight: float,
        k: float,
    ) -> Self: ...

@final
class SpreadCusum:
    """Config of the CUSUM of spread."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        mean: float,
        sigma: float,
        rise: float,
        h: float,
        restart: bool,
        period_s: float,
        fall: float | None = ...,
    ) -> Self: ...
    def update(self, x: float, /) -> tuple[float, float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]
        | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        mean: float | npt.ArrayLike,
        sigma: float | npt.ArrayLike,
        rise: float | npt.ArrayLike,
        h: float | npt.ArrayLike,
        restart: bool,
        period_s: float,
        fall: float | npt.ArrayLike | None = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...
    def arl(self, shift: float = 0.0) -> float: ...
    @classmethod
    def for_arl0(
        cls,
        arl0: float,
        *,
        mean: float,
        sigma: float,
        rise: float,
        restart: bool,
        period_s: float,
        fall: float | None = ...,
    ) -> Self: ...
    @classmethod
    def for_false_alarm_budget(
        cls,
        *,
        per_day: float,
        rate_hz: float,
        channels: int = 1,
        mean: float,
        sigma: float,
        rise: float,
        restart: bool,
        fall: float | None = ...,
    ) -> Self: ...

@final
class Glr:
    """Config of the likelihood-ratio chart."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        mean: float,
        sigma: float,
        h: float,
        restart: bool,
        period_s: float,
        smallest_shift: float = ...,
    ) -> Self: ...
    def update(self, x: float, /) -> tuple[float, float, float, float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
        ]
        | None = None,
    ) -> tuple[
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
    ]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        mean: float | npt.ArrayLike,
        sigma: float | npt.ArrayLike,
        h: float | npt.ArrayLike,
        restart: bool,
        period_s: float,
        smallest_shift: float | npt.ArrayLike = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float, float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...
    def arl(self, shift: float = 0.0) -> float: ...
    @classmethod
    def for_arl0(
        cls,
        arl0: float,
        *,
        mean: float,
        sigma: float,
        restart: bool,
        period_s: float,
        smallest_shift: float = ...,
    ) -> Self: ...
    @classmethod
    def for_false_alarm_budget(
        cls,
        *,
        per_day: float,
        rate_hz: float,
        channels: int = 1,
        mean: float,
        sigma: float,
        restart: bool,
        smallest_shift: float = ...,
    ) -> Self: ...

@final
class PageHinkley:
    """Config of the Page-Hinkley test."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        sigma: float,
        k: float,
        h: float,
        restart: bool,
        period_s: float,
        mean: float | None = ...,
    ) -> Self: ...
    def update(self, x: float, /) -> tuple[float, float, float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
        ]
        | None = None,
    ) -> tuple[
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
    ]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        sigma: float | npt.ArrayLike,
        k: float | npt.ArrayLike,
        h: float | npt.ArrayLike,
        restart: bool,
        period_s: float,
        mean: float | npt.ArrayLike | None = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...
    def arl(self, shift: float = 0.0) -> float: ...
    @classmethod
    def for_arl0(
        cls,
        arl0: float,
        *,
        sigma: float,
        k: float,
        restart: bool,
        period_s: float,
        mean: float | None = ...,
    ) -> Self: ...
    @classmethod
    def for_false_alarm_budget(
        cls,
        *,
        per_day: float,
        rate_hz: float,
        channels: int = 1,
        sigma: float,
        k: float,
        restart: bool,
        mean: float | None = ...,
    ) -> Self: ...

@final
class ShiryaevRoberts:
    """Config of the Shiryaev-Roberts chart."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        mean: float,
        sigma: float,
        delta: float,
        h: float,
        restart: bool,
        period_s: float,
        watch: Literal["up", "down", "both"] = ...,
    ) -> Self: ...
    def update(self, x: float, /) -> tuple[float, float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]
        | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        mean: float | npt.ArrayLike,
        sigma: float | npt.ArrayLike,
        delta: float | npt.ArrayLike,
        h: float | npt.ArrayLike,
        restart: bool,
        period_s: float,
        watch: Literal["up", "down", "both"] = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...
    def arl(self, shift: float = 0.0) -> float: ...
    @classmethod
    def for_arl0(
        cls,
        arl0: float,
        *,
        mean: float,
        sigma: float,
        delta: float,
        restart: bool,
        period_s: float,
        watch: Literal["up", "down", "both"] = ...,
    ) -> Self: ...
    @classmethod
    def for_false_alarm_budget(
        cls,
        *,
        per_day: float,
        rate_hz: float,
        channels: int = 1,
        mean: float,
        sigma: float,
        delta: float,
        restart: bool,
        watch: Literal["up", "down", "both"] = ...,
    ) -> Self: ...

@final
class SelfStartingCusum:
    """Config of the self-starting CUSUM."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        k: float,
        h: float,
        restart: bool,
        period_s: float,
        first: int = ...,
        wild_sigma: float | None = ...,
    ) -> Self: ...
    def update(self, x: float, /) -> tuple[float, float, float, float, float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
        ]
        | None = None,
    ) -> tuple[
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
    ]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        k: float | npt.ArrayLike,
        h: float | npt.ArrayLike,
        restart: bool,
        period_s: float,
        first: int = ...,
        wild_sigma: float | npt.ArrayLike | None = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float, float, float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...
    def arl(self, shift: float = 0.0) -> float: ...
    @classmethod
    def for_arl0(
        cls,
        arl0: float,
        *,
        k: float,
        restart: bool,
        period_s: float,
        first: int = ...,
        wild_sigma: float | None = ...,
    ) -> Self: ...
    @classmethod
    def for_false_alarm_budget(
        cls,
        *,
        per_day: float,
        rate_hz: float,
        channels: int = 1,
        k: float,
        restart: bool,
        first: int = ...,
        wild_sigma: float | None = ...,
    ) -> Self: ...

@final
class GuardedCusum:
    """Config of the guarded CUSUM."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        k: float,
        h: float,
        restart: bool,
        period_s: float,
        open: int = ...,
        guard: float = ...,
        caution: float = ...,
        memory: float | None = ...,
        wild_sigma: float | None = ...,
        resolution: float = ...,
    ) -> Self: ...
    def update(
        self, x: float, relearn: float, /
    ) -> tuple[float, float, float, float, float, float, float, float, float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
        ]
        | None = None,
    ) -> tuple[
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
    ]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        k: float | npt.ArrayLike,
        h: float | npt.ArrayLike,
        restart: bool,
        period_s: float,
        open: int = ...,
        guard: float | npt.ArrayLike = ...,
        caution: float | npt.ArrayLike = ...,
        memory: float | npt.ArrayLike | None = ...,
        wild_sigma: float | npt.ArrayLike | None = ...,
        resolution: float | npt.ArrayLike = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(
        self,
    ) -> tuple[float, float, float, float, float, float, float, float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...
    def arl(self, shift: float = 0.0) -> float: ...
    @classmethod
    def for_arl0(
        cls,
        arl0: float,
        *,
        k: float,
        restart: bool,
        period_s: float,
        open: int = ...,
        guard: float = ...,
        caution: float = ...,
        memory: float | None = ...,
        wild_sigma: float | None = ...,
        resolution: float = ...,
    ) -> Self: ...
    @classmethod
    def for_false_alarm_budget(
        cls,
        *,
        per_day: float,
        rate_hz: float,
        channels: int = 1,
        k: float,
        restart: bool,
        open: int = ...,
        guard: float = ...,
        caution: float = ...,
        memory: float | None = ...,
        wild_sigma: float | None = ...,
        resolution: float = ...,
    ) -> Self: ...

@final
class ArResidual:
    """Config of the residuals."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        order: int,
        period_s: float,
        learn: int = ...,
        coefficients: Sequence[float] = ...,
        mean: float = ...,
        sigma: float = ...,
    ) -> Self: ...
    def update(self, x: float, relearn: float, /) -> tuple[float, float, float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
        ]
        | None = None,
    ) -> tuple[
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
    ]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        order: int,
        period_s: float,
        learn: int = ...,
        coefficients: Sequence[float] = ...,
        mean: float | npt.ArrayLike = ...,
        sigma: float | npt.ArrayLike = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class ArCusum:
    """Config of the CUSUM of an autocorrelated stream."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        order: int,
        k: float,
        h: float,
        restart: bool,
        period_s: float,
        learn: int = ...,
        caution: float = ...,
        wild_sigma: float | None = ...,
    ) -> Self: ...
    def update(
        self, x: float, relearn: float, /
    ) -> tuple[float, float, float, float, float, float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
        ]
        | None = None,
    ) -> tuple[
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
    ]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        order: int,
        k: float | npt.ArrayLike,
        h: float | npt.ArrayLike,
        restart: bool,
        period_s: float,
        learn: int = ...,
        caution: float | npt.ArrayLike = ...,
        wild_sigma: float | npt.ArrayLike | None = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float, float, float, float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...
    def arl(self, shift: float = 0.0) -> float: ...
    @classmethod
    def for_arl0(
        cls,
        arl0: float,
        *,
        order: int,
        k: float,
        restart: bool,
        period_s: float,
        learn: int = ...,
        caution: float = ...,
        wild_sigma: float | None = ...,
    ) -> Self: ...
    @classmethod
    def for_false_alarm_budget(
        cls,
        *,
        per_day: float,
        rate_hz: float,
        channels: int = 1,
        order: int,
        k: float,
        restart: bool,
        learn: int = ...,
        caution: float = ...,
        wild_sigma: float | None = ...,
    ) -> Self: ...

@final
class Stale:
    """Config of the staleness check."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, max_age_s: float, period_s: float, clear_after_s: float = ...) -> Self: ...
    def update(self, stamp: float, good: float, /) -> tuple[float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        max_age_s: float | npt.ArrayLike,
        period_s: float,
        clear_after_s: float | npt.ArrayLike = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Stuck:
    """Config of the check for a stuck gauge."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls, *, resolution: float, time_s: float, period_s: float, clear_after_s: float = ...
    ) -> Self: ...
    def update(self, x: float, /) -> tuple[float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        resolution: float | npt.ArrayLike,
        time_s: float | npt.ArrayLike,
        period_s: float,
        clear_after_s: float | npt.ArrayLike = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Spike:
    """Config of the spike check."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, height: float, period_s: float, width: int = ...) -> Self: ...
    def update(self, x: float, /) -> tuple[float, float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]
        | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls, channels: int, /, *, height: float | npt.ArrayLike, period_s: float, width: int = ...
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class RangeCheck:
    """Config of the range check."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        lo: float,
        hi: float,
        period_s: float,
        hysteresis: float = ...,
        clear_after_s: float = ...,
    ) -> Self: ...
    def update(self, x: float, /) -> tuple[float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        lo: float | npt.ArrayLike,
        hi: float | npt.ArrayLike,
        period_s: float,
        hysteresis: float | npt.ArrayLike = ...,
        clear_after_s: float | npt.ArrayLike = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class RateCheck:
    """Config of the rate check."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls, *, max_per_s: float, period_s: float, over_s: float = ..., clear_after_s: float = ...
    ) -> Self: ...
    def update(self, x: float, /) -> tuple[float, float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]
        | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        max_per_s: float | npt.ArrayLike,
        period_s: float,
        over_s: float | npt.ArrayLike = ...,
        clear_after_s: float | npt.ArrayLike = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Pid:
    """Config of the PID controller."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        kp: float,
        ti_s: float,
        td_s: float,
        derivative_filter: float,
        setpoint_weight: float,
        integral: bool,
        lo: float,
        hi: float,
        tracking_time_s: float,
        period_s: float,
        derivative_setpoint_weight: float = ...,
        anti_windup: Literal["back_calculation", "clamping", "external"] = ...,
    ) -> Self: ...
    def update(
        self, sp: float, pv: float, feedforward: float, track: float, automatic: float, /
    ) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        kp: float | npt.ArrayLike,
        ti_s: float | npt.ArrayLike,
        td_s: float | npt.ArrayLike,
        derivative_filter: float | npt.ArrayLike,
        setpoint_weight: float | npt.ArrayLike,
        integral: bool,
        lo: float | npt.ArrayLike,
        hi: float | npt.ArrayLike,
        tracking_time_s: float | npt.ArrayLike,
        period_s: float,
        derivative_setpoint_weight: float | npt.ArrayLike = ...,
        anti_windup: Literal["back_calculation", "clamping", "external"] = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class FeedForward:
    """Config of the feed-forward."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, gain: float, lead_s: float, lag_s: float, period_s: float) -> Self: ...
    def update(self, x: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        gain: float | npt.ArrayLike,
        lead_s: float | npt.ArrayLike,
        lag_s: float | npt.ArrayLike,
        period_s: float,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Smith:
    """Config of the Smith predictor."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls, *, gain: float, time_constant_s: float, dead_time_s: float, period_s: float
    ) -> Self: ...
    def update(self, mv: float, pv: float, /) -> tuple[float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        gain: float | npt.ArrayLike,
        time_constant_s: float | npt.ArrayLike,
        dead_time_s: float | npt.ArrayLike,
        period_s: float,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class TimeDelay:
    """Config of the delay."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, dead_time_s: float, period_s: float) -> Self: ...
    def update(self, x: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(
        cls, channels: int, /, *, dead_time_s: float | npt.ArrayLike, period_s: float
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class WebDelay:
    """Config of the web delay."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, length_m: float, resolution_m: float, period_s: float) -> Self: ...
    def update(self, x: float, position_m: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        length_m: float | npt.ArrayLike,
        resolution_m: float | npt.ArrayLike,
        period_s: float,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Kalman:
    """Config of the Kalman filter."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, walk_sd_per_sqrt_s: float, noise_sd: float, period_s: float) -> Self: ...
    def update(self, x: float, /) -> tuple[float, float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]
        | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        walk_sd_per_sqrt_s: float | npt.ArrayLike,
        noise_sd: float | npt.ArrayLike,
        period_s: float,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class ScanningGauge:
    """Config of the scanning gauge."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        boxes: int,
        cd_weight: float,
        md_walk_sd_per_sqrt_s: float,
        box_noise_sd: float,
        period_s: float,
    ) -> Self: ...
    def update(self, value: float, box: float, /) -> tuple[float, float, float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
        ]
        | None = None,
    ) -> tuple[
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
    ]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        boxes: int,
        cd_weight: float | npt.ArrayLike,
        md_walk_sd_per_sqrt_s: float | npt.ArrayLike,
        box_noise_sd: float | npt.ArrayLike,
        period_s: float,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Registration:
    """Config of the registration."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, mark_pitch_m: float, max_coast_m: float, period_s: float) -> Self: ...
    def update(
        self, encoder_m: float, mark_m: float, mark_count: float, direction: float, /
    ) -> tuple[float, float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]
        | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        mark_pitch_m: float | npt.ArrayLike,
        max_coast_m: float | npt.ArrayLike,
        period_s: float,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class DisturbanceObserver:
    """Config of the disturbance observer."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        gain: float,
        time_constant_s: float,
        dead_time_s: float,
        level_weight: float,
        scale_memory_s: float,
        period_s: float,
    ) -> Self: ...
    def update(self, y: float, mv: float, /) -> tuple[float, float, float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
        ]
        | None = None,
    ) -> tuple[
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
    ]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        gain: float | npt.ArrayLike,
        time_constant_s: float | npt.ArrayLike,
        dead_time_s: float | npt.ArrayLike,
        level_weight: float | npt.ArrayLike,
        scale_memory_s: float | npt.ArrayLike,
        period_s: float,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Clamp:
    """Config of the clamp."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, lo: float, hi: float, period_s: float) -> Self: ...
    def update(self, x: float, /) -> tuple[float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        lo: float | npt.ArrayLike,
        hi: float | npt.ArrayLike,
        period_s: float,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Slew:
    """Config of the slew limit."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, up_per_s: float, down_per_s: float, period_s: float) -> Self: ...
    def update(self, x: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        up_per_s: float | npt.ArrayLike,
        down_per_s: float | npt.ArrayLike,
        period_s: float,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Latch:
    """Config of the latch; it has no parameter."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, period_s: float) -> Self: ...
    def update(self, trip: float, reset: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(cls, channels: int, /, *, period_s: float) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Imc:
    """Config of the internal model controller."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        gain: float,
        time_constant_s: float,
        dead_time_s: float,
        lambda_s: float,
        lo: float,
        hi: float,
        period_s: float,
        mismatch_filter_s: float = ...,
    ) -> Self: ...
    def update(
        self, sp: float, pv: float, track: float, automatic: float, /
    ) -> tuple[float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        gain: float | npt.ArrayLike,
        time_constant_s: float | npt.ArrayLike,
        dead_time_s: float | npt.ArrayLike,
        lambda_s: float | npt.ArrayLike,
        lo: float | npt.ArrayLike,
        hi: float | npt.ArrayLike,
        period_s: float,
        mismatch_filter_s: float | npt.ArrayLike = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Ratio:
    """Config of the ratio station."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        min_ratio: float,
        max_ratio: float,
        ratio_rate_per_s: float,
        least_wild: float,
        lo: float,
        hi: float,
        period_s: float,
    ) -> Self: ...
    def update(
        self, wild: float, ratio: float, track: float, automatic: float, /
    ) -> tuple[float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        min_ratio: float | npt.ArrayLike,
        max_ratio: float | npt.ArrayLike,
        ratio_rate_per_s: float | npt.ArrayLike,
        least_wild: float | npt.ArrayLike,
        lo: float | npt.ArrayLike,
        hi: float | npt.ArrayLike,
        period_s: float,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class RunToRun:
    """Config of the EWMA run-to-run controller."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        gain: float,
        weight: float,
        max_move: float,
        lo: float,
        hi: float,
        period_s: float,
        max_age_runs: int = ...,
    ) -> Self: ...
    def update(
        self, target: float, y: float, measured: float, age_runs: float, used: float, /
    ) -> tuple[float, float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]
        | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        gain: float | npt.ArrayLike,
        weight: float | npt.ArrayLike,
        max_move: float | npt.ArrayLike,
        lo: float | npt.ArrayLike,
        hi: float | npt.ArrayLike,
        period_s: float,
        max_age_runs: int = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class DoubleEwma:
    """Config of the double EWMA run-to-run controller."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        gain: float,
        weight: float,
        drift_weight: float,
        max_move: float,
        lo: float,
        hi: float,
        period_s: float,
        max_age_runs: int = ...,
    ) -> Self: ...
    def update(
        self, target: float, y: float, measured: float, age_runs: float, used: float, /
    ) -> tuple[float, float, float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
        ]
        | None = None,
    ) -> tuple[
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
    ]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        gain: float | npt.ArrayLike,
        weight: float | npt.ArrayLike,
        drift_weight: float | npt.ArrayLike,
        max_move: float | npt.ArrayLike,
        lo: float | npt.ArrayLike,
        hi: float | npt.ArrayLike,
        period_s: float,
        max_age_runs: int = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class GainSchedule:
    """Config of the gain schedule."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, at: Sequence[Any], values: Sequence[Any], period_s: float) -> Self: ...
    def update(self, x: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(
        cls, channels: int, /, *, at: Sequence[Any], values: Sequence[Any], period_s: float
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class ScheduledPid:
    """Config of the scheduled PID; see `Pid` for the fields."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        lo: float,
        hi: float,
        tracking_time_s: float,
        period_s: float,
        derivative_filter: float = ...,
        setpoint_weight: float = ...,
        derivative_setpoint_weight: float = ...,
        anti_windup: Literal["back_calculation", "clamping", "external"] = ...,
    ) -> Self: ...
    def update(
        self,
        sp: float,
        pv: float,
        feedforward: float,
        track: float,
        automatic: float,
        kp: float,
        ti_s: float,
        td_s: float,
        /,
    ) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        lo: float | npt.ArrayLike,
        hi: float | npt.ArrayLike,
        tracking_time_s: float | npt.ArrayLike,
        period_s: float,
        derivative_filter: float | npt.ArrayLike = ...,
        setpoint_weight: float | npt.ArrayLike = ...,
        derivative_setpoint_weight: float | npt.ArrayLike = ...,
        anti_windup: Literal["back_calculation", "clamping", "external"] = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class CascadePid:
    """Config of the cascade."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        outer_kp: float,
        outer_ti_s: float,
        sp_lo: float,
        sp_hi: float,
        inner_kp: float,
        inner_ti_s: float,
        lo: float,
        hi: float,
        period_s: float,
        outer_td_s: float = ...,
        outer_setpoint_weight: float = ...,
        inner_td_s: float = ...,
        derivative_filter: float = ...,
    ) -> Self: ...
    def update(
        self,
        sp: float,
        pv: float,
        inner_pv: float,
        inner_target: float,
        track: float,
        mode: float,
        /,
    ) -> tuple[float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        outer_kp: float | npt.ArrayLike,
        outer_ti_s: float | npt.ArrayLike,
        sp_lo: float | npt.ArrayLike,
        sp_hi: float | npt.ArrayLike,
        inner_kp: float | npt.ArrayLike,
        inner_ti_s: float | npt.ArrayLike,
        lo: float | npt.ArrayLike,
        hi: float | npt.ArrayLike,
        period_s: float,
        outer_td_s: float | npt.ArrayLike = ...,
        outer_setpoint_weight: float | npt.ArrayLike = ...,
        inner_td_s: float | npt.ArrayLike = ...,
        derivative_filter: float | npt.ArrayLike = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Repetitive:
    """Config of the repetitive controller."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        revolution_m: float,
        bins: int,
        gain: float,
        lo: float,
        hi: float,
        period_s: float,
        leak: float = ...,
        smoothing: float = ...,
        lead_m: float = ...,
    ) -> Self: ...
    def update(self, error: float, position_m: float, learn: float, /) -> float: ...
    def process(
        self, *arrays: npt.ArrayLike, out: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        revolution_m: float | npt.ArrayLike,
        bins: int,
        gain: float | npt.ArrayLike,
        lo: float | npt.ArrayLike,
        hi: float | npt.ArrayLike,
        period_s: float,
        leak: float | npt.ArrayLike = ...,
        smoothing: float | npt.ArrayLike = ...,
        lead_m: float | npt.ArrayLike = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> float: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class RelayAutotune:
    """Config of the relay test."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        amplitude: float,
        hysteresis: float,
        max_deviation: float,
        max_duration_s: float,
        lo: float,
        hi: float,
        period_s: float,
        cycles: int = ...,
        tolerance: float = ...,
        reverse: bool = ...,
    ) -> Self: ...
    def update(
        self, sp: float, pv: float, track: float, run: float, /
    ) -> tuple[float, float, float, float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
            npt.NDArray[np.float64],
        ]
        | None = None,
    ) -> tuple[
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
    ]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        amplitude: float | npt.ArrayLike,
        hysteresis: float | npt.ArrayLike,
        max_deviation: float | npt.ArrayLike,
        max_duration_s: float | npt.ArrayLike,
        lo: float | npt.ArrayLike,
        hi: float | npt.ArrayLike,
        period_s: float,
        cycles: int = ...,
        tolerance: float | npt.ArrayLike = ...,
        reverse: bool = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float, float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class SCurve:
    """Config of the S-curve."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        velocity_per_s: float,
        acceleration_per_s2: float,
        jerk_per_s3: float,
        period_s: float,
    ) -> Self: ...
    def update(
        self, target: float, track: float, automatic: float, /
    ) -> tuple[float, float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]
        | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        velocity_per_s: float | npt.ArrayLike,
        acceleration_per_s2: float | npt.ArrayLike,
        jerk_per_s3: float | npt.ArrayLike,
        period_s: float,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class SetpointRamp:
    """Config of the set-point ramp."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls, *, up_per_s: float, down_per_s: float, period_s: float, holdback: float | None = ...
    ) -> Self: ...
    def update(self, target: float, pv: float, automatic: float, /) -> tuple[float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        up_per_s: float | npt.ArrayLike,
        down_per_s: float | npt.ArrayLike,
        period_s: float,
        holdback: float | npt.ArrayLike | None = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class SplitRange:
    """Config of the split range."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        lo: float,
        split: float,
        hi: float,
        first_at_lo: float,
        first_at_split: float,
        second_at_split: float,
        second_at_hi: float,
        period_s: float,
        deadband: float = ...,
    ) -> Self: ...
    def update(self, mv: float, /) -> tuple[float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls,
        channels: int,
        /,
        *,
        lo: float | npt.ArrayLike,
        split: float | npt.ArrayLike,
        hi: float | npt.ArrayLike,
        first_at_lo: float | npt.ArrayLike,
        first_at_split: float | npt.ArrayLike,
        second_at_split: float | npt.ArrayLike,
        second_at_hi: float | npt.ArrayLike,
        period_s: float,
        deadband: float | npt.ArrayLike = ...,
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Override:
    """Config of the override."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, select: Literal["min", "max", "median"], period_s: float) -> Self: ...
    def update(self, a: float, b: float, c: float, /) -> tuple[float, float]: ...
    def process(
        self,
        *arrays: npt.ArrayLike,
        out: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
    @classmethod
    def lanes(
        cls, channels: int, /, *, select: Literal["min", "max", "median"], period_s: float
    ) -> Self: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> tuple[float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def channels(self) -> int: ...
    @property
    def fixed(self) -> bool: ...

@final
class Hotelling:
    """Config of Hotelling's T2."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        mean: Sequence[float],
        covariance: Sequence[Sequence[float]],
        limit: float,
        period_s: float,
    ) -> Self: ...
    def update(self, *sample: float | npt.ArrayLike, out: Any = None) -> Any: ...
    def process(self, *arrays: npt.ArrayLike, out: Any = None) -> Any: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> Any: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def input_widths(self) -> tuple[tuple[str, int], ...]: ...
    @property
    def output_widths(self) -> tuple[tuple[str, int], ...]: ...
    def arl(self, shift: float = 0.0) -> float: ...
    @classmethod
    def for_arl0(
        cls,
        arl0: float,
        *,
        mean: Sequence[float],
        covariance: Sequence[Sequence[float]],
        period_s: float,
    ) -> Self: ...
    @classmethod
    def for_false_alarm_budget(
        cls,
        *,
        per_day: float,
        rate_hz: float,
        channels: int = 1,
        mean: Sequence[float],
        covariance: Sequence[Sequence[float]],
    ) -> Self: ...

@final
class Mewma:
    """Config of the multivariate EWMA chart."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        mean: Sequence[float],
        covariance: Sequence[Sequence[float]],
        weight: float,
        limit: float,
        period_s: float,
        exact_start: bool = ...,
    ) -> Self: ...
    def update(self, *sample: float | npt.ArrayLike, out: Any = None) -> Any: ...
    def process(self, *arrays: npt.ArrayLike, out: Any = None) -> Any: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> Any: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def input_widths(self) -> tuple[tuple[str, int], ...]: ...
    @property
    def output_widths(self) -> tuple[tuple[str, int], ...]: ...
    def arl(self, shift: float = 0.0) -> float: ...
    @classmethod
    def for_arl0(
        cls,
        arl0: float,
        *,
        mean: Sequence[float],
        covariance: Sequence[Sequence[float]],
        weight: float,
        period_s: float,
        exact_start: bool = ...,
    ) -> Self: ...
    @classmethod
    def for_false_alarm_budget(
        cls,
        *,
        per_day: float,
        rate_hz: float,
        channels: int = 1,
        mean: Sequence[float],
        covariance: Sequence[Sequence[float]],
        weight: float,
        exact_start: bool = ...,
    ) -> Self: ...

@final
class PcaChart:
    """Config of the principal-component chart; `fit_pca` makes it from samples in control."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        mean: Sequence[float],
        scale: Sequence[float],
        loadings: Sequence[Sequence[float]],
        variances: Sequence[float],
        t2_limit: float,
        q_limit: float,
        period_s: float,
        lags: int = ...,
    ) -> Self: ...
    def update(self, *sample: float | npt.ArrayLike, out: Any = None) -> Any: ...
    def process(self, *arrays: npt.ArrayLike, out: Any = None) -> Any: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> Any: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def input_widths(self) -> tuple[tuple[str, int], ...]: ...
    @property
    def output_widths(self) -> tuple[tuple[str, int], ...]: ...

@final
class TrayMedian:
    """Config of the tray median."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls, *, channels: int, least_spread: float, least_present: int, period_s: float
    ) -> Self: ...
    def update(self, *sample: float | npt.ArrayLike, out: Any = None) -> Any: ...
    def process(self, *arrays: npt.ArrayLike, out: Any = None) -> Any: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> Any: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def input_widths(self) -> tuple[tuple[str, int], ...]: ...
    @property
    def output_widths(self) -> tuple[tuple[str, int], ...]: ...

@final
class CrossCheck:
    """Config of the cross check."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        channels: int,
        tolerance: float,
        period_s: float,
        raise_after_s: float = ...,
        clear_after_s: float = ...,
    ) -> Self: ...
    def update(self, *sample: float | npt.ArrayLike, out: Any = None) -> Any: ...
    def process(self, *arrays: npt.ArrayLike, out: Any = None) -> Any: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> Any: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def input_widths(self) -> tuple[tuple[str, int], ...]: ...
    @property
    def output_widths(self) -> tuple[tuple[str, int], ...]: ...

@final
class KalmanFilter:
    """Config of the Kalman filter. Matrices are lists of rows."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        transition: Sequence[Sequence[float]],
        measurement: Sequence[Sequence[float]],
        process_noise: Sequence[Sequence[float]],
        measurement_noise: Sequence[Sequence[float]],
        period_s: float,
        initial_state: Sequence[float] = ...,
        initial_covariance: Sequence[Sequence[float]] = ...,
        control: Sequence[Sequence[float]] = ...,
        continuous: bool = ...,
        steady_state: bool = ...,
        state_only: bool = ...,
    ) -> Self: ...
    def update(self, *sample: float | npt.ArrayLike, out: Any = None) -> Any: ...
    def process(self, *arrays: npt.ArrayLike, out: Any = None) -> Any: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> Any: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def input_widths(self) -> tuple[tuple[str, int], ...]: ...
    @property
    def output_widths(self) -> tuple[tuple[str, int], ...]: ...

@final
class Rls:
    """Config of the recursive least squares."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        regressors: int,
        initial_covariance: float,
        period_s: float,
        memory_s: float | None = ...,
        initial_parameters: Sequence[float] = ...,
        dead_zone: float = ...,
        covariance_bound: float | None = ...,
    ) -> Self: ...
    def update(self, *sample: float | npt.ArrayLike, out: Any = None) -> Any: ...
    def process(self, *arrays: npt.ArrayLike, out: Any = None) -> Any: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> Any: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def input_widths(self) -> tuple[tuple[str, int], ...]: ...
    @property
    def output_widths(self) -> tuple[tuple[str, int], ...]: ...

@final
class ScanProfile:
    """Config of the profile of a scan."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls, *, boxes: int, visits: int, skip: float, period_s: float, edge: int = ...
    ) -> Self: ...
    def update(self, *sample: float | npt.ArrayLike, out: Any = None) -> Any: ...
    def process(self, *arrays: npt.ArrayLike, out: Any = None) -> Any: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> Any: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def input_widths(self) -> tuple[tuple[str, int], ...]: ...
    @property
    def output_widths(self) -> tuple[tuple[str, int], ...]: ...

@final
class Mpc:
    """Config of the predictive controller."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        a: Sequence[Sequence[float]],
        b: Sequence[Sequence[float]],
        horizon: int,
        output_weight: Sequence[float],
        input_lo: Sequence[float],
        input_hi: Sequence[float],
        period_s: float,
        c: Sequence[Sequence[float]] = ...,
        terminal_weight: Sequence[Sequence[float]] = ...,
        input_weight: Sequence[float] = ...,
        move_weight: Sequence[float] = ...,
        move_limit: Sequence[float] = ...,
        output_lo: Sequence[float] = ...,
        output_hi: Sequence[float] = ...,
        output_limit_weight: float = ...,
        preview: bool = ...,
        disturbance_gain: float = ...,
        max_iterations: int = ...,
    ) -> Self: ...
    def update(self, *sample: float | npt.ArrayLike, out: Any = None) -> Any: ...
    def process(self, *arrays: npt.ArrayLike, out: Any = None) -> Any: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> Any: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def input_widths(self) -> tuple[tuple[str, int], ...]: ...
    @property
    def output_widths(self) -> tuple[tuple[str, int], ...]: ...

@final
class CdProfile:
    """Config of the cross-direction controller."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        move_weight: float,
        travel_lo: float,
        travel_hi: float,
        bend_limit: float,
        move_limit: float,
        period_s: float,
        response: Sequence[Sequence[float]] = ...,
        lanes: int = ...,
        bolts: int = ...,
        response_gain: float = ...,
        response_width: float = ...,
        lane_weight: Sequence[float] = ...,
        mode_share: float = ...,
        max_iterations: int = ...,
    ) -> Self: ...
    def update(self, *sample: float | npt.ArrayLike, out: Any = None) -> Any: ...
    def process(self, *arrays: npt.ArrayLike, out: Any = None) -> Any: ...
    def reset(self) -> None: ...
    def restore(self, state: bytes, /) -> None: ...
    @property
    def state(self) -> bytes: ...
    @property
    def last(self) -> Any: ...
    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def input_widths(self) -> tuple[tuple[str, int], ...]: ...
    @property
    def output_widths(self) -> tuple[tuple[str, int], ...]: ...

@final
class BlockStatistics:
    """Config of the block statistics."""

    NAME: ClassVar[str]
    BLOCKS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(cls, *, least_finite: int = ...) -> Self: ...
    def update(self, x: npt.ArrayLike | None, /) -> tuple[float, float, float, float, float]: ...
    def reset(self) -> None: ...
    @property
    def last(self) -> tuple[float, float, float, float, float]: ...
    @property
    def config(self) -> dict[str, Any]: ...

@final
class FormationWatch:
    """Config of the formation watch: how the rack is made, and what sound trays were like under its programme."""

    NAME: ClassVar[str]
    BLOCKS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        slots: int,
        ends_s: Sequence[float],
        factors_mv: Sequence[float],
        noise_mv: Sequence[float],
        median_v: Sequence[float],
        slope_mv_per_ah: Sequence[float],
        current_a: Sequence[float],
        resistance_mohm: float,
        programme_s: float,
        limit_z: float,
        contact_limit_mohm: float,
        onset_every_s: float,
        rest_a: float,
        off_programme_a: float,
        short_share: float,
        false_share: float,
        part_from_s: Sequence[float] = ...,
        held_ends_s: Sequence[float] = ...,
    ) -> Self: ...
    def update(
        self,
        voltage: npt.ArrayLike | None,
        current: npt.ArrayLike | None,
        temperature: npt.ArrayLike | None,
        tray: npt.ArrayLike | None,
        /,
    ) -> tuple[
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
    ]: ...
    def reset(self) -> None: ...
    @property
    def last(
        self,
    ) -> tuple[
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
    ]: ...
    @property
    def config(self) -> dict[str, Any]: ...

@final
class WeldBurst:
    """Config: what good welds are like, and the limits. Made by `WeldBurst::learn`; by default it measures a burst of"""

    NAME: ClassVar[str]
    BLOCKS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]
    def __new__(
        cls,
        *,
        samples: int,
        centre: Sequence[Any],
        sigma: Sequence[Any],
        envelope_v: Sequence[Any],
        envelope_sigma_v: float,
        explained_by: Sequence[float],
        limits: Sequence[Any],
        tail_from: float,
        tail_scale: float,
        defect_share: float,
    ) -> Self: ...
    def update(
        self,
        plasma: npt.ArrayLike | None,
        reflection: npt.ArrayLike | None,
        thermal: npt.ArrayLike | None,
        /,
    ) -> tuple[
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
    ]: ...
    def reset(self) -> None: ...
    @property
    def last(
        self,
    ) -> tuple[
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
        float,
    ]: ...
    @property
    def config(self) -> dict[str, Any]: ...
