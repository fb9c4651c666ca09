"""Plants in processes of their own: the datagrams of `docs/drivers.md` and the programs that speak
them."""

from __future__ import annotations

from linewright.drivers._datagrams import Reason, Write
from linewright.drivers._peer import HelloRefusedError, PlantPeer, Value

__all__ = ["HelloRefusedError", "PlantPeer", "Reason", "Value", "Write"]
