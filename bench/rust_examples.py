"""What only Rust can measure: cargo examples, built for release, that print JSON."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from typing import Any

from bench._machine import ROOT
from bench._measure import Row, Spread


def _example(name: str, *arguments: str) -> Any:
    command = ["cargo", "run", "--quiet", "--release", "--locked", "-p", "linewright-runtime"]
    done = subprocess.run(
        [*command, "--example", name, "--", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def plan_rows(quick: bool) -> Iterator[Row]:
    """The executor against the same loop fused by hand."""
    del quick
    got = _example("plan_cost")
    if got["allocator_calls"]:
        raise RuntimeError(f"the plan called the allocator {got['allocator_calls']} times")

    def spread(of: dict[str, float]) -> Spread:
        return Spread(got["n_slices"], of["p50"], of["p99"], of["max"])

    for id_, name, what in (
        ("plan.fused", "plan", "plan of 12 operations, one cycle"),
        ("plan.hashed", "plan_with_cycle_hash", "the same with the hash a record needs"),
    ):
        yield Row(
            id=id_,
            what=what,
            against="the same arithmetic fused by hand in Rust",
            kind="floor",
            unit="ns per cycle",
            ours=spread(got[name]),
            theirs=spread(got["hand_fused"]),
            method=got["method"],
            goal="at most 4" if id_ == "plan.fused" else "",
            facts={
                "allocator_calls": got["allocator_calls"],
                "allocator_calls_in_cycles": got["allocator_calls_in_cycles"],
                "cycles_per_slice": got["cycles_per_slice"],
            },
        )


def ledger_rows(quick: bool) -> Iterator[Row]:
    """The ledger against the bare disk."""
    del quick
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "bench" / "results") as folder:
        got = _example("ledger_cost", folder)
    single, ledger = got["single"], got["ledger"]
    sync = Spread(**single["fdatasync_us"])
    yield Row(
        id="ledger.single",
        what="one row appended and committed, synced",
        against="fdatasync of 4 KiB overwritten",
        kind="floor",
        unit="us",
        ours=Spread(**single["ledger_single_us"]),
        theirs=sync,
        method="one of each in turn, same disk, same thread",
        goal="at most 1.3",
    )
    ack = ledger["ledger_group_ack_ms"]
    rows_per_group = ledger["rows"] // ack["n"]
    yield Row(
        id="ledger.grouped",
        what="a row of a group, appended, hashed, committed, synced",
        against="fdatasync for each row",
        kind="floor",
        unit="us per row",
        ours=Spread(ack["n"], *(1e3 * ack[key] / rows_per_group for key in ("p50", "p99", "max"))),
        theirs=sync,
        method="groups one after another, then the syncs of the row above; same run, same disk",
        goal="200,000 rows/s",
        facts={
            "rows_per_s": round(ledger["ledger_rows_per_s"]),
            "rows_per_group": rows_per_group,
            "body_bytes": ledger["body_bytes"],
            "group_ack_ms": ack,
            "verify_rows_per_s": round(ledger["verify_rows_per_s"]),
        },
    )
