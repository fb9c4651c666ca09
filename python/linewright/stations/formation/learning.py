"""Learns what trays without shorts are like from the twin and writes the station's model.

`python -m linewright.stations.formation.learning` makes `model.json` beside this file anew. On a
plant the same lists come from its own sound trays by `linewright.front_ends.learn_formation`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linewright.front_ends import FormationWatch, learn_formation
from linewright.stations.formation.model import config_of
from linewright.stations.formation.settings import TRAY
from linewright.twin import FormationTwin

SEED = 7
FACTORS = 26
SOUND, WETTED, MIXED = 140, 100, 60
"""Trays of sound cells, of one poorly wetted lot, and with the border of such a lot in them: a lot
shifts the voltages of a whole tray, and its cells must not be taken for shorted."""
WETTING_PCT = (2.0, 10.0)
TRAYS_DONE = 200
"""Sound trays that finished ones are held against."""
MODEL = Path(__file__).with_name("model.json")
ENDS_S: tuple[int, ...] = (
    *range(10, 131, 10),
    *range(160, 1811, 30),
    *range(1860, 2850, 60),
    *(2890, 2900, 2910, 2920, 2950),
    *range(3010, 4331, 60),
    *(4340, 4350, 4360, 4390),
    *range(4420, 7211, 30),
    *range(7270, 15_421, 60),
    *(15_460, 16_330, 16_340, 16_360, 16_390),
    *range(16_420, 16_931, 30),
    *(16_940, 16_960, 16_990),
    *range(17_050, 26_951, 60),
    27_000,
)
"""Windows: one ends where the current changes (10, 2890, 4330, 16330, 16930 s), narrow behind it
and while a hard short must be found within minutes; 30 s in the further charge, where all that
shows a short of 10 ohm is the step of its own current; a minute where the charge lost shows it."""
PART_FROM_S = (10_750,)
"""In the rest of the charge and the discharge cells differ in other ways."""
HELD_ENDS_S = (16_330,)
"""From 15,460 s on channels reach the highest voltage, one by one. At 27,000 s, before they reach
the lowest, the comparison ends: behind that sound cells are too unlike."""


UNEVEN_ENDS_S = (14_110, 14_170, 14_230, 14_290)
"""Behind the steepest place of the charge, which each cell passes at another time, straight lines
describe cells least. There twice the noise is reckoned with: else most false verdicts of the whole
programme come from these four minutes."""


def windows(rack: FormationTwin, ends_s: tuple[int, ...]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Means of voltage and current of all channels over the windows from now on."""
    volts, amps, before_s = [], [], 0
    for end_s in ends_s:
        volt, amp, _ = rack.run(end_s - before_s)
        volts.append(volt.mean(axis=0))
        amps.append(amp.mean(axis=0))
        before_s = end_s
    return np.array(volts), np.array(amps)


def loaded(trays: int, seed: int, sound: dict[str, float]) -> FormationTwin:
    """A rack with so many sound trays, all at their start."""
    rack = FormationTwin({"slots": trays, **sound}, seed=seed)
    for slot in range(trays):
        rack.load(slot, slot)
    return rack


def finished(rack: FormationTwin, watch: FormationWatch, trays: int) -> list[dict[str, float]]:
    """What the watch says of each tray when its programme is over."""
    names = [name for name, _ in FormationWatch.OUTPUTS]
    done: list[dict[str, float]] = []
    second = 0
    while len(done) < trays:
        if second < rack.programme_s:
            volt, amp, degc = rack.run(1)
        # Behind the programme the rack stands still: trays wait to be told, one a second.
        said = dict(zip(names, watch.update(volt[0], amp[0], degc[0], rack.trays), strict=True))
        if said["trays_done"] > len(done):
            done.append(said)
        second += 1
    return done


def reference(done: list[dict[str, float]]) -> dict[str, float]:
    """What sound trays are like at their end; resistance by a line over the temperature."""
    degc = np.array([tray["pulse_temperature"] for tray in done])
    resistance = np.array([tray["resistance_mohm"] for tray in done])
    efficiency = np.array([tray["efficiency"] for tray in done])
    per_k, at_25 = np.polyfit(degc - 25.0, resistance, 1)
    left = resistance - at_25 - per_k * (degc - 25.0)
    return {
        "resistance_mohm": round(float(at_25), 5),
        "resistance_mohm_per_k": round(float(per_k), 5),
        "resistance_sd_mohm": round(float(left.std(ddof=2)), 5),
        "efficiency": round(float(efficiency.mean()), 5),
        "efficiency_sd": round(float(efficiency.std(ddof=1)), 5),
    }


def model(*, seed: int = SEED) -> dict[str, Any]:
    """A model learnt from trays without shorts of the twin's default rack."""
    clean = {"short_ppm": 0.0, "contact_pct": 0.0}
    trays = SOUND + WETTED + MIXED
    rack = loaded(trays, seed, clean)
    rng = np.random.default_rng(seed)
    for slot in range(SOUND, trays):
        pct = float(rng.uniform(*WETTING_PCT))
        poor = TRAY if slot < SOUND + WETTED else int(rng.integers(4, 28))
        for channel in range(slot * TRAY, slot * TRAY + poor):
            rack.put_defect(channel, wetting_pct=pct)
    lists = learn_formation(
        *windows(rack, ENDS_S),
        ends_s=ENDS_S,
        factors=FACTORS,
        part_from_s=PART_FROM_S,
        held_ends_s=HELD_ENDS_S,
    )
    for at in np.flatnonzero(np.isin(ENDS_S, UNEVEN_ENDS_S)):
        lists["noise_mv"][at] = round(2.0 * lists["noise_mv"][at], 5)
    made_of = {
        "rack": clean,
        "trays": {"sound": SOUND, "wetted": WETTED, "mixed": MIXED},
        "wetting_pct": list(WETTING_PCT),
        "seed": seed,
        "by": "linewright.stations.formation.learning",
    }
    return {"made_of": made_of, "programme_s": rack.programme_s, **lists}


def tray_reference(compared: dict[str, Any], *, seed: int = SEED) -> dict[str, float]:
    """What sound trays are like at their end, by a watch made of the model `compared`."""
    watch = FormationWatch(**config_of(compared, TRAYS_DONE))
    rack = loaded(TRAYS_DONE, seed, compared["made_of"]["rack"])
    return reference(finished(rack, watch, TRAYS_DONE))


def write() -> None:
    """Writes the model."""
    made = model()
    made["tray"] = tray_reference(made)
    MODEL.write_text(json.dumps(made, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
