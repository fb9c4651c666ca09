"""Learns what sound trays are like from the twin and writes the station's model.

`python -m linewright.stations.formation.learning` makes `model.json` beside this file anew. On a
plant the same lists come from its own sound trays by `linewright.front_ends.learn_formation`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linewright.front_ends import learn_formation
from linewright.twin import FormationTwin

TRAYS = 150
SEED = 7
MODEL = Path(__file__).with_name("model.json")
ENDS_S: tuple[int, ...] = (
    *range(10, 121, 10),
    *range(150, 1801, 30),
    *range(1860, 7201, 60),
)
"""Windows: narrow while a hard short must be found within minutes, a minute long behind them."""


def windows(rack: FormationTwin, ends_s: tuple[int, ...]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Means of voltage and current of all channels over the windows from now on."""
    volts, amps, before_s = [], [], 0
    for end_s in ends_s:
        volt, amp, _ = rack.run(end_s - before_s)
        volts.append(volt.mean(axis=0))
        amps.append(amp.mean(axis=0))
        before_s = end_s
    return np.array(volts), np.array(amps)


def model(*, trays: int = TRAYS, seed: int = SEED) -> dict[str, Any]:
    """A model learnt from so many sound trays of the twin's default rack."""
    sound = {"slots": trays, "short_ppm": 0.0, "contact_pct": 0.0}
    rack = FormationTwin(sound, seed=seed)
    for slot in range(trays):
        rack.load(slot, slot)
    volts, amps = windows(rack, ENDS_S)
    lists = learn_formation(volts, amps, ends_s=ENDS_S)
    made_of = {"rack": sound, "seed": seed, "by": "linewright.stations.formation.learning"}
    return {"made_of": made_of, "programme_s": rack.programme_s, **lists}


if __name__ == "__main__":
    MODEL.write_text(json.dumps(model(), separators=(",", ":")) + "\n", encoding="utf-8")
