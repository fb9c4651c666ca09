"""The thread that follows a line: rows from the ledger file, samples and status from the bus.

It only reads: the file read-only, by number; telemetry as any listener; the status as anybody may
ask for it. Nothing of the line waits for it. What it has not kept up with is dropped by the bus,
counted, and made good by a snapshot.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from linewright import _core
from linewright import messages as m
from linewright.bus import Operator, Subscriber
from linewright.bus._peers import SUPERVISOR
from linewright.hmi._alarmlist import AlarmList
from linewright.hmi._digest import SHOWN, Digest
from linewright.hmi._figures import Figures
from linewright.hmi._ring import Ring
from linewright.hmi._where import Where, find

ROUND_S = 0.1
STATUS_S = 0.5
FILE_S = 0.25
"""How often the ledger is looked at."""
SILENT_S = 2.0
"""Without an answer for as long the line is shown as not answering, and the bus is tried anew."""
FAULT_S = 2.0
"""After a fault of its own it waits for as long."""
PIECE = 5000
ROWS_KEPT = 4000
TOPICS_MOST = 1000
SAMPLES_A_ROUND = 4000
"""More are left to the bus to drop: a simulated line runs faster than anybody can look."""


class Follower:
    """What is known of the line now. Everything is read and changed under `lock`."""

    def __init__(self, where: Where, *, kept: int = ROWS_KEPT) -> None:
        self.where = where
        self.lock = threading.Lock()
        self.digest = Digest()
        self.rows: deque[dict[str, Any]] = deque(maxlen=kept)
        self.floor = 0
        """Rows up to here are no longer kept in memory."""
        self.scanned = 0
        """Every row up to here has been looked at."""
        self.books = 0
        """Rises when another ledger stands in the place of the one that was followed."""
        self.rings: dict[str, Ring] = {}
        self.newest: dict[str, tuple[float, float, int, str]] = {}
        """By topic: line time s, value, quality, unit."""
        self.status: dict[str, Any] | None = None
        self.processes: dict[str, Any] = {}
        self.answered_s = float("-inf")
        self.lost_samples = 0
        self.ready = threading.Event()
        self.alarms = AlarmList(where)
        self.figures = Figures()
        self.error = ""
        self._woken: Callable[[], None] = lambda: None
        self._ends = threading.Event()
        self._thread: threading.Thread | None = None
        self._operator: Operator | None = None
        self._subscriber: Subscriber | None = None
        self._asked_s = self._read_s = float("-inf")

    @property
    def live(self) -> bool:
        """Does the line answer?"""
        return time.monotonic() - self.answered_s < SILENT_S

    def start(self, woken: Callable[[], None]) -> None:
        """Begin to follow; `woken` is called from the thread after each round with news."""
        self._woken = woken
        self._thread = threading.Thread(target=self._run, name="hmi-follow", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._ends.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._ends.is_set():
            try:
                if self.round():
                    self._woken()
            except Exception as error:  # it must go on: whatever it was, the next look may be good
                self.error = f"{type(error).__name__}: {error}"
                print(f"linewright: page: {self.error}", file=sys.stderr, flush=True)
                self._ends.wait(FAULT_S)
            self._ends.wait(ROUND_S)
        self._hang_up()

    def round(self) -> bool:
        """One look at everything; is there news?"""
        now_s = time.monotonic()
        news = False
        if now_s - self._read_s >= FILE_S:
            self._read_s = now_s
            try:
                news = self.read_rows()
                self.figures.look(self.where.ledger)
                self.error = ""
            except _core.LedgerError as error:
                self.error = str(error)
        self._listen(now_s)
        return news or self._subscriber is not None

    # -- the ledger ----------------------------------------------------------------------------

    def read_rows(self) -> bool:
        """Take what the ledger has beyond the last look; was there anything?"""
        path = self.where.ledger
        if not path.exists():
            self.ready.set()
            return False
        newest = _core.ledger_newest(str(path))
        if newest < self.scanned:
            self._begin_anew()
        took = newest > self.scanned
        while self.scanned < newest and not self._ends.is_set():
            until = min(newest, self.scanned + PIECE)
            rows = read_shown(path, self.scanned, until)
            with self.lock:
                for row in rows:
                    self._take(row)
                self.scanned = until
        self.ready.set()
        return took

    def _begin_anew(self) -> None:
        with self.lock:
            self.digest, self.scanned, self.floor = Digest(), 0, 0
            self.rows.clear()
            self.alarms.clear()
            self.figures.clear()
            self.books += 1

    def _take(self, row: dict[str, Any]) -> None:
        self.digest.take(row)
        if len(self.rows) == self.rows.maxlen:
            self.floor = self.rows[0]["seq"]
        shown = {name: row[name] for name in ("seq", "tick", "kind", "station", "body")}
        shown["time_s"] = self.digest.time_s(row["tick"])
        self.rows.append(shown)
        self.alarms.take(row)
        self.figures.take(row)

    def after(self, seq: int) -> tuple[list[dict[str, Any]], int] | None:
        """Rows beyond `seq` that are kept and how far that reaches; nothing when `seq` lies before
        what is kept."""
        with self.lock:
            if seq < self.floor:
                return None
            found = []
            for row in reversed(self.rows):
                if row["seq"] <= seq:
                    break
                found.append(row)
            return found[::-1], max(seq, self.scanned)

    # -- the bus -------------------------------------------------------------------------------

    def _listen(self, now_s: float) -> None:
        if self._operator is None:
            if not self.where.may_run or now_s - self._asked_s < STATUS_S:
                return
            self._asked_s = now_s
            self._connect()
            return
        self._samples()
        for frame in self._operator.receive():
            _, message = m.decode(frame)
            if isinstance(message, m.Status):
                self._take_status(json.loads("".join(message.json)))
        if now_s - self._asked_s >= STATUS_S:
            self._asked_s = now_s
            self._operator.send([self._operator.frame(m.StatusRequest())])
        if now_s - self.answered_s > 2 * SILENT_S and not self.where.may_run:
            self._hang_up()

    def _connect(self) -> None:
        """The bus is there: its line file may be another than that of the last run."""
        run_dir = self.where.run_dir
        assert run_dir is not None
        try:
            self.where = find(run_dir)
            self._operator = Operator(run_dir)
            prefixes = tuple(sorted(self.where.facts.stations)) if self.where.facts else ()
            self._subscriber = Subscriber(run_dir, prefixes)
        except (OSError, ValueError) as error:
            self.error = str(error)
            self._hang_up()

    def _hang_up(self) -> None:
        for end in (self._operator, self._subscriber):
            if end is not None:
                end.close()
        self._operator = self._subscriber = None

    def _samples(self) -> None:
        assert self._subscriber is not None
        for _ in range(SAMPLES_A_ROUND):
            got = self._subscriber.receive()
            if got is None:
                break
            name, header, message = got
            if isinstance(message, m.Sample):
                at_s = message.tick / (self.digest.base_hz or 1.0)
                with self.lock:
                    self._sample(name, at_s, message, header.quality)
        self.lost_samples = self._subscriber.gaps.lost()

    def _sample(self, name: str, at_s: float, sample: m.Sample, quality: int) -> None:
        ring = self.rings.get(name)
        if ring is None:
            if len(self.rings) >= TOPICS_MOST:
                return
            ring = self.rings[name] = Ring()
        ring.put(at_s, sample.value)
        self.newest[name] = (at_s, sample.value, quality, sample.unit)

    def _take_status(self, status: dict[str, Any]) -> None:
        run_dir: Path | None = self.where.run_dir
        processes: dict[str, Any] = {}
        if run_dir is not None:
            try:
                processes = json.loads((run_dir / SUPERVISOR).read_text())
            except (OSError, ValueError):
                processes = {}
        with self.lock:
            self.status, self.processes = status, processes
            self.answered_s = time.monotonic()
            if core := status.get("core"):
                self.alarms.advance(core["tick"] / core["base_hz"])


def read_shown(path: Path, since: int, until: int) -> list[dict[str, Any]]:
    """Rows of the kinds a page follows, from the file."""
    return _core.ledger_rows(str(path), since=since, until=until, kinds=list(SHOWN))
