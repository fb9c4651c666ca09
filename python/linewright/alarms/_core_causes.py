"""What can go wrong with computer, disk and field bus, and how core and gate show it."""

from __future__ import annotations

from linewright.cause import Cause, Sign

CORE_CAUSES = (
    Cause(
        name="computer_busy",
        says="this computer is too slow or too busy for its loops",
        action="end what else runs on this computer; see `linewright doctor`",
        per_shift=0.1,
        signs=(
            Sign("core.budget", 0.5, lag_s=(0.0, 300.0)),
            Sign("core.late", 0.9, lag_s=(0.0, 60.0)),
            Sign("core.loop_held", 0.3, lag_s=(0.0, 120.0)),
            Sign("core.loop_safe", 0.2, lag_s=(0.0, 120.0)),
            Sign("gate.overrun_burst", 0.2, lag_s=(0.0, 120.0)),
        ),
    ),
    Cause(
        name="plant_unreachable",
        says="the plant does not answer: field bus, PLC or driver",
        action="check the field bus, then `linewright reset` and `linewright arm`",
        per_shift=0.05,
        signs=(
            Sign("gate.plant_lost", 0.95, lag_s=(0.0, 30.0)),
            Sign("supervisor.plant_ended", 0.3, lag_s=(0.0, 30.0)),
            Sign("gate.quality_trip", 0.3, lag_s=(0.0, 300.0)),
        ),
    ),
    Cause(
        name="gauge_silent",
        says="gauges of a loop are bad or silent",
        action="check the gauges of the loop and their cables",
        per_shift=0.1,
        signs=(Sign("gate.quality_trip", 0.9, lag_s=(0.0, 300.0)),),
    ),
    Cause(
        name="disk",
        says="the disk is slow, full or failing",
        action="make room on the disk; look at its log",
        per_shift=0.02,
        signs=(
            Sign("core.disk_full", 0.5, lag_s=(0.0, 600.0)),
            Sign("core.record_incomplete", 0.5, lag_s=(0.0, 600.0)),
            Sign("core.ledger_recovered", 0.9, lag_s=(0.0, 3600.0)),
        ),
    ),
)
"""Beside those of the stations, for grouping."""
