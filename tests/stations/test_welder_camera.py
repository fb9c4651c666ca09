"""The welder with a camera: pictures joined with bursts, a camera that fails, the file of frames.

Short shifts of `lines/welder_camera.toml`; each test names its seed.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from linewright.frames import FrameWriter, read_frame
from linewright.line import load, run_inline
from linewright.stations.welder.eye import Eye
from linewright.stations.welder.logic import Looked
from linewright.stations.welder.settings import Camera
from linewright.twin import WeldTwin
from linewright.value.policies import write_line
from test_welder_line import FROM_S, Shift, fault, read

pytest.importorskip("cv2")

SHARES = "placement_share = 0.06\nblow_out_share = 0.02\n"


def written(
    folder: Path, *, seed: int, hours: float, faults: list[dict[str, Any]], twin: str = ""
) -> Path:
    file = write_line("welder_camera", folder, seed=seed, hours=hours, faults=faults)
    text = file.read_text()
    head = "[io.twin.weld]\n"
    assert head in text
    file.write_text(text.replace(head, head + twin))
    return file


def run(folder: Path, **how: Any) -> Shift:
    how.setdefault("faults", [])
    run_inline(load(written(folder, **how)), folder)
    return read(folder)


def numbers(shift: Shift, text: str) -> set[int]:
    return {int(detail["weld"]) for _, detail in shift.decided(text)}


def test_what_the_photodiodes_cannot_see_is_refused_by_the_picture(tmp_path: Path) -> None:
    shift = run(tmp_path, seed=3, hours=0.4, twin=SHARES)
    why = {int(d["weld"]): d["because"] for _, d in shift.decided("reject weld")}
    welds = shift.truth["welds"]
    misplaced = [w["number"] for w in welds if w["class"] == "good" and not w["looks_good"]]
    assert len(misplaced) >= 12
    assert set(misplaced) <= set(why)
    assert all("picture: " in why[number] for number in misplaced)
    holes = [w["number"] for w in welds if w["class"] == "blow_out"]
    assert len(holes) >= 3
    assert sum("picture: hole" in why[number] for number in holes) > 0.7 * len(holes)
    good = [w["number"] for w in welds if w["class"] == "good" and w["looks_good"]]
    assert not [number for number in good if "picture" in why.get(number, "")]
    assert shift.decided("set aside weld") == []


@pytest.mark.parametrize("kind", ["camera_lost", "camera_frozen"])
def test_a_camera_that_fails_passes_nothing_and_is_named(tmp_path: Path, kind: str) -> None:
    broken = fault(kind, 1.0) | {"duration_s": 120.0}
    shift = run(tmp_path, seed=5, hours=0.25, faults=[broken])
    assert FROM_S < shift.first("welder.camera_lost") < FROM_S + 40.0
    during = {
        w["number"] for w in shift.truth["welds"] if FROM_S + 4.0 < w["time_s"] < FROM_S + 120.0
    }
    aside, refused = numbers(shift, "set aside weld"), numbers(shift, "reject weld")
    assert len(during) > 30
    assert during <= aside | refused
    last = shift.truth["welds"][-1]["number"]
    assert not [n for n in aside if n > max(during) + 3 or n < min(during) - 2]
    assert last > max(during) + 20
    assert len(shift.decided("welds are set aside")) == 1


def test_over_the_bus_the_pictures_say_the_same(tmp_path: Path) -> None:
    how: dict[str, Any] = {"seed": 4, "hours": 0.1, "faults": [], "twin": SHARES}
    inline = run(tmp_path / "inline", **how)
    file = written(tmp_path / "bus", **how)
    command = [str(Path(sys.executable).parent / "linewright"), "run", str(file)]
    done = subprocess.run(
        [*command, "--run-dir", str(tmp_path / "bus" / "r")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    bus = read(tmp_path / "bus")
    # What is decided at the very end of a run is known on the bus alone, which stops in order.
    before_the_end = [of for of in bus.decisions if of[0] < 360.0]
    assert before_the_end == [of for of in inline.decisions if of[0] < 360.0]
    assert bus.truth == inline.truth
    assert inline.decided("reject weld")


def test_the_eye_takes_no_picture_twice_and_nothing_that_is_none(tmp_path: Path) -> None:
    eye = Eye(Camera(frames="weld.frames"), tmp_path)
    assert eye.look(1) == "no picture"
    grey = WeldTwin(seed=2).weld(0).picture()
    writer = FrameWriter(tmp_path / "weld.frames", rows=250, columns=900, slots=4)
    writer.put(1, grey)
    writer.put(2, grey)
    writer.put(3, np.full_like(grey, 90))
    first = eye.look(1)
    assert isinstance(first, Looked)
    assert first.good
    assert eye.look(2) == "the picture of the weld before"
    assert isinstance(eye.look(3), str) or not eye.look(3).good
    assert eye.look(4) == "no picture"
    (tmp_path / "weld.frames").write_bytes(b"no frames at all, and short")
    assert isinstance(eye.look(5), str)


def test_a_reader_never_sees_half_a_frame(tmp_path: Path) -> None:
    path = tmp_path / "weld.frames"
    writer = FrameWriter(path, rows=250, columns=900, slots=2)
    done = threading.Event()

    def write() -> None:
        for number in range(1, 400):
            writer.put(number, np.full((250, 900), number % 251, dtype=np.uint8), tick=number)
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    whole = damaged = number = 0
    while not done.is_set():
        number += 1
        try:
            frame = read_frame(path, number % 400)
        except ValueError:
            damaged += 1
            continue
        if frame is not None:
            whole += 1
            assert (frame[2] == (number % 400) % 251).all()
            assert frame[0] == number % 400
    thread.join()
    assert read_frame(path, 399) is not None
    assert read_frame(path, 397) is None


def test_a_frame_of_another_shape_is_refused(tmp_path: Path) -> None:
    writer = FrameWriter(tmp_path / "weld.frames", rows=4, columns=5)
    with pytest.raises(ValueError, match=r"must be \[4, 5\], was \[5, 4\]"):
        writer.put(1, np.zeros((5, 4), dtype=np.uint8))
    with pytest.raises(ValueError, match="number must be at least 1"):
        writer.put(0, np.zeros((4, 5), dtype=np.uint8))
    with pytest.raises(ValueError, match="slots must be 2 to 4096, was 1"):
        FrameWriter(tmp_path / "other.frames", rows=4, columns=5, slots=1)
    with pytest.raises(OSError, match="No such file"):
        FrameWriter(tmp_path / "nowhere" / "weld.frames", rows=4, columns=5)
