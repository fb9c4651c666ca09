"""Pictures of welds, judged one by one: from a file of frames to what `logic` is told.

No clock: when a picture is late is for the caller to say. What cannot be read is no verdict, and
neither is the same picture again: the noise of a camera that works makes no two alike.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from linewright.frames import read_frame
from linewright.stations.welder import vision
from linewright.stations.welder.logic import Looked
from linewright.stations.welder.settings import Camera
from linewright.stations.welder.vision_image import opencv


class Eye:
    """Looks at the pictures of one camera, on one core.

    Parameters
    ----------
    camera:
        Where its pictures are, and what they must keep.
    folder:
        What a relative path of them counts from: the run directory.

    Raises `ImportError` without the extra `vision` (for a network: `vision-onnx`).
    """

    def __init__(self, camera: Camera, folder: Path) -> None:
        opencv().setNumThreads(1)
        self.path = folder / camera.frames
        self._scale = vision.Scale(mm_per_px=camera.mm_per_px, origin_mm=camera.origin_mm)
        # Checked by `SeamRules`, which refuses an unknown name and a value that is none.
        rules: dict[str, Any] = dict(camera.rules)
        network = None
        if camera.network:
            network = vision.Scored(
                by=vision.OnnxModel(Path(camera.network)), limit=camera.network_limit
            )
        self._rules = vision.Rules(seam=vision.SeamRules(**rules), network=network)
        self._before: npt.NDArray[np.uint8] | None = None

    def look(self, number: int) -> Looked | str:
        """The verdict on weld `number`; why there is none, when there is none."""
        try:
            frame = read_frame(self.path, number)
        except (OSError, ValueError) as error:
            return str(error)
        if frame is None:
            return "no picture"
        grey = frame[2]
        if self._before is not None and np.array_equal(grey, self._before):
            return "the picture of the weld before"
        self._before = grey
        return self.judge(grey)

    def judge(self, grey: npt.ArrayLike) -> Looked | str:
        """The verdict on one picture."""
        try:
            verdict, measured = vision.examine(grey, scale=self._scale, rules=self._rules)
        except ValueError as error:
            return str(error)
        width_mm = None if measured is None else measured.mean_width_mm
        return Looked(good=verdict.passed, because="; ".join(verdict.reasons), width_mm=width_mm)
