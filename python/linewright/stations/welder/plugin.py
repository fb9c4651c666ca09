"""The welder's plugin: wires front end and loop, has pictures judged, translates for `logic`."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from linewright.graph import GraphError, Station
from linewright.stations.machine import Machine
from linewright.stations.welder import logic, lots
from linewright.stations.welder.alarms import ALARMS
from linewright.stations.welder.causes import CAMERA_CAUSES, CAUSES
from linewright.stations.welder.settings import Camera, Limits
from linewright.stations.welder.settings import Settings as WelderSettings
from linewright.stations.welder.signals import SIGNALS
from linewright.stations.welder.wiring import CLASSES, TOLD, TRACE, TRIM, TTL_S, limits_of, wire

if TYPE_CHECKING:
    from collections.abc import Iterable

    from linewright.alarms import Definition
    from linewright.cause import Cause
    from linewright.graph import Graph
    from linewright.messages import Ack, Event, Sample
    from linewright.signals import Signal
    from linewright.stations.welder.eye import Eye

BURST = ("weld_class", "confidence", "score", "excess", "light")
"""Taps of the burst, behind those of the driver's channels."""
ROLLS_KEPT = 100
RENEW_S = TTL_S / 4.0
"""How often corrections are told again, s."""


def _eye(camera: Camera, folder: Path) -> Eye:
    """The camera's eye; OpenCV is needed by who has a camera alone."""
    from linewright.stations.welder.eye import Eye  # noqa: PLC0415

    return Eye(camera, folder)


class Welder(Station):
    """Welder: each weld judged by its burst, each fixture watched, corrected, verified and held.

    In the hard lane the burst is judged in the tick in which the beam goes off, and each fixture,
    the light and the blow-outs have their charts. In the soft lane a shift of a fixture is answered
    within a bounded envelope, verified on its next welds, and the fixture held when they have not
    recovered; limits are learnt anew from tested welds alone. With a camera each weld's picture is
    judged here too: a weld passes when both pass it, and one without a verdict does not.
    """

    name: ClassVar[str] = "welder"
    Settings: ClassVar[type[Any]] = WelderSettings
    causes: ClassVar[tuple[Cause, ...]] = CAUSES
    alarms: ClassVar[tuple[Definition, ...]] = ALARMS
    signals: ClassVar[tuple[Signal, ...]] = SIGNALS
    settings: WelderSettings
    subscribes: ClassVar[tuple[str, ...]] = ("calender.pressed",)

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        if self.settings.camera.on:
            self.causes = CAMERA_CAUSES  # type: ignore[misc]  # what a camera shows needs one

    def build(self, g: Graph) -> None:
        """Wires front end and loop; refuses a camera whose pictures nobody here can judge."""
        if self.settings.camera.on:
            try:
                _eye(self.settings.camera, Path())
            except (ImportError, TypeError, ValueError) as error:
                raise GraphError(f"welder: camera: {error}") from error
        wire(g, self.settings)

    def start(self, api: Any) -> None:
        """Starts with nothing corrected and the reference's limits."""
        super().start(api)
        excess = limits_of(self.settings.reference(), "excess")
        limits = {"excess": excess}
        self._eye: Eye | None = None
        camera = self.settings.camera
        if camera.on:
            self._eye = _eye(camera, api.folder)
            limits["sunk"] = Limits(mean=0.0, sigma=camera.width.sigma)
        self._state = logic.start(limits, self.settings)
        self._waiting: list[tuple[logic.Welded, float]] = []
        self._pictures = [0] * self.settings.fixtures
        self._taps = len(TOLD) + len(BURST) + (len(TRIM) if self.settings.trim_band else 0)
        self._taps += len(TRACE) if self.settings.traced else 0
        self._told: dict[str, float] = {}
        self._told_tick = -1
        self._number = self._check = 0
        self._held_at_s: dict[int, float] = {}
        self._renewed_s = 0.0
        self._machine = Machine("welder", api.record)
        self._lot: lots.Lot | None = None
        self._traces: dict[int, lots.Made] = {}
        self._recipes: dict[int, str] = {}
        self._recipe = self.settings.recipe_name
        self._welded_s = math.nan

    def on_message(self, topic: str, body: Any) -> None:
        """Keeps which recipe a roll was pressed for."""
        if topic == "calender.pressed":
            self._recipes[int(body["roll"])] = str(body["recipe"])
            for roll in sorted(self._recipes)[:-ROLLS_KEPT]:
                del self._recipes[roll]

    def on_sample(self, sample: Sample) -> None:
        """Collects what the loop says of one tick."""
        if sample.tick != self._told_tick:
            self._told, self._told_tick = {}, sample.tick
        self._told[sample.topic.removeprefix("welder.")] = sample.value
        if len(self._told) == self._taps:
            self._read(sample.tick / self.api.base_hz)

    def on_step(self, tick: int) -> None:
        """Pictures that came late are judged, or given up."""
        self._look(tick / self.api.base_hz)
        self._tell_state(tick / self.api.base_hz)

    def on_event(self, event: Event) -> None:
        """A shift that lasts is answered; blow-outs are for a person."""
        name, _, fixture = event.name.removeprefix("welder.").rpartition("_")
        if name in ("gap", "focus", "sunk"):
            feature = "sunk" if name == "sunk" else "excess"
            lasting = logic.Lasting(fixture=int(fixture), feature=feature, up=name != "focus")
            self._do(logic.step(self._state, lasting, self.settings), because=[event])
        elif event.name == "welder.light_lost":
            self._do(logic.step(self._state, logic.LightLost(), self.settings), because=[event])
        elif event.name == "welder.camera_lost":
            asked = "welds are set aside for inspection by hand: check camera and light"
            self.api.decide(asked, because=[event], detail={})
        elif event.name == "welder.blow_outs":
            self.api.decide("check foil and tab for dirt and moisture", because=[event], detail={})
        elif event.name == "welder.light_gained":
            self.api.decide("check the laser's power", because=[event], detail={})

    def on_ack(self, ack: Ack) -> None:
        """What the core did not take is not so: a person must look."""
        if ack.status in ("refused", "expired"):
            self.api.decide("correction not taken", because=(), detail={"reason": ack.reason})

    def _read(self, now_s: float) -> None:
        told = self._told
        self._release(now_s)
        if now_s - self._renewed_s >= RENEW_S:
            self._renewed_s = now_s
            for at, fixture in enumerate(self._state.fixtures):
                self._set(at, fixture.clamp, fixture.defocus_mm, fixture.power)
            self._set_held()
        number = told["weld"]
        if math.isfinite(number) and math.isnan(self._welded_s):
            self._welded_s = now_s
        if math.isfinite(number) and number > self._number:
            self._number, self._welded_s = int(number), now_s
            self._trace(told, now_s)
            self._waiting.append((self._weld(told), now_s + self.settings.camera.wait_s))
            self._look(now_s)
        check = told["check"]
        if math.isfinite(check) and check > self._check:
            self._check = int(check)
            self._step(
                logic.LabResult(
                    number=int(told["check_weld"]),
                    fixture=int(told["check_fixture"]),
                    resistance_uohm=told["resistance"],
                    pull_n=told["pull"],
                )
            )

    def _look(self, now_s: float) -> None:
        """Joins welds with their pictures; one whose picture stays away is told without."""
        waiting, self._waiting = self._waiting, []
        for weld, until_s in waiting:
            looked = None if self._eye is None else self._eye.look(weld.number)
            if not isinstance(looked, str):
                self._step(replace(weld, looked=looked))
            elif now_s >= until_s:
                self._step(replace(weld, unseen=looked))
            else:
                self._waiting.append((weld, until_s))

    def _weld(self, told: dict[str, float]) -> logic.Welded:
        weld_class = told["weld_class"]
        if math.isfinite(weld_class):
            refused = "" if weld_class == 0.0 else CLASSES[int(weld_class)].replace("_", " ")
        else:
            refused = "burst not measured"
        return logic.Welded(
            number=self._number,
            fixture=int(told["weld_fixture"]),
            features={"excess": told["excess"]},
            light=told["light"],
            refused=refused,
        )

    def _release(self, now_s: float) -> None:
        for fixture, since_s in list(self._held_at_s.items()):
            if now_s - since_s >= self.settings.serviced_after_s:
                del self._held_at_s[fixture]
                self._step(logic.Released(fixture=fixture))
                self._set_held()

    def _step(self, event: logic.Event) -> None:
        made = logic.step(self._state, event, self.settings)
        self._do(made, because=())
        if isinstance(event, logic.Welded):
            self._put_in_lot(event.number, made[1])

    # -- what the machine tells of itself ---------------------------------------------------------

    def _tell_state(self, now_s: float) -> None:
        """PackML state of the welder; none before its first word."""
        if math.isnan(self._welded_s):
            return
        state, reason = "execute", ""
        if all(fixture.held for fixture in self._state.fixtures):
            state, reason = "held", "own: every fixture is on hold"
        elif now_s - self._welded_s > self.settings.idle_s:
            state, reason = "suspended", "upstream: no cell comes"
        self._machine.state("producing", state, now_s, recipe=self._recipe, reason=reason)

    def _trace(self, told: dict[str, float], now_s: float) -> None:
        """Takes down what the newest weld's cell is made of, until the weld is judged."""
        cell, roll = told.get("cell", math.nan), told.get("cell_roll", math.nan)
        fixture = told["weld_fixture"]
        self._traces[self._number] = lots.Made(
            weld=self._number,
            fixture=int(fixture) if math.isfinite(fixture) else 0,
            at_s=now_s,
            passed=False,
            rejected=False,
            cell=int(cell) if math.isfinite(cell) else None,
            roll=int(roll) if math.isfinite(roll) else None,
            web_m=told.get("cell_web", math.nan),
        )

    def _put_in_lot(self, weld: int, decisions: list[logic.Decision]) -> None:
        made, s = self._traces.pop(weld, None), self.settings
        if made is None:
            return
        rejected = any(isinstance(d, logic.Reject) and d.number == weld for d in decisions)
        aside = any(isinstance(d, logic.SetAside) and d.number == weld for d in decisions)
        number = lots.number_of(weld, s.lot_welds)
        if self._lot is not None and self._lot.number != number:
            self._finish_lot(self._lot)  # its last weld was never told
            self._lot = None
        lot = self._lot or lots.Lot(number=number, size=s.lot_welds)
        made = replace(made, passed=not rejected and not aside, rejected=rejected)
        self._lot = lot = lot.put(made, s.idle_s)
        if made.roll is not None:
            self._recipe = self._recipes.get(made.roll, s.recipe_name)
        if lot.full:
            self._lot = None
            self._finish_lot(lot)

    def _finish_lot(self, lot: lots.Lot) -> None:
        s = self.settings
        self._machine.unit(
            f"lot {lot.number}",
            lot.at_s,
            recipe=self._recipe,
            good=lot.passed >= s.lot_good_share * lot.size,
            rate_share=lot.rate_per_min / s.welds_per_min,
            amount=float(lot.size),
            amount_unit="cells",
            why=f"{lot.passed} of {lot.size} welds passed",
            scrap=float(len(lot.rejected)),
            made_of=lot.parts(s.web_m_per_cell),
            more=lot.more(),
        )
        if lot.cells is not None:
            webs = [[web.roll, web.first, web.last] for web in lot.webs]
            body = {"lot": lot.number, "recipe": self._recipe, "webs": webs, **lot.more()}
            self.api.publish("lot", body)

    def _do(
        self, made: tuple[logic.State, list[logic.Decision]], *, because: Iterable[Event]
    ) -> None:
        self._state, decisions = made
        for decision in decisions:
            self._carry_out(decision, list(because))

    def _carry_out(self, decision: logic.Decision, because: list[Event]) -> None:
        weld = {"weld": self._number}
        match decision:
            case logic.Move(fixture=at):
                self._set(at, decision.clamp, decision.defocus_mm, decision.power)
                said = {
                    "because": decision.because,
                    "clamp_pct": 100.0 * decision.clamp,
                    "defocus_mm": decision.defocus_mm,
                    "power_pct": 100.0 * decision.power,
                }
                self.api.decide(f"correct fixture {at}", because=because, detail=weld | said)
            case logic.Hold(fixture=at):
                self._held_at_s[at] = self.api.time_s
                self._set_held()
                said = {"because": decision.because, "route": "cells go to another station"}
                self.api.decide(f"hold fixture {at}", because=because, detail=weld | said)
            case logic.Recovered(fixture=at):
                detail = weld | {"because": decision.because}
                self.api.decide(f"fixture {at} recovered", because=because, detail=detail)
            case logic.Advise():
                detail = weld | {"because": decision.because}
                self.api.decide(decision.text, because=because, detail=detail)
            case logic.Reject(number=number):
                detail = {"weld": number, "because": decision.because}
                self.api.decide(f"reject weld {number}", because=because, detail=detail)
            case logic.SetAside(number=number):
                detail = {"weld": number, "because": decision.because}
                self.api.decide(f"set aside weld {number}", because=because, detail=detail)
            case logic.Seen(fixture=at):
                self._pictures[at] += 1
                self.api.set("judged", float(decision.number))
                if decision.sunk_mm is not None:
                    self.api.set(f"sunk_{at}", decision.sunk_mm)
                    self.api.set(f"pictures_{at}", float(self._pictures[at]))
            case logic.Relearn(fixture=at, limits=limits):
                name = decision.feature
                self.api.params(
                    {f"{name}_mean_{at}": limits.mean, f"{name}_sigma_{at}": limits.sigma}
                )
                learnt = {"mean": limits.mean, "sigma": limits.sigma}
                self.api.decide(f"limits of fixture {at} learnt", because=(), detail=learnt)

    def _set(self, at: int, clamp: float, defocus_mm: float, power: float) -> None:
        self.api.set(f"clamp_{at}", clamp)
        self.api.set(f"defocus_{at}", defocus_mm)
        self.api.set(f"power_{at}", power)

    def _set_held(self) -> None:
        for at, fixture in enumerate(self._state.fixtures):
            self.api.set(f"held_{at}", float(fixture.held))
