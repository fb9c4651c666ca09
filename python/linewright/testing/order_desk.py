"""A stand-in for the plant's execution system in tests of a change of recipe.

It asks the recipe gate for the change, gives the line the order that comes back, and may say later
that a held change shall go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from linewright.graph import Station

if TYPE_CHECKING:
    from linewright.graph import Graph

VERDICT = "recipe_gate.verdict"


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

    def __post_init__(self) -> None:
        if not self.at_s >= 0.0:
            raise ValueError(f"at_s must not be negative, was {self.at_s}")


class OrderDesk(Station):
    """Station `mes`: publishes `mes.recipe` and `mes.change`."""

    name: ClassVar[str] = "mes"
    Settings: ClassVar[type[Any]] = DeskSettings
    settings: DeskSettings
    subscribes: ClassVar[tuple[str, ...]] = (VERDICT,)

    def build(self, g: Graph) -> None:
        """Nothing in the hard lane."""

    def start(self, api: Any) -> None:
        """Has asked nothing yet."""
        super().start(api)
        self._asked = False
        self._order: dict[str, Any] | None = None
        self._resume = list(self.settings.resume_at_s)

    def on_step(self, tick: int) -> None:
        """Asks once; says `resume` at its times."""
        now_s = tick / self.api.base_hz
        if not self._asked and now_s >= self.settings.at_s:
            self._asked = True
            body = {"id": "1", "toml": self.settings.wanted, "from": self.settings.running}
            self.api.publish("recipe", body)
        while self._order is not None and self._resume and now_s >= self._resume[0]:
            self._resume.pop(0)
            self.api.publish("change", {**self._order, "resume": True})

    def on_message(self, topic: str, body: Any) -> None:
        """Gives the line the order of a release."""
        if topic == VERDICT and isinstance(body, dict) and "order" in body:
            self._order = body["order"]
            self.api.publish("change", self._order)
