"""What a person asks for, in words and as commands of the bus."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from linewright import messages as m
from linewright.alarms import refusal

if TYPE_CHECKING:
    from linewright.hmi._follow import Follower

Orders = tuple[m.Action, ...]
HANDLED = {
    "acknowledge": "acknowledge",
    "shelve": "shelve",
    "unshelve": "unshelve",
    "out_of_service": "out_of_service",
    "in_service": "in_service",
    "reset_alarm": "reset",
}
"""Actions on an alarm, and what the row says."""
ORDERS = ("received", "started", "verified", "rejected", "cancelled")


class RefusedActError(Exception):
    """An action is not taken; `status` is that of the answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST /api/act`."""

    key: str
    action: str
    expected: dict[str, Any] | None = None
    alarm: str = ""
    reason: str = ""
    for_s: float | None = None
    actuator: str = ""
    station: str = ""
    name: str = ""
    unit: str = ""
    value: float | None = None
    mode: Literal["advisory", "closed", ""] = ""
    text: str = ""
    order: str = ""
    what: str = ""
    machine: str = ""
    recipe: str = ""
    verdict: str = ""
    certificate: m.Certificate | None = None


class Meanings:
    """Actions that can be taken on one line."""

    def __init__(self, line: Follower) -> None:
        self._line = line
        self._ways: Mapping[str, Callable[[str, Asked], tuple[str, Orders]]] = {
            "manual": self._manual,
            "set": self._tune,
            "mode": self._mode,
            "arm": self._arm,
            "reset": self._reset,
            "note": self._hand_over,
            "order": self._order,
        }

    def of(self, who: str, asked: Asked) -> tuple[str, Orders]:
        """An action in words and as commands.

        Raises `RefusedActError` when it is none, or cannot be taken.
        """
        if asked.action in HANDLED:
            return self._handling(who, asked)
        way = self._ways.get(asked.action)
        if way is None:
            raise RefusedActError(400, f"there is no action {asked.action[:40]!r}")
        return way(who, asked)

    @staticmethod
    def _mode(who: str, asked: Asked) -> tuple[str, Orders]:
        if not asked.mode:
            raise RefusedActError(400, "mode must be advisory or closed")
        told = note(who, f"asks for mode {asked.mode}")
        return f"Set the line to {asked.mode}.", (told, m.Mode(asked.mode))

    @staticmethod
    def _arm(who: str, asked: Asked) -> tuple[str, Orders]:
        return "Arm the line.", (m.Arm(who, asked.certificate),)

    @staticmethod
    def _reset(who: str, asked: Asked) -> tuple[str, Orders]:  # noqa: ARG004 - one signature
        return "Clear the trip. The line then waits for an arm.", (m.Reset(who),)

    @staticmethod
    def _hand_over(who: str, asked: Asked) -> tuple[str, Orders]:
        text = asked.text.strip()
        if not text:
            raise RefusedActError(400, "a note has text")
        return f"Note for the next shift: {text}", (note(who, text),)

    def _handling(self, who: str, asked: Asked) -> tuple[str, Orders]:
        body: dict[str, Any] = {
            "alarm": asked.alarm,
            "do": HANDLED[asked.action],
            "operator": who,
            "reason": asked.reason.strip(),
        }
        if asked.for_s is not None:
            body["for_s"] = asked.for_s
        if why := refusal(body):
            raise RefusedActError(400, why)
        with self._line.lock:
            alarm = self._line.alarms.book.alarm(asked.alarm)
        if alarm is None:
            raise RefusedActError(409, f"there is no alarm {asked.alarm!r} now")
        says = f"{asked.action.replace('_', ' ').capitalize()}: {alarm.says or alarm.name}"
        if asked.action == "shelve" and asked.for_s is not None:
            says += f", for {asked.for_s / 60.0:.0f} min"
        if asked.reason.strip():
            says += f", because {asked.reason.strip()}"
        return f"{says}.", (m.Record("handling", body),)

    def _manual(self, who: str, asked: Asked) -> tuple[str, Orders]:
        limits = (self._line.where.actuators or {}).get(asked.actuator)
        if limits is None:
            raise RefusedActError(400, f"the line has no actuator {asked.actuator!r}")
        value = self._within(asked, limits)
        return (
            f"Take {asked.actuator} in hand at {value:g} {limits['unit']} (limits "
            f"{limits['lo']:g} to {limits['hi']:g}). Its loop has it back after an arm.",
            (m.Manual(asked.actuator, value, who),),
        )

    def _tune(self, who: str, asked: Asked) -> tuple[str, Orders]:
        plan = self._line.where.plan or {}
        found = next((p for p in plan.get("params", ()) if p["name"] == asked.name), None)
        if found is None:
            raise RefusedActError(400, f"the line has no parameter {asked.name!r}")
        value = self._within(asked, found)
        text = f"asks for {asked.name} at {value:g} {found['unit']}"
        says = f"Set {asked.name} to {value:g} {found['unit']} (from {found['lo']:g} to "
        return (
            f"{says}{found['hi']:g}).",
            (note(who, text), m.SetParams({asked.name: value})),
        )

    @staticmethod
    def _within(asked: Asked, limits: Mapping[str, Any]) -> float:
        value = asked.value
        if value is None or not limits["lo"] <= value <= limits["hi"]:
            raise RefusedActError(
                400, f"value must be {limits['lo']:g} to {limits['hi']:g} {limits['unit']}"
            )
        if asked.unit and asked.unit != limits["unit"]:
            raise RefusedActError(400, f"the unit is {limits['unit']}, not {asked.unit}")
        return value

    @staticmethod
    def _order(who: str, asked: Asked) -> tuple[str, Orders]:
        if asked.what not in ORDERS or not asked.order.strip() or not asked.recipe.strip():
            raise RefusedActError(
                400, f"an order has a number, a recipe and one of {', '.join(ORDERS)}"
            )
        body = {
            "order": asked.order.strip(),
            "what": asked.what,
            "machine": asked.machine,
            "recipe": asked.recipe,
            "operator": who,
            "reason": asked.reason,
            "verdict": asked.verdict,
        }
        return (
            f"Order {body['order']}, recipe {asked.recipe}: {asked.what}.",
            (m.Record("order", body),),
        )


def note(who: str, text: str) -> m.Record:
    """A row that says who and what."""
    return m.Record("note", {"text": text, "operator": who})
