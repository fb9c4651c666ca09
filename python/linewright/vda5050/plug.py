"""Ending a charge before the next order: many vehicles take none while they charge.

Source: VDA 5050, version 2.1.0 (2024), section 6.8.1 (`stopCharging`).
"""

from __future__ import annotations

from linewright.vda5050.messages import Action, InstantActions, State
from linewright.vda5050.rules import Rules


class Plug:
    """Asks for the end of a charge, again when that is lost; one charge, one plug."""

    def __init__(self, rules: Rules, session: str, number: int) -> None:
        self._rules = rules
        self._id = f"{session}-stopCharging-{number}"
        self._sent_s = float("-inf")
        self._tries = 0

    def gives_up(self, state: State) -> bool:
        """Does the vehicle not do it, or not answer? Then the order is sent, for it to decide."""
        told = {action.action_id: action.action_status for action in state.action_states}
        refused = any(
            reference.reference_value == self._id
            for error in state.errors
            for reference in error.error_references or []
        )
        return refused or told.get(self._id) == "FAILED" or self._tries > self._rules.tries

    def pull(self, now_s: float) -> list[InstantActions]:
        """The request, when it is due."""
        if now_s - self._sent_s < self._rules.resend_s:
            return []
        self._sent_s = now_s
        self._tries += 1
        action = Action(action_type="stopCharging", action_id=self._id, blocking_type="HARD")
        return [InstantActions(actions=[action])]
