"""The newest number of every topic, by the epoch of whoever numbers it, and where earlier epochs
ended: what a listener needs to count its losses to the last message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

EARLIER_KEPT = 4
CHUNK = 1000
"""Topics in one beacon or snapshot: well below the wire's limits on length and elements."""


class Numbers:
    """Numbers by topic: `[epoch, seq, earlier epoch, its last seq, ...]`, newest epoch first.

    >>> numbers = Numbers()
    >>> [numbers.note(b"a", epoch, seq) for epoch, seq in ((1, 1), (1, 2), (2, 1), (1, 3))]
    [1, 1, 1, 0]
    >>> numbers.of(b"a")
    [2, 1, 1, 2]
    >>> numbers.note(b"a", 2, 5, count=5), numbers.of(b"a")
    (4, [2, 5, 1, 2])
    """

    def __init__(self) -> None:
        self._newest: dict[bytes, list[int]] = {}

    def __len__(self) -> int:
        return len(self._newest)

    def __iter__(self) -> Iterator[bytes]:
        return iter(sorted(self._newest))

    def note(self, topic: bytes, epoch: int, seq: int, count: int = 1) -> int:
        """Note messages, `count` of them up to `seq`; how many are newer than what was seen of
        their topic."""
        known = self._newest.get(topic)
        if known is None:
            self._newest[topic] = [epoch, seq]
            return count
        if epoch == known[0]:
            fresh = min(count, seq - known[1])
            known[1] = max(seq, known[1])
            return max(0, fresh)
        if epoch < known[0]:
            return 0
        known[:0] = (epoch, seq)
        del known[2 * (1 + EARLIER_KEPT) :]
        return count

    def of(self, topic: bytes) -> list[int]:
        """Numbers of one topic; empty when nothing was seen of it."""
        return self._newest.get(topic, [])

    def chunks(self, topics: Iterable[bytes] | None = None) -> Iterator[dict[str, list[int]]]:
        """Numbers of these topics (of all), in pieces one frame holds; at least one piece."""
        wanted = sorted(self._newest if topics is None else topics)
        for at in range(0, max(1, len(wanted)), CHUNK):
            yield {name.decode(): list(self.of(name)) for name in wanted[at : at + CHUNK]}

    def newest(self) -> dict[str, int]:
        """Newest number by topic, for status."""
        return {name.decode(): known[1] for name, known in sorted(self._newest.items())}
