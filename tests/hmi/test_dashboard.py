"""Every query of the dashboard asks for something that is served."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from hmi_rig import Server, until

FILE = Path(__file__).resolve().parents[2] / "examples" / "grafana" / "linewright.json"
NAME = re.compile(r"\b(linewright_[a-z0-9_]+)(?:\{([^}]*)\})?")
BY = re.compile(r"\b(?:by|without)\s*\(([^)]*)\)")


def queries(panels: list[dict[str, Any]]) -> list[tuple[str, str]]:
    found = []
    for panel in panels:
        found += [(panel["title"], target["expr"]) for target in panel.get("targets", ())]
        found += queries(panel.get("panels", []))
    return found


def test_every_query_asks_for_names_and_labels_that_are_served(page: Server) -> None:
    until(lambda: page.get("/api/overview")["live"], "an answer of the line")
    text = page.call("GET", "/metrics")[1].decode()
    families = set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE))
    labels: dict[str, set[str]] = {}
    for row in text.splitlines():
        if found := re.match(r"(linewright_\w+)\{(.*)\} ", row):
            labels[found[1]] = set(re.findall(r"(\w+)=", found[2]))
    asked = queries(json.loads(FILE.read_text())["panels"])
    assert len(asked) >= 15
    for title, query in asked:
        names = NAME.findall(query)
        assert names, (title, query)
        for name, wanted in names:
            assert name in families, (title, query)
            for label in re.findall(r"(\w+)\s*[=!]", wanted):
                assert label in labels.get(name, {label}), (title, query)
            for group in BY.findall(query):
                for label in re.split(r"\s*,\s*", group.strip()):
                    assert label in labels.get(name, {label}), (title, query)


def test_the_loop_is_told(page: Server) -> None:
    until(lambda: page.get("/api/overview")["live"], "an answer of the line")
    text = page.call("GET", "/metrics")[1].decode()
    for row in (
        'linewright_up{line="',
        'linewright_loop_cycles_total{loop="calender.nip"}',
        'linewright_loop_stage_seconds{loop="calender.nip",quantile="0.99",stage="response"}',
        'linewright_ledger_state{state="ok"} 1.0',
        'linewright_plugin_state{state="running",station="calender"} 1.0',
    ):
        assert row in text, row
