"""A station: what it can be tuned with, how it is wired, what it does in the soft lane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ._place import GraphError

if TYPE_CHECKING:
    from linewright.alarms import Definition
    from linewright.cause import Cause
    from linewright.signals import Signal

    from ._graph import Graph


@dataclass(frozen=True, kw_only=True)
class NoSettings:
    """Settings of a station that has none."""


class Station:
    """One machine's plugin: the base class of every station.

    `build` runs once and only wires; it must give the same graph for the same settings. The `on_*`
    methods run in the station's own process, may be late or die, and act through `api` alone.
    """

    name: ClassVar[str] = ""
    Settings: ClassVar[type[Any]] = NoSettings
    causes: ClassVar[tuple[Cause, ...]] = ()
    """What can go wrong at it, and how its detectors show it."""
    alarms: ClassVar[tuple[Definition, ...]] = ()
    """What it asks an operator for, and why: a detection with a definition is an alarm."""
    signals: ClassVar[tuple[Signal, ...]] = ()
    """What an operator looks at, with its normal range and set-point."""

    def __init__(self, settings: Any = None) -> None:
        if not is_dataclass(self.Settings):
            raise GraphError(f"{type(self).__name__}.Settings must be a frozen dataclass")
        self.settings = self.Settings() if settings is None else settings
        if not isinstance(self.settings, self.Settings):
            raise GraphError(f"{self.name}: settings must be {self.Settings.__name__}")
        self.api: Any = None

    @classmethod
    def from_table(cls, table: Mapping[str, object]) -> Self:
        """The station with settings from a table of a line file; unknown keys are refused."""
        known = [field.name for field in fields(cls.Settings)]
        if unknown := sorted(set(table) - set(known)):
            raise GraphError(
                f"{cls.name}: no setting {', '.join(unknown)}; known are {', '.join(known)}"
            )
        return cls(cls.Settings(**table))

    def build(self, g: Graph) -> None:  # noqa: ARG002 - a subclass wires with it
        """Wires the station's loops; every station has its own."""
        raise GraphError(f"{type(self).__name__} wires nothing: give it a `build(self, g)`")

    def start(self, api: Any) -> None:
        """Called once before anything else in the soft lane."""
        self.api = api

    def on_event(self, event: Any) -> None:
        """An event of one of its loops fired."""

    def on_sample(self, sample: Any) -> None:
        """A tap it subscribes to gave a value."""

    def on_map_point(self, point: Any) -> None:
        """A web map it subscribes to gave a point."""

    def on_message(self, topic: str, body: Any) -> None:
        """Another station published."""

    def on_step(self, tick: int) -> None:
        """Time came to `tick`."""

    def on_ack(self, ack: Any) -> None:
        """A command of its own was answered."""
