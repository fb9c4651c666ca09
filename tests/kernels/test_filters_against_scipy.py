"""The filters against scipy and numpy, written independently: responses, taps, windows."""

from __future__ import annotations

import math
from typing import Any

import linewright as lw
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import signal

PERIOD_S = 0.1
FS_HZ = 10.0
SAMPLES = 4096

Series = NDArray[np.float64]
EDGES: dict[str, list[tuple[float, ...]]] = {
    "lowpass": [(0.2,), (0.9,), (4.4,)],
    "highpass": [(0.2,), (0.9,), (4.2,)],
    "bandpass": [(0.9, 1.7), (0.1, 4.9), (2.0, 2.3)],
    "bandstop": [(0.9, 1.7), (1.9, 3.0), (0.2, 4.8)],
}
PLACES = [(band, edges) for band, all_edges in EDGES.items() for edges in all_edges]
ORDERS = range(1, 9)


def impulse_response(kernel: Any, samples: int = SAMPLES) -> Series:
    """The first sample, zero, is taken for the past; the second is the impulse."""
    x = np.zeros(samples + 1)
    x[1] = 1.0
    out: Series = kernel.process(x)[1:]
    return out


def noise(seed: int, samples: int = 600) -> Series:
    rng = np.random.default_rng(seed)
    return 50.0 + rng.normal(size=samples).cumsum() * 0.1 + rng.normal(size=samples)


def keywords(order: int, band: str, edges: tuple[float, ...]) -> dict[str, Any]:
    given: dict[str, Any] = {"order": order, "band": band, "cutoff_hz": edges[0]}
    if len(edges) == 2:
        given["second_cutoff_hz"] = edges[1]
    return {**given, "period_s": PERIOD_S}


def edge(edges: tuple[float, ...]) -> Any:
    return edges[0] if len(edges) == 1 else edges


def agrees(kernel: Any, sos: Series) -> None:
    """Same impulse response to 1e-12 of its peak, and the same frequency response.

    Tangent and product leave about 1e-14 in a coefficient, in either library (ten times that for
    filters of nearly the whole band). A pole `near` its neighbour moves by that over `near`, which
    is that over `near * far` of its distance `far` from the unit circle: where this exceeds 1e-12
    it is what is allowed.
    """
    x = np.zeros(SAMPLES)
    x[0] = 1.0
    want = signal.sosfilt(sos, x)
    allowed = 1e-12
    for row in sos:
        poles = np.roots(row[3:])
        far = float(np.min(1.0 - np.abs(poles)))
        near = min(1.0, float(abs(poles[0] - poles[-1])) or 1.0)
        allowed = max(allowed, (2e-14 if far > 1e-3 else 1e-13) / (near * far))
    got = impulse_response(kernel)
    assert np.max(np.abs(got - want)) <= allowed * np.max(np.abs(want))
    if abs(float(want[-1])) < 1e-14:
        worst = np.max(np.abs(np.fft.rfft(got) - np.fft.rfft(want)))
        assert worst <= allowed * np.max(np.abs(np.fft.rfft(want)))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("band", "edges"), PLACES)
def test_butterworth(order: int, band: str, edges: tuple[float, ...]) -> None:
    sos = signal.butter(order, edge(edges), band, fs=FS_HZ, output="sos")
    agrees(lw.Butterworth(**keywords(order, band, edges)), sos)


@pytest.mark.parametrize("ripple_db", [0.01, 0.5, 3.0])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("band", "edges"), PLACES)
def test_chebyshev1(order: int, band: str, edges: tuple[float, ...], ripple_db: float) -> None:
    sos = signal.cheby1(order, ripple_db, edge(edges), band, fs=FS_HZ, output="sos")
    agrees(lw.Chebyshev1(ripple_db=ripple_db, **keywords(order, band, edges)), sos)


@pytest.mark.parametrize("stop_db", [20.0, 60.0, 120.0])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("band", "edges"), PLACES)
def test_chebyshev2(order: int, band: str, edges: tuple[float, ...], stop_db: float) -> None:
    sos = signal.cheby2(order, stop_db, edge(edges), band, fs=FS_HZ, output="sos")
    agrees(lw.Chebyshev2(stop_db=stop_db, **keywords(order, band, edges)), sos)


@pytest.mark.parametrize("stop_db", [20.0, 60.0, 120.0])
@pytest.mark.parametrize("ripple_db", [0.01, 0.5, 3.0])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("band", "edges"), PLACES)
def test_elliptic(
    order: int, band: str, edges: tuple[float, ...], ripple_db: float, stop_db: float
) -> None:
    sos = signal.ellip(order, ripple_db, stop_db, edge(edges), band, fs=FS_HZ, output="sos")
    given = keywords(order, band, edges)
    agrees(lw.Elliptic(ripple_db=ripple_db, stop_db=stop_db, **given), sos)


@pytest.mark.parametrize(
    ("norm", "theirs"), [("phase", "phase"), ("magnitude", "mag"), ("delay", "delay")]
)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("band", "edges"), PLACES)
def test_bessel(order: int, band: str, edges: tuple[float, ...], norm: str, theirs: Any) -> None:
    sos = signal.bessel(order, edge(edges), band, fs=FS_HZ, output="sos", norm=theirs)
    agrees(lw.Bessel(norm=norm, **keywords(order, band, edges)), sos)


@pytest.mark.parametrize("hz", [0.05, 1.0, 4.7])
@pytest.mark.parametrize("width", [0.01, 0.2, 0.9])
def test_notch_and_peak(hz: float, width: float) -> None:
    given = {"frequency_hz": hz, "bandwidth_hz": width * hz, "period_s": PERIOD_S}
    for kind, theirs in ((lw.Notch, signal.iirnotch), (lw.Peak, signal.iirpeak)):
        sos = signal.tf2sos(*theirs(hz, 1.0 / width, fs=FS_HZ))
        agrees(kind(**given), sos)


def test_a_notch_of_harmonics_is_its_notches_in_a_row() -> None:
    x = noise(1)
    all_of_it = lw.Notch(frequency_hz=0.7, bandwidth_hz=0.1, harmonics=4, period_s=PERIOD_S)
    want = x
    for n in range(1, 5):
        one = lw.Notch(frequency_hz=0.7 * n, bandwidth_hz=0.1, period_s=PERIOD_S)
        want = one.process(want)
    np.testing.assert_allclose(all_of_it.process(x), want, rtol=1e-11)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sections_run_as_in_scipy_from_a_settled_start(seed: int) -> None:
    x = noise(seed)
    sos = signal.ellip(5, 0.3, 50.0, 1.3, fs=FS_HZ, output="sos")
    want, _ = signal.sosfilt(sos, x, zi=signal.sosfilt_zi(sos) * x[0])
    got = lw.Sos(sections=sos.tolist(), period_s=PERIOD_S).process(x)
    np.testing.assert_allclose(got, want, rtol=1e-11)
    scaled = [[7.0 * c for c in row] for row in sos.tolist()]
    again = lw.Sos(sections=scaled, period_s=PERIOD_S).process(x)
    np.testing.assert_allclose(again, want, rtol=1e-11)


@pytest.mark.parametrize("order", [1, 4, 8])
def test_a_narrow_band_keeps_its_centre(order: int) -> None:
    """Where other designs drift: a band of 1e-4 of the sample rate has unit gain at its centre."""
    low, high = 1.0, 1.001
    kernel = lw.Butterworth(
        cutoff_hz=low, second_cutoff_hz=high, order=order, band="bandpass", period_s=PERIOD_S
    )
    warped = [math.tan(math.pi * hz * PERIOD_S) for hz in (low, high)]
    centre = math.atan(math.sqrt(warped[0] * warped[1])) / math.pi / PERIOD_S
    t = np.arange(400_000) * PERIOD_S
    y = kernel.process(np.sin(2.0 * math.pi * centre * t))[-50_000:]
    assert abs(math.sqrt(2.0 * float(np.mean(y * y))) - 1.0) < 1e-4
