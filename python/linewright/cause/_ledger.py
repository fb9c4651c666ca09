"""Detections as the ledger has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from linewright.cause._rank import Finding


def findings(rows: Iterable[Mapping[str, Any]], base_hz: float) -> list[Finding]:
    """The detections among ledger rows, in their order.

    The onset is the publication less the `age` (s) among the evidence, where the detector tells
    one; the direction is the sign of `direction`.

    >>> row = {"kind": "detection", "tick": 300,
    ...        "body": {"name": "coater.pump_slip", "evidence": {"age": 2.5, "direction": -1.0}}}
    >>> findings([row], 30.0)
    [Finding(event='coater.pump_slip', at_s=10.0, onset_s=7.5, direction=-1)]
    """
    found = []
    for row in rows:
        if row["kind"] != "detection":
            continue
        body = row["body"]
        evidence = body.get("evidence") or {}
        at_s = row["tick"] / base_hz
        way = evidence.get("direction") or 0.0
        found.append(
            Finding(
                event=body["name"],
                at_s=at_s,
                onset_s=at_s - (evidence.get("age") or 0.0),
                direction=(way > 0.0) - (way < 0.0),
            )
        )
    return found
