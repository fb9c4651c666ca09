"""What the recipe gate answers; pure: question, line, time in, answer out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linewright.mistakes import Mistakes
from linewright.recipes import (
    Line,
    RecipeFile,
    Verdict,
    certify,
    document,
    judge,
    order_of,
    plan_change,
    recipe_of,
    sentences,
    stage_sentences,
)
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
    """Judges the recipe of `{"id": ..., "toml": text of a recipe file}`; with `"from"`, the text of
    the recipe that runs, also the change to it.

    The body is what `linewright gate --json` shows, with `id`, the sentences as `said` and, for a
    release, its `certificate`. A change comes as `order`, ready to be given to the line as
    `mes.change`, its stages in words among `said`; why there is none, as `no_order`.

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
        if "from" in asked:
            body |= _change(asked["from"], text, verdict, body["certificate"])
            said = (*said, *body.pop("stages_said"))
            body["said"] = list(said)
    return Answer(verdict.word, made.name, made.hash, said, body)


def _change(
    from_text: object, to_text: str, verdict: Verdict, certificate: Mapping[str, Any]
) -> dict[str, Any]:
    """The order for a change to a released recipe, or why there is none."""
    try:
        if not isinstance(from_text, str):
            raise ValueError("from: expected the text of a recipe file")
        plan = plan_change(_running(from_text), verdict.recipe, verdict.line)
    except ValueError as error:
        return {"no_order": str(error), "stages_said": [f"no staged change: {error}"]}
    order = order_of(from_text, to_text, plan, certificate)
    return {"order": order, "stages_said": stage_sentences(plan)}


def _running(text: str) -> RecipeFile:
    try:
        return recipe_of(text, Path("from.toml"))
    except Mistakes as mistakes:
        raise ValueError(f"from: {mistakes}") from mistakes


def _unreadable(number: str, said: list[str]) -> Answer:
    body = {"ok": False, "verdict": "unreadable", "id": number, "said": said}
    return Answer("unreadable", "", "", tuple(said), body)
