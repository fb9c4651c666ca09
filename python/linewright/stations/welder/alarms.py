"""What the welder asks an operator for."""

from __future__ import annotations

from linewright.alarms import Definition
from linewright.stations.welder.causes import FIXTURES

NEEDS = ("welder",)

ALARMS = (
    *(
        Definition(
            name=f"welder.held_{f}",
            says=f"weld fixture {f} is held",
            cause=f"clamps of fixture {f} have lost force, or it lies out of focus",
            consequence="one fixture less: the welder makes fewer cells",
            action=f"service fixture {f}, then give it back",
            respond_within_s=3600.0,
            priority="low",
            returns_after_s=None,
            latched=True,
        )
        for f in range(FIXTURES)
    ),
    Definition(
        name="welder.light_lost",
        says="welds of all fixtures give less light",
        cause="the protective glass is soiled",
        consequence="welds become shallow and hold less current",
        action="clean or change the protective glass at the next break",
        respond_within_s=3600.0,
        priority="low",
        returns_after_s=28_800.0,
        needs_running=NEEDS,
    ),
    Definition(
        name="welder.light_gained",
        says="welds of all fixtures give more light",
        cause="the laser gives more power, or the foil's surface changed",
        consequence="welds go too deep and cut foil",
        action="check the laser's power and the foil's surface",
        respond_within_s=1800.0,
        priority="low",
        returns_after_s=14_400.0,
        needs_running=NEEDS,
    ),
    Definition(
        name="welder.blow_outs",
        says="melt is blown out of too many welds",
        cause="dirt or moisture on foil or tab",
        consequence="rejected cells; spatter in the ones that are not",
        action="stop for dirt and moisture on foil and tab; change the roll of foil",
        respond_within_s=900.0,
        priority="low",
        returns_after_s=7200.0,
        needs_running=NEEDS,
    ),
    Definition(
        name="welder.camera_lost",
        says="camera above the welder gives no picture",
        cause="camera, light, or the program that writes its pictures",
        consequence="seams are not looked at: welds are set aside for inspection by hand",
        action="check camera and light; set the welds aside",
        respond_within_s=600.0,
        priority="low",
        needs_running=NEEDS,
    ),
)
