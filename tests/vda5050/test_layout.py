"""What a layout refuses, and the routes it finds."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from linewright.vda5050 import Layout, LayoutError

TABLE: dict[str, Any] = {
    "map": "hall",
    "nodes": {
        "A": {"x_m": 0, "y_m": 0},
        "B": {"x_m": 10, "y_m": 0},
        "C": {"x_m": 5, "y_m": 5},
        "D": {"x_m": 10, "y_m": 10, "map": "attic"},
    },
    "edges": [
        {"from": "A", "to": "B", "both": True, "max_speed_m_per_s": 0.5},
        {"from": "A", "to": "C"},
        {"from": "C", "to": "B"},
    ],
    "stations": {"filling": {"node": "A", "parameters": {"stationType": "floor"}}},
}


def test_the_quickest_way_is_taken_not_the_shortest() -> None:
    layout = Layout.of(TABLE)
    assert layout.route("A", "B") == ("A", "C", "B")
    assert layout.route("B", "A") == ("B", "A")
    assert layout.route("A", "A") == ("A",)


def test_a_one_way_street_is_one() -> None:
    with pytest.raises(LayoutError, match="no way from node 'C' to node 'D'"):
        Layout.of(TABLE).route("C", "D")


def changed(path: str, value: Any) -> dict[str, Any]:
    def copy(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: copy(inner) for key, inner in item.items()}
        return [copy(inner) for inner in item] if isinstance(item, list) else item

    made = copy(TABLE)
    *parents, last = path.split(".")
    at: Any = made
    for key in parents:
        at = at[int(key) if key.isdigit() else key]
    at[last] = value
    return made  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("edges.0.from", "Z", r"edges\[0\]\.from: expected a node, got 'Z'"),
        ("edges.0.to", "A", r"edges\[0\]: expected two nodes, got 'A' twice"),
        ("edges.1.to", "B", r"edges\[1\]: expected one edge from 'A' to 'B', got two"),
        ("edges.0.max_speed_m_per_s", 0, r"max_speed_m_per_s: expected more than 0, got 0"),
        ("edges.0.length_m", -1.0, r"length_m: expected more than 0, got -1"),
        ("edges.0.lenght_m", 1.0, "unknown field `lenght_m`"),
        ("nodes.A.x_m", math.nan, r"nodes\.A\.x_m: expected a finite number"),
        ("nodes.A.theta_rad", 4.0, r"nodes\.A\.theta_rad: expected -pi to pi, got 4"),
        ("nodes.A.deviation_m", -0.1, r"nodes\.A\.deviation_m: expected at least 0, got -0\.1"),
        ("nodes.A.x_m", "far", r"Expected `float`, got `str` - at `\$\.nodes\[\.\.\.\]\.x_m`"),
        ("stations.filling.node", "Z", r"stations\.filling\.node: expected a node, got 'Z'"),
        ("speed_m_per_s", 0.0, r"speed_m_per_s: expected more than 0, got 0"),
    ],
)
def test_what_is_wrong_is_named(path: str, value: Any, text: str) -> None:
    with pytest.raises(LayoutError, match=text):
        Layout.of(changed(path, value))


def test_a_file_is_named_with_what_is_wrong_in_it(tmp_path: Path) -> None:
    file = tmp_path / "hall.toml"
    file.write_text("map = \n")
    with pytest.raises(LayoutError, match=r"hall\.toml:1: "):
        Layout.read(file)
