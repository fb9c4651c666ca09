"""Laser tab welding: each weld judged, each fixture watched, corrected, verified and held."""

from linewright.stations.welder.plugin import Welder
from linewright.stations.welder.settings import Settings

__all__ = ["Settings", "Welder"]
