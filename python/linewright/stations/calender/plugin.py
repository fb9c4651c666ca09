"""The calender's plugin: wires the loop and translates messages for `logic`."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, ClassVar

from linewright.graph import Station
from linewright.stations.calender import logic, rolls
from linewright.stations.calender.alarms import ALARMS
from linewright.stations.calender.causes import CAUSES
from linewright.stations.calender.settings import Settings as CalenderSettings
from linewright.stations.calender.signals import SIGNALS
from linewright.stations.calender.wiring import wire
from linewright.stations.machine import Machine, Part

if TYPE_CHECKING:
    from linewright.alarms import Definition
    from linewright.cause import Cause
    from linewright.graph import Graph
    from linewright.messages import Ack, Event, Sample
    from linewright.signals import Signal

MAPS_KEPT = 4
"""Maps waiting for their roll to be mounted."""


class Calender(Station):
    """Calender: nip force by the weight map of the mounted roll and by thickness.

    In the hard lane it finds its place on the roll, presses by the map and corrects on
    thickness. In the soft lane it judges each map before it may steer anything.
    """

    name: ClassVar[str] = "calender"
    Settings: ClassVar[type[Any]] = CalenderSettings
    causes: ClassVar[tuple[Cause, ...]] = CAUSES
    alarms: ClassVar[tuple[Definition, ...]] = ALARMS
    signals: ClassVar[tuple[Signal, ...]] = SIGNALS
    settings: CalenderSettings
    subscribes: ClassVar[tuple[str, ...]] = (
        "coater.roll_map",
        "coater.position",
        "coater.change_laid",
        "mes.change",
    )

    def build(self, g: Graph) -> None:
        """Wires the loop."""
        wire(g, self.settings)

    def start(self, api: Any) -> None:
        """Starts without a map."""
        super().start(api)
        self._maps: dict[int, logic.Map] = {}
        self._roll: int | None = None
        self._used: int | None = None
        self._coated_m = math.nan
        self._pressed: logic.Pressed | None = None
        self._laid: Any = None
        self._changed_m: tuple[float, float] | None = None
        self._machine = Machine("calender", api.record)
        self._pressing: rolls.Roll | None = None
        self._share = 0.0
        self._turned = False
        """Web of the next recipe was under the nip."""
        self._recipes = (self.settings.recipe_name, "")

    def on_step(self, tick: int) -> None:
        """Tells its state when it is another one."""
        roll = self._pressing
        recipe = self._recipes[self._turned]
        state, reason = "execute", ""
        if roll is not None and roll.stands:
            state, reason = "suspended", "upstream: no roll"
        mode = "setup" if roll is not None and roll.mixed else "producing"
        self._machine.state(mode, state, tick / self.api.base_hz, recipe=recipe, reason=reason)

    def on_message(self, topic: str, body: Any) -> None:
        """Keeps a map until its roll is mounted; a map of the mounted roll is judged at once."""
        if topic in ("mes.change", "coater.change_laid") and self.settings.changes:
            self._change(topic, body)
        if topic != "coater.roll_map":
            return
        weight_map = logic.read_map(body)
        if isinstance(weight_map, logic.Refused):
            self._refuse(weight_map)
            return
        self._maps[weight_map.roll] = weight_map
        for roll in sorted(self._maps)[:-MAPS_KEPT]:
            del self._maps[roll]
        if weight_map.roll == self._roll:
            self._judge(weight_map)

    def on_sample(self, sample: Sample) -> None:
        """Follows the mounted roll and the metres coated."""
        if sample.topic == "coater.position":
            self._coated_m = sample.value
        elif sample.topic == "calender.changed":
            self._share = sample.value
            self._turned |= sample.value > 0.5 and bool(self._recipes[1])
        elif sample.topic == "calender.sheet_off" and self._pressing is not None:
            self._pressing = self._pressing.sheet(sample.value, self._share, self.settings)
        elif sample.topic == "calender.position" and self._pressing is not None:
            self._pressing = self._pressing.place(sample.value)
        elif sample.topic == "calender.roll" and sample.value != self._roll:
            at_s = sample.tick / self.api.base_hz
            self._finish(at_s)
            self._pressing = rolls.Roll(int(sample.value), at_s)
            self._mount(int(sample.value))

    def on_event(self, event: Event) -> None:
        """Adds to a detection what a person should do."""
        self.api.decide(logic.follow_up(event.name), because=[event], detail={})

    def on_ack(self, ack: Ack) -> None:
        """A map the core did not take is a map not used."""
        if ack.status in ("refused", "expired") and self._used is not None:
            self.api.decide("map not taken", because=(), detail={"reason": ack.reason})
            self._used = None

    def _change(self, topic: str, body: Any) -> None:
        """An order, or where the coater carries it out: the nip needs both, in either order."""
        if topic == "mes.change":
            got = logic.ordered(body, self.settings, now_unix_s=int(time.time()))
            if isinstance(got, logic.Refused):
                self.api.decide("change refused", because=(), detail={"because": got.because})
                return
            self._pressed = got
            self._recipes = (self.settings.recipe_name, got.recipe)
        else:
            self._laid = body
        if self._pressed is None or self._laid is None:
            return
        where = logic.laid(self._laid, self._pressed)
        if isinstance(where, logic.Refused):
            return  # of an order before this one, or after it: its own message comes
        if where == self._changed_m:
            return
        self._changed_m = where
        self.api.set("change_load", self._pressed.load_n_per_mm)
        self.api.set("change_sheet", self._pressed.sheet_um)
        self.api.set("change_from_m", where[0])
        self.api.set("change_to_m", where[1])
        detail = {"order": self._pressed.order, "from_m": where[0], "to_m": where[1]}
        self.api.decide(self._pressed.says, because=(), detail=detail)

    def _finish(self, at_s: float) -> None:
        """The mounted roll is pressed."""
        roll, s = self._pressing, self.settings
        if roll is None or roll.number < 1:  # roll 0 was there before the line was started
            return
        recipe = self._recipes[roll.next_recipe and bool(self._recipes[1])]
        self.api.publish("pressed", {"roll": roll.number, "recipe": recipe})
        self._machine.unit(
            f"roll {roll.number}",
            at_s,
            recipe=recipe,
            good=roll.good(at_s, s),
            rate_share=roll.rate_m_per_s(at_s) / s.recipe.calender_speed_m_per_s,
            amount=round(roll.pressed_m, 1),
            amount_unit="m",
            why=f"{roll.within} of {roll.measured} sheets within {s.roll_sheet_um:g} um",
            made_of=[Part("coater", f"roll {roll.number}")],
        )

    def _mount(self, roll: int) -> None:
        self._roll = roll
        self._used = None
        weight_map = self._maps.pop(roll, None)
        if weight_map is None:
            self._refuse(logic.Refused(f"no map of roll {roll}"))
        else:
            self._judge(weight_map)

    def _judge(self, weight_map: logic.Map) -> None:
        verdict = logic.judge(
            weight_map,
            mounted_roll=self._roll,
            coated_m=self._coated_m,
            settings=self.settings,
        )
        if isinstance(verdict, logic.Refused):
            self._refuse(verdict)
            return
        self._used = weight_map.roll
        self.api.send_profile(
            "weight_map",
            weight_map.values,
            roll=weight_map.roll,
            origin_m=weight_map.origin_m,
            step_m=weight_map.step_m,
            registered_at_m=weight_map.registered_at_m,
        )
        self.api.set("ff_gain", verdict.gain)
        self.api.decide(
            f"use map of roll {weight_map.roll} at gain {verdict.gain:.3f}",
            because=(),
            detail={"because": verdict.because},
        )

    def _refuse(self, verdict: logic.Refused) -> None:
        self.api.set("ff_gain", 0.0)
        self.api.decide("map feed-forward off", because=(), detail={"because": verdict.because})
