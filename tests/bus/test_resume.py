"""Events by row: whatever the bus loses, repeats or interrupts, the station gets each once, and
those of a topic in order."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from linewright import messages as m
from linewright.plugin._resume import ASK_S, BEYOND, CHECK_S, GIVE_UP_S, Resume

NAMES = ("alpha.a", "alpha.b")
PAGE = 3


def event(row: int, name: str = "alpha.a") -> m.Event:
    return m.Event(name, "alpha", row, {}, "rule", "none", "log", row)


def header(seq: int, epoch: int = 1) -> m.Header:
    return m.Header("event", 0, epoch, seq, 0, 0, 0, 0)


def page(rows: list[m.Event], since: int, newest: int) -> m.Page:
    """What the bus answers: at most `PAGE` events of the rows after `since`."""
    later = [e for e in rows if since < e.id <= newest]
    taken = later[:PAGE]
    return m.Page(taken, taken[-1].id if len(later) > PAGE else newest, newest)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(NAMES),
            st.sampled_from(("comes", "lost", "twice", "bus restarts", "page lost")),
            st.integers(1, 4),
        ),
        max_size=60,
    ),
    st.integers(0, 3),
)
def test_each_event_is_given_once_and_in_order(script: list[tuple], lag: int) -> None:
    resume, now_s = Resume(), 100.0
    resume.joined(now_s)
    rows: list[m.Event] = []
    given_: list[int] = []
    numbers = dict.fromkeys(NAMES, 0)
    row = 10
    since = resume.wants(now_s)
    assert since == BEYOND
    given_ += [e.id for e in resume.page(m.Page([], row, row))]
    first = row

    def catch_up(newest: int, drop: bool = False) -> None:
        nonlocal now_s
        for _ in range(40):
            now_s += ASK_S
            since = resume.wants(now_s)
            if since is None:
                return
            if not drop:
                given_.extend(e.id for e in resume.page(page(rows, since, newest)))
            drop = False

    for name, what, gap in script:
        row += gap
        numbers[name] += 1
        rows.append(event(row, name))
        if what in ("comes", "twice", "page lost"):
            for _ in range(1 + (what == "twice")):
                given_ += [e.id for e in resume.event(header(numbers[name]), rows[-1])]
        if what == "bus restarts":
            resume.joined(now_s)
        catch_up(row - lag, drop=what == "page lost")  # the ledger is `lag` rows behind the bus
    now_s += CHECK_S
    catch_up(row)
    said = [e for e in rows if e.id > first]
    assert sorted(given_) == [e.id for e in said], "each once"
    for name in NAMES:
        ids = [e.id for e in said if e.name == name]
        assert [row for row in given_ if row in ids] == ids, "those of a topic in order"


def test_a_ledger_that_does_not_answer_keeps_nothing_back_for_ever() -> None:
    resume = Resume()
    resume.joined(0.0)
    assert resume.wants(0.0) == BEYOND
    assert resume.event(header(1), event(5)) == []
    assert resume.give_up(GIVE_UP_S - 0.1) == []
    assert resume.give_up(GIVE_UP_S + 0.1) == [event(5)]
    assert resume.event(header(2), event(6)) == [event(6)]


def test_what_happened_before_the_join_does_not_come_after_it() -> None:
    resume = Resume()
    resume.joined(0.0)
    resume.numbers(m.Snapshot({"alpha.a": [1, 1]}))  # number 1 is row 5, which is not on disk yet
    assert resume.wants(0.0) == BEYOND
    assert resume.page(m.Page([], 4, 4)) == []
    assert resume.event(header(2), event(8)) == [event(8)]
    late = m.Page([event(5), event(6, "alpha.b"), event(8)], 8, 8)
    assert resume.page(late) == [event(6, "alpha.b")], "another topic's is still owed"
    assert resume.event(header(3), event(9)) == [event(9)]
