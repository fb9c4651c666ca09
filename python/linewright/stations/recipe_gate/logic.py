"""What the recipe gate answers; pure: question, line, time in, answer out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linewright.mistakes import Mistakes
from linewright.recipes import Line, certify, document, judge, recipe_of, sentences
from linewright.stations.recipe_gate.settings import Settings


@dataclass(frozen=True)
class Answer:
    """A verdict, or what is wrong with the question."""

    word: str
    """`release`, `block`, `refuse` (outside the twin's range) or `unreadable`."""
    recipe: str
    recipe_hash: str
    said: tuple[str, ...]
    """In plain words."""
    body: Mapping[str, Any]
    """What goes over the bus."""


def answer(question: object, on: Line, settings: Settings, *, now_unix_s: int) -> Answer:
    """Judges the recipe of `{"id": ..., "toml": text of a recipe file}`.

    The body is what `linewright gate --json` shows, with `id`, the sentences as `said` and, for a
    release, its `certificate`.

    >>> answer({"id": "7", "toml": "schema = 2"}, Line(), Settings(), now_unix_s=0).word
    'unreadable'
    """
    asked = question if isinstance(question, dict) else {}
    number = str(asked.get("id", ""))
    text = asked.get("toml")
    if not isinstance(text, str):
        return _unreadable(number, ["toml: expected the text of a recipe file"])
    try:
        made = recipe_of(text, Path(f"{number or 'recipe'}.toml"))
    except Mistakes as mistakes:
        return _unreadable(number, [str(one) for one in mistakes.errors])
    verdict = judge(made, on, draws=settings.draws, seed=settings.seed)
    said = tuple(sentences(verdict))
    body = document(verdict) | {"id": number, "said": list(said)}
    if verdict.word == "release":
        valid_s = round(3600.0 * settings.valid_hours)
        body["certificate"] = certify(verdict, now_unix_s=now_unix_s, valid_s=valid_s)
    return Answer(verdict.word, made.name, made.hash, said, body)


def _unreadable(number: str, said: list[str]) -> Answer:
    body = {"ok": False, "verdict": "unreadable", "id": number, "said": said}
    return Answer("unreadable", "", "", tuple(said), body)
