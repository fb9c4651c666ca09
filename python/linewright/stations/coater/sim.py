"""The coater on its twin: what goes wrong in a shift, and how large."""

from __future__ import annotations

from linewright.stations.scenario import FaultDraw

FAULTS = (
    FaultDraw(kind="solids_switch", least=0.3, most=0.6, either_sign=True),
    FaultDraw(kind="solids_batch", least=0.2, most=0.5, either_sign=True),
    FaultDraw(kind="pump_slip", least=0.008, most=0.02),
    FaultDraw(kind="gauge_bias", least=0.4, most=0.7, either_sign=True),
    FaultDraw(kind="wet_gauge_bias", least=0.4, most=0.7, either_sign=True),
    FaultDraw(kind="air_burst", least=0.5, most=2.0, duration_s=(20.0, 60.0)),
    FaultDraw(kind="speed_upset", least=-0.2, most=-0.1, duration_s=(40.0, 80.0)),
)
"""pp, pp, share of flow, %, %, vol%, share of speed."""
