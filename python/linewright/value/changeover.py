"""A change of recipe carried out by a running line on its twin: what it made of the web.

    python -m linewright.value.changeover LINE --from A --to B --seeds 1 2 3

The line asks its recipe gate, gets certificate and plan, and follows it. The twin's truth then
tells for each metre coated during the change whether weight, residual, adhesion, porosity and
thickness were in A's or B's tolerance; scrap is what is in neither's. It stands beside the plan's.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from linewright import _core
from linewright.line import load, run_inline
from linewright.recipes import RecipeFile, certify, good_metres, judge, read_recipe
from linewright.value.scratch import scratch

Values = npt.NDArray[np.float64]
EXIT_M = 78.0
"""End of the oven, metres of web behind the die."""
DRAWS = 2000
AFTER_M = 500.0
"""Web behind the last move that is judged as well."""
DESK = "linewright.testing.order_desk:OrderDesk"


@dataclass(frozen=True, kw_only=True)
class Scrap:
    """Metres that went wrong."""

    metres: float
    """In neither recipe's tolerance, from where the change began to `AFTER_M` behind its end."""
    by: Mapping[str, float]
    """The same by each quality alone."""
    after_m: float
    """Behind the last move and not in the new recipe's tolerance."""


@dataclass(frozen=True, kw_only=True)
class Executed:
    """One change, planned and made."""

    seed: int
    planned_m: float
    scrap: Scrap | None
    """By the twin's truth; nothing when the change was not finished."""
    counted_m: float
    """Metres out by weight, as the coater itself counted them."""
    decisions: tuple[str, ...]
    """Of all stations, in order."""


def write_change(
    folder: Path,
    line: Path,
    recipes: tuple[Path, Path],
    *,
    seed: int,
    desk: Mapping[str, Any] | None = None,
) -> Path:
    """The line file with the running recipe, the seed and a desk that orders the change."""
    folder.mkdir(parents=True, exist_ok=True)
    running, wanted = (recipe.read_text(encoding="utf-8") for recipe in recipes)
    (folder / "running.toml").write_text(running, encoding="utf-8")
    text = line.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^seed = .*$", f"seed = {seed}", text)
    stated = 'path = "running.toml"\ncertificate = "running.json"'
    text = re.sub(r'(?m)^path = ".*"$', stated, text)
    text = text.replace('permit = "closed"\n', 'permit = "closed"\narm_at_start = "shift lead"\n')
    verdict = judge(read_recipe(recipes[0]), draws=DRAWS)
    released = certify(verdict, now_unix_s=int(time.time()), valid_s=86_400)
    (folder / "running.json").write_text(json.dumps(released), encoding="utf-8")
    truth = json.dumps(str((folder / "truth.json").absolute()))
    text = text.replace('driver = "twin"\n', f'driver = "twin"\ntruth_file = {truth}\n')
    settings = {"running": running, "wanted": wanted, **(desk or {})}
    text += f"\n[ledger]\npath = {json.dumps(str((folder / 'ledger.sqlite').absolute()))}\n"
    text += f'\n[stations.mes]\nplugin = "{DESK}"\n[stations.mes.settings]\n'
    text += "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
    file = folder / "change.toml"
    file.write_text(text, encoding="utf-8")
    return file


def read_change(folder: Path, recipes: tuple[Path, Path], *, seed: int) -> Executed:
    """What a finished run left."""
    rows = _core.ledger_rows(str(folder / "ledger.sqlite"), kinds=["decision"])
    said = [(row["body"]["decision"], row["body"].get("detail") or {}) for row in rows]
    begun = next((detail for text, detail in said if text.endswith(" begun")), {})
    made = next((d for text, d in said if text.endswith(" made") and "weight_out_m" in d), {})
    scrap = None
    if begun and made:
        a, b = (read_recipe(file) for file in recipes)
        truth = json.loads((folder / "truth.json").read_text())
        from_m = float(begun["from_m"])
        scrap = scrap_of(a, b, truth, from_m, from_m + float(made["length_m"]))
    return Executed(
        seed=seed,
        planned_m=float(begun.get("planned_scrap_m", math.nan)),
        scrap=scrap,
        counted_m=float(made.get("weight_out_m", math.nan)),
        decisions=tuple(text for text, _ in said),
    )


def series_of(truth: Mapping[str, Any]) -> dict[str, Values]:
    """The per-second series of a truth document, by name."""
    return {entry["name"]: np.asarray(entry["values"]) for entry in truth["series"]}


def web_at(
    series: Mapping[str, Values], metre: Values, made: RecipeFile
) -> tuple[Values, dict[str, Values]]:
    """Coating metres that were pressed, ascending, and the qualities of the web at `metre`.

    `made`: the recipe that the series' deviations are told against.
    """
    position = series["coater_position"]
    at, share_pp, sheet = (
        series[name] for name in ("calender_coating_position", "porosity_deviation", "thickness")
    )
    known = np.isfinite(at) & np.isfinite(sheet)
    order = np.flatnonzero(known)[np.argsort(at[known], kind="stable")]
    at = at[order]
    return at, {
        "weight": np.interp(
            metre, position, made.recipe.areal_g_per_m2 * (1.0 + 0.01 * series["weight_deviation"])
        ),
        "residual": np.interp(metre + EXIT_M, position, series["residual_solvent"]),
        "adhesion": np.interp(metre + EXIT_M, position, series["adhesion"]),
        "porosity": made.recipe.porosity + 0.01 * np.interp(metre, at, share_pp[order]),
        "thickness": 0.5 * (np.interp(metre, at, sheet[order]) - made.recipe.foil_um),
    }


def scrap_of(
    a: RecipeFile, b: RecipeFile, truth: Mapping[str, Any], from_m: float, to_m: float
) -> Scrap:
    """What the change from coating metre `from_m` to `to_m` made, by the twin's truth.

    Raises `ValueError` when the roll with the change was not pressed: the run is too short.
    """
    series = series_of(truth)
    metre = np.arange(math.floor(from_m - EXIT_M), math.floor(to_m + AFTER_M), dtype=float)
    at, web = web_at(series, metre, a)
    if np.sum((at >= metre[0]) & (at <= metre[-1])) < 0.5 * len(metre):
        raise ValueError("the roll with the change was not pressed: the run is too short")
    good_a, good_b = (good_metres(recipe, web) for recipe in (a, b))
    whole_a, whole_b = (np.logical_and.reduce(list(good.values())) for good in (good_a, good_b))
    return Scrap(
        metres=float(np.sum(~whole_a & ~whole_b)),
        by={name: float(np.sum(~good_a[name] & ~good_b[name])) for name in web},
        after_m=float(np.sum(~whole_b[metre >= to_m])),
    )


def carry_out(line: Path, recipes: tuple[Path, Path], seed: int) -> Executed:
    """Run one change in a folder of its own that is gone afterwards."""
    with scratch() as folder:
        file = write_change(folder, line, recipes, seed=seed)
        run_inline(load(file), folder)
        return read_change(folder, recipes, seed=seed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints planned and executed scrap by seed; 1 when a change was not finished or made more than
    `--within` metres beyond its plan."""
    parser = argparse.ArgumentParser(prog="python -m linewright.value.changeover")
    parser.add_argument("line", type=Path)
    parser.add_argument("--from", dest="running", type=Path, required=True)
    parser.add_argument("--to", dest="wanted", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--within", type=float, default=20.0)
    told = parser.parse_args(arguments)
    recipes = (told.running, told.wanted)
    with ProcessPoolExecutor(told.workers, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(carry_out, told.line, recipes, seed) for seed in told.seeds]
        results = [future.result() for future in futures]
    for one in results:
        print(f"seed {one.seed}: {_told(one)}")
    planned = all(
        one.scrap is not None and one.scrap.metres <= one.planned_m + told.within for one in results
    )
    return 0 if planned else 1


def _told(one: Executed) -> str:
    if one.scrap is None:
        return f"not carried out: {'; '.join(one.decisions)}"
    alone = ", ".join(f"{name} {metres:.0f} m" for name, metres in one.scrap.by.items() if metres)
    return (
        f"planned {one.planned_m:.0f} m of scrap, made {one.scrap.metres:.0f} m "
        f"({alone or 'none'}), behind the last move {one.scrap.after_m:.0f} m; the line itself "
        f"counted {one.counted_m:.0f} m by weight"
    )


if __name__ == "__main__":
    raise SystemExit(main())
