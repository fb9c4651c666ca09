"""Plant data from TOML, CSV and a view in a real PostgreSQL; every mistake by its place."""

from __future__ import annotations

import csv
import glob
import json
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from linewright.cli import app
from linewright.mistakes import Mistakes
from linewright.value.cost import DEFAULT_CHAIN, cost_per_good_cell
from linewright.value.plant import PlantUnavailableError, read_plant
from typer.testing import CliRunner

HEADER = tuple(asdict(DEFAULT_CHAIN[0]))
DOCUMENT = """schema = 1

[plant]
name = "pilot"
web_m_per_cell = 1.68

[overheads]
fixed_eur = 1000.0
good_cells = 500.0

[[steps]]
name = "mix"
yield_fraction = 0.9
material_eur = 10.0

[[steps]]
name = "weld"
yield_fraction = 0.98
rework_share = 0.6
rework_success = 0.9
rework_eur = 0.4
"""


def toml(folder: Path, old: str = "", new: str = "") -> Path:
    assert old in DOCUMENT
    file = folder / "plant.toml"
    file.write_text(DOCUMENT.replace(old, new, 1) if old else DOCUMENT)
    return file


def default_csv(folder: Path) -> Path:
    file = folder / "lw3.csv"
    with file.open("w", newline="") as stream:
        rows = csv.DictWriter(stream, HEADER)
        rows.writeheader()
        rows.writerows(asdict(step) for step in DEFAULT_CHAIN)
    return file


def refused(place: Path) -> str:
    with pytest.raises(Mistakes) as caught:
        read_plant(place)
    return str(caught.value).replace(f"{place}", "F")


def test_a_plant_in_toml(tmp_path: Path) -> None:
    plant = read_plant(toml(tmp_path))
    assert (plant.name, plant.web_m_per_cell) == ("pilot", 1.68)
    assert [step.name for step in plant.chain] == ["mix", "weld"]
    assert plant.chain[1].effective_yield == pytest.approx(0.9908)
    cost = cost_per_good_cell(plant.chain, plant.overheads)
    # 10 EUR over both yields; 2 % rejects, 60 % mended at 0.4 EUR; 1000 EUR over 500 cells.
    expected = 10.0 / (0.9 * 0.9908) + 0.02 * 0.6 * 0.4 / 0.9908 + 2.0
    assert cost.net_eur == pytest.approx(expected)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("schema = 1", "schema = 2", "F:1: schema: expected 1, got 2"),
        (
            "yield_fraction = 0.98",
            "yield_fraction = 1.2",
            "F:18: steps[2].yield_fraction: expected a number above 0 up to 1, got 1.2",
        ),
        (
            "rework_share = 0.6",
            'rework_share = "much"',
            "F:19: steps[2].rework_share: expected a number from 0 to 1, got 'much'",
        ),
        (
            "rework_eur = 0.4",
            "rework_eurs = 0.4",
            "F:21: steps[2].rework_eurs: expected 'rework_eur' (nearest of: ",
        ),
        (
            'name = "weld"',
            'name = "mix"',
            "F:17: steps[2].name: expected a name of its own (steps[1]), got mix",
        ),
        (
            "material_eur = 10.0",
            "material_eur = -1",
            "F:14: steps[1].material_eur: expected a finite number of EUR, 0 or more, got -1",
        ),
        (
            "material_eur = 10.0",
            "material_eur = nan",
            "F:14: steps[1].material_eur: expected a finite number of EUR, 0 or more, got nan",
        ),
        (
            "yield_fraction = 0.9\n",
            "",
            "F:11: steps[1].yield_fraction: expected to be stated, got nothing",
        ),
        ("good_cells = 500.0", "", "overheads.good_cells: expected above 0 here, got "),
        (
            "web_m_per_cell = 1.68",
            "web_m_per_cell = 0",
            "F:5: plant.web_m_per_cell: expected a number of m above 0, got 0",
        ),
        ("[overheads]", "[overhead]", "F:7: overhead: expected 'overheads' (nearest of: "),
    ],
)
def test_a_mistake_in_toml_is_told_by_its_place(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    assert told in refused(toml(tmp_path, old, new))


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    file = toml(tmp_path, "material_eur = 10.0", "material_eur = -1")
    file.write_text(file.read_text().replace("0.98", "0"))
    assert len(refused(file).splitlines()) == 2


def test_a_plant_in_csv_costs_what_the_default_costs(tmp_path: Path) -> None:
    plant = read_plant(default_csv(tmp_path))
    assert plant.name == "lw3"
    assert plant.chain == DEFAULT_CHAIN


def test_the_plant_of_the_documents_is_the_default_with_weld_rework() -> None:
    plant = read_plant(Path(__file__).parents[2] / "docs" / "plants" / "lw3.toml")
    assert cost_per_good_cell(plant.chain, plant.overheads).net_eur == pytest.approx(
        27.387, abs=5e-4
    )
    assert [step.name for step in plant.chain] == [step.name for step in DEFAULT_CHAIN]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name,yield_frac\nmix,1\n", "F:1: yield_frac: expected 'yield_fraction' (nearest of: "),
        ("name\nmix\n", "F:1: yield_fraction: expected a column of that name, got name"),
        (
            "name,yield_fraction\nmix,0.9\n\ncoat,98 %\n",
            "F:4: steps[2].yield_fraction: expected a number above 0 up to 1, got '98 %'",
        ),
        ("name,yield_fraction\nmix\n", "F:2: steps[1]: expected 2 cells, got 1"),
        ("name,yield_fraction\nmix,\n", "F:2: steps[1].yield_fraction: expected a number above"),
        ("name,name,yield_fraction\n", "F:1: name: expected a column once, got 2 times"),
        ("name,yield_fraction\n", "F: steps: expected at least one step, got none"),
        ("", "F:1: name: expected a column of that name, got an empty file"),
    ],
)
def test_a_mistake_in_csv_is_told_by_its_row(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "plant.csv"
    file.write_text(text)
    assert told in refused(file)


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    assert "expected a readable text file" in refused(tmp_path / "absent.toml")
    other = tmp_path / "plant.xlsx"
    other.write_text("x")
    assert "expected a file *.toml or *.csv, or postgresql://..." in refused(other)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["cost", *arguments])
    return result.exit_code, result.output


def test_the_command_tells_the_default_plant() -> None:
    code, told = run("--json")
    assert code == 0
    figures = json.loads(told)
    assert figures["net_eur"] == pytest.approx(27.58, rel=5e-4)
    steps = {step["name"]: step for step in figures["steps"]}
    assert steps["eol"]["eur_per_point_of_scrap"] == pytest.approx(0.245, abs=6e-4)
    parts = ("material_eur", "conversion_eur", "rework_eur")
    total = sum(step[part] for step in figures["steps"] for part in parts)
    assert total - sum(s["credit_eur"] for s in figures["steps"]) == pytest.approx(
        figures["net_eur"]
    )
    code, table = run()
    assert code == 0
    assert "27.580" in table


def test_the_command_ends_with_78_for_a_bad_plant(tmp_path: Path) -> None:
    code, told = run(str(toml(tmp_path, "0.98", "7")), "--json")
    assert code == 78
    (error,) = json.loads(told)["errors"]
    assert (error["line"], error["key"]) == (18, "steps[2].yield_fraction")


# -- PostgreSQL ------------------------------------------------------------------------------------

BINARIES = os.pathsep.join([os.environ["PATH"], *glob.glob("/usr/lib/postgresql/*/bin")])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of this test's own on a unix socket in a temporary directory; gives its URL."""
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    initdb, pg_ctl = (shutil.which(name, path=BINARIES) for name in ("initdb", "pg_ctl"))
    if initdb is None or pg_ctl is None:
        pytest.skip("no PostgreSQL server here: tests/setup.sh installs it")
    # A socket's path is short, and the server refuses to be root.
    folder = Path(subprocess.check_output(["mktemp", "-d", "/tmp/lw-pg-XXXXXX"], text=True).strip())
    become: list[str] = []
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        become = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    data = folder / "data"

    def call(*command: str) -> None:
        subprocess.run([*become, *command], check=True, capture_output=True, cwd=folder)

    try:
        call(initdb, "-D", str(data), "-U", "plant", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-k {folder} -h '' -c fsync=off -c shared_buffers=16MB"
        log = str(folder / "log")
        call(pg_ctl, "-D", str(data), "-l", log, "-o", options, "-w", "-t", "300", "start")
        try:
            yield f"postgresql://plant@/postgres?host={folder}"
        finally:
            call(pg_ctl, "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def execute(url: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def steps(server: str) -> str:
    """The default chain in a table that was filled backwards, and its view."""
    values = ", ".join(
        f"({place}, '{step.name}', {step.yield_fraction}, {step.material_eur}, "
        f"{step.conversion_eur}, {step.credit})"
        for place, step in reversed(list(enumerate(DEFAULT_CHAIN)))
    )
    execute(
        server,
        "CREATE TABLE step (place integer PRIMARY KEY, name text, yield_fraction numeric, "
        "material_eur numeric, conversion_eur double precision, credit numeric)",
        f"INSERT INTO step VALUES {values}",
        "CREATE VIEW plant_steps AS SELECT *, NULL::numeric AS rework_eur FROM step",
        "CREATE SCHEMA mes",
        "CREATE VIEW mes.broken AS SELECT place, name, yield_fraction + 1 AS yield_fraction "
        "FROM step WHERE place = 3",
        "CREATE VIEW unordered AS SELECT name, yield_fraction FROM step",
        "CREATE VIEW wide AS SELECT *, 1 AS colour FROM step",
    )
    return server


def test_a_view_costs_what_the_same_file_costs(steps: str) -> None:
    plant = read_plant(steps)
    assert plant.chain == DEFAULT_CHAIN
    code, told = run(steps, "--json")
    assert code == 0
    assert json.loads(told)["net_eur"] == pytest.approx(27.58, rel=5e-4)


@pytest.mark.parametrize(
    ("view", "told"),
    [
        (
            "mes.broken",
            "mes.broken: place 3.yield_fraction: expected a number above 0 up to 1, got 1.97",
        ),
        ("unordered", "unordered: place: expected a column of whole numbers"),
        ("wide", "colour: expected one of: name, yield_fraction"),
    ],
)
def test_a_mistake_in_a_view_is_told_by_its_place(steps: str, view: str, told: str) -> None:
    with pytest.raises(Mistakes) as caught:
        read_plant(steps, view=view)
    assert told in str(caught.value)


def test_a_view_that_is_not_there_is_unavailable(steps: str) -> None:
    with pytest.raises(PlantUnavailableError, match="absent"):
        read_plant(steps, view="absent")
    code, _ = run(steps, "--view", "absent")
    assert code == 69


def test_a_name_of_a_view_is_no_statement(steps: str) -> None:
    with pytest.raises(PlantUnavailableError):
        read_plant(steps, view='plant_steps"; DROP TABLE step; --')
    assert read_plant(steps).chain == DEFAULT_CHAIN


def test_a_server_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    with pytest.raises(PlantUnavailableError) as caught:
        read_plant(f"postgresql://u:secret@/x?host={tmp_path}")
    assert "secret" not in str(caught.value)
