"""From the end of a burst to the welder's decision, through the whole core.

`python -m bench.weld_decision [--welds N]`, under `chrt -f 50` for what a loop thread with a
real-time class gets.

One base tick of the packaged welder line under a driver that is set by hand: the burst judged, the
charts of the fixtures stepped, corrections proposed to the gate. The same tick without a burst
stands beside it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
from linewright import _core
from linewright.line import load
from linewright.twin import WeldTwin
from linewright.value.policies import write_line

BLOCKS = ("plasma", "reflection", "thermal")
DISTINCT = 100
"""Bursts that take turns: more than the caches hold."""
OPERATOR_KEY = 1


def manual(folder: Path) -> str:
    """The core's configuration of the welder line, with a driver that is set by hand."""
    line = load(write_line("welder", folder, seed=1, hours=24.0, faults=[]))
    config = line.core_config(folder, {"welder": 2}, OPERATOR_KEY)
    plan = config["plan"] if isinstance(config["plan"], dict) else json.loads(config["plan"])
    channels = {
        (op["channel"], op["unit"])
        for loop in plan["loops"]
        for op in loop["ops"]
        if op["op"] == "input" and not op["channel"].startswith("welder.burst")
    }
    config["driver"] = {
        "kind": "manual",
        "channels": sorted(map(list, channels)),
        "actuators": [[name, told["unit"]] for name, told in config["actuators"].items()],
        "blocks": [[f"welder.{name}", "V", 10_000] for name in BLOCKS],
    }
    return json.dumps({**config, "link": None})


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--welds", type=int, default=5000)
    welds = parser.parse_args().welds
    twin = WeldTwin(seed=1)
    bursts = [[getattr(w, b) for b in BLOCKS] for w in (twin.weld(k) for k in range(DISTINCT))]
    with_burst, without = np.empty(welds), np.empty(welds)
    with (
        tempfile.TemporaryDirectory(prefix="linewright-") as name,
        _core.Core(manual(Path(name))) as core,
    ):
        core.set_input("welder.next_fixture", 0.0)
        for weld in range(welds):
            core.set_input("welder.count", weld + 1.0)
            core.set_input("welder.fixture", float(weld % 4))
            for block, signal in zip(BLOCKS, bursts[weld % DISTINCT], strict=True):
                core.set_block(f"welder.{block}", signal)
            for took in (with_burst, without):
                start = time.perf_counter_ns()
                core.advance(core.tick + 1)
                took[weld] = 1e-3 * (time.perf_counter_ns() - start)
            core.drain()
    for what, took in (("tick with a burst", with_burst), ("tick without", without)):
        p50, p99 = np.quantile(took, (0.5, 0.99))
        print(
            f"{what}: p50 {p50:.0f} us, p99 {p99:.0f} us, max {took.max():.0f} us ({welds} ticks)"
        )


if __name__ == "__main__":
    main()
