"""What each machine of a line made in a shift, and what the units that are not good are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from linewright.value.made_of import KINDS, Chain, Kind, Units

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Made:
    """Units of one machine."""

    machine: str
    units: int
    good: int
    amount: float
    lost: float
    unit: str
    """Of `amount` and `lost`."""


@dataclass(frozen=True, kw_only=True)
class NotGood:
    """A unit that is not good."""

    machine: str
    unit: str
    at_s: float
    why: str
    made_of: str
    """From which units, as far as it is known."""


def lost_of(body: Mapping[str, Any], amount: float) -> float:
    """How much of a unit is lost: what it says, else all of one that is not good.

    >>> lost_of({"good": False, "scrap": 3}, 320.0), lost_of({"good": False}, 2000.0)
    (3.0, 2000.0)
    """
    scrap = body.get("scrap")
    if isinstance(scrap, int | float) and 0.0 <= scrap <= amount:
        return float(scrap)
    return 0.0 if body.get("good") else amount


def made_by(rows: Iterable[Row]) -> tuple[Made, ...]:
    """What `production` rows tell, by machine in the order of their first unit.

    >>> rows = [{"kind": "production", "station": "welder", "body": {"machine": "welder",
    ...         "unit": f"lot {n}", "good": n < 2, "amount": 320.0, "amount_unit": "cells",
    ...         "scrap": 4.0}} for n in (1, 2)]
    >>> made_by(rows)
    (Made(machine='welder', units=2, good=1, amount=640.0, lost=8.0, unit='cells'),)
    """
    found: dict[str, Made] = {}
    for row in rows:
        if row["kind"] != "production":
            continue
        body = row["body"]
        machine, good = str(body.get("machine") or row["station"]), bool(body.get("good"))
        amount = float(body.get("amount") or 1.0)
        before = found.get(machine)
        found[machine] = Made(
            machine=machine,
            units=1 + (before.units if before else 0),
            good=good + (before.good if before else 0),
            amount=amount + (before.amount if before else 0.0),
            lost=lost_of(body, amount) + (before.lost if before else 0.0),
            unit=str(body.get("amount_unit", "")),
        )
    return tuple(found.values())


def not_good(rows: Sequence[Row], all_rows: Sequence[Row]) -> tuple[NotGood, ...]:
    """Units of `rows` that are not good; what they are made of is looked for in `all_rows`."""
    units = Units(row for row in all_rows if row["kind"] == "production")
    return tuple(
        NotGood(
            machine=str(body.get("machine")),
            unit=str(body.get("unit")),
            at_s=float(body.get("at_s") or 0.0),
            why=str(body.get("why", "")),
            made_of=_words(units, str(body.get("machine")), str(body.get("unit"))),
        )
        for body in (row["body"] for row in rows if row["kind"] == "production")
        if not body.get("good")
    )


def _words(units: Units, machine: str, unit: str) -> str:
    name, _, number = unit.rpartition(" ")
    kind: Kind | None = next((k for k in KINDS if k == name), None)
    if kind is None or not number.isdigit():
        return ""
    return told(units.back(kind, int(number)), machine)


def told(chain: Chain, machine: str) -> str:
    """A way back in one line, without the unit itself.

    >>> told(Chain(unknown=["roll -1: it was pressed before this record"]), "welder")
    'not known: roll -1: it was pressed before this record'
    """
    own = [link for link in chain.links if link.machine == machine][:1]
    words = []
    for link in chain.links:
        if link in own or (link.machine == "calender" and machine == "coater"):
            continue
        web = "" if link.from_m is None else f" ({link.from_m:.0f} to {link.to_m:.0f} m)"
        words.append(f"{link.machine} {link.what} {link.number}{web}")
    words += [f"not known: {text}" for text in chain.unknown]
    return "; ".join(words)
