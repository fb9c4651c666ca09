"""Stations that take all they can get of the machine: the loop goes on counting. How well it keeps
its time meanwhile is measured by `python -m bench.hogs`; no time is judged here."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from bench import hogs
from bench._line import folder

TAKES_NS = 1_000_000_000
"""Processor time of a hog; a quiet station takes a hundredth of a processor, less in all the time
that is waited."""


def test_r4_hogs_in_every_station_take_the_processor_and_the_loop_goes_on_counting() -> None:
    kinds = " ".join(hogs.HOGS)
    with folder() as where, hogs.HogLine(where, kinds, stations=len(hogs.HOGS)) as line:
        before = line.core(1)
        line.until(lambda: line.up() == len(hogs.HOGS), "stations")
        began = line.ran_ns()
        line.until(
            lambda: all(now - began[name] > TAKES_NS for name, now in line.ran_ns().items()),
            "hogs that take the processor",
        )
        after = line.core(before["tick"] + 1000)
        loop = next(of for of in after["loops"] if of["name"] == "calender.nip")
        assert abs(loop["cycles"] + loop["missed"] - after["tick"]) <= 2, "made or missed"
        assert loop["cycles"] >= 500, "most of a thousand ticks are made, hogs or not"
        assert after["lost_records"] == 0
        assert [of["restarts"] for of in line.stations().values()] == [0] * len(hogs.HOGS)
        print(f"\n  {kinds}: {loop['missed']} of {after['tick']} ticks missed")
