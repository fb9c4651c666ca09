"""A recipe judged on the twin for whoever looks: the verdict of `linewright gate`, and its plot."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np

from linewright.hmi._alarmlist import folder
from linewright.hmi._where import Where
from linewright.mistakes import Mistakes
from linewright.recipes import RecipeFile, document, draws_of, judge, recipe_of
from linewright.recipes._words import QUALITIES

DRAWS = 2000
BINS = 40
WAITING_MOST = 3
RECIPES_MOST = 50
TEXT_MOST = 32 * 1024


class BusyError(Exception):
    """Too many recipes wait to be judged."""


class RecipeGate:
    """Judges one recipe at a time; a few may wait."""

    def __init__(self, where: Where) -> None:
        self._where = where
        self._one = threading.Lock()
        self._waiting = threading.Semaphore(WAITING_MOST)

    def known(self) -> list[dict[str, str]]:
        """Recipe files beside the line file."""
        beside = folder(self._where)
        if beside is None or not beside.is_dir():
            return []
        found: list[dict[str, str]] = []
        for file in sorted(beside.glob("*.toml"))[: 4 * RECIPES_MOST]:
            if len(found) == RECIPES_MOST:
                break
            try:
                text = file.read_text(encoding="utf-8")
                made = recipe_of(text, file)
            except (OSError, ValueError, Mistakes):
                continue
            found.append({"name": made.name, "file": file.name, "toml": text, "hash": made.hash})
        return found

    def judge(self, text: str) -> dict[str, Any]:
        """Verdict on the text of a recipe file, with `said`, `distributions` and levers.

        Raises `BusyError` when too many wait already.
        """
        if len(text) > TEXT_MOST:
            return unreadable(f"a recipe file has at most {TEXT_MOST} characters")
        try:
            made = recipe_of(text, Path("recipe.toml"))
        except Mistakes as mistakes:
            return unreadable(*(str(mistake) for mistake in mistakes.errors))
        if not self._waiting.acquire(blocking=False):
            raise BusyError
        try:
            with self._one:
                return judged(made)
        finally:
            self._waiting.release()


def unreadable(*why: str) -> dict[str, Any]:
    """What is no recipe."""
    return {
        "ok": False,
        "verdict": "unreadable",
        "recipe": "",
        "reasons": [{"about": "file", "says": text} for text in why],
        "levers": [],
        "chances": [],
        "distributions": [],
    }


def judged(recipe: RecipeFile) -> dict[str, Any]:
    """The verdict for a page."""
    verdict = judge(recipe, draws=DRAWS)
    shown = document(verdict)
    reasons = [{**reason, "says": reason["words"]} for reason in shown["reasons"]]
    reasons += [{"about": o.field, "says": str(o)} for o in verdict.outside]
    chances = [
        {**chance, "chance": chance["probability"], "required": shown["required"]}
        for chance in shown["chances"]
    ]
    plots = []
    if verdict.chances:
        drawn = draws_of(verdict)
        for column, chance in enumerate(verdict.chances):
            said, factor, unit, _ = QUALITIES[chance.name]
            values = factor * drawn[:, column]
            counts, edges = np.histogram(values[np.isfinite(values)], bins=BINS)
            plots.append(
                {
                    "name": said,
                    "unit": unit,
                    "lo": None if chance.lo is None else factor * chance.lo,
                    "hi": None if chance.hi is None else factor * chance.hi,
                    "edges": edges.tolist(),
                    "counts": counts.tolist(),
                }
            )
    return shown | {"reasons": reasons, "chances": chances, "distributions": plots}
