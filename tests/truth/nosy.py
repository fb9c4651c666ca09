"""A station that asks for everything and writes down what it is told."""

from dataclasses import dataclass
from pathlib import Path

import linewright as lw


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where it writes, and which file it looks for while the line runs."""

    told: str
    truth_file: str


class Nosy(lw.Station):
    """Subscribes to every topic there is."""

    name = "nosy"
    Settings = Settings
    subscribes = ("",)

    def build(self, g):
        with g.loop("look", rate_hz=1) as loop:
            loop.tap("speed", loop.input("coater.web_speed", "m/s"), every_s=1.0)

    def start(self, api):
        self.api = api

    def _note(self, *what):
        with Path(self.settings.told).open("a") as told:
            print(*what, file=told)

    def on_event(self, event):
        self._note("event", event)

    def on_sample(self, sample):
        self._note("sample", sample)

    def on_map_point(self, point):
        self._note("map", point)

    def on_message(self, topic, body):
        self._note("message", topic, body)

    def on_step(self, tick):
        self._note("step", tick, "truth file there:", Path(self.settings.truth_file).exists())
