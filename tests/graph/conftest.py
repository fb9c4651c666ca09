"""A station made of one function."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from linewright.graph import Graph, Station, compile_line

Build = Callable[[Graph], None]


def station_of(build: Build, name: str = "demo") -> Station:
    """A station whose `build` is `build`."""

    def wired(self: Station, g: Graph) -> None:
        build(g)

    return type("Wired", (Station,), {"name": name, "build": wired})()


@pytest.fixture
def plan_of() -> Callable[..., dict[str, Any]]:
    """The plan of a station made of one function."""

    def make(build: Build, **keywords: Any) -> dict[str, Any]:
        return json.loads(compile_line([station_of(build)], **keywords))

    return make
