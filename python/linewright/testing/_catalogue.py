"""The faults of a battery line by number, each as the twin's faults of one short run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from linewright.stations.scenario import FaultDraw, draw_faults


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One fault of the catalogue."""

    id: str
    says: str
    """What goes wrong."""
    draws: tuple[FaultDraw, ...]
    """Kind, size and duration, in the twin's units; several begin together."""
    first: str
    """Station that can see it first."""
    causes: tuple[str, ...]
    """Names of stated causes that count as having found it."""
    hours: float = 1.0
    """Length of a run that shows it."""
    all_day: bool = False
    """It creeps: in a day with other faults it lasts for all of it."""
    shows_s: float = 0.0
    """From its onset to the first sign that there can be, s: a day leaves it so much time."""
    line: str = "closed"
    """Packaged line that it runs on; it has the stations and the sections that it takes."""

    def faults(self, seed: int, *, hours: float | None = None) -> list[dict[str, Any]]:
        """The fault as the twin takes it, at a moment and of a size drawn from `seed`, in a run
        of `hours` (its own when left out)."""
        length = self.hours if hours is None else hours
        first, *others = (draw_faults([draw], seed=seed, hours=length) for draw in self.draws)
        return first + [fault | {"at_s": first[0]["at_s"]} for other in others for fault in other]


_ALL = (
    Scenario(
        id="F01",
        says="batch through the mixed tank: solids drift over half an hour",
        draws=(FaultDraw(kind="solids_batch", least=0.3, most=0.5, either_sign=True),),
        first="slurry",
        causes=("solids_batch",),
    ),
    Scenario(
        id="F02",
        says="batch hard switch: another solids fraction at once",
        draws=(FaultDraw(kind="solids_switch", least=0.3, most=0.6, either_sign=True),),
        first="slurry",
        causes=("solids_switch",),
    ),
    Scenario(
        id="F03",
        says="the slurry thickens or thins at the same solids",
        draws=(FaultDraw(kind="viscosity_drift", least=6.0, most=10.0, either_sign=True),),
        first="slurry",
        causes=("viscosity_drift",),
    ),
    Scenario(
        id="F04",
        says="air in the slurry for half a minute",
        draws=(FaultDraw(kind="air_burst", least=0.5, most=2.0, duration_s=(20.0, 60.0)),),
        first="coater",
        causes=("air_burst",),
    ),
    Scenario(
        id="F05",
        says="the stator of the pump wears by the day",
        draws=(FaultDraw(kind="stator_wear", least=0.25, most=0.35),),
        first="coater",
        causes=("pump_wear",),
        hours=14.0,
        all_day=True,
    ),
    Scenario(
        id="F06",
        says="the pump's pulsation grows",
        draws=(FaultDraw(kind="pulsation", least=0.25, most=0.4, ramp_s=3600.0),),
        first="coater",
        causes=("pulsation",),
        hours=2.0,
    ),
    Scenario(
        id="F07",
        says="a particle between the lips of the die lays a streak",
        draws=(FaultDraw(kind="streak", least=-20.0, most=-10.0),),
        first="coater",
        causes=("streak",),
    ),
    Scenario(
        id="F08",
        says="the edge beads grow over an hour",
        draws=(FaultDraw(kind="edge_bead", least=6.0, most=8.0),),
        first="coater",
        causes=("edge_bead",),
        hours=2.0,
    ),
    Scenario(
        id="F09",
        says="the die tilts, and a bolt that should mend it is stuck",
        draws=(
            FaultDraw(kind="cross_tilt", least=1.0, most=1.5, either_sign=True),
            FaultDraw(kind="bolt_stuck", least=2.0, most=5.0, whole=True),
        ),
        first="coater",
        causes=("cross_tilt", "bolt_stuck"),
    ),
    Scenario(
        id="F10",
        says="the web slows down for a minute, as at a splice",
        draws=(FaultDraw(kind="speed_upset", least=-0.2, most=-0.1, duration_s=(40.0, 80.0)),),
        first="coater",
        causes=("speed_upset",),
    ),
    Scenario(
        id="F11",
        says="the dry scanner drifts",
        draws=(FaultDraw(kind="gauge_bias", least=0.4, most=0.7, either_sign=True),),
        first="coater",
        causes=("gauge_bias",),
    ),
    Scenario(
        id="F12",
        says="the fan of a dryer zone gives less",
        draws=(FaultDraw(kind="fan_trip_3", least=0.35, most=0.45),),
        first="coater",
        causes=("fan_trip_3",),
    ),
    Scenario(
        id="F13",
        says="the dryer's supply air brings solvent, or humidity",
        draws=(FaultDraw(kind="inlet_solvent", least=3.0, most=5.0),),
        first="coater",
        causes=("inlet_solvent",),
    ),
    Scenario(
        id="F14",
        says="recipe error: the middle zones of the dryer run too hot for the binder",
        draws=(FaultDraw(kind="zone_overheat", least=20.0, most=30.0),),
        first="coater",
        causes=("zone_overheat",),
    ),
    Scenario(
        id="F15",
        says="the calender rolls heat up",
        draws=(FaultDraw(kind="roll_heat", least=2.0, most=4.0),),
        first="calender",
        causes=("roll_heat",),
        hours=2.0,
    ),
    Scenario(
        id="F16",
        says="a calender bearing wears: a wave of one turn grows in the sheet",
        draws=(FaultDraw(kind="roll_bearing", least=1.5, most=2.5),),
        first="calender",
        causes=("roll_bearing",),
    ),
    Scenario(
        id="F17",
        says="the weight map is registered 20 m off",
        draws=(FaultDraw(kind="map_offset", least=20.0, most=60.0, either_sign=True),),
        first="calender",
        causes=("map_offset",),
        hours=3.0,
    ),
    Scenario(
        id="F18",
        says="the clamps of a weld fixture wear: its stacks gape, five in a hundred beyond 50 um",
        draws=(FaultDraw(kind="clamp_wear", least=0.15, most=0.25),),
        first="welder",
        causes=("clamp_wear_0",),
        hours=3.0,
        line="welder",
    ),
    Scenario(
        id="F19",
        says="the welder's protective glass soils: half a percent of the light in 1000 welds",
        draws=(FaultDraw(kind="lens_soiling", least=0.05, most=0.05),),
        first="welder",
        causes=("lens_soiling",),
        hours=5.0,
        line="welder",
    ),
    Scenario(
        id="F20",
        says="melt is blown out of welds: holes of 50 to 300 um",
        draws=(FaultDraw(kind="blow_out", least=0.04, most=0.08),),
        first="welder",
        causes=("blow_outs",),
        line="welder",
    ),
    Scenario(
        id="F21",
        says="a particle shorts a cell in the rack",
        draws=(FaultDraw(kind="soft_short", least=1.0, most=10.0),),
        first="formation",
        causes=("soft_short",),
        hours=3.0,
        line="formation",
    ),
    Scenario(
        id="F22",
        says="a formation channel's contact resists",
        draws=(FaultDraw(kind="contact_resistance", least=1.0, most=5.0),),
        first="formation",
        causes=("contact_resistance",),
        line="formation",
    ),
    Scenario(
        id="F23",
        says="a lot of 300 cells was wetted poorly",
        draws=(FaultDraw(kind="poor_wetting", least=7.0, most=9.0),),
        first="formation",
        causes=("poor_wetting",),
        hours=18.0,
        shows_s=30_000.0,
        line="formation",
    ),
    Scenario(
        id="F24",
        says="30 formation slots and 2 vehicles go out",
        draws=(
            FaultDraw(kind="slot_outage", least=30.0, most=30.0, duration_s=(1800.0, 3600.0)),
            FaultDraw(kind="vehicle_loss", least=2.0, most=2.0, duration_s=(1800.0, 3600.0)),
        ),
        first="agv",
        causes=("slot_outage", "vehicle_loss"),
        line="dispatch",
    ),
    Scenario(
        id="F25",
        says="12 trays leave wetting within 5 min",
        draws=(FaultDraw(kind="arrival_bunching", least=12.0, most=12.0),),
        first="agv",
        causes=("arrival_bunching",),
        line="dispatch",
    ),
)

CATALOGUE = {entry.id: entry for entry in _ALL}
"""By number, in order."""


def scenario(fault: str) -> Scenario:
    """The fault of a number.

    Raises `KeyError` with the numbers there are.
    """
    try:
        return CATALOGUE[fault.upper()]
    except KeyError:
        known = ", ".join(CATALOGUE)
        raise KeyError(f"no fault {fault!r} in the catalogue (there are {known})") from None


WHOLE = "whole"
"""Packaged line with every station."""
FREE_SHARE, LASTS_SHARE = 0.15, 0.55
"""Of its slot in a day: a fault comes within the first part and lasts so long."""


def day_faults(*, seed: int, hours: float = 24.0, line: str = "closed") -> list[dict[str, Any]]:
    """Every fault of the catalogue that `line` takes, one after the other in seeded order.

    Each has a slot of its own, comes somewhere in its first part and is gone at seven tenths of it,
    unless it ends sooner by itself; one that creeps lasts the whole day. The whole line takes all:
    coating, welding, formation and dispatch have each their own faults one after the other, and
    at the same time as the others'. Ordered by onset.

    >>> faults = day_faults(seed=4)
    >>> len({fault["at_s"] for fault in faults}) == sum(e.line == "closed" for e in _ALL)
    True
    >>> len(day_faults(seed=4, line="whole")) - len(faults)
    9
    """
    if line == WHOLE:
        lines = dict.fromkeys(entry.line for entry in _ALL)
        return _by_onset(
            fault for one in lines for fault in day_faults(seed=seed, hours=hours, line=one)
        )
    rng = np.random.default_rng([seed, 0xDA7, *line.encode()])
    entries = [entry for entry in _ALL if entry.line == line]
    slotted = [entry for entry in entries if not entry.all_day]
    shift_s = 3600.0 * hours
    start_s = min(2400.0, 0.1 * shift_s)
    slot_s = (shift_s - start_s) / max(1, len(slotted))
    order = [slotted[int(index)] for index in rng.permutation(len(slotted))]
    faults = []
    for slot, entry in enumerate(_in_time(order, start_s=start_s, slot_s=slot_s)):
        at_s = round(start_s + slot_s * (slot + FREE_SHARE * float(rng.uniform())), 3)
        for fault in entry.faults(seed):
            lasts_s = fault["duration_s"] or round(LASTS_SHARE * slot_s, 3)
            faults.append(fault | {"at_s": at_s, "duration_s": min(lasts_s, LASTS_SHARE * slot_s)})
    for entry in entries:
        if entry.all_day:
            faults += [fault | {"at_s": 1.0} for fault in entry.faults(seed)]
    return _by_onset(faults)


def _in_time(order: Sequence[Scenario], *, start_s: float, slot_s: float) -> list[Scenario]:
    """The same order, but for what would begin too late to show: that comes first."""
    end_s = start_s + slot_s * len(order)

    def late(slot: int, entry: Scenario) -> bool:
        latest_s = start_s + slot_s * (slot + FREE_SHARE)
        return latest_s + entry.shows_s > end_s

    first = [entry for slot, entry in enumerate(order) if late(slot, entry)]
    return first + [entry for entry in order if entry not in first]


def _by_onset(faults: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(faults, key=lambda fault: float(fault["at_s"]))
