"""Pictures beside the bus: a ring of frames in one file, read by number.

A frame is too large for a message that must arrive, and only its verdict matters to a loop: the bus
says that weld 4711 was made, and who looks at pictures reads frame 4711 here. The format is in
`docs/vision.md`; what is damaged, or was read while it was written, does not fit its checksum.

>>> import tempfile, numpy
>>> path = tempfile.mkdtemp() + "/weld.frames"
>>> writer = FrameWriter(path, rows=2, columns=3)
>>> writer.put(7, numpy.full((2, 3), 9, dtype=numpy.uint8), part=1, tick=70)
>>> tick, part, grey = read_frame(path, 7)
>>> tick, part, grey.tolist()
(70, 1, [[9, 9, 9], [9, 9, 9]])
>>> read_frame(path, 8) is None
True
"""

from linewright._core import FrameWriter, read_frame

__all__ = ["FrameWriter", "read_frame"]
