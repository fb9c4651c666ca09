"""What can go wrong with the slurry, and how the station's detectors show it."""

from __future__ import annotations

from linewright.cause import Cause, Sign

CAUSES = (
    Cause(
        name="solids_switch",
        says="another slurry batch came by hard switch",
        action="nothing to do: the flow follows the solids; check the batch's certificate",
        per_shift=0.05,
        signs=(Sign("slurry.solids_drift", 0.95, lag_s=(-1.0, 5.0)),),
    ),
    Cause(
        name="solids_batch",
        says="another slurry batch mixes into the day tank",
        action="nothing to do: the flow follows the solids; correct the next batch",
        per_shift=4.0,
        signs=(Sign("slurry.solids_drift", 0.95, lag_s=(-5.0, 1200.0)),),
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
