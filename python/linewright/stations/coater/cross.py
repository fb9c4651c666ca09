"""The die across the web: what the dry scanner says of the profile, and the bolts that flatten it.

The profile is gathered from the dry scanner beside the wet gauge, so that what both see of the
web's own movement cancels; that is also the cure of a wave in step with the traverse, which a
scanner alone takes for a profile. Bolts move once a profile, and the next profile begins when that
move has come to the gauge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import linewright as lw
from linewright.stations.coater.bolts import response
from linewright.stations.finding import soft_finding
from linewright.stations.gauge import walk_for

if TYPE_CHECKING:
    from linewright.graph import Edge, Graph, Loop
    from linewright.stations.coater.settings import Settings

AGAIN_M = (0.5, 25.0)
"""A second low reading in the same place this far behind the first is another pass."""
EDGE_READINGS = 40.0
"""An edge is the mean of about so many readings: their noise is 0.05 % then, and 90 s."""
LARGE_SIGMA, RELEARN_M = 0.0015, 60.0
"""A profile this uneven makes a move that the scanner's memory takes so much web to follow."""
EDGE_SETTLES_S = 60.0
SOFT_S = 30.0
"""How often the soft side is told profile and bolts."""


class Scan(NamedTuple):
    """What the scanner says, one box at a time."""

    value: Edge
    """Dry over wet less their mean along the web, relative."""
    innovation: Edge
    """Reading less the place's own level, relative."""
    observable: Edge
    """1 while the profile can be told from a wave of the web."""
    box: Edge
    at: Edge
    """Web made, m."""


class Map(NamedTuple):
    """The profile across the web."""

    profile: tuple[Edge, ...]
    """Relative deviation of each box."""
    made: Edge
    """Profiles made so far."""
    sigma: Edge
    """Spread of the last, trimmed boxes left out, relative."""
    observable: Edge


def wire_scan(loop: Loop, s: Settings, scan: Scan) -> Map:
    """Profile, streaks and edge beads, in the gauge loop."""
    c = s.cross
    made = loop.apply(
        lw.ScanProfile,
        scan.value,
        scan.box,
        scan.at,
        boxes=s.geometry.boxes,
        visits=c.visits,
        skip=s.geometry.dry_gauge_m + c.settle_m,
        edge=c.edge_boxes,
    )
    cross = Map(made.profile, made.count, made.sd, scan.observable)
    _watch_streaks(loop, s, scan, just_moved(loop, s, cross, scan.at))
    _watch_edges(loop, s, scan)
    loop.tap("cross_sigma", made.sd, every_s=10.0)
    loop.tap("cross_observable", scan.observable, every_s=10.0)
    return cross


def just_moved(loop: Loop, s: Settings, cross: Map, at: Edge) -> Edge:
    """1 while a large move of the bolts passes the dry gauge and is to be learnt anew."""
    if not s.cross.bolts:
        return loop.const(0.0, "1")
    before = loop.apply(lw.TimeDelay, cross.made, dead_time_s=loop.period_s)
    since = at - loop.apply(lw.SampleHold, at, cross.made - before > 0.5)
    path_m = s.geometry.dry_gauge_m
    passing = (since > path_m - 5.0) & (since < path_m + RELEARN_M)
    return loop.or_else(passing & (cross.sigma > LARGE_SIGMA), 0.0)


def _watch_streaks(loop: Loop, s: Settings, scan: Scan, moved: Edge) -> None:
    """A box that reads far too little, twice, on two passes."""
    first, last = s.cross.edge_boxes, s.geometry.boxes - 1 - s.cross.edge_boxes
    low = scan.innovation < -s.cross.streak_sigma * s.noise.dry_box
    hit = low & (scan.box > first - 0.5) & (scan.box < last + 0.5) & ~moved
    place = loop.apply(lw.SampleHold, scan.box, hit)
    at = loop.apply(lw.SampleHold, scan.at, hit)
    place_before = loop.apply(lw.TimeDelay, place, dead_time_s=loop.period_s)
    behind = scan.at - loop.apply(lw.TimeDelay, at, dead_time_s=loop.period_s)
    again = (abs(scan.box - place_before) < 1.5) & (behind > AGAIN_M[0]) & (behind < AGAIN_M[1])
    loop.event(
        "streak",
        hit & again,
        evidence={
            "box": scan.box,
            "depth": scan.innovation,
            "from_m": scan.at - s.geometry.dry_gauge_m - behind,
        },
        rule="box low twice on two passes v1",
        decision="mark the lane from here; clear the lip at this box",
        priority="alarm",
        refractory_s=600.0,
    )


def _watch_edges(loop: Loop, s: Settings, scan: Scan) -> None:
    """Edge beads that grow against their neighbours, each side by itself."""
    boxes, inner = s.geometry.boxes, s.cross.edge_boxes + 2
    # The first means are of few readings.
    known = loop.apply(lw.TimeDelay, loop.is_good(scan.value), dead_time_s=EDGE_SETTLES_S) > 0.5
    for side, edge, beside in (("left", 0, inner), ("right", boxes - 1, boxes - 1 - inner)):
        at_edge = abs(scan.box - float(edge)) < 0.5
        near = abs(scan.box - float(beside)) < 0.5
        level = _mean(loop, s, loop.bad_when(scan.value, ~near))
        level = loop.apply(lw.SampleHold, loop.or_else(level, 0.0), loop.is_good(level))
        bead = loop.bad_when(scan.value - level, ~at_edge)
        height = _mean(loop, s, bead)
        loop.event(
            f"edge_bead_{side}",
            (height > s.cross.bead + s.cross.bead_growth) & known,
            evidence={"bead": height, "usual": loop.const(s.cross.bead, "1"), "box": scan.box},
            rule="mean edge over its neighbour above limit v1",
            decision="check the edge guides of the die; trim wider until then",
            refractory_s=1800.0,
        )


def _mean(loop: Loop, s: Settings, x: Edge) -> Edge:
    """Level of a box that speaks once a pass."""
    noise = s.noise.dry_box
    level: Edge = loop.apply(
        lw.Kalman,
        x,
        walk_sd_per_sqrt_s=walk_for(EDGE_READINGS * loop.period_s, noise, loop.period_s),
        noise_sd=noise,
    ).estimate
    return level


def wire_bolts(g: Graph, s: Settings, cross: Map) -> None:
    """One move of all bolts a profile; none on a profile that may be the web's own wave."""
    c, boxes = s.cross, s.geometry.boxes
    with g.loop("cross", rate_hz=1) as loop:
        profile = [loop.latest(edge) for edge in cross.profile]
        count = loop.latest(cross.made)
        observable = loop.latest(cross.observable)
        stand = [loop.written(name, "um") for name in c.actuators]
        stuck = soft_finding(
            loop,
            "bolt_stuck",
            "1",
            least=1.0,
            most=float(c.bolts),
            lasts_s=300.0,
            rule="moves of a bolt that do not show in the profile v1",
            decision="no bolt moves: free the drive of this one",
            priority="alarm",
            evidence={"sigma": loop.latest(cross.sigma)},
        )
        soft_finding(
            loop,
            "cross_jump",
            "1",
            least=1e-5,
            most=1.0,
            lasts_s=120.0,
            rule="profile changed otherwise than the bolts moved v1",
            decision="bolts follow; look at the die: tilt, a loose bolt, something in the lip",
            evidence={"sigma": loop.latest(cross.sigma)},
        )
        level = loop.const(0.0, "1")
        plan = loop.apply(
            lw.CdProfile,
            profile,
            [level] * boxes,
            [bolt.value for bolt in stand],
            response=response(s),
            lane_weight=[float(c.edge_boxes <= i < boxes - c.edge_boxes) for i in range(boxes)],
            move_weight=c.move_weight,
            travel_lo=-c.travel_um,
            travel_hi=c.travel_um,
            bend_limit=c.bend_um,
            move_limit=c.move_um,
        )
        new = count - loop.apply(lw.TimeDelay, count, dead_time_s=1.0) > 0.5
        sound = new & (observable > 0.5) & (stuck < 0.5)
        for name, position, bolt in zip(c.actuators, plan.position, stand, strict=True):
            # Out of control a bolt's place is where it is, so that taking over moves nothing.
            wanted = loop.select(sound, position, bolt.value)
            kept = loop.apply(lw.SampleHold, wanted, sound | ~bolt.in_control)
            loop.output(name, loop.or_else(kept, bolt.value), unit="um")
        before = loop.apply(
            lw.TimeDelay, loop.apply(lw.SampleHold, observable, new), dead_time_s=1.0
        )
        loop.event(
            "cross_unobservable",
            new & (observable < 0.5) & (before < 0.5),
            evidence={"sigma": loop.latest(cross.sigma)},
            rule="profile in step with the traverse v1",
            decision="no bolt moves: the profile may be a wave of the web; vary the scan's speed",
            refractory_s=1800.0,
        )
        _tell(loop, profile, [bolt.value for bolt in stand], count)


def _tell(loop: Loop, profile: list[Edge], bolts: list[Edge], count: Edge) -> None:
    """Profile and bolts for the soft side, all of one tick."""
    for i, edge in enumerate(profile):
        loop.tap(f"cross_box_{i:03d}", edge, every_s=SOFT_S)
    for j, edge in enumerate(bolts, start=1):
        loop.tap(f"cross_bolt_{j:02d}", edge, every_s=SOFT_S)
    loop.tap("cross_count", count, every_s=SOFT_S)
