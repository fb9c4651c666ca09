"""`linewright replay`: parts of a run, and what a change would have made of the same inputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from linewright import _core

CLI = str(Path(sys.executable).parent / "linewright")

STATION = """
from dataclasses import dataclass
import linewright as lw
from linewright.graph import Station


@dataclass(frozen=True, kw_only=True)
class Settings:
    limit_m_per_s: float = 1.0
    gain: float = 1.0


class Watch(Station):
    name = "watch"
    Settings = Settings

    def build(self, g):
        s = self.settings
        with g.loop("flow", rate_hz=10) as L:
            speed = L.input("coater.web_speed", "m/s")
            weight = L.input("coater.wet_weight", "g/m2")
            gain = L.param("gain", "1", s.gain, lo=0.0, hi=2.0)
            smooth = L.apply(lw.Ewma, weight, time_constant_s=2.0)
            L.output("coater.pump_flow", L.const(5.5, "L/min") * gain)
            L.event("moved", speed > s.limit_m_per_s, rule="r", decision="d")
            heavy = smooth > L.const(314.6, "g/m2") * gain
            L.event("heavy", heavy, rule="r", decision="d", refractory_s=1.0)
"""
LINE = """\
schema = 1
[line]
name = "watched"
seed = {seed}
[time]
mode = "simulated"
duration_s = 300.0
[io]
driver = "twin"
[stations.watch]
plugin = "watch:Watch"
settings = {{limit_m_per_s = {limit}, gain = {gain}}}
[actuators."coater.pump_flow"]
unit = "L/min"
lo = 3.0
hi = 8.5
max_rate_per_s = 2.0
nudge_budget = 5.5
nudge_window_s = 3600.0
fallback = "hold"
resolution = 0.003
read_back_tolerance = 0.01
lease_s = 5.0
[record]
keyframe_s = 20.0
slots = "{slots}"
{more}
"""


def run(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CLI, *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "XDG_RUNTIME_DIR": str(folder)},
    )


def recorded(folder: Path, **changed: Any) -> Path:
    """The run directory of a line whose gate is advisory: the plant does not see the loops."""
    values = {"seed": 3, "limit": 1.0, "gain": 1.0, "slots": "sources", "more": ""} | changed
    folder.mkdir(exist_ok=True)
    (folder / "watch.py").write_text(STATION)
    (folder / "line.toml").write_text(LINE.format(**values))
    done = run(folder, "run", "line.toml", "--run-dir", folder / "run")
    assert done.returncode == 0, done.stderr
    return folder / "run"


def events(run_dir: Path, name: str) -> list[int]:
    rows = _core.ledger_rows(str(run_dir / "ledger.sqlite"), kinds=["detection"])
    return [row["tick"] for row in rows if row["body"]["name"] == name]


@pytest.fixture(scope="module")
def shift(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded(Path(os.path.realpath(tmp_path_factory.mktemp("r"))))


def test_a_part_of_a_run_starts_at_its_keyframe(shift: Path) -> None:
    done = run(shift, "replay", "record.mcap", "--from-s", 110, "--to-s", 150, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    hz = told["base_hz"]
    first, last = told["ticks"]
    assert 100 * hz <= first <= 101 * hz, told
    assert last == 150 * hz
    assert told["starts_late"]
    whole = json.loads(run(shift, "replay", "record.mcap", "--json").stdout)
    assert whole["keyframes"] == 15
    assert whole["lost_cycles"] == 0


@pytest.mark.parametrize("gain", [0.999, 1.0005])
def test_parameters_on_a_recorded_shift_give_what_the_shift_gives_with_them(
    shift: Path, tmp_path: Path, gain: float
) -> None:
    (tmp_path / "new.toml").write_text(f'[params]\n"watch.gain" = {gain}\n')
    done = run(shift, "replay", "record.mcap", "--with", tmp_path / "new.toml", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    really = recorded(tmp_path / "again", gain=gain)
    for name in ("watch.moved", "watch.heavy"):
        before, after = told["events"][name]
        assert before == events(shift, name), name
        assert after == events(really, name), name
    output = told["outputs"]["coater.pump_flow"]
    assert output["largest"] == pytest.approx(5.5 * (gain - 1.0), rel=1e-12)
    shown = run(shift, "replay", "record.mcap", "--with", tmp_path / "new.toml").stdout
    assert "* coater.pump_flow" in shown, shown


def test_another_line_file_on_a_recorded_shift_gives_what_the_shift_gives_with_it(
    shift: Path, tmp_path: Path
) -> None:
    other = recorded(tmp_path / "other", limit=1.0002, gain=0.9995)
    done = run(shift, "replay", "record.mcap", "--with", tmp_path / "other" / "line.toml", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["events"]
    for name in ("watch.moved", "watch.heavy"):
        assert told[name] == [events(shift, name), events(other, name)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('[params]\n"watch.gian" = 1.0\n', ["watch.gian", "watch.gain"]),
        ('[params]\n"watch.gain" = 9.0\n', ["from 0 to 2"]),
        ('[params]\n"watch.gain" = true\n', ["a number"]),
        ("[param]\n", ["params"]),
        ("= 3", ["valid TOML"]),
    ],
)
def test_bad_parameters_are_refused_and_named(
    shift: Path, tmp_path: Path, text: str, parts: list[str]
) -> None:
    (tmp_path / "new.toml").write_text(text)
    done = run(shift, "replay", "record.mcap", "--with", tmp_path / "new.toml")
    assert done.returncode == 78
    assert all(part in done.stderr for part in [*parts, "new.toml"]), done.stderr


def test_viewers_read_the_signals_without_a_plug_in(shift: Path) -> None:
    mcap = pytest.importorskip("mcap.reader", reason="mcap is not installed")
    with (shift / "record.mcap").open("rb") as file:
        reader = mcap.make_reader(file)
        seen = [
            (schema.encoding, channel.message_encoding, json.loads(message.data), message.log_time)
            for schema, channel, message in reader.iter_messages(topics=["signals/watch.flow"])
        ]
    assert len(seen) == 300
    assert {(encoding, kind) for encoding, kind, _, _ in seen} == {("jsonschema", "json")}
    assert [log_time for *_, log_time in seen] == sorted(log_time for *_, log_time in seen)
    weights = [message["input coater.wet_weight"] for _, _, message, _ in seen]
    assert sum(w is not None for w in weights) > 250


def test_a_run_in_parts_replays_whole_and_stays_within_its_quota(tmp_path: Path) -> None:
    more = "part_mib = 0.05\nquota_mib = 0.2"
    run_dir = recorded(Path(os.path.realpath(tmp_path)), slots="all", more=more)
    files = sorted(run_dir.glob("record*.mcap"))
    assert len(files) > 1
    assert sum(file.stat().st_size for file in files) < 0.35 * (1 << 20)
    told = json.loads(run(run_dir, "replay", "record.mcap", "--json").stdout)
    assert told["files"] == len(files)
    assert told["starts_late"]


def test_a_quota_below_one_part_is_refused(tmp_path: Path) -> None:
    (tmp_path / "watch.py").write_text(STATION)
    text = LINE.format(seed=1, limit=1.0, gain=1.0, slots="all", more="quota_mib = 1.0")
    (tmp_path / "line.toml").write_text(text)
    done = run(tmp_path, "check", "line.toml")
    assert done.returncode == 78
    assert "quota" in done.stderr, done.stderr
