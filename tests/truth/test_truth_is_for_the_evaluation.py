"""The twin's truth: no plan can name it, no plugin is told it; it is there when the run is over."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from linewright import _core
from linewright.line import LineErrors, load

LINEWRIGHT = Path(sys.executable).parent / "linewright"
LINES = Path(__file__).resolve().parents[2] / "python" / "linewright" / "lines"
TRUTH_NAMES = sorted(_core.Twin().truth()["series"])

NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")

NOSY = """
[stations.nosy]
plugin = "nosy:Nosy"
settings = {{ told = "{told}", truth_file = "{truth}" }}
"""

WATCHER = """
import linewright as lw

class Watcher(lw.Station):
    name = "watcher"

    def build(self, g):
        with g.loop("look", rate_hz=1) as loop:
            loop.tap("seen", loop.input("{channel}", "{unit}"), every_s=1.0)
"""

LINE = """
schema = 1
[line]
name = "watch"
[time]
mode = "simulated"
duration_s = 5.0
[io]
driver = "twin"
[stations.watcher]
plugin = "watcher:Watcher"
"""


def test_the_truth_has_series_to_hide() -> None:
    assert len(TRUTH_NAMES) >= 5
    assert not set(TRUTH_NAMES) & {name for name, _ in _core.Twin.SENSORS}


@pytest.mark.parametrize("name", TRUTH_NAMES)
def test_no_plan_can_name_the_truth(name: str, tmp_path: Path) -> None:
    for channel in (name, f"truth.{name}", f"coater.{name}"):
        if channel in {sensor for sensor, _ in _core.Twin.SENSORS}:
            continue
        module = f"watcher_{channel.replace('.', '_')}"
        (tmp_path / f"{module}.py").write_text(WATCHER.format(channel=channel, unit="1"))
        (tmp_path / "line.toml").write_text(LINE.replace("watcher:Watcher", f"{module}:Watcher"))
        with pytest.raises(LineErrors, match=re.escape(channel)):
            load(tmp_path / "line.toml")


def test_no_plugin_is_told_the_truth(tmp_path: Path) -> None:
    told, truth = tmp_path / "told.txt", tmp_path / "truth.json"
    text = (LINES / "closed.toml").read_text()
    head, _, rest = text.partition("[stations.")
    line = head + NOSY.format(told=told, truth=truth) + "\n[stations." + rest
    (tmp_path / "line.toml").write_text(shortened(line, truth, seconds=120.0))
    (tmp_path / "nosy.py").write_text((Path(__file__).parent / "nosy.py").read_text())
    done = subprocess.run(
        [LINEWRIGHT, "run", tmp_path / "line.toml", "--run-dir", tmp_path / "run"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    heard = told.read_text()
    assert "sample" in heard, "the station was told nothing at all"
    assert "truth file there: True" not in heard
    after = json.loads(truth.read_text())
    assert {series["name"] for series in after["series"]} == set(TRUTH_NAMES)
    numbers = {float(number) for number in NUMBER.findall(heard)}
    for series in after["series"]:
        values = {value for value in series["values"] if value is not None}
        if len(values) > 50:  # one that varies: no number of it may be known outside
            assert not values & numbers, series["name"]


def shortened(line: str, truth: Path, *, seconds: float) -> str:
    """The packaged line with another length and truth file."""
    out = []
    for row in line.splitlines():
        key = row.split("=")[0].strip()
        if key in ("hours", "duration_s", "truth_file"):
            continue
        out.append(row)
        if row.strip() == "[time]":
            out.append(f"duration_s = {seconds}")
        if row.strip() == "[io]":
            out.append(f'truth_file = "{truth}"')
    return "\n".join(out) + "\n"
