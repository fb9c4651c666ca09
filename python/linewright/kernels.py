"""Every kernel by its name, as a plan names it, and kernels as bytes.

>>> from linewright.kernels import KERNELS
>>> KERNELS["Ewma"].FIELDS
(('time_constant_s', 'float'),)

A kernel with all it remembers goes to bytes, its config as text, and comes back:

>>> import linewright as lw
>>> flow = lw.Ewma(time_constant_s=2.0, period_s=0.1)
>>> flow.update(10.0)
10.0
>>> again = loads(dumps(flow))
>>> again, again.update(12.0) == flow.update(12.0)
(Ewma(time_constant_s=2.0, period_s=0.1), True)
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Protocol, cast

from linewright import _core

__all__ = ["KERNELS", "Kernel", "dumps", "loads"]


class Kernel(Protocol):
    """What every kernel class has."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]

    def __init__(self, *, period_s: float, **fields: Any) -> None: ...
    def update(self, *inputs: Any) -> Any:
        """One sample in, one output out."""
        ...

    def process(self, *arrays: Any, out: Any = None) -> Any:
        """Run a block of samples."""
        ...

    def reset(self) -> None:
        """Forget everything seen."""
        ...

    @property
    def state(self) -> bytes:
        """Everything the kernel remembers."""
        ...

    def restore(self, state: bytes, /) -> None:
        """Take back a state."""
        ...

    @property
    def last(self) -> Any:
        """The last output."""
        ...

    @property
    def config(self) -> dict[str, Any]:
        """The arguments it was made from."""
        ...


KERNELS: Mapping[str, type[Any]] = MappingProxyType(
    {name: getattr(_core, name) for name in (*_core.KERNELS, *_core.VECTOR_KERNELS)}
)
"""Kernel classes by name, those with ports of many numbers at the end."""

_MAGIC = b"LWK1"
_FRONT = struct.Struct("<4sII")


def dumps(kernel: Kernel) -> bytes:
    """The kernel with its config and its state as bytes, guarded by a check sum.

    `b"LWK1"`, length of the head and CRC-32 of all that follows (both u32, little endian), the head
    as JSON (`kernel`, `config`, `version`, `lanes` when it was made by `lanes`), the state.
    """
    head = {"kernel": kernel.NAME, "config": kernel.config, "version": _core.VERSION}
    if getattr(kernel, "fixed", False):
        head["lanes"] = cast(Any, kernel).channels
    text = json.dumps(head, separators=(",", ":")).encode()
    body = text + kernel.state
    return _FRONT.pack(_MAGIC, len(text), zlib.crc32(body)) + body


def loads(saved: bytes) -> Any:
    """The kernel that `dumps` wrote, at the sample it had reached.

    Raises `ValueError` when the bytes are damaged, cut short, or of another kind, and `DesignError`
    or `TypeError` when this version refuses the config.
    """
    if len(saved) < _FRONT.size or not saved.startswith(_MAGIC):
        raise ValueError("not a saved kernel: it must begin with b'LWK1'")
    _, length, check = _FRONT.unpack_from(saved)
    body = bytes(saved[_FRONT.size :])
    if zlib.crc32(body) != check or length > len(body):
        raise ValueError("damaged: the check sum of the saved kernel does not agree")
    head = json.loads(body[:length])
    try:
        kind = KERNELS[head["kernel"]]
    except KeyError:
        raise ValueError(f"there is no kernel {head.get('kernel')!r} in this version") from None
    lanes = head.get("lanes")
    kernel = kind(**head["config"]) if lanes is None else kind.lanes(lanes, **head["config"])
    kernel.restore(body[length:])
    return kernel
