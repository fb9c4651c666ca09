"""Slurry: batches, their solids and how thick they flow."""

from linewright.stations.slurry.plugin import Slurry
from linewright.stations.slurry.settings import Settings

__all__ = ["Settings", "Slurry"]
