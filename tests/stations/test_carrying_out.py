"""A change of recipe carried out by a running line on its twin: what it wastes, when it is refused,
and that it holds where it is interrupted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from linewright import _core
from linewright import messages as m
from linewright.line import _inline, load, run_inline
from linewright.value.changeover import Executed, read_change, write_change

ROOT = Path(__file__).resolve().parents[2]
RECIPES = ROOT / "examples" / "recipes"
LINE = RECIPES / "change.toml"


def pair(names: str) -> tuple[Path, Path]:
    a, b = (RECIPES / f"{name}.toml" for name in names)
    return a, b


def made(folder: Path, names: str, *, seed: int, **desk: Any) -> Executed:
    run_inline(load(write_change(folder, LINE, pair(names), seed=seed, desk=desk)), folder)
    return read_change(folder, pair(names), seed=seed)


def decisions(folder: Path, station: str) -> list[tuple[float, str, dict[str, Any]]]:
    rows = _core.ledger_rows(str(folder / "ledger.sqlite"), kinds=["decision"])
    hz = json.loads((folder / "truth.json").read_text())["base_hz"]
    return [
        (row["tick"] / hz, row["body"]["decision"], row["body"].get("detail") or {})
        for row in rows
        if row["station"] == station
    ]


def series(folder: Path, name: str) -> list[float]:
    raw = json.loads((folder / "truth.json").read_text())["series"]
    values: list[float] = next(entry["values"] for entry in raw if entry["name"] == name)
    return values


@pytest.mark.parametrize("names", ["AC", "CA", "AB", "BA"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_change_wastes_what_its_plan_says(tmp_path: Path, names: str, seed: int) -> None:
    change = made(tmp_path, names, seed=seed)
    assert change.scrap is not None
    assert 0.0 < change.planned_m < 30.0
    assert abs(change.scrap.metres - change.planned_m) <= 10.0
    assert change.scrap.after_m <= 5.0
    assert abs(change.counted_m - change.scrap.by["weight"]) <= 3.0
    a, b = names
    rows = _core.ledger_rows(str(tmp_path / "ledger.sqlite"), kinds=["state"], station="coater")
    told = [(row["body"]["mode"], row["body"]["recipe"]) for row in rows]
    assert told == [("producing", a), ("setup", b), ("producing", b)]
    kinds = {"kinds": ["production"], "station": "coater"}
    rows = _core.ledger_rows(str(tmp_path / "ledger.sqlite"), **kinds)
    made_m = series(tmp_path, "coater_position")[-1]
    full = int((made_m - 100.0) / 2000.0)  # the map of a roll is closed 80 m behind its end
    assert [row["body"]["unit"] for row in rows] == [f"roll {n + 1}" for n in range(full)]


def doctored(folder: Path, names: str, edit: str) -> None:
    """The same line, its desk replaced by one that changes the order on its way."""
    (folder / "doctored.py").parent.mkdir(parents=True, exist_ok=True)
    (folder / "doctored.py").write_text(
        "from linewright.recipes._certificate import _hash as seal\n"
        "from linewright.recipes._order import _hash as whole\n"
        "from linewright.testing.order_desk import OrderDesk\n"
        "class Desk(OrderDesk):\n"
        "    def on_message(self, topic, body):\n"
        "        order = body['order']\n"
        "        certificate = order['certificate']\n"
        f"        {edit}\n"
        "        for part, of in ((certificate, seal), (order, whole)):\n"
        "            part['hash'] = of({k: v for k, v in part.items() if k != 'hash'})\n"
        "        super().on_message(topic, body)\n"
    )
    file = write_change(folder, LINE, pair(names), seed=1)
    text = re.sub(r'plugin = "linewright.testing.*"', 'plugin = "doctored:Desk"', file.read_text())
    file.write_text(text.replace("duration_s = 6600.0", "duration_s = 900.0"))
    run_inline(load(file), folder)


@pytest.mark.parametrize(
    ("edit", "because"),
    [
        ("certificate['expires_unix_s'] = 5", "expired"),
        ("certificate['recipe_hash'] = 'ab' * 32", "not for C"),
        ("certificate['verdict'] = 'block'", "does not release"),
        ("order['certificate'] = certificate = {}", "bad certificate"),
        ("order['from'] = order['to']", "does not start"),
    ],
)
def test_without_a_valid_certificate_nothing_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edit: str, because: str
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(__import__("sys").modules, "doctored", raising=False)
    doctored(tmp_path, "AC", edit)
    for station in ("coater", "calender"):
        refused = [d for _, text, d in decisions(tmp_path, station) if text == "change refused"]
        assert refused
        assert because in refused[0]["because"]
    assert max(map(abs, series(tmp_path, "weight_deviation")[60:])) < 1.5
    assert not [t for _, t, _ in decisions(tmp_path, "coater") if t.endswith("begun")]


def interrupted(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    hook: Callable[[_core.Core, list[Any], float], None],
    **desk: Any,
) -> Executed:
    """A change from A to C with `hook` called at every barrier, with the line's time."""
    barrier = _inline._barrier
    file = write_change(folder, LINE, pair("AC"), seed=2, desk=desk)
    line = load(file)

    def hooked(core: _core.Core, seats: list[Any], tick: int) -> None:
        hook(core, seats, tick / line.base_hz)
        barrier(core, seats, tick)

    monkeypatch.setattr(_inline, "_barrier", hooked)
    run_inline(line, folder)
    return read_change(folder, pair("AC"), seed=2)


class Operator:
    """The person at the line."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.said = folder, 0

    def says(self, core: _core.Core, action: m.AnyAction, seat: Any) -> None:
        self.said += 1
        stamp = m.Stamp(
            sender=_inline.OPERATOR_KEY,
            epoch=1,
            seq=self.said,
            based_on_tick=seat.now_tick,
            not_after_tick=seat.now_tick + seat._window_ticks,
        )
        core.submit(m.encode(m.Command(0, action), stamp))

    def arms(self, core: _core.Core, seat: Any) -> None:
        certificate = json.loads((self.folder / "running.json").read_text())
        self.says(core, m.Arm("shift lead", m.Certificate(**certificate)), seat)


def said_at(folder: Path, start: str) -> float:
    return next(at for at, text, _ in decisions(folder, "coater") if text.startswith(start))


def test_a_killed_station_leaves_the_change_where_it_is_until_a_person_resumes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dies_s, back_s, armed_s, resume_s = 520.0, 900.0, 1000.0, 1200.0
    operator = Operator(tmp_path)
    orders: list[m.Publish] = []

    def hook(core: _core.Core, seats: list[Any], now_s: float) -> None:
        seat = next(seat for seat in seats if seat.name == "coater")
        orders.extend(x for x in seat.inbox if isinstance(x, m.Publish) and "change" in x.topic)
        if dies_s <= now_s < back_s:
            # a process that is gone hears and says nothing
            seat.inbox.clear()
            seat.step = lambda _tick: None
        elif back_s <= now_s < back_s + 5.0:
            del seat.__dict__["step"]
            seat.leases.forget()
            seat.station.start(seat.station.api)
            seat.inbox.clear()
        elif back_s + 10.0 <= now_s < back_s + 15.0:
            seat.inbox.append(orders[0])  # the bus keeps the last message of a topic
        elif now_s == armed_s:
            operator.arms(core, seat)  # a lease lapsed: only a person gives the line back

    change = interrupted(tmp_path, monkeypatch, hook, resume_at_s=[resume_s])
    held = next(d for _, text, d in decisions(tmp_path, "coater") if text == "change held")
    assert "started anew" in held["because"]
    assert 140.0 < held["plan_m"] < 332.0
    assert said_at(tmp_path, "change resumed") >= resume_s
    assert said_at(tmp_path, "change A to C made") > resume_s
    assert change.scrap is not None
    assert change.scrap.metres <= change.planned_m + 10.0
    assert change.scrap.after_m <= 5.0


def test_advisory_mode_holds_the_change_and_closed_mode_alone_does_not_resume_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    advisory_s, closed_s, resume_s = 520.0, 700.0, 900.0
    operator = Operator(tmp_path)

    def hook(core: _core.Core, seats: list[Any], now_s: float) -> None:
        if now_s == advisory_s:
            operator.says(core, m.Mode("advisory"), seats[0])
        if now_s == closed_s:
            operator.says(core, m.Mode("closed"), seats[0])
            operator.arms(core, seats[0])

    change = interrupted(tmp_path, monkeypatch, hook, resume_at_s=[resume_s])
    assert advisory_s <= said_at(tmp_path, "change held") <= advisory_s + 15.0
    assert said_at(tmp_path, "change resumed") >= resume_s
    stages = [at for at, text, _ in decisions(tmp_path, "coater") if "stage air" in text]
    assert stages
    assert stages[0] > resume_s
    assert change.scrap is not None
    assert change.scrap.metres <= change.planned_m + 10.0
