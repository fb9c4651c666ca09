"""Every kernel by its name, as a plan names it.

>>> from linewright.kernels import KERNELS
>>> KERNELS["Ewma"].FIELDS
(('time_constant_s', 'float'),)
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

from linewright import _core

__all__ = ["KERNELS", "Kernel"]


class Kernel(Protocol):
    """What every kernel class has."""

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[tuple[str, str], ...]]
    OUTPUTS: ClassVar[tuple[tuple[str, str], ...]]
    FIELDS: ClassVar[tuple[tuple[str, str], ...]]

    def __init__(self, *, period_s: float, **fields: Any) -> None: ...
    def update(self, *inputs: float) -> Any:
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


KERNELS: Mapping[str, type[Any]] = MappingProxyType(
    {name: getattr(_core, name) for name in _core.KERNELS}
)
"""Kernel classes by name."""
