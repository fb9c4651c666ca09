"""One valid config of every kernel, and inputs that move it.

Each module here holds `CONFIGS`, a config (without `period_s`) by kernel, or `VECTOR_CONFIGS` for
kernels whose ports are of many numbers; optional fields may be left out. Where plain noise moves
nothing it also holds `PORTS`, a function `(samples, rng) -> array` by port name.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable

import numpy as np
from port_signals import Array, noise

PERIOD_S = 0.1
CONFIGS: dict[str, dict[str, object]] = {}
VECTOR_CONFIGS: dict[str, dict[str, object]] = {}
PORTS: dict[str, Callable[[int, np.random.Generator], Array]] = {}

for _found in pkgutil.iter_modules(__path__):
    _module = importlib.import_module(f"{__name__}.{_found.name}")
    for _name, _all in (("CONFIGS", CONFIGS), ("VECTOR_CONFIGS", VECTOR_CONFIGS), ("PORTS", PORTS)):
        _mine = getattr(_module, _name, {})
        assert not set(_mine) & set(_all), f"{_found.name}: twice {set(_mine) & set(_all)}"
        _all.update(_mine)


def inputs(ports: list[str], samples: int, seed: int) -> list[Array]:
    """What each port may see; noise with spikes unless `PORTS` knows better."""
    rng = np.random.default_rng(seed)
    return [PORTS.get(port, noise)(samples, rng) for port in ports]


def groups(widths: tuple[tuple[str, int], ...], samples: int, seed: int) -> list[Array]:
    """What each port of many numbers may see: samples by numbers, or samples where it is one."""
    rng = np.random.default_rng(seed)
    columns = [[PORTS.get(p, noise)(samples, rng) for _ in range(n)] for p, n in widths]
    return [np.stack(group, axis=1) if len(group) > 1 else group[0] for group in columns]
