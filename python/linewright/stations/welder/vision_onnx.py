"""A trained model as one more rule: any ONNX network that turns a patch into one number.

The network gets `(1, 1, height, width)` float32: the surface's height on its own scale (0 at the
median, 1 is the range from the 2nd to the 98th percentile, 0 where there is no reading), resized to
the network's own size. What exposure does is gone before the network sees it, in training as here.
"""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from linewright.stations.welder.vision_image import Image, opencv
from linewright.stations.welder.vision_surface import surface_of

__all__ = ["OnnxModel"]


@dataclass(frozen=True)
class OnnxModel:
    """The network in the file `path`, run on one thread of the processor.

    Raises `ImportError` without the extra `vision-onnx`, `ValueError` when the network takes or
    gives something else.
    """

    path: Path
    _session: Any = field(init=False, repr=False, compare=False)
    _size: tuple[int, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            onnxruntime = importlib.import_module("onnxruntime")
        except ImportError as missing:
            raise ImportError(
                "a network needs onnxruntime: pip install 'linewright[vision-onnx]'"
            ) from missing
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            str(self.path), options, providers=["CPUExecutionProvider"]
        )
        inputs = session.get_inputs()
        shape = inputs[0].shape if len(inputs) == 1 else None
        if (
            shape is None
            or inputs[0].type != "tensor(float)"
            or len(shape) != 4
            or shape[1] != 1
            or not all(isinstance(edge, int) and edge > 0 for edge in shape[2:])
        ):
            raise ValueError(
                f"{self.path} must take one float32 input of (1, 1, height, width), takes "
                f"{[(one.type, one.shape) for one in inputs]}"
            )
        object.__setattr__(self, "_session", session)
        object.__setattr__(self, "_size", (int(shape[2]), int(shape[3])))

    def score(self, image: Image) -> float:
        """The network's number for the image; what it means is the network's own."""
        height, width = self._size
        cv2 = opencv()
        h = surface_of(image, rim_px=0.0).h
        patch = cv2.resize(h, (width, height), interpolation=cv2.INTER_AREA)
        feed = {self._session.get_inputs()[0].name: patch[None, None].astype(np.float32)}
        out = np.asarray(self._session.run(None, feed)[0])
        if out.size != 1 or not math.isfinite(float(out.ravel()[0])):
            raise ValueError(f"{self.path} must give one finite number, gave {out.tolist()}")
        return float(out.ravel()[0])
