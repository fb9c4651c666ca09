"""The coater's dryer: what can be tuned, and the constants its loop is designed from.

Everything the loop needs to know of the plant is worked out once, when the station is built, from
the dryer's own model (`linewright.drying`): the front of the recipe, what moves it, where the
adhesion limit bounds the air, how the web temperature tells the front.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from linewright import drying, twin
from linewright.recipes import Recipe

ZONES = drying.ZONES
PRESSURE_PA = 101_325.0
THERMOMETER_AT = 0.85
"""Where in its zone a web thermometer looks, share of the zone's length."""
DRIES = 0.1
"""Evaporation of a wet film in a zone, over that in the strongest zone, below which the zone does
not count as drying: a front moves through it at a breath, and its thermometer tells nothing."""
IN_SIGHT_M = 14.0
"""Way through drying zones from the front to a thermometer over which a front is fitted."""


@dataclass(frozen=True, kw_only=True)
class Dryer:
    """The oven and its limits; temperatures of air, one number for each zone."""

    control: bool = False
    """Move zones and exhaust (actuators `coater.zone_1` to `_6`, `coater.exhaust_air`); without it
    the loop watches only."""
    feedback: bool = True
    """With `control`: move the zones for front and residual. Off, they stand at the design's air,
    or a plan's, less what their own air is off, within the explosion limit."""
    solvent: str = "nmp"
    """`nmp` or `water`."""
    critical_fraction: float = 0.40
    """Critical moisture over initial moisture."""
    zone_c: tuple[float, ...] = (90.0, 110.0, 120.0, 125.0, 120.0, 100.0)
    """Air of the recipe."""
    heat_w_per_m2_k: tuple[float, ...] = (32.0, 46.0, 50.0, 50.0, 48.0, 40.0)
    vapour_pa: float = 100.0
    """Solvent in the air that the nozzles blow."""
    exhaust_m3_per_s: float = 11.0
    """Exhaust air of the recipe, one side."""
    exhaust_max_m3_per_s: float = 30.0
    zone_m: float = 12.0
    zone_max_c: float = 130.0
    zone_min_c: float = 40.0
    air_tau_s: float = 120.0
    """Lag of a zone's air behind its set point."""
    front_within_m: float = 2.0
    """The drying front is told when it is farther than this from that of the recipe."""
    residual_aim_ppm: float = 300.0
    residual_limit_ppm: float = 500.0
    explosion_aim: float = 0.22
    """Share of the lower explosion limit that the exhaust air is raised from on."""
    explosion_limit: float = 0.25
    """Share of it that no zone is heated beyond."""
    explosion_g_per_m3: float = 45.0
    """Lower explosion limit; without meaning for water."""
    web_sd_k: float = 0.5
    """Lasting error of a web thermometer, standard deviation. A front that cannot be told within
    `front_within_m` with it is not steered by."""
    middle_rise: float = 0.15
    """Largest rise of the drying rate in the middle stage over that of the recipe, relative: it
    bounds the air of the zone of the front and of the next one that dries."""
    trip_drop: float = 0.13
    """Drop of a zone's evaporation against its own level that its fan is found by, relative."""
    inlet_g_per_m3: float = 1.0
    """Change of the solvent in the nozzle air that is told."""

    def __post_init__(self) -> None:
        if self.solvent not in ("nmp", "water"):
            raise ValueError(f"solvent must be nmp or water, was {self.solvent!r}")
        for name in ("zone_c", "heat_w_per_m2_k"):
            if len(getattr(self, name)) != ZONES:
                raise ValueError(f"{name} must have {ZONES} numbers, was {getattr(self, name)}")
        for name, value in vars(self).items():
            numbers = value if isinstance(value, tuple) else (value,)
            if isinstance(value, str | bool):
                continue
            if not all(math.isfinite(x) and x > 0.0 for x in numbers):
                raise ValueError(f"{name} must be positive, was {value}")
        if not self.explosion_aim < self.explosion_limit < 1.0:
            raise ValueError("need explosion_aim < explosion_limit < 1")
        if not self.zone_min_c < min(self.zone_c) <= max(self.zone_c) <= self.zone_max_c:
            raise ValueError("zone_c must lie between zone_min_c and zone_max_c")
        if not self.residual_aim_ppm < self.residual_limit_ppm:
            raise ValueError("residual_aim_ppm must be below residual_limit_ppm")

    @property
    def burns(self) -> bool:
        """True when the solvent has an explosion limit."""
        return self.solvent == "nmp"


@dataclass(frozen=True, kw_only=True)
class Front:
    """The front by air and web temperature of one zone.

    A film that takes `H*(T_air - T_web)` of heat and would spend `H*q(T_web)` if it were wet has
    the wetness `f = (T_air - T_web)/q(T_web)`, whatever the nozzles give. With `w = 1 - f` and
    `l = -ln f` the way from the front to the thermometer is, in m,

    - `load*speed*(a*w + b*w^2 + c*w^3 + w*(d + e*w)*(T_air - air_c))`, load and speed relative to
      the recipe, as long as the nozzles give what the recipe says;
    - `z*(A + B*w + C*w^2)`, `z = inside_m*l/(G - 1 + f_end + l)` with the front in the same zone:
      G is what evaporates in the zone over the critical load, `f_end = f*(1 - (1/0.85 - 1)*l)` the
      wetness at its end. The nozzles are not in it.

    The way is counted through zones that dry (`drying_way_m`): in a cold zone between them hardly
    anything evaporates, so a front crosses its 12 m on a change that moves it by centimetres
    elsewhere, and no thermometer could tell where in it the front is.
    """

    zone: int
    """Zone of the thermometer, 0 to 5."""
    at_m: float
    """Where the thermometer is, m from the entry."""
    at_way_m: float
    """The same through zones that dry."""
    web_c: float
    """Middle of the fit of q."""
    wet_k: tuple[float, ...]
    """Coefficients of `q` over `T_web - web_c`, K."""
    wet_k_per_g_per_m3: float
    """How much less `q` is for each g/m3 of solvent more in the nozzle air."""
    air_c: float
    way_m: tuple[float, ...]
    """a, b, c, d and e, m and m/K."""
    inside: tuple[float, ...]
    """A, B and C."""
    sd_m: tuple[float, float]
    """Standard deviations of the two fits over the cases they were made from, m."""
    told_within_m: float
    """Standard deviation of the front told at the recipe, by fit and `web_sd_k`, m."""


@dataclass(frozen=True, kw_only=True)
class Design:
    """What the loop is built from."""

    front_m: float
    front_way_m: float
    """The front of the recipe through zones that dry, m; so are the three below that move it."""
    dries: tuple[bool, ...]
    """Zones that dry: a wet film gives off at least `DRIES` of what it does in the strongest."""
    steers: bool
    """The front is told within `front_within_m`: it may be steered by."""
    late_s: float
    """Web from the middle of the zones that hold the front to its thermometer, at least 25 s."""
    front_zone: int
    """Zone of the front, 0 to 3; it and those before it hold the front, those behind the next one
    the residual."""
    after: int
    """Next zone behind it that dries: the rest of the middle stage."""
    lead: int
    """The zone up to the front's with most room either way: it tells what a move came to."""
    near: Front
    far: Front
    front_per_k: float
    """m by 1 K in all zones up to the front's, negative."""
    front_per_load: float
    """m by a relative change of the solvent load."""
    front_per_speed: float
    """m by a relative change of the web speed."""
    front_per_inlet: float
    """m by 1 g/m3 more solvent in the nozzle air."""
    residual_per_k: float
    """Relative change of the residual by 1 K in the zones that hold it, negative."""
    residual_per_m: float
    """Relative change of the residual by 1 m of front."""
    zone_c: tuple[float, ...]
    """Air at which the recipe leaves `residual_aim_ppm`, as far as the zones allow."""
    hottest_c: tuple[float, ...]
    """Air that no zone is told to exceed."""
    evaporated_g_per_s: tuple[float, ...]
    """Evaporation of each zone, one side."""
    evaporation_per_k: tuple[float, ...]
    """Relative change of a zone's evaporation by 1 K."""
    exhaust_shares: tuple[float, ...]
    """Shares of the exhaust air, as the dampers were set for the recipe."""
    last_g_per_m3: float
    """What evaporates into the last zone's exhaust."""
    last_tells_inlet: bool
    """That is so little that the last zone's exhaust tells what the nozzles blow."""
    inlet_g_per_m3: float
    """Solvent in the nozzle air of the recipe."""


@cache
def design(dryer: Dryer, recipe: Recipe) -> Design:
    """Constants of the loop for a recipe; the numbers are rounded to six digits.

    >>> made = design(Dryer(), Recipe())
    >>> round(made.front_m, 1), made.front_zone, made.near.zone
    (29.7, 2, 2)
    """
    base = _arguments(dryer, recipe)
    front_m = float(drying.outcome(**base).front_m)
    if not math.isfinite(front_m):
        raise ValueError("the recipe does not dry: it has no drying front in the oven")
    last = min(int(front_m / dryer.zone_m), ZONES - 3)
    finish = np.arange(ZONES) > last + 1
    zone_c = _finish(dryer, base, finish)
    base["air_c"] = np.array(zone_c)
    at = drying.outcome(**base)
    warmer = [(np.arange(ZONES) <= last) * 1.0, finish * 1.0]
    hotter, finished = (drying.outcome(**{**base, "air_c": zone_c + more}) for more in warmer)
    loaded = drying.outcome(**{**base, **_load(recipe, 1.02)})
    faster = drying.outcome(**{**base, "web_m_per_s": 1.02 * recipe.web_speed_m_per_s})
    per_pa = content_g_per_m3(dryer, 1.0, zone_c[last])
    moister = drying.outcome(**{**base, "vapour_pa": dryer.vapour_pa + 1.0 / per_pa})
    inlet = content_g_per_m3(dryer, dryer.vapour_pa, zone_c[-1])
    dries = _dries(dryer, base)
    way_m = drying_way_m(at.front_m, dries, dryer.zone_m)

    def moved(to: drying.Outcome) -> float:
        return float(drying_way_m(to.front_m, dries, dryer.zone_m) - way_m)

    near, far = _thermometers(dryer, recipe, base, dries)
    after = next((k for k in range(last + 1, ZONES) if dries[k]), last + 1)
    hottest_c = _hottest(dryer, base, after)
    room = [min(hottest_c[k] - zone_c[k], zone_c[k] - dryer.zone_min_c) for k in range(last + 1)]
    middle_m = 0.5 * (last + 1) * dryer.zone_m
    return Design(
        front_m=_six(front_m),
        front_way_m=_six(way_m),
        dries=dries,
        steers=near.told_within_m <= dryer.front_within_m,
        late_s=_six(max(25.0, (near.at_m - middle_m) / recipe.web_speed_m_per_s)),
        front_zone=last,
        after=after,
        lead=room.index(max(room)),
        near=near,
        far=far,
        front_per_k=_six(moved(hotter)),
        front_per_load=_six(moved(loaded) / 0.02),
        front_per_speed=_six(moved(faster) / 0.02),
        front_per_inlet=_six(moved(moister)),
        residual_per_k=_six(math.log(finished.residual_ppm / at.residual_ppm)),
        residual_per_m=_six(math.log(hotter.residual_ppm / at.residual_ppm) / moved(hotter)),
        zone_c=zone_c,
        hottest_c=hottest_c,
        evaporated_g_per_s=tuple(_six(x) for x in _evaporated_g_per_s(base, at)),
        evaporation_per_k=tuple(_six(x) for x in _evaporation_per_k(base)),
        exhaust_shares=tuple(_six(x) for x in base["exhaust_m3_per_s"] / dryer.exhaust_m3_per_s),
        last_g_per_m3=_six(at.exhaust_g_per_m3[-1] - inlet),
        last_tells_inlet=bool(at.exhaust_g_per_m3[-1] - inlet < 0.1 * inlet),
        inlet_g_per_m3=_six(inlet),
    )


def drying_way_m(at_m: Any, dries: tuple[bool, ...], zone_m: float) -> Any:
    """Way from the entry to `at_m` through the zones that dry, m.

    >>> float(drying_way_m(40.0, (True, True, False, True, True, True), 12.0))
    28.0
    """
    at = np.asarray(at_m, dtype=float)
    return sum(np.clip(at - k * zone_m, 0.0, zone_m) for k in range(ZONES) if dries[k])


def _dries(dryer: Dryer, base: dict[str, Any]) -> tuple[bool, ...]:
    rates = [
        _wet_film(dryer.solvent, float(air), float(heat), dryer.vapour_pa)[1]
        for air, heat in zip(base["air_c"], base["heat_w_per_m2_k"], strict=True)
    ]
    return tuple(rate >= DRIES * max(rates) for rate in rates)


def _thermometers(
    dryer: Dryer, recipe: Recipe, base: dict[str, Any], dries: tuple[bool, ...]
) -> tuple[Front, Front]:
    """The nearest thermometer behind the front that tells it, and the next one for wetter web."""
    front_m = float(drying.outcome(**base).front_m)
    behind = [
        k for k in range(ZONES) if dries[k] and (k + THERMOMETER_AT) * dryer.zone_m > front_m + 1.0
    ]
    if not behind:
        raise ValueError(f"no zone that dries is behind the recipe's front at {front_m:.1f} m")
    near = _front(dryer, recipe, base, behind[0], dries)
    try:
        far = _front(dryer, recipe, base, behind[min(1, len(behind) - 1)], dries)
    except ValueError:  # dry web all the way there: the nearest thermometer serves alone
        return near, near
    if near.told_within_m > dryer.front_within_m and far.told_within_m < near.told_within_m:
        return far, far
    return near, far


def _six(value: Any) -> float:
    return float(f"{float(value):.6g}")


def _arguments(dryer: Dryer, recipe: Recipe) -> dict[str, Any]:
    shares = _dampers(dryer, recipe)
    return {**_plain(dryer, recipe), "exhaust_m3_per_s": shares * dryer.exhaust_m3_per_s}


def _plain(dryer: Dryer, recipe: Recipe) -> dict[str, Any]:
    return {
        "solvent": dryer.solvent,
        "dry_g_per_m2": recipe.areal_g_per_m2,
        "solids_fraction": recipe.solids_fraction,
        "critical_fraction": dryer.critical_fraction,
        "web_m_per_s": recipe.web_speed_m_per_s,
        "width_m": recipe.coated_width_m,
        "zone_m": dryer.zone_m,
        "air_c": np.array(dryer.zone_c, dtype=float),
        "heat_w_per_m2_k": np.array(dryer.heat_w_per_m2_k, dtype=float),
        "vapour_pa": dryer.vapour_pa,
        "exhaust_m3_per_s": dryer.exhaust_m3_per_s / ZONES,
    }


def _dampers(dryer: Dryer, recipe: Recipe) -> Any:
    """Shares of the exhaust as commissioned: by what evaporates, at least 4 % each."""
    left = drying.outcome(**_plain(dryer, recipe)).left
    evaporated = -np.diff(np.concatenate(([1.0], left)))
    return 0.04 + (1.0 - 0.04 * ZONES) * evaporated / evaporated.sum()


def content_g_per_m3(dryer: Dryer, vapour_pa: float, air_c: float) -> float:
    """Solvent of air, g/m3, by the gas law."""
    molar = 99.13 if dryer.solvent == "nmp" else 18.015
    return vapour_pa * molar / (8.314462618 * (air_c + 273.15))


def _load(recipe: Recipe, ratio: float) -> dict[str, float]:
    """Solids that bring `ratio` times the solvent on the same dry weight."""
    moisture = ratio * (1.0 / recipe.solids_fraction - 1.0)
    return {"solids_fraction": 1.0 / (1.0 + moisture)}


def _finish(dryer: Dryer, base: dict[str, Any], finish: Any) -> tuple[float, ...]:
    """Air with the `finish` zones raised until the recipe leaves the aimed residual."""
    rises = np.arange(0.0, dryer.zone_max_c, 0.5)[:, None] * finish
    air = np.minimum(base["air_c"] + rises, dryer.zone_max_c)
    left = drying.outcome(**{**base, "air_c": air}).residual_ppm
    enough = np.flatnonzero(left <= dryer.residual_aim_ppm)
    return tuple(float(x) for x in air[enough[0] if len(enough) else -1])


def _hottest(dryer: Dryer, base: dict[str, Any], after: int) -> tuple[float, ...]:
    """Bounds by heater and, for the zones of the middle stage, by the drying rate there."""
    bounds = np.full(ZONES, dryer.zone_max_c)
    at = drying.outcome(**base)
    begin = int(np.searchsorted(-at.left, -0.5))
    for zone in range(begin, min(after + 1, ZONES)):
        air = base["air_c"] + np.arange(0.0, 60.0, 0.5)[:, None] * (np.arange(ZONES) == zone)
        rate = drying.outcome(**{**base, "air_c": air}).middle_g_per_m2_s
        over = np.flatnonzero(rate > (1.0 + dryer.middle_rise) * at.middle_g_per_m2_s)
        if len(over):
            bounds[zone] = min(bounds[zone], float(air[over[0], zone]) - 0.5)
    return tuple(float(x) for x in bounds)


def _evaporated_g_per_s(base: dict[str, Any], at: drying.Outcome) -> Any:
    """What each zone evaporates of one side."""
    solvent = base["dry_g_per_m2"] * (1.0 / base["solids_fraction"] - 1.0)
    area_m2_per_s = base["web_m_per_s"] * base["width_m"]
    return -np.diff(np.concatenate(([1.0], at.left))) * solvent * area_m2_per_s


def _evaporation_per_k(base: dict[str, Any]) -> Any:
    """Relative change of each zone's evaporation by 1 K of its own air."""
    air = base["air_c"] + np.vstack([np.zeros(ZONES), np.eye(ZONES)])
    left = drying.outcome(**{**base, "air_c": air}).left
    evaporated = -np.diff(np.concatenate([np.ones((ZONES + 1, 1)), left], axis=1), axis=1)
    return np.diagonal(evaporated[1:]) / evaporated[0] - 1.0


def _front(
    dryer: Dryer, recipe: Recipe, base: dict[str, Any], zone: int, dries: tuple[bool, ...]
) -> Front:
    """Fits the front to what the thermometer of `zone` reads, over loads and temperatures.

    Heat transfer and time enter a film only as their product, so the thermometer at 85 % of its
    zone reads what the zone's end would with 85 % of the heat transfer.
    """
    at_m = (zone + THERMOMETER_AT) * dryer.zone_m
    grid = np.meshgrid(np.linspace(-12.0, 12.0, 13), np.linspace(0.8, 1.25, 25))
    warmer, load = (axis.ravel() for axis in grid)
    air = base["air_c"] + warmer[:, None] * (np.arange(ZONES) <= zone)
    moisture = load * (1.0 / recipe.solids_fraction - 1.0)
    cases = {**base, "air_c": air, "solids_fraction": 1.0 / (1.0 + moisture)}
    heat = np.array(base["heat_w_per_m2_k"])
    heat[zone] *= THERMOMETER_AT
    at_way_m = float(drying_way_m(at_m, dries, dryer.zone_m))
    front_m = drying_way_m(drying.outcome(**cases).front_m, dries, dryer.zone_m)
    web_c = drying.outcome(**{**cases, "heat_w_per_m2_k": heat}).film_c[:, zone]
    falling = np.isfinite(front_m) & (front_m < at_way_m) & (front_m > at_way_m - IN_SIGHT_M)
    if falling.sum() < 30:
        raise ValueError(f"the front of the recipe is out of sight of the thermometer at {at_m} m")
    web_c, air_c = web_c[falling], air[falling, zone]
    middle_c = _six(np.median(web_c))
    wet_k = _wet(dryer, base, zone, middle_c, float(np.ptp(web_c)))
    dry = 1.0 - (air_c - web_c) / np.polyval(wet_k[::-1], web_c - middle_c)
    above = air_c - base["air_c"][zone]
    terms = np.stack([dry, dry**2, dry**3, dry * above, dry**2 * above], axis=1)
    way = (at_way_m - front_m[falling]) / load[falling]
    found = np.linalg.lstsq(terms, way, rcond=None)[0]
    error = (terms @ found - way) * load[falling]
    inside, inside_sd_m = _inside(dryer, cases, zone, wet_k, middle_c)
    fit_m = float(np.sqrt(np.mean(error**2)))
    own_c = float(drying.outcome(**{**base, "heat_w_per_m2_k": heat}).film_c[zone])
    readings = own_c + dryer.web_sd_k * np.array([0.0, -1.0, 1.0])
    wet = np.polyval(wet_k[::-1], readings - middle_c)
    told = np.clip(1.0 - (base["air_c"][zone] - readings) / wet, 0.0, 0.98)
    told_m = told * (found[0] + found[1] * told + found[2] * told**2)
    return Front(
        zone=zone,
        at_m=at_m,
        at_way_m=_six(at_way_m),
        web_c=middle_c,
        wet_k=tuple(wet_k),
        wet_k_per_g_per_m3=_six(_per_inlet(dryer, wet_k[0], middle_c, float(base["air_c"][zone]))),
        air_c=float(base["air_c"][zone]),
        way_m=tuple(_six(c) for c in found),
        inside=inside,
        sd_m=(_six(fit_m), inside_sd_m),
        told_within_m=_six(math.hypot(fit_m, np.abs(told_m[1:] - told_m[0]).max())),
    )


def _inside(
    dryer: Dryer, cases: dict[str, Any], zone: int, wet_k: list[float], middle_c: float
) -> tuple[tuple[float, ...], float]:
    """Coefficients of the way inside a zone, over nozzles that give half to a tenth more."""
    at_m, start_m = (zone + THERMOMETER_AT) * dryer.zone_m, zone * dryer.zone_m
    terms, ways = [], []
    for given in (0.5, 0.7, 0.85, 1.0, 1.1):
        heat = np.array(cases["heat_w_per_m2_k"], dtype=float)
        heat[zone] *= given
        made = drying.outcome(**{**cases, "heat_w_per_m2_k": heat})
        heat[zone] *= THERMOMETER_AT
        web_c = drying.outcome(**{**cases, "heat_w_per_m2_k": heat}).film_c[:, zone]
        above = cases["air_c"][:, zone] - web_c
        dry = 1.0 - above / np.polyval(wet_k[::-1], web_c - middle_c)
        before = made.left[:, zone - 1] if zone else np.ones(len(made.left))
        gone = (before - made.left[:, zone]) / dryer.critical_fraction
        seen = (made.front_m > start_m) & (made.front_m < at_m) & (dry < 0.9)
        z = inside_way_m(dry[seen], gone[seen], THERMOMETER_AT * dryer.zone_m)
        terms.append(np.stack([z, z * dry[seen], z * dry[seen] ** 2], axis=1))
        ways.append(at_m - made.front_m[seen])
    every, way = np.concatenate(terms), np.concatenate(ways)
    if not len(way):  # the front is never in this zone: nothing to fit, and nothing to trust
        return (0.0, 0.0, 0.0), math.inf
    found = np.linalg.lstsq(every, way, rcond=None)[0]
    return tuple(_six(c) for c in found), _six(np.std(every @ found - way))


def inside_way_m(dry: Any, gone: Any, inside_m: float) -> Any:
    """z of `Front`; works on numbers, arrays and edges. `l` is its series to the seventh power.

    >>> round(inside_way_m(0.4, 1.0, 10.2), 2)
    4.93
    """
    log = dry / 7.0
    for power in (6.0, 5.0, 4.0, 3.0, 2.0, 1.0):
        log = (log + 1.0 / power) * dry
    end = (1.0 - dry) * (1.0 - (1.0 / THERMOMETER_AT - 1.0) * log)
    return inside_m * log / (gone - 1.0 + end + log)


def _wet(
    dryer: Dryer, base: dict[str, Any], zone: int, middle_c: float, width_k: float
) -> list[float]:
    """`q` over the web temperature: how much warmer than a wet film at `T_web` its air is, K."""
    heat = float(base["heat_w_per_m2_k"][zone])
    pairs = []
    for air_c in np.arange(30.0, 1200.0, 1.0):
        film_c, _ = _wet_film(dryer.solvent, float(air_c), heat, dryer.vapour_pa)
        # a film in air of its own temperature gives nothing off: it tells nothing of q
        if air_c > film_c and abs(film_c - middle_c) <= 0.6 * width_k + 2.0:
            pairs.append((film_c - middle_c, air_c - film_c))
    away, above = np.array(pairs).T
    return [_six(c) for c in np.polyfit(away, above, 4, w=1.0 / above)[::-1]]


def _per_inlet(dryer: Dryer, wet_k: float, web_c: float, air_c: float) -> float:
    """`q` goes with `ln((P - p_inf)/(P - p_s))`: p_inf changes it alike at every T_web."""
    pure = twin.nmp_vapour_pa if dryer.solvent == "nmp" else twin.water_vapour_pa
    drive = math.log((PRESSURE_PA - dryer.vapour_pa) / (PRESSURE_PA - pure(web_c)))
    per_pa = wet_k / drive / (PRESSURE_PA - dryer.vapour_pa)
    return per_pa / content_g_per_m3(dryer, 1.0, air_c)


def _wet_film(solvent: str, air_c: float, heat: float, vapour_pa: float) -> tuple[float, float]:
    return twin.film_balance(
        solvent,
        air_c=air_c,
        wet_side_w_per_m2_k=heat,
        other_side_w_per_m2_k=heat,
        vapour_pa=vapour_pa,
    )
