"""The order for a change: only a whole one, certified for its recipe, that leads there."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from linewright.recipes import (
    OrderError,
    certify,
    judge,
    order_of,
    plan_change,
    read_order,
    read_recipe,
)
from linewright.recipes._certificate import _hash as certificate_hash
from linewright.recipes._order import _hash as order_hash

RECIPES = Path(__file__).resolve().parents[2] / "examples" / "recipes"
ISSUED, VALID = 1_000, 3_600


@cache
def made() -> dict[str, Any]:
    a, b = (read_recipe(RECIPES / f"{name}.toml") for name in "AB")
    certificate = certify(judge(b, draws=1000, seed=1), now_unix_s=ISSUED, valid_s=VALID)
    texts = [(RECIPES / f"{name}.toml").read_text() for name in "AB"]
    return order_of(texts[0], texts[1], plan_change(a, b), certificate)


def resealed(**changed: Any) -> dict[str, Any]:
    """Another order, with a hash that fits: what a mistake upstream would send."""
    body = {**copy.deepcopy(made()), **changed}
    fields = {name: value for name, value in body.items() if name != "hash"}
    return {**fields, "hash": order_hash(fields)}


def certificate(**changed: Any) -> dict[str, Any]:
    fields = {k: v for k, v in {**made()["certificate"], **changed}.items() if k != "hash"}
    return {**fields, "hash": certificate_hash(fields)}


def test_an_order_leads_from_one_recipe_to_the_other() -> None:
    order = read_order(made(), now_unix_s=ISSUED)
    assert (order.a.name, order.b.name) == ("A", "B")
    end = order.last_m
    assert order.at("weight g/m2", 0.0) == 220.0
    assert order.at("weight g/m2", end) == pytest.approx(190.0)
    assert order.at("web m/s", end) == pytest.approx(0.8333)
    assert order.at("zone 4 degC", end) == pytest.approx(91.0)
    assert order.at("zone 1 degC", end) == order.at("zone 1 degC", 0.0) == 130.0
    weights = [order.at("weight g/m2", metre) for metre in range(0, round(end))]
    assert weights == sorted(weights, reverse=True)
    assert order.nip is not None


def _stages(edit: Any) -> dict[str, Any]:
    stages = copy.deepcopy(made()["stages"])
    edit(stages)
    return resealed(stages=stages)


CASES = {
    "a table": lambda: [],
    "has no": lambda: {k: v for k, v in made().items() if k != "stages"},
    "hash is another": lambda: {**made(), "scrap_m": 0.0},
    "no certificate": lambda: resealed(certificate=None),
    "bad certificate": lambda: resealed(certificate={**made()["certificate"], "draws": 5}),
    "does not release": lambda: resealed(certificate=certificate(verdict="block")),
    "does not release ": lambda: resealed(certificate=certificate(in_tolerance={"weight": 1})),
    "not for B": lambda: resealed(certificate=certificate(recipe_hash="ab" * 32)),
    "from: ": lambda: resealed(**{"from": "schema = 9"}),
    "does not start": lambda: _stages(lambda s: s[0]["before"].update({"web m/s": 0.9})),
    "the stages leave": lambda: _stages(lambda s: s.pop(0)),
    "finite": lambda: _stages(lambda s: s[0].update(to_m=float("inf"))),
    "lie within": lambda: _stages(lambda s: s[0].update(to_m=-1.0)),
    "readable": lambda: _stages(lambda s: s[0].update(what=1)),
    "no change of a running line": lambda: resealed(
        **{"from": made()["from"].replace("[recipe]", "[recipe]\nsolids_fraction = 0.68")}
    ),
}


@pytest.mark.parametrize("because", CASES)
def test_any_other_order_is_refused_with_its_reason(because: str) -> None:
    with pytest.raises(OrderError, match=because.strip()):
        read_order(CASES[because](), now_unix_s=ISSUED)


def test_an_expired_certificate_is_refused() -> None:
    read_order(made(), now_unix_s=ISSUED + VALID - 1)
    with pytest.raises(OrderError, match="expired"):
        read_order(made(), now_unix_s=ISSUED + VALID)
