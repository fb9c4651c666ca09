"""Loss, counted: numbers per topic and epoch, the first and the last message included."""

from __future__ import annotations

from linewright.topics import matches


class Gaps:
    """Watches (epoch, number) per topic. A loss is counted once: when a later number of the topic
    is seen, or when a beacon states one.

    Numbers of an epoch begin at 1, so after a join (`start`, `joined`) a new topic or epoch whose
    first messages were lost shows it, and a beacon tells where an epoch ended.

    >>> gaps = Gaps()
    >>> [gaps.seen("a", 1, n) for n in (4, 5, 8)], gaps.lost("a")
    ([0, 0, 2], 2)
    >>> gaps.seen("a", 2, 2), gaps.beacon({"a": [2, 3, 1, 9]}), gaps.lost()
    (1, 2, 5)
    >>> gaps.seen("b", 1, 10, count=10), gaps.seen("b", 1, 22, count=10), gaps.received
    (0, 2, 24)

    Parameters
    ----------
    prefixes:
        Topics listened to; a beacon also names others.
    """

    def __init__(self, prefixes: tuple[str, ...] = ("",)) -> None:
        self._prefixes = prefixes
        self._counted: dict[str, dict[int, int]] = {}
        self._lost: dict[str, int] = {}
        self._joined = False
        self.received = 0
        """Messages that came and were new."""
        self.unknown = 0
        """Epochs whose end nobody can tell any more: what came after the last message seen."""

    def start(self, topic: str, epoch: int, seq: int) -> None:
        """State what was the newest number when the topic was joined (from a snapshot)."""
        self._counted.setdefault(topic, {epoch: seq})

    def joined(self) -> None:
        """The join is complete: whatever topic turns up now has begun since."""
        self._joined = True

    def seen(self, topic: str, epoch: int, seq: int, count: int = 1) -> int:
        """Note messages, `count` of them up to `seq`; the number of messages lost before them."""
        counted = self._counted.get(topic)
        if counted is None:
            first = 0 if self._joined else seq - count
            counted = self._counted[topic] = {epoch: first}
        elif epoch not in counted:
            if epoch < max(counted, default=0):
                return 0
            counted[epoch] = 0
        new = seq - counted[epoch]
        if new <= 0:
            return 0
        counted[epoch] = seq
        self.received += min(new, count)
        return self._add(topic, max(0, new - count))

    def beacon(self, numbers: dict[str, list[int]]) -> int:
        """Note the newest numbers a beacon states (`epoch, seq, earlier epoch, its last seq...`);
        the number of messages lost at the ends of streams."""
        total = 0
        for topic, stated in numbers.items():
            counted = self._counted.get(topic)
            if counted is None:
                if not (self._joined and matches(topic, self._prefixes)):
                    continue
                counted = self._counted[topic] = {}
            ends = dict(zip(stated[::2], stated[1::2], strict=True))
            first = min(counted, default=0)
            for epoch, end in ends.items():
                if epoch >= first:
                    total += self._add(topic, max(0, end - counted.get(epoch, 0)))
                    counted[epoch] = max(end, counted.get(epoch, 0))
            for epoch in [e for e in counted if e not in ends and e < stated[0]]:
                del counted[epoch]
                self.unknown += 1
            for epoch in [e for e in counted if e < stated[0]]:
                del counted[epoch]
        return total

    @property
    def open(self) -> int:
        """Epochs that are over and whose end no beacon has stated yet."""
        return sum(len(counted) - 1 for counted in self._counted.values() if counted)

    def _add(self, topic: str, lost: int) -> int:
        if lost:
            self._lost[topic] = self._lost.get(topic, 0) + lost
        return lost

    def lost(self, topic: str | None = None) -> int:
        """Messages lost on a topic, or on all of them."""
        return sum(self._lost.values()) if topic is None else self._lost.get(topic, 0)
