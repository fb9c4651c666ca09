"""Every alarm of the packaged lines is described; a description that lacks something is refused."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from alarm_rows import described
from linewright.alarms import CORE_DEFINITIONS, Definition, declared
from linewright.cause import merged
from linewright.line import Line, load, packaged
from linewright.mistakes import Mistakes


@cache
def packaged_line(name: str) -> Line:
    return load(packaged()[name])


FIELDS = ("cause", "consequence", "action", "respond_within_s", "priority")


@pytest.mark.parametrize("name", sorted(packaged()))
def test_every_alarm_of_a_packaged_line_is_described(name: str) -> None:
    line = packaged_line(name)
    known = {d.name for d in line.alarms}
    alarms = {e["name"] for e in line.summary["events"] if e["priority"] == "alarm"}
    assert alarms <= known


def test_no_definition_is_of_something_that_is_not_there() -> None:
    events: set[str] = set()
    declared_names: set[str] = set()
    for name in packaged():
        line = packaged_line(name)
        events |= {e["name"] for e in line.summary["events"]}
        declared_names |= {d.name for d in line.alarms}
    spare = {name for name in declared_names - events if not name.startswith("welder.held_")}
    assert spare == set()


def test_priorities_are_about_80_15_5() -> None:
    line = packaged_line("whole")
    there = {e["name"] for e in line.summary["events"]}
    own = [d for d in line.alarms if d.name in there]
    found = [d.priority for d in (*own, *CORE_DEFINITIONS)]
    share = {p: found.count(p) / len(found) for p in ("low", "medium", "high")}
    assert 0.70 <= share["low"] <= 0.90, share
    assert share["medium"] <= 0.20, share
    assert share["high"] <= 0.10, share


@pytest.mark.parametrize("field", FIELDS)
def test_a_missing_field_is_refused_by_name(field: str) -> None:
    with pytest.raises(ValueError, match=rf"alarm 'mill\.jam': {field} is missing"):
        described("mill.jam", **{field: None})


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"priority": "urgent"}, "priority must be"),
        ({"respond_within_s": 0.0}, "respond_within_s must be positive"),
        ({"returns_after_s": 5.0}, "returns_after_s must be at least 60"),
        ({"name": "jam"}, "station.what"),
    ],
)
def test_nonsense_is_refused(over: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        described(**{"name": "mill.jam", **over})  # type: ignore[arg-type]


def test_a_class_used_twice_describes_both() -> None:
    (alarm,) = declared("mill_2", "mill", [described("mill.jam")])
    assert alarm.name == "mill_2.jam"
    with pytest.raises(ValueError, match="must begin with 'mill'"):
        declared("mill", "mill", [described("press.jam")])
    with pytest.raises(ValueError, match="described twice"):
        declared("mill", "mill", [described("mill.jam"), described("mill.jam")])
    with pytest.raises(ValueError, match="must be linewright"):
        declared("mill", "mill", ["mill.jam"])


STATION = """
from linewright.alarms import Definition
from linewright.graph import Station

class Mill(Station):
    name = "mill"
    alarms = (Definition(name="{name}", cause="a lump", consequence="it stops", {action}
                         respond_within_s=300.0, priority="low"),)

    def build(self, g):
        loop = g.loop("feed", rate_hz=10)
        jam = loop.input("mill.jam", "1", max_age_s=1.0)
        loop.event("jam", jam > 0.5, rule="r v1", decision="d", priority="alarm")
"""
LINE = """
schema = 1
[line]
name = "mill"
[time]
mode = "simulated"
hours = 0.1
lockstep_s = 1.0
[io]
driver = "manual"
channels = {{"mill.jam" = "1"}}
actuators = {{}}
[stations.mill]
plugin = "{module}:Mill"
"""


def third_party(folder: Path, module: str, *, name: str, action: str) -> Path:
    (folder / f"{module}.py").write_text(STATION.format(name=name, action=action))
    file = folder / "line.toml"
    file.write_text(LINE.format(module=module))
    return file


def test_a_third_party_describes_by_the_same_attribute(tmp_path: Path) -> None:
    file = third_party(tmp_path, "mill_good", name="mill.jam", action='action="clear it",')
    line = load(file)
    assert [(type(d), d.name, d.action) for d in line.alarms] == [
        (Definition, "mill.jam", "clear it")
    ]


@pytest.mark.parametrize(
    ("module", "name", "action", "says"),
    [
        ("mill_no_action", "mill.jam", "", "alarm 'mill.jam': action is missing"),
        ("mill_of_press", "press.jam", 'action="clear it",', "must begin with 'mill'"),
    ],
)
def test_a_third_party_is_refused_with_a_clear_message(
    tmp_path: Path, module: str, name: str, action: str, says: str
) -> None:
    file = third_party(tmp_path, module, name=name, action=action)
    with pytest.raises(Mistakes) as refused:
        load(file)
    assert says in str(refused.value)


def test_causes_of_the_whole_line_keep_their_names() -> None:
    line = packaged_line("whole")
    assert [c.name for c in merged(line.causes)] == [c.name for c in line.causes]
