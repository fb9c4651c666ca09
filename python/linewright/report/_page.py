"""The page: figures, plots, and what the line saw, decided and did."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

from linewright.report._plot import Curve, plot
from linewright.report._style import clock, document, table
from linewright.value.detection import DetectionScore, quantile
from linewright.value.evaluation import DELAY_S, MIX
from linewright.value.policies import CLOSED, OPEN, PLAYBOOK
from linewright.value.shift import Shift

COLOURS = {OPEN: "#9a9a9a", PLAYBOOK: "#c2702d", CLOSED: "#1f6fb2"}
NAMES = {OPEN: "open loop", PLAYBOOK: "playbook (hourly sample)", CLOSED: "closed loop"}
WEIGHT_LIMIT_PCT, POROSITY_LIMIT_PP = 1.5, 1.5
MOST_ROWS = 1000


def write_report(path: Path, shifts: Sequence[Shift], detection: DetectionScore | None) -> Path:
    """Write the page of one or more policies on the same seed to `path`; gives `path`.

    `detection` is that of the closed loop, or None when there was none.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(shifts, detection), encoding="utf-8")
    return path


def page(shifts: Sequence[Shift], detection: DetectionScore | None) -> str:
    """The page as text; self-contained, no script, no other file."""
    first = shifts[0]
    title = f"Shift of {first.hours:g} h, seed {first.seed}"
    parts = [_figures(shifts), _plots(shifts)]
    if detection is not None:
        parts.append(_faults(detection))
    parts += [_log(shifts), _words()]
    return document(title, parts)


def _figures(shifts: Sequence[Shift]) -> str:
    head = (
        *("", "weight SD %", "weight mean %", "SD over bound", "porosity SD pp"),
        *("out of tolerance m", "of m coated", "EUR per good cell"),
    )
    rows = []
    for shift in shifts:
        truth = shift.truth
        ratio = shift.weight_ratio(DELAY_S, MIX, with_tones=True)
        figures = (
            f"{shift.weight_sd_pct():.3f}",
            f"{truth.weight_mean_pct:+.3f}",
            f"{ratio:.2f}",
            f"{shift.porosity_sd_pp():.3f}",
            f"{shift.bad_m:.0f}",
            f"{truth.coated_m:.0f}",
            f"{shift.cost().net_eur:.2f}",
        )
        cells = "".join(f'<td class="n">{figure}</td>' for figure in figures)
        rows.append(f"<tr><td>{escape(NAMES.get(shift.policy, shift.policy))}</td>{cells}</tr>")
    return f"<h2>Figures</h2>{table(head, rows, numbers=True)}"


def _plots(shifts: Sequence[Shift]) -> str:
    first = shifts[0]
    marks = [
        (fault.at_s, f"{fault.kind} {fault.size:g} at {clock(fault.at_s)}")
        for fault in first.truth.faults
    ]
    key = "".join(
        f'<span style="color:{COLOURS.get(s.policy, "#333")}">&#9632; '
        f"{escape(NAMES.get(s.policy, s.policy))}</span>"
        for s in shifts
    )

    def curves(of: str) -> list[Curve]:
        return [
            Curve(
                label=NAMES.get(s.policy, s.policy),
                colour=COLOURS.get(s.policy, "#333"),
                values=getattr(s.truth, of),
            )
            for s in shifts
        ]

    weight = plot(
        curves("weight_pct"),
        unit="coat weight, deviation %",
        hours=first.hours,
        limit=WEIGHT_LIMIT_PCT,
        marks=marks,
    )
    porosity = plot(
        curves("porosity_pp"),
        unit="porosity, deviation pp",
        hours=first.hours,
        limit=POROSITY_LIMIT_PP,
        marks=marks,
    )
    return (
        f'<h2>Coat weight at the die</h2><p class="key">{key}<span>green: tolerance; '
        f"dashed: a fault begins</span></p>{weight}<h2>Porosity behind the nip</h2>{porosity}"
    )


def _faults(detection: DetectionScore) -> str:
    rows = []
    for found in sorted(detection.found, key=lambda f: f.fault.at_s):
        delay = "missed" if found.delay_s is None else f"{found.delay_s:.2f}"
        bound = f"{found.bound_s:.2f}" if math.isfinite(found.bound_s) else "not detectable"
        ratio = "" if found.ratio is None else f"{found.ratio:.2f}"
        rows.append(
            f"<tr><td>{clock(found.fault.at_s)}</td><td>{escape(found.fault.kind)}</td>"
            f'<td class="n">{found.fault.size:g}</td><td class="n">{delay}</td>'
            f'<td class="n">{bound}</td><td class="n">{ratio}</td></tr>'
        )
    head = ("onset", "fault", "size", "time to detect s", "bound s", "ratio")
    delays = detection.delays_s()
    summary = (
        f"Median {quantile(delays, 0.5):.2f} s, 95th percentile {quantile(delays, 0.95):.1f} s, "
        f"missed {detection.missed()} of {len(detection.found)}."
    )
    false = ", ".join(f"{escape(n)} {r:.2g}" for n, r in detection.false_per_shift().items())
    return (
        f"<h2>What was wrong, and how soon it was known</h2><p>{summary} Detections that no "
        f"fault explains, per 8 h: {false or 'none'}.</p>{table(head, rows)}"
    )


def _log(shifts: Sequence[Shift]) -> str:
    closed = [s for s in shifts if s.policy == CLOSED]
    shift = closed[0] if closed else shifts[-1]
    shown = [e for e in shift.entries if e.kind != "action" or "gain" in e.name]
    actions = sum(e.kind == "action" for e in shift.entries)
    rows = [
        f'<tr class="{entry.kind}"><td>{clock(entry.at_s)}</td><td>{entry.kind}</td>'
        f"<td>{escape(entry.name)}</td><td>{escape(entry.text)}</td></tr>"
        for entry in shift.entries[:MOST_ROWS]
    ]
    more = len(shift.entries) - MOST_ROWS
    tail = f"<p>{more} more in the ledger.</p>" if more > 0 else ""
    name = escape(NAMES.get(shift.policy, shift.policy))
    return (
        f"<h2>What the model saw, decided and corrected ({name})</h2><p>{len(shown)} detections, "
        f"decisions and alarms, {actions} set-points and maps moved.</p>"
        f"{table(('time', 'kind', 'what', 'evidence, reason, value'), rows)}{tail}"
    )


def _words() -> str:
    return (
        "<h2>How the figures are made</h2><ul>"
        "<li>Same seed, same plant, same noise and faults for every policy.</li>"
        "<li>Bound of the spread: minimum variance of walk and wander behind the "
        f"{DELAY_S:.2f} s from die to wet gauge, plus ripple and backing roll, on which nothing "
        "can act.</li>"
        "<li>Bound of the time to detect: transport, one sample, and the samples in which the "
        "fault earns ln(ARL0) of evidence against the sensor's noise and the line's own "
        "wander.</li>"
        "<li>Cost: every metre out of tolerance is scrapped where it was made, on top of the "
        "chain's usual yields; material and conversion of a 77.5 Ah pouch cell.</li></ul>"
    )
