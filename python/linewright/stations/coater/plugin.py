"""The coater's plugin: wires the loops and translates messages for `logic`."""

from __future__ import annotations

import math
import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, ClassVar

from linewright.graph import Station
from linewright.stations.coater import bolts, following, logic
from linewright.stations.coater.alarms import ALARMS
from linewright.stations.coater.causes import CAUSES
from linewright.stations.coater.rolls import Batches, Judged, judge, laid_m, named
from linewright.stations.coater.settings import Settings as CoaterSettings
from linewright.stations.coater.signals import SIGNALS
from linewright.stations.coater.wiring import wire
from linewright.stations.machine import Machine, Rolls

if TYPE_CHECKING:
    from linewright.alarms import Definition
    from linewright.cause import Cause
    from linewright.graph import Graph
    from linewright.messages import Event, MapPoint, Sample
    from linewright.signals import Signal

RENEW_S = 60.0
"""How often a held dry trim is confirmed; its mailbox forgets after 300 s."""
WET_ABOUT_S = 30.0
"""A laboratory piece counts as wet when the web was so within this time of its sample."""


class Coater(Station):
    """Slot-die coater: solids, coat weight and speed, each with its detector.

    In the hard lane it meters slurry by ratio control on the solids soft sensor, trims on the wet
    gauge's reconstructed disturbance and reconciles that gauge with the dry one. In the soft lane
    it decides which gauge to believe and hands a weight map of each full roll to the calender.
    """

    name: ClassVar[str] = "coater"
    Settings: ClassVar[type[Any]] = CoaterSettings
    causes: ClassVar[tuple[Cause, ...]] = CAUSES
    alarms: ClassVar[tuple[Definition, ...]] = ALARMS
    signals: ClassVar[tuple[Signal, ...]] = SIGNALS
    settings: CoaterSettings
    subscribes: ClassVar[tuple[str, ...]] = (
        "slurry.batch_switch",
        "slurry.batch",
        following.ORDERED,
    )

    def build(self, g: Graph) -> None:
        """Wires the loops."""
        wire(g, self.settings)

    def start(self, api: Any) -> None:
        """Starts with nothing known."""
        super().start(api)
        self._state = logic.State()
        self._points: list[tuple[float, float]] = []
        self._roll = 1
        self._dry: dict[int, float] = {}
        self._residual: dict[int, float] = {}
        self._lab = math.nan
        self._lab_count = 0
        self._renewed_s = 0.0
        self._bolts = bolts.Record()
        self._across: dict[str, float] = {}
        self._across_tick = -1
        self._bolts_held_until_s = 0.0
        self._bolts_renewed_s = 0.0
        self._stuck_bolt = 0
        self._slip: list[float] = []
        self._slip_hours: list[tuple[float, float]] = []
        self._wear_told_hour = -math.inf
        self._change = following.State()
        self._left_m = math.nan
        self._machine = Machine("coater", api.record)
        self._rolls = Rolls(self.settings.geometry.jumbo_m)
        self._batches = Batches()
        self._at_m = math.nan
        self._stands = False
        self._laid_m: tuple[float, float] | None = None
        self._judged: dict[int, tuple[Judged, tuple[str, float]]] = {}
        first = (self.settings.recipe_name, self.settings.recipe.web_speed_m_per_s)
        self._recipes = (first, first)

    def on_event(self, event: Event) -> None:
        """Answers a detection."""
        if event.name == "coater.gauge_disagreement":
            at_s = event.tick / self.api.base_hz
            self._decide(logic.GaugesDisagree(at_s), event)
        else:
            self._decide(logic.Found(event.name, event.tick / self.api.base_hz), event)

    def on_message(self, topic: str, body: Any) -> None:
        """Another batch is announced, or a change of recipe is ordered."""
        if topic == following.ORDERED and self.settings.change.on:
            now_unix_s = int(time.time())
            self._change, decisions = following.ordered(
                self._change, body, self.settings, now_unix_s=now_unix_s
            )
            self._carry_out(decisions)
        elif topic == "slurry.batch_switch":
            batch = logic.BatchAnnounced(int(body["batch"]), float(body["at_s"]))
            self._decide(batch, None)

    def on_sample(self, sample: Sample) -> None:
        """Remembers dry readings by second; compares when the laboratory speaks."""
        if sample.topic.startswith("coater.cross_"):
            self._look_across(sample)
        elif sample.topic.startswith("coater.change_"):
            self._look_at_change(sample)
        elif sample.topic == "coater.position":
            at_s = sample.tick / self.api.base_hz
            self._stands = self._rolls.take(sample.value, at_s)
            self._at_m = sample.value
        elif sample.topic == "slurry.batch":
            self._batches.take(self._at_m, sample.value)
        elif sample.topic == "coater.residual_solvent":
            self._residual[round(sample.tick / self.api.base_hz)] = sample.value
            left_m, self._left_m = self._left_m, self._change.seen.at_m
            self._change = following.dried(self._change, sample.value, self._left_m - left_m)
        elif sample.topic == "coater.slip":
            self._look_at_slip(sample)
        elif sample.topic == "coater.dry_weight":
            self._dry[round(sample.tick / self.api.base_hz)] = sample.value
        elif sample.topic == "coater.lab_weight":
            self._lab = sample.value
        elif sample.topic == "coater.lab_count" and sample.value > self._lab_count:
            self._lab_count = int(sample.value)
            self._compare()

    def on_map_point(self, point: MapPoint) -> None:
        """Collects the weight map; closes it when the roll is full."""
        length_m = self.settings.geometry.jumbo_m
        self._points.append((point.position_m, point.value))
        self._change = following.weighed_metre(self._change, point.position_m, point.value)
        if point.position_m > self._roll * length_m + self.settings.map_step_m:
            self._close_map(point.position_m)

    def on_step(self, tick: int) -> None:
        """Confirms a held dry trim before its mailbox forgets it."""
        now_s = tick / self.api.base_hz
        held = self._state.disagreed_at_s is not None
        if held and now_s - self._renewed_s >= RENEW_S:
            self._hold(True)
        if now_s < self._bolts_held_until_s and now_s - self._bolts_renewed_s >= RENEW_S:
            self._hold_bolts(self._stuck_bolt)
        elif now_s >= self._bolts_held_until_s > 0.0:
            self._bolts_held_until_s = 0.0
            self._hold_bolts(0)
        self._change, decisions = following.stepped(self._change)
        self._carry_out(decisions)
        self._tell_state(now_s)
        self._tell_rolls()

    def _tell_state(self, now_s: float) -> None:
        """PackML state of the coater, when it is another one."""
        change, running = self._change.following, self._change.running
        mode, recipe = "producing", running.name if running else self.settings.recipe_name
        state, reason = ("held", "own: the web stands") if self._stands else ("execute", "")
        if change is not None:
            mode, recipe = "setup", change.order.b.name
            if change.held:
                state, reason = "held", f"own: {change.held}"
        self._machine.state(mode, state, now_s, recipe=recipe, reason=reason)

    def _tell_rolls(self) -> None:
        """Rolls that are finished and judged: since when they were off the die."""
        for roll, (judged, (name, web_m_per_s)) in list(self._judged.items()):
            _, ended_s = self._rolls.took_s(roll)
            if not math.isfinite(ended_s):
                continue  # its map was closed before the web's metre was told again
            del self._judged[roll]
            to_m = roll * self.settings.geometry.jumbo_m
            from_m = to_m - self.settings.geometry.jumbo_m
            made_of = self._batches.of(from_m, to_m)
            self._batches.forget(to_m)
            self._machine.unit(
                f"roll {roll}",
                ended_s,
                recipe=name,
                good=judged.good,
                rate_share=self._rolls.rate_m_per_s(roll) / web_m_per_s,
                amount=self.settings.geometry.jumbo_m,
                amount_unit="m",
                why=judged.why,
                made_of=made_of,
                more={"metres": [from_m, to_m]},
            )
            batches = [[part.number, part.to_m - part.from_m] for part in made_of]
            self.api.publish("coated", {"roll": roll, "batches": batches})

    def _judge_roll(self, made: logic.WeightMap | logic.NoMap) -> None:
        judged = judge(made, self._laid_m, self.settings)
        self._judged[made.roll] = (judged, self._recipes[judged.next_recipe])
        if judged.next_recipe and self._change.following is None:
            self._laid_m, self._recipes = None, (self._recipes[1], self._recipes[1])

    # -- translation -----------------------------------------------------------------------------

    def _compare(self) -> None:
        """The laboratory sampled at the dry gauge on the hour; its result is one sample old."""
        lab = self.settings.lab
        sampled_s = round(lab.every_s * self._lab_count)
        reading = self._dry.get(sampled_s, math.nan)
        self._dry = {at: dry for at, dry in self._dry.items() if at > sampled_s}
        about = [ppm for at, ppm in self._residual.items() if abs(at - sampled_s) <= WET_ABOUT_S]
        self._residual = {at: ppm for at, ppm in self._residual.items() if at > sampled_s}
        error = reading / self._lab - 1.0 if self._lab > 0.0 else math.nan
        if math.isfinite(error):
            result = logic.LabResult(
                sampled_at_s=float(sampled_s), error=error, residual_ppm=max(about, default=0.0)
            )
            self._decide(result, None)

    def _decide(self, event: logic.Event, cause: Event | None) -> None:
        self._state, decisions = logic.step(self._state, event, self.settings)
        for decision in decisions:
            match decision:
                case logic.SetOffset(value=value):
                    self.api.set("dry_offset", value)
                case logic.HoldDryTrim(on=on):
                    self._hold(on)
                case logic.Note(decision=text, because=because):
                    causes = [] if cause is None else [cause]
                    self.api.decide(text, because=causes, detail={"because": because})

    def _hold(self, on: bool) -> None:
        self._renewed_s = self.api.time_s
        self.api.set("hold_reconcile", 1.0 if on else 0.0)

    def _look_at_change(self, sample: Sample) -> None:
        seen, name = self._change.seen, sample.topic.removeprefix("coater.change_")
        match name:
            case "at":
                seen = replace(seen, at_m=sample.value)
            case "place":
                seen = replace(seen, place_m=sample.value)
            case "origin_kept":
                seen = replace(seen, origin_m=sample.value)
            case "order_kept":
                seen = replace(seen, number=int(sample.value))
            case "moves" | "made" | "ready":
                seen = replace(seen, **{name: sample.value > 0.5})
        self._change = replace(self._change, seen=seen)

    def _carry_out(self, decisions: list[following.Decision]) -> None:
        for decision in decisions:
            match decision:
                case following.Begin(order=order, origin_m=origin_m):
                    self._recipes = (named(order.a), named(order.b))
                    self._laid_m = laid_m(order, origin_m)
                    for name in following.PROFILES:
                        self.api.send_profile(
                            name,
                            following.profile(order, name),
                            roll=0,
                            origin_m=origin_m,
                            step_m=following.STEP_M,
                            registered_at_m=self._change.seen.at_m,
                        )
                    self.api.set("change_order", float(order.number))
                    self.api.set("change_origin", origin_m)
                case following.Confirm(on=on):
                    self.api.set("change_go", 1.0 if on else 0.0)
                case following.Weighed():
                    self._laid_m = (decision.from_m, decision.to_m)
                    self.api.publish("change_laid", asdict(decision))
                case following.Say(decision=text, detail=detail):
                    self.api.decide(text, because=(), detail=dict(detail))

    def _look_at_slip(self, sample: Sample) -> None:
        """Means by hour; a pump that loses more by the day is told, once a shift."""
        hour = sample.tick / self.api.base_hz / 3600.0
        done = len(self._slip_hours)
        if hour >= done + 1 and self._slip:
            self._slip_hours.append((done + 0.5, sum(self._slip) / len(self._slip)))
            self._slip = []
            self._judge_wear(hour)
        self._slip.append(sample.value)

    def _judge_wear(self, hour: float) -> None:
        s, last = self.settings, self._slip_hours[-8:]
        wear = logic.wear_per_day(last, least_hours=s.wear_hours - 1.0)
        if wear is None or wear < s.wear_limit or hour - self._wear_told_hour < 8.0:
            return
        self._wear_told_hour = hour
        self.api.set("pump_wear_found", 100.0 * wear)
        self.api.decide(
            f"pump loses {wear:.2%} a day: order a stator",
            because=(),
            detail={"because": "trend of meter over pump speed", "wear_per_day": wear},
        )

    def _look_across(self, sample: Sample) -> None:
        """Collects profile and bolts of one tick; when they are complete, a stuck bolt may show."""
        if sample.tick != self._across_tick:
            self._across, self._across_tick = {}, sample.tick
        self._across[sample.topic.removeprefix("coater.cross_")] = sample.value
        if sample.topic != "coater.cross_count":
            return
        s, seen = self.settings, self._across
        profile = tuple(seen.get(f"box_{i:03d}", math.nan) for i in range(s.geometry.boxes))
        um = tuple(seen.get(f"bolt_{j:02d}", math.nan) for j in range(1, s.cross.bolts + 1))
        if not all(map(math.isfinite, (*profile, *um, sample.value))):
            return
        moment = bolts.Seen(int(sample.value), profile, um)
        self._bolts, found = bolts.learn(self._bolts, moment, s)
        match found:
            case bolts.Stuck():
                self._bolts_held_until_s = self.api.time_s + s.cross.stuck_hold_s
                self._hold_bolts(found.bolt)
                self.api.decide(
                    f"bolt {found.bolt} does not follow: hold the die, free its drive",
                    because=(),
                    detail={
                        "because": f"{found.share:.0%} of its moves did not show in the profile",
                        "sigma": found.sigma,
                        "share": found.share,
                    },
                )
            case bolts.Jump():
                self.api.set("cross_jump_found", found.rms)
                self.api.decide(
                    "the die jumped: look at its lip and bolts",
                    because=(),
                    detail={
                        "because": f"{found.rms:.2%} of change that no move explains",
                        "tilt": found.tilt,
                    },
                )

    def _hold_bolts(self, stuck: int) -> None:
        """No bolt moves while one of them, from 1, is told stuck; 0 sets them free."""
        self._stuck_bolt = stuck
        self._bolts_renewed_s = self.api.time_s
        self.api.set("bolt_stuck_found", float(stuck))

    def _close_map(self, at_m: float) -> None:
        made = logic.close_map(
            self._roll, self._points, registered_at_m=at_m, settings=self.settings
        )
        start_m = self._roll * self.settings.geometry.jumbo_m
        self._points = [(m, value) for m, value in self._points if m >= start_m]
        self._roll += 1
        self._judge_roll(made)
        if isinstance(made, logic.NoMap):
            self.api.decide(
                f"no map of roll {made.roll}", because=(), detail={"because": made.reason}
            )
            return
        body = asdict(made)
        body["values"] = list(made.values)
        self.api.publish("roll_map", body)
        self.api.decide(
            f"map of roll {made.roll} published",
            because=(),
            detail={"coverage": made.coverage, "noise": made.noise, "closed_at_m": at_m},
        )
