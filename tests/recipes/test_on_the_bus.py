"""The recipe gate asked over the bus, in lock-step, by a system of somebody else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from linewright import _core
from linewright.recipes import Calibration, Estimate, Line, RecipeFile, read_order, sound
from linewright.stations.recipe_gate import Settings, logic

ROOT = Path(__file__).resolve().parents[2]
RECIPES = ROOT / "examples" / "recipes"
MES = """
import json
from linewright.graph import Station

class Mes(Station):
    name = "mes"
    subscribes = ("recipe_gate.verdict",)

    def build(self, g):
        with g.loop("alive", rate_hz=10.0) as loop:
            loop.tap("speed", loop.input("coater.web_speed", "m/s"))

    def start(self, api):
        super().start(api)
        self.asked = 0

    def on_step(self, tick):
        if self.asked < len(TEXTS):
            self.api.publish("recipe", {"id": str(self.asked), "toml": TEXTS[self.asked]})
            self.asked += 1

    def on_message(self, topic, body):
        got = {k: body[k] for k in ("id", "verdict", "ok")}
        self.api.decide("heard", because=(), detail={"got": json.dumps(got)})
"""
LINE = """\
schema = 1
[line]
name = "asked"
[time]
mode = "simulated"
duration_s = 60.0
lockstep_s = 5.0
[io]
driver = "twin"
[stations.mes]
plugin = "mes:Mes"
[stations.recipe_gate]
plugin = "linewright.stations.recipe_gate:RecipeGate"
[stations.recipe_gate.settings]
draws = 1000
"""
ANSWERS = [("A", "release"), ("B_hot", "block"), ("thick", "refuse")]


def test_a_recipe_is_judged_and_answered_over_the_bus(tmp_path: Path) -> None:
    texts = [(RECIPES / f"{name}.toml").read_text() for name, _ in ANSWERS] + ["schema = 9"]
    (tmp_path / "mes.py").write_text(f"TEXTS = {json.dumps(texts)}\n{MES}")
    (tmp_path / "line.toml").write_text(LINE)
    command = [sys.executable, "-c", "from linewright.cli import main; main()", "run", "line.toml"]
    done = subprocess.run(
        [*command, "--run-dir", "shift"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ.copy(),
    )
    assert done.returncode == 0, done.stderr
    rows = _core.ledger_rows(str(tmp_path / "shift" / "ledger.sqlite"), kinds=["decision"])
    judged = [r["body"]["decision"] for r in rows if r["station"] == "recipe_gate"]
    expected = [f"recipe {name}: {word}" for name, word in ANSWERS]
    assert judged == [*expected, "recipe unreadable: unreadable"]
    heard = [json.loads(r["body"]["detail"]["got"]) for r in rows if r["station"] == "mes"]
    assert [h["verdict"] for h in heard] == ["release", "block", "refuse", "unreadable"]
    assert [h["id"] for h in heard] == ["0", "1", "2", "3"]


def answered(question: object) -> logic.Answer:
    return logic.answer(question, Line(), Settings(draws=1000), now_unix_s=1_000)


def test_a_release_carries_a_sound_certificate_for_its_recipe() -> None:
    told = answered({"id": "x", "toml": (RECIPES / "A.toml").read_text()})
    certificate: dict[str, Any] = told.body["certificate"]
    assert sound(certificate)
    assert certificate["recipe_hash"] == told.recipe_hash != RecipeFile.of("A").hash
    assert certificate["expires_unix_s"] == 1_000 + 24 * 3600
    blocked = answered({"toml": (RECIPES / "B_hot.toml").read_text()})
    assert blocked.word == "block"
    assert "certificate" not in blocked.body
    assert any("residual" in sentence or "adhesion" in sentence for sentence in blocked.said)


def test_asked_for_a_change_a_release_carries_its_order() -> None:
    texts = [(RECIPES / f"{name}.toml").read_text() for name in "AC"]
    told = answered({"id": "x", "from": texts[0], "toml": texts[1]})
    order = read_order(told.body["order"], now_unix_s=1_000)
    assert (order.a.name, order.b.name) == ("A", "C")
    assert any(sentence.startswith("scrap ") for sentence in told.said)
    assert "order" not in answered({"toml": texts[1]}).body
    for running in (texts[1], "schema = 9", 7):
        told = answered({"from": running, "toml": texts[1]})
        assert told.word == "release"
        assert told.body["no_order"]
        assert "order" not in told.body


@pytest.mark.parametrize(
    "question", [None, 3, [], {}, {"toml": 5}, {"toml": "x ="}, {"toml": "a" * 2_000_000}]
)
def test_nonsense_is_answered_and_hurts_nobody(question: object) -> None:
    told = answered(question)
    assert told.word == "unreadable"
    assert told.said


@pytest.mark.parametrize("wrong", [{"draws": 5}, {"seed": -1}, {"valid_hours": 0.0}])
def test_settings_out_of_bounds_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings(**wrong)


def test_a_calibration_is_judged_with_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "line.json"
    resists = Estimate(ratio=1.03, sd_pct=1.0, bias_pct=0.5, used=100, rejected={})
    Calibration(
        recipe="A",
        recipe_hash="",
        source="r.mcap",
        source_sha256="ab",
        from_s=0.0,
        to_s=3600.0,
        prior="",
        parameters={"resistance": resists},
        scatter={},
        tool="test",
    ).write(file)
    asked = {"toml": (RECIPES / "A.toml").read_text()}
    settings = Settings(draws=1000, calibration=str(file))
    told = logic.answer(asked, settings.line(), settings, now_unix_s=0)
    assert told.body["resistance_ratio"] == 1.03
    assert told.body["calibration_hash"] != answered(asked).body["calibration_hash"]
    file.write_text("{")
    with pytest.raises(ValueError, match="calibration"):
        Settings(calibration=str(file))
    with pytest.raises(ValueError, match="calibration"):
        Settings(calibration=str(tmp_path / "absent.json"))
