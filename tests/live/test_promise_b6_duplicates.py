"""B6: every command once or ten times, out of order, from yesterday: applied at most once, answered
alike. P8: a station that wants what is not its own gets none of it."""

from __future__ import annotations

import random
import signal
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest
import zmq
from live_ledger import Ledger
from live_line import ACTUATOR, LiveLine, actuator, send_signal

sys.path.insert(0, str(Path(__file__).parents[1] / "bus"))
import plain_wire as plain

PROBE = """
[bus]
frames_per_s = 1e5
[stations.probe]
plugin = "live_stations:Probe"
elsewhere = true
"""


class Speaker:
    """The probe's station, or whoever says so, in plain pyzmq."""

    def __init__(self, line: LiveLine, key: int, epoch: int) -> None:
        self.key, self.epoch, self.seq = key, epoch, 0
        self.line = line
        self.answers: dict[tuple[int, int], list[tuple]] = defaultdict(list)
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.set(zmq.LINGER, 0)
        self.socket.connect(f"ipc://{line.run_dir}/commands.sock")

    def hello(self, name: str) -> None:
        body = {"station": name, "api": 1, "pid": 0, "topics": []}
        self.socket.send(plain.frame("hello", body, sender=self.key, epoch=self.epoch))
        assert self.socket.poll(5000)
        assert plain.parse(self.socket.recv_multipart()[0])[2]["status"] == "applied"

    def command(self, action: dict, tick: int, token: int = 0) -> bytes:
        self.seq += 1
        stamp = {"sender": self.key, "epoch": self.epoch, "seq": self.seq}
        body = {"token": token, "action": action}
        return plain.frame("command", body, **stamp, tick=tick, until=tick + 900)

    def say(self, frame: bytes) -> None:
        self.socket.send(frame)
        self.listen(0)

    def listen(self, wait_ms: int) -> bool:
        """Take the answers that are there."""
        heard = False
        while self.socket.poll(wait_ms):
            for part in self.socket.recv_multipart():
                kind, _, body = plain.parse(part)
                if kind == "ack":
                    heard = True
                    what = (body["status"], body["reason"], body["value"], body["token"])
                    self.answers[body["epoch"], body["seq"]].append((*what, body["tick"]))
            wait_ms = 0
        return heard

    def now_tick(self) -> int:
        return int(self.line.status()["core"]["tick"])

    def close(self) -> None:
        self.socket.close(0)


def duplicates(commands: int, seed: int) -> None:
    random_ = random.Random(seed)
    with LiveLine(lease_s=0.5, extra=PROBE, seed=seed) as line:
        line.start()
        facts = line.facts()
        key, base = facts["stations"]["probe"]["key"], facts["epoch_base"]
        yesterday = Speaker(line, key, base + 100)
        line.until_status(lambda s: s["core"]["tick"] > 1000, "a second of ticks")
        old = [yesterday.command(shift(n), yesterday.now_tick()) for n in range(20)]
        today = Speaker(line, key, base + 200)
        today.hello("probe")
        said: dict[int, int] = {}
        for _ in range(0, commands, 20):
            tick = today.now_tick()
            frames = [today.command(shift(n), tick) for n in range(20)]
            first = today.seq - len(frames) + 1
            copies = [n for n in range(20) for _ in range(random_.randint(1, 10))]
            random_.shuffle(copies)
            for n in copies:
                said[first + n] = said.get(first + n, 0) + 1
                today.say(frames[n])
            for frame in random_.sample(old, 3):
                today.say(frame)
            today.listen(20)
        deadline_s = time.monotonic() + 20.0
        while not all(today.answers[base + 200, seq] for seq in said):
            assert time.monotonic() < deadline_s, "not every command was answered"
            today.listen(100)
        while today.listen(1000):
            pass
        status = line.status()
        assert line.stop()[0] == 0
        ledger = Ledger(line.ledger)
    applied = defaultdict(int)
    for row in ledger.rows:
        if row.station == "probe" and row.action == "set" and row.applied:
            applied[row.body["id"]["epoch"], row.body["id"]["seq"]] += 1
    assert applied
    assert set(applied.values()) == {1}, "an id was applied more than once"
    assert all(epoch == base + 200 for epoch, _ in applied)
    for seq, count in said.items():
        answers = today.answers[base + 200, seq]
        # While the first waits for its row, a copy is not answered by itself: the one answer is.
        assert 1 <= len(answers) <= count, seq
        assert len(set(answers)) == 1, f"answers differ: {set(answers)}"
        taken = answers[0][0] in ("applied", "advisory", "limited")
        assert taken == ((base + 200, seq) in applied), seq
    refused = [a for n in range(1, 21) for a in today.answers[base + 100, n]]
    assert refused
    assert {a[0] for a in refused} == {"refused"}, "yesterday's epoch"
    print(f"\n  {len(said)} commands, {sum(said.values())} copies, {len(applied)} applied")
    assert status["core"]["answered_again"] > 0
    for one in (today, yesterday):
        one.close()


def shift(n: int) -> dict:
    return {"do": "set", "mailbox": "probe.shift", "value": n / 100.0, "unit": "um"}


def test_b6_an_id_is_applied_at_most_once_and_answered_alike() -> None:
    duplicates(commands=200, seed=1)


@pytest.mark.soak
def test_b6_an_id_is_applied_at_most_once_and_answered_alike_in_full() -> None:
    duplicates(commands=10_000, seed=2)


def rogue(rounds: int, seed: int) -> None:
    random_ = random.Random(seed)
    with LiveLine(lease_s=0.5, extra=PROBE, seed=seed) as line:
        line.start()
        facts = line.facts()
        base = facts["epoch_base"]
        probe = Speaker(line, facts["stations"]["probe"]["key"], base + 200)
        probe.hello("probe")
        other = facts["stations"]["calender"]["key"]
        line.until_status(lambda s: s["core"]["tick"] > 1000, "a second of ticks")
        wanted = (
            {"do": "acquire", "actuator": ACTUATOR},
            {"do": "renew", "actuators": [ACTUATOR]},
            {"do": "release", "actuator": ACTUATOR},
            {"do": "set", "mailbox": "calender.ff_gain", "value": 1.0, "unit": "1"},
            {"do": "params", "values": {"calender.gain": 1.0}},
            {"do": "manual", "actuator": ACTUATOR, "value": 1400.0, "operator": "probe"},
            {"do": "arm", "operator": "probe"},
            {"do": "reset", "operator": "probe"},
            {"do": "mode", "mode": "closed"},
        )
        taken = 0
        for n in range(rounds):
            if n % 50 == 0:
                tick = probe.now_tick()
            while sum(map(len, probe.answers.values())) < 3 * (n - 8):
                # Answers nobody takes are dropped beyond a queue of 32.
                assert probe.listen(5000), "no answer any more"
            action = random_.choice(wanted)
            probe.say(probe.command(action, tick, token=random_.choice((0, 1, 2, 3, 99))))
            # Another's topic, and another's name for a command of our own.
            stamp = {"sender": probe.key, "epoch": probe.epoch, "seq": n + 1}
            probe.say(plain.frame("publish", {"topic": "calender.x", "body": n}, **stamp))
            body = {"token": 1, "action": wanted[3]}
            stamp = {"sender": other, "epoch": base + 1, "seq": 1_000_000 + n}
            probe.say(plain.frame("command", body, **stamp, tick=tick, until=tick + 900))
        deadline_s = time.monotonic() + 20.0
        while sum(map(len, probe.answers.values())) < 3 * rounds:
            assert time.monotonic() < deadline_s, "not everything was answered"
            probe.listen(100)
        for answers in probe.answers.values():
            taken += sum(a[0] not in ("refused", "expired", "duplicate") for a in answers)
        status = line.status()
        assert taken == 0, "something was given to the rogue"
        assert status["bus"]["counters"]["refused.topic"] == rounds
        assert status["bus"]["counters"]["unknown_sender"] == rounds
        assert sum(status["core"]["refusals"].values()) >= rounds
        assert actuator(status)["counters"]["writes"] == 0
        assert actuator(status)["holder"] == "calender"
        assert status["core"]["mode"] == "advisory"
        assert line.stop()[0] == 0
        rows = [r for r in Ledger(line.ledger).rows if r.kind == "refused" and r.station == "probe"]
        assert rows, "refusals are recorded"
        assert len(rows) >= min(rounds, 64)
        probe.close()


def test_p8_a_rogue_station_gets_nothing_that_is_not_its_own() -> None:
    rogue(rounds=300, seed=3)


@pytest.mark.soak
def test_p8_a_rogue_station_gets_nothing_that_is_not_its_own_in_full() -> None:
    rogue(rounds=10_000, seed=4)


def test_a_bus_killed_at_work_costs_no_event() -> None:
    """Events of a live line whose bus is killed again and again: the station handles each once."""
    with LiveLine(lease_s=0.5, plugin="live_stations:Diligent") as line:
        line.start()
        for _ in range(3):
            time.sleep(0.5)
            send_signal(line.pid("bus"), signal.SIGKILL)
            line.until_status(
                lambda s: s["bus"]["stations"]["calender"]["joined"], "the station back", 0.1
            )
        until = line.status()["core"]["tick"] + 3000
        line.until_status(lambda s: s["core"]["tick"] > until, "time", 0.1)
        assert line.stop()[0] == 0
        found = [
            r.seq
            for r in Ledger(line.ledger).rows
            if r.kind == "detection" and r.body["name"].endswith("chatter")
        ]
        handled = [int(row) for row in (line.run_dir / "handled").read_text().split()]
        missing = set(found[found.index(handled[0]) : found.index(handled[-1]) + 1]) - set(handled)
        print(f"\n  {len(found)} events, {len(handled)} handled")
        assert handled == sorted(set(handled)), "each once and in order"
        assert not missing, f"left out: {sorted(missing)}"
        assert len(handled) > len(found) // 2 > 5
