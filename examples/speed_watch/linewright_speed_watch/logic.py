"""What the speed watch decides: pure, no bus, no clock."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class State:
    """Since when the speed is off, s; `None` while it is as ordered."""

    off_since_s: float | None = None


def shifted(state: State, time_s: float, speed_m_per_s: float) -> tuple[State, str]:
    """A shift was found.

    >>> shifted(State(), 10.0, 0.8)
    (State(off_since_s=10.0), 'web speed now 0.800 m/s: coat weight follows by ratio control')
    """
    text = f"web speed now {speed_m_per_s:.3f} m/s: coat weight follows by ratio control"
    return replace(state, off_since_s=time_s), text


def waited(state: State, time_s: float, patience_s: float) -> tuple[State, str | None]:
    """Time passes; after `patience_s` a person should look, once.

    >>> waited(State(off_since_s=10.0), 140.0, 120.0)
    (State(off_since_s=None), 'web speed off for 130 s: check the drive')
    """
    if state.off_since_s is None or time_s - state.off_since_s < patience_s:
        return state, None
    return State(), f"web speed off for {time_s - state.off_since_s:.0f} s: check the drive"
