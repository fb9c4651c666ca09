"""Formation: shorts and contacts told within minutes, trays judged when they are done."""

from linewright.stations.formation.plugin import Formation
from linewright.stations.formation.settings import Settings

__all__ = ["Formation", "Settings"]
