"""An alarm as a reader sees it, and each change of one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from linewright.alarms._definition import Priority


class State(StrEnum):
    """States of ISA-18.2 (IEC 62682)."""

    NORMAL = "normal"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned_unacknowledged"
    """Gone back before anybody acknowledged it."""
    LATCHED = "latched"
    """Gone back and acknowledged; a person still has to reset it."""
    SHELVED = "shelved"
    """By a person, for a reason, until a time."""
    SUPPRESSED = "suppressed_by_design"
    """What it needs does not run, or it came in a flood."""
    OUT_OF_SERVICE = "out_of_service"
    """By a person, until a person ends it."""


SOUNDING = (State.UNACKNOWLEDGED, State.RETURNED)
"""States that wait for a person's acknowledgement."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """One thing that an alarm gathers."""

    name: str
    """Detection or core alarm, full name."""
    of: str
    """What of it, such as an actuator or a loop; empty for a detection."""
    count: int
    """How often it came."""
    first_s: float
    last_s: float
    onset_s: float
    """When it began, by the detector's own evidence."""
    seq: int
    """Row of the ledger that told it first."""


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One alarm that is not normal. Times in s of the book."""

    id: str
    """Stable for its life, whatever its headline."""
    name: str
    """Full name of what stands for it, `station.what`."""
    station: str
    state: State
    priority: Priority
    raised_s: float
    """When it was raised; of one that came back, when it came last."""
    onset_s: float
    """When its cause began, as far as detections tell."""
    says: str
    cause: str
    """The root cause when the evidence names one, else what its definition says."""
    consequence: str
    action: str
    respond_within_s: float
    members: tuple[Member, ...]
    """Everything that its cause explains, by onset."""
    cause_name: str = ""
    """Name of the root cause; empty when none is likely."""
    probability: float | None = None
    """Of the root cause among those stated; None without one."""
    shelved_until_s: float | None = None
    shelved_by: str = ""
    shelve_reason: str = ""
    acked_by: str = ""
    suppressed_by: str = ""
    """What it needs and does not run, or the flood that gathers it."""
    count: int = 1
    """How often its members came together."""

    def as_json(self) -> dict[str, Any]:
        """Plain values, with units in the names."""
        return asdict(self) | {"state": str(self.state)}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change of one alarm."""

    seq: int
    """Row of the ledger that brought it; for what time alone brings, the last row before."""
    at_s: float
    id: str
    name: str
    station: str
    priority: Priority
    before: State
    after: State
    annunciated: bool
    """The operator was told: it counts as an alarm."""
    why: str
    by: str = ""
    """Who, for what a person did."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"before": str(self.before), "after": str(self.after)}
