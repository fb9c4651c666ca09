"""Loss, counted: sequence numbers per topic, the first and the last message included."""

from __future__ import annotations


class Gaps:
    """Watches (epoch, seq) per topic. A gap is counted once, when the next number of the topic is
    seen.

    >>> gaps = Gaps()
    >>> [gaps.seen("a", 1, n) for n in (4, 5, 8)], gaps.lost("a")
    ([0, 0, 2], 2)
    """

    def __init__(self) -> None:
        self._last: dict[str, tuple[int, int]] = {}
        self._lost: dict[str, int] = {}

    def start(self, topic: str, epoch: int, seq: int) -> None:
        """State what was the newest number when the topic was joined (from a snapshot)."""
        self._last[topic] = (epoch, seq)

    def seen(self, topic: str, epoch: int, seq: int) -> int:
        """Note a message; the number of messages lost before it. A new epoch starts anew."""
        last = self._last.get(topic)
        self._last[topic] = (epoch, seq)
        if last is None or last[0] != epoch or seq <= last[1]:
            return 0
        lost = seq - last[1] - 1
        if lost:
            self._lost[topic] = self._lost.get(topic, 0) + lost
        return lost

    def beacon(self, newest: dict[str, int], epoch: int) -> int:
        """Note the newest numbers a beacon states; the number of messages lost at the ends of
        streams."""
        total = 0
        for topic, seq in newest.items():
            last = self._last.get(topic)
            if last is not None and last[0] == epoch and seq > last[1]:
                total += self.seen(topic, epoch, seq + 1)
                self._last[topic] = (epoch, seq)
        return total

    def lost(self, topic: str | None = None) -> int:
        """Messages lost on a topic, or on all of them."""
        return sum(self._lost.values()) if topic is None else self._lost.get(topic, 0)
