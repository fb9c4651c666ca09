"""Front ends: what makes a few numbers of a wide block.

A loop reads channels; a burst of 10,000 samples or the voltages of a whole formation line are
blocks. A front end reduces them, in a plan (`Graph.front_end`) as alone:

>>> from linewright.front_ends import BlockStatistics, FormationWatch
>>> BlockStatistics().update([0.5, -0.5, 0.5, -0.5])[2:]
(-0.5, 0.5, 0.0)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from linewright._core import BlockStatistics, FormationWatch, WeldBurst, learn_welds

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["BlockStatistics", "FormationWatch", "WeldBurst", "learn_formation", "learn_welds"]


def learn_formation(
    mean_v: ArrayLike,
    mean_a: ArrayLike,
    *,
    ends_s: ArrayLike,
    voltage_sd_mv: float = 0.3,
    factors: int = 16,
    rest_a: float = 0.2,
    part_from_s: ArrayLike = (),
    held_ends_s: ArrayLike = (),
) -> dict[str, list[float]]:
    """What sound trays are like under one programme: the lists of a `FormationWatch`.

    `mean_v` and `mean_a` are voltage (V) and current (A) of sound cells, averaged over the windows
    that end at `ends_s`: a row for each window, a column for each cell, 32 in a row to a tray; at
    least four cells a window. `voltage_sd_mv` is the noise of one reading at 1 Hz. The ways in
    which cells differ are the principal components of their residuals from the tray, in units of
    the noise (Jolliffe 2002); 16 leave little but noise over the first two hours of the default
    programme. A part that begins at one of `part_from_s` has ways of its own; the windows that end
    at `held_ends_s`, in which channels hold a voltage, are left out of them. Behind such a window a
    part's last way is the charge that a cell lacks there or has too much, 3 mV of it: a channel
    whose contact resists reaches its limit too soon.

    >>> import numpy as np
    >>> rng = np.random.default_rng(4)
    >>> current = np.where(np.arange(20) < 1, 0.0, 8.0)[:, None] * np.ones(96)
    >>> resistance_ohm = 0.001 * rng.normal(1.0, 0.03, 96)
    >>> charge_v = 0.002 * np.arange(20)[:, None]
    >>> noise_v = rng.normal(0.0, 0.0001, (20, 96))
    >>> volts = 3.0 + charge_v + current * resistance_ohm + noise_v
    >>> found = learn_formation(volts, current, ends_s=10.0 * np.arange(1, 21), factors=1)
    >>> round(found["factors_mv"][10] / 8.0, 2)  # mohm
    0.03
    """
    from linewright import _formation as on  # noqa: PLC0415

    return on.learn(
        mean_v,
        mean_a,
        ends_s=ends_s,
        voltage_sd_mv=voltage_sd_mv,
        factors=factors,
        rest_a=rest_a,
        part_from_s=part_from_s,
        held_ends_s=held_ends_s,
    )
