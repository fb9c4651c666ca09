"""AGV dispatch: which vehicle carries which tray next, and when filling would starve."""

from linewright.stations.agv.book import Book
from linewright.stations.agv.logic import Decided, decide
from linewright.stations.agv.plugin import Agv
from linewright.stations.agv.settings import Settings

__all__ = ["Agv", "Book", "Decided", "Settings", "decide"]
