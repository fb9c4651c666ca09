"""The certificate: only of a release, whole or refused, the same hash in any language."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from linewright import messages as m
from linewright import recipes
from linewright.mistakes import Mistakes

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "recipes"


def certificate(name: str = "A") -> dict:
    verdict = recipes.judge(recipes.read_recipe(EXAMPLES / f"{name}.toml"), draws=1000, seed=4)
    return recipes.certify(verdict, now_unix_s=1000, valid_s=3600)


def test_it_says_what_the_verdict_rests_on() -> None:
    made = certificate()
    verdict = recipes.judge(recipes.read_recipe(EXAMPLES / "A.toml"), draws=1000, seed=4)
    assert made["recipe_hash"] == verdict.recipe.hash
    assert (made["draws"], made["seed"], made["required"]) == (1000, 4, 950)
    assert made["in_tolerance"] == {c.name: round(1000 * c.probability) for c in verdict.chances}
    assert made["expires_unix_s"] - made["issued_unix_s"] == 3600
    assert recipes.sound(made)
    assert m.Arm("Ada", m.Certificate(**made)).certificate.hash == made["hash"]


@pytest.mark.parametrize("name", ["B_hot", "thick"])
def test_only_a_release_is_certified(name: str) -> None:
    with pytest.raises(ValueError, match="only a release is certified"):
        certificate(name)


@pytest.mark.parametrize("valid_s", [0, -1, 32 * 86400])
def test_it_does_not_hold_for_ever(valid_s: int) -> None:
    verdict = recipes.judge(recipes.read_recipe(EXAMPLES / "A.toml"), draws=1000)
    with pytest.raises(ValueError, match="valid_s must be 1 to"):
        recipes.certify(verdict, now_unix_s=0, valid_s=valid_s)


def test_a_changed_file_is_refused_with_its_field(tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    made = certificate()
    file.write_text(json.dumps(made))
    assert recipes.read_certificate(file) == made
    for change, told in [
        ({"joint": made["joint"] + 1}, "hash: expected the hash of the other fields"),
        ({"draws": "many"}, "draws: expected a int"),
        ({"extra": 1}, "extra: expected no such field"),
    ]:
        file.write_text(json.dumps({**made, **change}))
        with pytest.raises(Mistakes, match=told):
            recipes.read_certificate(file)
    file.write_text("[]")
    with pytest.raises(Mistakes, match="a JSON object"):
        recipes.read_certificate(file)
    with pytest.raises(Mistakes, match="a readable text file"):
        recipes.read_certificate(tmp_path / "none.json")
