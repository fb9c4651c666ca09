"""What computes runs on all cores, and is tried once. What holds processes against the clock
(mark `clock`, by its folder) runs alone; another job of the machine may spoil it, so that it is
tried once more, and the summary counts it as rerun."""

from __future__ import annotations

import os

import pytest

os.environ.setdefault("LINEWRIGHT_HMI", "0")  # a line of a test has no page, unless it is about it

AGAINST_THE_CLOCK = ("bus", "driver", "hmi", "hmi_pages", "line", "live")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name in AGAINST_THE_CLOCK:
            item.add_marker(pytest.mark.clock)
            item.add_marker(pytest.mark.flaky(reruns=1))
