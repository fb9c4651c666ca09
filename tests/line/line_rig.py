"""A small station and a line file that runs it on the twin."""

STATION = """
import os, time
from dataclasses import dataclass
from linewright.graph import Station


@dataclass(frozen=True, kw_only=True)
class Part:
    gain: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Settings:
    rate_hz: float = 10.0
    part: Part = Part()
    trouble: str = ""

    def __post_init__(self):
        if self.rate_hz <= 0:
            raise ValueError("rate_hz must be above 0")


class Probe(Station):
    name = "probe"
    Settings = Settings

    def build(self, g):
        with g.loop("flow", rate_hz=self.settings.rate_hz) as L:
            speed = L.input("coater.web_speed", "m/s")
            flow, fresh = L.mailbox(
                "flow", "L/min", default=5.5, lo=4.5, hi=6.5, ttl_s=30.0, fallback="hold"
            )
            L.output("coater.pump_flow", flow)
            L.tap("speed", speed, every_s=1.0)
            L.event("fast", speed > 0.1, rule="threshold", decision="tell", refractory_s=20.0)

    def start(self, api):
        super().start(api)
        self.heard = 0
        if self.settings.trouble == "start":
            raise RuntimeError("trouble at start")

    def on_event(self, event):
        self.api.decide("told", because=[event], detail={"tick": event.tick})
        self.api.set("flow", 5.5 + 0.01 * (event.tick % 7))

    def on_sample(self, sample):
        self.heard += 1

    def on_step(self, tick):
        if self.settings.trouble == "hang" and self.heard > 2:
            while True:
                time.sleep(1.0)
        if self.settings.trouble == "die" and tick > 60:
            os._exit(3)
"""

LINE = """\
schema = 1

[line]
name = "rig"
seed = 3

[time]
mode = "simulated"
duration_s = 60.0

[io]
driver = "twin"

[stations.probe]
plugin = "probe:Probe"

[stations.probe.settings]
rate_hz = 10.0

[actuators."coater.pump_flow"]
unit = "L/min"
lo = 4.5
hi = 6.5
max_rate_per_s = 0.2
nudge_budget = 1.5
nudge_window_s = 3600.0
fallback = "hold"
resolution = 0.001
read_back_tolerance = 0.05
lease_s = 1.0

[gate]
permit = "closed"
arm_at_start = "Ada"

[record]
"""

LIVE = {
    'mode = "simulated"\nduration_s = 60.0': 'mode = "live"',
    'arm_at_start = "Ada"\n': "",
}
