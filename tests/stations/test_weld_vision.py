"""The inspection of a weld's image: rules, exposure, surface, network, metrics."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("cv2", reason="needs the extra vision: opencv-python-headless")

sys.path.insert(0, str(Path(__file__).parent))

from linewright.stations.welder.vision import (
    Finding,
    OnnxModel,
    Rules,
    Scale,
    Scored,
    SeamRules,
    SurfaceModel,
    Verdict,
    inspect,
    read,
)
from linewright.stations.welder.vision_metrics import (
    area_under_curve,
    bootstrap_area,
    recall_by_class,
    wilson,
)
from weld_picture import KINDS, ROWS, SCALE, Truth, defective, picture, usual

RULES = Rules()
FAILS = {
    "absent": "seam present",
    "short": "length share",
    "width": "width",
    "misplaced": "position across",
    "hole": "hole area",
    "spatter": "spatter count",
    "skew": "tab skew",
    "fold": "fold",
}


def verdict(truth: Truth, seed: int = 1, rules: Rules = RULES) -> Verdict:
    return inspect(picture(truth, seed), scale=SCALE, rules=rules)


def failed(of: Verdict) -> set[str]:
    return {finding.rule for finding in of.findings if not finding.passed}


@pytest.mark.parametrize("seed", range(8))
def test_a_usual_weld_passes_and_is_measured_as_it_is(seed: int) -> None:
    truth = usual(seed)
    found = verdict(truth, seed)
    assert found.passed, found.reasons
    px = SCALE.mm_per_px
    assert found["length share"].measured == pytest.approx(truth.length_mm / 30.0, abs=px / 15.0)
    assert found["width"].measured == pytest.approx(truth.width_mm, abs=px)
    assert found["position along"].measured == pytest.approx(truth.along_mm, abs=px)
    assert found["position across"].measured == pytest.approx(truth.across_mm, abs=px)
    assert found["tab skew"].measured == pytest.approx(truth.skew_deg, abs=0.05)
    assert found["spatter count"].measured == truth.spatter
    slope = math.tan(math.radians(abs(truth.skew_deg)))
    edge = 2.0 + truth.across_mm - 0.5 * truth.width_mm - 15.0 * slope
    assert found["edge to seam"].measured == pytest.approx(edge, abs=0.12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_each_defect_fails_by_its_own_rule(kind: str, seed: int) -> None:
    found = verdict(defective(kind, seed), seed)
    assert FAILS[kind] in failed(found)
    # Where the stack lies also moves the edge; nothing else may be blamed.
    allowed = {FAILS[kind], "edge to seam"}
    if kind == "absent":
        unmeasured = {f.rule for f in found.findings if f.measured is None}
        assert "length share" in unmeasured
        allowed |= unmeasured
    assert failed(found) <= allowed


def test_a_short_part_of_the_seam_counts_as_the_whole() -> None:
    neck = verdict(Truth(neck=(10.0, 13.0, 0.7)))
    assert failed(neck) == {"width"}
    assert neck["width"].measured == pytest.approx(0.7, abs=0.05)
    assert "at 1" in neck["width"].note
    gap = verdict(Truth(break_mm=(12.0, 15.0)))
    assert failed(gap) == {"length share"}
    assert gap["length share"].measured == pytest.approx(0.9, abs=0.01)


def test_a_foil_that_is_too_short_is_too_near_to_the_seam() -> None:
    assert failed(verdict(Truth(edge_mm=-1.3))) == {"edge to seam"}
    assert verdict(Truth(edge_mm=-1.7)).passed


def test_two_defects_are_two_reasons() -> None:
    found = verdict(Truth(hole_mm=0.2, skew_deg=2.0, spatter=5))
    assert failed(found) >= {"hole area", "tab skew", "spatter count"}
    assert found["hole area"].measured == pytest.approx(0.25 * math.pi * 0.04, rel=0.4)
    assert "at 15." in found["hole area"].note


@pytest.mark.parametrize("kind", ["good", *KINDS])
@pytest.mark.parametrize(
    ("gain", "offset"), [(0.25, 0.0), (0.6875, 40.0), (1.5, -12.5), (96.0, 3e3)]
)
def test_gain_and_offset_change_no_bit(kind: str, gain: float, offset: float) -> None:
    # Levels that are whole numbers, gains of few binary digits: nothing is rounded on the way.
    truth = Truth() if kind == "good" else defective(kind, 3)
    levels = np.round(60.0 * (picture(truth, 5) + 2.5))
    rules = Rules(surface=Scored(by=model(), limit=9.0))
    plain = inspect(levels, scale=SCALE, rules=rules)
    assert inspect(gain * levels + offset, scale=SCALE, rules=rules) == plain


@pytest.mark.parametrize("seed", range(4))
def test_any_gain_and_offset_change_nothing_to_nine_digits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    levels = picture(defective(KINDS[seed], seed), seed)
    plain = inspect(levels, scale=SCALE, rules=RULES)
    gain, offset = math.exp(rng.uniform(-3.0, 3.0)), rng.uniform(-100.0, 100.0)
    other = inspect(gain * levels + offset, scale=SCALE, rules=RULES)
    assert other.passed == plain.passed
    for a, b in zip(plain.findings, other.findings, strict=True):
        assert (a.measured is None) == (b.measured is None)
        if a.measured is not None:
            assert b.measured == pytest.approx(a.measured, rel=1e-5, abs=1e-5), a.rule


@pytest.mark.parametrize("kind", ["good", *KINDS])
def test_eight_bits_at_half_and_full_exposure_agree_to_a_pixel(kind: str) -> None:
    truth = Truth() if kind == "good" else defective(kind, 2)
    scene = 55.0 * picture(truth, 2) + 95.0
    px = SCALE.mm_per_px
    tolerance = {
        "length share": 2.0 * px / 30.0,
        "width": px,
        "position along": px,
        "position across": px,
        "edge to seam": px,
        "tab skew": 0.02,
        "seam present": 0.03,
        "hole area": 0.01,
        "fold": 4.0 * px,
        "spatter count": 0.0,
    }
    full = inspect(np.clip(np.round(scene), 0, 255).astype(np.uint8), scale=SCALE, rules=RULES)
    for gain, offset in ((0.5, 10.0), (0.8, 30.0), (1.02, -2.0)):
        grey = np.clip(np.round(gain * scene + offset), 0, 255).astype(np.uint8)
        other = inspect(grey, scale=SCALE, rules=RULES)
        assert failed(other) == failed(full)
        for rule, allowed in tolerance.items():
            a, b = full[rule].measured, other[rule].measured
            assert (a is None) == (b is None)
            if a is not None and b is not None:
                assert abs(a - b) <= allowed + 1e-9, rule


def test_an_image_that_the_exposure_cut_off_is_not_judged_good() -> None:
    scene = 55.0 * picture(Truth(), 1) + 95.0
    bright = np.clip(np.round(1.5 * scene), 0, 255).astype(np.uint8)
    assert "cut off" in failed(inspect(bright, scale=SCALE, rules=RULES))
    dark = np.clip(np.round(scene - 65.0), 0, 255).astype(np.uint8)
    assert "cut off" in failed(inspect(dark, scale=SCALE, rules=RULES))


def test_noise_alone_and_a_foil_that_is_missing_are_no_good_weld() -> None:
    rng = np.random.default_rng(3)
    noise = inspect(rng.standard_normal((180, 680)), scale=SCALE, rules=RULES)
    assert "step over noise" in failed(noise)
    assert not noise.passed
    bare = inspect(rng.normal(0.0, 0.04, (180, 680)) + 1.0, scale=SCALE, rules=RULES)
    assert not bare.passed


def test_no_reading_inside_the_seam_is_a_hole() -> None:
    height = picture(Truth(), 1)
    height[88:92, 300:304] = np.nan
    found = inspect(height, scale=SCALE, rules=RULES)
    assert failed(found) == {"hole area"}
    assert found["hole area"].measured == pytest.approx(16 * SCALE.mm_per_px**2)


def test_a_picture_of_which_much_is_missing_is_not_judged_good() -> None:
    height = picture(Truth(), 1)
    height[130:150, 100:400] = np.nan
    assert failed(inspect(height, scale=SCALE, rules=RULES)) == {"unread"}


def test_a_seam_along_the_rows_is_the_same_seam() -> None:
    height = picture(defective("short", 1), 1)
    turned = Scale(mm_per_px=SCALE.mm_per_px, origin_mm=SCALE.origin_mm, seam_along="rows")
    assert inspect(height.T, scale=turned, rules=RULES) == inspect(height, scale=SCALE, rules=RULES)


def test_what_is_no_image_is_refused_with_what_it_was() -> None:
    with pytest.raises(ValueError, match=r"image must be two-dimensional.*\(4,\)"):
        inspect(np.ones(4), scale=SCALE, rules=RULES)
    with pytest.raises(ValueError, match="all are 3"):
        inspect(np.full((ROWS, 680), 3.0), scale=SCALE, rules=RULES)
    with pytest.raises(ValueError, match="all are NaN"):
        inspect(np.full((ROWS, 680), np.nan), scale=SCALE, rules=RULES)
    with pytest.raises(ValueError, match="image must show x 0 to 30 mm"):
        inspect(picture(Truth(), 1)[:, :400], scale=SCALE, rules=RULES)


def test_nonsense_settings_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="mm_per_px must be positive, was 0"):
        Scale(mm_per_px=0.0)
    with pytest.raises(ValueError, match="width_mm must be positive, was -1"):
        SeamRules(width_mm=-1.0)
    with pytest.raises(ValueError, match="length_share_min must be at most 1"):
        SeamRules(length_share_min=1.2)
    with pytest.raises(ValueError, match=r"edge_distance_min_mm must be at most 1\.5"):
        SeamRules(edge_distance_min_mm=1.6)
    with pytest.raises(ValueError, match="rules must ask for something"):
        Rules(seam=None)
    with pytest.raises(ValueError, match="limit must be finite"):
        Scored(by=model(), limit=math.nan)


def test_a_verdict_says_what_was_measured_and_what_is_allowed() -> None:
    plain = verdict(defective("spatter", 1)).as_dict()
    assert plain["passed"] is False
    (row,) = [row for row in plain["findings"] if row["rule"] == "spatter count"]
    assert (row["hi"], row["passed"]) == (3.0, False)
    assert row["measured"] > 3.0
    assert {"width", "fold", "tab skew"} <= {row["rule"] for row in plain["findings"]}
    with pytest.raises(KeyError):
        verdict(Truth())["colour"]


def test_a_limit_that_must_not_be_reached_is_not_kept_at_the_limit() -> None:
    at = {"measured": 1.0, "unit": "deg", "lo": -1.0, "hi": 1.0}
    assert Finding(rule="skew", **at).passed
    assert not Finding(rule="skew", strict=True, **at).passed


# The surface: a curved seam with ripples, and one with a pit in it.
PLAIN = Scale(mm_per_px=1.0)


def surface(seed: int, *, pit: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:120, 0:200].astype(np.float64)
    height = 100.0 - 0.02 * (y - 60.0) ** 2 + rng.uniform(0.5, 1.0) * np.sin(x / 9.0 + seed)
    height += rng.normal(0.0, 0.25, height.shape)
    if pit:
        at = rng.uniform(60.0, 140.0)
        height -= pit * np.exp(-0.5 * ((x - at) ** 2 + (y - 60.0) ** 2) / 9.0**2)
    return height


def model() -> SurfaceModel:
    return SurfaceModel.fit([surface(seed) for seed in range(20)], scale=PLAIN)


def test_pits_and_bumps_score_above_every_good_surface() -> None:
    fitted = model()
    good = [fitted.score(read(surface(seed), PLAIN)) for seed in range(100, 120)]
    pits = [fitted.score(read(surface(seed, pit=30.0), PLAIN)) for seed in range(200, 220)]
    bumps = [fitted.score(read(surface(seed, pit=-30.0), PLAIN)) for seed in range(300, 320)]
    assert area_under_curve(good, pits) == 1.0
    assert area_under_curve(good, bumps) == 1.0
    map_ = fitted.deviation_map(read(surface(200, pit=30.0), PLAIN))
    row, column = np.unravel_index(int(map_.argmax()), map_.shape)
    # The pit lies on the middle row, at the place that `surface` draws.
    rng = np.random.default_rng(200)
    rng.uniform(0.5, 1.0)
    rng.normal(0.0, 0.25, map_.shape)
    assert math.hypot(row - 60.0, column - rng.uniform(60.0, 140.0)) < 25.0


def test_the_score_is_a_rule_of_its_own() -> None:
    fitted = model()
    rules = Rules(seam=None, surface=Scored(by=fitted, limit=fitted.limit_for(0.05), unit="sigma"))
    assert not inspect(surface(7, pit=30.0), scale=PLAIN, rules=rules).passed
    passed = [inspect(surface(s), scale=PLAIN, rules=rules).passed for s in range(400, 440)]
    assert sum(passed) >= 32


def test_a_limit_is_not_given_where_good_images_are_too_few_to_know_it() -> None:
    with pytest.raises(ValueError, match=r"at least 0.05 with 20 good images, was 0.01"):
        model().limit_for(0.01)


def test_images_of_one_weld_do_not_vouch_for_each_other() -> None:
    odd = [surface(seed, pit=30.0 if seed < 2 else 0.0) for seed in range(20)]
    kin = ["odd", "odd", *map(str, range(18))]
    apart = SurfaceModel.fit(odd, scale=PLAIN, kin=kin).good_scores
    assert apart[-2] > 1.2 * apart[-3]
    with pytest.raises(ValueError, match="at least 5 welds, are of 1"):
        SurfaceModel.fit(odd, scale=PLAIN, kin=["a"] * 20)


def test_a_model_is_kept_in_plain_values() -> None:
    fitted = model()
    assert SurfaceModel.from_dict(fitted.as_dict()) == fitted
    with pytest.raises(TypeError):
        SurfaceModel.from_dict({**fitted.as_dict(), "colour": 1})


# A network: made here, one convolution and a mean, so that its number is known.
def test_a_network_scores_the_surface_on_its_own_scale(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx makes the network of this test")
    pytest.importorskip("onnxruntime", reason="needs the extra vision-onnx: onnxruntime")
    path = tmp_path / "mean_square.onnx"
    helper, real = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [
            helper.make_node("Mul", ["patch", "patch"], ["square"]),
            helper.make_node("ReduceMean", ["square"], ["score"], axes=[1, 2, 3], keepdims=0),
        ],
        "mean_square",
        [helper.make_tensor_value_info("patch", real, [1, 1, 60, 100])],
        [helper.make_tensor_value_info("score", real, [1])],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(made, path)
    network = OnnxModel(path)
    plain = surface(1)
    rules = Rules(seam=None, network=Scored(by=network, limit=0.2))
    found = inspect(plain, scale=PLAIN, rules=rules)["network"]
    lo, middle, hi = np.quantile(plain, (0.02, 0.5, 0.98))
    halves = ((plain - middle) / (hi - lo)).reshape(60, 2, 100, 2).mean(axis=(1, 3))
    assert found.measured == pytest.approx(float((halves**2).mean()), rel=1e-3)
    again = inspect(1.75 * np.round(8.0 * plain) + 3.0, scale=PLAIN, rules=rules)
    assert again == inspect(np.round(8.0 * plain), scale=PLAIN, rules=rules)

    flat = helper.make_tensor_value_info("patch", real, [1, 100])
    wrong = helper.make_graph(
        [helper.make_node("Identity", ["patch"], ["score"])],
        "wrong",
        [flat],
        [helper.make_tensor_value_info("score", real, [1, 100])],
    )
    onnx.save(
        helper.make_model(wrong, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path
    )
    with pytest.raises(ValueError, match="must take one float32 input"):
        OnnxModel(path)


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(ImportError, match=r"linewright\[vision\]"):
        verdict(Truth())
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ImportError, match=r"linewright\[vision-onnx\]"):
        OnnxModel(Path("none.onnx"))


@pytest.mark.parametrize("seed", [4])
def test_area_under_the_curve_counts_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    good, bad = rng.integers(0, 6, 40), rng.integers(2, 9, 25)
    pairs = np.mean([(b > g) + 0.5 * (b == g) for g in good for b in bad])
    assert area_under_curve(good, bad) == pytest.approx(pairs)
    interval = bootstrap_area([[float(g)] for g in good], [[float(b)] for b in bad], seed=seed)
    assert interval.lo < interval.value < interval.hi
    kin = bootstrap_area([[float(g)] * 4 for g in good[:10]], [[float(b)] for b in bad], seed=seed)
    assert kin.hi - kin.lo > interval.hi - interval.lo


def test_recall_is_given_where_false_rejects_can_be_known() -> None:
    good = [0.2] * 198 + [0.9, 1.3]
    rejects, threshold, recall = recall_by_class(
        good,
        {"hole": [math.inf, math.inf], "width": [1.1, 0.95, 2.0, 0.5]},
        false_reject_share=0.01,
    )
    assert rejects.value == 0.005
    assert threshold == 0.2
    assert recall["hole"].rules.value == 1.0
    assert recall["width"].rules.value == 0.5
    assert recall["width"].at_budget.value == 1.0
    with pytest.raises(ValueError, match="at least 100 good images, there are 36"):
        recall_by_class([0.1] * 36, {}, false_reject_share=0.01)
    assert wilson(10, 10).lo == pytest.approx(0.722, abs=1e-3)


def test_recall_of_rendered_welds_on_seeds_of_their_own() -> None:
    good = [verdict(usual(seed), seed).severity for seed in range(1000, 1200)]
    bad = {
        kind: [verdict(defective(kind, s), s).severity for s in range(2000, 2020)] for kind in KINDS
    }
    rejects, _, recall = recall_by_class(good, bad, false_reject_share=0.01)
    assert rejects.value <= 0.01
    for kind, of in recall.items():
        assert of.at_budget.value >= 0.95, kind
