"""What an operator looks at in the calender, and what a good day shows."""

from linewright.signals import Signal

SIGNALS = (
    Signal(
        topic="calender.disturbance",
        says="thickness, deviation before correction",
        unit="um",
        lo=-3.0,
        hi=3.0,
        headline=True,
    ),
    Signal(topic="calender.trim", says="line load, moved by thickness", unit="N/mm"),
    Signal(topic="calender.mapped", says="presses by the weight map", unit="1"),
    Signal(topic="calender.roll", says="roll", unit="1"),
    Signal(topic="calender.position", says="pressed", unit="m", flows_to="welder"),
)
