"""Recipe files: one format with the stations' settings, every mistake with file, key and fix."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from linewright import _core, recipes
from linewright.mistakes import Mistakes
from linewright.recipes._twin import BY_ZONE, DRYER, RECIPE
from linewright.stations.coater.drying import Dryer

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "recipes"
GOOD = 'schema = 1\nname = "X"\n[recipe]\nareal_g_per_m2 = 200.0\n'


def mistakes(folder: Path, text: str) -> list[str]:
    file = folder / "x.toml"
    file.write_text(text)
    with pytest.raises(Mistakes) as caught:
        recipes.read_recipe(file)
    return [str(mistake) for mistake in caught.value.errors]


def test_the_tables_are_those_of_the_stations_settings() -> None:
    settings = {field.name for field in fields(recipes.Recipe)}
    assert settings - set(RECIPE) == {"reference_degc"}, "densities are those at 25 degC"
    assert set(RECIPE) <= settings
    assert {*DRYER, *BY_ZONE} <= {field.name for field in fields(Dryer)}


def test_silence_means_the_default_of_the_electrode() -> None:
    cathode, anode = (recipes.RecipeFile.of("x", electrode=e) for e in ("cathode", "anode"))
    assert cathode.recipe == recipes.Recipe()
    assert anode.recipe.line_load_n_per_mm == pytest.approx(206.4, rel=1e-3)
    assert anode.recipe.pump_flow_l_per_min == pytest.approx(7.469, rel=1e-3)
    for made in (cathode, anode):
        assert _core.whole_recipe(made.twin) == _core.whole_recipe({"electrode": made.electrode})


def test_the_hash_is_of_what_the_verdict_hangs_on(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(GOOD)
    (tmp_path / "y.toml").write_text(
        "# other\n" + GOOD.replace('"X"', '"Y"').replace("200.0", "200")
    )
    one, same = (recipes.read_recipe(tmp_path / f"{n}.toml").hash for n in "xy")
    assert one == same
    assert len(one) == 64
    (tmp_path / "y.toml").write_text(GOOD + "[tolerance]\nrequired = 0.99\n")
    assert recipes.read_recipe(tmp_path / "y.toml").hash != one
    (tmp_path / "y.toml").write_text(GOOD.replace("200.0", "200.1"))
    assert recipes.read_recipe(tmp_path / "y.toml").hash != one


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD.replace("areal", "aerial"), ":4: recipe.aerial_g_per_m2: expected 'areal_g_per_m2'"),
        (GOOD.replace("200.0", "true"), ":4: recipe.areal_g_per_m2: expected a finite number"),
        (GOOD.replace("200.0", "nan"), ":4: recipe.areal_g_per_m2: expected a finite number"),
        (GOOD.replace("200.0", "5000"), ":4: recipe.areal_g_per_m2: expected 20 to 600, got 5000"),
        (GOOD + "[dryer]\nzone_c = [90, 100]\n", ":6: dryer.zone_c: expected 6 numbers"),
        (
            GOOD + "[dryer]\nzone_c = [90, 90, 90, 90, 90, 400]\n",
            ":6: dryer.zone_c: expected 20 to",
        ),
        (GOOD + "[tolerance]\nrequired = 1.0\n", ":6: tolerance.required: expected 0.5 to 0.9999"),
        (GOOD.replace("schema = 1", "schema = 2"), ":1: schema: expected 1, got 2"),
        (GOOD.replace('"X"', '""'), ":2: name: expected a name"),
        (GOOD + "porosity = 0.01\n", ":5: recipe.porosity: expected"),
        ("schema = \n", ":1: toml: expected valid TOML"),
        ('electrode = "x"\n' + GOOD, "electrode: expected one of: cathode, anode, got 'x'"),
    ],
)
def test_a_mistake_names_file_line_key_expected_and_got(
    text: str, told: str, tmp_path: Path
) -> None:
    found = mistakes(tmp_path, text)
    assert any("x.toml" in line and told in line for line in found), found


def test_all_mistakes_of_form_are_told_at_once(tmp_path: Path) -> None:
    found = mistakes(tmp_path, GOOD + "porosity = true\nfoil = 3\n[dryer]\nair = 3\n[other]\n")
    assert len(found) == 4, found


def test_a_file_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(Mistakes, match="a readable text file"):
        recipes.read_recipe(tmp_path / "none.toml")
