"""The hard side of the station: what the core runs. Its soft side is `station.js`."""

import linewright as lw


class Watch(lw.Station):
    """Finds a shift of the web speed; what to think of it is said elsewhere, in JavaScript."""

    name = "watch"

    def build(self, g: lw.Graph) -> None:
        """Encoder speed → median → two-sided CUSUM → event."""
        with g.loop("speed", rate_hz=10) as loop:
            raw = loop.input("coater.web_speed", "m/s")
            speed = loop.apply(lw.Median, raw, window=5)
            cusum = loop.apply(lw.Cusum, speed, mean=1.0, sigma=0.002, k=2.0, h=4.0, restart=False)
            loop.event(
                "speed_shift",
                when=cusum.alarm,
                evidence={"speed_m_per_s": speed},
                rule="watch.speed_shift/1",
                decision="tell the shift lead",
                priority="advice",
                refractory_s=60.0,
            )
            loop.tap("speed", speed, every_s=1.0)
