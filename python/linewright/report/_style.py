"""What every page looks like, on a screen and on A4."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

STYLE = """
body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:62em;padding:0 1em;color:#222}
h1{font-size:1.5em;margin-bottom:.2em}h2{font-size:1.15em;margin-top:1.8em}
table{border-collapse:collapse;width:100%;font-size:.92em}
th,td{text-align:left;padding:.25em .6em;border-bottom:1px solid #ddd;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
svg{width:100%;height:auto;font:11px system-ui,sans-serif;background:#fff}
.band{fill:#eaf3ea}.grid{stroke:#ddd}.mark{stroke:#b33;stroke-dasharray:3 3}
.curve{fill:none;stroke-width:1}.right{text-anchor:end}.middle{text-anchor:middle}
.key span{margin-right:1.5em}.detection{background:#fff6ec}.action{color:#555}
.tiles{display:flex;gap:1em;flex-wrap:wrap}
.tile{flex:1 1 12em;border:1px solid #ddd;padding:.7em 1em}
.tile b{display:block;font-size:1.5em}.tile svg{height:3em;width:100%}.quiet{color:#666}
.urgent td:first-child{border-left:4px solid #b00020}.bar{fill:#9a9a9a}
@page{size:A4;margin:14mm}
@media print{body{margin:0;max-width:none;font-size:10pt;padding:0}tr,.tile,svg{break-inside:avoid}
h2{break-after:avoid}.detection{background:none}}
"""


def document(title: str, parts: Iterable[str]) -> str:
    """A page of its own: no script, no other file."""
    return "\n".join(
        [
            '<!doctype html><html lang="en"><meta charset="utf-8">',
            f"<title>{escape(title)}</title><style>{STYLE}</style>",
            f"<h1>{escape(title)}</h1>",
            *parts,
            "</html>\n",
        ]
    )


def table(head: Sequence[str], rows: Iterable[str], *, numbers: bool = False) -> str:
    """A table of rows that are marked up already."""
    kind = ' class="n"' if numbers else ""
    cells = f"<th>{escape(head[0])}</th>" + "".join(f"<th{kind}>{escape(h)}</th>" for h in head[1:])
    return f"<table><tr>{cells}</tr>{''.join(rows)}</table>"


def clock(at_s: float) -> str:
    """Line time as h:mm:ss.

    >>> clock(3725.9)
    '1:02:05'
    """
    whole = int(at_s)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
