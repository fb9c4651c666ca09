"""Recipe orders of the plant's execution system, carried to the recipe gate and the line."""

from linewright.stations.mes.plugin import Mes
from linewright.stations.mes.settings import Settings

__all__ = ["Mes", "Settings"]
