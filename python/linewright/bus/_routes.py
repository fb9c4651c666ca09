"""Where a frame goes. No sockets here: frames come in, addressed frames go out in the queues.

Three classes of delivery: `must` (commands, events, map points, acknowledgements: through the
router, numbered, counted when a peer falls behind, events fetched from the ledger by row), `state`
(state of the line and messages of stations: the newest is kept and given with its number to whoever
joins), `latest` (samples: lossy, numbered per topic).
"""

from __future__ import annotations

import json
from collections import Counter, OrderedDict, deque
from typing import Any

from linewright import _core
from linewright import messages as m
from linewright.bus._access import LOCAL, Rights
from linewright.bus._intake import Buckets
from linewright.bus._lockstep import LockStep
from linewright.bus._pages import read_page
from linewright.bus._peers import LineFacts, Peer
from linewright.bus._telemetry import Telemetry
from linewright.topics import BEACON, STATE, matches, owner

BUS_SENDER = 1
SAY_HELLO = "say hello"
"""In the reason of a refusal that a hello mends."""
MAX_OUTBOX = 4096
MAX_PENDING = 4096
MAX_STATUS_WAITING = 256
STATUS_WAIT_S = 0.5
MAX_TOPICS = 64
MOST_TOGETHER = 64
"""Samples of one topic in one message to listeners: what waits for one of them stays bounded."""
QUESTIONS_PER_S = 50.0
"""Pages and snapshots of one peer: each costs the bus some milliseconds."""
_STATE = STATE.encode()
_BEACON = BEACON.encode()


class Routes:
    """The bus without its sockets."""

    def __init__(self, facts: LineFacts, epoch: int) -> None:
        self.facts = facts
        self.epoch = epoch
        self.peers = {
            name: Peer(name, entry.key, topics=(name,))
            for name, entry in sorted(facts.stations.items())
        }
        self._by_key = {peer.key: peer for peer in self.peers.values()}
        keys = {name: entry.key for name, entry in facts.stations.items()}
        allow = [] if facts.network is None else facts.network.allow
        self._rights = {a.name: Rights(a, keys, facts.operator_key) for a in allow}
        self.lockstep = LockStep(list(self.peers)) if facts.lockstep else None
        self.core_connected = False
        self.core_tick = 0
        self.now_ns = 0
        """Monotonic clock of this turn; 0 when time is simulated."""
        self.counters: Counter[str] = Counter()
        self.doors: dict[str, Counter[str]] = {}
        """What happened to connections, by door."""
        self.telemetry = Telemetry()
        self._questions = Buckets(QUESTIONS_PER_S, float("inf"))
        self._routes: dict[bytes, list[Peer]] = {}
        self._pending: OrderedDict[tuple[int, int, int], bytes] = OrderedDict()
        self._status_waiting: list[tuple[bytes, float]] = []
        self._seq = 0
        self.to_core: deque[bytes] = deque()
        self.to_peer: deque[tuple[bytes, list[bytes]]] = deque()

    def rights(self, user: str) -> Rights | None:
        """What a key of the allow-list may do; nothing when there is no such key."""
        return self._rights.get(user)

    # -- from stations, operators, tools ---------------------------------------------------------

    def from_peer(
        self, identity: bytes, frames: list[bytes], now_s: float, rights: Rights = LOCAL
    ) -> None:
        """Take the frames of one ZeroMQ message."""
        for frame in frames:
            try:
                header, payload = m.open_frame(frame)
            except m.WireError as error:
                self._malformed(identity, error)
                continue
            if reason := rights.refusal(header.kind, header.sender):
                self.counters["refused.rights"] += 1
                self._refuse(identity, header, reason)
                continue
            self.counters[f"in.{header.kind}"] += 1
            try:
                self._from_peer(identity, header, payload, frame, now_s, rights=rights)
            except m.WireError as error:
                self._malformed(identity, error)

    def _malformed(self, identity: bytes, error: m.WireError) -> None:
        self.counters["malformed"] += 1
        self.counters[f"malformed.{error.kind}"] += 1
        self._refuse(identity, m.Header("", 0, 0, 0, 0, 0, 0, 0), str(error))

    def dropped(self, identity: bytes, frames: int) -> None:
        """Count what a peer sent beyond its rate; nobody looked into it."""
        self.counters["dropped.messages"] += 1
        self.counters["dropped.frames"] += frames
        for peer in self.peers.values():
            if peer.identity == identity:
                peer.dropped += frames

    def over_rate(self, identity: bytes) -> None:
        """Tell a peer that what it sends too much of is dropped."""
        reason = "too many frames: what is beyond the rate of one peer is dropped"
        self._refuse(identity, m.Header("", 0, 0, 0, 0, 0, 0, 0), reason)

    def _from_peer(
        self,
        identity: bytes,
        header: m.Header,
        payload: bytes,
        frame: bytes,
        now_s: float,
        *,
        rights: Rights,
    ) -> None:
        match header.kind:
            case "status_request":
                self._status_request(identity, frame, now_s)
            case "fetch" | "snapshot_request" | "rights_request":
                self._question(identity, header, payload, now_s, rights)
            case "hello":
                self._hello(identity, header, payload, frame, now_s)
            case "command" if header.sender == self.facts.operator_key:
                self._command(identity, header, frame, None)
            case _:
                self._from_station(identity, header, payload, frame, now_s)

    def _from_station(
        self, identity: bytes, header: m.Header, payload: bytes, frame: bytes, now_s: float
    ) -> None:
        peer = self._by_key.get(header.sender)
        if peer is None or peer.identity != identity or peer.epoch != header.epoch:
            self.counters["unknown_sender"] += 1
            self._refuse(identity, header, f"sender is not known here: {SAY_HELLO} first")
            return
        peer.progress_at_s = now_s
        match header.kind:
            case "command":
                self._command(identity, header, frame, peer)
            case "publish":
                self._publish(peer, header, payload, frame)
            case "progress":
                message = m.decode_payload("progress", payload)
                assert isinstance(message, m.Progress)
                peer.progress = max(peer.progress, message.count)
            case "step_done":
                self._step_done(peer, payload)
            case other:
                self.counters["refused.kind"] += 1
                self._refuse(identity, header, f"a station may not send {other!r}")

    # -- questions -------------------------------------------------------------------------------

    def _status_request(self, identity: bytes, frame: bytes, now_s: float) -> None:
        if len(self._status_waiting) >= MAX_STATUS_WAITING:
            self.counters["refused.status"] += 1
            return
        self._status_waiting.append((identity, now_s))
        if self.core_connected and len(self._status_waiting) == 1:
            self.to_core.append(frame)

    def _question(
        self, identity: bytes, header: m.Header, payload: bytes, now_s: float, rights: Rights
    ) -> None:
        message = m.decode_payload(header.kind, payload)
        if self.lockstep is None and not self._questions.take(identity, 1, 0, now_s):
            self.counters["dropped.questions"] += 1
            return
        match message:
            case m.Fetch():
                self._fetch(identity, header, message)
            case m.SnapshotRequest():
                topics = self._topics_of(message.topics)
                self.to_peer.append((identity, self._snapshot(topics)))
            case _ if rights.local:
                self._refuse(identity, header, "rights are for keys; line.json holds yours")
            case _:
                self.to_peer.append((identity, [self._rights_frame(rights)]))

    def _fetch(self, identity: bytes, header: m.Header, message: m.Fetch) -> None:
        try:
            page = read_page(self.facts.ledger, message.since, tuple(message.topics))
        except _core.LedgerError as error:
            self.counters["refused.ledger"] += 1
            self._refuse(identity, header, f"the ledger cannot be read: {error}")
            return
        self.to_peer.append((identity, [m.encode(page, self._stamp(self.core_tick))]))

    def _topics_of(self, prefixes: list[str]) -> list[bytes]:
        wanted = tuple(prefixes)
        return [t for t in self.telemetry.numbers if matches(t.decode(), wanted)]

    def _snapshot(self, topics: list[bytes]) -> list[bytes]:
        """Numbers of topics, then their newest frames."""
        stamp = self._stamp(self.core_tick)
        frames = [m.encode(m.Snapshot(n), stamp) for n in self.telemetry.numbers.chunks(topics)]
        newest = self.telemetry.newest
        return frames + [newest[topic] for topic in topics if topic in newest]

    def _rights_frame(self, rights: Rights) -> bytes:
        facts = self.facts
        answer = m.Rights(
            role=rights.role,
            line=facts.line,
            lockstep=facts.lockstep,
            base_hz=facts.base_hz,
            step_ticks=facts.step_ticks,
            window_ticks=facts.window_ticks,
            epoch_base=facts.epoch_base,
            stations=rights.stations,
            operator_key=rights.operator_key,
        )
        return m.encode(answer, self._stamp(self.core_tick))

    # -- joining, commands, messages -------------------------------------------------------------

    def _hello(
        self, identity: bytes, header: m.Header, payload: bytes, frame: bytes, now_s: float
    ) -> None:
        hello = m.decode_payload("hello", payload)
        assert isinstance(hello, m.Hello)
        peer = self.peers.get(hello.station)
        reason = ""
        if peer is None or peer.key != header.sender:
            reason = f"no station {hello.station!r} with this key is in the line file"
        elif header.epoch < peer.epoch:
            reason = f"epoch {header.epoch} is older than {peer.epoch}"
        elif hello.api != 1:
            reason = f"interface {hello.api} is not spoken here, 1 is"
        elif len(hello.topics) > MAX_TOPICS:
            reason = f"{len(hello.topics)} topics, {MAX_TOPICS} are allowed"
        if peer is None or reason:
            self.counters["unknown_sender"] += 1
            self._refuse(identity, header, reason)
            return
        peer.identity, peer.epoch, peer.topics = identity, header.epoch, tuple(hello.topics)
        peer.outbox.clear()
        peer.progress, peer.progress_at_s = 0, now_s
        self._routes.clear()
        answer = [self._ack(header, "applied", "")]
        answer += self._snapshot([t for t in self.telemetry.numbers if self._is_for(peer, t)])
        if self.lockstep is not None:
            answer += self.lockstep.rejoin(peer.name, frame)
        elif self.core_connected:
            self.to_core.append(frame)
        self._send(peer, answer)

    def _is_for(self, peer: Peer, topic: bytes) -> bool:
        name = topic.decode()
        told = topic in self.telemetry.newest and owner(name) == peer.name
        return topic == _STATE or (matches(name, peer.topics) and not told)

    def _command(self, identity: bytes, header: m.Header, frame: bytes, peer: Peer | None) -> None:
        if not self.core_connected:
            self.counters["refused.core"] += 1
            self._refuse(identity, header, "the core is not connected")
            return
        self._pending[(header.sender, header.epoch, header.seq)] = identity
        while len(self._pending) > MAX_PENDING:
            self._pending.popitem(last=False)
        if self.lockstep is not None and peer is not None:
            self.lockstep.command(peer.name, header.seq, frame)
        else:
            self.to_core.append(frame)

    def _publish(self, peer: Peer, header: m.Header, payload: bytes, frame: bytes) -> None:
        message = m.decode_payload("publish", payload)
        assert isinstance(message, m.Publish)
        topic = message.topic.encode()
        if owner(message.topic) != peer.name:
            self.counters["refused.topic"] += 1
            reason = (
                f"topic {message.topic!r} is not {peer.name}'s: it must begin with '{peer.name}.'"
            )
            self._refuse(peer.identity, header, reason)
        elif not self.telemetry.has_room(topic, len(frame)):
            self.counters["refused.room"] += 1
            self._refuse(peer.identity, header, "the bus keeps no more topics or bytes of stations")
        elif self.lockstep is not None:
            self.lockstep.publish(peer.name, topic, header, frame)
        else:
            self._spread(peer.name, topic, header, frame)

    def _spread(self, sender: str, topic: bytes, header: m.Header, frame: bytes) -> None:
        if not self.telemetry.spread(topic, header.epoch, header.seq, frame):
            self.counters["repeated_message"] += 1
            return
        for peer in self._subscribers(topic):
            if peer.name != sender:
                self._deliver(peer, frame)

    def _step_done(self, peer: Peer, payload: bytes) -> None:
        message = m.decode_payload("step_done", payload)
        assert isinstance(message, m.StepDone)
        if self.lockstep is None or not self.lockstep.done(peer.name, message.tick):
            self.counters["stray_step_done"] += 1
            return
        peer.progress += 1
        self.finish_step()

    def finish_step(self) -> None:
        """Hand a complete barrier to the core; without effect while someone has not answered."""
        if self.lockstep is None or not self.lockstep.complete:
            return
        tick = self.lockstep.tick
        frames, published = self.lockstep.finish()
        self.to_core.extend(frames)
        for sender, topic, header, frame in published:
            self._spread(sender, topic, header, frame)
        self.to_core.append(m.encode(m.StepDone(tick), self._stamp(tick)))

    def quarantined(self, name: str) -> None:
        """A station is out for good: a barrier does not wait for it."""
        if self.lockstep is not None:
            self.lockstep.leave(name)
            self.finish_step()

    def gone(self, identity: bytes) -> None:
        """The router has no such peer any more."""
        for peer in self.peers.values():
            if peer.identity == identity:
                peer.identity = b""
                peer.outbox.clear()
                self._routes.clear()

    def core_found(self) -> None:
        """The link to the core is up."""
        self.core_connected = True
        self.counters["core_connects"] += 1

    def core_lost(self) -> None:
        """The link to the core is down: what waited for it is void, and its barrier too."""
        self.core_connected = False
        self.counters["core_losses"] += 1
        self.to_core.clear()
        if self.lockstep is not None:
            self.lockstep.abandon()

    # -- from the core ---------------------------------------------------------------------------

    def from_core(self, datagram: bytes) -> None:
        """Take the frames of one datagram of the core, samples of a topic together. What has a
        topic goes on as it came: the core has numbered it."""
        telemetry, counters = self.telemetry, self.counters
        most = MOST_TOGETHER if self.lockstep is None else 1  # a barrier keeps the order of all
        parts = _core.wire_parts(datagram, most)
        for kind, topic, epoch, first, last, tick, part, newest in parts:
            count = last - first + 1
            counters["core." + kind] += count
            self.core_tick = max(self.core_tick, tick)
            if kind == "sample":
                fresh = telemetry.spread(topic, epoch, last, part, count=count, newest=newest)
                if fresh < count:
                    counters["core_repeated"] += count - fresh
                elif self.lockstep is not None:
                    for peer in self._subscribers(topic):
                        self._deliver(peer, part)
            elif kind in ("event", "map_point"):
                telemetry.spread(topic, epoch, last, part, keep=False)
                for peer in self._subscribers(topic):
                    self._deliver(peer, part)
            else:
                self._from_core(kind, epoch, last, part)

    def _from_core(self, kind: str, epoch: int, seq: int, frame: bytes) -> None:
        message = m.decode(frame)[1] if kind else None
        match message:
            case m.Ack():
                self._answer(message, frame)
            case m.State():
                self.telemetry.spread(_STATE, epoch, seq, frame)
                for peer in self.peers.values():
                    self._deliver(peer, frame)
            case m.Step():
                self._step(message.tick, frame)
            case m.Status():
                self._status("".join(message.json))
            case _:
                self.counters["malformed_core"] += 1

    def _answer(self, ack: m.Ack, frame: bytes) -> None:
        identity = self._pending.pop((ack.to, ack.epoch, ack.seq), b"")
        peer = self._by_key.get(ack.to)
        if peer is not None:
            self._deliver(peer, frame)
        elif identity:
            self.to_peer.append((identity, [frame]))
        else:
            self.counters["unroutable_ack"] += 1

    def _step(self, tick: int, frame: bytes) -> None:
        if self.lockstep is None:
            self.counters["malformed_core"] += 1
            return
        for name, frames in self.lockstep.begin(tick, frame).items():
            if self.peers[name].joined:
                self._send(self.peers[name], frames)
        self.finish_step()

    # -- status ----------------------------------------------------------------------------------

    def overdue(self, now_s: float) -> None:
        """Answer status requests the core has not answered in time."""
        if self._status_waiting and now_s - self._status_waiting[0][1] > STATUS_WAIT_S:
            self._status("null")

    def _status(self, core_json: str) -> None:
        try:
            core = json.loads(core_json)
        except ValueError:
            core = None
        text = json.dumps({"line": self.facts.line, "core": core, "bus": self.describe()})
        frame = m.encode(m.Status(m.status_pieces(text)), self._stamp(self.core_tick))
        for identity, _ in self._status_waiting:
            self.to_peer.append((identity, [frame]))
        self._status_waiting.clear()

    def describe(self) -> dict[str, Any]:
        """The bus's part of the status document."""
        return {
            "epoch": self.epoch,
            "core_connected": self.core_connected,
            "core_tick": self.core_tick,
            "counters": dict(sorted(self.counters.items())),
            "connections": {name: dict(sorted(c.items())) for name, c in self.doors.items()},
            "topics": self.telemetry.numbers.newest(),
            "stations": {
                peer.name: {
                    "joined": peer.joined,
                    "epoch": peer.epoch,
                    "progress": peer.progress,
                    "progress_at_s": peer.progress_at_s,
                    "waiting_messages": len(peer.outbox),
                    "lost_messages": peer.lost,
                    "dropped_frames": peer.dropped,
                    "owes_step": self.lockstep is not None and peer.name in self.lockstep.waiting,
                }
                for peer in self.peers.values()
            },
        }

    # -- telemetry -------------------------------------------------------------------------------

    def beacon(self) -> None:
        """State the newest number of every topic, so that a lost last message shows."""
        if self.telemetry.anyone:
            for numbers in self.telemetry.numbers.chunks():
                frame = m.encode(m.Publish(BEACON, numbers), self._stamp(self.core_tick))
                self.telemetry.out.append((_BEACON, frame))

    # -- helpers of the above --------------------------------------------------------------------

    def _subscribers(self, topic: bytes) -> list[Peer]:
        peers = self._routes.get(topic)
        if peers is None:
            name = topic.decode()
            peers = [p for p in self.peers.values() if matches(name, p.topics)]
            self._routes[topic] = peers
        return peers

    def _deliver(self, peer: Peer, frame: bytes) -> None:
        if self.lockstep is not None:
            self.lockstep.tell(peer.name, frame)
        elif peer.joined:
            self._send(peer, [frame])
        else:
            peer.lost += 1

    def _send(self, peer: Peer, frames: list[bytes]) -> None:
        if len(peer.outbox) >= MAX_OUTBOX:
            peer.lost += sum(len(lost) for lost in peer.outbox)
            peer.outbox.clear()
            self.counters["peer_behind"] += 1
            notice = m.Ack(
                peer.key, 0, 0, "refused", f"fell behind: {SAY_HELLO} again", self.core_tick
            )
            peer.outbox.append([m.encode(notice, self._stamp(self.core_tick))])
            return
        peer.outbox.append(frames)

    def _stamp(self, tick: int) -> m.Stamp:
        self._seq += 1
        return m.Stamp(
            sender=BUS_SENDER,
            epoch=self.epoch,
            seq=self._seq,
            mono_ns=self.now_ns,
            based_on_tick=tick,
        )

    def _ack(self, header: m.Header, status: m.AckStatus, reason: str) -> bytes:
        ack = m.Ack(header.sender, header.epoch, header.seq, status, reason, self.core_tick)
        return m.encode(ack, self._stamp(self.core_tick))

    def _refuse(self, identity: bytes, header: m.Header, reason: str) -> None:
        self.to_peer.append((identity, [self._ack(header, "refused", reason[:1000])]))
