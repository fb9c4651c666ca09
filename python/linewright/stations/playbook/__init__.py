"""Playbook: the old way, sample, wait, decide; and the open loop."""

from linewright.stations.playbook.plugin import Playbook
from linewright.stations.playbook.settings import Settings

__all__ = ["Playbook", "Settings"]
