"""The slurry on its twin: what goes wrong in a shift, and how large."""

from __future__ import annotations

from typing import Any

from linewright.stations.scenario import FaultDraw

FAULTS = (
    FaultDraw(kind="solids_switch", least=0.3, most=0.6, either_sign=True),
    FaultDraw(kind="solids_batch", least=0.2, most=0.5, either_sign=True),
    FaultDraw(kind="viscosity_drift", least=6.0, most=10.0, either_sign=True),
    FaultDraw(kind="slurry_heat", least=2.5, most=4.0, either_sign=True),
    FaultDraw(kind="air_burst", least=0.5, most=2.0, duration_s=(20.0, 60.0)),
)
"""pp, pp, %, K, vol%."""

BATCHES: dict[str, Any] = {"batch": {"on": True}}
"""What switches the twin's batches on."""
