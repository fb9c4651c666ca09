"""B7: leases, commands and modes against a model, step by step. A step is one frame or one tick;
after each the answer, the mode, and state, arm and holder of every actuator must be the model's."""

from __future__ import annotations

import math
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from gate_rig import CAP_TICKS, KEYS, STATIONS, Rig
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from linewright import messages as m
from protocol_model import Model

SESSIONS = 12
"""Of one run of the machine."""
MEMORY = Path("/dev/shm")
counts = {"steps": 0, "frames": 0, "restarts": 0, "closed": 0}

ACTUATORS = ["one.mv", "two.mv"] * 4 + ["none.mv"]
NAMES = ["Ada"] * 5 + [" "]
VALUES = [2.0, 5.0, 8.0, 0.5, 11.0, math.nan]
TOKENS = ["own"] * 5 + ["none", "old", "other", "next"]
WINDOWS = ["now"] * 6 + ["stale", "future", "long", "reversed"]


def station_action(rng: random.Random) -> m.AnyAction:
    name = rng.choice(ACTUATORS)
    unit = rng.choice(["L/min"] * 3 + ["s"])
    return rng.choice(
        [
            m.Acquire(name),
            m.Renew([name]),
            m.Renew([name]),
            m.Release(name),
            m.Set(rng.choice(["one.sp", "two.sp"]), rng.choice(VALUES), unit),
        ]
    )


def operator_action(rng: random.Random) -> m.AnyAction:
    who = rng.choice(NAMES)
    return rng.choice(
        [
            m.Mode("closed"),
            m.Mode(rng.choice(["closed", "advisory"])),
            m.Arm(who),
            m.Arm(who),
            m.Reset(who),
            m.Manual(rng.choice(ACTUATORS), rng.choice(VALUES), who),
        ]
    )


def any_step(rng: random.Random) -> tuple[Any, ...]:
    """One thing that may happen; the first word is a method of the machine."""
    station = rng.choice(STATIONS)
    window = rng.choice(WINDOWS)
    anybody = rng.choice([*STATIONS, "operator"])
    action = rng.choice([station_action, operator_action])(rng)
    steps: list[tuple[int, tuple[Any, ...]]] = [
        (30, ("station_says", station, station_action(rng), rng.choice(TOKENS), window)),
        (25, ("station_works", station)),
        (8, ("operator_says", operator_action(rng), window)),
        (6, ("operator_closes",)),
        (6, ("anybody_says", anybody, action)),
        (8, ("frames_come_again", rng.randrange(30), rng.randint(1, 3))),
        (2, ("sender_starts_again", anybody)),
        (8, ("time_passes", rng.choice([1, 1, 2, 4, 10]))),
        (1, ("core_starts_again",)),
    ]
    return rng.choices([step for _, step in steps], [weight for weight, _ in steps])[0]


TABLE = [any_step(random.Random(i)) for i in range(5000)]
"""What a session is drawn from: one number a step."""


class Protocol(RuleBasedStateMachine):
    """The core and the model side by side."""

    def __init__(self) -> None:
        super().__init__()
        place = MEMORY if MEMORY.is_dir() else None
        self.folder = Path(tempfile.mkdtemp(prefix="protocol-", dir=place))
        self.rig = Rig(self.folder)
        self.model = Model()
        self.epoch = dict.fromkeys(KEYS.values(), 1)
        self.seq = dict.fromkeys(KEYS.values(), 0)
        self.sent: list[tuple[m.Stamp, bytes]] = []

    def teardown(self) -> None:
        self.rig.core.close()
        shutil.rmtree(self.folder)

    @rule(session=st.lists(st.integers(0, len(TABLE) - 1), min_size=10, max_size=40))
    def goes_on(self, session: list[int]) -> None:
        """Some steps of the table."""
        for at in session:
            name, *arguments = TABLE[at]
            getattr(self, name)(*arguments)

    # -- steps -------------------------------------------------------------------------------------

    def station_says(self, name: str, action: m.AnyAction, token: str, window: str) -> None:
        of = self.model.actuators
        tokens = sorted(self.model.tokens)
        other = next(x for x in STATIONS if x != name)
        picked = {
            "own": of[name].token,
            "none": 0,
            "old": tokens[len(tokens) // 2],
            "other": of[other].token,
            "next": tokens[-1] + 1,
        }[token]
        self.say(KEYS[name], action, picked, window)

    def station_works(self, name: str) -> None:
        """As a station does: asks for what it lacks, keeps what it has."""
        of = self.model.actuators[name]
        action = m.Renew([f"{name}.mv"]) if of.held else m.Acquire(f"{name}.mv")
        self.say(KEYS[name], action, of.token, "now")

    def operator_says(self, action: m.AnyAction, window: str) -> None:
        self.say(KEYS["operator"], action, 0, window)

    def operator_closes(self) -> None:
        self.say(KEYS["operator"], m.Mode("closed"), 0, "now")
        self.say(KEYS["operator"], m.Arm("Ada"), 0, "now")

    def anybody_says(self, sender: str, action: m.AnyAction) -> None:
        self.say(KEYS[sender], action, 0, "now")

    def frames_come_again(self, place: int, times: int) -> None:
        if place < len(self.sent):
            stamp, frame = self.sent[-1 - place]
            for _ in range(times):
                self.repeat(stamp, frame)

    def sender_starts_again(self, sender: str) -> None:
        self.epoch[KEYS[sender]] += 1
        self.seq[KEYS[sender]] = 0

    def time_passes(self, ticks: int) -> None:
        for _ in range(ticks):
            before = self.rig.writes()
            assert self.rig.tick() == []
            self.check(before)

    def core_starts_again(self) -> None:
        counts["restarts"] += 1
        self.rig.restart(crash=False)
        self.model.start()
        assert all(n == 0 for n in self.rig.writes().values())

    # -- both at once ------------------------------------------------------------------------------

    def say(self, sender: int, action: m.AnyAction, token: int, window: str) -> None:
        now = self.model.tick
        based_on, not_after = {
            "now": (now, now + 5),
            "stale": (max(0, now - 6), max(0, now - 1)),
            "future": (now + 1, now + 5),
            "long": (now, now + CAP_TICKS + 1),
            "reversed": (now + 1, now),
        }[window]
        self.seq[sender] += 1
        stamp = m.Stamp(
            sender=sender,
            epoch=self.epoch[sender],
            seq=self.seq[sender],
            based_on_tick=based_on,
            not_after_tick=not_after,
        )
        before = self.rig.writes()
        frame, acks = self.rig.send(stamp, action, max(0, token))
        assert self.model.identify(stamp) == "new"
        status, reasons = self.model.command(stamp, action, max(0, token))
        assert len(acks) == 1, acks
        ack = acks[0]
        assert (ack.to, ack.epoch, ack.seq) == (sender, stamp.epoch, stamp.seq)
        assert ack.status == status, (action, token, window, ack, reasons)
        assert ack.reason in reasons, (action, token, window, ack, reasons)
        if isinstance(action, m.Acquire) and status == "applied":
            assert ack.token is not None
            self.model.given(action.actuator.removesuffix(".mv"), ack.token)
        else:
            assert ack.token is None
        self.model.senders[sender].answers[stamp.seq] = ack
        self.sent.append((stamp, frame))
        counts["frames"] += 1
        self.check(before)

    def repeat(self, stamp: m.Stamp, frame: bytes) -> None:
        """A frame that was sent before: answered alike, or refused; never done again."""
        before = self.rig.writes()
        acks = self.rig.again(frame)
        assert len(acks) == 1, acks
        match self.model.identify(stamp):
            case "again":
                assert acks[0] == self.model.senders[stamp.sender].answers[stamp.seq]
            case "passed":
                assert (acks[0].status, acks[0].reason) == ("duplicate", "out_of_order")
            case "old":
                assert (acks[0].status, acks[0].reason) == ("refused", "old_epoch")
            case new:
                raise AssertionError(f"{stamp} is {new}")
        counts["frames"] += 1
        self.check(before)

    def check(self, before: dict[str, int]) -> None:
        """The end of a tick: both see the same, and only what is in control was written."""
        self.model.end_tick()
        assert self.rig.core.tick == self.model.tick
        assert self.rig.seen() == self.model.seen()
        for name, of in self.model.actuators.items():
            new = self.rig.writes()[name] - before[name]
            assert new == 0 or (new == 1 and of.state in ("closed", "manual")), (name, new, of)
            counts["closed"] += of.state == "closed"
        counts["steps"] += 1


def campaign(steps: int, start: int) -> None:
    """Runs the machine under one seed after the other until there were so many steps."""
    counts.update(dict.fromkeys(counts, 0))
    at = start
    while counts["steps"] < steps:
        # A seed of its own for each, so that the one that fails can be run by itself.
        machine = seed(at)(type("Protocol", (Protocol,), {}))
        try:
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=100,
                    stateful_step_count=SESSIONS,
                    deadline=None,
                    database=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        except BaseException as error:
            error.add_note(f"seed {at}: campaign(1, {at}) runs it again")
            raise
        at += 1
    print(f"\n  B7: {counts}, seeds {start} to {at - 1}, divergences 0")
    assert counts["closed"] > steps // 50, "hardly ever in control: nothing was tested"
    assert counts["restarts"] > 0


@pytest.mark.parametrize("start", [1])
def test_b7_the_protocol_is_that_of_the_model(start: int) -> None:
    campaign(200_000, start)


@pytest.mark.soak
@pytest.mark.parametrize("start", [1_000])
def test_b7_the_protocol_is_that_of_the_model_for_long(start: int) -> None:
    campaign(1_000_000, start)
