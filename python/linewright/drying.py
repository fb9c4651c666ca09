"""What a recipe comes to behind the dryer, for one recipe or for thousands of draws at once.

>>> from linewright import drying
>>> made = drying.outcome(
...     solvent="nmp", dry_g_per_m2=220.0, solids_fraction=0.70, critical_fraction=0.40,
...     web_m_per_s=1.0, air_c=[90, 110, 120, 125, 120, 100],
...     heat_w_per_m2_k=[32, 46, 50, 50, 48, 40], vapour_pa=100.0,
...     exhaust_m3_per_s=[1.2, 3.2, 4.2, 2.0, 0.5, 0.5])
>>> round(float(made.front_m), 1), bool(made.explosion_share < 0.25)
(29.7, True)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from linewright import _core

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]
    Numbers = npt.ArrayLike

ZONES = 6
"""Zones of the oven."""


class Outcome(NamedTuple):
    """What comes of a recipe; each field has the shape of the draws, zone fields one axis more."""

    residual_ppm: Array
    """Solvent in the coating at the exit, ppm of the coating."""
    front_m: Array
    """Where the critical moisture is reached, m from the oven's entry; NaN when it is not."""
    peak_g_per_m2_s: Array
    """Highest evaporation."""
    middle_g_per_m2_s: Array
    """Mean evaporation in the middle stage (half to a quarter of the solvent left); NaN when that
    is not reached."""
    adhesion: Array
    """Over that of a slowly dried coating, 0 to 1; an index with an assumed shape."""
    explosion_share: Array
    """Highest share of the lower explosion limit in any zone's exhaust; 0 for water."""
    heat_kw: Array
    """Heat for evaporation and exhaust air of one side, no recovery."""
    left: Array
    """Share of the solvent left behind each zone."""
    film_c: Array
    """Temperature of the film at the end of each zone."""
    exhaust_g_per_m3: Array
    """Solvent in each zone's exhaust."""


def outcome(
    *,
    solvent: str,
    dry_g_per_m2: Numbers,
    solids_fraction: Numbers,
    critical_fraction: Numbers,
    web_m_per_s: Numbers,
    air_c: Numbers,
    heat_w_per_m2_k: Numbers,
    vapour_pa: Numbers,
    exhaust_m3_per_s: Numbers,
    width_m: Numbers = 0.66,
    zone_m: Numbers = 12.0,
    sorption_x: Numbers = 0.0,
    adhesion_g_per_m2_s: Numbers = 1.5,
    fresh_c: Numbers = 20.0,
) -> Outcome:
    """Steady passage of a recipe through six zones, one side; a value or an array of draws each.

    `air_c` (5 to 200 degC), `heat_w_per_m2_k` (each side of the web), `vapour_pa` (solvent in the
    air blown on the web, Pa) and `exhaust_m3_per_s` are by zone: a number for all zones, six
    numbers, or `(n, 6)` for draws. `solvent` is `nmp` or `water`; `critical_fraction` is X_c/X_0;
    `sorption_x` is 0 (none) or 0.02 to 0.05 kg/kg for PVDF; `adhesion_g_per_m2_s` is the
    evaporation in the middle stage that halves the adhesion. A value outside its range raises
    `ConfigError` naming draw, field and bound. The steps are of a second at nominal speed, within
    2 % of fine ones in the share left.
    """
    given = {name: value for name, value in locals().items() if name != "solvent"}
    scalars = [np.asarray(given[name], dtype=float) for name in _core.DRYING_RECIPE]
    by_zone = [_zones(given[name]) for name in _core.DRYING_ZONE]
    shape = np.broadcast_shapes(*(a.shape for a in scalars), *(a.shape[:-1] for a in by_zone))
    count = int(np.prod(shape))
    recipes = np.stack([np.broadcast_to(a, shape).reshape(count) for a in scalars], axis=-1)
    zones = np.stack(
        [np.broadcast_to(a, (*shape, ZONES)).reshape(count, ZONES) for a in by_zone], axis=-1
    )
    made = _core.drying_outcomes(solvent, recipes, zones)
    first = len(_core.DRYING_OUTCOME)
    columns = [made[:, i].reshape(shape) for i in range(first)]
    blocks = [
        made[:, first + i * ZONES : first + (i + 1) * ZONES].reshape((*shape, ZONES))
        for i in range(3)
    ]
    return Outcome(*columns, *blocks)


def _zones(value: Numbers) -> Array:
    """By zone along the last axis; one number holds for all zones."""
    array = np.asarray(value, dtype=float)
    if array.ndim == 0:
        return np.full(ZONES, float(array))
    if array.shape[-1] != ZONES:
        raise ValueError(f"needs {ZONES} zones along the last axis, has shape {array.shape}")
    return array
