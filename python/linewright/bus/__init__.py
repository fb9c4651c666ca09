"""The bus: the one process in which ZeroMQ sockets bind, and the client side of it."""

from linewright.bus._client import Client, Operator, ask_rights
from linewright.bus._gaps import Gaps
from linewright.bus._keys import KeyFileError
from linewright.bus._peers import ledger_of
from linewright.bus._place import Place
from linewright.bus._profile import COMMANDS, TELEMETRY
from linewright.bus._routes import Routes
from linewright.bus._subscriber import Subscriber

__all__ = [
    "COMMANDS",
    "TELEMETRY",
    "Client",
    "Gaps",
    "KeyFileError",
    "Operator",
    "Place",
    "Routes",
    "Subscriber",
    "ask_rights",
    "ledger_of",
]
