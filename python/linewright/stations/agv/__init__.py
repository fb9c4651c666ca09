"""AGV dispatch: which vehicle carries which tray next, and when filling would starve."""

from linewright.stations.agv.book import Book
from linewright.stations.agv.logic import Decided, decide
from linewright.stations.agv.settings import Settings

__all__ = ["Book", "Decided", "Settings", "decide"]
