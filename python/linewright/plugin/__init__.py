"""The process around a station: finds it, connects it, keeps its leases, calls it."""

from linewright.plugin._api import Api
from linewright.plugin._discover import PluginError, find, names
from linewright.plugin._host import Host
from linewright.plugin._settings import SettingError, make_settings

__all__ = ["Api", "Host", "PluginError", "SettingError", "find", "make_settings", "names"]
