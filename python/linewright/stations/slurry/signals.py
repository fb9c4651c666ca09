"""What an operator looks at in the slurry, and what a good day shows."""

from linewright.signals import Signal

SIGNALS = (
    Signal(
        topic="slurry.solids",
        says="solids at the die",
        unit="1",
        lo=0.695,
        hi=0.705,
        headline=True,
    ),
    Signal(
        topic="slurry.thickness",
        says="viscosity, deviation from the recipe's",
        unit="1",
        lo=-0.15,
        hi=0.15,
    ),
    Signal(topic="slurry.left", says="left of the batch", unit="L", flows_to="coater"),
    Signal(topic="slurry.batch", says="batch", unit="1"),
    Signal(topic="slurry.drawn", says="drawn by the coater", unit="L/min"),
)
