"""The page of a shift for the one who takes over: readable in two minutes, printed on A4."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from linewright.alarms import Alarm
from linewright.report._shift import ShiftFacts, Told
from linewright.report._style import clock, document, table
from linewright.value.chain import Chain
from linewright.value.detection import quantile
from linewright.value.savings import Estimate, Saving

MOST_EVENTS = 12
MOST_DECISIONS = 8
MOST_ALARMS = 10
MOST_UNITS = 6
URGENT = ("high", "critical")


def write_shift_report(path: Path, facts: ShiftFacts) -> Path:
    """Write the page of a shift to `path`; gives `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(shift_page(facts), encoding="utf-8")
    return path


def shift_page(facts: ShiftFacts) -> str:
    """The page as text; self-contained, no script, no other file."""
    title = f"Shift of {facts.hours_long:.3g} h on {facts.line}"
    return document(
        title,
        [
            f'<p class="quiet">{_when(facts)}</p>',
            _tiles(facts),
            _glance(facts),
            _saved(facts),
            _not_done(facts),
            _alarms(facts),
            _notes(facts),
            _made(facts),
            _happened(facts),
            _words(facts),
        ],
    )


def _when(facts: ShiftFacts) -> str:
    span = f"{clock(facts.from_s)} to {clock(facts.to_s)} of the line's time"
    if facts.wall_s is not None:
        start, end = (
            datetime.fromtimestamp(facts.wall_s + at_s, UTC).strftime("%Y-%m-%d %H:%M")
            for at_s in (facts.from_s, facts.to_s)
        )
        span = f"{start} to {end} UTC, {span}"
    told = "simulated" if facts.simulated else "live"
    modes = "; ".join(escape(mode) for mode in facts.modes[:4])
    return f"{span}; {told}{'; ' + modes if modes else ''}."


# -- the three metrics -----------------------------------------------------------------------------


def _tiles(facts: ShiftFacts) -> str:
    tiles = (_detect_tile(facts), _cost_tile(facts), _changeover_tile(facts))
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _tile(says: str, value: str, note: str, trend: Sequence[float]) -> str:
    return (
        f'<div class="tile">{escape(says)}<b>{escape(value)}</b>{_bars(trend)}'
        f'<span class="quiet">{escape(note)}</span></div>'
    )


def _bars(values: Sequence[float]) -> str:
    """One bar for each, the highest fills the height."""
    if len(values) < 2:
        return ""
    top = max(values) or 1.0
    width = 100.0 / len(values)
    bars = "".join(
        f'<rect class="bar" x="{i * width + 1:.2f}" y="{30 - 28 * v / top:.2f}" '
        f'width="{width - 2:.2f}" height="{28 * v / top:.2f}"><title>{v:.4g}</title></rect>'
        for i, v in enumerate(values)
    )
    return f'<svg viewBox="0 0 100 30" preserveAspectRatio="none" role="img">{bars}</svg>'


def _delays(facts: ShiftFacts) -> list[tuple[float, float]]:
    """When, and how long after its onset, each event was told, s."""
    found = []
    for chain in facts.chains:
        until, at_s = chain.until("detection"), chain.at_s.get("detection")
        if until is not None and at_s is not None:
            found.append((at_s, max(0.0, until[0])))
    return found


def _detect_tile(facts: ShiftFacts) -> str:
    delays = _delays(facts)
    missed = sum(chain.detector == "" for chain in facts.chains)
    if not delays:
        return _tile("Time to detect", "nothing to detect", "no detection in this shift", [])
    value = quantile(sorted(d for _, d in delays), 0.5)
    estimated = any(chain.estimated for chain in facts.chains)
    note = f"median of {len(delays)}" + (f", {missed} missed" if missed else "")
    note += ", onset as the detectors tell it" if estimated else ", onset by the twin's truth"
    hours: dict[int, list[float]] = {}
    for at_s, delay in delays:
        hours.setdefault(int((at_s - facts.from_s) // 3600.0), []).append(delay)
    last = max(hours)
    trend = [quantile(sorted(hours.get(h, [0.0])), 0.5) for h in range(last + 1)]
    return _tile("Time to detect", f"{value:.3g} s", f"{note}; bars: by hour", trend)


def _cost_tile(facts: ShiftFacts) -> str:
    says = "Cost per good cell"
    if facts.savings is not None:
        cost = facts.savings.eur_per_cell
        note = f"95 %: {cost.lo:.2f} to {cost.hi:.2f}, by the record; bars: coater by hour"
        trend = [hour.mean for hour in facts.savings.by_hour]
        return _tile(says, f"{cost.mean:.2f} EUR", f"{note}; {facts.plant}", trend)
    if facts.cost_eur is not None:
        note = f"by finished units alone; {facts.plant}"
        return _tile(says, f"{facts.cost_eur:.2f} EUR", note, [])
    return _tile(says, "not known", "neither a record nor finished units", [])


def _changeover_tile(facts: ShiftFacts) -> str:
    hours = [change.hours for change in facts.hours.changes if change.hours is not None]
    begun = len(facts.hours.changes) - len(hours)
    if not facts.hours.changes:
        return _tile("Changeover", "none", "no change of recipe", [])
    per = ", ".join(
        f"{recipe} {sum(found) / len(found):.2f} h"
        for recipe, found in facts.hours.per_recipe().items()
    )
    note = f"{len(hours)} finished" + (f", {begun} not" if begun else "") + "; bars: one by one"
    return _tile("Changeover to", per or "not finished", note, hours)


# -- what the shift was ----------------------------------------------------------------------------


def _glance(facts: ShiftFacts) -> str:
    urgent = [a for a in facts.alarms if a.priority in URGENT]
    sentences = [
        f"{_count(len(facts.events), 'kind')} of events were detected, "
        f"{_count(facts.alarms_told, 'alarm')} told to the operator, {len(facts.alarms)} "
        f"open now, {len(urgent)} of them urgent.",
    ]
    if facts.savings is not None:
        best = max(facts.savings.savings, key=lambda s: s.saved_m.mean, default=None)
        if best is not None and best.saved_m.mean >= 1.0:
            sentences.append(
                f"Most was saved by {best.correction} ({best.says}): {_range(best.saved_m, 'm')}, "
                f"{_range(best.saved_eur, 'EUR')} (estimate)."
            )
        sentences.append(f"Out of tolerance as made: {_range(facts.savings.out_m, 'm')}.")
    return f"<p>{escape(' '.join(sentences))}</p>"


def _count(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def _range(of: Estimate, unit: str) -> str:
    return f"{of.mean:,.0f} {unit} ({of.lo:,.0f} to {of.hi:,.0f})"


def _saved(facts: ShiftFacts) -> str:
    head = "<h2>What the model corrected, and what it saved</h2>"
    decided = _told(facts.decisions, MOST_DECISIONS, ("decision", "because"))
    if facts.savings is None:
        return f"{head}<p>No estimate: {escape(facts.no_savings)}.</p>{decided}"
    rows = [_saving(saving) for saving in facts.savings.savings]
    missing = "".join(
        f'<p class="quiet">{escape(name)}: {escape(why)}.</p>'
        for name, why in facts.savings.missing.items()
    )
    columns = (
        *("correction", "m saved", "95 %", "EUR per good cell"),
        *("EUR over the shift", "95 %"),
    )
    return (
        f"{head}<p>Estimates from the record: each correction taken out of what the gauges "
        f"measured, the others left as they were; they do not add up.</p>"
        f"{table(columns, rows, numbers=True)}{missing}{decided}"
    )


def _saving(saving: Saving) -> str:
    m, eur, each = saving.saved_m, saving.saved_eur, saving.saved_eur_per_cell
    cells = (
        f"{m.mean:,.0f}",
        f"{m.lo:,.0f} to {m.hi:,.0f}",
        f"{each.mean:.2f}",
        f"{eur.mean:,.0f}",
        f"{eur.lo:,.0f} to {eur.hi:,.0f}",
    )
    marked = "".join(f'<td class="n">{cell}</td>' for cell in cells)
    return f"<tr><td>{escape(saving.correction)}: {escape(saving.says)}</td>{marked}</tr>"


def _not_done(facts: ShiftFacts) -> str:
    lines = []
    if facts.savings is not None and facts.savings.out_m.hi >= 1.0:
        lines.append(
            f"{_range(facts.savings.out_m, 'm')} of web were out of tolerance by weight in spite "
            "of it."
        )
    if facts.savings is not None and facts.savings.pressed_out_m.hi >= 1.0:
        lines.append(
            f"{_range(facts.savings.pressed_out_m, 'm')} of web were pressed out of tolerance by "
            "porosity."
        )
    for machine, share in facts.scrap.items():
        if share > 0.0:
            lines.append(f"{machine}: {share:.1%} of what it finished is lost.")
    for reason, count in facts.refused.items():
        lines.append(f"{count} commands refused: {reason}.")
    if facts.misread:
        lines.append(f"{facts.misread} writes whose read-back did not agree.")
    lines += [f"Missed: {chain.fault}." for chain in facts.chains if chain.detector == ""]
    told = [chain for chain in facts.chains if _told_only(chain)]
    for name in dict.fromkeys(chain.detector for chain in told):
        n = sum(chain.detector == name for chain in told)
        lines.append(f"{name}: told {_count(n, 'time')}, nothing was written for it.")
    listed = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<h2>What it could not</h2>{f'<ul>{listed}</ul>' if lines else '<p>Nothing.</p>'}"


def _told_only(chain: Chain) -> bool:
    return bool(chain.detector) and chain.at_s.get("write") is None


def _alarms(facts: ShiftFacts) -> str:
    if not facts.alarms:
        return "<h2>Open alarms</h2><p>None.</p>"
    rows = [_alarm(alarm) for alarm in facts.alarms[:MOST_ALARMS]]
    more = len(facts.alarms) - MOST_ALARMS
    tail = f"<p>{more} more: linewright alarms list.</p>" if more > 0 else ""
    head = ("since", "priority", "alarm", "cause", "do", "state")
    return f"<h2>Open alarms</h2>{table(head, rows)}{tail}"


def _alarm(alarm: Alarm) -> str:
    state = str(alarm.state).replace("_", " ")
    if alarm.shelved_until_s is not None:
        state += f" by {alarm.shelved_by} until {clock(alarm.shelved_until_s)}"
        state += f": {alarm.shelve_reason}"
    elif alarm.acked_by:
        state += f" by {alarm.acked_by}"
    cells = (
        clock(alarm.raised_s),
        alarm.priority,
        f"{alarm.name}: {alarm.says}",
        alarm.cause,
        alarm.action,
        state,
    )
    urgent = ' class="urgent"' if alarm.priority in URGENT else ""
    return f"<tr{urgent}>{''.join(f'<td>{escape(str(cell))}</td>' for cell in cells)}</tr>"


def _notes(facts: ShiftFacts) -> str:
    rows = [
        f"<tr><td>{clock(float(note['at_s']))}</td><td>{escape(str(note.get('operator', '')))}"
        f"</td><td>{escape(str(note.get('text', '')))}</td></tr>"
        for note in facts.notes
    ]
    if not rows:
        return "<h2>Handover notes</h2><p>None.</p>"
    return f"<h2>Handover notes</h2>{table(('time', 'from', 'note'), rows)}"


def _made(facts: ShiftFacts) -> str:
    if not facts.made:
        return "<h2>What was made</h2><p>No machine put a finished unit down.</p>"
    rows = [
        f'<tr><td>{escape(one.machine)}</td><td class="n">{one.units}</td>'
        f'<td class="n">{one.good}</td><td class="n">{one.amount:,.0f} {escape(one.unit)}</td>'
        f'<td class="n">{one.lost:,.0f} {escape(one.unit)}</td></tr>'
        for one in facts.made
    ]
    page = "<h2>What was made</h2>"
    page += table(("machine", "units", "good", "amount", "lost"), rows)
    bad = [
        f"<tr><td>{clock(one.at_s)}</td><td>{escape(one.machine)} {escape(one.unit)}</td>"
        f"<td>{escape(one.why)}</td><td>{escape(one.made_of)}</td></tr>"
        for one in facts.not_good[:MOST_UNITS]
    ]
    if bad:
        page += table(("time", "not good", "why", "made of"), bad)
    more = len(facts.not_good) - MOST_UNITS
    return page + (f'<p class="quiet">{more} more in the ledger.</p>' if more > 0 else "")


def _happened(facts: ShiftFacts) -> str:
    events = _told(facts.events, MOST_EVENTS, ("event", "answered by"))
    return f"<h2>What happened</h2>{events or '<p>Nothing was detected.</p>'}"


def _told(told: Sequence[Told], most: int, head: tuple[str, str]) -> str:
    if not told:
        return ""
    rows = [
        f"<tr><td>{clock(one.first_s)}</td>"
        f'<td class="n">{one.count}</td><td>{escape(one.name)}</td><td>{escape(one.says)}</td></tr>'
        for one in told[:most]
    ]
    more = len(told) - most
    tail = f'<p class="quiet">{more} more kinds in the ledger.</p>' if more > 0 else ""
    return table(("first", "times", *head), rows) + tail


def _words(facts: ShiftFacts) -> str:
    words = [
        "Time to detect: from the onset to the published detection; without a twin's truth the "
        "onset is the detector's own change point.",
        "Cost: web out of tolerance is scrap on top of the chain's usual yields; EUR over the "
        "shift are what the same good cells would have cost more.",
        "Saved: the weight of every second is drawn from what gauges and laboratory allow, with "
        "and without the correction; the range holds 95 % of the draws.",
        "Changeover: from the last good unit of a recipe to the first of three good ones of the "
        "next, from states and units alone.",
        *facts.remarks,
    ]
    listed = "".join(f"<li>{escape(word)}</li>" for word in words)
    return f'<h2>How the figures are made</h2><ul class="quiet">{listed}</ul>'
