"""The formation station's plugin: wires front end and loop, translates messages for `logic`."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from linewright.graph import Station
from linewright.stations.formation import logic, progress
from linewright.stations.formation.alarms import ALARMS
from linewright.stations.formation.causes import CAUSES
from linewright.stations.formation.model import shipped
from linewright.stations.formation.settings import TRAY
from linewright.stations.formation.settings import Settings as FormationSettings
from linewright.stations.formation.signals import SIGNALS
from linewright.stations.formation.wiring import DONE, JUDGED, PROGRESS, RACK, wire
from linewright.stations.machine import Machine

if TYPE_CHECKING:
    from linewright.alarms import Definition
    from linewright.cause import Cause
    from linewright.graph import Graph
    from linewright.messages import Event, Sample
    from linewright.signals import Signal


class Formation(Station):
    """Formation: each cell compared with its tray, each tray with sound ones.

    In the hard lane the watch names shorts and bad contacts while the trays are in the rack, and a
    tray that was wetted poorly when it is through. In the soft lane each verdict gets its
    consequence and the lots that affected cells share; dispatch is told which slot becomes free and
    when each tray will be through.
    """

    name: ClassVar[str] = "formation"
    Settings: ClassVar[type[Any]] = FormationSettings
    causes: ClassVar[tuple[Cause, ...]] = CAUSES
    alarms: ClassVar[tuple[Definition, ...]] = ALARMS
    signals: ClassVar[tuple[Signal, ...]] = SIGNALS
    settings: FormationSettings
    subscribes: ClassVar[tuple[str, ...]] = ("welder.lot", "coater.coated")

    def build(self, g: Graph) -> None:
        """Wires front end and loop."""
        wire(g, self.settings)

    def start(self, api: Any) -> None:
        """Starts with no tray seen."""
        super().start(api)
        self._state = logic.State()
        self._told: dict[str, float] = {}
        self._told_tick = -1
        self._done = 0
        self._rack = progress.Rack()
        self._machine = Machine("formation", api.record)
        self._recipe = self.settings.recipe_name

    def on_message(self, topic: str, body: Any) -> None:
        """Keeps what cells are made of."""
        known = self._state.known
        if topic == "welder.lot":
            self._state = replace(self._state, known=known.with_lot(body))
        elif topic == "coater.coated":
            self._state = replace(self._state, known=known.with_roll(body))

    def on_event(self, event: Event) -> None:
        """A verdict gets its consequence."""
        said = event.evidence
        kind = event.name.removeprefix("formation.")
        if kind in ("short", "hard_short"):
            self._step(
                logic.Shorted(
                    channel=int(said["channel"]),
                    tray=int(said["tray_number"]),
                    ohm=said["short_ohm"],
                    hard=kind == "hard_short",
                    z=said["z"],
                    confidence=said["confidence"],
                ),
                because=[event],
            )
        elif kind == "contact":
            self._step(
                logic.Contact(
                    channel=int(said["channel"]),
                    tray=int(said["tray_number"]),
                    mohm=said["contact_mohm"],
                ),
                because=[event],
            )
        elif kind == "off_programme":
            self.api.decide("check recipe and power stage", because=[event], detail={})

    def on_sample(self, sample: Sample) -> None:
        """Collects what the loop says of one tick: a finished tray, the rack."""
        if sample.tick != self._told_tick:
            self._told, self._told_tick = {}, sample.tick
        name = sample.topic.removeprefix("formation.")
        self._told[name] = sample.value
        if name == JUDGED[-1] and all(one in self._told for one in DONE):
            self._finish()
        elif name == RACK[-1] and all(one in self._told for one in RACK):
            self._forecast()
        elif name == PROGRESS[-1] and all(one in self._told for one in PROGRESS):
            self._progress()

    def _finish(self) -> None:
        told = self._told
        if not math.isfinite(told["trays_done"]) or told["trays_done"] <= self._done:
            return
        self._done = int(told["trays_done"])
        if all(map(math.isfinite, (told["done_tray"], told["done_slot"], told["done_age_s"]))):
            done = progress.Through(
                tray=int(told["done_tray"]), slot=int(told["done_slot"]), age_s=told["done_age_s"]
            )
            self._rack = progress.through(self._rack, done, kept=self.settings.trays_kept)
        known = [told[name] for name in DONE + JUDGED]
        if not all(map(math.isfinite, known)):
            self._tell_tray(judged=False)
            detail = {"because": "a feature of the tray was not measured"}
            self.api.decide("look at the tray just finished", because=(), detail=detail)
            return
        self._step(
            logic.Finished(
                tray=int(told["done_tray"]),
                slot=int(told["done_slot"]),
                resistance_mohm=told["resistance_mohm"],
                efficiency=told["efficiency"],
                capacity_ah=told["capacity_ah"],
                charged_wh=told["charged_wh"],
                discharged_wh=told["discharged_wh"],
                resistance_z=told["resistance_z"],
                efficiency_z=told["efficiency_z"],
            ),
            because=[],
        )
        self._tell_tray(judged=True)

    def _tell_tray(self, *, judged: bool) -> None:
        """The tray just finished as a unit; one without a number is none."""
        told = self._told
        if not math.isfinite(told["done_tray"]):
            return
        tray, age_s = int(told["done_tray"]), told["done_age_s"]
        first, last = tray * TRAY, tray * TRAY + TRAY - 1
        good, scrap = logic.scrap_of(tray, self._state)
        lot = self._state.known.lot_of(first)
        self._recipe = lot.recipe if lot else self.settings.recipe_name
        why = "a feature of it was not measured"
        if judged:
            why = f"{scrap} of {TRAY} cells taken out" if good else "held: wetted poorly"
        self._machine.unit(
            f"tray {tray}",
            self.api.time_s,
            recipe=self._recipe,
            good=good and judged,
            rate_share=shipped()["programme_s"] / age_s if age_s > 0.0 else math.nan,
            amount=float(TRAY),
            amount_unit="cells",
            why=why,
            scrap=float(scrap if judged else TRAY),
            made_of=self._state.known.parts(first, last),
            more={"cells": [first, last]},
        )

    def _forecast(self) -> None:
        """Tells dispatch when the next slot becomes free, and how many are taken."""
        running, free_s = (self._told[name] for name in RACK)
        if not math.isfinite(running):
            return
        state, reason = ("execute", "") if running > 0 else ("suspended", "upstream: no tray")
        self._machine.state("producing", state, self.api.time_s, recipe=self._recipe, reason=reason)
        free_at_s = self.api.time_s + free_s if math.isfinite(free_s) else None
        self.api.publish("rack", {"trays_running": int(running), "next_free_at_s": free_at_s})
        self._publish_ends()

    def _progress(self) -> None:
        """Takes down how far one tray is."""
        tray, slot, age_s, phase, in_phase_s = (self._told[name] for name in PROGRESS)
        if not all(map(math.isfinite, (tray, slot, age_s, phase, in_phase_s))):
            return
        event = progress.Told(
            time_s=self.api.time_s,
            tray=int(tray),
            slot=int(slot),
            age_s=age_s,
            phase=int(phase),
            in_phase_s=in_phase_s,
        )
        self._rack = progress.told(self._rack, event)

    def _publish_ends(self) -> None:
        """Says when each running tray will be through, and how surely."""
        now_s = self.api.time_s
        # Each tray has its turn within as many seconds as there are slots.
        within_s = 2.0 * self.settings.slots + 120.0
        self._rack = progress.without_gone(self._rack, now_s=now_s, within_s=within_s)
        found = progress.ends(
            self._rack,
            now_s=now_s,
            programme_s=shipped()["programme_s"],
            programme_sd_s=self.settings.programme_sd_s,
        )
        self.api.publish("progress", progress.body(found, now_s=now_s))

    def _step(self, event: logic.Event, *, because: list[Event]) -> None:
        self._state, decisions = logic.step(self._state, event, self.settings)
        for decision in decisions:
            self.api.decide(decision.text, because=because, detail=decision.detail)
