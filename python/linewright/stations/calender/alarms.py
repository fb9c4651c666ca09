"""What the calender asks an operator for."""

from __future__ import annotations

from linewright.alarms import Definition

NEEDS = ("calender",)

ALARMS = (
    Definition(
        name="calender.roll_wave",
        says="a wave of one turn in the sheet",
        cause="a calender roll runs out of round, or its bearing is worn",
        consequence="porosity goes up and down with each turn; the bearing seizes in the end",
        action="check runout and bearings at the next roll change",
        respond_within_s=3600.0,
        priority="low",
        returns_after_s=28_800.0,
        needs_running=NEEDS,
    ),
    Definition(
        name="calender.map_misplaced",
        says="weight map does not fit the web",
        cause="the roll is turned, or its marks were misread",
        consequence="feed-forward presses in the wrong places and does harm",
        action="check roll direction and marks; mount the right map",
        respond_within_s=900.0,
        priority="low",
        returns_after_s=7200.0,
        needs_running=NEEDS,
    ),
    Definition(
        name="calender.registration_lost",
        says="place of the web at the nip is lost",
        cause="marks are missing or the reader is dirty",
        consequence="the nip presses by thickness alone: more porosity out of tolerance",
        action="clean the mark reader; look at the marks",
        respond_within_s=1800.0,
        priority="low",
        returns_after_s=3600.0,
        needs_running=NEEDS,
    ),
)
