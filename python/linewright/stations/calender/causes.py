"""What can go wrong at the calender, and how its detectors show it."""

from __future__ import annotations

from linewright.cause import Cause, Sign

THICKNESS = "calender.thickness_shift"

CAUSES = (
    Cause(
        name="roll_heat",
        says="the calender rolls are warmer or colder than wanted",
        action="nothing to do: line load follows the temperature; check the roll heating",
        per_shift=0.5,
        signs=(
            Sign("calender.roll_heat", 0.95, lag_s=(0.0, 3600.0)),
            Sign(THICKNESS, 0.2, lag_s=(0.0, 3600.0)),
        ),
    ),
    Cause(
        name="compaction_step",
        says="the coating resists compaction otherwise than before",
        action="check coating lot and binder; the feedback has taken it up",
        per_shift=0.3,
        signs=(Sign(THICKNESS, 0.9, lag_s=(0.0, 20.0)),),
    ),
    Cause(
        name="load_cell_drift",
        says="the load cells read wrong",
        action="check the load cells against the hydraulic pressure",
        per_shift=0.1,
        signs=(Sign(THICKNESS, 0.9, lag_s=(0.0, 120.0)),),
    ),
    Cause(
        name="roll_bearing",
        says="a calender roll runs out of round, or its bearing is worn",
        action="check runout and bearings",
        per_shift=0.02,
        signs=(Sign("calender.roll_wave", 0.95, lag_s=(0.0, 900.0)),),
    ),
    Cause(
        name="map_offset",
        says="the weight map lies elsewhere than the web: roll turned, or marks misread",
        action="check roll direction and marks; feed-forward does harm until then",
        per_shift=0.05,
        signs=(
            Sign("calender.map_misplaced", 0.9, lag_s=(0.0, 1800.0)),
            Sign(THICKNESS, 0.95, lag_s=(0.0, 600.0)),
        ),
    ),
    Cause(
        name="lost_marks",
        says="the place of the web at the nip is lost",
        action="check the mark reader; feed-forward is off until the next mark",
        per_shift=0.2,
        signs=(Sign("calender.registration_lost", 0.97, lag_s=(0.0, 120.0)),),
    ),
)
