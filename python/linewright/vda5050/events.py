"""What a dispatch is told of its vehicles."""

from __future__ import annotations

from dataclasses import dataclass

Name = int | str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a vehicle."""

    vehicle: Name


@dataclass(frozen=True, slots=True)
class Report(Event):
    """A vehicle's state, as far as a dispatch needs it."""

    heard_s: float
    """When, on the clock that was handed in."""
    node: str
    """Last node; empty when it knows none."""
    at_m: tuple[float, float] | None
    map: str | None
    driving: bool
    paused: bool
    mode: str
    charge_percent: float
    charging: bool
    loaded: bool | None
    """None: it cannot tell."""
    job: Name | None
    """Transport it works on, of those given to it."""
    busy: bool
    """Has it anything to drive or to do, whoever ordered it?"""
    errors: tuple[tuple[str, str, str], ...]
    """Type, level, description."""
    stopped: bool
    """Emergency stop or violated protective field."""


@dataclass(frozen=True, slots=True)
class Accepted(Event):
    """The vehicle has the order."""

    job: Name


@dataclass(frozen=True, slots=True)
class Loaded(Event):
    """It has picked the load."""

    job: Name


@dataclass(frozen=True, slots=True)
class Redirected(Event):
    """It goes to another station."""

    job: Name
    target: str


@dataclass(frozen=True, slots=True)
class NotRedirected(Event):
    """It goes where it went before."""

    job: Name
    target: str
    because: str


@dataclass(frozen=True, slots=True)
class Finished(Event):
    """The load is dropped."""

    job: Name


@dataclass(frozen=True, slots=True)
class Refused(Event):
    """The transport was not begun, and is not going to be."""

    job: Name
    because: str


@dataclass(frozen=True, slots=True)
class Cancelled(Event):
    """The vehicle has given the order up as asked; `loaded`: after it had picked."""

    job: Name
    loaded: bool


@dataclass(frozen=True, slots=True)
class Failed(Event):
    """The order was begun and ended without its end; `loaded`: after it had picked."""

    job: Name
    because: str
    loaded: bool


@dataclass(frozen=True, slots=True)
class Lost(Event):
    """Nothing is heard of it any more, or it went offline; its order may go on."""

    because: str
    job: Name | None


@dataclass(frozen=True, slots=True)
class Found(Event):
    """It is heard again."""


@dataclass(frozen=True, slots=True)
class LinkChanged(Event):
    """What the broker says of its connection; CONNECTIONBROKEN is no proof of a lost vehicle."""

    state: str


@dataclass(frozen=True, slots=True)
class Stray(Event):
    """It drives an order that was given up; that order is being cancelled."""

    order_id: str


@dataclass(frozen=True, slots=True)
class Bad(Event):
    """A message of it was refused; nothing was taken from it."""

    because: str
