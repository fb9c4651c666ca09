"""The welder on its twin: what goes wrong in a shift, and how large."""

from __future__ import annotations

from typing import Any

from linewright.stations.scenario import FaultDraw

FAULTS = (
    FaultDraw(kind="clamp_wear", least=0.12, most=0.20),
    FaultDraw(kind="lens_soiling", least=0.05, most=0.08),
    FaultDraw(kind="blow_out", least=0.04, most=0.08),
)
"""Share of the clamp force, share of the light, added share of welds."""

WELDS: dict[str, Any] = {"weld": {"on": True, "check_every": 51}}
"""What switches the twin's welding station on; 51, so that every fixture comes to be tested."""
