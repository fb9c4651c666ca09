"""The old way as a plugin: settings by hand from the laboratory's sample, and ratio to speed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from linewright.graph import Station
from linewright.stations.playbook import logic
from linewright.stations.playbook.settings import Settings as PlaybookSettings

if TYPE_CHECKING:
    from linewright.graph import Graph
    from linewright.messages import Sample

FLOW, LOAD = "L/min", "N/mm"
SHIFT_S = 86_400.0


class Playbook(Station):
    """Sample, wait, decide: pump and nip are set by hand after each laboratory sample.

    The pump follows the web speed in proportion, as every coater's does; that is the machine, not
    the controller. With `correct` off nothing is ever corrected: the open loop.
    """

    name: ClassVar[str] = "playbook"
    Settings: ClassVar[type[Any]] = PlaybookSettings
    settings: PlaybookSettings

    def build(self, g: Graph) -> None:
        """Wires one loop: what was set by hand, times speed."""
        r = self.settings.recipe
        with g.loop("hand", rate_hz=self.settings.rate_hz) as loop:
            nominal = r.pump_flow_l_per_min
            flow = loop.mailbox(
                "flow", FLOW, default=nominal, lo=0.5 * nominal, hi=1.5 * nominal, ttl_s=SHIFT_S
            )
            load = loop.mailbox(
                "load", LOAD, default=r.line_load_n_per_mm, lo=200.0, hi=1500.0, ttl_s=SHIFT_S
            )
            speed = loop.input("coater.web_speed", "m/s", max_age_s=0.5)
            ratio = speed / loop.const(r.web_speed_m_per_s, "m/s")
            loop.output("coater.pump_flow", flow.value * ratio, unit=FLOW)
            loop.output("calender.line_load", load.value, unit=LOAD)
            for name, unit in (("dry_weight", "g/m2"), ("thickness", "um"), ("count", "1")):
                lab = loop.input(f"lab.{name}", unit, max_age_s=7200.0)
                loop.tap(f"lab_{name}", lab, every_s=10.0)

    def start(self, api: Any) -> None:
        """Starts at the recipe's nominal settings."""
        super().start(api)
        r = self.settings.recipe
        self._flow_l_per_min = r.pump_flow_l_per_min
        self._load_n_per_mm = r.line_load_n_per_mm
        self._weight = self._thickness = math.nan
        self._count = 0

    def on_sample(self, sample: Sample) -> None:
        """Waits for the next laboratory result."""
        match sample.topic:
            case "playbook.lab_dry_weight":
                self._weight = sample.value
            case "playbook.lab_thickness":
                self._thickness = sample.value
            case "playbook.lab_count" if sample.value > self._count:
                self._count = int(sample.value)
                if self.settings.correct:
                    self._correct()

    def _correct(self) -> None:
        s = self.settings
        if math.isfinite(self._weight):
            flow = logic.correct_flow(self._flow_l_per_min, self._weight, s)
            if flow != self._flow_l_per_min:
                self._flow_l_per_min = flow
                self.api.set("flow", flow)
                self._note(f"pump set to {flow:.3f} L/min", {"lab_g_per_m2": self._weight})
        if math.isfinite(self._thickness):
            load = logic.correct_load(self._load_n_per_mm, self._thickness, s)
            if load != self._load_n_per_mm:
                self._load_n_per_mm = load
                self.api.set("load", load)
                self._note(f"line load set to {load:.1f} N/mm", {"lab_um": self._thickness})

    def _note(self, decision: str, detail: dict[str, float]) -> None:
        self.api.decide(decision, because=(), detail=detail)
