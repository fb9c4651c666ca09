"""One order from its first message to its end.

`sent -> accepted -> (updated)* -> finished | cancelled | failed`, or `sent -> refused`. One message
is open at a time: the next update goes out when the state shows the last one.

Source: VDA 5050, version 2.1.0 (2024), sections 6.6.2 to 6.6.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from linewright.vda5050 import events as e
from linewright.vda5050.layout import Layout, LayoutError
from linewright.vda5050.messages import ENDED, Action, Error, InstantActions, Order, State
from linewright.vda5050.plan import Plan, Task, last_action, pick_id
from linewright.vda5050.reading import active, ended, progress, refusal
from linewright.vda5050.rules import Rules

Out = Order | InstantActions | e.Event


@dataclass(slots=True)
class _Cancel:
    message: InstantActions
    because: str
    wanted: bool
    sent_s: float
    tries: int = 1
    acknowledged: bool = False


class Work:
    """The order a vehicle works on."""

    def __init__(
        self,
        vehicle: e.Name,
        job: Task,
        way: Plan,
        *,
        layout: Layout,
        rules: Rules,
        load: Mapping[str, Any],
        state: State,
    ) -> None:
        self.job = job
        self.plan = way
        self.over = False
        self.accepted = False
        """The vehicle has shown it."""
        self._vehicle = vehicle
        self._layout = layout
        self._rules = rules
        self._load = load
        self._state = state
        self._target = job.target
        self._base = way.base(0, rules.ahead)
        """Decision point of the last message."""
        self._held_base = 0
        """Decision point the vehicle is known to have."""
        self._update_id = 0
        self._open: Order | None = None
        """Message that the state does not show yet."""
        self._sent_s = 0.0
        self._tries = 0
        self._heard = False
        """Since what is open was sent: a silent vehicle may have it."""
        self._known: list[Error] = []
        self._loaded = False
        self._refusals = 0
        self._retry_s = float("-inf")
        self._before: tuple[Plan, str] | None = None
        """Plan and target to go back to when the open message, a new target, is refused."""
        self._wish: str | None = None
        self._cancel: _Cancel | None = None

    @property
    def cancel_open(self) -> bool:
        """Was a cancel sent that the vehicle has not shown?"""
        return self._cancel is not None and not self._cancel.acknowledged

    def begin(self, now_s: float) -> list[Out]:
        """The order itself."""
        return self._send(self.plan.message(self._layout, 0, 0, self._base), now_s)

    def hear(self, state: State, now_s: float) -> list[Out]:
        """What a newer state means for the order."""
        self._state, self._heard = state, True
        if self._cancel is not None:
            self._cancel.acknowledged = self._shows(state, self._cancel)
        if state.order_id != self.plan.order_id:
            return self._elsewhere(state)
        out = self._progress(state)
        ids = self.plan.actions
        if ended(state, ids):
            if self._wish is not None:
                out.append(self._not_redirected(self._wish, "it has ended"))
            return [*out, self._close(state)]
        if self._cancel is not None:
            return out
        for action in state.action_states:
            if action.action_id in ids and action.action_status == "FAILED":
                what = action.action_id.removeprefix(f"{self.plan.order_id}-")
                told = action.result_description or "without a reason"
                return out + self.cancel(f"{what} failed: {told}", now_s, wanted=False)
        if self._open is not None:
            because = refusal(state, self.plan.order_id, self._update_id, self._known)
            return out if because is None else out + self._update_refused(because, now_s)
        return out + self._go_on(now_s)

    def due(self, now_s: float) -> list[Out]:
        """What must be sent again."""
        if self._cancel is not None:
            return self._cancel_again(self._cancel, now_s)
        if self._open is None:
            return self._go_on(now_s) if self.accepted else []
        if now_s - self._sent_s < self._rules.resend_s:
            return []
        if self._tries >= self._rules.tries and self._heard:
            because = f"not acknowledged, sent {self._tries} times"
            return self.cancel(because, now_s, wanted=False)
        self._tries += 1
        self._sent_s = now_s
        return [self._open]

    def cancel(self, because: str, now_s: float, *, wanted: bool) -> list[Out]:
        """Ask the vehicle to give the order up; `wanted`: from outside."""
        if self._cancel is not None:
            self._cancel.wanted |= wanted
            return []
        self._cancel = _Cancel(self._cancel_message(), because, wanted, now_s)
        self._heard = False
        return [self._cancel.message]

    def redirect(self, target: str, now_s: float) -> list[Out]:
        """Another target, as soon as nothing is open."""
        if self._cancel is not None:
            return [self._not_redirected(target, "it is being cancelled")]
        if target == self._target and self._wish is None:
            done = self.accepted and self._before is None
            return [e.Redirected(self._vehicle, self.job.id, target)] if done else []
        self._wish = target
        return self._go_on(now_s) if self.accepted and self._open is None else []

    def _send(self, message: Order, now_s: float) -> list[Out]:
        self._open = message
        self._sent_s, self._tries, self._heard = now_s, 1, False
        self._known = list(self._state.errors)
        return [message]

    def _progress(self, state: State) -> list[Out]:
        out: list[Out] = []
        if not self.accepted:
            self.accepted = True
            out.append(e.Accepted(self._vehicle, self.job.id))
        if self._open is not None and state.order_update_id >= self._update_id:
            self._open = None
            self._held_base = self._base
            if self._before is not None:
                self._before = None
                out.append(e.Redirected(self._vehicle, self.job.id, self._target))
        picked = self._status(state).get(pick_id(self.plan.order_id)) == "FINISHED"
        if picked and not self._loaded:
            self._loaded = True
            out.append(e.Loaded(self._vehicle, self.job.id))
        return out

    def _go_on(self, now_s: float) -> list[Out]:
        """The next update, when there is one to send."""
        at = progress(self._state)
        if now_s < self._retry_s:
            return []
        out: list[Out] = []
        old, first = (self.plan, self._target), self._base
        if self._wish is not None:
            target, self._wish = self._wish, None
            action_id = f"{self.plan.order_id}-drop-{self._update_id + 1}"
            try:
                end = last_action(self._layout, self.job, target, action_id, self._load)
                self.plan = self.plan.redirected(self._layout, target, self._base, end)
                self._target, self._before = target, old
            except LayoutError as error:
                out.append(self._not_redirected(target, str(error)))
        if at is not None:
            self._base = max(self._base, self.plan.base(max(at, 0), self._rules.ahead))
        if self._before is None and self._base == first:
            return out
        self._update_id += 1
        message = self.plan.message(self._layout, self._update_id, first, self._base)
        return out + self._send(message, now_s)

    def _update_refused(self, because: str, now_s: float) -> list[Out]:
        self._open = None
        self._base = self._held_base
        self._retry_s = now_s + self._rules.resend_s
        if self._before is not None:
            target = self._target
            (self.plan, self._target), self._before = self._before, None
            return [self._not_redirected(target, because)]
        self._refusals += 1
        if self._refusals < self._rules.tries:
            return []
        return self.cancel(f"update refused, {because}", now_s, wanted=False)

    def _elsewhere(self, state: State) -> list[Out]:
        """The vehicle shows another order: not yet ours, or no more."""
        because: str | None
        if self.accepted:
            because = f"vehicle holds order {state.order_id!r} instead"
        else:
            because = refusal(state, self.plan.order_id, 0, self._known)
            if because is None and self._cancel is not None and self._cancel.acknowledged:
                because = self._cancel.because
        return [] if because is None else [self._end(because)]

    def _close(self, state: State) -> Out:
        """The vehicle has nothing left of the order."""
        status = self._status(state)
        missing = [i for i in self.plan.actions if status.get(i) != "FINISHED"]
        at_end = state.last_node_sequence_id == 2 * self.plan.end and self._open is None
        if at_end and self._held_base == self.plan.end and not missing:
            self.over = True
            return e.Finished(self._vehicle, self.job.id)
        if self._cancel is not None:
            return self._end(self._cancel.because)
        told = ", ".join(f"{i} {status.get(i, 'not told')}" for i in missing)
        return self._end(f"it ended at node {state.last_node_id!r}" + (told and f" with {told}"))

    def _end(self, because: str) -> e.Event:
        self.over = True
        if self._cancel is not None and self._cancel.wanted:
            return e.Cancelled(self._vehicle, self.job.id, loaded=self._loaded)
        if not self.accepted:
            return e.Refused(self._vehicle, self.job.id, because)
        return e.Failed(self._vehicle, self.job.id, because, loaded=self._loaded)

    def _cancel_again(self, cancel: _Cancel, now_s: float) -> list[Out]:
        if cancel.acknowledged or now_s - cancel.sent_s < self._rules.resend_s:
            return []
        if cancel.tries < self._rules.tries or not self._heard:
            cancel.tries += 1
            cancel.sent_s = now_s
            if self._status(self._state).get(cancel.message.actions[0].action_id) in ENDED:
                cancel.message = self._cancel_message(f"-{cancel.tries}")
            return [cancel.message]
        cancel.wanted = False
        return [self._end(f"{cancel.because}; cancelOrder not acknowledged either")]

    def _cancel_message(self, again: str = "") -> InstantActions:
        action = Action(
            action_type="cancelOrder",
            action_id=f"{self.plan.order_id}-cancel{again}",
            blocking_type="HARD",
        )
        return InstantActions(actions=[action])

    def _shows(self, state: State, cancel: _Cancel) -> bool:
        """Does the state answer the cancel: with its action, or with an error about it?

        One that has ended while the order is driven is no answer: an update that came late has
        brought the order back, and a new cancel must follow.
        """
        action_id = cancel.message.actions[0].action_id
        status = self._status(state).get(action_id)
        if state.order_id == self.plan.order_id and active(state):
            return status is not None and status not in ENDED
        return status is not None or any(
            reference.reference_value == action_id
            for error in state.errors
            for reference in error.error_references or []
        )

    def _not_redirected(self, target: str, because: str) -> e.Event:
        return e.NotRedirected(self._vehicle, self.job.id, target, because)

    @staticmethod
    def _status(state: State) -> dict[str, str]:
        return {action.action_id: action.action_status for action in state.action_states}
