"""Wiring: what runs in the hard lane, and what the soft lane does with its events."""

from typing import Any

import linewright as lw

from . import logic
from .settings import Settings

DAY_S = 86_400.0


class SpeedWatch(lw.Station):
    """Watches the web speed; it has no actuator, so it can only tell."""

    name = "speed_watch"
    Settings = Settings

    def build(self, g: lw.Graph) -> None:
        """Encoder speed → median → two-sided CUSUM → event."""
        s = self.settings
        arl0 = DAY_S * s.rate_hz / s.false_alarms_per_day
        with g.loop("speed", rate_hz=s.rate_hz) as loop:
            raw = loop.input("coater.web_speed", "m/s")
            speed = loop.apply(lw.Median, raw, window=5)
            cusum = loop.apply(
                lw.Cusum,
                speed,
                mean=s.speed_m_per_s,
                sigma=s.noise_sd_m_per_s,
                k=2.0,
                h=lw.cusum_h_for_arl0(2.0, arl0),
                restart=False,
            )
            loop.event(
                "speed_shift",
                when=cusum.alarm,
                evidence={"speed_m_per_s": speed, "high": cusum.high, "low": cusum.low},
                rule="speed_watch.speed_shift/1",
                decision="tell the shift lead",
                priority="advice",
                refractory_s=60.0,
            )
            loop.tap("speed", speed, every_s=1.0)

    def start(self, api: Any) -> None:
        """The soft side begins with nothing seen."""
        self.api = api
        self.state = logic.State()

    def on_event(self, event: Any) -> None:
        """A shift of the web speed becomes a decision in the ledger."""
        speed = event.evidence["speed_m_per_s"]
        self.state, text = logic.shifted(self.state, self.api.time_s, speed)
        self.api.decide(text, because=[event])

    def on_step(self, tick: int) -> None:
        """Nobody reacted: say it once more, for a person."""
        now_s = self.api.time_s
        self.state, text = logic.waited(self.state, now_s, self.settings.patience_s)
        if text is not None:
            self.api.decide(text)
