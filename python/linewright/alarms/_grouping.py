"""Which cause explains which detections, from those of the last hours."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from linewright.cause import Cause, Finding, Ranked, rank

LIKELY = 0.5
"""A cause that is likelier than all others together is named."""
KEEP = 8
"""Findings of one name that are remembered: the first of a spell and the latest say enough."""


class Findings:
    """What was detected lately, and what may have made it."""

    def __init__(self, causes: Iterable[Cause]) -> None:
        self._claims: dict[str, list[Cause]] = {}
        for cause in causes:
            for sign in cause.signs:
                self._claims.setdefault(sign.event, []).append(cause)
        self._seen: dict[str, deque[Finding]] = {}

    def note(self, finding: Finding) -> None:
        """Remember a detection that some cause claims."""
        if finding.event in self._claims:
            self._seen.setdefault(finding.event, deque(maxlen=KEEP)).append(finding)

    def claimed(self, event: str) -> bool:
        """Does any cause make it?"""
        return event in self._claims

    def likely(self, focus: Finding, now_s: float) -> Ranked | None:
        """The cause of `focus` when one is likely by all that is known until `now_s`."""
        causes = self._claims.get(focus.event)
        if not causes:
            return None
        events = dict.fromkeys(sign.event for cause in causes for sign in cause.signs)
        seen = [f for event in events for f in self._seen.get(event, ())]
        best = next(iter(rank(focus, seen, causes, now_s=now_s, top=1)), None)
        return best if best is not None and best.probability >= LIKELY else None
