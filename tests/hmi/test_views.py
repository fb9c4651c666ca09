"""What pages are made of: trends, corrections and figures from a ledger alone, without a server."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linewright import _core
from linewright.hmi._figures import Figures
from linewright.hmi._follow import Follower
from linewright.hmi._ring import Ring, decimate
from linewright.hmi._users import Sessions, add_user
from linewright.hmi._views import Views
from linewright.hmi._where import HmiError, find
from linewright.line import load, run_inline

LINE = Path(__file__).resolve().parents[2] / "docs" / "lines" / "closed_short.toml"
finite = st.floats(-1e6, 1e6)


@settings(max_examples=60, deadline=None)
@given(st.lists(finite, min_size=1, max_size=300), st.integers(1, 60))
def test_no_spike_is_lost_however_narrow_the_screen(values: list[float], width_px: int) -> None:
    t, x = np.arange(float(len(values))), np.array(values)
    drawn = decimate(t, x, 0.0, float(len(values)), width_px)
    lo, hi, mean = (np.array(drawn[name]) for name in ("lo", "hi", "mean"))
    assert len(lo) <= width_px
    assert (min(lo), max(hi)) == (min(values), max(values))
    assert ((lo <= mean + 1e-6) & (mean <= hi + 1e-6)).all()


def test_a_ring_keeps_the_newest_and_begins_anew_with_the_line() -> None:
    ring = Ring(kept=10)
    for at_s in range(25):
        ring.put(float(at_s), float(at_s))
    assert ring.between(0.0, 99.0)[0].tolist() == [float(t) for t in range(15, 25)]
    ring.put(1.0, 5.0)
    assert ring.between(0.0, 99.0)[1].tolist() == [5.0]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run_dir = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as here:
        here.chdir(run_dir)  # the line file puts its truth where it is run
        run_inline(load(LINE), run_dir)
    return run_dir


def test_a_finished_run_is_shown_from_its_ledger(finished: Path) -> None:
    line = Follower(find(finished / "ledger.sqlite"))
    line.read_rows()
    shown = Views(line).overview()
    newest = _core.ledger_newest(str(finished / "ledger.sqlite"))
    assert (shown["line"], shown["seq"], shown["live"]) == ("closed_short", newest, False)
    assert {s["name"] for s in shown["stations"]} >= {"coater", "calender"}
    said = next(s["doing"] for s in shown["stations"] if s["name"] == "calender")
    assert said == "map feed-forward off, because no map of roll 0"


@pytest.mark.parametrize(("position_m", "amount"), [(-180.7, None), (0.0, 0.0), (12.5, 12.5)])
def test_material_that_has_not_come_yet_is_no_negative_amount(
    finished: Path, position_m: float, amount: float | None
) -> None:
    line = Follower(find(finished / "ledger.sqlite"))
    line.read_rows()
    line.newest["calender.position"] = (10.0, position_m, 0, "m")
    flow = Views(line).overview()["flow"]
    assert [f["amount"] for f in flow if f["from"] == "calender"] == [amount]


def test_a_trend_from_before_the_page_comes_from_the_record(finished: Path) -> None:
    line = Follower(find(finished))
    line.read_rows()
    views = Views(line)
    sensor = views.trend("coater.wet_weight", 0.0, 300.0, 100)
    tapped = views.trend("coater.reconciled", None, None, 100)
    assert sensor is not None
    assert tapped is not None
    assert (sensor["unit"], len(sensor["t_s"]), sensor["t_s"][0]) == ("g/m2", 100, 1.0)
    assert tapped["to_s"] == pytest.approx(360.0, abs=1.0)
    assert 0.0 < max(np.abs(tapped["mean"])) < 0.02, "relative to the set-point"
    assert views.trend("coater.none", None, None, 100) is None


def test_a_trend_joins_the_record_and_what_was_heard_without_doubling(finished: Path) -> None:
    line = Follower(find(finished))
    line.read_rows()
    ring = line.rings["coater.wet_weight"] = Ring()
    line.newest["coater.wet_weight"] = (359.0, 7.0, 0, "g/m2")
    for at_s in range(200, 360):
        ring.put(float(at_s), 7.0)
    drawn = Views(line).trend("coater.wet_weight", 100.0, 359.0, 4000)
    assert drawn is not None
    assert drawn["t_s"] == [float(at_s) for at_s in range(100, 360)]
    assert all(mean == 7.0 for mean in drawn["mean"][100:])
    assert all(mean > 50.0 for mean in drawn["mean"][:100])


def test_a_correction_is_joined_from_decision_to_command(finished: Path) -> None:
    line = Follower(find(finished / "ledger.sqlite"))
    line.read_rows()
    page = Views(line).corrections(None, 10)
    found = next(i for i in page["items"] if i["station"] == "calender")
    assert found["decision"]["because"] == "no map of roll 0"
    assert found["commands"][0]["says"] == "set calender.ff_gain to 0"
    assert page["next"] is None
    assert Views(line).corrections(found["seq"], 10)["items"] == []


def test_figures_come_from_rows_and_are_not_made_up() -> None:
    figures = Figures()
    assert set(figures.as_json().values()) == {None}
    for age_s in (2.0, 4.0, 9.0):
        body = {"name": "a.b", "evidence": {"age": age_s}}
        figures.take({"kind": "detection", "body": body})
    assert figures.as_json()["time_to_detect_s"] == 4.0
    made = {"machine": "coater", "unit": "roll 1", "good": True, "amount": 900.0}
    figures.take({"kind": "production", "body": made})
    clean = figures.as_json()["cost_per_good_cell_eur"]
    figures.take({"kind": "production", "body": made | {"good": False, "amount": 100.0}})
    worse = figures.as_json()["cost_per_good_cell_eur"]
    assert clean is not None
    assert worse is not None
    assert worse > clean


def test_a_session_ends_with_time_with_the_password_and_with_the_user(tmp_path: Path) -> None:
    file, now_s = tmp_path / "users.json", [0.0]
    add_user(file, "meier", "operate", "a long password")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "a long password" not in file.read_text()
    sessions = Sessions(file, lambda: now_s[0])
    assert sessions.login("meier", "a wrong password") is None
    found = sessions.login("meier", "a long password")
    assert found is not None
    token, person = found
    assert (person.may("operate"), person.may("engineer")) == (True, False)
    now_s[0] = 3500.0
    assert sessions.who(token).name == "meier"
    now_s[0] = 7200.0
    assert sessions.who(token).name == ""
    found = sessions.login("meier", "a long password")
    assert found is not None
    add_user(file, "meier", "engineer", "another password")
    assert sessions.who(found[0]).name == ""
    with pytest.raises(HmiError, match="8 to 200"):
        add_user(file, "x", "view", "short")
    file.chmod(0o644)
    with pytest.raises(HmiError, match="chmod 600"):
        Sessions(file)
