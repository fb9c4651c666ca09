"""The station that carries recipe orders: from the ledger to the recipe gate and to the line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from linewright import _core
from linewright.bus import ledger_of
from linewright.graph import Station
from linewright.stations.mes import logic
from linewright.stations.mes.settings import Settings as MesSettings

if TYPE_CHECKING:
    from linewright.graph import Graph
    from linewright.messages import Sample

VERDICT = "recipe_gate.verdict"
WEB = "coater.position"
TOLD_MOST = 500


class Mes(Station):
    """Reads `order` rows (put there by `linewright order` or the MES interface), asks the recipe
    gate for the change, gives the line its order at the end of a roll, and puts down what became of
    it. One order at a time, oldest first; after a restart it goes on from the ledger.

    It needs the recipe gate and a coater that carries out changes. Orders come from outside, so a
    simulated run with orders is not the same twice.
    """

    name: ClassVar[str] = "mes"
    Settings: ClassVar[type[Any]] = MesSettings
    settings: MesSettings
    subscribes: ClassVar[tuple[str, ...]] = (VERDICT, WEB)

    def build(self, g: Graph) -> None:
        """Nothing in the hard lane."""

    def start(self, api: Any) -> None:
        """Takes the ledger of the line."""
        super().start(api)
        self._ledger: Path = ledger_of(api.folder)
        self._since = 0
        self._book = logic.Book()
        self._due_s = 0.0
        self._running = (self.settings.recipe_name, self.settings.recipe_toml)
        self._asked = ""
        self._change: dict[str, Any] | None = None
        self._due_m = 0.0
        self._web: tuple[float, float] | None = None

    def on_sample(self, sample: Sample) -> None:
        """Follows the web."""
        if sample.topic == WEB:
            self._web = (sample.value, sample.tick / self.api.base_hz)

    def on_step(self, tick: int) -> None:
        """Looks for orders; gives one that is due."""
        now_s = tick / self.api.base_hz
        if now_s >= self._due_s:
            self._due_s = now_s + self.settings.watch_s
            self._look()
            self._ask()
        self._give(now_s)

    def on_message(self, topic: str, body: Any) -> None:
        """The gate's answer to what was asked."""
        if topic != VERDICT or not isinstance(body, dict) or body.get("id") != self._asked:
            return
        if not self._asked or self._change is not None:
            return
        if "order" not in body:
            said = body.get("no_order") or "; ".join(map(str, body.get("said", ())))
            self._record("rejected", reason=f"{body.get('verdict')}: {said}"[:TOLD_MOST])
            self._asked = ""
            return
        self._change = body["order"]
        web_m = self._web[0] if self._web is not None else 0.0
        self._due_m = logic.due_m(self._change["stages"], web_m, self.settings.roll_m)

    def _look(self) -> None:
        """New rows of orders, and of the machine that tells that a change is done."""
        try:
            rows = _core.ledger_rows(str(self._ledger), since=self._since, kinds=["order", "state"])
        except _core.LedgerError:
            return  # not readable just now: again at the next look
        for row in rows:
            self._since = int(row["seq"])
            if row["kind"] == "order":
                self._book.take(row, base_hz=self.api.base_hz)
            else:
                self._done(row["body"])

    def _done(self, state: dict[str, Any]) -> None:
        """The machine produces an order's recipe: that recipe runs now."""
        if state.get("machine") != self.settings.machine or state.get("mode") != "producing":
            return
        for order in self._book.in_state("started"):
            if order.recipe == state.get("recipe"):
                self._running = (order.recipe, order.toml)
                self._asked = ""

    def _ask(self) -> None:
        if self._asked:
            return
        busy = [o for o in self._book.in_state("started") if o.recipe != self._running[0]]
        waiting = self._book.in_state("received")
        if busy or not waiting:
            return
        self._asked = waiting[0].number
        question = {"id": self._asked, "toml": waiting[0].toml, "from": self._running[1]}
        self.api.publish("recipe", question)

    def _give(self, now_s: float) -> None:
        if self._change is None:
            return
        order = self._book.orders.get(self._asked)
        if order is not None and order.state == "cancelled":
            self._change, self._asked = None, ""
            return
        if self._web is not None and self.settings.roll_m:
            metre, at_s = self._web
            if metre + self.settings.web_m_per_s * (now_s - at_s) < self._due_m:
                return
        self.api.publish("change", self._change)
        self._record("started")
        self._change = None

    def _record(self, what: logic.What, **more: str) -> None:
        order = self._book.orders.get(self._asked)
        recipe = order.recipe if order is not None else ""
        body = {"order": self._asked, "what": what, "recipe": recipe}
        self.api.record("order", {**body, "machine": self.settings.machine, **more})
