"""What can go wrong at the coater, and how its detectors show it.

Chances and lags follow from the detectors of `wiring` and `gauges` and from where things stand: a
web that runs 3 m to the wet gauge and 80 m to the dry one at 1 m/s.
"""

from __future__ import annotations

from linewright.cause import Cause, Sign

WEIGHT = "coater.weight_shift"
FRONT = "coater.drying_front"
WET = "coater.residual_high"
EXPLOSIVE = "coater.explosion_share"

CAUSES = (
    Cause(
        name="solids_switch",
        says="another slurry batch came by hard switch",
        action="nothing to do: the flow follows the solids; check the batch's certificate",
        per_shift=0.05,
        signs=(
            Sign("coater.solids_step", 0.95, lag_s=(-1.0, 5.0)),
            Sign("coater.solids_shift", 0.9, lag_s=(-2.0, 5.0)),
            Sign(WEIGHT, 0.3, lag_s=(0.0, 20.0)),
        ),
    ),
    Cause(
        name="solids_batch",
        says="another slurry batch mixes into the day tank",
        action="nothing to do: the flow follows the solids; correct the next batch",
        per_shift=4.0,
        signs=(
            Sign("coater.solids_shift", 0.95, lag_s=(-5.0, 1200.0)),
            Sign("coater.solids_step", 0.02, lag_s=(-1.0, 5.0)),
        ),
    ),
    Cause(
        name="pump_slip",
        says="the pump loses volume",
        action="nothing to do now: the set-point is divided by the slip; plan a new stator",
        per_shift=0.2,
        signs=(
            Sign("coater.pump_slip", 0.97, lag_s=(-2.0, 20.0)),
            Sign(WEIGHT, 0.4, lag_s=(0.0, 25.0)),
        ),
    ),
    Cause(
        name="pump_wear",
        says="the stator of the pump wears",
        action="order a stator and plan its change; the flow is corrected meanwhile",
        per_shift=0.05,
        signs=(Sign("coater.pump_wear", 0.95, lag_s=(0.0, 86_400.0)),),
    ),
    Cause(
        name="bolt_stuck",
        says="a bolt of the die does not follow",
        action="free the drive of the bolt named; no bolt moves until then",
        per_shift=0.02,
        signs=(Sign("coater.bolt_stuck", 0.9, lag_s=(0.0, 1800.0)),),
    ),
    Cause(
        name="cross_tilt",
        says="the die tilted, or something in it shifted",
        action="look at the die: loose bolt, lip, shim; the bolts flatten what they can",
        per_shift=0.1,
        signs=(Sign("coater.cross_jump", 0.95, lag_s=(80.0, 400.0)),),
    ),
    Cause(
        name="gauge_bias",
        says="a weight gauge drifts: the two disagree",
        action="standardise the dry gauge, then the wet one; the laboratory decides which",
        per_shift=0.2,
        signs=(Sign("coater.gauge_disagreement", 0.95, lag_s=(-10.0, 1200.0)),),
    ),
    Cause(
        name="air_burst",
        says="air in the slurry",
        action="check the suction side and the degassing; solids are held meanwhile",
        per_shift=0.7,
        signs=(
            Sign("coater.air_burst", 0.97, lag_s=(-1.0, 3.0)),
            Sign(WEIGHT, 0.7, lag_s=(0.0, 30.0)),
        ),
    ),
    Cause(
        name="speed_upset",
        says="the web did not keep its speed",
        action="nothing to do: the flow follows the speed; check drive or splice",
        per_shift=2.0,
        signs=(
            Sign("coater.speed_upset", 0.97, lag_s=(-1.0, 10.0)),
            Sign(WEIGHT, 0.7, lag_s=(0.0, 40.0)),
            Sign(FRONT, 0.5, lag_s=(10.0, 120.0)),
        ),
    ),
    Cause(
        name="weight_wander",
        says="the coat weight moved and nothing upstream shows why",
        action="look at die and backing roll",
        per_shift=0.5,
        signs=(Sign(WEIGHT, 0.95, lag_s=(0.0, 10.0)),),
    ),
    Cause(
        name="weight_beyond_trim",
        says="the coat weight has wandered further than the trim may follow",
        action="find what drifts (pump, meter, die gap) or widen trim_base_limit; scrap by weight",
        per_shift=0.001,
        signs=(Sign("coater.trim_exhausted", 0.97, lag_s=(0.0, 28800.0)),),
    ),
    Cause(
        name="weight_walk",
        says="the coat weight has walked far off; the base of the trim carries it",
        action="find what drifts (pump, meter, die gap) at the next stop; the weight is held",
        per_shift=0.03,
        signs=(Sign("coater.trim_carried", 0.97, lag_s=(0.0, 28800.0)),),
    ),
    Cause(
        name="streak",
        says="a particle sits between the lips of the die",
        action="mark the lane; clear the lip at the box named",
        per_shift=0.3,
        signs=(
            Sign("coater.streak", 0.95, lag_s=(75.0, 180.0)),
            Sign("coater.cross_jump", 0.5, lag_s=(80.0, 400.0)),
        ),
    ),
    Cause(
        name="edge_bead",
        says="the edge beads of the coating grow",
        action="trim wider; check the edge guides of the die",
        per_shift=0.3,
        signs=(
            Sign("coater.edge_bead_left", 0.9, lag_s=(80.0, 1800.0)),
            Sign("coater.edge_bead_right", 0.9, lag_s=(80.0, 1800.0)),
        ),
    ),
    Cause(
        name="pulsation",
        says="the pump pulsates more than it used to",
        action="check valve, stator and damper of the pump at the next stop",
        per_shift=0.1,
        signs=(Sign("coater.pulsation", 0.95, lag_s=(0.0, 28800.0)),),
    ),
    *(
        Cause(
            name=f"fan_trip_{zone}",
            says=f"the nozzle fan of dryer zone {zone} gives less",
            action=f"check fan, belt and filter of zone {zone}; hold the web that left too wet",
            per_shift=0.01,
            signs=(
                Sign(f"coater.fan_trip_{zone}", 0.97, lag_s=(0.0, 30.0)),
                Sign(FRONT, 0.5, lag_s=(0.0, 90.0)),
                Sign(WET, 0.7, lag_s=(10.0, 120.0)),
                Sign("coater.gauge_disagreement", 0.3, lag_s=(20.0, 300.0)),
            ),
        )
        for zone in range(1, 6)
    ),
    Cause(
        name="inlet_solvent",
        says="the dryer's supply air brings more or less solvent, or humidity",
        action="check condenser or air handling; front and exhaust air follow meanwhile",
        per_shift=0.5,
        signs=(
            Sign("coater.inlet_solvent", 0.97, lag_s=(0.0, 1200.0)),
            Sign(EXPLOSIVE, 0.2, lag_s=(0.0, 1200.0)),
        ),
    ),
    Cause(
        name="zone_overheat",
        says="the middle zones of the dryer run hotter than told: the binder goes up",
        action="check recipe and heaters of the middle zones; test adhesion of the marked web",
        per_shift=0.02,
        signs=(
            Sign("coater.over_drying", 0.95, lag_s=(0.0, 300.0)),
            Sign(FRONT, 0.4, lag_s=(0.0, 600.0)),
            Sign(EXPLOSIVE, 0.2, lag_s=(0.0, 600.0)),
        ),
    ),
    Cause(
        name="front_thermometer",
        says="the web thermometer behind the drying front lies",
        action="check web thermometer, emissivity and window; the zones keep the recipe's air",
        per_shift=0.005,
        signs=(
            Sign("coater.front_doubted", 0.7, lag_s=(0.0, 3600.0)),
            Sign("coater.front_away", 0.5, lag_s=(0.0, 7200.0)),
            Sign(FRONT, 0.5, lag_s=(0.0, 600.0)),
            Sign(WET, 0.5, lag_s=(0.0, 1800.0)),
        ),
    ),
    Cause(
        name="dryer_wander",
        says="the drying front moved and nothing upstream shows why",
        action="look at the nozzles and at the web's run in the oven",
        per_shift=0.1,
        signs=(
            Sign(FRONT, 0.9, lag_s=(0.0, 10.0)),
            Sign(WET, 0.4, lag_s=(0.0, 120.0)),
        ),
    ),
)
