"""A real ledger with scripted rows: a station puts them there in a short simulated run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from linewright.line import load, run_inline

STATION = """
from linewright.graph import Station

class Scripted(Station):
    name = "scripted"

    def build(self, g):
        with g.loop("alive", rate_hz=10.0) as loop:
            loop.tap("speed", loop.input("coater.web_speed", "m/s"))

    def on_step(self, tick):
        while ROWS and tick / self.api.base_hz >= ROWS[0][0]:
            _, kind, body = ROWS.pop(0)
            self.api.record(kind, body)
"""
LINE = """\
schema = 1
[line]
name = "scripted"
[time]
mode = "simulated"
duration_s = {duration_s}
lockstep_s = 1.0
[io]
driver = "twin"
[stations.scripted]
plugin = "{module}:Scripted"
"""


def write_ledger(folder: Path, rows: list[tuple[float, str, dict[str, Any]]]) -> Path:
    """A ledger in `folder` with each row told at its line time, s."""
    module = f"scripted_{abs(hash(str(folder)))}"
    (folder / f"{module}.py").write_text(
        f"import json\nROWS = json.loads({json.dumps(json.dumps(rows))})\n{STATION}"
    )
    duration_s = max((at_s for at_s, _, _ in rows), default=0.0) + 3.0
    (folder / "line.toml").write_text(LINE.format(module=module, duration_s=duration_s))
    run_inline(load(folder / "line.toml"), folder)
    sys.modules.pop(module, None)
    return folder / "ledger.sqlite"
