"""Keeps the leases of a station's actuators: acquire, renew by progress, acquire again after a
loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from linewright import messages as m


@dataclass
class _Lease:
    actuator: str
    lease_ticks: int
    token: int = 0
    asked_seq: int = 0
    asked_tick: int = -1
    renewed_tick: int = 0


class Leases:
    """Leases of one station. `send(action, token)` sends a command and gives its number.

    A lease is renewed when a quarter of it has passed; since only the station's own loop calls
    `keep`, a station that makes no progress does not renew.
    """

    def __init__(
        self, lease_ticks: dict[str, int], send: Callable[[m.AnyAction, int], int]
    ) -> None:
        self._leases = [_Lease(name, ticks) for name, ticks in sorted(lease_ticks.items())]
        self._send = send
        self._asked: dict[int, _Lease] = {}

    @property
    def held(self) -> list[str]:
        """Actuators held now."""
        return [lease.actuator for lease in self._leases if lease.token]

    def keep(self, now_tick: int) -> None:
        """Ask for what is missing, renew what is due."""
        for lease in self._leases:
            if lease.token:
                if now_tick - lease.renewed_tick >= max(1, lease.lease_ticks // 4):
                    lease.renewed_tick = now_tick
                    self._ask(lease, m.Renew([lease.actuator]), now_tick)
            elif lease.asked_tick < 0 or now_tick - lease.asked_tick >= lease.lease_ticks:
                self._ask(lease, m.Acquire(lease.actuator), now_tick)

    def _ask(self, lease: _Lease, action: m.AnyAction, now_tick: int) -> None:
        lease.asked_tick = now_tick
        lease.asked_seq = self._send(action, lease.token)
        self._asked[lease.asked_seq] = lease
        if len(self._asked) > 1024:
            del self._asked[next(iter(self._asked))]

    def forget(self) -> None:
        """The core is another one: no token counts any more."""
        for lease in self._leases:
            lease.token, lease.asked_tick = 0, -1

    def answered(self, ack: m.Ack) -> bool:
        """Take an answer; false when it is not to a question about leases."""
        lease = self._asked.pop(ack.seq, None)
        if lease is None:
            return False
        if ack.status in ("refused", "expired"):
            if ack.seq >= lease.asked_seq:
                lease.token = 0
        elif ack.token is not None:
            lease.token, lease.renewed_tick = ack.token, ack.tick
        return True
