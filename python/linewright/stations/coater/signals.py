"""What an operator looks at in the coater, and what a good day shows."""

from linewright.signals import Signal

SIGNALS = (
    Signal(
        topic="coater.dry_weight",
        says="dry coat weight",
        unit="g/m2",
        setpoint="coater.areal",
        share=0.015,
        headline=True,
    ),
    Signal(
        topic="coater.reconciled",
        says="coat weight at the die, deviation",
        unit="1",
        lo=-0.015,
        hi=0.015,
    ),
    Signal(topic="coater.residual_solvent", says="residual solvent", unit="ppm", lo=0.0, hi=500.0),
    Signal(topic="coater.flow_wanted", says="flow of the pump, wanted", unit="L/min"),
    Signal(
        topic="coater.slip", says="flow by meter over flow by speed", unit="1", lo=0.99, hi=1.01
    ),
    Signal(topic="coater.position", says="coated", unit="m", flows_to="calender"),
)
