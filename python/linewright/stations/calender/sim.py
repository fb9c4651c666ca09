"""The calender on its twin: what goes wrong in a shift, and how large."""

from __future__ import annotations

from linewright.stations.scenario import FaultDraw

FAULTS = (
    FaultDraw(kind="roll_heat", least=1.5, most=3.0),
    FaultDraw(kind="compaction_step", least=0.03, most=0.06, either_sign=True),
    FaultDraw(kind="load_cell_drift", least=50.0, most=80.0, either_sign=True, ramp_s=30.0),
)
"""K, share of the compaction resistance, N/mm."""
