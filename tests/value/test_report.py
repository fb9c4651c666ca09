"""The report page: complete, self-contained, safe against what names may hold."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from linewright.report import write_report
from linewright.report._plot import Curve, plot
from linewright.value.detection import DetectionScore, Fault, Found
from linewright.value.shift import Entry, Shift, Truth

VOID = {"meta", "rect", "line"}


class Balance(HTMLParser):
    """Every tag that opens closes, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [v or "" for k, v in attrs if k in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [v or "" for k, v in attrs if k in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.open.pop() == tag


def shift(policy: str, name: str = "coater.solids_shift") -> Shift:
    truth = Truth(
        weight_pct=[0.1 * (i % 7) for i in range(3600)],
        porosity_pp=[-0.1] * 3600,
        weight_var_pct2=0.02,
        weight_mean_pct=0.0,
        tones_var_pct2=0.01,
        coated_m=3600.0,
        coated_bad_m=12.0,
        pressed_m=3600.0,
        pressed_bad_m=0.0,
        faults=(Fault(kind="solids_switch", at_s=1800.0, size=0.5),),
    )
    entries = (
        Entry(at_s=1800.1, kind="detection", name=name, text="cusum 45"),
        Entry(at_s=1801.0, kind="decision", name="ask the mixer", text="because: of it"),
        Entry(at_s=1801.0, kind="action", name="coater.dry_offset", text="applied 0.001"),
    )
    return Shift(policy=policy, seed=4, hours=1.0, truth=truth, entries=entries)


SCORE = DetectionScore(
    found=(
        Found(fault=Fault(kind="solids_switch", at_s=1800.0, size=0.5), delay_s=0.1, bound_s=0.1),
        Found(fault=Fault(kind="roll_heat", at_s=2000.0, size=2.0), delay_s=None, bound_s=900.0),
    ),
    false_alarms={"coater.weight_shift": 1},
    hours=1.0,
)


def test_the_page_holds_figures_faults_decisions_and_actions(tmp_path: Path) -> None:
    shifts = [shift(p) for p in ("open", "playbook", "closed")]
    text = write_report(tmp_path / "deep" / "report.html", shifts, SCORE).read_text()
    for word in (
        *("open loop", "playbook", "closed loop", "0:30:00", "missed", "ask the mixer"),
        *("coater.solids_shift", "coater.dry_offset", "cusum 45", "weight_shift 8"),
    ):
        assert word in text
    assert text.count("<svg") == 2
    assert text.count("<polyline") == 6


def test_the_page_is_well_formed_and_needs_no_other_file(tmp_path: Path) -> None:
    text = write_report(tmp_path / "r.html", [shift("closed")], SCORE).read_text()
    parser = Balance()
    parser.feed(text)
    assert parser.links == []
    assert [t for t in parser.open if t != "html"] == []
    assert "http" not in text
    assert not re.search(r"<script|url\(|@import", text)


def test_names_cannot_break_the_page(tmp_path: Path) -> None:
    bad = shift("closed", name="<script>alert(1)</script>")
    text = write_report(tmp_path / "r.html", [bad], None).read_text()
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_no_peak_is_lost_in_a_plot() -> None:
    values = [0.0] * 28_800
    values[12_345] = 3.0
    svg = plot([Curve(label="x", colour="#000", values=values)], unit="%", hours=8.0, limit=1.5)
    points = re.search(r'points="([^"]*)"', svg)
    assert points is not None
    ys = [float(pair.split(",")[1]) for pair in points[1].split()]
    assert len(ys) <= 1300
    assert min(ys) < 0.5 * (sum(ys) / len(ys))
