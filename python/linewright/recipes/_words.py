"""The verdict in plain words, for the person who has to change the recipe."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from linewright.recipes._gate import REFUSE, RELEASE, Chance, Verdict
from linewright.recipes._levers import DRYING, SLOWEST, Lever, levers, needed_sd

QUALITIES = {
    "porosity": ("porosity", 100.0, "%", 2),
    "thickness": ("thickness of a side", 1.0, "um", 2),
    "weight": ("dry weight of a side", 1.0, "g/m2", 1),
    "residual": ("residual solvent", 1.0, "ppm", 0),
    "adhesion": ("adhesion index", 1.0, "", 3),
}
"""What a quality is called, the factor its numbers are told with, unit, decimals."""
REASONS = {
    "window": "coating window",
    "front": "drying front",
    "explosion": "lower explosion limit",
    "crush": "press",
    "machine": "machine",
    "drying": "drying",
}
SCATTERS = {"weight_pct": ("weight", "%"), "thickness_um": ("thickness", "um")}


def _number(name: str, value: float) -> str:
    _, factor, unit, decimals = QUALITIES[name]
    return f"{factor * value:.{decimals}f}{' ' + unit if unit else ''}"


def band(chance: Chance) -> str:
    """Where a quality must lie."""
    if chance.lo is None:
        return f"at most {_number(chance.name, chance.hi or 0.0)}"
    if chance.hi is None:
        return f"at least {_number(chance.name, chance.lo)}"
    return f"{_number(chance.name, chance.lo)} to {_number(chance.name, chance.hi)}"


def _unlikely(verdict: Verdict, chance: Chance) -> str:
    required = verdict.recipe.tolerance["required"]
    return (
        f"{QUALITIES[chance.name][0]}: {100 * chance.probability:.1f} % chance of {band(chance)}, "
        f"{100 * required:.1f} % required; the twin expects {_number(chance.name, chance.mean)}, "
        f"SD {_number(chance.name, chance.sd)}"
    )


def _mends(lever: Lever, of: str) -> str:
    left = [QUALITIES[r][0] if r in QUALITIES else REASONS[r] for r in lever.leaves]
    rest = f" (then still against it: {', '.join(left)})" if left else " (then it is released)"
    return f"  {of}: {lever.says}{rest}"


def sentences(verdict: Verdict, *, mend: bool = True) -> list[str]:
    """The verdict, line by line: the word, each reason, and with `mend` the levers for it."""
    lines = [f"{verdict.recipe.name}: {verdict.word}"]
    if verdict.word == REFUSE:
        lines.append("the twin does not judge it, its laws are not stated there:")
        return lines + [f"  {outside}" for outside in verdict.outside]
    for chance in verdict.chances:
        lines.append(
            f"  {chance.name:<10} {100 * chance.probability:5.1f} %  {band(chance)}; expected "
            f"{_number(chance.name, chance.mean)}, SD {_number(chance.name, chance.sd)}"
        )
    if verdict.word == RELEASE:
        return lines
    found = levers(verdict) if mend else []
    by_name = {chance.name: chance for chance in verdict.chances}
    for reason in verdict.reasons:
        unlikely = by_name.get(reason.about)
        told = REASONS.get(reason.about, reason.about)
        lines.append(_unlikely(verdict, unlikely) if unlikely else f"{told}: {reason.words}")
        lines += [_mends(lever, "lever") for lever in found if lever.about == reason.about]
        needed = needed_sd(verdict, reason.about) if unlikely and mend else None
        if needed:
            name, now, most = needed
            what, unit = SCATTERS[name]
            lines.append(
                f"  lever: the line holds {what} to an SD of {most:.2f} {unit} instead of "
                f"{now:g} {unit}"
            )
    together = [_mends(lever, "all zones together") for lever in found if lever.about == "drying"]
    if mend and not together and DRYING & {reason.about for reason in verdict.reasons}:
        together = [f"  all zones together: none found down to {SLOWEST:g} of the web speed"]
    return lines + together


def document(verdict: Verdict) -> dict[str, Any]:
    """A verdict for programs: `linewright gate --json`, and the gate on the bus."""
    return {
        "ok": verdict.word == "release",
        "verdict": verdict.word,
        "recipe": verdict.recipe.name,
        "recipe_hash": verdict.recipe.hash,
        "calibration_hash": verdict.line.calibration,
        "draws": verdict.draws,
        "seed": verdict.seed,
        "scatter": dict(verdict.line.scatter),
        "resistance_ratio": verdict.line.resistance_ratio,
        "heat_ratio": verdict.line.heat_ratio,
        "required": verdict.recipe.tolerance["required"],
        "chances": [asdict(chance) for chance in verdict.chances],
        "joint": verdict.joint,
        "reasons": [asdict(reason) for reason in verdict.reasons],
        "levers": [asdict(lever) for lever in levers(verdict)],
        "outside": [asdict(outside) for outside in verdict.outside],
    }
