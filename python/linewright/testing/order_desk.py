"""A stand-in for the plant's execution system in tests of a change of recipe.

It asks the recipe gate for the change, gives the line the order that comes back, and may say later
that a held change shall go on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from linewright.graph import Station

if TYPE_CHECKING:
    from linewright.graph import Graph
    from linewright.messages import Sample

VERDICT = "recipe_gate.verdict"
WEB = "coater.position"
WEB_M_PER_S = 1.0
"""By this the web is reckoned on between two samples of its metre, 10 s apart."""
LEAD_M = 30.0
"""From the metre at the die to the first of the plan."""


@dataclass(frozen=True, kw_only=True)
class DeskSettings:
    """What is asked, and when."""

    running: str = ""
    """Text of the recipe file that runs."""
    wanted: str = ""
    """Text of the one to change to."""
    at_s: float = 300.0
    """When the gate is asked, line time."""
    resume_at_s: tuple[float, ...] = ()
    """When the order is given again, to go on where it was held."""
    roll_m: float = 0.0
    """Web of a roll: the order is given so that the weight goes over at the next end of one; 0
    gives it at once."""

    def __post_init__(self) -> None:
        if not self.at_s >= 0.0:
            raise ValueError(f"at_s must not be negative, was {self.at_s}")


class OrderDesk(Station):
    """Station `mes`: publishes `mes.recipe` and `mes.change`."""

    name: ClassVar[str] = "mes"
    Settings: ClassVar[type[Any]] = DeskSettings
    settings: DeskSettings
    subscribes: ClassVar[tuple[str, ...]] = (VERDICT, WEB)

    def build(self, g: Graph) -> None:
        """Nothing in the hard lane."""

    def start(self, api: Any) -> None:
        """Has asked nothing yet."""
        super().start(api)
        self._asked = False
        self._order: dict[str, Any] | None = None
        self._resume = list(self.settings.resume_at_s)
        self._due_m: float | None = None
        self._web: tuple[float, float] | None = None

    def on_sample(self, sample: Sample) -> None:
        """Follows the web."""
        if sample.topic == WEB:
            self._web = (sample.value, sample.tick / self.api.base_hz)

    def on_step(self, tick: int) -> None:
        """Asks once; says `resume` at its times."""
        now_s = tick / self.api.base_hz
        if not self._asked and now_s >= self.settings.at_s:
            self._asked = True
            body = {"id": "1", "toml": self.settings.wanted, "from": self.settings.running}
            self.api.publish("recipe", body)
        self._give_when_due(now_s)
        while self._order is not None and self._resume and now_s >= self._resume[0]:
            self._resume.pop(0)
            self.api.publish("change", {**self._order, "resume": True})

    def on_message(self, topic: str, body: Any) -> None:
        """Gives the line the order of a release."""
        if topic == VERDICT and isinstance(body, dict) and "order" in body:
            self._order = body["order"]
            if not self.settings.roll_m or self._web is None:
                self.api.publish("change", self._order)
                return
            weight = [stage for stage in self._order["stages"] if stage["move"] == "weight"]
            lead_m = LEAD_M + (weight[0]["from_m"] if weight else 0.0)
            roll_m = self.settings.roll_m
            self._due_m = roll_m * math.ceil((self._web[0] + lead_m) / roll_m) - lead_m

    def _give_when_due(self, now_s: float) -> None:
        """Give the order when the web is where it has to be; at its speed it is there by then."""
        if self._due_m is None or self._web is None or self._order is None:
            return
        metre, at_s = self._web
        if metre + WEB_M_PER_S * (now_s - at_s) >= self._due_m:
            self._due_m = None
            self.api.publish("change", self._order)
