"""What the hard lane makes of the pictures' verdicts: a chart for each fixture, and a watch on the
camera itself.

The soft side judges a picture and says the number of its weld, and for its fixture how much
narrower than usual the seam is. A verdict that stays away is seen here, whatever became of camera,
file or soft side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import linewright as lw
from linewright.stations.welder.charting import weld_chart

if TYPE_CHECKING:
    from linewright.graph import Edge, Loop
    from linewright.stations.welder.settings import Settings

DAY_S = 86_400.0
MOST = 1e12
"""Welds that are ever counted."""


def _told(loop: Loop, name: str, unit: str, most: float) -> Edge:
    value: Edge = loop.mailbox(
        name, unit, default=0.0, lo=-most, hi=most, ttl_s=DAY_S, fallback="hold"
    ).value
    return value


def watch_pictures(loop: Loop, s: Settings, count: Edge, clamps: list[Edge]) -> None:
    """Charts of all fixtures, and the camera's own event."""
    judged = _told(loop, "judged", "1", MOST)
    behind = count - judged
    loop.event(
        "camera_lost",
        behind > s.camera.lost_welds + 0.5,
        evidence={"welds_without_verdict": behind, "judged": judged},
        rule="welds in a row without a verdict of their picture v1",
        decision="set the welds aside for inspection by hand; check camera and light",
        priority="alarm",
        refractory_s=s.charts.shared_refractory_s,
    )
    for f, clamp in enumerate(clamps):
        _watch_width(loop, s, clamp, f)


def _watch_width(loop: Loop, s: Settings, clamp: Edge, f: int) -> None:
    """A stack that gapes lets its seam sink in. Limits are parameters, learnt from tested welds."""
    usual = s.camera.width
    shift, widen = s.learn_shift_most * usual.sigma, s.learn_widen_most * usual.sigma
    mean = loop.param(f"sunk_mean_{f}", "mm", 0.0, lo=-shift, hi=shift)
    sigma = loop.param(f"sunk_sigma_{f}", "mm", usual.sigma, lo=usual.sigma, hi=widen)
    sunk = _told(loop, f"sunk_{f}", "mm", 10.0)
    pictures = _told(loop, f"pictures_{f}", "1", MOST)
    before = loop.apply(lw.TimeDelay, pictures, dead_time_s=loop.period_s)
    fresh = pictures - before > 0.5
    # Gaps are half-normal: worn clamps make them wider, see the chart on the plasma's excess.
    z = loop.apply(lw.Clamp, (sunk - mean) / sigma, lo=0.0, hi=s.charts.z_most).y
    # The own clamp correction closes gaps: what is usual is less then.
    usual_square = s.camera.usual - s.camera.usual * s.camera.relief / s.clamp_most * clamp
    narrow = weld_chart(loop, z * z - usual_square, fresh, k=s.camera.k, h=s.camera.h)
    loop.event(
        f"sunk_{f}",
        narrow.alarm > 0.5,
        evidence={
            "sunk": sunk,
            "fixture": loop.const(float(f), "1"),
            "cusum": narrow.high,
            "age": narrow.age_up,
        },
        rule="cusum on square of narrowed seams of a fixture v1",
        decision="more clamp force; hold the fixture when that is used up",
        refractory_s=s.charts.refractory_s,
    )
