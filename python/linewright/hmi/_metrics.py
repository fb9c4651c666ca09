"""`/metrics`: the line in the text format of Prometheus. Names end in their unit; what is not known
is not told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from linewright.hmi._latency import QUANTILES

if TYPE_CHECKING:
    from linewright.hmi._act import Desk
    from linewright.hmi._events import Streams
    from linewright.hmi._follow import Follower
    from linewright.hmi._peers import Peers
    from linewright.hmi._users import Sessions
    from linewright.hmi._views import Views

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
Labels = tuple[str, ...]


class Served(Protocol):
    """What of the page itself is told."""

    views: Views
    streams: Streams
    sessions: Sessions
    desk: Desk
    peers: Peers


class Exposed(Collector):
    """The metrics of one line, made anew for every look."""

    def __init__(self, line: Follower, page: Served) -> None:
        self._line, self._page = line, page
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def text(self) -> bytes:
        """The text."""
        return generate_latest(self._registry)

    def describe(self) -> list[Metric]:
        """Nothing is looked at when it is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every family, also one without a sample: a dashboard finds its names."""
        line = self._line
        overview = self._page.views.overview()
        with line.lock:
            core = dict((line.status or {}).get("core") or {}) if line.live else {}
            bus = dict((line.status or {}).get("bus") or {}) if line.live else {}
            processes = dict(line.processes)
            alarms = line.alarms.states()
        yield from self._whole(overview)
        yield from _loops(core)
        yield from _actuators(core)
        yield from _ledger(core)
        yield from _bus(bus)
        yield from _plugins(processes)
        yield _gauge("alarms", "Alarms that are not normal", ("priority", "state"), alarms.items())
        yield from self._own()

    def _whole(self, overview: Mapping[str, Any]) -> Iterator[Metric]:
        at = (overview["line"],)
        for name, says, value in (
            ("up", "The line answers", overview["live"]),
            ("armed", "An actuator is armed", overview["armed"]),
            ("closed", "The mode is closed", overview["mode"] == "closed"),
            ("tripped", "An actuator has tripped", bool(overview["tripped"])),
            ("line_time_seconds", "Line time since the start", overview["line_time_s"]),
            ("ledger_row", "Newest row of the ledger that was read", overview["seq"]),
        ):
            yield _gauge(name, says, ("line",), [(at, float(value))])
        for name, says in (
            ("time_to_detect_s", "Change point to published detection, median"),
            ("cost_per_good_cell_eur", "Cost of a good cell"),
            ("changeover_h", "Changeover per recipe"),
        ):
            value = overview["metrics"].get(name)
            unit = {"s": "seconds", "eur": "eur", "h": "hours"}[name.rpartition("_")[2]]
            named = f"{name.rpartition('_')[0]}_{unit}"
            known = isinstance(value, int | float)
            yield _gauge(named, says, ("line",), [(at, float(value))] if known else [])

    def _own(self) -> Iterator[Metric]:
        page = self._page
        yield _gauge("page_streams", "Open event streams", (), [((), page.streams.open)])
        for name, says, value in (
            ("page_streams_cut", "Streams cut because they took nothing", page.streams.cut),
            ("page_slow_peers", "Connections cut before the head came", page.peers.slow),
            ("page_refused_peers", "Connections closed because of too many", page.peers.refused),
            ("page_failed_logins", "Wrong names or passwords", page.sessions.failures),
            ("page_acts", "Actions confirmed and taken", page.desk.done),
            ("page_refused_acts", "Actions confirmed and not taken", page.desk.refused),
            ("page_lost_samples", "Samples the page did not hear", self._line.lost_samples),
        ):
            yield _counter(name, says, (), [((), value)])


def _loops(core: Mapping[str, Any]) -> Iterator[Metric]:
    loops = core.get("loops", ())
    for name, says in (
        ("cycles", "Cycles of a loop"),
        ("missed", "Cycles that were left out"),
        ("late", "Cycles past their deadline"),
    ):
        yield _counter(
            f"loop_{name}", says, ("loop",), (((loop["name"],), loop[name]) for loop in loops)
        )
    yield _gauge(
        "loop_deadline_seconds",
        "Release to output written, at most",
        ("loop",),
        (((loop["name"],), loop["deadline_ns"] / 1e9) for loop in loops),
    )
    yield _gauge(
        "loop_rung",
        "Where a loop stands on its ladder: 1 at the rung named",
        ("loop", "rung"),
        (((loop["name"], loop["rung"]), 1.0) for loop in loops),
    )
    quantiles: list[tuple[Labels, float]] = []
    greatest: list[tuple[Labels, float]] = []
    for loop in loops:
        for stage, counted in loop.items():
            if not isinstance(counted, Mapping) or "p50_ns" not in counted:
                continue
            greatest.append(((loop["name"], stage), counted["max_ns"] / 1e9))
            quantiles += [
                ((loop["name"], stage, f"{share:g}"), counted[f"{name}_ns"] / 1e9)
                for name, share in QUANTILES
            ]
    yield _gauge(
        "loop_stage_seconds",
        "Time of a stage since the start",
        ("loop", "stage", "quantile"),
        quantiles,
    )
    yield _gauge("loop_stage_max_seconds", "Longest time of a stage", ("loop", "stage"), greatest)
    yield _counter("missed_ticks", "Base ticks that were missed", (), _known(core, "missed_ticks"))


def _actuators(core: Mapping[str, Any]) -> Iterator[Metric]:
    actuators = core.get("actuators", {})
    yield _gauge(
        "actuator_value",
        "Value written, in the unit of the label",
        ("actuator", "unit"),
        (
            ((name, a["unit"]), a["value"])
            for name, a in actuators.items()
            if a["value"] is not None
        ),
    )
    yield _gauge(
        "actuator_state",
        "State of the gate: 1 at the state named",
        ("actuator", "state"),
        (((name, a["state"]), 1.0) for name, a in actuators.items()),
    )
    yield _counter(
        "gate",
        "What the gate did, by actuator",
        ("actuator", "what"),
        (((name, what), n) for name, a in actuators.items() for what, n in a["counters"].items()),
    )
    yield _counter(
        "gate_refusals",
        "Commands refused",
        ("reason",),
        (((reason,), n) for reason, n in core.get("refusals", {}).items()),
    )


def _ledger(core: Mapping[str, Any]) -> Iterator[Metric]:
    ledger = core.get("ledger", {})
    yield _gauge(
        "ledger_state",
        "State of the ledger: 1 at the state named",
        ("state",),
        [((ledger["state"],), 1.0)] if ledger else [],
    )
    yield _counter("ledger_rows", "Rows written", (), _known(ledger, "rows"))
    yield _counter(
        "ledger_lost_rows", "Rows that are not in the file", (), _known(ledger, "lost_rows")
    )


def _bus(bus: Mapping[str, Any]) -> Iterator[Metric]:
    yield _counter(
        "bus",
        "Counters of the bus: messages in and out, dropped, refused, malformed",
        ("what",),
        (((what,), n) for what, n in bus.get("counters", {}).items() if isinstance(n, int)),
    )
    stations = bus.get("stations", {})
    for name, says in (
        ("lost_messages", "Messages a station did not get"),
        ("dropped_frames", "Frames of a station that were dropped"),
    ):
        yield _counter(
            f"bus_{name}", says, ("station",), (((s,), peer[name]) for s, peer in stations.items())
        )
    yield _gauge(
        "station_joined",
        "The station is on the bus",
        ("station",),
        (((s,), float(peer["joined"])) for s, peer in stations.items()),
    )


def _plugins(processes: Mapping[str, Any]) -> Iterator[Metric]:
    plugins = processes.get("plugins") or {}
    yield _counter(
        "plugin_restarts",
        "Starts of a station's process after its first",
        ("station",),
        (((name,), plugin["restarts"]) for name, plugin in plugins.items()),
    )
    yield _gauge(
        "plugin_state",
        "State of a station's process: 1 at the state named",
        ("station", "state"),
        (((name, plugin["state"]), 1.0) for name, plugin in plugins.items()),
    )


def _known(table: Mapping[str, Any], name: str) -> list[tuple[Labels, float]]:
    value = table.get(name)
    return [((), float(value))] if isinstance(value, int | float) else []


def _gauge(
    name: str, says: str, labels: Labels, samples: Iterable[tuple[Iterable[str], float]]
) -> Metric:
    family = GaugeMetricFamily(f"linewright_{name}", f"{says}.", labels=labels)
    for at, value in samples:
        family.add_metric([str(label) for label in at], value)
    return family


def _counter(
    name: str, says: str, labels: Labels, samples: Iterable[tuple[Iterable[str], float]]
) -> Metric:
    family = CounterMetricFamily(f"linewright_{name}", f"{says}.", labels=labels)
    for at, value in samples:
        family.add_metric([str(label) for label in at], value)
    return family
