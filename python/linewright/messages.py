"""Messages between processes as typed values; the wire's own definition is Rust's, and refuses
what differs.

A frame is made by `encode` and read by `decode`; both go through the compiled codec, which checks
header, checksum, limits and fields. The classes here only give the fields names and types in
Python; a test holds each of them against the compiled definition.

>>> frame = encode(StepDone(tick=30), Stamp(sender=7, epoch=1, seq=2))
>>> header, message = decode(frame)
>>> header.seq, message
(2, StepDone(tick=30))
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from linewright import _core

Priority = Literal["log", "advice", "alarm"]
ModeName = Literal["advisory", "closed"]
AckStatus = Literal["applied", "advisory", "limited", "refused", "expired", "duplicate"]

GOOD, UNCERTAIN, BAD = 0, 1, 2


class WireError(ValueError):
    """A frame was refused; the text says what was found and what is allowed.

    Attributes
    ----------
    kind:
        Which check failed, in one word (`short`, `magic`, `crc`, `depth`, `payload`...).
    """

    def __init__(self, text: str, kind: str = "payload") -> None:
        super().__init__(text)
        self.kind = kind


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """What a sender states about a frame: who, which one, from which tick on, until which tick."""

    sender: int = 0
    epoch: int = 0
    seq: int = 0
    mono_ns: int = 0
    based_on_tick: int = 0
    not_after_tick: int = 0
    quality: int = GOOD


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Anything a frame carries."""


class Hello(Message, frozen=True):
    """A station joins the bus."""

    station: str
    api: int
    pid: int
    topics: list[str]


class Action(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do"):
    """What a command asks for."""


class Acquire(Action, frozen=True, tag="acquire"):
    """Take the lease of an actuator; the answer carries the token."""

    actuator: str


class Renew(Action, frozen=True, tag="renew"):
    """Keep leases held under one token."""

    actuators: list[str]


class Release(Action, frozen=True, tag="release"):
    """Give a lease back."""

    actuator: str


class Set(Action, frozen=True, tag="set"):
    """Move a set-point."""

    mailbox: str
    value: float
    unit: str


class SendProfile(Action, frozen=True, tag="profile"):
    """Hand over a map along the web."""

    profile: str
    roll: int
    origin_m: float
    step_m: float
    values: list[float]
    registered_at_m: float


class SetParams(Action, frozen=True, tag="params"):
    """Change parameters together, at a cycle boundary."""

    values: dict[str, float]


class Decide(Action, frozen=True, tag="decide"):
    """Record a decision. Changes nothing."""

    decision: str
    because: list[int]
    detail: dict[str, Any]


RecordKind = Literal["alarm", "state", "production", "order", "handling", "note"]


class Record(Action, frozen=True, tag="record"):
    """Put one row of a stated kind into the ledger. Changes nothing."""

    kind: RecordKind
    body: dict[str, Any]


class Mode(Action, frozen=True, tag="mode"):
    """Change the mode."""

    mode: ModeName


class Certificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the recipe gate said of a recipe; see `linewright.recipes.certify`."""

    schema: int
    recipe: str
    recipe_hash: str
    calibration_hash: str
    verdict: str
    draws: int
    seed: int
    required: int
    in_tolerance: dict[str, int]
    joint: int
    issued_unix_s: int
    expires_unix_s: int
    tool: str
    hash: str


class Arm(Action, frozen=True, tag="arm", omit_defaults=True):
    """A named person arms the line; a line that states a recipe wants its certificate."""

    operator: str
    certificate: Certificate | None = None


class Reset(Action, frozen=True, tag="reset"):
    """A named person clears a trip."""

    operator: str


class Manual(Action, frozen=True, tag="manual"):
    """A named person takes an actuator in hand; ends with an arm."""

    actuator: str
    value: float
    operator: str


AnyAction = (
    Acquire
    | Renew
    | Release
    | Set
    | SendProfile
    | SetParams
    | Decide
    | Record
    | Mode
    | Arm
    | Reset
    | Manual
)


class Command(Message, frozen=True):
    """A request to the core; its id is (sender, epoch, seq)."""

    token: int
    action: AnyAction


class Publish(Message, frozen=True):
    """Station to station."""

    topic: str
    body: Any


class Progress(Message, frozen=True):
    """The station has done `count` rounds since its start."""

    count: int


class StepDone(Message, frozen=True):
    """The station has answered everything before this lock-step's end."""

    tick: int


class StatusRequest(Message, frozen=True):
    """How is the line?"""


class Fetch(Message, frozen=True):
    """Which events did the line record after a row of its ledger?"""

    since: int
    topics: list[str]


class SnapshotRequest(Message, frozen=True):
    """What are the newest numbers and values of these topics?"""

    topics: list[str]


class RightsRequest(Message, frozen=True):
    """What may this key do?"""


class Sample(Message, frozen=True):
    """A tap's value; the header carries its quality."""

    topic: str
    tick: int
    value: float
    unit: str


class Event(Message, frozen=True):
    """A detector of the plan found something."""

    name: str
    station: str
    tick: int
    evidence: dict[str, float]
    rule: str
    decision: str
    priority: Priority
    id: int


class MapPoint(Message, frozen=True):
    """A value at a metre of web."""

    map: str
    position_m: float
    value: float
    tick: int


class Ack(Message, frozen=True):
    """The answer to the command (to, epoch, seq)."""

    to: int
    epoch: int
    seq: int
    status: AckStatus
    reason: str
    tick: int
    value: float | None = None
    token: int | None = None


class ActuatorState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One actuator within `State`."""

    value: float | None
    in_control: bool
    holder: str
    manual: bool
    fallback: bool


class State(Message, frozen=True):
    """Mode, permits and actuators, after every change and to late joiners."""

    tick: int
    mode: ModeName
    armed: bool
    tripped: str
    ledger: str
    actuators: dict[str, ActuatorState]


class Step(Message, frozen=True):
    """A lock-step begins: everything up to `tick` has been sent."""

    tick: int


class Status(Message, frozen=True):
    """How the line is, as JSON text in pieces."""

    json: list[str]


class Page(Message, frozen=True):
    """Events of the ledger in the order of their rows; ask again from `next`."""

    events: list[Event]
    next: int
    newest: int


class Snapshot(Message, frozen=True):
    """Numbers by topic: epoch, newest number, then earlier epochs and their last numbers."""

    numbers: dict[str, list[int]]


class Rights(Message, frozen=True):
    """What a sender needs to know and what its key may do."""

    role: str
    line: str
    lockstep: bool
    base_hz: int
    step_ticks: int
    window_ticks: int
    epoch_base: int
    stations: dict[str, int]
    operator_key: int


class Header(msgspec.Struct, frozen=True):
    """A checked header."""

    kind: str
    sender: int
    epoch: int
    seq: int
    mono_ns: int
    based_on_tick: int
    not_after_tick: int
    quality: int


KINDS: dict[str, type[Message]] = {
    "hello": Hello,
    "command": Command,
    "publish": Publish,
    "progress": Progress,
    "step_done": StepDone,
    "status_request": StatusRequest,
    "fetch": Fetch,
    "snapshot_request": SnapshotRequest,
    "rights_request": RightsRequest,
    "sample": Sample,
    "event": Event,
    "map_point": MapPoint,
    "ack": Ack,
    "state": State,
    "step": Step,
    "status": Status,
    "page": Page,
    "snapshot": Snapshot,
    "rights": Rights,
}

_NAMES = {kind: name for name, kind in KINDS.items()}
_DECODERS = {name: msgspec.msgpack.Decoder(kind) for name, kind in KINDS.items()}
_ENCODER = msgspec.msgpack.Encoder()
_PIECE = 1000


def encode(message: Message, stamp: Stamp) -> bytes:
    """Message to frame.

    Raises
    ------
    WireError
        When a limit is passed or a field has the wrong type.
    """
    try:
        payload = _ENCODER.encode(message)
        return seal(_NAMES[type(message)], payload, stamp)
    except (TypeError, OverflowError) as error:
        raise WireError(f"{_NAMES[type(message)]}: {error}") from error


def seal(kind: str, payload: bytes, stamp: Stamp) -> bytes:
    """Put a header before msgpack bytes made elsewhere, after checking them."""
    try:
        return _core.wire_encode(
            kind,
            payload,
            sender=stamp.sender,
            epoch=stamp.epoch,
            seq=stamp.seq,
            mono_ns=stamp.mono_ns,
            based_on_tick=stamp.based_on_tick,
            not_after_tick=stamp.not_after_tick,
            quality=stamp.quality,
        )
    except ValueError as error:
        raise WireError(*error.args) from error


def open_frame(frame: bytes) -> tuple[Header, bytes]:
    """Check a frame wholly and give its header and payload bytes."""
    try:
        fields, payload = _core.wire_open(frame)
    except ValueError as error:
        raise WireError(*error.args) from error
    return Header(*fields), payload


def frames(part: bytes) -> list[bytes]:
    """Frames of one part of a telemetry message, in order; nothing of them is checked.

    >>> one = encode(Sample("a.x", tick=3, value=0.5, unit="um"), Stamp(epoch=1, seq=1))
    >>> two = encode(Sample("a.x", tick=4, value=0.7, unit="um"), Stamp(epoch=1, seq=2))
    >>> frames(one + two) == [one, two]
    True
    """
    return _core.wire_frames(part)


def decode(frame: bytes) -> tuple[Header, Message]:
    """Frame to header and message.

    Raises
    ------
    WireError
        With the first check that failed.
    """
    header, payload = open_frame(frame)
    return header, decode_payload(header.kind, payload)


def decode_payload(kind: str, payload: bytes) -> Message:
    """Payload bytes of a checked frame to message."""
    try:
        return _DECODERS[kind].decode(payload)
    except (KeyError, ValueError, msgspec.DecodeError) as error:  # text that is no UTF-8 among them
        raise WireError(f"{kind} payload: {error}") from error


def status_pieces(text: str) -> list[str]:
    """Cut a JSON text into pieces below the wire's limit on strings (4 KiB; four bytes a character
    at most)."""
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
