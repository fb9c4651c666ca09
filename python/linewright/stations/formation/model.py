"""The model of sound trays the station compares with, and the watch made of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from linewright.front_ends import FormationWatch

SHIPPED = Path(__file__).with_name("model.json")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What is called a short and a contact; the fields of `FormationWatch` that are no lists."""

    resistance_mohm: float = 1.2
    """Resistance of a cell: what a short's own current drops at once."""
    limit_z: float = 5.0
    """Evidence for a short, standard deviations; docs/formation.md says how many sound cells reach
    it."""
    contact_limit_mohm: float = 0.5
    onset_every_s: float = 300.0
    """Times at which a short may have closed are so far apart, beside the last windows' starts."""
    rest_a: float = 0.2
    off_programme_a: float = 0.4
    short_share: float = 5e-4
    """Share of cells with a short."""
    false_share: float = 1e-4
    """Share of sound cells beyond `limit_z`."""


@cache
def shipped() -> dict[str, Any]:
    """The model learnt from the twin's default programme."""
    model: dict[str, Any] = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return model


def config_of(model: dict[str, Any], slots: int, limits: Limits | None = None) -> dict[str, Any]:
    """All arguments of a `FormationWatch` of so many slots that compares with `model`."""
    lists = {key: value for key, value in model.items() if key not in ("made_of", "tray")}
    return {"slots": slots, **lists, **asdict(limits or Limits())}


def watch_config(slots: int, limits: Limits | None = None) -> dict[str, Any]:
    """As `config_of`, with the model that is shipped.

    >>> sorted(watch_config(2))[:3]
    ['contact_limit_mohm', 'current_a', 'ends_s']
    """
    return config_of(shipped(), slots, limits)


def watch(slots: int, limits: Limits | None = None) -> FormationWatch:
    """A watch for a rack of so many slots, for use by itself.

    >>> watch(2).NAME
    'FormationWatch'
    """
    return FormationWatch(**watch_config(slots, limits))
