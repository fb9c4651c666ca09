"""The bus: the one process in which ZeroMQ sockets bind, and the client side of it."""

from linewright.bus._client import Client, Operator, Subscriber
from linewright.bus._gaps import Gaps
from linewright.bus._profile import COMMANDS, TELEMETRY
from linewright.bus._routes import Routes

__all__ = ["COMMANDS", "TELEMETRY", "Client", "Gaps", "Operator", "Routes", "Subscriber"]
