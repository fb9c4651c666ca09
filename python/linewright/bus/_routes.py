"""Where a frame goes. No sockets here: frames come in, addressed frames go out in the three queues.

Three classes of delivery: `must` (commands, events, map points, acknowledgements: through the
router, counted when a peer falls behind), `state` (last value kept and given to late joiners),
`latest` (telemetry: lossy, numbered per topic).
"""

from __future__ import annotations

import json
from collections import Counter, OrderedDict, deque
from typing import Any

from linewright import messages as m
from linewright.bus._lockstep import LockStep
from linewright.bus._peers import LineFacts, Peer
from linewright.topics import BEACON, STATE, matches, owner

BUS_SENDER = 1
MAX_OUTBOX = 4096
MAX_PENDING = 4096
STATUS_WAIT_S = 0.5
MAX_TOPICS = 64


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
        self.lockstep = LockStep(list(self.peers)) if facts.lockstep else None
        self.core_connected = False
        self.core_tick = 0
        self.counters: Counter[str] = Counter()
        self.topic_seq: Counter[str] = Counter()
        self.last: dict[str, bytes] = {}
        self._wanted: Counter[bytes] = Counter()
        self._routes: dict[str, list[Peer]] = {}
        self._pending: OrderedDict[tuple[int, int, int], bytes] = OrderedDict()
        self._status_waiting: list[tuple[bytes, float]] = []
        self._seq = 0
        self.to_core: deque[bytes] = deque()
        self.to_peer: deque[tuple[bytes, list[bytes]]] = deque()
        self.to_all: deque[tuple[bytes, bytes]] = deque()

    # -- from stations, operators, tools ---------------------------------------------------------

    def from_peer(self, identity: bytes, frames: list[bytes], now_s: float) -> None:
        """Take the frames of one ZeroMQ message."""
        for frame in frames:
            try:
                header, payload = m.open_frame(frame)
            except m.WireError as error:
                self.counters["malformed"] += 1
                self._refuse(identity, m.Header("", 0, 0, 0, 0, 0, 0, 0), str(error))
                continue
            self.counters[f"in.{header.kind}"] += 1
            self._from_peer(identity, header, payload, frame, now_s)

    def _from_peer(
        self, identity: bytes, header: m.Header, payload: bytes, frame: bytes, now_s: float
    ) -> None:
        if header.kind == "status_request":
            self._status_waiting.append((identity, now_s))
            if self.core_connected and len(self._status_waiting) == 1:
                self.to_core.append(frame)
            return
        if header.kind == "hello":
            self._hello(identity, header, payload, frame, now_s)
            return
        if header.sender == self.facts.operator_key and header.kind == "command":
            self._command(identity, header, frame, None)
            return
        peer = self._by_key.get(header.sender)
        if peer is None or peer.identity != identity or peer.epoch != header.epoch:
            self.counters["unknown_sender"] += 1
            self._refuse(identity, header, "sender is not known here: say hello first")
            return
        peer.progress_at_s = now_s
        match header.kind:
            case "command":
                self._command(identity, header, frame, peer)
            case "publish":
                self._publish(peer, header, payload)
            case "progress":
                message = m.decode_payload("progress", payload)
                assert isinstance(message, m.Progress)
                peer.progress = max(peer.progress, message.count)
            case "step_done":
                self._step_done(peer, payload)
            case other:
                self.counters["refused"] += 1
                self._refuse(identity, header, f"a station may not send {other!r}")

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
        answer += [f for topic, f in sorted(self.last.items()) if self._is_for(peer, topic)]
        if self.lockstep is not None:
            answer += self.lockstep.rejoin(peer.name, frame)
        elif self.core_connected:
            self.to_core.append(frame)
        self._send(peer, answer)

    def _is_for(self, peer: Peer, topic: str) -> bool:
        return topic == STATE or (matches(topic, peer.topics) and owner(topic) != peer.name)

    def _command(self, identity: bytes, header: m.Header, frame: bytes, peer: Peer | None) -> None:
        if not self.core_connected:
            self.counters["refused"] += 1
            self._refuse(identity, header, "the core is not connected")
            return
        self._pending[(header.sender, header.epoch, header.seq)] = identity
        while len(self._pending) > MAX_PENDING:
            self._pending.popitem(last=False)
        if self.lockstep is not None and peer is not None:
            self.lockstep.command(peer.name, header.seq, frame)
        else:
            self.to_core.append(frame)

    def _publish(self, peer: Peer, header: m.Header, payload: bytes) -> None:
        message = m.decode_payload("publish", payload)
        assert isinstance(message, m.Publish)
        if owner(message.topic) != peer.name:
            self.counters["refused"] += 1
            reason = (
                f"topic {message.topic!r} is not {peer.name}'s: it must begin with '{peer.name}.'"
            )
            self._refuse(peer.identity, header, reason)
        elif self.lockstep is not None:
            self.lockstep.publish(peer.name, message.topic, header, payload)
        else:
            self._spread(peer.name, message.topic, header, payload)

    def _spread(self, sender: str, topic: str, header: m.Header, payload: bytes) -> None:
        frame = self._number(header, topic, payload)
        self.last[topic] = frame
        self._broadcast(topic, frame)
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
        for sender, topic, header, payload in published:
            self._spread(sender, topic, header, payload)
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

    def from_core(self, frame: bytes) -> None:
        """Take one frame of the core."""
        try:
            header, payload = m.open_frame(frame)
            message = m.decode_payload(header.kind, payload)
        except m.WireError:
            self.counters["malformed_core"] += 1
            return
        self.counters[f"core.{header.kind}"] += 1
        self.core_tick = max(self.core_tick, header.based_on_tick)
        match message:
            case m.Sample():
                self._telemetry(header, message.topic, payload)
            case m.Event():
                self._must(header, message.name, payload, frame)
            case m.MapPoint():
                self._must(header, message.map, payload, frame)
            case m.Ack():
                self._answer(message, frame)
            case m.State():
                self._state(header, payload)
            case m.Step():
                self._step(message.tick, frame)
            case m.Status():
                self._status("".join(message.json))
            case _:
                self.counters["malformed_core"] += 1

    def _telemetry(self, header: m.Header, topic: str, payload: bytes) -> None:
        numbered = self._number(header, topic, payload)
        self.last[topic] = numbered
        self._broadcast(topic, numbered)
        if self.lockstep is not None:
            for peer in self._subscribers(topic):
                self._deliver(peer, numbered)

    def _must(self, header: m.Header, topic: str, payload: bytes, frame: bytes) -> None:
        for peer in self._subscribers(topic):
            self._deliver(peer, frame)
        numbered = self._number(header, topic, payload)
        self._broadcast(topic, numbered)

    def _answer(self, ack: m.Ack, frame: bytes) -> None:
        identity = self._pending.pop((ack.to, ack.epoch, ack.seq), b"")
        peer = self._by_key.get(ack.to)
        if peer is not None:
            self._deliver(peer, frame)
        elif identity:
            self.to_peer.append((identity, [frame]))
        else:
            self.counters["unroutable_ack"] += 1

    def _state(self, header: m.Header, payload: bytes) -> None:
        frame = self._number(header, STATE, payload)
        self.last[STATE] = frame
        self._broadcast(STATE, frame)
        for peer in self.peers.values():
            self._deliver(peer, frame)

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
            "topics": dict(sorted(self.topic_seq.items())),
            "stations": {
                peer.name: {
                    "joined": peer.joined,
                    "epoch": peer.epoch,
                    "progress": peer.progress,
                    "progress_at_s": peer.progress_at_s,
                    "waiting_messages": len(peer.outbox),
                    "lost_messages": peer.lost,
                    "owes_step": self.lockstep is not None and peer.name in self.lockstep.waiting,
                }
                for peer in self.peers.values()
            },
        }

    # -- telemetry -------------------------------------------------------------------------------

    def subscription(self, message: bytes) -> None:
        """Take a subscription or its end from the telemetry socket; a joiner gets the last
        values."""
        prefix = message[1:]
        if message[:1] == b"\x01":
            self._wanted[prefix] += 1
            for topic, frame in sorted(self.last.items()):
                if topic.encode().startswith(prefix):
                    self.to_all.append((topic.encode(), frame))
        elif message[:1] == b"\x00":
            self._wanted[prefix] -= 1
            if self._wanted[prefix] <= 0:
                del self._wanted[prefix]

    def beacon(self) -> None:
        """State the newest number of every topic, so that a lost last message shows."""
        if self._wanted:
            body = m.Publish(BEACON, dict(sorted(self.topic_seq.items())))
            frame = m.encode(body, self._stamp(self.core_tick))
            self.to_all.append((BEACON.encode(), frame))

    def _broadcast(self, topic: str, frame: bytes) -> None:
        name = topic.encode()
        if any(name.startswith(prefix) for prefix in self._wanted):
            self.to_all.append((name, frame))

    # -- helpers of the above --------------------------------------------------------------------

    def _number(self, header: m.Header, topic: str, payload: bytes) -> bytes:
        """Seal a payload anew with the topic's next number, so that every receiver can count what
        it missed."""
        self.topic_seq[topic] += 1
        stamp = m.Stamp(
            sender=header.sender,
            epoch=self.epoch,
            seq=self.topic_seq[topic],
            mono_ns=header.mono_ns,
            based_on_tick=header.based_on_tick,
            quality=header.quality,
        )
        return m.seal(header.kind, payload, stamp)

    def _subscribers(self, topic: str) -> list[Peer]:
        peers = self._routes.get(topic)
        if peers is None:
            peers = [p for p in self.peers.values() if matches(topic, p.topics)]
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
                peer.key, 0, 0, "refused", "fell behind: say hello again", self.core_tick
            )
            peer.outbox.append([m.encode(notice, self._stamp(self.core_tick))])
            return
        peer.outbox.append(frames)

    def _stamp(self, tick: int) -> m.Stamp:
        self._seq += 1
        return m.Stamp(sender=BUS_SENDER, epoch=self.epoch, seq=self._seq, based_on_tick=tick)

    def _ack(self, header: m.Header, status: m.AckStatus, reason: str) -> bytes:
        ack = m.Ack(header.sender, header.epoch, header.seq, status, reason, self.core_tick)
        return m.encode(ack, self._stamp(self.core_tick))

    def _refuse(self, identity: bytes, header: m.Header, reason: str) -> None:
        self.to_peer.append((identity, [self._ack(header, "refused", reason[:1000])]))
