"""The base tick now, from the newest pair (tick, monotonic ns) the core stated; same machine, same
clock."""

from __future__ import annotations


class Ticks:
    """Line time of a live line, as a plugin can know it.

    >>> ticks = Ticks(base_hz=30)
    >>> ticks.stated(tick=300, mono_ns=5_000_000_000)
    >>> ticks.at(mono_ns=6_000_000_000)
    330
    """

    def __init__(self, base_hz: int) -> None:
        self._base_hz = base_hz
        self._tick = 0
        self._mono_ns = 0

    @property
    def known(self) -> bool:
        """Has the core stated anything yet?"""
        return self._mono_ns > 0

    def stated(self, tick: int, mono_ns: int) -> None:
        """Note a pair; an older one changes nothing."""
        if mono_ns > self._mono_ns:
            self._tick, self._mono_ns = tick, mono_ns

    def at(self, mono_ns: int) -> int:
        """Tick at a time of the monotonic clock; not above the truth, because it is rounded
        down."""
        passed_ns = max(0, mono_ns - self._mono_ns)
        return self._tick + passed_ns * self._base_hz // 1_000_000_000
