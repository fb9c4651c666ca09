"""What a ledger says of lapsed leases, fallbacks, returns and missed ticks."""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linewright import _core
from live_line import BASE_HZ, RATE_PER_S, RESOLUTION


@dataclass(frozen=True)
class Row:
    seq: int
    tick: int
    mono_ns: int
    kind: str
    station: str
    body: dict[str, Any]

    @property
    def asked(self) -> dict[str, Any]:
        """What the command of this row asked for; empty when it is of no command."""
        command = self.body.get("command") if self.kind == "refused" else self.body
        return (command or {}).get("action") or {}

    @property
    def action(self) -> str:
        """Kind of what it asked for."""
        return str(self.asked.get("do", ""))

    @property
    def applied(self) -> bool:
        """Is it a command that was taken?"""
        return self.body.get("status") in ("applied", "advisory", "limited")

    @property
    def epoch(self) -> int:
        """Epoch of the command's sender."""
        told = self.body.get("id")  # of an intent it is the number of its write
        return int(told["epoch"]) if isinstance(told, dict) else 0


@dataclass(frozen=True)
class Fallback:
    """One lapse. Ticks; `late` counts from the last tick of the lease, ticks left out apart."""

    lapse: Row
    late: int
    late_raw: int
    write_late: int
    back_ns: int
    """Monotonic time at which the next lease was given."""
    back_epoch: int


class Ledger:
    """All rows of a ledger whose chain is whole."""

    def __init__(self, path: Path) -> None:
        _core.ledger_verify(str(path))
        self.rows = [
            Row(r["seq"], r["tick"], r["mono_ns"], r["kind"], r["station"], body_of(r["body"]))
            for r in _core.ledger_rows(str(path))
        ]
        started = [i for i, r in enumerate(self.rows) if r.kind == "start" and not r.station]
        start = max(started)
        self.rows = self.rows[start:]
        timed = sorted((r.mono_ns, r.tick) for r in self.rows[1:] if r.mono_ns)
        self._ns = [ns for ns, _ in timed]
        self._ticks = [tick for _, tick in timed]
        self.missed = [
            (r.body["first_tick"], r.body["missed_ticks"])
            for r in self.rows
            if r.kind == "tally" and "missed_ticks" in r.body
        ]

    def tick_at(self, mono_ns: int) -> int:
        """Tick of a time of the monotonic clock, by the row before it."""
        at = max(0, bisect_right(self._ns, mono_ns) - 1)
        return self._ticks[at] + (mono_ns - self._ns[at]) * BASE_HZ // 1_000_000_000

    def missed_in(self, first: int, last: int) -> int:
        """Ticks left out in `first..=last`."""
        return sum(
            max(0, min(last + 1, start + count) - max(first, start)) for start, count in self.missed
        )

    def lapses(self) -> list[Row]:
        """Rows of leases not renewed in time."""
        return [r for r in self.rows if r.kind == "lease" and r.body.get("lapsed")]

    def fallback(self, after_ns: int) -> Fallback:
        """The lapse after a time, and what followed: state, write, result, next lease."""
        lapse = next(r for r in self.lapses() if r.mono_ns > after_ns)
        ends = int(lapse.body["until_tick"])
        later = [r for r in self.rows if r.seq > lapse.seq]
        state = next(r for r in later if r.kind == "mode" and r.body.get("to") == "fallback")
        assert state.body["cause"] == "lease_lapsed", state
        write = next(r for r in later if r.kind == "intent" and not r.body["advisory"])
        assert write.body["origin"] == "fallback", write
        results = [r for r in later if r.kind in ("result", "readback")]
        assert any(r.body["written_tick"] == write.tick for r in results), write
        back = next(r for r in later if r.action == "acquire" and r.applied)
        return Fallback(
            lapse=lapse,
            late=state.tick - ends - self.missed_in(ends + 1, state.tick),
            late_raw=state.tick - ends,
            write_late=write.tick - ends - self.missed_in(ends + 1, write.tick),
            back_ns=back.mono_ns,
            back_epoch=back.epoch,
        )

    def check_needs_arm(self) -> int:
        """From each lapse to the next arm no loop writes and nothing is closed; how many."""
        lapsed = 0
        out = False
        for row in self.rows:
            if row.kind == "lease" and row.body.get("lapsed"):
                lapsed, out = lapsed + 1, True
            elif row.action == "arm" and row.applied:
                out = False
            elif out:
                assert not (row.kind == "mode" and row.body.get("to") == "closed"), row
                by_loop = row.kind == "intent" and row.body["origin"] == "loop"
                assert not (by_loop and not row.body["advisory"]), row
        return lapsed

    def check_rates(self) -> int:
        """Every write moves by no more than the rate allows in two cycles; how many writes."""
        most = 2.0 * RATE_PER_S / BASE_HZ + 0.5 * RESOLUTION + 1e-9
        writes = [r for r in self.rows if r.kind == "intent" and not r.body["advisory"]]
        for row in writes:
            assert abs(row.body["value"] - row.body["before"]) <= most, row
        return len(writes)

    def applied_of(self, epoch: int) -> list[Row]:
        """Commands of a sender's epoch that were taken, operators' apart."""
        return [r for r in self.rows if r.station and r.epoch == epoch and r.applied]

    def epoch_at(self, mono_ns: int) -> int:
        """Epoch the lease of the calender was given to last, before a time."""
        given = [r for r in self.rows if r.action == "acquire" and r.applied]
        return next(r.epoch for r in reversed(given) if r.mono_ns <= mono_ns)


def body_of(text: Any) -> dict[str, Any]:
    """The body of a row, read."""
    body: dict[str, Any] = json.loads(text) if isinstance(text, str) else text
    return body
