"""Two virtual vehicles carry trays through a hall by VDA 5050.

In simulated time on a broker within the process, or, with `--port`, in real time on the MQTT broker
of this machine: there a real vehicle may take the place of a virtual one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

from linewright.vda5050 import (
    Build,
    Errand,
    Event,
    Finished,
    Fleet,
    Found,
    Job,
    Layout,
    Loaded,
    Loopback,
    Report,
    Rules,
    Vehicle,
    VehicleId,
    VirtualVehicle,
    will,
)
from linewright.vda5050.link import Link

VEHICLES = {1: VehicleId("KIT", "0001"), 2: VehicleId("KIT", "0002")}
STARTS = {1: "west", 2: "east"}
PATIENCE_S = 300.0


def links(port: int | None) -> tuple[Link, dict[int, Link]]:
    """A link for the fleet and one for each vehicle, with the vehicle's last will."""
    wills = {name: will(vehicle, time.time()) for name, vehicle in VEHICLES.items()}
    if port is None:
        broker = Loopback()
        return broker.link(), {name: broker.link(last) for name, last in wills.items()}
    from linewright.vda5050.mqtt import Mqtt  # noqa: PLC0415  (the extra `mqtt`)

    return Mqtt(port=port), {name: Mqtt(port=port, will=last) for name, last in wills.items()}


def moments(port: int | None, pace: float) -> Iterator[float]:
    """The time, s: simulated in steps of 0.2, or as it passes, `pace` times as fast."""
    begin_s = time.monotonic()
    now_s = 0.0
    while now_s < PATIENCE_S:
        yield now_s
        if port is None:
            now_s += 0.2
        else:
            time.sleep(0.02)
            now_s = (time.monotonic() - begin_s) * pace


def main() -> None:
    """Drive until everything is done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, help="of an MQTT broker on this machine")
    parser.add_argument("--pace", type=float, default=1.0, help="with --port: times real time")
    told = parser.parse_args()
    layout = Layout.read(Path(__file__).with_name("hall.toml"))
    build = Build(speed_m_per_s=1.5, action_s=4.0)
    link, ends = links(told.port)
    vehicles = []
    for name, start in STARTS.items():
        place = layout.nodes[start]
        model = Vehicle(start, place.x_m, place.y_m, layout.map, build)
        vehicles.append(VirtualVehicle(ends[name], VEHICLES[name], model))
    session = time.strftime("%Y%m%dT%H%M%S")
    fleet = Fleet(link, layout, VEHICLES, session=session, rules=Rules(ahead=1))
    todo = [
        Job("tray 17", 1, "filling", "slot 1"),
        Job("tray 18", 2, "wetting", "slot 1"),
        Errand("charge", 1, "chargers", "startCharging", priority=9.0),
    ]
    heard: set[int | str] = set()
    done = 0
    for now_s in moments(told.port, told.pace):
        for vehicle in vehicles:
            vehicle.poll(now_s, time.time())
        events: list[Event] = fleet.poll(now_s, time.time())
        for event in list(events):
            if isinstance(event, Found):
                heard.add(event.vehicle)
            done += isinstance(event, Finished)
            if isinstance(event, Loaded) and event.job == "tray 17":
                events += fleet.redirect(1, "tray 17", "slot 2", now_s)
        if heard == set(VEHICLES):
            while todo:
                events += fleet.give(todo.pop(0), now_s, {"loadType": "tray"})
        for event in events:
            if not isinstance(event, Report):
                print(f"{now_s:6.1f} s  {event}")
        if done == 3:
            break
    assert done == 3, f"{done} of 3 were done in {PATIENCE_S} s"
    for vehicle in vehicles:
        vehicle.close(time.time())
    link.close()


if __name__ == "__main__":
    main()
