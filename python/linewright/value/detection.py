"""Time to detect: from the physical event, known to the twin, to the published detection.

A fault has *witnesses*, the events that count as its detection, and *consequences*, events that it
explains but that are not its detection. An event that no fault explains is a false alarm. All
times are seconds of the shift.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

Growth = Literal["step", "ramp", "exponential"]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A physical event of the twin. `size` carries the unit its kind defines."""

    kind: str
    at_s: float
    size: float
    duration_s: float = math.inf
    cells: frozenset[int] | None = None
    """Numbers of the cells that it hit; None where it is of a machine, not of cells."""

    @classmethod
    def of(cls, told: Mapping[str, Any], hit: Mapping[str, frozenset[int]]) -> Self:
        """As a truth document tells it; `hit` has the cells by kind of fault."""
        return cls(
            kind=told["name"],
            at_s=told["at_s"],
            size=told["size"],
            duration_s=told["duration_s"] or math.inf,
            cells=hit.get(told["name"]),
        )


@dataclass(frozen=True, kw_only=True)
class Detection:
    """One published detection: event name (`station.what`) and time of publication."""

    name: str
    at_s: float
    cells: frozenset[int] | None = None
    """Numbers of the cells that it names; None when it names none."""
    log: bool = False
    """Told for the log alone, it calls nobody."""

    def meets(self, fault: Fault) -> bool:
        """Can it be of this fault? Where both name cells they must share one.

        >>> short = Fault(kind="soft_short", at_s=0.0, size=2.0, cells=frozenset({7}))
        >>> [Detection(name="f.short", at_s=1.0, cells=c).meets(short)
        ...  for c in (frozenset({7}), frozenset({8}), None)]
        [True, False, True]
        """
        if self.cells is None or fault.cells is None:
            return True
        return not self.cells.isdisjoint(fault.cells)


@dataclass(frozen=True, kw_only=True)
class Background:
    """What the first sensor shows without a fault, in that sensor's unit."""

    white_sd: float
    """Noise of one sample, positive."""
    ar1_sd: float = 0.0
    """Standard deviation of a first-order autoregression, 0 for none."""
    ar1_tau_s: float = 1.0
    walk_sd_per_sqrt_s: float = 0.0
    """Random walk, per square root of a second, 0 for none."""


@dataclass(frozen=True, kw_only=True)
class Signature:
    """How a kind of fault shows."""

    witnesses: frozenset[str]
    consequences: frozenset[str] = frozenset()
    background: Background
    signal_per_size: float = 1.0
    """Final change of the sensor per unit of the fault's size."""
    growth: Growth = "step"
    growth_s: float = 0.0
    """Length of a ramp or time constant of an exponential; unused for a step."""
    transport_s: float = 0.0
    """From the event to the first sensor that can see it."""
    sampling_s: float = 0.1
    """Period of that sensor's samples."""
    linger_s: float = 300.0
    """How long after its end the fault may still show."""

    def grown(self, age_s: float) -> float:
        """Share of the final size at `age_s`, 0..1."""
        if self.growth == "step" or self.growth_s <= 0.0:
            return 1.0
        if self.growth == "ramp":
            return min(1.0, age_s / self.growth_s)
        return -math.expm1(-age_s / self.growth_s)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What became of one fault."""

    fault: Fault
    delay_s: float | None
    """From onset to detection; None when it was missed."""
    bound_s: float

    @property
    def ratio(self) -> float | None:
        """Delay over its bound, dimensionless; None when missed or without a bound."""
        if self.delay_s is None or math.isinf(self.bound_s):
            return None
        return self.delay_s / self.bound_s


@dataclass(frozen=True, kw_only=True)
class DetectionScore:
    """Detections of one or more shifts against the truth."""

    found: tuple[Found, ...] = ()
    false_alarms: Mapping[str, int] = field(default_factory=dict)
    """Unexplained events by name."""
    hours: float = 0.0

    def delays_s(self) -> list[float]:
        """Delays of the faults that were found, ascending."""
        return sorted(f.delay_s for f in self.found if f.delay_s is not None)

    def missed(self) -> int:
        """Faults without a detection."""
        return sum(f.delay_s is None for f in self.found)

    def false_per_shift(self) -> dict[str, float]:
        """False alarms per 8 h, by event name."""
        scale = 8.0 / self.hours if self.hours > 0.0 else math.nan
        return {name: count * scale for name, count in sorted(self.false_alarms.items())}


def quantile(ordered: Sequence[float], q: float) -> float:
    """Quantile of ascending numbers by linear interpolation; NaN when there are none.

    >>> quantile([1.0, 2.0, 3.0, 10.0], 0.5), quantile([4.0], 0.95)
    (2.5, 4.0)
    """
    if not ordered:
        return math.nan
    at = q * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])


def bound_s(signature: Signature, size: float, arl0_samples: float) -> float:
    """Least mean time to detect a fault of `size`, s; infinite when it cannot be told apart.

    `transport + sampling + t`, where t is the time in which the fault earns a log-likelihood of
    `ln(ARL0)` (Lorden 1971; Lai 1998 for dependent samples). A sample earns `delta^2/2`, `delta`
    being what the fault leaves in the innovation of the best predictor of the background, in
    standard deviations. For a step in white noise that is
    `transport + sampling + ln(ARL0)/(delta^2/2)*sampling`.

    >>> s = Signature(witnesses=frozenset({"a.b"}), transport_s=3.0, signal_per_size=2.0,
    ...               background=Background(white_sd=1.0))
    >>> round(bound_s(s, 1.0, 288_000.0), 3)
    3.729
    >>> slow = Signature(witnesses=frozenset({"a.b"}), signal_per_size=50.0,
    ...                  growth="exponential", growth_s=2000.0, background=Background(white_sd=1.0))
    >>> round(bound_s(slow, 1.0, 288_000.0), 1)
    23.1
    """
    needed = math.log(arl0_samples)
    start = signature.transport_s + signature.sampling_s
    signal = abs(size) * signature.signal_per_size
    # Slow growth is summed over blocks of samples: white noise of a block falls with its length.
    dt_s = max(signature.sampling_s, signature.growth_s / _BLOCKS)
    white = signature.background.white_sd * math.sqrt(signature.sampling_s / dt_s)
    earned, before = 0.0, 0.0
    for i, delta in enumerate(_innovations(signature, signal, white, dt_s)):
        earned += delta * delta / 2.0
        if earned >= needed:
            share = (needed - before) / (earned - before)
            return start + (i + share) * dt_s
        before = earned
    return math.inf


_BLOCKS = 4000
_LONGEST = 20 * _BLOCKS


def _innovations(signature: Signature, signal: float, white: float, dt_s: float) -> Iterator[float]:
    """The fault's part of each innovation of the background's Kalman filter, in sigma.

    States: walk w and autoregression a; `y = w + a + v`. The filter is settled before the fault.
    """
    background = signature.background
    phi = math.exp(-dt_s / background.ar1_tau_s)
    q_walk = background.walk_sd_per_sqrt_s**2 * dt_s
    q_ar = background.ar1_sd**2 * -math.expm1(-2.0 * dt_s / background.ar1_tau_s)
    r = white * white
    p_ww, p_wa, p_aa = q_walk, 0.0, background.ar1_sd**2
    k_w = k_a = 0.0
    s = r
    for _ in range(_LONGEST):
        p_ww, p_wa, p_aa = p_ww + q_walk, phi * p_wa, phi * phi * p_aa + q_ar
        s = p_ww + 2.0 * p_wa + p_aa + r
        new_w, new_a = (p_ww + p_wa) / s, (p_wa + p_aa) / s
        settled = abs(new_w - k_w) + abs(new_a - k_a) < 1e-9
        k_w, k_a = new_w, new_a
        p_ww, p_wa, p_aa = (
            p_ww - k_w * (p_ww + p_wa),
            p_wa - k_w * (p_wa + p_aa),
            p_aa - k_a * (p_wa + p_aa),
        )
        if settled:
            break
    sd = math.sqrt(s)
    w = a = 0.0
    for i in range(_LONGEST):
        a *= phi
        e = signal * signature.grown((i + 0.5) * dt_s) - w - a
        w, a = w + k_w * e, a + k_a * e
        yield e / sd


def score(
    faults: Sequence[Fault],
    detections: Iterable[Detection],
    signatures: Mapping[str, Signature],
    *,
    hours: float,
    false_alarms_per_shift: float,
) -> DetectionScore:
    """Match detections to faults.

    A fault is found by its first witness between onset and end + linger; a witness that names
    cells must name one that the fault hit. An event counts as false when no fault of which it is
    witness or consequence was active, unless it is for the log alone and the sign of no fault at
    all (a new batch). Faults of a kind without a
    signature are not scored. `false_alarms_per_shift` is the budget the bound is computed for.

    >>> signatures = {"slip": Signature(witnesses=frozenset({"c.slip"}), signal_per_size=1.0,
    ...                                 background=Background(white_sd=0.002))}
    >>> s = score([Fault(kind="slip", at_s=100.0, size=0.01)],
    ...           [Detection(name="c.slip", at_s=101.0), Detection(name="c.slip", at_s=50.0)],
    ...           signatures, hours=8.0, false_alarms_per_shift=1.0)
    >>> s.delays_s(), dict(s.false_alarms)
    ([1.0], {'c.slip': 1})
    """
    events = sorted(detections, key=lambda d: d.at_s)
    known = [(f, signatures[f.kind]) for f in faults if f.kind in signatures]
    explained: set[int] = set()
    found = []
    for fault, signature in known:
        end_s = fault.at_s + fault.duration_s + signature.linger_s
        inside = [
            i for i, e in enumerate(events) if fault.at_s <= e.at_s <= end_s and e.meets(fault)
        ]
        first = next((i for i in inside if events[i].name in signature.witnesses), None)
        names = signature.witnesses | signature.consequences
        explained.update(i for i in inside if events[i].name in names)
        arl0 = 8.0 * 3600.0 / signature.sampling_s / false_alarms_per_shift
        found.append(
            Found(
                fault=fault,
                delay_s=None if first is None else events[first].at_s - fault.at_s,
                bound_s=bound_s(signature, fault.size, arl0),
            )
        )
    signs = frozenset().union(*(signature.witnesses for signature in signatures.values()))
    false: dict[str, int] = {}
    for i, event in enumerate(events):
        if i not in explained and (event.name in signs or not event.log):
            false[event.name] = false.get(event.name, 0) + 1
    return DetectionScore(found=tuple(found), false_alarms=false, hours=hours)


def pool(scores: Sequence[DetectionScore]) -> DetectionScore:
    """The shifts of several seeds as one."""
    false: dict[str, int] = {}
    for one in scores:
        for name, count in one.false_alarms.items():
            false[name] = false.get(name, 0) + count
    return DetectionScore(
        found=tuple(f for one in scores for f in one.found),
        false_alarms=false,
        hours=sum(one.hours for one in scores),
    )
