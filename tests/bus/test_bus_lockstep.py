"""The barrier: order by station and number alone, nobody forgotten, nobody waited for in vain."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from linewright.bus._lockstep import LockStep


def command(n: float) -> tuple[str, dict]:
    action = {"do": "set", "mailbox": "m", "value": n, "unit": "1"}
    return "command", {"token": 0, "action": action}


def test_a_step_reaches_everyone_and_the_answers_come_sorted(rig) -> None:
    rig = rig(True)
    alpha, beta = rig.station("alpha", "beta"), rig.station("beta", "alpha")
    rig.core.send(("step", {"tick": 0}))
    for station in (beta, alpha):
        assert station.next("step")[2] == {"tick": 0}
        told = {"topic": f"{station.name}.news", "body": station.name}
        own = float(station.key)
        done = ("step_done", {"tick": 0})
        station.send(command(own), ("publish", told), command(own + 0.5), done)
    kinds = [rig.core.next() for _ in range(7)]
    assert [k for k, _, _ in kinds] == [
        "hello",
        *["command"] * 2,
        "hello",
        *["command"] * 2,
        "step_done",
    ]
    values = [b["action"]["value"] for k, _, b in kinds if k == "command"]
    assert values == [11.0, 11.5, 12.0, 12.5]
    sample = {"topic": "alpha.tap", "tick": 12, "value": 2.0, "unit": "um"}
    rig.core.send(("sample", sample), ("step", {"tick": 30}), tick=30)
    assert alpha.next()[2]["body"] == "beta"
    got = [beta.next() for _ in range(3)]
    assert [k for k, _, _ in got] == ["publish", "sample", "step"]
    assert got[0][2]["body"] == "alpha"


def test_nobody_moves_on_before_the_last_has_answered(rig) -> None:
    rig = rig(True)
    alpha, beta = rig.station("alpha"), rig.station("beta")
    rig.core.send(("step", {"tick": 0}))
    for station in (alpha, beta):
        station.next("step")
    alpha.send(("step_done", {"tick": 0}))
    alpha.send(("status_request", {}))
    rig.core.next("status_request")
    rig.core.send(("status", {"json": ["{}"]}))
    document = json.loads("".join(alpha.next("status")[2]["json"]))
    assert not document["bus"]["stations"]["alpha"]["owes_step"]
    assert document["bus"]["stations"]["beta"]["owes_step"]
    beta.send(("step_done", {"tick": 0}))
    rig.core.next("step_done")


def test_a_station_that_comes_late_gets_the_step_that_stands(rig) -> None:
    rig = rig(True)
    alpha = rig.station("alpha")
    rig.core.send(("step", {"tick": 0}))
    alpha.next("step")
    alpha.send(("step_done", {"tick": 0}))
    beta = rig.station("beta")
    assert beta.next("step")[2] == {"tick": 0}
    beta.send(command(1.0))
    again = rig.station("beta", epoch=2)
    assert again.next("step")[2] == {"tick": 0}
    again.send(command(2.0), ("step_done", {"tick": 0}))
    values = []
    while (got := rig.core.next())[0] != "step_done":
        values += [got[2]["action"]["value"]] if got[0] == "command" else []
    assert values == [2.0], "what the dead station had half said is void"


def test_a_quarantined_station_is_not_waited_for(rig) -> None:
    rig = rig(True)
    alpha = rig.station("alpha")
    rig.core.send(("step", {"tick": 0}))
    alpha.next("step")
    alpha.send(("step_done", {"tick": 0}))
    table = {"plugins": {"beta": {"state": "quarantined"}}}
    (rig.run_dir / "supervisor.json").write_text(json.dumps(table))
    assert rig.core.next("step_done")[2] == {"tick": 0}


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 50)), unique=True, max_size=30),
    st.randoms(use_true_random=False),
)
def test_the_order_of_arrival_does_not_show(said: list[tuple[str, int]], random) -> None:
    def run(order: list[tuple[str, int]]) -> list[bytes]:
        barrier = LockStep(["a", "b", "c"])
        barrier.begin(0, b"step")
        for name, seq in order:
            barrier.command(name, seq, f"{name}{seq}".encode())
        for name in random.sample("abc", 3):
            assert barrier.done(name, 0)
        assert barrier.complete
        return barrier.finish()[0]

    shuffled = random.sample(said, len(said))
    assert run(said) == run(shuffled)
