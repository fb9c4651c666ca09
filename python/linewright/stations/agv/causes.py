"""What can go wrong in the material flow, and how the station's detectors show it."""

from __future__ import annotations

from linewright.cause import Cause, Sign

STARVE = "agv.starve"

CAUSES = (
    Cause(
        name="slot_outage",
        says="formation slots are out",
        action="get the slots back; trays go to the slots that are free next",
        per_shift=0.3,
        signs=(
            Sign("agv.slots_lost", 0.98, lag_s=(0.0, 120.0)),
            # A rack has a fifth of its slots to spare; a fleet that short starves within the hour.
            Sign(STARVE, 0.03, lag_s=(0.0, 14_400.0)),
        ),
    ),
    Cause(
        name="vehicle_loss",
        says="vehicles are out of reach",
        action="get the vehicles back; their transports are with others, people bring their loads",
        per_shift=0.05,
        signs=(
            Sign("agv.vehicles_lost", 0.98, lag_s=(0.0, 180.0)),
            Sign(STARVE, 0.3, lag_s=(0.0, 7200.0)),
        ),
    ),
    Cause(
        name="arrival_bunching",
        says="trays leave the wetting store in a bunch",
        action="nothing to do: slots are reserved ahead, and empties held back at the cap",
        per_shift=3.0,
        signs=(Sign("agv.arrivals_bunched", 0.95, lag_s=(-300.0, 300.0)),),
    ),
)
