"""What leases, commands and modes should do, said once more and shorter: no code is shared with
the core, and none of it was written from the core's."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from gate_rig import CAP_TICKS, HI, KEYS, LEASE_TICKS, LO, STATIONS
from linewright import messages as m

Answer = tuple[str, frozenset[str]]
"""Status, and the reasons any of which is right."""
APPLIED: Answer = ("applied", frozenset({""}))


def refused(*reasons: str) -> Answer:
    return "refused", frozenset(reasons)


@dataclass
class Actuator:
    """One actuator: who holds it, and what moves it."""

    token: int = 0
    granted: bool = False
    """A lease was given in this run."""
    held: bool = False
    until: int = -1
    armed: bool = False
    manual: bool = False
    state: str = "advisory"

    def holds(self, tick: int) -> bool:
        return self.held and tick <= self.until

    def claim(self, token: int, tick: int) -> Answer | None:
        if self.holds(tick):
            return None if token == self.token else refused("fenced")
        if not self.granted or token == self.token:
            return refused("fenced", "no_lease")
        return refused("fenced")


@dataclass
class Sender:
    """What is remembered of a sender."""

    epoch: int = 0
    seq: int = 0
    answers: dict[int, m.Ack] = field(default_factory=dict)


class Model:
    """The whole line."""

    def __init__(self) -> None:
        self.senders = {key: Sender() for key in KEYS.values()}
        self.tokens = {0}
        self.start()

    def start(self) -> None:
        """A core comes up: nothing is armed, nobody holds anything, old answers are gone; what was
        numbered stays numbered."""
        self.mode = "advisory"
        self.tick = 0
        self.actuators = {name: Actuator() for name in STATIONS}
        for sender in self.senders.values():
            sender.answers = {}

    # -- one command -------------------------------------------------------------------------------

    def identify(self, stamp: m.Stamp) -> str:
        """`new`, `again`, `passed`, `old`."""
        sender = self.senders[stamp.sender]
        if stamp.epoch < sender.epoch:
            return "old"
        if stamp.epoch > sender.epoch:
            self.senders[stamp.sender] = sender = Sender(stamp.epoch)
        if stamp.seq > sender.seq:
            sender.seq = stamp.seq
            return "new"
        return "again" if stamp.seq in sender.answers else "passed"

    def command(self, stamp: m.Stamp, action: m.AnyAction, token: int) -> Answer:
        """What a new command is answered, and what it changes."""
        role = next(name for name, key in KEYS.items() if key == stamp.sender)
        wrong = self.operators(action) if role == "operator" else self.stations(role, action)
        if wrong is not None:
            return wrong
        width = stamp.not_after_tick - stamp.based_on_tick
        if not 0 <= width <= CAP_TICKS:
            return refused("window_too_long")
        if stamp.based_on_tick > self.tick:
            return refused("from_the_future")
        if self.tick > stamp.not_after_tick:
            return "expired", frozenset({"too_late"})
        return self.act(role, action, token)

    def operators(self, action: m.AnyAction) -> Answer | None:
        match action:
            case m.Manual(actuator, value, who):
                if actuator.removesuffix(".mv") not in STATIONS:
                    return refused("unknown_name")
                if math.isnan(value):
                    return refused("not_finite")
                return None if who.strip() else refused("not_allowed")
            case m.Arm(who) | m.Reset(who):
                return None if who.strip() else refused("not_allowed")
            case m.Mode():
                return None
        return refused("not_allowed")

    def stations(self, role: str, action: m.AnyAction) -> Answer | None:
        match action:
            case m.Acquire(name) | m.Release(name) | m.Renew([name]):
                known, own = name.removesuffix(".mv") in STATIONS, name == f"{role}.mv"
            case m.Set(name, value, unit):
                known, own = name.removesuffix(".sp") in STATIONS, name == f"{role}.sp"
                if own and unit != "L/min":
                    return refused("wrong_unit")
                if own and math.isnan(value):
                    return refused("not_finite")
            case _:
                return refused("not_allowed")
        if not known:
            return refused("unknown_name")
        return None if own else refused("not_allowed")

    def act(self, role: str, action: m.AnyAction, token: int) -> Answer:
        match action:
            case m.Mode(mode):
                self.mode = mode
                if mode == "advisory":
                    for of in self.actuators.values():
                        of.armed = of.manual = False
            case m.Arm():
                if self.mode != "closed":
                    return refused("not_permitted")
                for of in self.actuators.values():
                    of.armed, of.manual = True, False
            case m.Manual(name, value, _):
                of = self.actuators[name.removesuffix(".mv")]
                of.armed, of.manual = False, True
                if not LO <= value <= HI:
                    return "limited", frozenset({""})
            case m.Reset():
                pass
            case _:
                return self.act_station(self.actuators[role], action, token)
        return APPLIED

    def act_station(self, of: Actuator, action: m.AnyAction, token: int) -> Answer:
        match action:
            case m.Acquire():
                if of.holds(self.tick):
                    of.armed = False
                of.held = of.granted = True
                of.until = self.tick + LEASE_TICKS
                of.token = -1  # whatever the answer says; see `given`
            case m.Renew():
                wrong = of.claim(token, self.tick)
                if wrong is not None:
                    return wrong
                of.until = self.tick + LEASE_TICKS
            case m.Release():
                wrong = of.claim(token, self.tick)
                if wrong is not None:
                    return wrong
                of.held = of.armed = False
            case m.Set(_, value, _):
                if token and of.claim(token, self.tick) is not None:
                    return refused("fenced")
                if of.state != "closed":
                    return "advisory", frozenset({""})
                if not 1.0 <= value <= 9.0:
                    return "limited", frozenset({""})
        return APPLIED

    def given(self, name: str, token: int) -> None:
        """The token an `acquire` was answered with: above every one there ever was."""
        assert token > max(self.tokens), (token, max(self.tokens))
        self.tokens.add(token)
        self.actuators[name].token = token

    # -- one tick ----------------------------------------------------------------------------------

    def end_tick(self) -> None:
        """Leases that were not renewed end; then each actuator goes where it belongs."""
        for of in self.actuators.values():
            if of.held and self.tick > of.until:
                of.held = of.armed = False
            if of.manual:
                of.state = "manual"
            elif self.mode == "closed" and of.armed and of.held:
                of.state = "closed"
            elif of.state == "closed":
                of.state = "fallback"
            elif of.state == "manual" or (of.state == "fallback" and self.mode == "advisory"):
                of.state = "advisory"
        self.tick += 1

    def seen(self) -> dict[str, object]:
        """As `Rig.seen`."""
        found: dict[str, object] = {"mode": self.mode}
        for name, of in self.actuators.items():
            found[name] = (of.state, of.armed, name if of.held else None, None)
        return found
