"""The dispatch's loop: what the soft lane knows of fleet and rack, watched where it is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from linewright.graph import Graph, Mailbox
    from linewright.stations.agv.settings import Settings

VEHICLES, SLOTS, ARRIVALS, LEAD = "vehicles_in", "slots_out", "arrivals_5_min", "starve_lead"
DAY_MIN = 1440.0


def wire(g: Graph, s: Settings) -> None:
    """One loop at 1 Hz: counts and the forecast come by mailbox, and expire."""
    watch = s.watch
    with g.loop("watch", rate_hz=1.0) as loop:

        def told(name: str, unit: str, *, usual: float, most: float) -> Mailbox:
            ttl_s = s.contact.silent_s
            return loop.mailbox(name, unit, default=usual, lo=0.0, hi=most, ttl_s=ttl_s)

        vehicles, fresh = told(VEHICLES, "1", usual=watch.vehicles, most=10_000.0)
        slots = told(SLOTS, "1", usual=0.0, most=100_000.0).value
        arrivals = told(ARRIVALS, "1", usual=0.0, most=10_000.0).value
        lead = told(LEAD, "min", usual=DAY_MIN, most=DAY_MIN).value
        in_touch = fresh > 0.5
        loop.event(
            "vehicles_lost",
            (vehicles < watch.vehicles - 0.5) & in_touch,
            evidence={"vehicles_in": vehicles, "vehicles_usual": loop.const(watch.vehicles, "1")},
            rule="fewer vehicles than the fleet has v1",
            decision="their transports go to others; see to the vehicles",
            refractory_s=600.0,
        )
        loop.event(
            "slots_lost",
            (slots > watch.slots_out) & in_touch,
            evidence={"slots_out": slots},
            rule="more slots out than usual v1",
            decision="trays go to the slots that are free next; get the slots back",
            refractory_s=600.0,
        )
        loop.event(
            "arrivals_bunched",
            (arrivals > watch.arrivals_5_min) & in_touch,
            evidence={"trays_in_5_min": arrivals},
            rule="more trays leave wetting within 5 min than usual v1",
            decision="slots are reserved ahead of the pick",
            refractory_s=600.0,
        )
        loop.event(
            "starve",
            (lead < loop.const(s.forecast.warn_s / 60.0, "min")) & in_touch,
            evidence={"lead_min": lead, "vehicles_in": vehicles, "slots_out": slots},
            rule="filling stands within the warning time, by roll-forward v1",
            decision="get vehicles or slots back before filling stands",
            priority="alarm",
            refractory_s=1800.0,
        )
        for name, value in ((VEHICLES, vehicles), (SLOTS, slots), (LEAD, lead)):
            loop.tap(f"{name}_now", value, every_s=10.0)
