"""What the formation station decides: pure functions and small values; no bus, no clock.

The hard lane names cells and trays. Here a verdict gets its consequence: a shorted cell is taken
out and the lots that shorted cells share are named; a bad contact is the channel's, never the
cell's; a poorly wetted tray is held together with the lot it shares with others.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace

from linewright.cause import shared_lots
from linewright.stations.formation.lots import Known
from linewright.stations.formation.settings import TRAY, Genealogy, Settings


@dataclass(frozen=True, kw_only=True)
class Shorted:
    """A cell was named as shorted."""

    channel: int
    tray: int
    ohm: float
    hard: bool
    z: float
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A contact was named as resisting."""

    channel: int
    tray: int
    mohm: float


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A tray is through; medians over its cells, and how far from sound trays."""

    tray: int
    slot: int
    resistance_mohm: float
    efficiency: float
    capacity_ah: float
    charged_wh: float
    discharged_wh: float
    resistance_z: float
    efficiency_z: float


Event = Shorted | Contact | Finished


@dataclass(frozen=True)
class Decision:
    """What is decided, of what, and why."""

    text: str
    detail: dict[str, float | int | str | list[str]]


@dataclass(frozen=True, kw_only=True)
class State:
    """What is remembered: trays seen, cells and trays affected, contacts by channel."""

    trays: tuple[int, ...] = ()
    shorted: tuple[int, ...] = ()
    poor: tuple[int, ...] = ()
    contacts: tuple[tuple[int, int], ...] = ()
    """Channel, and how many trays found its contact bad."""
    held: frozenset[str] = field(default_factory=frozenset)
    known: Known = field(default_factory=Known)
    """What welder and coater told of the cells."""


def cell_of(tray: int, channel: int) -> int:
    """Running number of the cell in a channel.

    >>> cell_of(3, 33)
    97
    """
    return tray * TRAY + channel % TRAY


def lots_of(cell: int, genealogy: Genealogy, known: Known | None = None) -> dict[str, int]:
    """The lots a cell comes from: as told where they are traced, else by its number.

    >>> lots_of(3450, Genealogy())["slurry_batch"]
    1
    >>> lots_of(3450, Genealogy(traced=True))
    {'wetting_lot': 11}
    """
    if genealogy.traced:
        told = {} if known is None else known.of(cell)
        return {**told, "wetting_lot": cell // genealogy.cells_per_wetting_lot}
    return {
        "slurry_batch": cell // genealogy.cells_per_slurry_batch,
        "coater_roll": cell // genealogy.cells_per_coater_roll,
        "welder_fixture": cell % genealogy.welder_fixtures,
        "wetting_lot": cell // genealogy.cells_per_wetting_lot,
    }


def step(state: State, event: Event, settings: Settings) -> tuple[State, list[Decision]]:
    """What follows from one verdict or one finished tray.

    >>> state, (clean,) = step(State(), Contact(channel=5, tray=2, mohm=3.1), Settings())
    >>> clean.text, clean.detail["cell_is"]
    ('clean the contact of channel 5', 'sound')
    """
    state = _seen(state, event.tray, settings)
    match event:
        case Shorted():
            return _shorted(state, event, settings)
        case Contact():
            return _contact(state, event, settings)
        case Finished():
            return _finished(state, event, settings)


def _seen(state: State, tray: int, settings: Settings) -> State:
    """Remembers the newest trays alone."""
    if tray in state.trays:
        return state
    trays = tuple(sorted({*state.trays, tray})[-settings.trays_kept :])
    oldest = trays[0]
    return replace(
        state,
        trays=trays,
        shorted=tuple(cell for cell in state.shorted if cell // TRAY >= oldest),
        poor=tuple(one for one in state.poor if one >= oldest),
    )


def _shorted(state: State, event: Shorted, settings: Settings) -> tuple[State, list[Decision]]:
    cell = cell_of(event.tray, event.channel)
    if cell not in state.shorted:
        # What was called a short and is a hard one after all is still one cell.
        state = replace(state, shorted=(*state.shorted, cell))
    # Trays come in a row: cells of all between the first and the last seen were looked at.
    cells = range(state.trays[0] * TRAY, (state.trays[-1] + 1) * TRAY)
    made: Mapping[Hashable, Mapping[str, Hashable]] = {
        one: lots_of(one, settings.genealogy, state.known) for one in cells
    }
    shares = shared_lots(state.shorted, made)
    kind = "hard short" if event.hard else "short"
    verb = "stop" if event.hard else "take out"
    detail: dict[str, float | int | str | list[str]] = {
        "because": f"{kind} of {event.ohm:.3g} ohm, z {event.z:.1f}",
        "channel": event.channel,
        "tray": event.tray,
        "cell": cell,
        "short_ohm": event.ohm,
        "confidence": event.confidence,
        "shared_lots": [
            f"{s.kind} {s.lot}: {s.affected} of {len(state.shorted)} shorted, p {s.p_value:.2g}"
            for s in shares
        ],
        **lots_of(cell, settings.genealogy, state.known),
    }
    return state, [Decision(f"{verb} cell {cell}: {kind}", detail)]


def _contact(state: State, event: Contact, settings: Settings) -> tuple[State, list[Decision]]:
    counts = dict(state.contacts)
    counts[event.channel] = times = counts.get(event.channel, 0) + 1
    state = replace(state, contacts=tuple(sorted(counts.items())))
    detail: dict[str, float | int | str | list[str]] = {
        "because": f"{event.mohm:.2f} mohm at the first current",
        "channel": event.channel,
        "tray": event.tray,
        "contact_mohm": event.mohm,
        "cell_is": "sound",
    }
    if times >= settings.contact_service:
        detail["because"] = f"bad contact with {times} trays, now {event.mohm:.2f} mohm"
        return state, [Decision(f"service the contact of channel {event.channel}", detail)]
    return state, [Decision(f"clean the contact of channel {event.channel}", detail)]


def _finished(state: State, event: Finished, settings: Settings) -> tuple[State, list[Decision]]:
    net_wh = event.charged_wh - settings.recovered * event.discharged_wh
    detail: dict[str, float | int | str | list[str]] = {
        "tray": event.tray,
        "slot": event.slot,
        "resistance_mohm": event.resistance_mohm,
        "efficiency": event.efficiency,
        "capacity_ah": event.capacity_ah,
        "charged_wh_per_cell": event.charged_wh,
        "discharged_wh_per_cell": event.discharged_wh,
        "net_wh_per_cell": net_wh,
        "resistance_z": event.resistance_z,
        "efficiency_z": event.efficiency_z,
    }
    poor = (
        event.resistance_z > settings.poor_resistance_z
        and event.efficiency_z > settings.poor_efficiency_z
    )
    if not poor:
        return state, [Decision(f"tray {event.tray} is through", detail)]
    state = replace(state, poor=(*state.poor, event.tray))
    detail["because"] = (
        f"resistance {event.resistance_z:+.1f} and efficiency {-event.efficiency_z:+.1f} sigma"
        " of sound trays"
    )
    lot = _poor_lot(state, settings)
    if lot is None:
        return state, [Decision(f"hold tray {event.tray}: wetted poorly", detail)]
    name, said = lot
    decisions = [Decision(f"hold tray {event.tray}: wetted poorly", detail | {"lot": said})]
    if name not in state.held:
        state = replace(state, held=state.held | {name})
        decisions.append(Decision(f"hold {name}", {"because": said, "tray": event.tray}))
    return state, decisions


def scrap_of(tray: int, state: State) -> tuple[bool, int]:
    """Is a tray that is through a good one, and how many of its cells are lost: those taken out,
    all while it is held.

    >>> scrap_of(3, State(shorted=(97, 130)))
    (True, 1)
    """
    if tray in state.poor:
        return False, TRAY
    return True, sum(cell // TRAY == tray for cell in state.shorted)


def _poor_lot(state: State, settings: Settings) -> tuple[str, str] | None:
    """The lot that poor trays share, and how clearly; none before two trays share one."""
    # A fixture has a share in every tray.
    made: Mapping[Hashable, Mapping[str, Hashable]] = {
        tray: {
            kind: lot
            for kind, lot in lots_of(
                cell_of(tray, TRAY // 2), settings.genealogy, state.known
            ).items()
            if kind != "welder_fixture"
        }
        for tray in state.trays
    }
    shares = shared_lots(state.poor, made)
    if not shares:
        return None
    best = shares[0]
    name = f"{best.kind.replace('_', ' ')} {best.lot}"
    return name, f"{name}: {best.affected} of {best.units} trays poor, p {best.p_value:.2g}"
