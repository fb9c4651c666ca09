"""A wrong line file is refused, and the message leads to the place."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from line_rig import LINE
from linewright.line import LineErrors, load
from linewright.mistakes import line_of, locate


def line_number(text: str) -> int:
    return next(n for n, line in enumerate(LINE.splitlines(), 1) if text in line)


STAGES = (
    '[budgets.loops."probe.flow"]\nrelease_us = 10000.0\nread_us = 10000.0\nwrite_us = 10000.1\n'
)
RUNGS = '[loops."probe.flow"]\n'
CASES = {
    "unknown loop": (
        {"[gate]": '[loops."probe.flo"]\n[gate]'},
        "probe.flo",
        "probe.flow",
        "[gate]",
    ),
    "late deadline": (
        {"[gate]": f"{RUNGS}deadline_us = 200000.0\n[gate]"},
        '"probe.flow".deadline_us',
        "1 to 100000",
        "permit",
    ),
    "stages beyond the deadline": (
        {"[gate]": f"{STAGES}execute_us = 70000.0\n[gate]"},
        'budgets.loops."probe.flow"',
        "at most the deadline, 100000 us",
        "[gate]",
    ),
    "stage left out": ({"[gate]": f"{STAGES}\n[gate]"}, "execute_us", "a value for", "[gate]"),
    "chain to nowhere": (
        {
            "[gate]": '[budgets.chains.a]\nchannel = "coater.web_speed"\n'
            'actuator = "coater.bolt_1"\nbudget_us = 9.0\n[gate]'
        },
        "budgets.chains.a.actuator",
        "that a loop drives",
        "arm_at_start",
    ),
    "rungs that fall": (
        {"[gate]": f"{RUNGS}hold = {{consecutive = 2}}\n[gate]"},
        'loops."probe.flow"',
        "rise from warn",
        "[gate]",
    ),
    "rung of nothing": (
        {"[gate]": f"{RUNGS}safe = {{}}\n[gate]"},
        '"probe.flow".safe',
        "consecutive, windowed or both",
        "permit",
    ),
    "unknown key": ({"lo = 4.5": "low = 4.5"}, '"coater.pump_flow".low', "'lo'", "lo = 4.5"),
    "missing limit": ({"hi = 6.5\n": ""}, ".hi", "a value for 'hi'", "[actuators"),
    "missing lease": ({"lease_s = 1.0\n": ""}, ".lease_s", "a value for 'lease_s'", "[actuators"),
    "missing budget": (
        {"nudge_budget = 1.5\n": ""},
        ".nudge_budget",
        "a value for 'nudge_budget'",
        "[actuators",
    ),
    "missing window": (
        {"nudge_window_s = 3600.0\n": ""},
        ".nudge_window_s",
        "a value for 'nudge_window_s'",
        "[actuators",
    ),
    "budget beyond the span": (
        {"nudge_budget = 1.5": "nudge_budget = 2.5"},
        ".nudge_budget",
        "hi - lo = 2",
        "nudge_budget",
    ),
    "window of no length": (
        {"nudge_window_s = 3600.0": "nudge_window_s = 0.0"},
        ".nudge_window_s",
        "",
        "nudge_window_s",
    ),
    "infinite window": (
        {"nudge_window_s = 3600.0": "nudge_window_s = inf"},
        ".nudge_window_s",
        "finite",
        "nudge_window_s",
    ),
    "wrong type": ({"lo = 4.5": 'lo = "4.5"'}, ".lo", "float", "lo = 4.5"),
    "nan": ({"lo = 4.5": "lo = nan"}, ".lo", "finite", "lo = 4.5"),
    "infinite rate": ({"_s = 0.2": "_s = inf"}, ".max_rate_per_s", "finite", "max_rate"),
    "lo above hi": ({"lo = 4.5": "lo = 7.5"}, ".hi", "above lo", "hi = 6.5"),
    "zero rate": ({"_s = 0.2": "_s = 0.0"}, ".max_rate_per_s", "", "max_rate"),
    "wrong unit": ({'unit = "L/min"': 'unit = "L/s"'}, ".unit", "L/min", "unit"),
    "fallback": ({'"hold"': '"stay"'}, ".fallback", "", "fallback"),
    "fallback outside": ({'"hold"': "{ramp_to = 9.0}"}, ".fallback", "", "fallback"),
    "unknown actuator": ({'"coater.pump_flow"': '"coater.pump_flo"'}, "pump_flo", "", "[actuators"),
    "unknown table": ({"[record]": "[recorder]"}, "recorder", "'record'", "[record]"),
    "schema": ({"schema = 1": "schema = 2"}, "schema", "1", "schema"),
    "mode": ({'"simulated"': '"simulate"'}, "time.mode", "", "mode ="),
    "driver": ({'"twin"': '"twins"'}, "io.driver", "one of: twin", "driver"),
    "no end": ({"duration_s = 60.0\n": ""}, "time", "hours or duration_s", "[time]"),
    "plugin": ({"probe:Probe": "probe:Prob"}, "stations.probe.plugin", "station", "plugin ="),
    "module": ({"probe:Probe": "prob:Probe"}, "stations.probe.plugin", "station", "plugin ="),
    "setting": ({"rate_hz = 10.0": "rate = 10.0"}, "settings.rate", "'rate_hz'", "rate_hz"),
    "setting's type": ({"= 10.0": '= "x"'}, "settings.rate_hz", "float", "rate_hz"),
    "setting's bound": ({"rate_hz = 10.0": "rate_hz = -1.0"}, "settings", "above 0", "settings]"),
    "nested setting": (
        {"rate_hz = 10.0": "part = {gan = 1.0}"},
        "settings.part.gan",
        "'gain'",
        "rate_hz = 10.0",
    ),
}


@pytest.mark.parametrize("case", CASES, ids=CASES)
def test_the_message_names_file_key_and_line(case: str, write: Callable[..., Path]) -> None:
    changes, key, expected, place = CASES[case]
    file = write(changes)
    with pytest.raises(LineErrors) as caught:
        load(file)
    found = [e for e in caught.value.errors if key in e.key]
    assert found, caught.value
    assert expected in found[0].expected
    assert found[0].line == line_number(place), caught.value
    assert f"{file}:{found[0].line}: " in str(found[0])


def test_mistakes_are_told_together(write: Callable[..., Path]) -> None:
    with pytest.raises(LineErrors) as caught:
        load(write({"lo = 4.5": "low = 4.5", '"simulated"': '"simulate"', "hi = 6.5\n": ""}))
    assert len(caught.value.errors) >= 3


def test_a_missing_actuator_table_is_asked_for(write: Callable[..., Path]) -> None:
    head, _, rest = LINE.partition('[actuators."coater.pump_flow"]')
    with pytest.raises(LineErrors, match=r"a table \[actuators"):
        load(write(text=head + rest[rest.index("[gate]") :]))


@pytest.mark.parametrize("text", ["", "schema = 1\nschema = 1\n", "a = [", "\x00", "a = 1e999999"])
def test_what_is_no_line_file_is_refused(text: str, folder: Path) -> None:
    (folder / "line.toml").write_text(text)
    with pytest.raises(LineErrors):
        load(folder / "line.toml")


def test_a_file_that_is_too_long_or_missing_is_refused(folder: Path) -> None:
    (folder / "long.toml").write_text("# " + "x" * (1024 * 1024))
    for name in ("long.toml", "missing.toml"):
        with pytest.raises(LineErrors):
            load(folder / name)


@given(st.text(max_size=200))
def test_the_locator_takes_any_text(text: str) -> None:
    lines = locate(text)
    assert all(1 <= n <= len(text.splitlines()) for n in lines.values())


def test_the_locator_finds_quoted_and_nested_keys() -> None:
    text = '# c\n[a."b.c"] # x\nd.e = 1\n\n[[f]]\ng = [\n 1,\n]\n"h i" = 2\n'
    lines = locate(text)
    assert line_of(lines, ("a", "b.c", "d", "e")) == 3
    assert line_of(lines, ("f", "h i")) == 9
    assert line_of(lines, ("a", "b.c", "missing")) == 2
    assert line_of(lines, ("nowhere",)) == 0


def test_the_same_file_gives_the_same_core_configuration(write: Callable[..., Path]) -> None:
    from linewright.line._build import Line

    def made(line: Line) -> dict:
        keys = {"probe": line._key("probe")}
        return line.core_config(Path("/x"), keys, 1)

    file = write()
    assert made(load(file)) == made(load(file))


def test_a_lease_outlasts_the_lock_step(write: Callable[..., Path]) -> None:
    line = load(write({"duration_s = 60.0": "duration_s = 60.0\nlockstep_s = 5.0"}))
    (table,) = line.tables.actuators.values()
    assert line.lease_ticks(table) == 3 * 5 * line.base_hz
    assert line.until_tick == math.ceil(60.0 * line.base_hz)


BLOCKS = """\
from linewright.front_ends import BlockStatistics
from linewright.graph import Block, Station


class Burst(Station):
    name = "probe"

    def build(self, g):
        burst = g.front_end("burst", BlockStatistics, x=Block("welder.plasma", "V"))
        with g.loop("watch", rate_hz=10) as L:
            L.tap("spread", L.input(burst.sd, max_age_s=1.0))
"""

PUSHED = """\
schema = 1

[line]
name = "pushed"

[time]
mode = "simulated"
duration_s = 1.0

[io]
driver = "manual"
channels = { "welder.speed" = "m/s" }

[io.blocks."welder.plasma"]
unit = "V"
len = 10000

[stations.probe]
plugin = "burst:Burst"
"""


def test_blocks_of_a_pushed_plant_are_declared_and_checked(
    folder: Path, write: Callable[..., Path]
) -> None:
    (folder / "burst.py").write_text(BLOCKS)
    line = load(write(text=PUSHED))
    driver = line.core_config(folder, {"probe": 1}, 9)["driver"]
    assert driver["blocks"] == [["welder.plasma", "V", 10_000]]
    for change, parts in [
        ({'"welder.plasma"]': '"welder.back"]'}, ["welder.plasma", "welder.back"]),
        ({'unit = "V"': 'unit = "A"'}, ['"V"', '"A"']),
        ({"len = 10000": "len = 0"}, ["len", ">= 1"]),
    ]:
        with pytest.raises(LineErrors) as caught:
            load(write(change, text=PUSHED))
        for part in parts:
            assert part in str(caught.value), caught.value


def test_one_table_stands_for_all_actuators_it_matches(write: Callable[..., Path]) -> None:
    tables = load(write({'"coater.pump_flow"': '"coater.pump_*"'})).tables
    assert list(tables.actuators) == ["coater.pump_flow"]
    assert tables.actuators["coater.pump_flow"].lo == 4.5


def test_a_table_of_its_own_comes_before_a_pattern(write: Callable[..., Path]) -> None:
    table = LINE[LINE.index("[actuators") :].partition("\n\n")[0]
    wide = table.replace("coater.pump_flow", "coater.*").replace("lo = 4.5", "lo = 3.0")
    tables = load(write({table: f"{wide}\n\n{table}"})).tables
    assert tables.actuators["coater.pump_flow"].lo == 4.5


@pytest.mark.parametrize(
    ("changes", "key", "place"),
    [
        ({'"coater.pump_flow"': '"coater.bolt_*"'}, "bolt_*", "[actuators"),
        ({'"coater.pump_flow"': '"coater.*"', "hi = 6.5": "hi = 4.0"}, ".hi", "hi = 6.5"),
    ],
)
def test_a_pattern_that_is_wrong_is_told_where_it_stands(
    changes: dict[str, str], key: str, place: str, write: Callable[..., Path]
) -> None:
    with pytest.raises(LineErrors) as caught:
        load(write(changes))
    found = [e for e in caught.value.errors if key in e.key]
    assert found, caught.value
    assert found[0].line == line_number(place)


def test_two_patterns_for_one_actuator_are_refused(write: Callable[..., Path]) -> None:
    table = LINE[LINE.index("[actuators") :].partition("\n\n")[0]
    wide = table.replace("coater.pump_flow", "coater.*")
    narrow = table.replace("coater.pump_flow", "coater.pump_*")
    with pytest.raises(LineErrors, match="one pattern"):
        load(write({table: f"{wide}\n\n{narrow}"}))
