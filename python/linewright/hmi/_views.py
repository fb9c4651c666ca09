"""What the pages show, as JSON documents: from ledger, status, plan and the stations' own words."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from linewright.hmi._corrections import Corrections
from linewright.hmi._genealogy import genealogy
from linewright.hmi._history import NOTHING, History
from linewright.hmi._latency import latency
from linewright.hmi._recipegate import RecipeGate
from linewright.hmi._ring import decimate
from linewright.plugin import PluginError, find, names

if TYPE_CHECKING:
    from linewright.hmi._follow import Follower
    from linewright.signals import Signal

QUALITIES = ("good", "uncertain", "bad")
DOING_SHOWN = 10
TREND_S = 3600.0
NUMBERED = re.compile(r"_[0-9]+$")
"""One of many of a kind, such as the boxes of a scanner: a trend of it can be asked for by name."""


class Views:
    """Documents of one line; each is made anew when asked for."""

    def __init__(self, line: Follower) -> None:
        self._line = line
        self._signals: dict[str, tuple[Signal, ...]] | None = None
        self._history = History()
        self.gate = RecipeGate(line.where)

    # -- documents -----------------------------------------------------------------------------

    def overview(self) -> dict[str, Any]:
        """The line on one page."""
        line = self._line
        signals = self.signals()
        with line.lock:
            digest, core = line.digest, self._core()
            tick = core.get("tick", digest.tick)
            live = line.live
            time_s = digest.time_s(tick)
            stations = [self._station_line(name) for name in self._stations()]
            flow = [
                self._flow(name, signal)
                for name, own in signals.items()
                for signal in own
                if signal.flows_to
            ]
            return {
                "line": digest.line or (line.where.facts.line if line.where.facts else ""),
                "run": digest.starts,
                "mode": core.get("mode", digest.mode),
                "armed": self._armed(core),
                "tripped": self._tripped(core),
                "line_time_s": time_s,
                "simulated": digest.simulated,
                "live": live,
                "seq": line.scanned,
                "stations": stations,
                "flow": flow,
                "metrics": line.figures.as_json(),
            }

    def station(self, name: str) -> dict[str, Any] | None:
        """One station; nothing when there is none of that name."""
        line = self._line
        own = {signal.topic: signal for signal in self.signals().get(name, ())}
        with line.lock:
            if name not in self._stations():
                return None
            core = self._core()
            others = (t for t in sorted(line.newest) if owned(t, name) and not NUMBERED.search(t))
            topics = [*own, *(t for t in others if t not in own)]
            return {
                "name": name,
                **self._station_line(name),
                "signals": [self._signal(topic, own.get(topic)) for topic in topics],
                "actuators": self._actuators(name, core),
                "doing": list(line.digest.doing[name])[:DOING_SHOWN],
                "parameters": self._parameters(name, core),
            }

    def trend(
        self, topic: str, from_s: float | None, to_s: float | None, width_px: int
    ) -> dict[str, Any] | None:
        """Samples of a topic within a window of line time; nothing when it is not known.

        What lies before the first sample that the page heard comes from the line's record.
        """
        line = self._line
        with line.lock:
            ring, newest = line.rings.get(topic), line.newest.get(topic)
            tick = self._core().get("tick", line.digest.tick)
            now_s = newest[0] if newest else line.digest.time_s(tick)
            end_s = now_s if to_s is None else to_s
            start_s = end_s - TREND_S if from_s is None else from_s
            t_s, x = ring.between(start_s, end_s) if ring else NOTHING
            heard_s = ring.oldest_s if ring else math.inf
        if start_s < heard_s:
            before = self._history.between(line.where, topic, start_s, min(end_s, heard_s))
            if before is None and ring is None:
                return None
            if before is not None:
                t_s, x = np.append(before[0], t_s), np.append(before[1], x)
        drawn = decimate(t_s, x, start_s, end_s, width_px)
        unit = newest[3] if newest else self._history.unit(topic)
        return {"topic": topic, "unit": unit, "from_s": start_s, "to_s": end_s, **drawn}

    def alarms(self) -> dict[str, Any]:
        """Every alarm that is not normal."""
        with self._line.lock:
            return self._line.alarms.document()

    def corrections(self, before: int | None, limit: int) -> dict[str, Any]:
        """A page of what the model corrected, newest first."""
        where = self._line.where
        with self._line.lock:
            hz = self._line.digest.base_hz
            limits = where.actuators or self._line.digest.actuators
        return Corrections(where.ledger, where.plan, limits).page(before, limit, hz)

    def latency(self) -> dict[str, Any]:
        """Loops and their deadlines."""
        with self._line.lock:
            return latency(self._core(), self._line.digest.simulated)

    def recipes(self) -> dict[str, Any]:
        """Recipes beside the line file, and the one that runs."""
        with self._line.lock:
            running = self._line.digest.recipe
        return {
            "recipes": self.gate.known(),
            "running": None if running is None else running.get("name"),
        }

    def genealogy(self, asked: str | None) -> dict[str, Any]:
        """From a cell to the batch of slurry."""
        return genealogy(self._line, asked)

    def actuator(self, name: str) -> dict[str, Any]:
        """One actuator as a page shows it; empty when the line has none of the name."""
        with self._line.lock:
            found = self._actuators(name.partition(".")[0], self._core())
        return next((a for a in found if a["name"] == name), {})

    def parameter(self, name: str) -> float | None:
        """Present value of a parameter."""
        with self._line.lock:
            return self._params(self._core()).get(name)

    # -- parts; the lock is held ------------------------------------------------------------------

    def signals(self) -> dict[str, tuple[Signal, ...]]:
        """Signals by station of the line, as the installed plugins state them."""
        if self._signals is None or set(self._signals) != set(self._stations()):
            self._signals = {name: self._stated(name) for name in self._stations()}
        return self._signals

    def _stated(self, station: str) -> tuple[Signal, ...]:
        facts = self._line.where.facts
        plugin = facts.stations[station].plugin if facts else station
        if ":" not in plugin and plugin not in names():
            return ()
        try:
            return tuple(s for s in find(plugin).signals if owned(s.topic, station))
        except PluginError:
            return ()

    def _stations(self) -> list[str]:
        """In the order of the line file's plan, which is that of the material."""
        line = self._line
        facts, plan = line.where.facts, line.where.plan
        if facts is not None:
            order = [] if plan is None else [loop["name"].split(".")[0] for loop in plan["loops"]]
            return sorted(facts.stations, key=lambda n: order.index(n) if n in order else 99)
        owners = (limits.get("owner") or "" for limits in line.digest.actuators.values())
        return sorted({*owners, *line.digest.doing} - {""})

    def _core(self) -> Mapping[str, Any]:
        line = self._line
        if not line.live or not line.status or not line.status.get("core"):
            return {}
        core: Mapping[str, Any] = line.status["core"]
        return core

    def _armed(self, core: Mapping[str, Any]) -> bool:
        if core:
            return any(a["armed"] for a in core["actuators"].values())
        return self._line.digest.armed

    def _tripped(self, core: Mapping[str, Any]) -> str:
        if core:
            found = (f"{n}: {a['tripped']}" for n, a in core["actuators"].items() if a["tripped"])
            return next(found, "")
        return self._line.digest.tripped

    def _station_line(self, name: str) -> dict[str, Any]:
        line = self._line
        process = (line.processes.get("plugins") or {}).get(name) or {}
        state = line.digest.machines.get(name)
        headline = next((s for s in (self._signals or {}).get(name, ()) if s.headline), None)
        doing = line.digest.doing[name]
        return {
            "name": name,
            "machine_state": "unknown" if state is None else state.get("state", "unknown"),
            "process": process.get("state", "unknown") if line.live else "unknown",
            "headline": None if headline is None else self._signal(headline.topic, headline),
            "alarms": line.alarms.active()[name],
            "doing": doing[0]["says"] if doing else "",
        }

    def _signal(self, topic: str, stated: Signal | None) -> dict[str, Any]:
        line = self._line
        params = self._params(self._core())
        at_s, value, quality, unit = line.newest.get(topic, (None, None, None, ""))
        lo, hi = (None, None) if stated is None else stated.range(params)
        return {
            "topic": topic,
            "name": words(topic) if stated is None else stated.says,
            # A tap behind a kernel may be dimensionless where the station knows the unit.
            "unit": stated.unit if stated is not None and unit in ("", "1") else unit,
            "value": None if value is None or not math.isfinite(value) else value,
            "at_s": at_s,
            "quality": None if quality is None else QUALITIES[min(quality, 2)],
            "normal_lo": lo,
            "normal_hi": hi,
            "setpoint": None if stated is None else params.get(stated.setpoint or ""),
        }

    def _flow(self, station: str, signal: Signal) -> dict[str, Any]:
        shown = self._signal(signal.topic, signal)
        amount = shown["value"]
        if amount is not None and amount < 0.0:
            amount = None  # a position counts up from below zero until the first web is there
        return {
            "from": station,
            "to": signal.flows_to,
            "name": shown["name"],
            "amount": amount,
            "unit": shown["unit"],
            "lo": shown["normal_lo"],
            "hi": shown["normal_hi"],
        }

    def _params(self, core: Mapping[str, Any]) -> dict[str, float]:
        if core:
            return {name: param["value"] for name, param in core["params"].items()}
        return self._line.digest.params

    def _parameters(self, name: str, core: Mapping[str, Any]) -> list[dict[str, Any]]:
        plan = self._line.where.plan or {}
        values = self._params(core)
        return [
            {
                "name": param["name"],
                "unit": param["unit"],
                "value": values.get(param["name"], param["value"]),
                "lo": param["lo"],
                "hi": param["hi"],
            }
            for param in plan.get("params", [])
            if param["station"] == name
        ]

    def _actuators(self, name: str, core: Mapping[str, Any]) -> list[dict[str, Any]]:
        limits = self._line.where.actuators or self._line.digest.actuators
        found = []
        for actuator, stated in sorted(limits.items()):
            if stated.get("owner") != name and not owned(actuator, name):
                continue
            now = (core.get("actuators") or {}).get(actuator) or {}
            state = now.get("state")
            found.append(
                {
                    "name": actuator,
                    "unit": stated["unit"],
                    "value": now.get("value"),
                    "lo": stated["lo"],
                    "hi": stated["hi"],
                    "max_rate_per_s": stated["max_rate_per_s"],
                    "state": state,
                    "in_control": state == "closed",
                    "manual": state == "manual",
                    "holder": now.get("holder", ""),
                    "tripped": now.get("tripped"),
                }
            )
        return found


def owned(topic: str, station: str) -> bool:
    """Does a topic or an actuator belong to a station?"""
    return topic.startswith(f"{station}.")


def words(topic: str) -> str:
    """A topic in words, for those no station has named.

    >>> words("coater.residual_solvent")
    'residual solvent'
    """
    return topic.partition(".")[2].replace("_", " ")
