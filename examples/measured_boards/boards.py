"""Measured boards: six positions across, one row a board, each watched from the first boards on."""

from dataclasses import dataclass

import linewright as lw

POSITIONS = 6


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of the six gauges; a board is a second, so a time in seconds counts boards."""

    lo_um: float = 25_000.0
    hi_um: float = 60_000.0
    resolution_um: float = 25.4
    """A thousandth of an inch, the last digit of the recording."""
    memory_boards: float = 200.0
    """What the learned mean and scale remember: the boards wander, and old ones tell little. This
    and `wild_sigma` were chosen with the recording in sight; with a memory of 100 the alarms are
    0.6 of the budget, with 2.5 sigma 1.6 of it."""
    wild_sigma: float = 2.0
    """One board counts for no more than this; their scatter has heavy tails."""
    false_alarms_per_1000_boards: float = 1.0
    """Of one position."""


class Boards(lw.Station):
    """Range, spikes, level and shift of each position."""

    name = "boards"
    Settings = Settings

    def build(self, g: lw.Graph) -> None:
        """`pos1` to `pos6`: range, spikes, and a chart that learns what it judges by."""
        s = self.settings
        with g.loop("gauges", rate_hz=1) as loop:
            for i in range(1, POSITIONS + 1):
                raw = loop.input(f"boards.pos{i}", "um")
                inside = loop.bad_when(raw, (raw < s.lo_um) | (raw > s.hi_um))
                hampel = loop.apply(lw.Hampel, inside, window=25, threshold_sigma=5.0)
                value = loop.bad_when(inside, hampel.spike)
                # Mean and scale come from the boards before: nothing is known of these gauges.
                chart = loop.apply(
                    lw.GuardedCusum,
                    value,
                    0.0,  # relearn: nobody here to accept a new level
                    k=0.5,
                    h=lw.cusum_h_for_arl0(0.5, 1000.0 / s.false_alarms_per_1000_boards),
                    restart=True,
                    memory=s.memory_boards,
                    wild_sigma=s.wild_sigma,
                    resolution=s.resolution_um,
                )
                loop.event(
                    f"pos{i}_shift",
                    when=abs(chart.alarm) > 0.5,
                    evidence={"mean_um": chart.mean, "sum_sigma": loop.max(chart.high, chart.low)},
                    rule="boards.shift/2",
                    decision="measure the next board by hand",
                    priority="advice",
                )
                loop.event(
                    f"pos{i}_spike",
                    when=loop.is_good(raw) & ~loop.is_good(value),
                    evidence={"raw_um": raw},
                    rule="boards.spike/1",
                    decision="not used",
                    priority="log",
                )
                loop.tap(f"pos{i}_mean", chart.mean, every_s=10.0)
