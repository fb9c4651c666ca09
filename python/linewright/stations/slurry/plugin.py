"""The slurry station's plugin: wires the loop and translates messages for `logic`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import linewright as lw
from linewright.graph import Station
from linewright.stations.machine import Machine
from linewright.stations.slurry import logic
from linewright.stations.slurry.causes import CAUSES
from linewright.stations.slurry.settings import Settings as SlurrySettings
from linewright.stations.slurry.signals import SIGNALS
from linewright.stations.slurry.wiring import wire

if TYPE_CHECKING:
    from linewright.cause import Cause
    from linewright.graph import Graph
    from linewright.messages import Event, Sample
    from linewright.signals import Signal

TOLD = ("solids", "thickness", "drawn", "left", "batch")
"""Taps of one tick, in the order they come."""
RUNS_KEPT = 8


class Slurry(Station):
    """Slurry: batches, their solids by density and how thick they flow by die pressure.

    In the hard lane it tells a drift of solids or thickness from air and from temperature. In the
    soft lane it announces a change of the batch, judges each batch when it is used up and corrects
    the recipe of the next one. What it says carries the number of the batch.
    """

    name: ClassVar[str] = "slurry"
    Settings: ClassVar[type[Any]] = SlurrySettings
    settings: SlurrySettings
    causes: ClassVar[tuple[Cause, ...]] = CAUSES
    signals: ClassVar[tuple[Signal, ...]] = SIGNALS
    subscribes: ClassVar[tuple[str, ...]] = ("coater.position",)

    def build(self, g: Graph) -> None:
        """Wires the loop."""
        wire(g, self.settings)

    def start(self, api: Any) -> None:
        """Starts with the recipe as it is."""
        super().start(api)
        r = self.settings.run_to_run
        self._recipe = lw.RunToRun(
            gain=1.0,
            weight=r.weight,
            max_move=r.max_move_pp,
            lo=-r.limit_pp,
            hi=r.limit_pp,
            max_age_runs=RUNS_KEPT,
            period_s=1.0,
        )
        self._offset_pp = 0.0
        self._state = logic.State()
        self._told: dict[str, float] = {}
        self._told_tick = -1
        self._coated_m = math.nan
        self._machine = Machine("slurry", api.record)

    def on_event(self, event: Event) -> None:
        """Adds to a detection what a person should do, and which batch and metre it is about."""
        self.api.decide(
            logic.FOLLOW_UP.get(event.name, "watch"), because=[event], detail=self._where()
        )

    def on_sample(self, sample: Sample) -> None:
        """Collects what the loop says of one tick."""
        if sample.topic == "coater.position":
            self._coated_m = sample.value
            return
        if sample.tick != self._told_tick:
            self._told, self._told_tick = {}, sample.tick
        self._told[sample.topic.removeprefix("slurry.")] = sample.value
        if len(self._told) == len(TOLD):
            self._read(sample.tick / self.api.base_hz)

    def _read(self, at_s: float) -> None:
        solids, thickness, drawn, left, batch = (self._told[name] for name in TOLD)
        if not all(map(math.isfinite, (solids, thickness, drawn, left, batch))):
            return
        now = logic.Reading(solids, thickness, drawn, left, round(batch), at_s)
        runs, name = logic.draws(drawn, self.settings), self.settings.recipe_name
        state, reason = ("execute", "") if runs else ("suspended", "downstream: nothing is drawn")
        self._machine.state("producing", state, at_s, recipe=name, reason=reason)
        self._state, decisions = logic.read(self._state, now, self.settings)
        for decision in decisions:
            match decision:
                case logic.Announce(batch=number, in_s=in_s):
                    body = {"batch": number, "in_s": in_s, "at_s": self.api.time_s + in_s}
                    self.api.publish("batch_switch", body)
                    self.api.decide(
                        f"batch {number} announced",
                        because=(),
                        detail={"in_s": in_s, **self._where()},
                    )
                case logic.Judge():
                    self._tell_batch(decision, at_s)
                    self._correct(decision)
                case logic.Note(decision=text, because=because):
                    self.api.decide(text, because=(), detail={"because": because, **self._where()})

    def _tell_batch(self, judged: logic.Judge, at_s: float) -> None:
        good, rate_share, why = logic.worth(judged, self.settings)
        self._machine.unit(
            f"batch {judged.batch}",
            at_s,
            recipe=self.settings.recipe_name,
            good=good,
            rate_share=rate_share,
            amount=round(judged.drawn_l, 1),
            amount_unit="L",
            why=why,
        )

    def _correct(self, judged: logic.Judge) -> None:
        known = math.isfinite(judged.solids_pp)
        y = judged.solids_pp if known else 0.0
        age = float(self.settings.run_to_run.age_runs)
        u, disturbance, limited = self._recipe.update(0.0, y, float(known), age, self._offset_pp)
        self._offset_pp = u
        self.api.set("recipe_offset", u)
        self.api.decide(
            f"recipe of the next batch: {u:+.2f} pp of solids",
            because=(),
            detail={
                "because": f"batch {judged.batch} had {judged.solids_pp:+.2f} pp",
                "judged_batch": judged.batch,
                "disturbance_pp": disturbance,
                "limited": limited,
                "thickness": judged.thickness,
                "hard_switch": judged.hard,
                **self._where(),
            },
        )

    def _where(self) -> dict[str, float | int]:
        """Genealogy: the batch on the line and the metre being coated."""
        last = self._state.last
        where: dict[str, float | int] = {} if last is None else {"batch": last.batch}
        return where | ({"coating_m": self._coated_m} if math.isfinite(self._coated_m) else {})
