"""When a process that failed is started again, and when no more. Time comes in as an argument."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

BACKOFF_FIRST_S, BACKOFF_MOST_S = 0.1, 30.0
JITTER = 0.2
FAILURES, WINDOW_S = 5, 60.0


def backoff_s(failures: int, jitter: float) -> float:
    """Wait before the next start after `failures` in a row; `jitter` in -1..1 moves it by up to a
    fifth.

    >>> [backoff_s(n, 0.0) for n in (1, 2, 3, 20)]
    [0.1, 0.2, 0.4, 30.0]
    """
    plain = min(BACKOFF_MOST_S, BACKOFF_FIRST_S * 2.0 ** min(failures - 1, 20))
    return min(BACKOFF_MOST_S, plain * (1.0 + JITTER * jitter))


@dataclass
class Schedule:
    """Failures of one process and what follows from them.

    An episode begins with a failure and ends when the process has run for a minute, or a person
    releases it. What is told of an episode is told once.

    Attributes
    ----------
    release_after_s:
        A process that is out is tried again after this, s; never when nothing.
    start_at_s:
        When its next start is due; nothing while it runs or is out for good.
    out:
        Given up: it failed `FAILURES` times within `WINDOW_S`.

    >>> schedule = Schedule()
    >>> schedule.started(0.0)
    >>> schedule.failed(1.0, jitter=0.0)
    False
    >>> schedule.start_at_s
    1.1
    """

    release_after_s: float | None = None
    start_at_s: float | None = None
    started_s: float = 0.0
    out: bool = False
    in_a_row: int = 0
    failed_s: deque[float] = field(default_factory=lambda: deque(maxlen=FAILURES))
    _told: set[str] = field(default_factory=set)

    def started(self, now_s: float) -> None:
        """It has been started."""
        if self.out:
            self.forget()
        self.started_s, self.start_at_s = now_s, None

    def failed(self, now_s: float, jitter: float) -> bool:
        """Note a failure and plan the next start; true when it is given up instead."""
        if self.in_a_row and self._well(now_s):
            self.forget()
        self.in_a_row += 1
        self.failed_s.append(now_s)
        if len(self.failed_s) == FAILURES and now_s - self.failed_s[0] <= WINDOW_S:
            self.out = True
            after_s = self.release_after_s
            self.start_at_s = None if after_s is None else now_s + after_s
            return True
        self.start_at_s = now_s + backoff_s(self.in_a_row, jitter)
        return False

    def _well(self, now_s: float) -> bool:
        """Has it run for a minute?"""
        return now_s - self.started_s > WINDOW_S

    def due(self, now_s: float) -> bool:
        """Is its next start due?"""
        return self.start_at_s is not None and now_s >= self.start_at_s

    def forget(self) -> None:
        """A new episode."""
        self.out, self.in_a_row = False, 0
        self.failed_s.clear()
        self._told.clear()

    def to_tell(self, what: str, now_s: float) -> bool:
        """Is this the first time in the episode that there is `what` to tell?"""
        if self._well(now_s):
            self.forget()
        if what in self._told:
            return False
        self._told.add(what)
        return True
