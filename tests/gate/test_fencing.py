"""A4: of two holders only the one with the higher token moves anything, whoever paused, whoever
came back, and however often the core was started again."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from gate_rig import KEYS, LEASE_TICKS, STATIONS, Rig
from linewright import messages as m


class Two:
    """Two holders of one key that number their frames alike, so that nothing but the token tells
    them apart."""

    def __init__(self, rig: Rig, rng: random.Random) -> None:
        self.rig, self.rng = rig, rng
        self.seq = dict.fromkeys(KEYS.values(), 0)
        self.tokens: list[int] = []
        self.lower_accepted = self.refused = self.restarts = 0

    def ask(self, key: int, action: m.AnyAction, token: int) -> m.Ack:
        self.seq[key] += 1
        now = self.rig.core.tick
        stamp = m.Stamp(
            sender=key, epoch=1, seq=self.seq[key], based_on_tick=now, not_after_tick=now + 5
        )
        _, acks = self.rig.send(stamp, action, token)
        assert len(acks) == 1
        return acks[0]

    def acquire(self, name: str) -> int:
        """A token: never one that was there before, in any run."""
        ack = self.ask(KEYS[name], m.Acquire(f"{name}.mv"), 0)
        assert ack.status == "applied"
        assert ack.token is not None
        assert ack.token > max(self.tokens, default=0), "a token was given twice, or fell"
        self.tokens.append(ack.token)
        return ack.token

    def wake(self, name: str, token: int) -> None:
        """One that was paused goes on as if nothing had been."""
        for action in (
            m.Renew([f"{name}.mv"]),
            m.Set(f"{name}.sp", self.rng.uniform(1.0, 9.0), "L/min"),
            m.Release(f"{name}.mv"),
        ):
            ack = self.ask(KEYS[name], action, token)
            self.lower_accepted += ack.status != "refused"
            self.refused += ack.reason == "fenced"

    def works(self, name: str, token: int) -> None:
        """The one in force is not disturbed."""
        assert self.ask(KEYS[name], m.Renew([f"{name}.mv"]), token).status == "applied"

    def round(self) -> None:
        name = self.rng.choice(STATIONS)
        paused = self.acquire(name)
        for _ in range(self.rng.choice([0, 0, LEASE_TICKS + 2])):
            self.rig.tick()  # a short pause, or one beyond the lease
        if self.rng.random() < 0.2:
            self.rig.restart(crash=self.rng.random() < 0.5)
            self.restarts += 1
        holder = self.acquire(name)
        self.wake(name, paused)
        self.works(name, holder)
        self.wake(name, self.rng.choice(self.tokens[:-1]))
        self.works(name, holder)
        for station in STATIONS:
            held = self.rig.seen()[station]
            assert held[0] == "advisory", "a lease alone closes nothing"


def campaign(folder: Path, rounds: int, seed: int) -> None:
    rng = random.Random(seed)
    with Rig(folder) as rig:
        two = Two(rig, rng)
        for _ in range(rounds):
            two.round()
        assert sum(rig.writes().values()) == 0
    print(
        f"\n  A4: {rounds} rounds, {two.restarts} restarts, {len(two.tokens)} tokens,"
        f" {two.refused} refused as fenced, lower tokens accepted {two.lower_accepted}"
    )
    assert two.lower_accepted == 0
    assert two.refused >= 5 * rounds
    assert two.restarts > 0
    assert len(set(two.tokens)) == len(two.tokens)


@pytest.mark.parametrize("seed", [1])
def test_a4_a_lower_token_moves_nothing(tmp_path: Path, seed: int) -> None:
    campaign(tmp_path, 300, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [2])
def test_a4_ten_thousand_rounds(tmp_path: Path, seed: int) -> None:
    campaign(tmp_path, 10_000, seed)
