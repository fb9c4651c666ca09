"""The rules of the seam on pictures of welds of the twin."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("cv2", reason="needs the extra vision: opencv-python-headless")

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench import weld_pictures


@pytest.fixture(scope="module", params=[71])
def result(request: pytest.FixtureRequest) -> weld_pictures.Result:
    return weld_pictures.evaluate(seed=request.param, good=150, bad=25)


def test_good_welds_pass_at_every_exposure(result: weld_pictures.Result) -> None:
    assert result.false_rejects.value <= 0.02
    assert result.threshold <= 1.0


def test_what_can_be_seen_is_found_and_by_its_own_rule(result: weld_pictures.Result) -> None:
    for name, defect in weld_pictures.DEFECTS.items():
        if defect.rule is not None:
            assert result.recall[name].count >= 8, name
            assert result.recall[name].at_budget.value >= 0.9, name
            assert result.by_own_rule[name].value >= 0.85, name


def test_no_picture_shows_a_false_friend(result: weld_pictures.Result) -> None:
    (hidden,) = [name for name, defect in weld_pictures.DEFECTS.items() if defect.rule is None]
    assert result.recall[hidden].count >= 20
    assert result.recall[hidden].at_budget.value <= 0.15


@pytest.mark.parametrize("slot", [0, 5])
def test_the_truth_is_measured_to_a_pixel(slot: int) -> None:
    verdict, truth = weld_pictures.judged(3, slot, None)
    seam, px = truth["seam"], weld_pictures.SCALE.mm_per_px
    assert verdict["position along"].measured == pytest.approx(seam["along_mm"], abs=2.0 * px)
    assert verdict["position across"].measured == pytest.approx(seam["across_mm"], abs=px)
    assert verdict["tab skew"].measured == pytest.approx(seam["skew_deg"], abs=0.05)
    assert verdict["width"].measured == pytest.approx(seam["width_mm"], abs=0.03 + px)
    assert verdict["spatter count"].measured == seam["spatters"]
