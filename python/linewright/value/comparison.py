"""The same shifts with nothing corrected, by the old playbook and in closed loop: three metrics.

Each shift has the faults of `shift_faults` (or none) and one change of recipe from A to B. The same
seed gives every policy the same plant, noise, faults and hour of the change (common random
numbers), so differences are taken seed by seed.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec

from linewright import _core
from linewright.line import load, packaged, run_inline
from linewright.recipes import certify, judge, read_recipe, recipe_of
from linewright.value.changeover import DESK, DRAWS
from linewright.value.cost import DEFAULT_CHAIN, cost_per_good_cell, with_scrap
from linewright.value.evaluation import detect
from linewright.value.hours import Changeover, read_ledger
from linewright.value.policies import read_shift, shift_faults
from linewright.value.scratch import scratch
from linewright.value.shift import MOST_SCRAP
from linewright.value.webquality import WebQuality, web_quality

OPEN, PLAYBOOK, PLAYBOOK_2, CLOSED = "open", "playbook", "playbook 2x", "closed"
POLICIES = (OPEN, PLAYBOOK, CLOSED)
ALL_POLICIES = (OPEN, PLAYBOOK, PLAYBOOK_2, CLOSED)
BY_HAND = "change_by_hand"
CHANGE = "change"
CHANGE_AT_S = 10_800.0
"""When the order for B is there; earlier in a shift that is shorter than 8 h, in proportion."""
SHIFT_H = 8.0
MACHINE = "coater"
"""The machine whose changeover is the headline: it makes the web, the calender follows."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One fault, and when the line knew of it."""

    kind: str
    at_s: float
    ends_s: float
    """When it ended or the shift did."""
    known_s: float | None
    bound_s: float | None = None

    @property
    def delay_s(self) -> float | None:
        """From onset to knowledge; None when it was never known."""
        return None if self.known_s is None else self.known_s - self.at_s

    @property
    def exposed_s(self) -> float:
        """For how long it went on unknown."""
        return (self.ends_s if self.known_s is None else min(self.known_s, self.ends_s)) - self.at_s


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one shift of one policy came to."""

    policy: str
    seed: int
    hours: float
    web: WebQuality
    cost_eur: float
    """Net cost per good cell with this shift's scrap."""
    scrap_eur: float
    """Of it, what the shift's scrap costs: the excess over the same chain without it."""
    seen: tuple[Seen, ...]
    changeovers: dict[str, dict[str, Any]]
    """By machine, as `Changeover.as_json`."""
    false_per_8h: float = 0.0
    decisions: int = 0

    @property
    def exposed_s(self) -> float | None:
        """Mean time that a fault went on unknown, s; None without faults."""
        times = [one.exposed_s for one in self.seen]
        return math.fsum(times) / len(times) if times else None

    @property
    def changeover_h(self) -> float | None:
        """Changeover of the coater, h; at least what passed of it when it was not finished."""
        made = self.changeovers.get(MACHINE)
        if made is None or made["last_good_s"] is None:
            return None
        return float((made["first_good_s"] or made["ended_s"]) - made["last_good_s"]) / 3600.0

    @property
    def changed(self) -> bool:
        """Was the changeover finished within the shift?"""
        made = self.changeovers.get(MACHINE)
        return bool(made and made["finished"])


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is compared: a closed line and its recipes."""

    line: Path
    running: str
    """Text of the recipe file of A."""
    wanted: str
    """Text of that of B; empty: no change."""
    faults: bool = True
    order_at_s: float | None = None
    """When the order for B comes; as `change_at_s` when left out."""

    @classmethod
    def packaged(cls, *, faults: bool = True, order_at_s: float | None = None) -> Case:
        """The line that comes with Linewright, from A to B."""
        line = packaged()[CHANGE]
        a, b = (line.parent / "recipes" / f"{name}.toml" for name in "AB")
        return cls(
            line=line,
            running=a.read_text(),
            wanted=b.read_text(),
            faults=faults,
            order_at_s=order_at_s,
        )


def change_at_s(hours: float) -> float:
    """When the order for B comes in a shift of so many hours, s."""
    return CHANGE_AT_S * min(1.0, hours / SHIFT_H)


@lru_cache(maxsize=4)
def _certificate(running: str) -> str:
    """A release of the recipe that runs from the start: every policy may make it."""
    verdict = judge(recipe_of(running, Path("A.toml")), draws=DRAWS)
    return json.dumps(certify(verdict, now_unix_s=int(time.time()), valid_s=86_400))


def write_policy(
    policy: str, folder: Path, case: Case, *, seed: int, hours: float, faults: Sequence[Any]
) -> Path:
    """The line file of one policy in `folder`; ledger and truth are to land beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "running.toml").write_text(case.running, encoding="utf-8")
    (folder / "running.json").write_text(_certificate(case.running), encoding="utf-8")
    file = case.line if policy == CLOSED else packaged()[BY_HAND]
    text = file.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^seed = .*$", f"seed = {seed}", text)
    text = re.sub(r"(?m)^(hours|duration_s) = .*$", f"hours = {hours!r}", text)
    stated = 'path = "running.toml"\ncertificate = "running.json"'
    text = re.sub(r'(?m)^path = ".*"$', stated, text)
    text = text.replace('permit = "closed"\n', 'permit = "closed"\narm_at_start = "shift lead"\n')
    truth, ledger = (
        json.dumps(str((folder / n).absolute())) for n in ("truth.json", "ledger.sqlite")
    )
    text = text.replace('driver = "twin"\n', f'driver = "twin"\ntruth_file = {truth}\n')
    at_s = change_at_s(hours) if case.order_at_s is None else float(case.order_at_s)
    text = _with_change(text, policy, case, at_s)
    text += f"\n[ledger]\npath = {ledger}\n"
    for fault in faults:
        text += "\n[[io.twin.faults]]\n"
        text += "".join(f"{key} = {json.dumps(value)}\n" for key, value in fault.items())
    made = folder / "line.toml"
    made.write_text(text, encoding="utf-8")
    return made


def _with_change(text: str, policy: str, case: Case, at_s: float) -> str:
    if policy != CLOSED:
        text = re.sub(r"(?s)to = '''.*?'''", lambda _: f"to = {json.dumps(case.wanted)}", text)
        text = re.sub(r"(?m)^at_s = .*$", f"at_s = {at_s!r}", text)
        laboratory = "on_request = true\n"
        if policy == PLAYBOOK_2:
            text = text.replace(laboratory, f"{laboratory}every_s = 1800.0\n")
        if policy == OPEN:
            settings = "[stations.playbook.settings.laboratory]"
            text = text.replace(
                settings, f"[stations.playbook.settings]\ncorrect = false\n\n{settings}"
            )
        return text
    desk = {"running": case.running, "wanted": case.wanted, "at_s": at_s, "roll_m": 2000.0}
    text += f'\n[stations.mes]\nplugin = "{DESK}"\n[stations.mes.settings]\n'
    return text + "".join(f"{key} = {json.dumps(value)}\n" for key, value in desk.items())


def read_outcome(policy: str, folder: Path, case: Case, *, seed: int, hours: float) -> Outcome:
    """What a finished run left."""
    truth = json.loads((folder / "truth.json").read_text())
    a, b = (recipe_of(text, Path("recipe.toml")) for text in (case.running, case.wanted))
    web = web_quality(truth, a, b)
    scrap = {"coat": min(web.coat_share, MOST_SCRAP), "calender": min(web.press_share, MOST_SCRAP)}
    cost = cost_per_good_cell(with_scrap(DEFAULT_CHAIN, scrap)).net_eur
    ledger = folder / "ledger.sqlite"
    decisions = _core.ledger_rows(str(ledger), kinds=["decision"])
    seen, false = _seen(policy, folder, decisions, truth, seed=seed, hours=hours)
    changes = {c.machine: c for c in reversed(read_ledger(ledger).changes)}
    return Outcome(
        policy=policy,
        seed=seed,
        hours=hours,
        web=web,
        cost_eur=cost,
        scrap_eur=cost - cost_per_good_cell(DEFAULT_CHAIN).net_eur,
        seen=seen,
        changeovers={name: Changeover.as_json(change) for name, change in changes.items()},
        false_per_8h=false,
        decisions=len(decisions),
    )


def _seen(
    policy: str,
    folder: Path,
    decisions: Sequence[dict[str, Any]],
    truth: dict[str, Any],
    *,
    seed: int,
    hours: float,
) -> tuple[tuple[Seen, ...], float]:
    """When each fault was known, and detections no fault explains per 8 h.

    By hand any correction counts that rests on a piece made while the fault lasted, whatever it
    was made for; in closed loop only a detection that is a sign of this fault.
    """
    end_s = truth["ticks"] / truth["base_hz"]
    if policy == CLOSED:
        found = detect(read_shift(policy, folder, seed=seed, hours=hours))
        seen = tuple(
            Seen(
                kind=f.fault.kind,
                at_s=f.fault.at_s,
                ends_s=min(f.fault.at_s + f.fault.duration_s, end_s),
                known_s=None if f.delay_s is None else f.fault.at_s + f.delay_s,
                bound_s=f.bound_s if math.isfinite(f.bound_s) else None,
            )
            for f in found.found
        )
        return seen, math.fsum(found.false_per_shift().values())
    corrections = [
        (row["body"]["detail"]["sampled_s"], row["tick"] / truth["base_hz"])
        for row in decisions
        if row["body"]["decision"].startswith(("pump set to", "line load set to"))
    ]
    made = []
    for fault in truth["faults"]:
        at_s = fault["at_s"]
        ends_s = min(at_s + (fault["duration_s"] or math.inf), end_s)
        known = [told for sampled, told in corrections if at_s <= sampled <= ends_s]
        first_s = min(known, default=None)
        made.append(Seen(kind=fault["name"], at_s=at_s, ends_s=ends_s, known_s=first_s))
    return tuple(made), 0.0


def run_policy(policy: str, seed: int, hours: float, case: Case) -> Outcome:
    """One shift of one policy, inline, in a folder of its own that is gone afterwards."""
    faults = shift_faults(seed=seed, hours=hours) if case.faults else []
    with scratch() as folder:
        file = write_policy(policy, folder, case, seed=seed, hours=hours, faults=faults)
        run_inline(load(file), folder)
        return read_outcome(policy, folder, case, seed=seed, hours=hours)


def run_kept(keep: Path | None, policy: str, seed: int, hours: float, case: Case) -> Outcome:
    """`run_policy`, or what an earlier call left of the same shift in the folder `keep`."""
    if keep is None:
        return run_policy(policy, seed, hours, case)
    faults = "faults" if case.faults else "none"
    name = f"{case.line.stem}-{faults}-{hours:g}h-{policy.replace(' ', '_')}-{seed}.json"
    if (keep / name).exists():
        return msgspec.json.decode((keep / name).read_bytes(), type=Outcome)
    outcome = run_policy(policy, seed, hours, case)
    keep.mkdir(parents=True, exist_ok=True)
    part = keep / f"{name}.part"
    part.write_bytes(msgspec.json.encode(outcome))
    part.replace(keep / name)
    return outcome


def run_all(
    seeds: Sequence[int],
    *,
    hours: float,
    case: Case,
    policies: Sequence[str] = POLICIES,
    workers: int = 2,
    keep: Path | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> list[Outcome]:
    """Every policy on every seed, in the order of policies and seeds."""
    done: dict[tuple[str, int], Outcome] = {}
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        jobs = {
            pool.submit(run_kept, keep, policy, seed, hours, case): (policy, seed)
            for seed in seeds
            for policy in policies
        }
        for future in as_completed(jobs):
            done[jobs[future]] = future.result()
            if progress is not None:
                progress(*jobs[future])
    return [done[policy, seed] for policy in policies for seed in seeds]


def read_case(line: Path, running: Path, wanted: Path, *, faults: bool) -> Case:
    """A case from files; the recipes are read and checked.

    Raises `Mistakes` for a recipe that is none.
    """
    for file in (running, wanted):
        read_recipe(file)
    a, b = (file.read_text(encoding="utf-8") for file in (running, wanted))
    return Case(line=line, running=a, wanted=b, faults=faults)
