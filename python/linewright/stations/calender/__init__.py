"""Calender: nip force by weight map and thickness."""

from linewright.stations.calender.plugin import Calender
from linewright.stations.calender.settings import Settings

__all__ = ["Calender", "Settings"]
