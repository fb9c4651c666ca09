"""Measured boards through the coater's gauge chain: six positions across, one row a board."""

from dataclasses import dataclass

import linewright as lw
from linewright.stations.gauge import gauge_chain

POSITIONS = 6


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of the six gauges; a board is a second, so a time in seconds counts boards."""

    lo_um: float = 25_000.0
    hi_um: float = 60_000.0
    noise_sd_um: tuple[float, ...] = (878.0, 907.0, 1023.0, 941.0, 892.0, 1028.0)
    """Scatter of each gauge without its spikes, over the whole recording: the figures of the test
    are in-sample. Taken from the first 400 boards it is a fifth smaller, and the alarms double."""
    wander: float = 1.1
    """How much more the innovations scatter than the noise: the boards wander a little."""
    memory_boards: float = 400.0
    false_alarms_per_1000_boards: float = 1.0
    """Of one position."""


class Boards(lw.Station):
    """Range, spikes, level and shift of each position."""

    name = "boards"
    Settings = Settings

    def build(self, g: lw.Graph) -> None:
        """`pos1` to `pos6`, each through its own gauge chain."""
        s = self.settings
        with g.loop("gauges", rate_hz=1) as loop:
            for i in range(1, POSITIONS + 1):
                raw = loop.input(f"boards.pos{i}", "um")
                gauge = gauge_chain(
                    loop,
                    raw,
                    lo=s.lo_um,
                    hi=s.hi_um,
                    noise_sd=s.noise_sd_um[i - 1],
                    memory_s=s.memory_boards,
                    false_alarms_per_shift=s.false_alarms_per_1000_boards * 28.8,
                    z_sd=s.wander,
                    shift_sigma=1.0,
                    spike_window=25,
                    spike_sigma=5.0,
                    wild_sigma=2.5,
                )
                assert gauge.drift is not None
                loop.event(
                    f"pos{i}_shift",
                    when=gauge.drift.alarm,
                    evidence={"level_um": gauge.drift.level, "sum_sigma": gauge.drift.evidence},
                    rule="boards.shift/1",
                    decision="measure the next board by hand",
                    priority="advice",
                )
                loop.event(
                    f"pos{i}_spike",
                    when=loop.is_good(raw) & ~loop.is_good(gauge.value),
                    evidence={"raw_um": raw},
                    rule="boards.spike/1",
                    decision="not used",
                    priority="log",
                )
                loop.tap(f"pos{i}_level", gauge.drift.level, every_s=10.0)
