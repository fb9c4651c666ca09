"""The talk with one vehicle: orders given, held against what it reports, repeated when lost.

Pure: messages and times come in, messages and events go out. Loss rules (QoS 0 may lose anything):
an order, update or cancel that the vehicle's state does not show is sent again under its old
numbers; a state that is older than the last one is skipped; a vehicle that is silent is asked, then
lost; an order that was given up and turns up again is cancelled.

Source: VDA 5050, version 2.1.0 (2024), sections 6.1.2, 6.6.2 to 6.6.4, 6.10.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from linewright.vda5050 import events as e
from linewright.vda5050.header import seconds
from linewright.vda5050.layout import Layout, LayoutError
from linewright.vda5050.messages import (
    Action,
    Connection,
    InstantActions,
    State,
)
from linewright.vda5050.plan import Errand, Task, plan
from linewright.vda5050.plug import Plug
from linewright.vda5050.reading import Age, active, busy, report, start_of
from linewright.vda5050.rules import Rules
from linewright.vda5050.work import Out, Work

REMEMBERED = 64
"""Jobs and given-up orders that are still known."""


@dataclass(order=True, slots=True)
class _Waiting:
    priority: float
    number: int
    job: Task = field(compare=False)
    load: Mapping[str, Any] = field(compare=False)


class Dialogue:
    """One vehicle's part of the dispatch.

    Parameters
    ----------
    vehicle
        Its name in the fleet.
    session
        Begins every order id; must differ from that of every earlier run.
    """

    def __init__(self, vehicle: e.Name, layout: Layout, rules: Rules, session: str) -> None:
        self.vehicle = vehicle
        self.state: State | None = None
        """The newest state heard."""
        self.lost = True
        self.link: str | None = None
        self.layout = layout
        self._rules = rules
        self._session = session
        self._number = 0
        self._instants = 0
        self._heard_s = float("-inf")
        self._asked_s = float("-inf")
        self._quiet_s = float("-inf")
        self._age = Age()
        self._plug = Plug(rules, session, 0)
        self._work: Work | None = None
        self._waiting: list[_Waiting] = []
        self._known: deque[e.Name] = deque(maxlen=REMEMBERED)
        self._retired: dict[str, tuple[str, ...]] = {}
        """Ways of orders that ended or were given up, by order id."""
        self._strayed: tuple[str, float] | None = None

    @property
    def job(self) -> e.Name | None:
        """The transport it works on."""
        return None if self._work is None else self._work.job.id

    @property
    def busy(self) -> bool:
        """Has it anything to do?"""
        return self._work is not None or bool(self._waiting)

    def give(self, job: Task, now_s: float, load: Mapping[str, Any]) -> list[Out]:
        """A transport to do; one that is known already changes nothing."""
        if job.id in self._known:
            return []
        because = self._unable()
        if because is None and len(self._waiting) >= self._rules.waiting:
            because = f"{len(self._waiting)} transports wait for it already"
        ends = (job.target,) if isinstance(job, Errand) else (job.source, job.target)
        for station in ends:
            if because is None and station not in self.layout.stations:
                because = f"no station {station!r} in the layout"
        if because is not None:
            return [e.Refused(self.vehicle, job.id, because)]
        self._known.append(job.id)
        self._number += 1
        heapq.heappush(self._waiting, _Waiting(job.priority, self._number, job, load))
        return self._start(now_s)

    def cancel(self, job: e.Name, now_s: float) -> list[Out]:
        """Take a transport back; `Cancelled` follows when the vehicle has given it up."""
        for entry in self._waiting:
            if entry.job.id == job:
                self._waiting.remove(entry)
                heapq.heapify(self._waiting)
                return [e.Cancelled(self.vehicle, job, loaded=False)]
        if self._work is None or self._work.job.id != job:
            return []
        return self._work.cancel("cancelled", now_s, wanted=True)

    def redirect(self, job: e.Name, target: str, now_s: float) -> list[Out]:
        """Another target for a transport; possible as long as its end is not released."""
        if self._work is None or self._work.job.id != job:
            return [e.NotRedirected(self.vehicle, job, target, "it is not underway")]
        return self._work.redirect(target, now_s)

    def ask(self, kind: str) -> list[Out]:
        """An instant action without parameters, once."""
        return [self._instant(kind)]

    def hear_connection(self, message: Connection) -> list[Out]:
        """What the vehicle, or the broker for it, says of its connection."""
        if message.connection_state == self.link:
            return []
        self.link = message.connection_state
        out: list[Out] = [e.LinkChanged(self.vehicle, self.link)]
        if self.link == "OFFLINE" and not self.lost:
            out += self._lose("it went offline")
        if self.link == "ONLINE":
            self._age = Age()
            out += [self._instant("stateRequest")] if self.lost else []
        return out

    def hear_state(self, state: State, now_s: float) -> list[Out]:
        """A report of the vehicle; one older than the last is skipped."""
        if not self._age.newer(state.header_id, seconds(state.timestamp)):
            return []
        self.state, self._heard_s = state, now_s
        out: list[Out] = []
        if self.lost:
            self.lost = False
            out.append(e.Found(self.vehicle))
        if self.link in ("OFFLINE", "CONNECTIONBROKEN"):
            # The will of an old session may come after the new one has begun.
            self.link = "ONLINE"
            out.append(e.LinkChanged(self.vehicle, self.link))
        ours = self._work is not None and state.order_id == self._work.plan.order_id
        out.append(report(self.vehicle, state, now_s, self.job if ours else None))
        if not ours:
            out += self._stray(state, now_s)
        if self._work is not None:
            out += self._follow(self._work, state, now_s)
        return out + self._start(now_s)

    def tick(self, now_s: float) -> list[Out]:
        """What is due: repeats, questions, losses."""
        if self.lost:
            return []
        silent_s = now_s - self._heard_s
        if silent_s > self._rules.lost_s:
            return self._lose(f"silent for {silent_s:.0f} s")
        out: list[Out] = []
        if silent_s > self._rules.ask_s and now_s - self._asked_s >= self._rules.resend_s:
            self._asked_s = now_s
            out.append(self._instant("stateRequest"))
        if self._work is not None and self.link != "CONNECTIONBROKEN":
            out += self._work.due(now_s)
            if self._work.over:
                self._end(self._work, now_s)
        return out + self._start(now_s)

    def _follow(self, work: Work, state: State, now_s: float) -> list[Out]:
        out = work.hear(state, now_s)
        if work.over:
            self._end(work, now_s)
        return out

    def _end(self, work: Work, now_s: float) -> None:
        """A cancel that may still be underway must not hit the next order."""
        if work.cancel_open:
            self._quiet_s = now_s + self._rules.resend_s
        self._retired[work.plan.order_id] = work.plan.nodes
        while len(self._retired) > REMEMBERED:
            del self._retired[next(iter(self._retired))]
        if not work.accepted and work.job.id in self._known:
            self._known.remove(work.job.id)
        self._work = None

    def _lose(self, because: str) -> list[Out]:
        self.lost = True
        self._age = Age()
        out: list[Out] = [e.Lost(self.vehicle, because, self.job)]
        for entry in sorted(self._waiting):
            out.append(self._refused(entry.job.id, f"vehicle is lost: {because}"))
        self._waiting.clear()
        return out

    def _refused(self, job: e.Name, because: str) -> e.Event:
        """Not begun: it may be given again under its name."""
        if job in self._known:
            self._known.remove(job)
        return e.Refused(self.vehicle, job, because)

    def _unable(self) -> str | None:
        """Why it cannot be given anything."""
        if self.state is None or self.lost:
            return "vehicle is lost" if self.state else "nothing was heard of the vehicle yet"
        if self.state.operating_mode not in ("AUTOMATIC", "SEMIAUTOMATIC"):
            return f"vehicle is in mode {self.state.operating_mode}"
        return None

    def _start(self, now_s: float) -> list[Out]:
        """The next transport, when the vehicle has none."""
        out: list[Out] = []
        while self._waiting and self._work is None:
            state = self.state
            if state is None or self.lost or self.link == "CONNECTIONBROKEN" or busy(state):
                break
            if now_s < self._quiet_s:
                break
            if state.battery_state.charging and not self._plug.gives_up(state):
                return out + self._plug.pull(now_s)
            self._plug = Plug(self._rules, self._session, self._number)
            entry = heapq.heappop(self._waiting)
            order_id = f"{self._session}-{entry.number}"
            try:
                because = self._unable()
                if because is not None:
                    raise LayoutError(because)
                start, deviation_m = start_of(state, self.layout, self._retired)
                way = plan(
                    self.layout,
                    order_id,
                    entry.job,
                    start,
                    start_deviation_m=deviation_m,
                    load=entry.load,
                )
            except LayoutError as error:
                out.append(self._refused(entry.job.id, str(error)))
                continue
            self._work = Work(
                self.vehicle,
                entry.job,
                way,
                layout=self.layout,
                rules=self._rules,
                load=entry.load,
                state=state,
            )
            out += self._work.begin(now_s)
        return out

    def _stray(self, state: State, now_s: float) -> list[Out]:
        """An order that was given up and is driven all the same."""
        order_id = state.order_id
        if order_id not in self._retired or not active(state):
            return []
        out: list[Out] = []
        if self._strayed is None or self._strayed[0] != order_id:
            out.append(e.Stray(self.vehicle, order_id))
        elif now_s - self._strayed[1] < self._rules.resend_s:
            return []
        self._strayed = (order_id, now_s)
        return [*out, self._instant("cancelOrder")]

    def _instant(self, kind: str) -> InstantActions:
        self._instants += 1
        action_id = f"{self._session}-{kind}-{self._instants}"
        action = Action(action_type=kind, action_id=action_id, blocking_type="NONE")
        return InstantActions(actions=[action])
