"""What any accepted filter promises, over configs nobody thought of."""

from __future__ import annotations

import math
from typing import Any

import linewright as lw
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

FEW = settings(max_examples=60, deadline=None)
BANDS = ("lowpass", "highpass", "bandpass", "bandstop")
DESIGNS: dict[str, dict[str, Any]] = {
    "Butterworth": {},
    "Bessel": {"norm": "magnitude"},
    "Chebyshev1": {"ripple_db": 0.5},
    "Chebyshev2": {"stop_db": 40.0},
    "Elliptic": {"ripple_db": 0.5, "stop_db": 40.0},
}


@st.composite
def places(draw: st.DrawFn) -> dict[str, Any]:
    """Band, edges and order, any that are accepted at one sample per second."""
    band = draw(st.sampled_from(BANDS))
    low = math.exp(draw(st.floats(math.log(1.01e-5), math.log(0.499))))
    place: dict[str, Any] = {"order": draw(st.integers(1, 8)), "band": band, "cutoff_hz": low}
    if band.startswith("band"):
        share = draw(st.floats(0.01, 0.99))
        place["second_cutoff_hz"] = low + share * (0.4999 - low)
        assume(place["second_cutoff_hz"] - low > 1e-5)
    return place


def make(name: str, place: dict[str, Any], **more: Any) -> Any:
    return getattr(lw, name)(**place, **{**DESIGNS[name], **more}, period_s=1.0)


@pytest.mark.parametrize("name", DESIGNS)
@given(place=places(), seed=st.integers(0, 2**32 - 1))
@FEW
def test_any_accepted_design_is_stable(name: str, place: dict[str, Any], seed: int) -> None:
    """Bounded for bounded input, over many more samples than growth would need to show."""
    kernel = make(name, place)
    x = np.random.default_rng(seed).choice([-1.0, 1.0], size=20_000)
    y = kernel.process(x)
    assert np.all(np.isfinite(y))
    # 3.8 is the most of 7,500 random designs; a response that grows doubles again and again.
    assert np.max(np.abs(y)) < 10.0


@pytest.mark.parametrize("name", DESIGNS)
@given(place=places(), level=st.floats(-1e6, 1e6).map(lambda x: round(x, 9)))
@FEW
def test_a_constant_gives_its_gain_from_the_first_sample(
    name: str, place: dict[str, Any], level: float
) -> None:
    even = place["order"] % 2 == 0
    ripple = 10.0 ** (-0.5 / 20.0) if even and name in ("Chebyshev1", "Elliptic") else 1.0
    gain = ripple if place["band"] in ("lowpass", "bandstop") else 0.0
    y = make(name, place).process(np.full(50, level))
    if gain == 0.0 and name in ("Chebyshev2", "Elliptic"):
        assert np.max(np.abs(y)) <= 1.001e-2 * abs(level)
    else:
        np.testing.assert_allclose(y, gain * level, rtol=1e-5, atol=1e-5 * abs(level))


@given(
    order=st.integers(1, 8),
    band=st.sampled_from(BANDS[:2]),
    cutoff=st.floats(0.02, 0.45),
)
@FEW
def test_gain_at_the_cutoff_is_what_the_config_says(order: int, band: str, cutoff: float) -> None:
    wanted = {"Butterworth": -3.0103, "Chebyshev1": -0.5, "Chebyshev2": -40.0, "Elliptic": -0.5}
    x = np.zeros(4097)
    x[1] = 1.0
    place = {"order": order, "band": band, "cutoff_hz": cutoff}
    for name, db in wanted.items():
        response = make(name, place).process(x)[1:]
        assume(abs(float(response[-1])) < 1e-9)
        turn = np.exp(-2j * math.pi * cutoff * np.arange(4096))
        assert 20.0 * math.log10(abs(np.sum(response * turn))) == pytest.approx(db, abs=1e-4)


@pytest.mark.parametrize("name", DESIGNS)
@given(place=places(), other=places(), level=st.floats(1.0, 100.0))
@FEW
def test_another_design_takes_a_state_over_without_a_bump(
    name: str, place: dict[str, Any], other: dict[str, Any], level: float
) -> None:
    """A state restored into another design of the kind goes on from the last output."""
    place, other = {**place, "band": "lowpass"}, {**other, "band": "lowpass"}
    place.pop("second_cutoff_hz", None)
    other.pop("second_cutoff_hz", None)
    first = make(name, place)
    first.process(np.full(20, level))
    second = make(name, other)
    second.restore(first.state)
    # An even Chebyshev or elliptic filter then moves to its own gain for a constant, 0.5 dB lower.
    np.testing.assert_allclose(second.process(np.full(5, first.last)), first.last, rtol=0.12)
