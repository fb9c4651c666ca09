"""The rules of the seam on pictures of the twin's welds: recall by defect at 1 % false rejects.

`python -m bench.weld_pictures [--good N] [--bad N] [--seed S]` prints the table of
`docs/vision.md`. Each picture has a gain and an offset of its own. The truth is the twin's; the
rules see the picture alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from linewright.stations.welder.vision import Rules, Scale, Verdict, inspect
from linewright.stations.welder.vision_metrics import Interval, Recall, recall_by_class, wilson
from linewright.twin import WeldTwin

SCALE = Scale(mm_per_px=0.04, origin_mm=(-3.0, -5.0))
RULES = Rules()

Draw = Callable[[np.random.Generator], dict[str, Any]]


def _sign(rng: np.random.Generator) -> float:
    return float(rng.choice((-1.0, 1.0)))


def _placed(name: str, lo: float, hi: float) -> Draw:
    return lambda rng: {"placement": {name: _sign(rng) * rng.uniform(lo, hi)}}


def _hole(lo_um: float, hi_um: float) -> Draw:
    return lambda rng: {
        "happening": {
            "kind": "blow_out",
            "at": rng.uniform(0.05, 0.95),
            "hole_um": rng.uniform(lo_um, hi_um),
        }
    }


@dataclass(frozen=True)
class Defect:
    """How a defect is drawn, and the rule that is meant for it (none: no picture shows it)."""

    rule: str | None
    draw: Draw


DEFECTS: dict[str, Defect] = {
    "off along, 0.4 to 1 mm": Defect("position along", _placed("along_mm", 0.4, 1.0)),
    "off across, 0.4 to 1 mm": Defect("position across", _placed("across_mm", 0.4, 1.0)),
    "tab askew, 1.2 to 3 deg": Defect("tab skew", _placed("skew_deg", 1.2, 3.0)),
    "fold": Defect("fold", lambda _: {"placement": {"folded": True}}),
    "drops, 4 to 6": Defect("spatter count", lambda rng: {"spatters": int(rng.integers(4, 7))}),
    "too wide, out of focus": Defect(
        "width", lambda rng: {"focus_mm": _sign(rng) * rng.uniform(2.5, 4.0)}
    ),
    "short, hardly any light": Defect("length share", lambda rng: {"lens": rng.uniform(0.2, 0.3)}),
    "blow-out, 50 to 100 um": Defect("hole area", _hole(50.0, 100.0)),
    "blow-out, 100 to 200 um": Defect("hole area", _hole(100.0, 200.0)),
    "blow-out, 200 to 300 um": Defect("hole area", _hole(200.0, 300.0)),
    "false friend that looks good": Defect(
        None,
        lambda rng: {"happening": {"kind": "false_friend", "gap_um": rng.uniform(80.0, 200.0)}},
    ),
}


def merged(usual: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """Usual conditions but for the change, placements one by one."""
    found = {**usual, **change}
    if "placement" in change:
        found["placement"] = {**usual["placement"], **change["placement"]}
    return found


def judged(seed: int, slot: int, draw: Draw | None) -> tuple[Verdict, dict[str, Any]]:
    """The verdict on the weld of this slot by its picture, and its truth."""
    rng = np.random.default_rng([seed, slot])
    gain = rng.uniform(0.6, 1.05)
    offset = rng.uniform(0.0, 255.0 - 240.0 * gain)
    twin = WeldTwin({"exposure_gain": gain, "exposure_offset": offset}, seed=seed)
    conditions = twin.conditions(slot)
    if draw is not None:
        conditions = merged({**conditions, "happening": {"kind": "nothing"}}, draw(rng))
    weld = twin.weld(slot, conditions)
    return inspect(weld.picture(), scale=SCALE, rules=RULES), weld.truth


@dataclass(frozen=True)
class Result:
    """What became of good welds and of each defect."""

    made: int
    """Welds made to get the good ones."""
    false_rejects: Interval
    threshold: float
    """Severity that rejects 1 % of the good ones."""
    recall: dict[str, Recall]
    by_own_rule: dict[str, Interval]
    """Share found by the rule that is meant for the defect."""


def evaluate(*, seed: int, good: int, bad: int) -> Result:
    """`good` good welds of one seed and `bad` of each defect, of seeds of their own.

    Of the bad ones those count whose truth looks wrong, or right where the defect is not to be
    seen.
    """
    calm: list[float] = []
    made = 0
    while len(calm) < good:
        verdict, truth = judged(seed, made, None)
        made += 1
        if truth["class"] == "good" and truth["looks_good"]:
            calm.append(verdict.severity)
    odd: dict[str, list[float]] = {}
    own: dict[str, Interval] = {}
    for number, (name, defect) in enumerate(DEFECTS.items()):
        drawn = [judged(seed + 1 + number, slot, defect.draw) for slot in range(bad)]
        hidden = defect.rule is None
        true = [verdict for verdict, truth in drawn if truth["looks_good"] == hidden]
        odd[name] = [verdict.severity for verdict in true]
        if defect.rule is not None:
            own[name] = wilson(sum(not v[defect.rule].passed for v in true), len(true))
    rejects, threshold, recall = recall_by_class(calm, odd, false_reject_share=0.01)
    return Result(made, rejects, threshold, recall, own)


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.weld_pictures", description=__doc__)
    parser.add_argument("--good", type=int, default=1000)
    parser.add_argument("--bad", type=int, default=200)
    parser.add_argument("--seed", type=int, default=2001)
    given = parser.parse_args()
    found = evaluate(seed=given.seed, good=given.good, bad=given.bad)
    print(f"{given.good} good welds of {found.made} made, seed {given.seed}")
    rejects = found.false_rejects
    share = ", ".join(f"{100.0 * v:.2f} %" for v in (rejects.value, rejects.lo, rejects.hi))
    print(f"rejected by the limits of the rules: {share} (95 % interval)")
    print(f"severity that rejects 1 % of them: {found.threshold:.3f}\n")
    print("| defect | welds | recall | recall at 1 % false rejects | by its own rule |")
    print("|---|---|---|---|---|")
    for name, row in found.recall.items():
        own = found.by_own_rule.get(name, "none is meant for it")
        print(f"| {name} | {row.count} | {row.rules} | {row.at_budget} | {own} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
