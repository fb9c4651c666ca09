"""Orders go into the ledger by the operator's command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from linewright import messages as m
from linewright.bus import Operator


def put_into(run_dir: Path) -> Callable[[Mapping[str, Any]], str]:
    """Puts `order` rows into the ledger of a running line, as its operator."""

    def put(body: Mapping[str, Any]) -> str:
        try:
            with Operator(run_dir) as operator:
                ack = operator.command(m.Record("order", dict(body)))
        except (OSError, TimeoutError) as error:
            return f"no line runs there: {error}"
        if ack is None:
            return "the line did not answer"
        return "" if ack.status in ("applied", "advisory") else f"{ack.status}: {ack.reason}"

    return put
