"""Slow checks of the calender: its rolls, and whether the weight map lies where the web is.

Both look at the error of the sheet that the loop has anyway; neither acts on the line load.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import linewright as lw
from linewright.stations.calender.logic import feed_forward_n_per_mm

if TYPE_CHECKING:
    from linewright.graph import Edge, Loop
    from linewright.stations.calender.settings import Settings


def watch_rolls(loop: Loop, s: Settings, error: Edge, encoder: Edge) -> None:
    """A wave of one turn of the rolls in the sheet: runout that grew, or a bearing.

    The wave is learnt in the encoder's domain, so that it is found at any speed.
    """
    good = loop.is_good(error)
    held = loop.apply(lw.SampleHold, loop.or_else(error, 0.0), good)
    turn_m = math.pi * s.roll_diameter_m
    wave = loop.apply(
        lw.SynchronousNotch,
        held,
        encoder,
        wavelength_m=turn_m,
        bandwidth_per_m=1.0 / (math.pi * s.roll_memory_m),
    )
    limit = loop.const(s.roll_wave_limit_um, "um")
    loop.event(
        "roll_wave",
        wave.amplitude > limit,
        evidence={"amplitude": wave.amplitude},
        rule="wave of one turn in the sheet v1",
        decision="check runout and bearings of the calender rolls",
        refractory_s=3600.0,
    )
    loop.tap("roll_wave", wave.amplitude, every_s=10.0)


def watch_map(loop: Loop, s: Settings, error: Edge, used: Edge, mapped: Edge) -> None:
    """Does the map's weight explain the sheet as it should?

    With the map in place the error of the sheet has nothing of the weight that was acted on. A
    map that lies elsewhere leaves `-K*weight` in it, `K` what the feed-forward and the wanted
    sheet take a unit of weight for; `share = -cov(error, weight)/(K*var(weight))` goes from 0 to
    1 less the correlation of the web over the offset.
    """
    r = s.recipe
    per_load = -1.0 / r.load_slope_n_per_mm_per_um
    taken = 2.0 * r.side_um if s.protect == "porosity" else 0.0
    taken += feed_forward_n_per_mm(r, s.protect) * per_load
    usable = mapped & loop.is_good(error)
    quiet = loop.apply(lw.SampleHold, loop.or_else(error, 0.0), usable)
    weight = loop.apply(lw.SampleHold, used, usable)

    def mean(x: Edge, time_constant_s: float) -> Edge:
        out: Edge = loop.apply(lw.Ewma, x, time_constant_s=time_constant_s)
        return out

    # Slow errors (compaction, gauge) are the feedback's; here only what moves with the web counts.
    level_s, memory_s = s.map_level_s, s.map_memory_s
    moved = quiet - mean(quiet, level_s)
    swing = weight - mean(weight, level_s)
    both = mean(moved * swing, memory_s)
    least = loop.const(s.map_least_sd**2, "1")
    share = both / (loop.max(mean(swing * swing, memory_s), least) * loop.const(-taken, "um"))
    known = loop.apply(lw.OnDuration, usable) > 2.0 * memory_s
    loop.event(
        "map_misplaced",
        (share > s.map_share_limit) & known,
        evidence={"share": share, "weight": used, "error": error},
        rule="map weight left in the sheet v1",
        decision="check the marks and the roll's direction; feed-forward does harm",
        refractory_s=3600.0,
    )
    loop.tap("map_share", share, every_s=10.0)
