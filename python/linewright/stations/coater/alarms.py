"""What the coater asks an operator for; what its loops mend by themselves is no alarm."""

from __future__ import annotations

from linewright.alarms import Definition

NEEDS = ("coater",)
ZONES = 5

ALARMS = (
    Definition(
        name="coater.explosion_share",
        says="solvent in the exhaust air near its limit",
        cause="more solvent evaporates than the exhaust air dilutes: heat, supply air, exhaust fan",
        consequence="the gas warning stops the dryer; web and binder are lost",
        action="raise the exhaust air; slow the web; see what the dryer's zones do",
        respond_within_s=120.0,
        priority="high",
        returns_after_s=900.0,
    ),
    Definition(
        name="coater.residual_high",
        says="web leaves the dryer too wet",
        cause="the drying front moved to the end: less heat, more load, or a faster web",
        consequence="wet electrode is wound, sticks in the calender and is scrapped",
        action="slow the web or raise the last zones; mark and hold the wet metres",
        respond_within_s=300.0,
        priority="medium",
        needs_running=NEEDS,
    ),
    Definition(
        name="coater.over_drying",
        says="middle of the dryer hotter than the binder bears",
        cause="recipe or heater of the middle zones too hot",
        consequence="binder goes to the surface, the coating peels off at slitting",
        action="check recipe and heaters of the middle zones; mark the web for an adhesion test",
        respond_within_s=900.0,
        priority="low",
        returns_after_s=3600.0,
        needs_running=NEEDS,
    ),
    *(
        Definition(
            name=f"coater.fan_trip_{zone}",
            says=f"dryer zone {zone} blows less",
            cause=f"fan, belt or filter of zone {zone}",
            consequence="web leaves too wet, or the other zones run at their limits",
            action=f"check fan, belt and filter of zone {zone}; hold the web that left too wet",
            respond_within_s=600.0,
            priority="low",
            returns_after_s=None,
            latched=True,
            needs_running=NEEDS,
        )
        for zone in range(1, ZONES + 1)
    ),
    Definition(
        name="coater.streak",
        cause="a particle sits between the lips of the die",
        consequence="a lane of thin coating on every metre; its cells plate lithium",
        action="mark the lane from the metre named; clear the lip at the box named",
        respond_within_s=600.0,
        priority="low",
        latched=True,
        needs_running=NEEDS,
    ),
    Definition(
        name="coater.bolt_stuck",
        says="a bolt of the die does not follow",
        cause="the drive of the bolt is stuck",
        consequence="the profile across the web is no longer corrected: no bolt moves",
        action="free the drive of the bolt named",
        respond_within_s=1800.0,
        priority="low",
        returns_after_s=None,
        latched=True,
    ),
    Definition(
        name="coater.trim_exhausted",
        says="coat weight can be held no longer",
        cause="pump, meter or die gap has drifted further than the trim may follow",
        consequence="coating runs out of tolerance and is scrapped",
        action="find what drifts, or widen the trim; watch the scrap by weight",
        respond_within_s=600.0,
        priority="medium",
        returns_after_s=3600.0,
        needs_running=NEEDS,
    ),
    Definition(
        name="coater.gauge_disagreement",
        says="wet and dry gauge disagree",
        cause="one of the weight gauges drifts",
        consequence="the coat weight follows the gauge that lies",
        action="standardise the dry gauge, then the wet one; send a sample to the laboratory",
        respond_within_s=1800.0,
        priority="low",
        returns_after_s=14_400.0,
        needs_running=NEEDS,
    ),
    Definition(
        name="coater.inlet_solvent",
        says="supply air of the dryer brings solvent or humidity",
        cause="condenser or air handling fails",
        consequence="drying slows; the exhaust comes near its limit",
        action="check condenser and air handling",
        respond_within_s=1800.0,
        priority="low",
        returns_after_s=14_400.0,
        needs_running=NEEDS,
    ),
    Definition(
        name="coater.pulsation",
        says="pump pulsates more than it used to",
        cause="valve, stator or damper of the pump wears",
        consequence="waves in the coat weight that no loop can take out",
        action="plan valve, stator and damper for the next stop",
        respond_within_s=14_400.0,
        priority="low",
        returns_after_s=28_800.0,
    ),
    Definition(
        name="coater.pump_wear",
        says="stator of the pump wears",
        cause="the stator is at its end",
        consequence="the pump slips more and more, in days the flow cannot be held",
        action="order a stator and plan its change",
        respond_within_s=28_800.0,
        priority="low",
        returns_after_s=86_400.0,
    ),
    *(
        Definition(
            name=f"coater.edge_bead_{side}",
            says=f"edge bead grows on the {side}",
            cause=f"edge guide of the die, {side}",
            consequence="thick edges wrinkle in the calender; more trim, less width",
            action=f"check the edge guide on the {side}; trim wider until then",
            respond_within_s=3600.0,
            priority="low",
            returns_after_s=28_800.0,
            needs_running=NEEDS,
        )
        for side in ("left", "right")
    ),
)
