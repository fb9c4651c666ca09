"""Time to detect: from the physical event, known to the twin, to the published detection.

A fault has *witnesses*, the events that count as its detection, and *consequences*, events that it
explains but that are not its detection. An event that no fault explains is a false alarm. All
times are seconds of the shift.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A physical event of the twin. `size` carries the unit its kind defines."""

    kind: str
    at_s: float
    size: float
    duration_s: float = math.inf


@dataclass(frozen=True, kw_only=True)
class Detection:
    """One published detection: event name (`station.what`) and time of publication."""

    name: str
    at_s: float


@dataclass(frozen=True, kw_only=True)
class Signature:
    """How a kind of fault shows."""

    witnesses: frozenset[str]
    consequences: frozenset[str] = frozenset()
    transport_s: float = 0.0
    """From the event to the first sensor that can see it."""
    sampling_s: float = 0.1
    """Period of that sensor's samples."""
    sigma_per_size: float = 1.0
    """Final shift of one sample in standard deviations, per unit of the fault's size."""
    rise_s: float = 0.0
    """0 for a step; else the time constant of an exponential rise."""
    linger_s: float = 300.0
    """How long after its end the fault may still show."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What became of one fault."""

    fault: Fault
    delay_s: float | None
    """From onset to detection; None when it was missed."""
    bound_s: float

    @property
    def ratio(self) -> float | None:
        """Delay over its bound, dimensionless; None when missed."""
        return None if self.delay_s is None else self.delay_s / self.bound_s


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
    """Least mean time to detect a fault of `size`, s.

    The log-likelihood a fault earns per sample is `delta^2/2`; detection at a false-alarm run
    length ARL0 needs `ln(ARL0)` of it (Lorden 1971). For a step that is
    `transport + sampling + ln(ARL0)/(delta^2/2)*sampling`; for an exponential rise the same sum is
    taken over `delta(t) = delta*(1 - exp(-t/rise))`, which has the closed form solved here.

    >>> s = Signature(witnesses=frozenset({"a.b"}), transport_s=3.0, sigma_per_size=2.0)
    >>> round(bound_s(s, 1.0, 288_000.0), 3)
    3.729
    >>> slow = Signature(witnesses=frozenset({"a.b"}), sigma_per_size=50.0, rise_s=2000.0)
    >>> round(bound_s(slow, 1.0, 288_000.0), 1)
    23.1
    """
    delta = abs(size) * signature.sigma_per_size
    if delta == 0.0:
        return math.inf
    needed = math.log(arl0_samples) / (delta * delta / 2.0) * signature.sampling_s
    start = signature.transport_s + signature.sampling_s
    if signature.rise_s <= 0.0:
        return start + needed
    return start + _solve(lambda t: _squared_rise(t, signature.rise_s), needed, signature.rise_s)


def _squared_rise(t_s: float, rise_s: float) -> float:
    """Integral of `(1 - exp(-t/T))^2` from 0 to t."""
    e = math.exp(-t_s / rise_s)
    return t_s - 2.0 * rise_s * (1.0 - e) + rise_s / 2.0 * (1.0 - e * e)


def _solve(rising: Callable[[float], float], value: float, start: float) -> float:
    """`t` with `rising(t) = value` by bisection; `rising` starts at 0 and grows without bound."""
    high = start
    while rising(high) < value:
        high *= 2.0
    low = 0.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if rising(middle) < value else (low, middle)
    return high


def score(
    faults: Sequence[Fault],
    detections: Iterable[Detection],
    signatures: Mapping[str, Signature],
    *,
    hours: float,
    false_alarms_per_shift: float,
) -> DetectionScore:
    """Match detections to faults.

    A fault is found by its first witness between onset and end + linger. An event counts as false
    when no fault of which it is witness or consequence was active. Faults of a kind without a
    signature are not scored. `false_alarms_per_shift` is the budget the bound is computed for.

    >>> signatures = {"slip": Signature(witnesses=frozenset({"c.slip"}), sigma_per_size=500.0)}
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
        inside = [i for i, e in enumerate(events) if fault.at_s <= e.at_s <= end_s]
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
    false: dict[str, int] = {}
    for i, event in enumerate(events):
        if i not in explained:
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
