"""`docs/wire.md`: its program runs, its tables are those of the code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import plain_wire as plain

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "wire.md").read_text()


def test_the_program_on_the_page_is_a_station(rig, tmp_path: Path) -> None:
    rig = rig(True)
    (program,) = re.findall(r"^```python\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE)
    (tmp_path / "station.py").write_text(program)
    beta = rig.station("beta")
    alpha = subprocess.Popen(
        [sys.executable, str(tmp_path / "station.py"), str(rig.run_dir), "alpha"],
        stdout=subprocess.PIPE,
        text=True,
    )
    sample = {"topic": "alpha.tap", "tick": 0, "value": 1.0, "unit": "um"}
    for tick in range(0, 300, 30):
        rig.core.send(("sample", sample), ("step", {"tick": tick}), tick=tick)
        beta.next("step")
        beta.send(("step_done", {"tick": tick}))
        assert rig.core.next("step_done")[2] == {"tick": tick}
    out, _ = alpha.communicate(timeout=10)
    assert json.loads(out) == {"19": 1, "24": 1, "16": 10, "21": 10}


def test_the_table_of_kinds_is_complete() -> None:
    rows = dict(re.findall(r"^\| (\d+) \| (\w+) \|", DOCUMENT, re.MULTILINE))
    assert {name: int(code) for code, name in rows.items()} == plain.KINDS


def test_every_field_stands_on_the_page() -> None:
    import msgspec
    from linewright import messages as m

    for name, kind in m.KINDS.items():
        (row,) = re.findall(rf"^\| \d+ \| {name} \|.*$", DOCUMENT, re.MULTILINE)
        for field in msgspec.structs.fields(kind):
            assert f"`{field.name}`" in row, f"{name}: {field.name}"
