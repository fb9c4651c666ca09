"""A line with a recipe: stated once, and armed only under its certificate."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import linewright.lines
import pytest
from line_rig import LINE, LIVE
from linewright import _core, recipes
from linewright.line import LineErrors, load
from test_line_run import Running, rows, wait

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "recipes"
CLOSED = (Path(linewright.lines.__path__[0]) / "closed.toml").read_text()
RECIPE = '[recipe]\npath = "A.toml"\n'


@pytest.fixture
def shop(folder: Path) -> Path:
    """A folder with recipes and the certificate of A."""
    for name in ("A", "B"):
        (folder / f"{name}.toml").write_text((EXAMPLES / f"{name}.toml").read_text())
        certify(folder, name)
    return folder


def certify(folder: Path, name: str, *, ago_s: int = 0) -> Path:
    verdict = recipes.judge(recipes.read_recipe(folder / f"{name}.toml"), draws=500)
    made = recipes.certify(verdict, now_unix_s=int(time.time()) - ago_s, valid_s=3600)
    file = folder / f"{name}{'_old' if ago_s else ''}.json"
    file.write_text(json.dumps(made))
    return file


def mistakes(file: Path) -> str:
    with pytest.raises(LineErrors) as caught:
        load(file)
    return str(caught.value)


def test_the_recipe_is_put_into_stations_and_twin(shop: Path, write) -> None:
    text = CLOSED.replace('arm_at_start = "shift lead"\n', "") + RECIPE
    line = load(write(text=text.replace("A.toml", "B.toml")))
    coater, calender = (line.tables.stations[name].settings for name in ("coater", "calender"))
    assert coater["recipe"]["areal_g_per_m2"] == 190.0
    assert coater["recipe"] == calender["recipe"]
    assert coater["dryer"]["zone_c"][1] == 75.0
    assert coater["dryer"]["control"] is True, "what is no recipe stays as the line file says"
    twin = line.tables.io.twin
    assert _core.whole_recipe(twin)["dry_weight_g_per_m2"] == 190.0
    assert twin["coater"]["web_m_per_s"] == 0.8333
    recipe = recipes.read_recipe(shop / "B.toml")
    assert line.recipe == {"name": "B", "hash": recipe.hash}


def test_what_the_recipe_says_stands_nowhere_else(shop: Path, write) -> None:
    text = CLOSED.replace("control = true", "control = true, exhaust_m3_per_s = 12.0") + RECIPE
    text = text.replace('driver = "twin"', 'driver = "twin"\ntwin = {coater = {web_m_per_s = 1.1}}')
    told = mistakes(write(text=text))
    assert "stations.coater.settings.dryer.exhaust_m3_per_s: expected nothing" in told
    assert "io.twin.coater.web_m_per_s: expected nothing: the recipe file says it" in told


def test_a_bad_recipe_file_is_a_mistake_of_the_line(shop: Path, write) -> None:
    (shop / "A.toml").write_text('schema = 1\nname = "A"\n[recipe]\nporosty = 1\n')
    told = mistakes(write(text=LINE + RECIPE))
    assert "A.toml:4: recipe.porosty: expected 'porosity'" in told


def test_a_line_that_arms_itself_needs_the_certificate(shop: Path, write, linewright) -> None:
    told = mistakes(write(text=LINE + RECIPE))
    assert "recipe.certificate: expected a certificate for recipe A" in told
    assert "got no_certificate" in told
    wrong = mistakes(write(text=LINE + RECIPE + 'certificate = "B.json"\n'))
    assert "got wrong_recipe" in wrong
    file = write(text=LINE + RECIPE + 'certificate = "A.json"\n')
    done = linewright("run", file, "--run-dir", shop / "r")
    assert done.returncode == 0, done.stderr
    start = rows(shop / "r", "start")[0]["body"]
    assert start["recipe"]["hash"] == recipes.read_recipe(shop / "A.toml").hash
    arm = next(row["body"] for row in rows(shop / "r", "mode") if row["body"].get("do") == "arm")
    assert arm["certificate"] == json.loads((shop / "A.json").read_text())
    assert rows(shop / "r", "result"), "it was armed: it wrote"


def test_a_certificate_for_nobody_is_a_mistake(shop: Path, write) -> None:
    text = LINE.replace('arm_at_start = "Ada"\n', "") + RECIPE + 'certificate = "A.json"\n'
    assert "expected nothing without gate.arm_at_start" in mistakes(write(text=text))


@pytest.fixture
def live(shop: Path, write) -> Iterator[Running]:
    text = LINE
    for old, new in LIVE.items():
        text = text.replace(old, new, 1)
    running = Running(write(text=text + RECIPE), shop / "r")
    try:
        wait(lambda: running.actuator()["holder"] == "probe", 40.0)
        yield running
    finally:
        running.stop()


def test_a_person_arms_with_the_right_certificate_only(
    live: Running, shop: Path, linewright
) -> None:
    def arm(*more: object) -> str:
        done = linewright("arm", "--operator", "Ada", "--run-dir", live.run_dir, "--json", *more)
        answer = json.loads(done.stdout)
        assert (done.returncode == 0) is answer["ok"]
        return "applied" if answer["ok"] else answer["error"]

    assert linewright("mode", "closed", "--run-dir", live.run_dir).returncode == 0
    assert arm() == "refused: no_certificate"
    assert arm("--certificate", shop / "B.json") == "refused: wrong_recipe"
    old = certify(shop, "A", ago_s=7200)
    assert arm("--certificate", old) == "refused: certificate_expired"
    assert not live.actuator()["armed"]
    forged = json.loads((shop / "A.json").read_text()) | {"recipe": "other"}
    (shop / "forged.json").write_text(json.dumps(forged))
    assert "the hash of the other fields" in arm("--certificate", shop / "forged.json")
    assert arm("--certificate", shop / "A.json") == "applied"
    wait(lambda: live.actuator()["armed"])
    recipe = live.status()["core"]["recipe"]
    assert recipe["certificate"] == json.loads((shop / "A.json").read_text())["hash"]
    shown = linewright("status", "--run-dir", live.run_dir).stdout
    assert f"recipe     A ({recipe['hash'][:12]}), armed under certificate" in shown
    reasons = [row["body"].get("reason") for row in rows(live.run_dir, "refused")]
    assert reasons == ["no_certificate", "wrong_recipe", "certificate_expired"]


def test_the_certificate_must_be_for_the_calibration_of_the_line(shop: Path, write) -> None:
    made = recipes.Calibration(
        recipe="A",
        recipe_hash="",
        source="",
        source_sha256="",
        from_s=0.0,
        to_s=1.0,
        prior="",
        parameters={},
        scatter={},
        tool="",
    )
    made.write(shop / "line_1.json")
    text = LINE + RECIPE + 'certificate = "A.json"\ncalibration = "line_1.json"\n'
    assert "got wrong_calibration" in mistakes(write(text=text))
    line = recipes.line_of(recipes.read_calibration(shop / "line_1.json"))
    verdict = recipes.judge(recipes.read_recipe(shop / "A.toml"), line, draws=500)
    certificate = recipes.certify(verdict, now_unix_s=0, valid_s=60)
    (shop / "A.json").write_text(json.dumps(certificate))
    assert load(write(text=text)).recipe["calibration_hash"] == made.hash


def test_a_recipe_that_the_coater_cannot_dry_is_a_mistake_and_no_traceback(
    shop: Path, write
) -> None:
    cold = ", ".join(["50.0"] * 6)
    (shop / "wet.toml").write_text(
        f'schema = 1\nname = "wet"\n[dryer]\nzone_c = [{cold}]\n[recipe]\nareal_g_per_m2 = 250.0\n'
    )
    text = CLOSED.replace('arm_at_start = "shift lead"\n', "")
    text = text.replace("[stations.coater]", '[recipe]\npath = "wet.toml"\n[stations.coater]')
    told = mistakes(write(text=text))
    assert "stations: expected a graph that can be wired, got the recipe does not dry" in told
