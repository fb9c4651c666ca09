"""What an operator looks at in dispatch, and what a good day shows."""

from linewright.signals import Signal

SIGNALS = (
    Signal(
        topic="agv.vehicles_in_now",
        says="vehicles that can be sent",
        unit="1",
        headline=True,
    ),
    Signal(topic="agv.slots_out_now", says="slots out of use", unit="1", lo=-0.5, hi=0.5),
    Signal(topic="agv.starve_lead_now", says="formation starves in", unit="min", lo=0.0),
)
