"""Coater: slurry, slot die, gauges."""

from linewright.stations.coater.plugin import Coater
from linewright.stations.coater.settings import Settings
from linewright.stations.gauge import Drift, Gauge, gauge_chain, watch_level

__all__ = ["Coater", "Drift", "Gauge", "Settings", "gauge_chain", "watch_level"]
