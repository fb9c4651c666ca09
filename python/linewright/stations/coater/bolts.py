"""Which bolt does not follow: moves told against changes seen. Pure; no bus, no clock.

A profile `n` and the next one differ by `R*d + v`: response of the die, moves in between, noise.
Were bolt j stuck, its part `r_j*d_j` would be missing. `against_j` sums `-<change - R*d, r_j*d_j>`,
`power_j` sums `|r_j*d_j|^2`; their quotient is the share of the bolt's moves that did not come, and
`against_j/(sd*sqrt(power_j))` its evidence in standard deviations. A change that no move and no
bolt explains is a jump: the die tilted, or something sits in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from linewright.stations.coater.settings import Settings

FORGET = 0.9
"""Weight of what was known before, at each new profile: evidence lasts ten of them."""
DRIFT = 1.1
"""What the lip does by itself between two profiles, as a factor on their noise."""


@dataclass(frozen=True)
class Seen:
    """Profile and bolts of one moment."""

    count: int
    """Profiles made so far; the profile is the last of them."""
    profile: tuple[float, ...]
    """Relative deviation of each box."""
    bolts_um: tuple[float, ...]
    """As the gate wrote them."""


@dataclass(frozen=True)
class Record:
    """What is remembered between moments."""

    latest: Seen | None = None
    before_um: tuple[float, ...] | None = None
    """Where the bolts stood while the latest profile was gathered."""
    against: tuple[float, ...] = ()
    power: tuple[float, ...] = ()
    unexplained: float = 0.0
    """Square sum of what the moves do not explain, beyond noise."""


@dataclass(frozen=True)
class Stuck:
    """A bolt that does not follow."""

    bolt: int
    """Number, from 1."""
    share: float
    """Share of its moves that did not come."""
    sigma: float
    """Evidence, standard deviations."""


@dataclass(frozen=True)
class Jump:
    """A profile that changed otherwise than the bolts moved."""

    rms: float
    """Unexplained change of a box, relative, noise taken out."""
    tilt: float
    """Its part from the first edge to the last, relative."""


def response(settings: Settings) -> np.ndarray:
    """Change of each box per um of each bolt, boxes by bolts; its columns have mean zero.

    >>> from linewright.stations.coater.settings import Cross
    >>> r = response(Settings(cross=Cross(bolts=24)))
    >>> r.shape, bool(abs(r.mean(axis=0)).max() < 1e-15)
    ((66, 24), True)
    """
    c, boxes = settings.cross, settings.geometry.boxes
    at = (np.arange(boxes) + 0.5) * c.bolts / boxes
    apart = (at[:, None] - (np.arange(c.bolts) + 0.5)[None, :]) / c.reach_pitches
    peak = c.gain_per_um * np.exp(-0.5 * apart**2)
    return np.asarray(peak - peak.mean(axis=0))


def noise(settings: Settings) -> float:
    """Standard deviation of the change of one box from profile to profile, relative."""
    readings = 2.0 * settings.cross.visits
    return DRIFT * settings.noise.dry_box * math.sqrt(2.0 / readings)


def learn(record: Record, seen: Seen, settings: Settings) -> tuple[Record, Stuck | Jump | None]:
    """Takes in one moment; names a bolt when the evidence is enough, and begins anew then. A jump
    is told and counts neither for nor against a bolt."""
    latest = record.latest
    if latest is None or latest.count == seen.count:
        return replace(record, latest=seen), None
    moved = replace(record, latest=seen, before_um=latest.bolts_um)
    if record.before_um is None or latest.count < 1 or seen.count != latest.count + 1:
        return moved, None
    c = settings.cross
    inner = slice(c.edge_boxes, settings.geometry.boxes - c.edge_boxes)
    parts = response(settings) * (np.array(latest.bolts_um) - np.array(record.before_um))
    rest = np.array(seen.profile) - np.array(latest.profile) - parts.sum(axis=1)
    zero = np.zeros(c.bolts)
    against = FORGET * (np.array(record.against) if record.against else zero)
    power = FORGET * (np.array(record.power) if record.power else zero)
    against = against - parts[inner].T @ rest[inner]
    power = power + (parts[inner] ** 2).sum(axis=0)
    beyond = float(rest[inner] @ rest[inner]) - rest[inner].size * noise(settings) ** 2
    unexplained = FORGET * record.unexplained + max(0.0, beyond)
    known = replace(
        moved,
        against=tuple(against.tolist()),
        power=tuple(power.tolist()),
        unexplained=unexplained,
    )
    evidence = against / (noise(settings) * np.sqrt(np.maximum(power, 1e-30)))
    worst = int(np.argmax(evidence))
    share = float(against[worst] / max(float(power[worst]), 1e-30))
    told = float(against[worst]) * share
    # A streak or a tilt changes the profile too: a stuck bolt can be no more than its own moves,
    # and they must be most of what is missing.
    own = c.stuck_share <= share <= 2.0 - c.stuck_share and told >= 0.5 * unexplained
    if own and evidence[worst] >= c.stuck_sigma:
        found = Stuck(worst + 1, share, float(evidence[worst]))
        return replace(moved, against=(), power=(), unexplained=0.0), found
    if beyond > (c.jump_ratio - 1.0) * rest[inner].size * noise(settings) ** 2:
        return moved, _jump(rest[inner], beyond)
    return known, None


def _jump(rest: np.ndarray, beyond: float) -> Jump:
    across = np.linspace(-0.5, 0.5, rest.size)
    tilt = float(rest @ across / (across @ across))
    return Jump(rms=math.sqrt(beyond / rest.size), tilt=tilt)
