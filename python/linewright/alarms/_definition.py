"""What an alarm is for: none without cause, consequence, action and time to respond (ISA-18.2).

A station class declares its own in `alarms`; a missing field is refused with the alarm's name.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

Priority = Literal["high", "medium", "low"]
PRIORITIES: tuple[Priority, ...] = ("low", "medium", "high")
"""Ascending."""

LEAST_RETURN_S = 60.0
"""An alarm that returns no sooner cannot be told three times within a minute: it never chatters."""
SHIFT_S = 8.0 * 3600.0

_MISSING: Any = None
_REQUIRED = {
    "name": "the detection it belongs to, `station.what`",
    "cause": "what usually brings it",
    "consequence": "what happens when nobody acts",
    "action": "what the operator does",
    "respond_within_s": "how long the operator has for it, s",
    "priority": "high, medium or low",
}


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One alarm as the plant has agreed on it; the first six fields are required.

    Raises `ValueError` that names the alarm and every field that is missing or wrong.

    >>> Definition(name="mill.jam", cause="a lump in the feed", consequence="the mill stops",
    ...            action="clear the feed", respond_within_s=300.0, priority="low").station
    'mill'
    >>> Definition(name="mill.jam", cause="a lump in the feed", consequence="the mill stops",
    ...            respond_within_s=300.0, priority="low")
    Traceback (most recent call last):
    ...
    ValueError: alarm 'mill.jam': action is missing (what the operator does)
    """

    name: str = _MISSING
    """Full name of its detection, `station.what`."""
    cause: str = _MISSING
    """What usually brings it, for an operator."""
    consequence: str = _MISSING
    """What happens when nobody acts."""
    action: str = _MISSING
    """What the operator does; an alarm without an action is none."""
    respond_within_s: float = _MISSING
    """How long the operator has for it, s; positive."""
    priority: Priority = _MISSING
    """By consequence and time to respond; of a plant's alarms about 5 % high, 15 % medium."""
    says: str = ""
    """Headline in the list; made from the name when empty."""
    returns_after_s: float | None = 1800.0
    """Off-delay: without a repeat for so long it has gone back, s, at least 60. None: only what
    tells its end (a deadline kept again, control taken again) or a reset by a person ends it."""
    latched: bool = False
    """It goes on until a person resets it, also after it has gone back: what was told once and
    still holds, such as a fixture that is held."""
    needs_running: tuple[str, ...] = ()
    """Machines that must run (PackML `execute`) for it to mean anything: while one of them stands
    it is suppressed by design. A machine that never told its state counts as running."""

    def __post_init__(self) -> None:
        wrong = [
            f"{field} is missing ({what})"
            for field, what in _REQUIRED.items()
            if (value := getattr(self, field)) is None or (isinstance(value, str) and not value)
        ]
        if not wrong:
            wrong = list(self._mistakes())
        if wrong:
            raise ValueError(f"alarm {self.name or 'without a name'!r}: {'; '.join(wrong)}")

    def _mistakes(self) -> list[str]:
        found = []
        station, _, what = self.name.partition(".")
        if not station or not what:
            found.append("name must be `station.what`")
        if self.priority not in PRIORITIES:
            found.append(f"priority must be high, medium or low, was {self.priority!r}")
        seconds = self.respond_within_s
        if not (isinstance(seconds, (int, float)) and 0.0 < seconds < math.inf):
            found.append(f"respond_within_s must be positive, was {seconds!r}")
        back = self.returns_after_s
        if back is not None and not LEAST_RETURN_S <= back < math.inf:
            found.append(f"returns_after_s must be at least {LEAST_RETURN_S:g}, was {back!r}")
        return found

    @property
    def station(self) -> str:
        """Whose it is."""
        return self.name.partition(".")[0]

    @property
    def headline(self) -> str:
        """In words."""
        return self.says or self.name.partition(".")[2].replace("_", " ")


def undescribed(name: str, station: str) -> Definition:
    """What stands in for an alarm that its station does not describe: told, at low priority, and
    nothing made up.

    >>> undescribed("mill.jam", "mill").cause
    'not described by station mill'
    """
    told = f"not described by station {station}"
    return Definition(
        name=name,
        cause=told,
        consequence=told,
        action=told,
        respond_within_s=3600.0,
        priority="low",
    )


def declared(station: str, of: str, alarms: Iterable[object]) -> list[Definition]:
    """What the class of a station declares, under the name that the station has in its line.

    Parameters
    ----------
    station:
        Name in the line.
    of:
        Name that the class gave itself, with which its definitions begin.
    alarms:
        Its attribute `alarms`.

    Raises `ValueError` for what is no `Definition`, is another station's, or comes twice.
    """
    found: dict[str, Definition] = {}
    for alarm in alarms:
        if not isinstance(alarm, Definition):
            raise ValueError(f"alarms must be linewright.alarms.Definition, one is {alarm!r}")
        if alarm.station != of:
            raise ValueError(f"alarm {alarm.name!r}: its name must begin with {of!r} and a dot")
        if alarm.name in found:
            raise ValueError(f"alarm {alarm.name!r}: described twice")
        found[alarm.name] = alarm
    return [replace(a, name=f"{station}{name.removeprefix(of)}") for name, a in found.items()]
