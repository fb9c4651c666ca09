"""What dispatch asks an operator for; a bunch of trays is taken without one."""

from __future__ import annotations

from linewright.alarms import Definition

ALARMS = (
    Definition(
        name="agv.starve",
        says="filling will stand for want of trays",
        cause="vehicles or formation slots are out",
        consequence="filling stands within the warning time",
        action="get vehicles or slots back; move trays by hand meanwhile",
        respond_within_s=900.0,
        priority="medium",
        returns_after_s=3600.0,
    ),
    Definition(
        name="agv.vehicles_lost",
        says="vehicles are out of reach",
        cause="blocked path, empty battery, or no radio",
        consequence="transports take longer; with more out, filling stands",
        action="see to the vehicles; their loads are carried by people",
        respond_within_s=1800.0,
        priority="low",
        returns_after_s=3600.0,
    ),
    Definition(
        name="agv.slots_lost",
        says="formation slots are out",
        cause="racks without power, or slots taken out for service",
        consequence="trays wait; with more out, filling stands",
        action="get the slots back",
        respond_within_s=3600.0,
        priority="low",
        returns_after_s=3600.0,
    ),
)
