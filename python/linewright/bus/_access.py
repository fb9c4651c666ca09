"""Who may do what on the network side: rights belong to a key, not to what a frame says."""

from __future__ import annotations

from typing import Literal

import msgspec

Role = Literal["station", "operator", "observer"]

MAY: dict[str, frozenset[str]] = {
    "station": frozenset({"hello", "command", "publish", "progress", "step_done"}),
    "operator": frozenset({"command"}),
    "observer": frozenset(),
}
"""Kinds of frames a role may send beside questions, which change nothing."""

QUESTIONS = frozenset({"status_request", "fetch", "snapshot_request", "rights_request"})


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """One key of the allow-list."""

    name: str
    public: str
    """Z85."""
    role: Role
    stations: list[str] = []
    """Stations it may speak for; only of a station's key."""


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """The network side of a bus: where it binds, with which pair, for whom."""

    commands: str
    telemetry: str
    secret_file: str
    allow: list[Allowed]


class Rights:
    """What one connection may do. `LOCAL` is a process of the line's own user."""

    def __init__(self, allowed: Allowed | None, keys: dict[str, int], operator_key: int) -> None:
        self.allowed = allowed
        self.name = "" if allowed is None else allowed.name
        self.role = "" if allowed is None else allowed.role
        self.stations: dict[str, int] = {}
        self.operator_key = 0
        if allowed is not None and allowed.role == "station":
            self.stations = {name: keys[name] for name in allowed.stations if name in keys}
        if allowed is not None and allowed.role == "operator":
            self.operator_key = operator_key
        self._senders = frozenset(self.stations.values())

    @property
    def local(self) -> bool:
        """Is it a process of the line's own user on this machine?"""
        return self.allowed is None

    def refusal(self, kind: str, sender: int) -> str:
        """Why a frame may not come from here; empty when it may."""
        if self.allowed is None or kind in QUESTIONS:
            return ""
        if kind not in MAY[self.role]:
            return f"key {self.name!r} is {self.role}'s: it may not send {kind!r}"
        own = {self.operator_key} if self.role == "operator" else self._senders
        return "" if sender in own else f"key {self.name!r} does not belong to this sender"


LOCAL = Rights(None, {}, 0)
