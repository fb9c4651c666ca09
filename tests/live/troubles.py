"""A line with a calender that works and a station that makes trouble when told."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

from linewright import _core
from live_ledger import body_of
from live_line import LiveLine, alive

TROUBLED = """
[stations.troubled]
plugin = "live_stations:Troubled"
{settings}
"""


class TroubledLine(LiveLine):
    """A live line with a troubled station; `settings` are more lines of its table."""

    def __init__(self, settings: str = "", **more: Any) -> None:
        super().__init__(lease_s=0.5, extra=TROUBLED.format(settings=settings), **more)

    def make(self, what: str) -> None:
        """Trouble in the station's next step."""
        fresh = self.folder / "trouble.wanted"
        fresh.write_text(what)
        fresh.replace(self.folder / "trouble")

    def end_trouble(self) -> None:
        (self.folder / "trouble").unlink(missing_ok=True)

    def began_ns(self) -> int | None:
        """When the trouble began, monotonic."""
        file = self.folder / "trouble.began"
        return int(file.read_text()) if file.exists() else None

    def entry(self) -> dict[str, Any]:
        """What the supervisor says of the troubled station."""
        entry: dict[str, Any] = self.table()["plugins"]["troubled"]
        return entry

    def until_running(self, restarts: int) -> None:
        """Wait until the station is back and works, after so many restarts."""
        try:
            self.until(lambda: self._runs(restarts), f"a station running after {restarts} restarts")
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.table()}\n{self.log()}") from error

    def _runs(self, restarts: int) -> bool:
        return self.entry()["state"] == "running" and self.entry()["restarts"] == restarts

    def log(self) -> str:
        """End of what the station wrote."""
        return (self.run_dir / "troubled.log").read_text(errors="replace")[-2000:]

    def watch_states(self, last: str, every_s: float = 0.005) -> list[tuple[int, str]]:
        """States of the station with the time each was first seen, until `last` is."""
        seen: list[tuple[int, str]] = []

        def look() -> bool:
            state = self.entry()["state"]
            if not seen or seen[-1][1] != state:
                seen.append((time.monotonic_ns(), state))
            return state == last

        self.until(look, f"state {last!r}", every_s)
        return seen

    def rows(self, kind: str, word: str) -> list[Any]:
        """Bodies of a kind in the ledger that hold a word; the line may still run."""
        rows = _core.ledger_rows(str(self.ledger), kinds=[kind])
        bodies = [body_of(row["body"]) for row in rows]
        return [body for body in bodies if word in json.dumps(body)]

    def alarms(self) -> list[Any]:
        """Alarms of the ledger about the station."""
        return self.rows("alarm", "station troubled")


def sleepers(line: LiveLine) -> list[int]:
    """What the station has left behind: processes that work in the line's folder or carry its
    mark."""
    supervisor = line.process.pid if line.process is not None else 0
    mark = f"LINEWRIGHT_PARENT={supervisor}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if mark in variables and alive(int(entry.name)):
            found.append(int(entry.name))
    return found


def name_of(pid: int) -> str:
    """Command of a process."""
    done = subprocess.run(["cat", f"/proc/{pid}/comm"], capture_output=True, text=True, check=False)
    return done.stdout.strip()
