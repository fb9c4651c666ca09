"""What became of orders goes out to the plant's system: from the ledger by row, each once.

Store and forward: the ledger is the store, a small file keeps the row up to which all is there. A
plant system that is away is tried again with growing pauses, in order, and nothing is lost by a
restart on either side. Each message carries an `Idempotency-Key` of order, event and row, so that
one that arrived without an answer may come twice and count once.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linewright import _core

OUT = frozenset({"started", "verified", "rejected", "cancelled"})
"""What goes out; what was received the plant's system knows."""
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
TIMEOUT_S = 5.0
AT_ONCE = 100
Send = Callable[[Mapping[str, Any], str], int]
"""Sends a document under a key; gives the HTTP status, raises `OSError` when nobody answers."""


def post(url: str, token: str = "") -> Send:
    """A sender that POSTs JSON to `url`.

    Raises `ValueError` when `url` is not http or https.
    """
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"url must begin with http:// or https://, was {url!r}")

    def send(document: Mapping[str, Any], key: str) -> int:
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(url, json.dumps(document).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return int(error.code)

    return send


@dataclass
class Outbox:
    """Rows of one ledger on their way out."""

    ledger: Path
    cursor: Path
    """File that keeps the last row that needs nothing more."""
    send: Send
    refused: int = 0
    """Messages that the plant's system will not have (4xx); they are not tried again."""
    sent: int = 0
    pause_s: float = 0.0
    """Wait this long before the next pump; 0 while all is well."""
    says: str = ""
    """What went wrong last."""

    def pump(self) -> int:
        """Send what is due, in order, until all is out or something fails; how many went out."""
        done = 0
        try:
            rows = _core.ledger_rows(str(self.ledger), since=self._row(), kinds=["order"])
        except _core.LedgerError as error:
            self._failed(f"the ledger cannot be read: {error}")
            return done
        for row in rows[:AT_ONCE]:
            if row["body"].get("what") in OUT and not self._out(row):
                return done
            done += row["body"].get("what") in OUT
            self._keep(int(row["seq"]))
        self.pause_s = 0.0
        return done

    def _out(self, row: Mapping[str, Any]) -> bool:
        """Send one row; false when it has to be tried again."""
        body, seq = row["body"], int(row["seq"])
        key = f"{body.get('order')}-{body.get('what')}-{seq}"
        plain = {name: value for name, value in body.items() if name not in ("id", "toml")}
        try:
            status = self.send({"row": seq, **plain}, key)
        except OSError as error:
            self._failed(f"nobody answers: {error}")
            return False
        if 200 <= status < 300 or status == 409:  # there already
            self.sent += 1
            return True
        if 400 <= status < 500 and status not in (408, 425, 429):
            self.refused += 1
            self.says = f"row {seq} was refused with {status}"
            return True
        self._failed(f"answered {status}")
        return False

    def _failed(self, says: str) -> None:
        self.says = says
        self.pause_s = min(LONGEST_PAUSE_S, 2.0 * self.pause_s or FIRST_PAUSE_S)

    def _row(self) -> int:
        try:
            return int(json.loads(self.cursor.read_text())["row"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0  # all again: the keys make them count once

    def _keep(self, row: int) -> None:
        part = self.cursor.with_suffix(".part")
        part.write_text(json.dumps({"row": row}))
        part.replace(self.cursor)
