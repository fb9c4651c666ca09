"""What an operator looks at in the welder, and what a good day shows."""

from linewright.signals import Signal

SIGNALS = (
    Signal(
        topic="welder.resistance",
        says="resistance, last test",
        unit="uohm",
        lo=47.0,
        hi=56.0,
        headline=True,
    ),
    Signal(
        topic="welder.excess",
        says="plasma over that of good welds",
        unit="1",
        lo=-0.12,
        hi=0.12,
    ),
    Signal(topic="welder.pull", says="pull force, last test", unit="N"),
    Signal(topic="welder.light", says="light lost by all fixtures", unit="1", lo=-0.1, hi=0.1),
    Signal(topic="welder.weld", says="welds", unit="1", flows_to="formation"),
)
