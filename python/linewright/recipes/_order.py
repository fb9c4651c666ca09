"""The order for a change: both recipes, the certificate of the second and the staged plan, in one
message that a station checks for itself before anything moves.

Its hash, SHA-256 over its other fields as JSON with sorted keys, ties the plan to the certificate:
a plan made for another recipe, or edited on the way, is refused. Like the certificate it is no
signature.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from linewright.mistakes import Mistakes
from linewright.recipes._certificate import FIELDS as CERTIFICATE_FIELDS
from linewright.recipes._certificate import sound
from linewright.recipes._change import SAME, Plan
from linewright.recipes._file import RecipeFile, recipe_of
from linewright.recipes._moves import Stage, set_points

SCHEMA = 1
FIELDS = ("schema", "from", "to", "certificate", "stages", "exhaust_m3_per_s", "scrap_m", "hash")
MOST_STAGES = 16
MOST_M = 20_000.0
"""Longest change that is followed, m of web."""


class OrderError(ValueError):
    """Why an order is not carried out."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """A checked order."""

    a: RecipeFile
    """The recipe that runs."""
    b: RecipeFile
    stages: tuple[Stage, ...]
    exhaust_m3_per_s: float
    scrap_m: float
    """What the plan takes for scrap."""
    hash: str

    @property
    def number(self) -> int:
        """48 bits of the hash: what a mailbox can hold."""
        return int(self.hash[:12], 16)

    @property
    def coated(self) -> tuple[Stage, ...]:
        """The stages of the coater."""
        return tuple(stage for stage in self.stages if stage.move != "nip")

    @property
    def nip(self) -> Stage | None:
        """The stage of the calender; nothing when its load stays."""
        return next((stage for stage in self.stages if stage.move == "nip"), None)

    @property
    def last_m(self) -> float:
        """End of the coater's last move, m from the start of the change."""
        return max(stage.to_m for stage in self.coated)

    def at(self, name: str, metre: float) -> float:
        """Set point `name` (as in `Stage.before`) `metre` m behind the start of the change.

        Raises `KeyError` for a name that no stage and no recipe has.
        """
        value = _start(self.a)[name]
        for stage in self.coated:
            if name not in stage.before or metre <= stage.from_m:
                continue
            share = min(1.0, (metre - stage.from_m) / max(stage.to_m - stage.from_m, 1e-9))
            value = stage.before[name] + share * (stage.after[name] - stage.before[name])
        return value


def _start(recipe: RecipeFile) -> dict[str, float]:
    return {name: x for move in ("air", "speed", "weight") for name, x in _points(recipe, move)}


def _points(recipe: RecipeFile, move: str) -> list[tuple[str, float]]:
    return list(set_points(recipe, move).items())


def order_of(
    a_toml: str, b_toml: str, plan: Plan, certificate: Mapping[str, Any]
) -> dict[str, Any]:
    """The order for a plan between two recipes, each as the text of its file."""
    fields = {
        "schema": SCHEMA,
        "from": a_toml,
        "to": b_toml,
        "certificate": dict(certificate),
        "stages": [_plain(stage) for stage in plan.stages],
        "exhaust_m3_per_s": float(plan.exhaust_m3_per_s),
        "scrap_m": float(plan.scrap_m),
    }
    return {**fields, "hash": _hash(fields)}


def _plain(stage: Stage) -> dict[str, Any]:
    raw = asdict(stage)
    for name in ("before", "after"):
        raw[name] = {key: float(value) for key, value in raw[name].items()}
    return raw


def _hash(fields: Mapping[str, Any]) -> str:
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read_order(body: object, *, now_unix_s: int) -> Order:
    """Check an order that came over the bus.

    Raises
    ------
    OrderError
        With the reason: not whole, no certificate or a bad, expired or foreign one, recipes that
        cannot follow each other on a running line, stages that do not lead from one to the other.

    >>> read_order({"schema": 1}, now_unix_s=0)
    Traceback (most recent call last):
    linewright.recipes._order.OrderError: order has no from, to, certificate, ...
    """
    if not isinstance(body, dict):
        raise OrderError(f"order must be a table, was a {type(body).__name__}")
    missing = [name for name in FIELDS if name not in body]
    if missing:
        told = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
        raise OrderError(f"order has no {told}")
    fields = {name: body[name] for name in FIELDS if name != "hash"}
    if body["schema"] != SCHEMA:
        raise OrderError(f"order schema must be {SCHEMA}, was {body['schema']!r}")
    try:
        if body["hash"] != _hash(fields):
            raise OrderError("order is not as it was made: its hash is another one")
    except (TypeError, ValueError) as error:
        raise OrderError(f"order is not plain data: {error}") from error
    a, b = (_recipe(body[name], name) for name in ("from", "to"))
    _certified(body["certificate"], b, now_unix_s)
    if a.electrode != b.electrode or any(
        getattr(a.recipe, name) != getattr(b.recipe, name) for name in SAME
    ):
        raise OrderError(f"{a.name} to {b.name} is no change of a running line")
    order = Order(
        a=a,
        b=b,
        stages=_stages(body["stages"]),
        exhaust_m3_per_s=_positive(body["exhaust_m3_per_s"], "exhaust_m3_per_s"),
        scrap_m=_number(body["scrap_m"], "scrap_m"),
        hash=body["hash"],
    )
    _leads(order)
    return order


def _recipe(text: object, name: str) -> RecipeFile:
    if not isinstance(text, str):
        raise OrderError(f"{name} must be the text of a recipe file")
    try:
        return recipe_of(text, Path(f"{name}.toml"))
    except Mistakes as mistakes:
        raise OrderError(f"{name}: {mistakes}") from mistakes


def _certified(certificate: object, b: RecipeFile, now_unix_s: int) -> None:
    if not isinstance(certificate, dict):
        raise OrderError("no certificate")
    for name, kind in CERTIFICATE_FIELDS.items():
        if not isinstance(certificate.get(name), kind) or isinstance(certificate.get(name), bool):
            raise OrderError(f"bad certificate: {name} must be a {kind.__name__}")
    counts = certificate["in_tolerance"].values()
    required = certificate["required"]
    if (
        not sound(certificate)
        or certificate["verdict"] != "release"
        or required <= 0
        or not counts
        or not all(isinstance(n, int) and required <= n <= certificate["draws"] for n in counts)
    ):
        raise OrderError("bad certificate: it does not release anything")
    if certificate["recipe_hash"] != b.hash:
        raise OrderError(f"the certificate is not for {b.name}")
    if now_unix_s >= certificate["expires_unix_s"]:
        raise OrderError("the certificate has expired")


def _stages(raw: object) -> tuple[Stage, ...]:
    if not isinstance(raw, list) or not 1 <= len(raw) <= MOST_STAGES:
        raise OrderError(f"stages must be 1 to {MOST_STAGES} of them")
    made = []
    for entry in raw:
        try:
            stage = Stage(**entry)
            points = [*stage.before.items(), *stage.after.items()]
            if stage.before.keys() != stage.after.keys():
                raise OrderError("a stage must tell the same set points before and after")
        except (TypeError, AttributeError) as error:
            raise OrderError(f"a stage is not readable: {error}") from error
        for name, value in [*points, ("from_m", stage.from_m), ("to_m", stage.to_m)]:
            _number(value, name)
        if not 0.0 <= stage.from_m <= stage.to_m <= MOST_M:
            raise OrderError(f"a stage must lie within 0 to {MOST_M:g} m")
        made.append(stage)
    return tuple(made)


def _leads(order: Order) -> None:
    """The stages go from A's set points to B's without a jump."""
    if not order.coated:
        raise OrderError("no stage of the coater")
    value = _start(order.a)
    for stage in order.coated:
        for name, before in stage.before.items():
            if name.startswith("pump "):
                continue  # in ratio with speed and weight: the flow loop works it out
            if name not in value or not math.isclose(value[name], before, rel_tol=1e-6):
                raise OrderError(f"stage {stage.move}: {name} does not start where it stands")
            value[name] = stage.after[name]
    for name, end in _start(order.b).items():
        if not math.isclose(value[name], end, rel_tol=1e-6):
            raise OrderError(f"the stages leave {name} at {value[name]:g}, not {end:g}")


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise OrderError(f"{name} must be a finite number, was {value!r}")
    return float(value)


def _positive(value: object, name: str) -> float:
    number = _number(value, name)
    if number <= 0.0:
        raise OrderError(f"{name} must be positive, was {number}")
    return number
