"""The recipe gate as a station: asked and answered over the bus, on the line as it follows it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from linewright.graph import Station
from linewright.mistakes import Mistakes
from linewright.recipes import Calibration, Follower, Line, read_calibration
from linewright.stations.recipe_gate import logic
from linewright.stations.recipe_gate.settings import Settings as GateSettings
from linewright.stations.recipe_gate.wiring import CHANNELS, SHARE, wire

if TYPE_CHECKING:
    from linewright.graph import Graph
    from linewright.messages import Sample

ASKED = "mes.recipe"
SETTLE_S = 120.0
"""After a start, until the web under the gauges was made under them."""
UNKNOWN_AGE_S = 3600.0
"""Age of a calibration that does not say when it was put down."""


class RecipeGate(Station):
    """Judges the recipe that the manufacturing execution system (station `mes`) publishes as
    `mes.recipe`, before it may run; answers on `recipe_gate.verdict`.

    With `follow` it keeps the line's calibration current, publishes it as
    `recipe_gate.calibration`, keeps it in a file and judges with it, or refuses while it does not
    hold. It has no output: a release carries a certificate, and arming under it stays with a person
    (`linewright arm --certificate`).
    """

    name: ClassVar[str] = "recipe_gate"
    Settings: ClassVar[type[Any]] = GateSettings
    settings: GateSettings
    subscribes: ClassVar[tuple[str, ...]] = (ASKED,)

    def build(self, g: Graph) -> None:
        """Wires the means of what it follows; nothing when it follows no line."""
        if self.settings.follow:
            wire(g)

    def start(self, api: Any) -> None:
        """Takes the line it judges on, with what was kept of it."""
        super().start(api)
        self._line: Line | None = None if self.settings.follow else self.settings.line()
        if self.settings.follow:
            self._follow()

    def _follow(self) -> None:
        running = self.settings.running()
        prior, age_s = self._prior(running.hash)
        self._follower = Follower(
            running,
            stale_after_s=self.settings.stale_after_s,
            prior=prior,
            prior_age_s=age_s,
        )
        self._window = logic.Window(CHANNELS, SHARE)
        self._states: dict[str, bool] = {}
        self._due_s = self.settings.publish_s

    def _prior(self, recipe_hash: str) -> tuple[Calibration | None, float]:
        """What to go on from, and how long ago it was: what was kept, else the file named."""
        kept, why = None, "none was kept"
        if self.settings.keep and Path(self.settings.keep).exists():
            try:
                kept = read_calibration(Path(self.settings.keep))
            except Mistakes as mistakes:
                why = f"the one kept cannot be read: {mistakes}"[:500]
            if kept is not None and kept.recipe_hash != recipe_hash:
                kept, why = None, "the one kept is of another recipe"
        prior = kept or self.settings.known()
        at_unix_s = prior.at_unix_s if prior else None
        age_s = UNKNOWN_AGE_S if at_unix_s is None else max(time.time() - at_unix_s, 0.0)
        begun = "goes on from the one kept" if kept else f"begins: {why}"
        detail = {"age_s": age_s if prior else 0.0, "hash": prior.hash if prior else ""}
        self.api.decide(f"calibration {begun}", because=(), detail=detail)
        return prior, age_s

    def on_sample(self, sample: Sample) -> None:
        """Puts the means of a window together and learns from them."""
        tap = sample.topic.removeprefix(f"{self.name}.")
        if not self.settings.follow or tap.removesuffix(SHARE) not in CHANNELS:
            return
        window = self._window.take(sample.tick, tap, sample.value)
        if window is None:
            return
        tick, means = window
        time_s = tick / self.api.base_hz
        if time_s >= SETTLE_S:
            self._follower.window(time_s, means)

    def on_step(self, tick: int) -> None:  # noqa: ARG002 - the api knows the time
        """Publishes and keeps the calibration when it is time, and tells when one begins or ceases
        to hold."""
        if not self.settings.follow:
            return
        now = self._now()
        self._tell_changes(now)
        if now.time_s >= self._due_s:
            self._due_s = now.time_s + self.settings.publish_s
            self.api.publish("calibration", logic.report(now))
            if self.settings.keep:
                made = self._follower.calibration(now.time_s, unix_s=time.time())
                made.write(Path(self.settings.keep))

    def _tell_changes(self, now: logic.Followed) -> None:
        for name, one in now.follower.estimates(now.time_s).items():
            state = now.follower.state(name, now.time_s)
            holds = state == "valid"
            if holds == self._states.get(name, False):
                continue
            self._states[name] = holds
            detail = {"ratio": one.ratio, "sd_pct": one.sd_pct, "used": one.used}
            said = "holds" if holds else state
            self.api.decide(f"calibration of {name}: {said}", because=(), detail=detail)

    def _now(self) -> logic.Followed:
        return logic.Followed(self._follower, self.api.time_s)

    def on_message(self, topic: str, body: Any) -> None:
        """A recipe asked for is judged, answered and put down in the ledger."""
        if topic != ASKED:
            return
        on = self._now() if self._line is None else self._line
        told = logic.answer(body, on, self.settings, now_unix_s=int(time.time()))
        self.api.publish("verdict", dict(told.body))
        self.api.decide(
            f"recipe {told.recipe or 'unreadable'}: {told.word}",
            because=(),
            detail={"said": "; ".join(told.said)[:1000], "recipe_hash": told.recipe_hash},
        )
