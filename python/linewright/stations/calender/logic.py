"""What the calender decides: pure functions and small values; no bus, no clock.

A weight map is worth its feed-forward only for the roll that is mounted, registered on its marks
and known to be fresh. Anything else is refused, and the reason is the decision.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from linewright.recipes import Order, OrderError, Recipe, read_order
from linewright.stations.calender.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Map:
    """A weight map as it came from the coater; see the coater's `WeightMap`."""

    roll: int
    origin_m: float
    step_m: float
    values: tuple[float, ...]
    registered_at_m: float
    noise: float


@dataclass(frozen=True)
class Accepted:
    """The map may be used with this gain, dimensionless 0..1."""

    gain: float
    because: str


@dataclass(frozen=True)
class Refused:
    """The map may not be used; the line runs on feedback alone."""

    because: str


def read_map(body: object) -> Map | Refused:
    """A map from a message of another station; anything else is refused with its reason.

    >>> read_map({"roll": 4, "origin_m": 0.0, "step_m": 1.0, "values": [0.0, 0.1],
    ...           "registered_at_m": 2.0, "noise": 0.001, "coverage": 1.0}).roll
    4
    >>> read_map({"roll": 4})
    Refused(because="message is no weight map: 'origin_m'")
    """
    try:
        if not isinstance(body, Mapping):
            raise TypeError(f"a {type(body).__name__}")
        return Map(
            roll=int(body["roll"]),
            origin_m=float(body["origin_m"]),
            step_m=float(body["step_m"]),
            values=tuple(float(v) for v in body["values"]),
            registered_at_m=float(body["registered_at_m"]),
            noise=float(body["noise"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        return Refused(f"message is no weight map: {error}")


def judge(
    weight_map: Map, *, mounted_roll: int | None, coated_m: float, settings: Settings
) -> Accepted | Refused:
    """May this map steer the nip? `coated_m`: metres coated so far, the age of a map is web.

    >>> m = Map(roll=4, origin_m=8000.0, step_m=1.0, values=(0.01, -0.01) * 50,
    ...         registered_at_m=10080.0, noise=0.001)
    >>> judge(m, mounted_roll=4, coated_m=10100.0, settings=Settings()).gain
    0.9656
    >>> judge(m, mounted_roll=5, coated_m=10100.0, settings=Settings())
    Refused(because='map is of roll 4, roll 5 is mounted')
    >>> judge(m, mounted_roll=4, coated_m=20000.0, settings=Settings())
    Refused(because='registration is stale: closed 9920 m of web ago, 6000 m allowed')
    """
    if weight_map.roll != mounted_roll:
        return Refused(f"map is of roll {weight_map.roll}, roll {mounted_roll} is mounted")
    age_m = coated_m - weight_map.registered_at_m
    if not math.isfinite(age_m) or age_m < 0.0:
        return Refused(
            f"registration is not of this web: closed at {weight_map.registered_at_m:.0f} m"
        )
    if age_m > settings.map_age_m:
        return Refused(
            f"registration is stale: closed {age_m:.0f} m of web ago, "
            f"{settings.map_age_m:.0f} m allowed"
        )
    known = [v for v in weight_map.values if math.isfinite(v)]
    if len(known) < 2 or len(known) < settings.least_known * len(weight_map.values):
        return Refused(f"map knows {len(known)} of {len(weight_map.values)} metres")
    spread = spread_of(known, weight_map.noise)
    gain = optimal_gain(spread, weight_map.noise)
    gain *= registration_gain(settings.registration_error_m, settings.correlation_m)
    gain = round(gain, 4)
    return Accepted(gain, f"weight spread {spread:.3%} against map noise {weight_map.noise:.3%}")


def spread_of(values: Sequence[float], noise: float) -> float:
    """Standard deviation of the weight behind a noisy map: `sqrt(max(0, s^2 - noise^2))`.

    The mean counts as deviation too: the target is zero.

    >>> round(spread_of((0.005, -0.005), 0.003), 4)
    0.004
    """
    square = sum(v * v for v in values) / len(values)
    return math.sqrt(max(0.0, square - noise * noise))


def optimal_gain(spread: float, noise: float) -> float:
    """Gain of a feed-forward on a noisy signal, `k* = s_d^2/(s_d^2 + s_n^2)`; 0 without a signal.

    >>> round(optimal_gain(1.0, 0.3), 3)
    0.917
    """
    total = spread * spread + noise * noise
    return spread * spread / total if total > 0.0 else 0.0


def registration_gain(error_m: float, correlation_m: float) -> float:
    """Share of the map's gain left at a registration error: `exp(-dx/l)`, the correlation.

    >>> round(registration_gain(20.0, 20.0), 2)
    0.37
    """
    return math.exp(-abs(error_m) / correlation_m)


def feed_forward_n_per_mm(recipe: Recipe, protect: str) -> float:
    """Line load per unit of relative weight deviation, N/mm, at the target.

    Porosity: `q*a`, gamma grows with the loading. Thickness: the density must follow the weight,
    `gamma*rho/(rho_max - rho)`, and the resistance grows as well.

    >>> round(feed_forward_n_per_mm(Recipe(), "porosity") * 0.01, 1)
    9.0
    >>> round(feed_forward_n_per_mm(Recipe(loading_exponent=0.0), "thickness") * 0.01, 1)
    73.5
    """
    held = recipe.loading_exponent * recipe.line_load_n_per_mm
    if protect == "porosity":
        return held
    left = recipe.rho_max_kg_per_m3 - recipe.density_kg_per_m3
    return held + recipe.gamma_n_per_mm * recipe.density_kg_per_m3 / left


def residual(spread: float, noise: float) -> float:
    """Deviation left by the optimal feed-forward, unit of its arguments.

    >>> round(residual(1.0, 0.3), 4)
    0.2873
    """
    total = math.hypot(spread, noise)
    return spread * noise / total if total > 0.0 else 0.0


@dataclass(frozen=True)
class Pressed:
    """Set points of an ordered change: the nip goes to them on the metres that the coater tells."""

    order: str
    load_n_per_mm: float
    sheet_um: float
    says: str
    recipe: str


def ordered(body: object, settings: Settings, *, now_unix_s: int) -> Pressed | Refused:
    """May the nip follow this order?

    >>> ordered({}, Settings(), now_unix_s=0)
    Refused(because='order has no schema, from, to, ...')
    """
    try:
        order = read_order(body, now_unix_s=now_unix_s)
    except OrderError as error:
        return Refused(str(error))
    return _pressed(order, settings)


def _pressed(order: Order, settings: Settings) -> Pressed | Refused:
    if order.a.recipe != settings.recipe:
        return Refused(f"{order.a.name} is not the recipe that this nip was started with")
    load = order.b.recipe.line_load_n_per_mm
    if not settings.line_load_lo_n_per_mm <= load <= settings.line_load_hi_n_per_mm:
        return Refused(f"{load:.0f} N/mm is outside the bounds of the line load")
    says = f"nip to {load:.1f} N/mm for {order.b.name}, on the metres that the coater tells"
    return Pressed(order.hash, load, order.b.recipe.sheet_um, says, order.b.name)


def laid(body: object, pressed: Pressed | None) -> tuple[float, float] | Refused:
    """Coating metres of the weight's ramp from the coater's message, for the order in force.

    >>> laid({"order": "a", "from_m": 10.0, "to_m": 30.0}, None)
    Refused(because='no order for it')
    """
    try:
        if not isinstance(body, Mapping):
            raise TypeError(f"a {type(body).__name__}")
        order, from_m, to_m = body["order"], float(body["from_m"]), float(body["to_m"])
    except (KeyError, TypeError, ValueError) as error:
        return Refused(f"message is no change of the weight: {error}")
    if pressed is None or pressed.order != order:
        return Refused("no order for it")
    if not (math.isfinite(from_m) and math.isfinite(to_m) and 0.0 <= from_m <= to_m):
        return Refused("metres out of order")
    return from_m, to_m


FOLLOW_UP = {
    "calender.thickness_shift": "feedback has taken it over; check coating lot and load cell",
    "calender.roll_heat": "feed-forward on the roll temperature has taken it over",
    "calender.registration_lost": "feed-forward off until the next mark; feedback holds",
}


def follow_up(name: str) -> str:
    """What the soft side adds to a detection of the hard lane.

    >>> follow_up("calender.roll_heat")
    'feed-forward on the roll temperature has taken it over'
    >>> follow_up("calender.unheard_of")
    'watch'
    """
    return FOLLOW_UP.get(name, "watch")
