"""Events without loss: what did not come over the bus is fetched from the ledger, by row, before
anything newer is given to the station."""

from __future__ import annotations

from collections import deque

from linewright import messages as m

BEYOND = 2**63 - 1
"""No ledger has such a row: the answer states the newest."""
ASK_S = 0.25
"""A page that does not come, or is behind what is known to exist, is asked for again after this."""
CHECK_S = 2.0
"""The ledger is looked at as often anyway: a lost last event has no later one to show it."""
GIVE_UP_S = 3.0
"""A ledger that cannot be read for so long does not keep live events from the station."""
MAX_HELD = 4096


class Resume:
    """Puts the events of one station in order: each once, those of a topic by row.

    Live events pass while they follow on. After a join, or when an event's number in its topic
    shows a gap, live ones wait, and pages of the ledger are asked for from the last row up to which
    all was handled.

    Attributes
    ----------
    row:
        Row of the ledger up to which everything was handled; nothing before the first page.
    fetched:
        Events that came from the ledger.
    """

    def __init__(self) -> None:
        self.row: int | None = None
        self.fetched = 0
        self._newest: dict[str, tuple[int, int]] = {}
        self._held: deque[m.Event] = deque()
        self._catching = False
        self._gap_row = 0
        """Row of the newest event that showed a gap before it."""
        self._asked_s = float("-inf")
        self._check_s = float("inf")
        self._handled: set[int] = set()
        self._paged_s = float("inf")
        self._stated: set[str] = set()
        """Topics of which only the number before the join is known."""
        self._first_row: dict[str, int] = {}
        """Row of the first event after the join, by topic: what is older happened before it, and
        may reach the ledger only now."""

    def joined(self, now_s: float) -> None:
        """The bus has taken the station, for the first time or again."""
        self._catching = True
        self._asked_s = float("-inf")
        self._check_s = now_s + CHECK_S

    def numbers(self, snapshot: m.Snapshot) -> None:
        """Take the numbers a join states; those of a topic already known stay."""
        for name, stated in snapshot.numbers.items():
            if name not in self._newest:
                self._newest[name] = (stated[0], stated[1])
                self._stated.add(name)

    def wants(self, now_s: float) -> int | None:
        """Row to fetch from, when it is time to ask."""
        due = now_s >= self._check_s
        if not (due or (self._catching and now_s - self._asked_s >= ASK_S)):
            return None
        if self._catching:
            self._paged_s = min(self._paged_s, now_s)
        self._asked_s = now_s
        self._check_s = now_s + CHECK_S
        return BEYOND if self.row is None else self.row

    def give_up(self, now_s: float) -> list[m.Event]:
        """What was held, when the ledger has not answered for too long: late is better than
        never. It is asked again with the next gap."""
        if not self._catching or now_s - self._paged_s < GIVE_UP_S:
            return []
        self._catching = False
        self._paged_s = float("inf")
        given = [event for event in self._held if self._is_new(event)]
        self._held.clear()
        return given

    def _is_new(self, event: m.Event) -> bool:
        """Note an event as handled; false when it was already."""
        if event.id in self._handled or (self.row is not None and event.id <= self.row):
            return False
        self._handled.add(event.id)
        return True

    def event(self, header: m.Header, event: m.Event) -> list[m.Event]:
        """Take a live event; what is to be given to the station now."""
        number = (header.epoch, header.seq)
        before = self._newest.get(event.name)
        self._newest[event.name] = max(number, before or number)
        if event.name in self._stated:
            self._stated.discard(event.name)
            if _follows(before, number):
                self._first_row[event.name] = event.id
        if not _follows(before, number):
            self._catching = True
            self._gap_row = event.id
        if self._catching:
            self._held.append(event)
            while len(self._held) > MAX_HELD:
                self._held.popleft()
            return []
        return [event] if self._is_new(event) else []

    def page(self, page: m.Page) -> list[m.Event]:
        """Take a page; what is to be given to the station now."""
        self._paged_s = float("inf")
        if self.row is None:
            first = self._held[0].id - 1 if self._held else page.next
            self.row = min(page.next, first)
        first_row = self._first_row
        owed = [e for e in page.events if e.id >= first_row.get(e.name, 0)]
        given = [event for event in owed if self._is_new(event)]
        self.fetched += len(given)
        self.row = max(self.row, page.next)
        self._handled = {row for row in self._handled if row > self.row}
        if page.next < page.newest:
            self._asked_s = float("-inf")
            self._catching = True
            return given
        if self._gap_row > page.newest + 1:
            return given  # what is missing before it is not on disk yet
        self._catching = False
        given += [event for event in self._held if self._is_new(event)]
        self._held.clear()
        return given


def _follows(before: tuple[int, int] | None, number: tuple[int, int]) -> bool:
    """Does a number follow on another? The first of an epoch does."""
    if before is not None and number[0] == before[0]:
        return number[1] <= before[1] + 1
    return number[1] == 1
