"""What the recipe gate answers; pure: question, line, time in, answer out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linewright.mistakes import Mistakes
from linewright.recipes import (
    Follower,
    Line,
    RecipeFile,
    Verdict,
    certify,
    document,
    judge,
    line_of,
    order_of,
    plan_change,
    recipe_of,
    sentences,
    stage_sentences,
)
from linewright.stations.recipe_gate.settings import Settings

WITHOUT = "the calibration that the line is followed with does not hold for it:"


@dataclass(frozen=True)
class Answer:
    """A verdict, or what is wrong with the question."""

    word: str
    """`release`, `block`, `refuse` (outside the range of twin or calibration) or `unreadable`."""
    recipe: str
    recipe_hash: str
    said: tuple[str, ...]
    """In plain words."""
    body: Mapping[str, Any]
    """What goes over the bus."""


@dataclass(frozen=True)
class Followed:
    """The line as it is followed, and the line's time."""

    follower: Follower
    time_s: float


def answer(question: object, on: Line | Followed, settings: Settings, *, now_unix_s: int) -> Answer:
    """Judges the recipe of `{"id": ..., "toml": text of a recipe file}`; with `"from"`, the text of
    the recipe that runs, also the change to it.

    On a line that is followed it judges with the calibration of the moment, and refuses while that
    does not hold. The body is what `linewright gate --json` shows, with `id`, the sentences as
    `said` and, for a release, its `certificate`. A change comes as `order`, ready to be given to
    the line as `mes.change`, its stages in words among `said`; why there is none, as `no_order`.

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
    if isinstance(on, Followed):
        against = on.follower.against(made, on.time_s)
        if against:
            said = (f"{made.name}: refuse", WITHOUT, *(f"  {why}" for why in against))
            refused = {
                "ok": False,
                "verdict": "refuse",
                "id": number,
                "recipe": made.name,
                "recipe_hash": made.hash,
                "said": list(said),
                "against": against,
            }
            return Answer("refuse", made.name, made.hash, said, refused)
        on = line_of(on.follower.calibration(on.time_s))
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


def report(on: Followed) -> dict[str, Any]:
    """The followed calibration for the bus: each parameter with its interval, how it was learned
    and whether it holds, the gauges that were stuck, and the range of recipes it holds for."""
    parameters = {}
    for name, one in on.follower.estimates(on.time_s).items():
        state = on.follower.state(name, on.time_s)
        wide = math.exp(1.96e-2 * one.sd_pct)
        parameters[name] = {
            "ratio": one.ratio,
            "lo95": one.ratio / wide,
            "hi95": one.ratio * wide,
            "sd_pct": one.sd_pct,
            "bias_pct": one.bias_pct,
            "used": one.used,
            "rejected": dict(one.rejected),
            "age_s": one.age_s,
            "valid": state == "valid",
            "state": state,
        }
    return {
        "time_s": on.time_s,
        "recipe_hash": on.follower.recipe.hash,
        "hash": on.follower.calibration(on.time_s).hash,
        "parameters": parameters,
        "stuck": dict(on.follower.stuck),
        "range": {bound.key: [bound.lo, bound.hi] for bound in on.follower.range},
    }


@dataclass
class Window:
    """The taps of one tick, put together to the means of a window.

    >>> window = Window({"speed": "coater.web_speed"}, "_good")
    >>> window.take(7, "speed", 0.5), window.take(7, "speed_good", 0.5)
    (None, (7, {'coater.web_speed': 1.0}))
    """

    channels: Mapping[str, str]
    """Channels by their taps."""
    share: str
    """End of the tap that tells which share was Good."""
    least: float = 0.5
    """Share below which a window tells nothing."""
    _tick: int = -1
    _told: dict[str, float] = field(default_factory=dict)

    def take(self, tick: int, tap: str, value: float) -> tuple[int, dict[str, float]] | None:
        """A tap's value; gives tick and means of a window that is complete, or that the next one
        has overtaken: what got lost of it is missing."""
        done = None
        if tick != self._tick:
            done = self._close()
            self._tick = tick
        self._told[tap] = value
        if len(self._told) == 2 * len(self.channels):
            done = self._close()
        return done

    def _close(self) -> tuple[int, dict[str, float]] | None:
        told, self._told = self._told, {}
        if not told:
            return None
        means = {}
        for tap, channel in self.channels.items():
            share = told.get(tap + self.share, 0.0)
            if share >= self.least and tap in told:
                means[channel] = told[tap] / share
        return self._tick, means
