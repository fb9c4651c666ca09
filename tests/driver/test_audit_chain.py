"""J8: every line of the sink has an intent in the ledger and a result, known or not, whatever kills
the core."""

from __future__ import annotations

import math
import random
import time
from pathlib import Path

import pytest
from core_process import CoreProcess, bodies
from linewright import _core
from sink import Sink

EVERY_CYCLE = {"resolution = 0.01": "resolution = 0.0", "lease_s = 1.0": "lease_s = 60.0"}


def audit(ledger: Path, sink: Sink) -> dict[str, int]:
    """Compare the two books."""
    _core.ledger_verify(str(ledger))
    intents: dict[tuple[int, int], tuple[int, float]] = {}
    results: dict[tuple[int, int], int] = {}
    counts = {"recovered": 0, "unknown": 0, "intents": 0}
    for kind, session, body in bodies(ledger):
        key = (session, body.get("id", -1))
        if kind == "intent" and not body["advisory"]:
            assert key not in intents, f"{key} twice"
            intents[key] = (body["at_tick"], body["value"])
            counts["recovered"] += bool(body.get("recovered"))
        elif kind in ("result", "readback"):
            assert key in intents, f"a result of what was never meant: {key}"
            results[key] = results.get(key, 0) + 1
            counts["unknown"] += body.get("outcome") == "unknown"
    unexplained = [
        line
        for line in sink.lines
        if intents.get((line.session, line.id)) != (line.tick, line.value)
    ]
    assert not unexplained, unexplained[:5]
    without = [line for line in sink.lines if results.get((line.session, line.id)) != 1]
    assert not without, without[:5]
    counts["intents"] = len(intents)
    return counts


def kills(folder: Path, count: int, seed: int) -> None:
    draw = random.Random(seed)
    with CoreProcess(folder, EVERY_CYCLE) as core:
        sink = Sink(folder / "plant.sock", lambda ns: 50.0 + 20.0 * math.sin(ns * 1e-9))
        sink.start()
        for _ in range(count):
            core.start()
            core.close_loop()
            at = len(sink.lines)
            core.until(lambda at=at: len(sink.lines) > at + 20)
            time.sleep(draw.uniform(0.0, 0.5))
            core.kill()
        core.start()
        core.frames(0.2)
        assert core.stop() == 0
        assert not core.black_box.exists(), "gone with an orderly end"
        sink.end()
        counts = audit(core.ledger, sink)
        acted = sum(line.acted for line in sink.lines)
        print(f"\n  J8: {count} kills, {len(sink.lines)} sink lines, {acted} acted on, {counts}")
        assert acted > 20 * count
        assert counts["unknown"] >= count // 2, "a kill leaves a write without a result"
        assert sink.sessions == list(range(1, count + 2))


def test_j8_every_sink_line_is_explained_after_kill_9(tmp_path: Path) -> None:
    kills(tmp_path, 10, seed=8)


@pytest.mark.soak
def test_j8_a_hundred_thousand_commands(tmp_path: Path) -> None:
    kills(tmp_path, 300, seed=9)


def test_j8_an_orderly_end_leaves_nothing_open(tmp_path: Path) -> None:
    with CoreProcess(tmp_path, EVERY_CYCLE) as core:
        sink = Sink(tmp_path / "plant.sock")
        sink.start()
        core.start()
        core.close_loop()
        core.until(lambda: len(sink.lines) > 100)
        assert core.stop() == 0
        sink.end()
        counts = audit(core.ledger, sink)
        assert (counts["recovered"], counts["unknown"]) == (0, 0)
