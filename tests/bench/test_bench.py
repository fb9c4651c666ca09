"""`python -m bench --quick` runs and says what it should; no time is judged here."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("LINEWRIGHT_DATA", ROOT.parent / "shared" / "data"))
MACHINE = {
    "cpu",
    "cores",
    "virtual_machine",
    "kernel",
    "governor",
    "sched_fifo",
    "cpu_dma_latency",
    "load_average",
    "versions",
    "git",
    "uncommitted",
}
IDS = {
    "kernel.ewma.floor",
    "kernel.shewhart.floor",
    "kernel.cusum.floor",
    "kernel.kalman.floor",
    "kernel.butterworth.floor",
    "kernel.cusum.python",
    "kernel.butterworth.scipy",
    "lanes.detectors.64",
    "lanes.filter.16.scipy",
    "lanes.filter.64.scipy",
    "lanes.filter.256.scipy",
    "lanes.rack.15000",
    "block.16",
    "block.256",
    "block.4096",
    "block.65536",
    "recording.inline",
    "record.cost",
    "replay",
    "recording.bus",
    "bus.command",
    "bus.barrier",
    "bus.ten_fields",
    "bus.telemetry",
    "bus.reaction",
    "startup.import",
    "startup.help",
    "vision.rules",
    "vision.surface",
    "dispatch.line.decision",
    "recipe_gate.verdict",
    "twin.day",
}
OF_PEERS = {
    "filterpy": {
        "kernel.kalman_filter.state_as_a_tuple",
        "kernel.kalman_filter.state_into_an_array",
        "kernel.kalman_filter.all_outputs_into_an_array",
    },
    "numba": {"lanes.filter.16.numba", "lanes.filter.64.numba", "lanes.filter.256.numba"},
}
"""Rows that come with a peer, where it is installed."""
INSTANCES = DATA / "job_shop_agv" / "bilge_ulusoy.json"
if INSTANCES.is_file():
    IDS |= {"dispatch.job_shop.makespan", "dispatch.job_shop.decision"}
for _peer, _rows in OF_PEERS.items():
    if importlib.util.find_spec(_peer) is not None:
        IDS |= _rows


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    done = bench("--quick", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_row_is_a_ratio_of_two_measurements(document: dict[str, Any]) -> None:
    rows = document["rows"]
    assert {row["id"] for row in rows} == IDS
    assert len(rows) == len(IDS)
    for row in rows:
        assert row["kind"] in ("peer", "floor"), row
        assert row["unit"], row
        assert row["method"], row
        for side in (row["ours"], row["theirs"]):
            assert side["n"] >= 1
            assert all(math.isfinite(side[key]) for key in ("p50", "p99", "max"))
            assert side["p50"] <= side["p99"] <= side["max"]
        assert row["ratio"] == pytest.approx(row["ours"]["p50"] / row["theirs"]["p50"])


def test_the_machine_is_named(document: dict[str, Any]) -> None:
    assert document["machine"].keys() >= MACHINE
    assert document["quick"] is True
    assert set(document["machine"]["versions"]) >= {"linewright", "numpy", "scipy", "pyzmq"}


def test_counts_of_the_recording_stand_beside_its_times(document: dict[str, Any]) -> None:
    rows = {row["id"]: row["facts"] for row in document["rows"]}
    assert rows["recording.inline"]["rows"] == 20_000
    assert rows["recording.inline"]["shifts"] > 0
    assert rows["recording.bus"]["shifts"] > 0


def test_an_unknown_group_is_refused_by_name() -> None:
    done = bench("--quick", "kernel")
    assert done.returncode == 2
    assert "kernel" in done.stderr
    assert "kernels" in done.stderr


def test_dispatch_stays_near_the_proven_optima(document: dict[str, Any]) -> None:
    if not INSTANCES.is_file():
        pytest.skip(f"no {INSTANCES}")
    rows = {row["id"]: row["facts"] for row in document["rows"]}
    facts = rows["dispatch.job_shop.makespan"]
    assert facts["instances"] == 10
    assert 0.0 <= facts["mean_gap_pct"] <= 10.0
    assert facts["mean_gap_pct"] < facts["bare_mean_gap_pct"]
