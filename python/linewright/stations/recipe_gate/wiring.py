"""The gate's loop on a line that it follows: means over a window of every channel, for the soft
side to learn from.

A mean is taken over what was Good alone, and its share goes along. The metre under the nip is found
as the calender finds it: by printed marks and encoder, the roll running backwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import linewright as lw
from linewright.recipes import FOLLOWED, NIP, ROLL, WINDOW_S

if TYPE_CHECKING:
    from linewright.graph import Edge, Graph, Loop

RATE_HZ = 10.0
MAX_AGE_S = 3.0
SHARE = "_good"
"""End of the tap that tells which share of a window was Good."""
UNITS = {
    "calender.line_load": "N/mm",
    "calender.thickness": "um",
    "calender.roll_temperature": "degC",
    "coater.web_position": "m",
    "coater.dry_weight": "g/m2",
    "coater.residual": "ppm",
    "coater.web_speed": "m/s",
    "coater.mass_flow": "kg/min",
    "coater.slurry_density": "kg/m3",
    "coater.pump_speed_flow": "L/min",
    "coater.drive_gain": "1",
    **{f"coater.zone_{k}_air": "degC" for k in range(1, 7)},
}


def tap_of(channel: str) -> str:
    """Name of a channel's tap: a tap stands in the station's own name.

    >>> tap_of("coater.dry_weight")
    'coater_dry_weight'
    """
    return channel.replace(".", "_")


CHANNELS = {tap_of(name): name for name in (*FOLLOWED, NIP, ROLL)}
"""Channels by their taps."""


def wire(g: Graph) -> None:
    """The one loop."""
    with g.loop("follow", rate_hz=RATE_HZ) as loop:
        for name in FOLLOWED:
            _mean(loop, name, loop.input(name, UNITS[name], max_age_s=MAX_AGE_S))
        encoder = loop.input("calender.encoder", "m", max_age_s=MAX_AGE_S)
        mark = loop.input("calender.mark_m", "m", max_age_s=600.0)
        count = loop.input("calender.mark_count", "1", max_age_s=600.0)
        place = loop.apply(
            lw.Registration, encoder, mark, count, -1.0, mark_pitch_m=100.0, max_coast_m=250.0
        )
        lost = loop.or_else(place.valid, 0.0) < 0.5
        _mean(loop, NIP, loop.bad_when(place.position_m, lost))
        _mean(loop, ROLL, loop.input("calender.jumbo", "1", max_age_s=600.0))


def _mean(loop: Loop, name: str, value: Edge) -> None:
    """Taps of the sum over a window of what was Good, over its samples, and of the share."""
    window = round(WINDOW_S * RATE_HZ)
    good = loop.is_good(value)
    counted = loop.select(good, loop.or_else(value, 0.0), 0.0)
    for end, edge in (("", counted), (SHARE, good)):
        mean = loop.apply(lw.MovingAverage, edge, window=window)
        loop.tap(tap_of(name) + end, mean, every_s=WINDOW_S)
