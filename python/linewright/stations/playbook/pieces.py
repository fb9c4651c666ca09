"""Pieces for the laboratory and what rolls are worth by them: pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from linewright.stations.playbook.settings import Laboratory


@dataclass(frozen=True)
class Piece:
    """A piece and its result."""

    sampled_s: float
    weight_g_per_m2: float
    sheet_um: float


@dataclass
class Requests:
    """Pieces asked for; a result is handed out `wait_s` after its piece was taken.

    >>> asked = Requests(Laboratory(wait_s=100.0))
    >>> asked.ask(30.0)
    >>> asked.measured(Piece(0.0, 220.0, 143.0))
    >>> asked.measured(Piece(60.0, 221.0, 143.0))
    >>> asked.due(159.0), [p.weight_g_per_m2 for p in asked.due(160.0)]
    ([], [221.0])
    """

    laboratory: Laboratory
    _wanted_s: list[float] = field(default_factory=list)
    _waiting: list[Piece] = field(default_factory=list)

    def ask(self, at_s: float) -> None:
        """Take the first piece from `at_s` on."""
        self._wanted_s.append(at_s)

    @property
    def open(self) -> list[float]:
        """When pieces were or will be taken whose results are not there."""
        return sorted([*self._wanted_s, *(piece.sampled_s for piece in self._waiting)])

    def measured(self, piece: Piece) -> None:
        """The plant's next possible piece: taken when somebody asked for one by then."""
        if any(at_s <= piece.sampled_s for at_s in self._wanted_s):
            self._wanted_s = [at_s for at_s in self._wanted_s if at_s > piece.sampled_s]
            self._waiting.append(piece)

    def due(self, now_s: float) -> list[Piece]:
        """Results that are there now, each once."""
        ready = [p for p in self._waiting if p.sampled_s + self.laboratory.wait_s <= now_s]
        self._waiting = [p for p in self._waiting if p not in ready]
        return ready


@dataclass(frozen=True)
class Roll:
    """A finished roll that is not judged yet."""

    number: int
    begun_s: float
    ended_s: float
    recipe: str
    rate_share: float
    amount_m: float


def judge(
    roll: Roll, pieces: Sequence[Piece], open_s: Sequence[float], within: Callable[[Piece], bool]
) -> tuple[bool, str] | None:
    """Is it good, and by what; None while a result is awaited.

    All pieces taken of it count; without any, the one nearest to its end.

    >>> roll = Roll(1, 0.0, 2000.0, "A", 1.0, 2000.0)
    >>> judge(roll, [], [3600.0], lambda piece: True) is None
    True
    >>> judge(roll, [Piece(3600.0, 220.0, 143.0)], [], lambda piece: True)
    (True, 'piece of 3600 s, 1600 s from its end')
    """
    inside = [p for p in pieces if roll.begun_s < p.sampled_s <= roll.ended_s + 1.0]
    if any(roll.begun_s < at_s <= roll.ended_s + 60.0 for at_s in open_s):
        return None
    if inside:
        times = ", ".join(f"{p.sampled_s:.0f}" for p in inside)
        return all(map(within, inside)), f"pieces of {times} s"
    known = [abs(p.sampled_s - roll.ended_s) for p in pieces]
    if not known or min((abs(at - roll.ended_s) for at in open_s), default=math.inf) < min(known):
        return None
    nearest = pieces[known.index(min(known))]
    return within(nearest), f"piece of {nearest.sampled_s:.0f} s, {min(known):.0f} s from its end"
