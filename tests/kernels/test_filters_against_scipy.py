"""The filters against scipy and numpy, written independently: responses, taps, windows."""

from __future__ import annotations

import math
from fractions import Fraction
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


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("count", [1, 2, 5, 64, 255])
def test_fir_is_lfilter(count: int, seed: int) -> None:
    x = noise(seed)
    taps = np.random.default_rng(seed).normal(size=count)
    settled = signal.lfilter_zi(taps, 1.0) * x[0] if count > 1 else np.zeros(0)
    want, _ = signal.lfilter(taps, 1.0, x, zi=settled)
    got = lw.Fir(taps=taps.tolist(), period_s=PERIOD_S).process(x)
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-10)


@pytest.mark.parametrize("count", [3, 31, 101, 255])
@pytest.mark.parametrize(("band", "edges"), PLACES)
@pytest.mark.parametrize(
    ("window", "theirs"),
    [
        ("hamming", "hamming"),
        ("blackman", "blackman"),
        ("kaiser", ("kaiser", signal.kaiser_beta(60.0))),
    ],
)
def test_designed_taps_are_firwins(
    count: int, band: str, edges: tuple[float, ...], window: str, theirs: Any
) -> None:
    given = keywords(1, band, edges)
    del given["order"]
    kernel = lw.FirWindow(taps=count, window=window, **given)
    want = signal.firwin(count, edge(edges), window=theirs, pass_zero=band, fs=FS_HZ)
    got = impulse_response(kernel, 300)
    # Blackman's ends are zero but for rounding, so a design of three taps rests on its middle one.
    np.testing.assert_allclose(got[:count], want, rtol=1e-12, atol=1e-13)
    assert np.all(got[count:] == 0.0)


@pytest.mark.parametrize("attenuation_db", [21.0, 30.0, 50.0, 51.0, 90.0, 150.0])
def test_kaisers_shape_follows_the_attenuation(attenuation_db: float) -> None:
    kernel = lw.FirWindow(
        cutoff_hz=1.0, taps=61, window="kaiser", attenuation_db=attenuation_db, period_s=PERIOD_S
    )
    shape = ("kaiser", signal.kaiser_beta(attenuation_db))
    want = signal.firwin(61, 1.0, window=shape, fs=FS_HZ)
    np.testing.assert_allclose(impulse_response(kernel, 100)[:61], want, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("window", [1, 2, 7, 100, 555])
def test_moving_average_is_numpys_mean(window: int, seed: int) -> None:
    x = noise(seed)
    want = [
        math.fsum(seen) / len(seen) for t in range(len(x)) if (seen := x[: t + 1][-window:]).size
    ]
    got = lw.MovingAverage(window=window, period_s=PERIOD_S).process(x)
    np.testing.assert_allclose(got, want, rtol=3e-16)


def test_moving_average_does_not_drift_in_two_million_samples() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=2_000_000) * 10.0 ** rng.integers(-8, 9, 2_000_000)
    got = lw.MovingAverage(window=1000, period_s=PERIOD_S).process(x)
    for t in (999, 1000, 12_345, 1_999_999):
        want = math.fsum(x[t - 999 : t + 1]) / 1000.0
        assert got[t] == pytest.approx(want, rel=4e-16)


def exact_weights(window: int, degree: int, derivative: int, at: int) -> Series:
    """Weights of the least-squares polynomial in rational numbers, the newest sample first."""
    n = degree + 1
    places = [Fraction(i - window // 2) for i in range(window)]
    moments = [sum((i**k for i in places), Fraction(0)) for k in range(2 * n - 1)]
    # On the right the derivative at `at` of each power.
    falls = [math.perm(a, derivative) if a >= derivative else 0 for a in range(n)]
    right = [Fraction(f) * Fraction(at) ** max(a - derivative, 0) for a, f in enumerate(falls)]
    rows = [[moments[a + b] for b in range(n)] + [right[a]] for a in range(n)]
    for a in range(n):
        pivot = next(b for b in range(a, n) if rows[b][a] != 0)
        rows[a], rows[pivot] = rows[pivot], rows[a]
        rows[a] = [x / rows[a][a] for x in rows[a]]
        for b in range(n):
            if b != a and rows[b][a] != 0:
                rows[b] = [x - rows[b][a] * y for x, y in zip(rows[b], rows[a], strict=True)]
    solved = [row[n] for row in rows]
    weights = [sum((c * i**k for k, c in enumerate(solved)), Fraction(0)) for i in places]
    return np.array([float(w) for w in reversed(weights)])


@pytest.mark.parametrize("place", ["end", "centre"])
@pytest.mark.parametrize("derivative", [0, 1, 2])
@pytest.mark.parametrize("degree", [0, 1, 2, 3, 5, 8])
@pytest.mark.parametrize("window", [3, 5, 11, 51, 255])
def test_savitzky_golay_is_scipys(window: int, degree: int, derivative: int, place: str) -> None:
    def make() -> Any:
        return lw.SavitzkyGolay(
            window=window, degree=degree, derivative=derivative, place=place, period_s=PERIOD_S
        )

    if degree >= window or derivative > degree:
        with pytest.raises(lw.DesignError, match=r"degree|derivative"):
            make()
        return
    got = impulse_response(make(), 300)
    at = window // 2 if place == "end" else 0
    exact = exact_weights(window, degree, derivative, at) / PERIOD_S**derivative
    np.testing.assert_allclose(got[:window], exact, rtol=0.0, atol=2e-13 * np.max(np.abs(exact)))
    assert np.all(got[window:] == 0.0)
    # savgol_coeffs solves in powers up to `window^degree`, which costs it that many digits.
    lost = 1e-14 * float(window) ** degree
    if lost < 1e-3:
        pos = window // 2 + at
        want = signal.savgol_coeffs(window, degree, derivative, PERIOD_S, pos, use="conv")
        np.testing.assert_allclose(got[:window], want, rtol=0.0, atol=lost * np.max(np.abs(want)))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_derivative_is_a_filtered_difference(seed: int) -> None:
    x = noise(seed)
    kernel = lw.Derivative(cutoff_hz=0.7, period_s=PERIOD_S)
    p = 1.0 - impulse_response(kernel, 4)[0] * PERIOD_S
    kernel.reset()
    want = signal.lfilter([(1.0 - p) / PERIOD_S, (p - 1.0) / PERIOD_S], [1.0, -p], x - x[0])
    np.testing.assert_allclose(kernel.process(x - x[0]), want, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_decimator_is_every_nth_sample_of_the_elliptic_filter(seed: int) -> None:
    x = noise(seed)
    y, fresh = lw.Decimator(factor=5, period_s=PERIOD_S).process(x)
    sos = signal.ellip(8, 0.05, 60.0, 0.8 / 5, output="sos")
    # An even order has -0.05 dB at zero frequency; the start is that of a constant.
    want, _ = signal.sosfilt(sos, x, zi=signal.sosfilt_zi(sos) * x[0])
    taken = np.arange(len(x)) % 5 == 0
    assert np.array_equal(fresh, taken.astype(float))
    np.testing.assert_allclose(y[taken], want[taken], rtol=1e-10)
    assert np.array_equal(y, np.repeat(y[taken], 5)[: len(x)])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_complementary_is_a_low_pass_of_one_and_the_rest_of_the_other(seed: int) -> None:
    slow, fast = noise(seed), noise(seed + 10)
    a = -math.expm1(-PERIOD_S / 0.7)
    off, _ = signal.lfilter([a], [1.0, a - 1.0], slow - fast, zi=[(1 - a) * (slow[0] - fast[0])])
    y, offset = lw.Complementary(time_constant_s=0.7, period_s=PERIOD_S).process(slow, fast)
    np.testing.assert_allclose(offset, off, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(y, fast + off, rtol=1e-12)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rate_converter_is_interpolation_in_the_time_of_the_source(seed: int) -> None:
    """Values every 0.8 to 1.2 s, one to three ticks old when they come; `y` is 2 s old."""
    rng = np.random.default_rng(seed)
    true_at, seen_at = [0.0], [0.1]
    while true_at[-1] < 50.0:
        true_at.append(true_at[-1] + 0.1 * rng.integers(8, 13))
        seen_at.append(true_at[-1] + 0.1 * rng.integers(1, 4))
    values = rng.normal(size=len(true_at)).cumsum()
    now = np.arange(1, 500) * PERIOD_S
    newest = np.searchsorted(np.array(seen_at), now + 1e-9, side="right") - 1
    x, age_s = values[newest], now - np.array(true_at)[newest]
    y, stale = lw.RateConverter(delay_s=2.0, max_age_s=1.2, period_s=PERIOD_S).process(x, age_s)
    want = np.interp(now - 2.0, true_at, values)
    np.testing.assert_allclose(y, want, atol=1e-9)
    assert np.array_equal(stale, (age_s > 1.2).astype(float))
    held, _ = lw.RateConverter(
        delay_s=2.0, max_age_s=1.2, method="hold", period_s=PERIOD_S
    ).process(x, age_s)
    before, after = (
        np.searchsorted(true_at, now - 2.0 + d, side="right") - 1 for d in (-1e-6, 1e-6)
    )
    clear = before == after  # not within rounding of a value's own time
    assert np.mean(clear) > 0.8
    assert np.array_equal(held[clear], values[np.maximum(before, 0)][clear])
