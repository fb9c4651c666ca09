"""Every topic the bus itself speaks on, and the rule for all others: `<station>.<name>`."""

from __future__ import annotations

STATE = "line.state"
"""State of the line, after every change."""

BEACON = "bus.beacon"
"""Newest number of every telemetry topic, four times a second, so that a lost last message
shows."""

OWNED = ("line", "bus")
"""First parts no station may use."""


def owner(topic: str) -> str:
    """Station a topic belongs to: the part before the first dot.

    >>> owner("coater.wet_weight")
    'coater'
    """
    return topic.partition(".")[0]


def matches(topic: str, prefixes: tuple[str, ...]) -> bool:
    """Is the topic one of these or below one of these?

    >>> matches("coater.wet_weight", ("coater",)), matches("coater2.x", ("coater",))
    (True, False)
    """
    return any(
        prefix in (topic, "") or topic.startswith(prefix.rstrip(".") + ".") for prefix in prefixes
    )
