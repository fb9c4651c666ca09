"""What can be tuned in the control of the weld fixtures, with units; bounds are checked here."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one feature is like in good welds: known from resistance and pull tests alone."""

    mean: float
    """Mean of good welds, unit of the feature."""
    sigma: float
    """Their standard deviation, unit of the feature; positive."""

    def __post_init__(self) -> None:
        if not math.isfinite(self.mean):
            raise ValueError(f"mean must be finite, was {self.mean}")
        if not (math.isfinite(self.sigma) and self.sigma > 0.0):
            raise ValueError(f"sigma must be positive, was {self.sigma}")


@dataclass(frozen=True, kw_only=True)
class Nominal:
    """What the machine is set to when nothing is corrected."""

    power_w: float = 1500.0
    clamp_n: float = 400.0
    defocus_mm: float = 0.0

    def __post_init__(self) -> None:
        for name in ("power_w", "clamp_n"):
            _positive(self, name)
        if not -5.0 <= self.defocus_mm <= 5.0:
            raise ValueError(f"defocus_mm must be -5 to 5, was {self.defocus_mm}")


@dataclass(frozen=True, kw_only=True)
class Charts:
    """The detectors of the hard lane: one weld says at most `z_most`, so that a single bad weld is
    a reject and no shift. Decision intervals are for a false-alarm budget, measured on the twin."""

    gap_usual: float = 0.65
    """Mean square of a fixture's upward deviations when nothing is wrong, sigmas squared."""
    gap_relief: float = 0.3
    """Share of that by which the largest clamp correction lowers it: what the own move hides."""
    gap_k: float = 0.3
    """Allowance of the chart on that square, sigmas squared."""
    gap_h: float = 50.0
    """Its decision interval, sigmas squared."""
    focus_k: float = 0.75
    """Allowance downwards, sigmas: fixtures lie a little off the focus, each by its own."""
    focus_h: float = 12.0
    """Its decision interval, sigmas."""
    light_k: float = 0.25
    """Allowance of the chart of the light over all fixtures, sigmas: the glass soils slowly."""
    light_h: float = 24.0
    """Its decision interval, sigmas."""
    z_most: float = 3.0
    """Largest deviation that one weld counts for, sigmas."""
    shared_welds: float = 40.0
    """Welds over which the light lost by all fixtures is averaged."""
    blow_outs_usual: float = 0.002
    """Share of welds with a blow-out that nobody wonders about."""
    blow_outs_many: float = 0.03
    """Share that is to be found."""
    blow_outs_h: float = 3.0
    """Decision interval of their chart, blow-outs."""
    refractory_s: float = 900.0
    """A shift of a fixture that lasts is told again so late: what was done may not have helped."""
    shared_refractory_s: float = 3600.0
    """Light lost and blow-outs, for which a person is asked, are told again so late."""

    def __post_init__(self) -> None:
        for name in (
            "gap_usual",
            "gap_relief",
            "gap_k",
            "gap_h",
            "focus_k",
            "focus_h",
            "light_k",
            "light_h",
            "z_most",
            "shared_welds",
            "blow_outs_h",
            "refractory_s",
            "shared_refractory_s",
        ):
            _positive(self, name)
        if not 0.0 < self.blow_outs_usual < self.blow_outs_many < 1.0:
            raise ValueError(
                "blow_outs_usual and blow_outs_many must be ordered within 0 to 1, were "
                f"{self.blow_outs_usual} and {self.blow_outs_many}"
            )


@dataclass(frozen=True, kw_only=True)
class Camera:
    """The camera above the station: a picture of each weld, judged beside the bus."""

    frames: str = ""
    """File of frames (`linewright.frames`), relative to the run directory; empty: no camera."""
    mm_per_px: float = 0.04
    """Edge of a pixel, mm."""
    origin_mm: tuple[float, float] = (-3.0, -5.0)
    """Where the first pixel's corner lies: along from the nominal start of the seam, across from
    its middle, mm."""
    rules: Mapping[str, float] = field(default_factory=dict)
    """What differs from the usual rules of the seam (`vision.SeamRules`)."""
    network: str = ""
    """ONNX network that gives a picture a number; empty: none."""
    network_limit: float = 0.5
    """Largest number of it that passes."""
    wait_s: float = 2.0
    """Time after a weld within which its picture must be there."""
    lost_welds: int = 4
    """So many welds in a row without a verdict are a camera lost."""
    width: Limits = field(default_factory=lambda: Limits(mean=0.979, sigma=0.0072))
    """Mean width of the seam of good welds, mm: it sinks in where the stack gapes."""
    shared_welds: float = 40.0
    """Welds of all fixtures over which the width that they share is averaged."""
    usual: float = 0.67
    """Mean square of a fixture's narrowing when nothing is wrong, sigmas squared."""
    relief: float = 0.2
    """Share of that by which the largest clamp correction lowers it."""
    k: float = 0.35
    """Allowance of the chart on that square, sigmas squared."""
    h: float = 45.0
    """Its decision interval, sigmas squared."""

    def __post_init__(self) -> None:
        for name in ("mm_per_px", "wait_s", "shared_welds", "usual", "relief", "k", "h"):
            _positive(self, name)
        if not all(map(math.isfinite, self.origin_mm)):
            raise ValueError(f"origin_mm must be two finite lengths, was {self.origin_mm}")
        if self.lost_welds < 1:
            raise ValueError(f"lost_welds must be at least 1, was {self.lost_welds}")
        if not math.isfinite(self.network_limit):
            raise ValueError(f"network_limit must be finite, was {self.network_limit}")

    @property
    def on(self) -> bool:
        """There is one."""
        return bool(self.frames)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of the control of the weld fixtures."""

    rate_hz: float = 30.0
    recipe_name: str = "standard"
    """Recipe of cells whose roll is not known."""
    welds_per_min: float = 18.0
    """Welds a minute when nothing waits."""
    lot_welds: int = 320
    """Welds that are told together as one finished unit: 18 min."""
    lot_good_share: float = 0.95
    """Share of the welds of a lot that must pass for a good one."""
    idle_s: float = 30.0
    """Without a weld for so long no cell comes."""
    traced: bool = False
    """The machine tells which cell a weld was of, and the web it is made of: the channels
    `welder.cell`, `welder.cell_roll` and `welder.cell_web`."""
    web_m_per_cell: float = 1.56
    """Web of a cell, m."""
    fixtures: int = 4
    """Fixtures that come round; 1 to 16."""
    samples: int = 10_000
    """Samples of a burst at 50 kHz."""
    reference_file: str = ""
    """JSON of a `WeldBurst`, learnt from tested welds (`linewright.front_ends.learn_welds`); the
    twin's station when empty."""
    nominal: Nominal = field(default_factory=Nominal)
    charts: Charts = field(default_factory=Charts)
    camera: Camera = field(default_factory=Camera)
    trim_band: float = 0.0
    """Share of its power by which the laser may trim itself inside a weld; 0: constant power."""
    tell_s: float = 1.0
    """How often the soft side is told of the last weld: shorter than the time between two."""
    k: float = 0.5
    """Allowance of the rule's CUSUM, sigmas: half the shift sought."""
    h: float = 5.0
    """Decision interval of the rule's CUSUM, sigmas."""
    verify_welds: int = 5
    """Welds after an action that say whether it helped."""
    light_welds: int = 15
    """Welds of each fixture, all together, that say whether more power brought light: a level is
    known to 0.3 % by 60 of them."""
    recovered_z: float = 1.35
    """Largest mean of these welds that counts as recovered, sigmas: 3 sigmas of a mean of five."""
    clamp_step: float = 0.05
    """One step of the clamp force, share of nominal."""
    clamp_most: float = 0.05
    """Largest correction of the clamp force, share of nominal."""
    defocus_step_mm: float = 0.1
    """One step of the focus, mm."""
    defocus_most_mm: float = 0.1
    """Largest correction of the focus, mm."""
    power_step: float = 0.02
    """One step of the laser's power, share of nominal."""
    power_most: float = 0.02
    """Largest correction of the laser's power, share of nominal."""
    held_most: int = 1
    """Fixtures held at the same time; beyond that a person is asked."""
    serviced_after_s: float = 1500.0
    """Time on hold after which the fixture has been serviced and is tried again."""
    resistance_most_uohm: float = 58.0
    """4-wire resistance up to which a tested weld is good, uohm."""
    pull_least_n: float = 320.0
    """Pull force from which on a tested weld is good, N."""
    learn_from: int = 30
    """Tested good welds of one fixture before its limits are learnt anew."""
    learn_weight: float = 30.0
    """So many welds are the limits so far worth when new ones are learnt."""
    learn_shift_most: float = 1.0
    """Largest move of a limit's mean by learning, sigmas of the reference."""
    learn_widen_most: float = 1.2
    """Largest growth of a limit's sigma by learning, times the reference's."""

    def __post_init__(self) -> None:
        for name in (
            "fixtures",
            "verify_welds",
            "light_welds",
            "learn_from",
            "held_most",
            "lot_welds",
        ):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, was {getattr(self, name)}")
        if not 0.0 < self.lot_good_share <= 1.0:
            raise ValueError(f"lot_good_share must be in (0, 1], was {self.lot_good_share}")
        if not 0.0 <= self.trim_band <= 0.2:
            raise ValueError(f"trim_band must be 0 to 0.2, was {self.trim_band}")
        if self.fixtures > 16:
            raise ValueError(f"fixtures must be at most 16, was {self.fixtures}")
        for name in (
            "rate_hz",
            "samples",
            "tell_s",
            "k",
            "h",
            "recovered_z",
            "clamp_step",
            "clamp_most",
            "defocus_step_mm",
            "defocus_most_mm",
            "power_step",
            "power_most",
            "serviced_after_s",
            "resistance_most_uohm",
            "pull_least_n",
            "learn_weight",
            "learn_shift_most",
            "learn_widen_most",
            "welds_per_min",
            "idle_s",
            "web_m_per_cell",
        ):
            _positive(self, name)

    def reference(self) -> dict[str, Any]:
        """Config of the front end: what good welds are like.

        Raises `ValueError` when the file is none, or is for bursts of another length.
        """
        if self.reference_file:
            text = Path(self.reference_file).read_text()
        else:
            text = resources.files(__package__).joinpath("reference.json").read_text()
        learnt: dict[str, Any] = json.loads(text)
        if learnt.get("samples") != self.samples:
            raise ValueError(
                f"reference is for bursts of {learnt.get('samples')} samples, "
                f"the station's have {self.samples}"
            )
        return learnt


def _positive(settings: object, name: str) -> None:
    value = getattr(settings, name)
    if not (math.isfinite(value) and value > 0.0):
        raise ValueError(f"{name} must be positive, was {value}")
