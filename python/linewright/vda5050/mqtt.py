"""A link to an MQTT broker, with the extra `mqtt` (`pip install 'linewright[mqtt]'`).

A thread of its own does the network; what comes waits in a queue for the caller. The link comes
back by itself, at growing intervals, and subscribes again.
"""

from __future__ import annotations

import ssl
import threading
from collections import deque
from collections.abc import Iterable
from typing import Any

from linewright.hosts import is_loopback
from linewright.vda5050.codec import LARGEST_BYTES
from linewright.vda5050.link import Received, TooLong, Will

try:
    from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
    from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode
except ImportError as error:
    raise ImportError("MQTT needs the extra: pip install 'linewright[mqtt]'") from error

SUCCESS = MQTTErrorCode.MQTT_ERR_SUCCESS


class Mqtt:
    """A connection to a broker by MQTT 3.1.1; it is being made when the constructor returns.

    To be used from one thread.

    Parameters
    ----------
    client_id
        Empty: the broker gives one.
    tls
        For a broker on another machine, `ssl.create_default_context()` or your own.
    plain
        Speak without TLS to a broker on another machine all the same.
    keepalive_s
        The broker finds out after one and a half of this that the link is gone, s.
    backoff_s
        Shortest and longest wait before the next attempt, s; it doubles in between.
    queue
        Messages that wait at most, in and out each; when full, the oldest in, the newest out goes,
        and is counted in `dropped`.
    largest_bytes
        Longer messages are not kept.

    Raises
    ------
    ValueError
        When a value is out of range, or the broker is elsewhere without `tls` or `plain`.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 1883,
        *,
        client_id: str = "",
        username: str | None = None,
        password: str | None = None,
        tls: ssl.SSLContext | None = None,
        plain: bool = False,
        will: Will | None = None,
        keepalive_s: int = 15,
        backoff_s: tuple[int, int] = (1, 30),
        queue: int = 256,
        largest_bytes: int = LARGEST_BYTES,
    ) -> None:
        _check_host(host, port, open_to_all=tls is None and not plain)
        _check_limits(keepalive_s, backoff_s, queue, largest_bytes)
        self.connections = 0
        self.connected = False
        self.dropped = 0
        self.refusal: str | None = None
        """Why the broker did not let it in the last time; None: it did."""
        self._queue = queue
        self._largest_bytes = largest_bytes
        self._lock = threading.Lock()
        self._in: deque[Received] = deque()
        # Counted apart, as the caller's thread writes the one and the network's the other: a lock
        # here would be waited for under paho's own.
        self._handed = 0
        self._written = 0
        self._topics: dict[str, int] = {}
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTProtocolVersion.MQTTv311
        )
        if username is not None:
            self._client.username_pw_set(username, password)
        if tls is not None:
            self._client.tls_set_context(tls)
        if will is not None:
            self._client.will_set(will.topic, will.payload, will.qos, will.retain)
        self._client.reconnect_delay_set(*backoff_s)
        self._client.max_queued_messages_set(queue)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._client.connect_async(host, port, keepalive_s)
        self._client.loop_start()

    def subscribe(self, topics: Iterable[tuple[str, int]]) -> None:
        """See `Link`."""
        new = dict(topics)
        with self._lock:
            self._topics.update(new)
        if self.connected and new:
            self._client.subscribe(list(new.items()))

    def send(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> bool:
        """See `Link`; without a connection nothing is kept for later: the life cycle repeats."""
        room = self._handed - self._written < self._queue
        if (
            self.connected
            and room
            and self._client.publish(topic, payload, qos, retain).rc == SUCCESS
        ):
            self._handed += 1
            return True
        with self._lock:
            self.dropped += 1
        return False

    def received(self) -> list[Received]:
        """See `Link`."""
        with self._lock:
            taken = list(self._in)
            self._in.clear()
        return taken

    def close(self) -> None:
        """See `Link`; what was handed over is sent first."""
        self._client.disconnect()
        self._client.loop_stop()
        self.connected = False

    def _on_connect(
        self,
        client: Client,
        data: Any,
        flags: ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        del data, flags, properties
        if reason.is_failure:
            self.refusal = str(reason)
            return
        self.refusal = None
        self.connected = True  # before the topics are read: none can slip in between
        with self._lock:
            topics = list(self._topics.items())
        if topics:
            client.subscribe(topics)
        self.connections += 1

    def _on_disconnect(
        self,
        client: Client,
        data: Any,
        flags: DisconnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        del client, data, flags, reason, properties
        self.connected = False
        self._written = self._handed

    def _on_publish(
        self,
        client: Client,
        data: Any,
        mid: int,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        del client, data, mid, reason, properties
        self._written += 1

    def _on_message(self, client: Client, data: Any, message: MQTTMessage) -> None:
        del client, data
        size = len(message.payload)
        kept = bytes(message.payload) if size <= self._largest_bytes else TooLong(size)
        with self._lock:
            if len(self._in) >= self._queue:
                self._in.popleft()
                self.dropped += 1
            self._in.append((message.topic, kept))


def _check_host(host: str, port: int, *, open_to_all: bool) -> None:
    if open_to_all and not is_loopback(host):
        raise ValueError(
            f"broker {host!r} is on another machine: give tls, or plain=True where the "
            "network is yours alone"
        )
    if not 1 <= port <= 65535:
        raise ValueError(f"port must be 1 to 65535, was {port}")


def _check_limits(
    keepalive_s: int, backoff_s: tuple[int, int], queue: int, largest_bytes: int
) -> None:
    if not 1 <= keepalive_s <= 65535:
        raise ValueError(f"keepalive_s must be 1 to 65535, was {keepalive_s}")
    if not 1 <= backoff_s[0] <= backoff_s[1]:
        raise ValueError(f"backoff_s must be two rising numbers from 1, was {backoff_s}")
    for name, value in (("queue", queue), ("largest_bytes", largest_bytes)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, was {value}")
