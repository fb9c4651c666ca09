"""Formation on its twin: what goes wrong in a shift, and how large."""

from __future__ import annotations

from typing import Any

from linewright.stations.scenario import FaultDraw

FAULTS = (
    FaultDraw(kind="soft_short", least=1.0, most=10.0),
    FaultDraw(kind="contact_resistance", least=1.0, most=5.0),
    FaultDraw(kind="poor_wetting", least=7.0, most=9.0),
)
"""ohm, mohm, % of resistance."""

RACK: dict[str, Any] = {"formation": {"on": True}}
"""What switches the twin's rack on."""
