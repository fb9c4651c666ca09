"""Calibration: its intervals contain the truth, and bad samples teach it nothing."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from linewright import _core, recipes
from linewright.mistakes import Mistakes
from linewright.recipes._gate import config_of
from linewright.recipes._track import GATE, STUCK, Track, Walk

A = recipes.read_recipe(Path(__file__).resolve().parents[2] / "examples" / "recipes" / "A.toml")
NAMES = [name for name, _ in _core.Twin.SENSORS]
HZ = 10
WALK = Walk(sd0=0.05, walk_per_sqrt_s=1e-4, step=0.01)


def recorded(seed: int, *, hours: float = 0.4) -> tuple[dict, dict[str, float]]:
    """A run of recipe A on a line whose press and dryer are not the recipe's, by a spread drawn
    from the seed; and what they truly were at its end."""
    rng = np.random.default_rng([seed, 0x6361])
    resistance, heat = np.exp(rng.normal(0.0, [0.05, 0.04]))
    line = recipes.Line(resistance_ratio=resistance, heat_ratio=heat)
    twin = _core.Twin({**config_of(A, line), "jumbo_m": 300.0}, seed=seed, base_hz=HZ)
    told = np.full((int(hours * 3600 * HZ), len(_core.Twin.ACTUATORS)), np.nan)
    values = twin.run(told)
    time_s = np.arange(len(values)) / HZ
    series = {name: (time_s, values[:, i]) for i, name in enumerate(NAMES)}
    walked = float(twin.truth()["series"]["resistance_deviation"][-1])
    truth = {"resistance": resistance * (1.0 + 0.01 * walked), "heat": heat, "pump": 1.0}
    return series, truth


@pytest.mark.parametrize("first_seed", [0])
def test_the_intervals_contain_the_truth_as_often_as_they_say(first_seed: int) -> None:
    seeds = range(first_seed, first_seed + 60)
    inside = {"resistance": 0, "heat": 0, "pump": 0}
    for seed in seeds:
        series, truth = recorded(seed)
        made = recipes.calibrate(A, series)
        for name, of in made.parameters.items():
            assert of.calibrated
            off_pct = 100.0 * math.log(of.ratio / truth[name])
            inside[name] += abs(off_pct) <= 1.96 * of.sd_pct
    for name, n in inside.items():
        # 51 of 60 or fewer happens once in 500 where 95 % are inside
        assert n >= 52, (name, n)


def test_they_are_narrower_than_what_was_known_before() -> None:
    made = recipes.calibrate(A, recorded(3)[0])
    assert made.parameters["resistance"].sd_pct < 4.0
    assert made.parameters["heat"].sd_pct < 4.0
    assert made.parameters["pump"].sd_pct < 0.2


def test_the_gate_judges_the_line_as_it_is() -> None:
    series, truth = recorded(11)
    line = recipes.line_of(recipes.calibrate(A, series))
    assert line.resistance_ratio == pytest.approx(truth["resistance"], rel=0.1)
    assert line.scatter["heat_pct"] != recipes.Line().scatter["heat_pct"]
    assert line.machine == recipes.Line().machine
    verdict = recipes.judge(A, line, draws=500)
    assert verdict.line.calibration == line.calibration
    assert len(line.calibration) == 64


def test_a_step_is_bounded_and_an_outlier_teaches_nothing() -> None:
    track = Track(WALK)
    assert track.sample(0.15, sd=0.01, bias=0.0, dt_s=10.0)
    assert track.x == WALK.step
    before = track.x
    assert not track.sample(before + 1.05 * GATE * 0.06, sd=0.01, bias=0.0, dt_s=10.0)
    assert (track.x, dict(track.rejected)) == (before, {"outlier": 1})


def test_a_later_record_goes_on_from_an_earlier_one() -> None:
    series, truth = recorded(20)
    first = recipes.calibrate(A, series)
    anew = recipes.calibrate(A, series, prior=None)
    after = recipes.calibrate(A, series, prior=first)
    assert (anew.prior, after.prior) == ("", first.hash)
    for name, of in after.parameters.items():
        assert of.sd_pct <= anew.parameters[name].sd_pct + 1e-9
        assert abs(math.log(of.ratio / truth[name])) < 4.0 * 0.01 * of.sd_pct
        assert of.bias_pct <= of.sd_pct


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_teaches_nothing(bad: float) -> None:
    track = Track(WALK)
    assert not track.sample(bad, sd=0.01, bias=0.0, dt_s=1.0)
    assert not track.sample(0.01, sd=bad, bias=0.0, dt_s=1.0)
    assert (track.x, track.used, track.rejected["not finite"]) == (0.0, 0, 2)


def test_a_stuck_instrument_is_not_listened_to() -> None:
    track = Track(WALK)
    for _ in range(100):
        track.sample(0.02, sd=0.02, bias=0.0, dt_s=10.0)
    assert track.used == STUCK
    assert track.rejected == {"stuck": 100 - STUCK}


def test_without_news_it_knows_no_less_than_at_the_start() -> None:
    track = Track(WALK)
    for k in range(50):
        track.sample(0.01 + 0.001 * (k % 2), sd=0.01, bias=0.0, dt_s=10.0)
    known = track.sd
    assert not track.sample(0.3, sd=10.0 * WALK.sd0, bias=0.0, dt_s=1e9)
    assert track.sd == known, "a sample that tells nothing is no excitation"
    track.sample(0.01, sd=0.05, bias=0.0, dt_s=1e9)
    assert track.sd <= WALK.sd0


def test_a_bias_does_not_average_out() -> None:
    track = Track(WALK)
    for k in range(5000):
        track.sample(0.01 + 0.001 * (k % 3), sd=0.005, bias=0.02, dt_s=0.1)
    assert track.sd >= 0.02


@pytest.mark.parametrize(
    "channel", ["calender.thickness", "coater.residual", "coater.mass_flow", "coater.dry_weight"]
)
def test_a_dead_or_wild_channel_spoils_no_parameter(channel: str) -> None:
    series, _ = recorded(5)
    good = recipes.calibrate(A, series).parameters
    time_s, values = series[channel]
    for spoilt in (np.full_like(values, np.nan), np.where(time_s > 900.0, 1e6, values)):
        made = recipes.calibrate(A, {**series, channel: (time_s, spoilt)}).parameters
        for name, of in made.items():
            assert of.ratio == pytest.approx(good[name].ratio, rel=0.08), (channel, name)


def test_a_record_that_tells_nothing_is_refused() -> None:
    series, _ = recorded(5)
    with pytest.raises(ValueError, match="must last longer than 130 s"):
        recipes.calibrate(A, {name: (t[:900], v[:900]) for name, (t, v) in series.items()})
    with pytest.raises(ValueError, match="must last longer"):
        recipes.calibrate(A, {})
    with pytest.raises(ValueError, match="tells of no parameter"):
        recipes.calibrate(A, {"coater.web_speed": series["coater.web_speed"]})


def test_the_file_keeps_everything_and_notices_a_change(tmp_path: Path) -> None:
    made = recipes.calibrate(A, recorded(5)[0], source="r.mcap", source_sha256="ab")
    file = tmp_path / "c.json"
    made.write(file)
    assert recipes.read_calibration(file) == made
    raw = json.loads(file.read_text())
    assert raw["hash"] == made.hash
    assert raw["recipe_hash"] == A.hash
    raw["parameters"]["heat"]["ratio"] += 1e-9
    file.write_text(json.dumps(raw))
    with pytest.raises(Mistakes, match="hash: expected the hash of the content"):
        recipes.read_calibration(file)
    file.write_text(json.dumps({**raw, "more": 1}))
    with pytest.raises(Mistakes, match="fields: expected those of a calibration"):
        recipes.read_calibration(file)
