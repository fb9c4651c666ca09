"""What can go wrong with the slurry, and how the station's detectors show it."""

from __future__ import annotations

from linewright.cause import Cause, Sign

CAUSES = (
    Cause(
        name="slurry_batch",
        says="the batch on the line differs from the recipe",
        action="nothing to do: the flow follows; the recipe is corrected when it is used up",
        per_shift=3.0,
        signs=(
            Sign("slurry.solids_drift", 0.9, lag_s=(-5.0, 1800.0)),
            Sign("slurry.thickness_drift", 0.5, lag_s=(-5.0, 1800.0)),
        ),
    ),
    Cause(
        name="viscosity_drift",
        says="the slurry thickens or thins at the same solids",
        action="check binder and carbon lot; expect the profile across the web to bow",
        per_shift=0.5,
        signs=(Sign("slurry.thickness_drift", 0.9, lag_s=(0.0, 1800.0)),),
    ),
    Cause(
        name="slurry_heat",
        says="the slurry is far from the recipe's temperature",
        action="check the jacket of the day tank",
        per_shift=0.2,
        signs=(Sign("slurry.temperature_drift", 0.95, lag_s=(0.0, 2400.0)),),
    ),
)
