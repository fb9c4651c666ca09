"""How each fault of the packaged lines shows first, and in what noise: the basis of its bound.

Figures follow from the twin's defaults (cathode, 1 m/s) and the recipe's sensitivities; each line
carries its arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping

from linewright.value.detection import Background, Signature

# Coriolis density: 37.2 kg/m3 per pp of solids; 0.3 kg/m3 a reading at 10 Hz.
_DENSITY = Background(white_sd=0.3)
_DENSITY_PER_PP = 37.2
# Day tank of 500 L drawn by both sides at 5.583 L/min: 500/11.17 min.
_TANK_S = 2687.0
# The end of a batch shows in the mixed tank until five of its time constants later.
_TANK_EMPTIES_S = 5.0 * _TANK_S
# Mass flow 0.1 %, pump speed 0.02 %, density 0.013 % a reading: 0.103 %.
_SLIP = Background(white_sd=0.00103)
# Mean over a traverse of 66 boxes of 0.30 %: 0.037 %; wet gauge over the same 2.2 s: 0.011 %.
_TRAVERSE_S = 2.2
_GAUGES = Background(white_sd=0.0385)
_GAUGE_DRIFT_S = 600.0
_SPEED = Background(white_sd=0.0002)
_DRIVE = Background(white_sd=0.02)
# Roll temperature: 0.05 K a reading at 1 Hz, wander of 0.2 K in 600 s.
_ROLL = Background(white_sd=0.05, ar1_sd=0.2, ar1_tau_s=600.0)
# Thickness: 0.5 um at 100 Hz is 0.27 um a tick at 30 Hz. Compaction resistance walks by
# 0.08 %/sqrt(s) and 1 % of it is 0.16 um of sheet.
_THICKNESS = Background(white_sd=0.274, walk_sd_per_sqrt_s=0.0128)
# A wave of one turn is quicker than the walk.
_THICKNESS_FAST = Background(white_sd=0.274)
_UM_PER_SHARE = 16.05
# (rho_max - rho)/gamma/rho = 1.36e-4 per N/mm of 131.4 um.
_UM_PER_N_PER_MM = 0.0179
_NIP_TO_GAUGE_S = 2.0

# Solvent over the inlet's in a zone's exhaust, 6.4 g/m3 in the zones before the front; 0.05 g/m3 a
# reading at 1 Hz; fan and sensor lag 5 s each.
_EXHAUST = Background(white_sd=0.05)
_EXHAUST_G_PER_M3 = 6.4
_FAN_S = 10.0
# Supply air wanders by 0.2 g/m3 in an hour.
_INLET = Background(white_sd=0.05, ar1_sd=0.2, ar1_tau_s=3600.0)
_ZONE_AIR = Background(white_sd=0.1)

# Power of a wave in white noise is that of half its square.
_OF_A_WAVE = 0.707
# Wet gauge: 0.011 % over 66 ticks of a traverse.
_WET_TICK = Background(white_sd=0.09)
# Dry gauge: 0.30 % a box; a streak of 4 mm is 0.4 of a box of 10 mm; the edges are two boxes; a
# tilt over 66 boxes is known to 0.30*sqrt(12/66) a traverse.
_BOX = Background(white_sd=0.30)
_EDGES = Background(white_sd=0.21)
_TILT = Background(white_sd=0.128)
_DRY_S = 80.0
# A variance test: the size in metres says nothing of how fast it shows.
_MISPLACED = Background(white_sd=1.0)

_DIE = frozenset({"coater.cross_jump"})

# Excess of the plasma of one weld, in its own sigmas (0.0395); a fixture is back every 4 welds of
# 3.33 s. A fifth of the force lost makes gaps of 15 um sd twice as wide, the heat they keep 0.152
# for 0.050 (mean of g^2/(g^2 + 60^2)), the plasma 2.7 % brighter beyond the thermal level: 0.68.
_WELD_S = 60.0 / 18.0
_EXCESS = Background(white_sd=1.0)
_EXCESS_PER_SHARE = 3.4
# Thermal level, 2.2 % from weld to weld; glass takes its share on the way in and out.
_LIGHT = Background(white_sd=0.022)
# The glass soils over 10,000 welds, and is mended as slowly.
_SOILING_S = 33_333.0
# Blow-outs, one in 500 when nothing is wrong: sd of a coin of 0.002.
_BLOW_OUTS = Background(white_sd=0.0447)

# Voltage of a cell against its tray, 0.3 mV a reading at 1 Hz; ways in which sound cells differ are
# known to the watch.
_CELL_MV = Background(white_sd=0.3)
# A contact shows with the first current of 7.75 A: 7.75 mV per mohm, 10 s behind the plug-in.
_FIRST_A = 7.75
_FIRST_CURRENT_S = 10.0
# The next tray is due within 77 s at 46.9 an hour.
_NEXT_TRAY_S = 77.0

# The fleet reports every 5 s what is a count: exact, half of that old on average, read at 1 Hz.
_REPORT_S = 2.5
_COUNT = Background(white_sd=0.01)
_STARVE = frozenset({"agv.starve"})

_WEIGHT = frozenset({"coater.weight_shift"})
_SOLIDS = frozenset({"coater.solids_shift", "coater.solids_step", "slurry.solids_drift"})
# The slurry station reads flow from the speed of the pump and viscosity from the die pressure.
_THICK = frozenset({"slurry.thickness_drift"})
_WEAR = frozenset({"coater.pump_wear"})
# Compensated die pressure: 0.26 % a reading at 10 Hz.
_VISCOSITY = Background(white_sd=0.26)
_WARMTH = Background(white_sd=0.05)
_GAUGE = frozenset({"coater.gauge_disagreement"})
_PRESS = frozenset({"calender.thickness_shift"})
_FRONT = frozenset({"coater.drying_front"})
_DRY = _FRONT | {"coater.residual_high"}

SIGNATURES: Mapping[str, Signature] = {
    "solids_switch": Signature(
        witnesses=_SOLIDS,
        consequences=_WEIGHT | _THICK | _PRESS,
        background=_DENSITY,
        signal_per_size=_DENSITY_PER_PP,
        linger_s=3600.0,
    ),
    "solids_batch": Signature(
        witnesses=_SOLIDS,
        consequences=_THICK | _WEIGHT,
        background=_DENSITY,
        signal_per_size=_DENSITY_PER_PP,
        growth="exponential",
        growth_s=_TANK_S,
        linger_s=_TANK_EMPTIES_S,
    ),
    "pump_slip": Signature(
        witnesses=frozenset({"coater.pump_slip"}),
        consequences=_WEIGHT | _THICK | _WEAR,
        background=_SLIP,
    ),
    "viscosity_drift": Signature(
        witnesses=_THICK,
        background=_VISCOSITY,
        growth="ramp",
        growth_s=1800.0,
        linger_s=3600.0,
    ),
    "slurry_heat": Signature(
        witnesses=frozenset({"slurry.temperature_drift"}),
        consequences=_THICK,
        background=_WARMTH,
        growth="ramp",
        growth_s=1800.0,
        sampling_s=1.0,
        linger_s=3600.0,
    ),
    "stator_wear": Signature(
        witnesses=_WEAR,
        background=_SLIP,
        signal_per_size=0.01,
        growth="ramp",
        growth_s=86_400.0,
    ),
    "gauge_bias": Signature(
        witnesses=_GAUGE,
        background=_GAUGES,
        growth="ramp",
        growth_s=_GAUGE_DRIFT_S,
        sampling_s=_TRAVERSE_S,
        linger_s=1800.0,
    ),
    "wet_gauge_bias": Signature(
        witnesses=_GAUGE,
        consequences=_WEIGHT,
        background=_GAUGES,
        growth="ramp",
        growth_s=_GAUGE_DRIFT_S,
        sampling_s=_TRAVERSE_S,
        transport_s=77.0,
        linger_s=1800.0,
    ),
    "air_burst": Signature(
        witnesses=frozenset({"coater.air_burst"}),
        consequences=_WEIGHT | _SOLIDS | _THICK,
        background=_DRIVE,
    ),
    "pulsation": Signature(
        witnesses=frozenset({"coater.pulsation"}),
        consequences=_WEIGHT,
        background=_WET_TICK,
        signal_per_size=_OF_A_WAVE,
        growth="ramp",
        growth_s=3600.0,
        sampling_s=1.0 / 30.0,
        transport_s=3.0,
        linger_s=1800.0,
    ),
    "streak": Signature(
        witnesses=frozenset({"coater.streak"}),
        consequences=_DIE | _GAUGE,
        background=_BOX,
        signal_per_size=0.4,
        sampling_s=_TRAVERSE_S,
        transport_s=_DRY_S,
        linger_s=1800.0,
    ),
    "edge_bead": Signature(
        witnesses=frozenset({"coater.edge_bead_left", "coater.edge_bead_right"}),
        consequences=_DIE | _GAUGE,
        background=_EDGES,
        growth="ramp",
        growth_s=3600.0,
        sampling_s=_TRAVERSE_S,
        transport_s=_DRY_S,
        linger_s=3600.0,
    ),
    "cross_tilt": Signature(
        witnesses=_DIE,
        consequences=_GAUGE | {"coater.bolt_stuck", "coater.streak"},
        background=_TILT,
        sampling_s=_TRAVERSE_S,
        transport_s=_DRY_S,
        linger_s=1800.0,
    ),
    "speed_upset": Signature(
        witnesses=frozenset({"coater.speed_upset"}),
        consequences=_WEIGHT | _DRY | _THICK,
        background=_SPEED,
        growth="ramp",
        growth_s=10.0,
    ),
    **{
        f"fan_trip_{zone}": Signature(
            witnesses=frozenset({f"coater.fan_trip_{zone}"}),
            # The dry gauge weighs the solvent that is left as well.
            consequences=_DRY | _GAUGE,
            background=_EXHAUST,
            signal_per_size=_EXHAUST_G_PER_M3,
            growth="exponential",
            growth_s=_FAN_S,
            sampling_s=1.0,
            linger_s=1800.0,
        )
        for zone in range(1, 6)
    },
    "inlet_solvent": Signature(
        witnesses=frozenset({"coater.inlet_solvent"}),
        consequences=_DRY | _GAUGE | {"coater.explosion_share"},
        background=_INLET,
        growth="ramp",
        growth_s=600.0,
        sampling_s=1.0,
        linger_s=1800.0,
    ),
    "zone_overheat": Signature(
        witnesses=frozenset({"coater.over_drying"}),
        consequences=_DRY | _GAUGE | {"coater.explosion_share"},
        background=_ZONE_AIR,
        growth="exponential",
        growth_s=120.0,
        sampling_s=1.0,
        linger_s=1800.0,
    ),
    "roll_heat": Signature(
        witnesses=frozenset({"calender.roll_heat"}),
        consequences=_PRESS,
        background=_ROLL,
        growth="exponential",
        growth_s=2400.0,
        sampling_s=1.0,
    ),
    "roll_bearing": Signature(
        witnesses=frozenset({"calender.roll_wave"}),
        consequences=_PRESS,
        background=_THICKNESS_FAST,
        signal_per_size=_OF_A_WAVE,
        growth="ramp",
        growth_s=600.0,
        sampling_s=1.0 / 30.0,
        transport_s=_NIP_TO_GAUGE_S,
    ),
    "map_offset": Signature(
        witnesses=frozenset({"calender.map_misplaced"}),
        consequences=_PRESS | {"calender.registration_lost"},
        background=_MISPLACED,
        signal_per_size=0.0,
        transport_s=_NIP_TO_GAUGE_S,
        linger_s=1800.0,
    ),
    "compaction_step": Signature(
        witnesses=_PRESS,
        background=_THICKNESS,
        signal_per_size=_UM_PER_SHARE,
        sampling_s=1.0 / 30.0,
        transport_s=_NIP_TO_GAUGE_S,
    ),
    "load_cell_drift": Signature(
        witnesses=_PRESS,
        background=_THICKNESS,
        signal_per_size=_UM_PER_N_PER_MM,
        growth="ramp",
        growth_s=30.0,
        sampling_s=1.0 / 30.0,
        transport_s=_NIP_TO_GAUGE_S,
    ),
    "clamp_wear": Signature(
        witnesses=frozenset({"welder.gap_0", "welder.sunk_0", "welder.held_0"}),
        background=_EXCESS,
        signal_per_size=_EXCESS_PER_SHARE,
        sampling_s=4.0 * _WELD_S,
        linger_s=3600.0,
    ),
    "lens_soiling": Signature(
        witnesses=frozenset({"welder.light_lost"}),
        consequences=frozenset({f"welder.focus_{fixture}" for fixture in range(4)}),
        background=_LIGHT,
        signal_per_size=2.0,
        growth="ramp",
        growth_s=_SOILING_S,
        sampling_s=_WELD_S,
        linger_s=_SOILING_S,
    ),
    "blow_out": Signature(
        witnesses=frozenset({"welder.blow_outs"}),
        background=_BLOW_OUTS,
        sampling_s=_WELD_S,
        linger_s=1800.0,
    ),
    "contact_resistance": Signature(
        witnesses=frozenset({"formation.contact"}),
        background=_CELL_MV,
        signal_per_size=_FIRST_A,
        sampling_s=1.0,
        transport_s=_FIRST_CURRENT_S + _NEXT_TRAY_S,
    ),
    # Resistance of a tray at low charge: 1.261 mohm, 0.0081 mohm from tray to tray; the lot begins
    # within 300 cells, its first tray is through 28,700 s later.
    "poor_wetting": Signature(
        witnesses=frozenset({"formation.poor_wetting"}),
        background=Background(white_sd=0.0081),
        signal_per_size=0.01261,
        sampling_s=_NEXT_TRAY_S,
        transport_s=28_700.0,
        linger_s=43_200.0,
    ),
    # A short shows with the inverse of its size: no bound here; docs/formation.md has its times.
    "soft_short": Signature(
        witnesses=frozenset({"formation.short", "formation.hard_short"}),
        background=_CELL_MV,
        signal_per_size=0.0,
        linger_s=7200.0,
    ),
    "slot_outage": Signature(
        witnesses=frozenset({"agv.slots_lost"}),
        consequences=_STARVE,
        background=_COUNT,
        sampling_s=1.0,
        transport_s=_REPORT_S,
        linger_s=14_400.0,
    ),
    "vehicle_loss": Signature(
        witnesses=frozenset({"agv.vehicles_lost"}),
        consequences=_STARVE,
        background=_COUNT,
        sampling_s=1.0,
        transport_s=_REPORT_S,
        linger_s=7200.0,
    ),
    "arrival_bunching": Signature(
        witnesses=frozenset({"agv.arrivals_bunched"}),
        background=_COUNT,
        sampling_s=1.0,
        transport_s=_REPORT_S,
    ),
}
"""By the twin's kind of fault; a kind that is not here is not scored."""
