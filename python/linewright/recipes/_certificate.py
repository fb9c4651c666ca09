"""The certificate of a released recipe: what the core demands before it arms a line.

Whole numbers and text only: its hash, SHA-256 over its other fields as JSON with sorted keys, is
then the same in any language. It proves that nobody changed it by accident or by hand; it is no
signature: who may arm a line is settled by the operator's key.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

from linewright import _core
from linewright.mistakes import Mistake, Mistakes, json_of
from linewright.recipes._gate import RELEASE, Verdict

SCHEMA = 1
FIELDS: dict[str, type] = {
    "schema": int,
    "recipe": str,
    "recipe_hash": str,
    "calibration_hash": str,
    "verdict": str,
    "draws": int,
    "seed": int,
    "required": int,
    "in_tolerance": dict,
    "joint": int,
    "issued_unix_s": int,
    "expires_unix_s": int,
    "tool": str,
    "hash": str,
}


def certify(verdict: Verdict, *, now_unix_s: int, valid_s: int) -> dict[str, Any]:
    """The certificate of a release, good from `now_unix_s` for `valid_s` (1 to 31 days' worth).

    Raises
    ------
    ValueError
        For a verdict that is no release, and for a validity out of bounds.

    >>> from linewright.recipes import RecipeFile, judge
    >>> staged = {"zone_c": [130, 107, 41, 118, 130, 130], "exhaust_m3_per_s": 14.0}
    >>> verdict = judge(RecipeFile.of("A", dryer=staged), draws=1000)
    >>> made = certify(verdict, now_unix_s=0, valid_s=60)
    >>> made["required"], made["expires_unix_s"], sound(made)
    (950, 60, True)
    """
    if verdict.word != RELEASE:
        raise ValueError(f"only a release is certified, the verdict is {verdict.word}")
    if not 1 <= valid_s <= 31 * 86400:
        raise ValueError(f"valid_s must be 1 to {31 * 86400}, was {valid_s}")
    counts = {c.name: round(c.probability * verdict.draws) for c in verdict.chances}
    required = verdict.recipe.tolerance["required"] * verdict.draws
    fields = {
        "schema": SCHEMA,
        "recipe": verdict.recipe.name,
        "recipe_hash": verdict.recipe.hash,
        "calibration_hash": verdict.line.calibration,
        "verdict": verdict.word,
        "draws": verdict.draws,
        "seed": verdict.seed,
        "required": math.ceil(round(required, 6)),
        "in_tolerance": counts,
        "joint": round((verdict.joint or 0.0) * verdict.draws),
        "issued_unix_s": now_unix_s,
        "expires_unix_s": now_unix_s + valid_s,
        "tool": f"linewright {_core.VERSION}",
    }
    return {**fields, "hash": _hash(fields)}


def sound(certificate: dict[str, Any]) -> bool:
    """Is its hash that of its other fields?"""
    others = {name: value for name, value in certificate.items() if name != "hash"}
    return certificate.get("hash") == _hash(others)


def _hash(fields: dict[str, Any]) -> str:
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read_certificate(file: Path) -> dict[str, Any]:
    """Read a certificate file (JSON).

    Raises
    ------
    Mistakes
        With file, field, expected and got; also when its hash is not that of its fields.
    """
    raw = json_of(file)
    if not isinstance(raw, dict):
        raise Mistakes([_wrong(file, "file", "a JSON object", type(raw).__name__)])
    found = [
        _wrong(file, name, f"a {kind.__name__}", repr(raw.get(name)))
        for name, kind in FIELDS.items()
        if not isinstance(raw.get(name), kind) or isinstance(raw.get(name), bool)
    ]
    found += [
        _wrong(file, name, "no such field", repr(raw[name])) for name in raw if name not in FIELDS
    ]
    if not found and not sound(raw):
        fix = "make it anew: linewright gate RECIPE --certificate FILE"
        found = [_wrong(file, "hash", "the hash of the other fields", raw["hash"], fix)]
    if found:
        raise Mistakes(found)
    return raw


def _wrong(file: Path, key: str, expected: str, got: str, fix: str = "") -> Mistake:
    return Mistake(file=file, key=key, expected=expected, got=got, fix=fix)
