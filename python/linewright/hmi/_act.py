"""Acting: two steps, by a named person, on the line as that person saw it, once.

First an action is prepared: it is checked, said in words, and gets a token. Confirmed within
`EXPIRES_S`, the line is looked at again, and the command goes over the bus under the person's name,
so that it stands in the ledger. The same key prepares the same action; the same token gives the
same answer. A command is sent again under the same number when no answer came: the core takes it
once.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from linewright import messages as m
from linewright.bus import Operator
from linewright.hmi._meaning import HANDLED, Asked, Meanings, RefusedActError
from linewright.hmi._users import Person, Role

if TYPE_CHECKING:
    from linewright.hmi._follow import Follower
    from linewright.hmi._views import Views

EXPIRES_S = 30.0
KEPT_MOST = 500
ANSWER_S = 2.0
TRIES = 3


class _Prepared(msgspec.Struct, kw_only=True):
    token: str
    key: tuple[str, str]
    asked: Asked
    person: Person
    says: str
    orders: tuple[m.Action, ...]
    until_s: float
    lock: threading.Lock
    answer: dict[str, Any] | None = None


class Desk:
    """Prepares and confirms actions on one line."""

    def __init__(
        self, line: Follower, views: Views, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._line, self._views, self._now_s = line, views, now_s
        self._meanings = Meanings(line)
        self._lock = threading.Lock()
        self._by_token: OrderedDict[str, _Prepared] = OrderedDict()
        self._by_key: dict[tuple[str, str], _Prepared] = {}
        self.done = 0
        self.refused = 0

    # -- the first step ------------------------------------------------------------------------

    def prepare(self, person: Person, body: bytes) -> dict[str, Any]:
        """Check an action and say what it will do."""
        try:
            asked = msgspec.json.decode(body, type=Asked)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise RefusedActError(400, f"not an action: {error}") from None
        if not 8 <= len(asked.key) <= 100:
            raise RefusedActError(400, "key must have 8 to 100 characters")
        self._short(asked)
        if not person.name:
            raise RefusedActError(401, "log in to act")
        needed: Role = "engineer" if asked.action == "set" else "operate"
        if not person.may(needed):
            raise RefusedActError(403, f"{asked.action} needs the role {needed}")
        with self._lock:
            known = self._by_key.get((person.name, asked.key))
            if known is not None:
                if known.asked != asked:
                    raise RefusedActError(409, "this key was used for another action")
                return self._said(known)
        says, orders = self._meanings.of(person.name, asked)
        self._as_seen(asked)
        prepared = _Prepared(
            token=secrets.token_urlsafe(24),
            key=(person.name, asked.key),
            asked=asked,
            person=person,
            says=says,
            orders=orders,
            until_s=self._now_s() + EXPIRES_S,
            lock=threading.Lock(),
        )
        with self._lock:
            known = self._by_key.setdefault(prepared.key, prepared)
            if known is prepared:
                self._by_token[prepared.token] = prepared
                while len(self._by_token) > KEPT_MOST:
                    _, old = self._by_token.popitem(last=False)
                    del self._by_key[old.key]
        return self._said(known)

    @staticmethod
    def _short(asked: Asked) -> None:
        for name in (
            "alarm",
            "reason",
            "actuator",
            "station",
            "name",
            "unit",
            "order",
            "what",
            "machine",
            "recipe",
            "verdict",
        ):
            if len(getattr(asked, name)) > 300:
                raise RefusedActError(400, f"{name} must have at most 300 characters")
        if len(asked.text) > 2000:
            raise RefusedActError(400, "text must have at most 2000 characters")

    def _said(self, prepared: _Prepared) -> dict[str, Any]:
        left_s = max(0.0, prepared.until_s - self._now_s())
        return {"token": prepared.token, "says": prepared.says, "expires_s": left_s}

    # -- the line as it was seen -------------------------------------------------------------------

    def _as_seen(self, asked: Asked) -> None:
        """Refuse when the line is not what the person saw."""
        expected = asked.expected or {}
        if not self._line.live:
            raise RefusedActError(409, "the line does not answer")
        now = self._now(asked)
        for name, value in expected.items():
            if name in now and not _alike(now[name], value, self._slack(asked)):
                raise RefusedActError(409, f"{name} is {now[name]!r} now, {value!r} was seen")

    def _now(self, asked: Asked) -> dict[str, Any]:
        if asked.action in HANDLED:
            with self._line.lock:
                alarm = self._line.alarms.book.alarm(asked.alarm)
            return {"state": "normal" if alarm is None else str(alarm.state)}
        if asked.action == "manual":
            return self._views.actuator(asked.actuator)
        if asked.action == "set":
            return {"value": self._views.parameter(asked.name)}
        shown = self._views.overview()
        return {name: shown[name] for name in ("mode", "armed", "tripped")}

    def _slack(self, asked: Asked) -> float:
        """How far a number may have moved since it was seen: an actuator that a loop moves, by a
        twentieth of its range."""
        if asked.action != "manual":
            return 0.0
        limits = (self._line.where.actuators or {}).get(asked.actuator) or {"lo": 0.0, "hi": 0.0}
        return 0.05 * float(limits["hi"] - limits["lo"])

    # -- the second step -----------------------------------------------------------------------

    def confirm(self, person: Person, body: bytes) -> dict[str, Any]:
        """Do what was prepared, once."""
        try:
            token = msgspec.json.decode(body, type=dict[str, str]).get("token", "")
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise RefusedActError(400, "a token is wanted") from None
        if not person.name:
            raise RefusedActError(401, "log in to act")
        with self._lock:
            prepared = self._by_token.get(token)
        if prepared is None or prepared.person.name != person.name:
            raise RefusedActError(404, "nothing was prepared under this token")
        with prepared.lock:
            if prepared.answer is None:
                prepared.answer = self._decided(prepared, person)
            return prepared.answer

    def _decided(self, prepared: _Prepared, person: Person) -> dict[str, Any]:
        needed: Role = "engineer" if prepared.asked.action == "set" else "operate"
        if not person.may(needed):
            return self._refusal(f"it needs the role {needed}")
        if self._now_s() > prepared.until_s:
            return self._refusal(f"it was not confirmed within {EXPIRES_S:g} s")
        try:
            self._as_seen(prepared.asked)
        except RefusedActError as error:
            return self._refusal(error.reason)
        answer = {"status": "no_answer", "reason": ""}
        for order in prepared.orders:
            answer = self._send(order)
            if answer["status"] in ("refused", "expired", "no_answer"):
                self.refused += 1
                return answer
        self.done += 1
        return answer

    def _refusal(self, reason: str) -> dict[str, Any]:
        self.refused += 1
        return {"status": "refused", "reason": reason}

    def _send(self, order: m.Action) -> dict[str, Any]:
        run_dir = self._line.where.run_dir
        if run_dir is None:
            return {"status": "no_answer", "reason": "there is no running line"}
        try:
            with Operator(run_dir) as operator:
                ack = command_once(operator, order)
        except (OSError, ValueError) as error:
            return {"status": "no_answer", "reason": str(error)}
        if ack is None:
            reason = "the line did not answer; look at the corrections whether it was taken"
            return {"status": "no_answer", "reason": reason}
        return {"status": ack.status, "reason": ack.reason, "tick": ack.tick}


def command_once(operator: Operator, order: m.Action) -> m.Ack | None:
    """Give a command; sent again under its number until it is answered, for the core takes a number
    once."""
    status = operator.status(ANSWER_S)
    if status is None:
        return None
    tick = int((status["core"] or {}).get("tick", status["bus"]["core_tick"]))
    frame = operator.frame(m.Command(0, order), tick, tick + operator.window_ticks)  # type: ignore[arg-type]
    for _ in range(TRIES):
        got = operator.ask(frame, m.Ack, ANSWER_S)
        if isinstance(got, m.Ack):
            return got
    return None


def _alike(now: Any, seen: Any, slack: float) -> bool:
    """Is what was seen what is, as far as a page can know a number?"""
    numbers = isinstance(now, float | int) and isinstance(seen, float | int)
    if numbers and not isinstance(now, bool) and not isinstance(seen, bool):
        return abs(float(now) - float(seen)) <= slack + 1e-9 * max(1.0, abs(float(now)))
    return bool(now == seen)
