"""What a station may do from its soft side: bounded, expiring requests; never an output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

from linewright import messages as m
from linewright.bus._peers import StationEntry


class Outlet(Protocol):
    """Where requests go: the host of a process, or the inline line of a test."""

    @property
    def now_tick(self) -> int:
        """Base tick now, as far as known here."""

    def command(self, action: m.AnyAction) -> int:
        """Send a command; its number."""

    def publish(self, topic: str, body: Any) -> None:
        """Send a message to other stations."""


class Api:
    """Handed to `Station.start`. Every command gives its number; `on_ack` later tells what became
    of it."""

    def __init__(
        self,
        station: str,
        entry: StationEntry,
        base_hz: int,
        outlet: Outlet,
        folder: Path = Path(),
    ) -> None:
        self.station = station
        self.folder = folder
        """Run directory of the line: for what is too large for the bus, as a camera's pictures."""
        self._entry = entry
        self._base_hz = base_hz
        self._outlet = outlet

    @property
    def now_tick(self) -> int:
        """Base tick of the newest knowledge: of the step in lock-step, of now in live."""
        return self._outlet.now_tick

    @property
    def base_hz(self) -> int:
        """Base ticks per second: `tick / base_hz` is line time in s."""
        return self._base_hz

    @property
    def time_s(self) -> float:
        """Line time, s since tick 0."""
        return self._outlet.now_tick / self._base_hz

    def _full(self, name: str) -> str:
        return name if "." in name else f"{self.station}.{name}"

    def set(self, mailbox: str, value: float, unit: str | None = None) -> int:
        """Move a set-point; it expires as the plan's mailbox says. `unit`: the mailbox's when left
        out."""
        name = self._full(mailbox)
        stated = self._entry.mailboxes.get(name, "") if unit is None else unit
        return self._outlet.command(m.Set(name, float(value), stated))

    def send_profile(
        self,
        profile: str,
        values: Iterable[float],
        *,
        roll: int,
        origin_m: float,
        step_m: float,
        registered_at_m: float,
    ) -> int:
        """Hand over a map along the web: `values[i]` belongs to metre `origin_m + i*step_m` of the
        coating."""
        listed = [float(value) for value in values]
        action = m.SendProfile(
            self._full(profile),
            int(roll),
            float(origin_m),
            float(step_m),
            listed,
            float(registered_at_m),
        )
        return self._outlet.command(action)

    def params(self, values: Mapping[str, float]) -> int:
        """Change parameters together at the next cycle boundary, each within its bounds."""
        named = {self._full(name): float(value) for name, value in values.items()}
        return self._outlet.command(m.SetParams(named))

    def decide(
        self,
        decision: str,
        *,
        because: Iterable[m.Event | int] = (),
        detail: Mapping[str, Any] | None = None,
    ) -> int:
        """Record a decision in the ledger, with the events it rests on and whatever explains it."""
        ids = [item.id if isinstance(item, m.Event) else int(item) for item in because]
        return self._outlet.command(m.Decide(decision, ids, dict(detail or {})))

    def record(self, kind: Literal["state", "production", "order"], body: Mapping[str, Any]) -> int:
        """Put one row of that kind into the ledger: state of a machine, finished unit, order."""
        return self._outlet.command(m.Record(kind, dict(body)))

    def publish(self, topic: str, body: Any) -> None:
        """Tell other stations; the last message of a topic is kept for late joiners."""
        self._outlet.publish(self._full(topic), body)
