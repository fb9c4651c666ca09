"""The recipe gate as a station: asked and answered over the bus."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from linewright.graph import Station
from linewright.stations.recipe_gate import logic
from linewright.stations.recipe_gate.settings import Settings as GateSettings

if TYPE_CHECKING:
    from linewright.graph import Graph

ASKED = "mes.recipe"


class RecipeGate(Station):
    """Judges the recipe that the manufacturing execution system (station `mes`) publishes as
    `mes.recipe`, before it may run; answers on `recipe_gate.verdict`.

    It has no loop and no output: a release carries a certificate, and arming under it stays with
    a person (`linewright arm --certificate`).
    """

    name: ClassVar[str] = "recipe_gate"
    Settings: ClassVar[type[Any]] = GateSettings
    settings: GateSettings
    subscribes: ClassVar[tuple[str, ...]] = (ASKED,)

    def build(self, g: Graph) -> None:
        """Nothing in the hard lane."""

    def start(self, api: Any) -> None:
        """Takes the line it judges on."""
        super().start(api)
        self._line = self.settings.line()

    def on_message(self, topic: str, body: Any) -> None:
        """A recipe asked for is judged, answered and put down in the ledger."""
        if topic != ASKED:
            return
        told = logic.answer(body, self._line, self.settings, now_unix_s=int(time.time()))
        self.api.publish("verdict", dict(told.body))
        self.api.decide(
            f"recipe {told.recipe or 'unreadable'}: {told.word}",
            because=(),
            detail={"said": "; ".join(told.said)[:1000], "recipe_hash": told.recipe_hash},
        )
