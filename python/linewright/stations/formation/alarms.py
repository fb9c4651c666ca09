"""What formation asks an operator for; a shorted cell is sorted out without one."""

from __future__ import annotations

from linewright.alarms import Definition

ALARMS = (
    Definition(
        name="formation.off_programme",
        says="trays do not get the current of their programme",
        cause="power stage of a channel, or the wrong recipe in a slot",
        consequence="cells are formed wrongly; shorts in these trays are not seen",
        action="check recipe and power stage of the slots named; hold their trays",
        respond_within_s=900.0,
        priority="medium",
        returns_after_s=7200.0,
    ),
    Definition(
        name="formation.contact",
        says="contact of a formation channel resists",
        cause="the pins of the channel are dirty or worn",
        consequence="sound cells are sorted out, and pins burn",
        action="clean the contacts of the channel; do not sort out the cell",
        respond_within_s=7200.0,
        priority="low",
        returns_after_s=14_400.0,
    ),
    Definition(
        name="formation.poor_wetting",
        says="a lot is poorly wetted",
        cause="too little electrolyte, or too short a rest after filling",
        consequence="cells of the lot lose capacity and plate lithium",
        action="hold the lot; check filling and wetting",
        respond_within_s=3600.0,
        priority="low",
        returns_after_s=28_800.0,
    ),
)
