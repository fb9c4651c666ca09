"""The old way as a plugin: settings by hand from the laboratory's sample, and ratio to speed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from linewright.graph import Station
from linewright.stations.machine import Machine, Rolls
from linewright.stations.playbook import logic
from linewright.stations.playbook.changing import Changing, recipe_at
from linewright.stations.playbook.pieces import Piece, Requests, Roll, judge
from linewright.stations.playbook.settings import Settings as PlaybookSettings
from linewright.stations.playbook.wiring import wire

if TYPE_CHECKING:
    from linewright.graph import Graph
    from linewright.messages import Sample
    from linewright.recipes import Recipe


class Playbook(Station):
    """Sample, wait, decide: pump and nip are set by hand after each laboratory sample.

    The pump follows the web speed in proportion, as every coater's does; that is the machine, not
    the controller. With `correct` off nothing is ever corrected: the open loop. A planned change of
    recipe is made from the card.
    """

    name: ClassVar[str] = "playbook"
    Settings: ClassVar[type[Any]] = PlaybookSettings
    settings: PlaybookSettings

    def build(self, g: Graph) -> None:
        """Wires one loop: what was set by hand, times speed."""
        wire(g, self.settings)

    def start(self, api: Any) -> None:
        """Starts at the recipe's nominal settings."""
        super().start(api)
        s, r = self.settings, self.settings.recipe
        self._flow_l_per_min = r.pump_flow_l_per_min
        self._load_n_per_mm = r.line_load_n_per_mm
        self._weight = self._thickness = math.nan
        self._count = 0
        self._requests = Requests(s.laboratory)
        self._next_routine_s = s.laboratory.every_s
        self._pieces: list[Piece] = []
        self._set_s = {"flow": -math.inf, "load": -math.inf}
        self._change = Changing(s.change.recipe()) if s.change.on else None
        self._rolls = Rolls(s.jumbo_m)
        self._web_m = self._press_m = math.nan
        self._roll: tuple[int, float] | None = None
        self._stood_s = self._press_stands = 0.0
        self._finished = 0
        self._unjudged: dict[str, list[Roll]] = {"coater": [], "calender": []}
        self._machines = {name: Machine(name, api.record) for name in self._unjudged}

    def on_sample(self, sample: Sample) -> None:
        """Waits for the next laboratory result; follows web and mounted roll."""
        at_s = sample.tick / self.api.base_hz
        match sample.topic.removeprefix("playbook."):
            case "lab_dry_weight":
                self._weight = sample.value
            case "lab_thickness":
                self._thickness = sample.value
            case "lab_count" if sample.value > self._count:
                self._count = int(sample.value)
                self._measured()
            case "web_m":
                self._web_m = sample.value
                self._rolls.take(sample.value, at_s)
            case "press_m":
                stood = abs(sample.value - self._press_m) < 0.1
                self._press_stands = float(stood)
                self._stood_s += 10.0 * stood
                self._press_m = sample.value
            case "roll" if self._roll is None or sample.value != self._roll[0]:
                self._mount(int(sample.value), at_s)

    def on_step(self, tick: int) -> None:
        """Goes on with a change, asks for pieces, acts on results, judges rolls."""
        if not self.settings.laboratory.on_request:
            return
        now_s = tick / self.api.base_hz
        if self._change is not None and math.isfinite(self._web_m):
            self._go_on(now_s)
        if now_s >= self._next_routine_s:
            self._requests.ask(self._next_routine_s)
            self._next_routine_s += self.settings.laboratory.every_s
        for piece in self._requests.due(now_s):
            self._pieces.append(piece)
            self._act(piece, now_s)
        self._finish_rolls(now_s)
        self._judge_rolls()
        self._tell_states(now_s)

    # -- laboratory ------------------------------------------------------------------------------

    def _measured(self) -> None:
        laboratory = self.settings.laboratory
        if laboratory.on_request:
            sampled_s = laboratory.measured_every_s * self._count
            self._requests.measured(Piece(sampled_s, self._weight, self._thickness))
        elif self.settings.correct:
            self._correct(self._weight, self._thickness, self.settings.recipe, self.settings.recipe)

    def _act(self, piece: Piece, now_s: float) -> None:
        """Correct by a piece that was made under the settings that stand."""
        change = self._change
        coater, press = self._recipes(piece.sampled_s)
        shows_s = piece.sampled_s - self.settings.laboratory.settle_s
        in_change = change is not None and change.weighed and not change.released_all
        fresh = {name: shows_s >= set_s for name, set_s in self._set_s.items()}
        corrected = False
        if self.settings.correct:
            weight = piece.weight_g_per_m2 if fresh["flow"] else math.nan
            sheet = piece.sheet_um if fresh["load"] else math.nan
            corrected = self._correct(weight, sheet, coater, press, piece.sampled_s)
        if not in_change or change is None or not fresh["flow"]:
            return
        if corrected:
            self._requests.ask(now_s + self.settings.laboratory.settle_s)
        good = logic.weight_within(piece.weight_g_per_m2, coater, self.settings)
        if good and math.isnan(change.verified_s):
            self._change = change = change.verified(now_s)
            self._note("change verified by a piece", {"sampled_s": piece.sampled_s})

    def _correct(
        self,
        weight: float,
        sheet: float,
        coater: Recipe,
        press: Recipe,
        sampled_s: float = math.nan,
    ) -> bool:
        """Correct pump and nip; true when one was touched."""
        s, touched = self.settings, False
        when = {"sampled_s": sampled_s} if math.isfinite(sampled_s) else {}
        if math.isfinite(weight):
            flow = logic.correct_flow(self._flow_l_per_min, weight, s, coater)
            if flow != self._flow_l_per_min:
                self._set("flow", flow)
                self._note(f"pump set to {flow:.3f} L/min", {"lab_g_per_m2": weight, **when})
                touched = True
        if math.isfinite(sheet):
            load = logic.correct_load(self._load_n_per_mm, sheet, s, press)
            if load != self._load_n_per_mm:
                self._set("load", load)
                self._note(f"line load set to {load:.1f} N/mm", {"lab_um": sheet, **when})
                touched = True
        return touched

    def _set(self, name: str, value: float) -> None:
        self.api.set(name, value)
        self._set_s[name] = self.api.time_s
        if name == "flow":
            self._flow_l_per_min = value
        else:
            self._load_n_per_mm = value

    def _recipes(self, at_s: float) -> tuple[Recipe, Recipe]:
        """Recipes that coater and calender were set for at `at_s`."""
        change, first = self._change, self.settings.recipe
        if change is None:
            return first, first
        return (
            recipe_at(change.weighed_s, at_s, first, change),
            recipe_at(change.pressed_s, at_s, first, change),
        )

    # -- change ----------------------------------------------------------------------------------

    def _go_on(self, now_s: float) -> None:
        before = self._change
        assert before is not None
        change = self._change = before.at(now_s, self._web_m, self.settings)
        first, to = self.settings.recipe, change.to
        if math.isfinite(change.moved_s) and math.isnan(before.moved_s):
            self.api.set("web", to.recipe.web_speed_m_per_s)
            for k, zone_c in enumerate(to.dryer["zone_c"], start=1):
                self.api.set(f"zone_{k}", zone_c)
            self.api.set("exhaust", to.dryer["exhaust_m3_per_s"])
            self._note(f"card of {to.name}: speed and air set", {"boundary_m": change.boundary_m})
        if change.weighed and not before.weighed:
            trim = self._flow_l_per_min / logic.card_flow(first, first)
            flow = logic.card_flow(to.recipe, first)
            self._set("flow", flow * (trim if self.settings.change.carry_trims else 1.0))
            self._note(f"card of {to.name}: pump set", {"l_per_min": self._flow_l_per_min})
            self._requests.ask(now_s + self.settings.laboratory.settle_s)

    def _mount(self, roll: int, at_s: float) -> None:
        before, self._roll = self._roll, (roll, at_s)
        if not self.settings.laboratory.on_request:
            return
        if before is not None and before[0] >= 1:
            ran_s = at_s - before[1] - self._stood_s
            nominal = self.settings.recipe.calender_speed_m_per_s
            rate = self.settings.jumbo_m / max(ran_s, 1.0) / nominal
            self._unjudged["calender"].append(self._a_roll(before[0], before[1], at_s, rate))
        self._stood_s = 0.0
        change = self._change
        if change is None:
            return
        self._change = after = change.mounted(roll, at_s, self.settings)
        if after.pressed and not change.pressed:
            first, to = self.settings.recipe, after.to
            trim = self._load_n_per_mm / first.line_load_n_per_mm
            load = to.recipe.line_load_n_per_mm
            self._set("load", load * (trim if self.settings.change.carry_trims else 1.0))
            self._note(f"card of {to.name}: nip set", {"n_per_mm": self._load_n_per_mm})

    # -- rolls and states ------------------------------------------------------------------------

    def _a_roll(self, number: int, begun_s: float, ended_s: float, rate: float) -> Roll:
        change, length_m = self._change, self.settings.jumbo_m
        next_one = change is not None and (number - 1) * length_m >= change.boundary_m - 1.0
        name = change.to.name if change is not None and next_one else self.settings.recipe_name
        return Roll(number, begun_s, ended_s, name, rate, length_m)

    def _finish_rolls(self, now_s: float) -> None:
        length_m = self.settings.jumbo_m
        while math.isfinite(self._web_m) and self._web_m >= (self._finished + 1) * length_m:
            self._finished += 1
            begun_s, ended_s = self._rolls.took_s(self._finished)
            roll = self._a_roll(self._finished, begun_s, ended_s, math.nan)
            change = self._change
            next_one = change is not None and roll.recipe == change.to.name
            recipe = change.to.recipe if change is not None and next_one else self.settings.recipe
            rate = self._rolls.rate_m_per_s(self._finished) / recipe.web_speed_m_per_s
            roll = self._a_roll(self._finished, begun_s, ended_s, rate)
            self._unjudged["coater"].append(roll)
            if change is not None and next_one and not change.released_all:
                self._requests.ask(now_s)

    def _judge_rolls(self) -> None:
        change, s = self._change, self.settings
        recipes = {s.recipe_name: s.recipe}
        if change is not None:
            recipes[change.to.name] = change.to.recipe
        for machine, waiting in self._unjudged.items():
            for roll in list(waiting):
                recipe = recipes[roll.recipe]
                within = _within(machine, recipe, s)
                of_it = [p for p in self._pieces if self._made_for(machine, p, roll.recipe)]
                judged = judge(roll, of_it, self._requests.open, within)
                if judged is None:
                    break  # in order
                waiting.remove(roll)
                self._tell_roll(machine, roll, *judged)

    def _made_for(self, machine: str, piece: Piece, recipe: str) -> bool:
        change = self._change
        if change is None:
            return True
        changed_s = change.weighed_s if machine == "coater" else change.pressed_s
        return (piece.sampled_s >= changed_s) == (recipe == change.to.name)

    def _tell_roll(self, machine: str, roll: Roll, good: bool, why: str) -> None:
        self._machines[machine].unit(
            f"roll {roll.number}",
            roll.ended_s,
            recipe=roll.recipe,
            good=good,
            rate_share=roll.rate_share,
            amount=roll.amount_m,
            amount_unit="m",
            why=why,
        )
        change = self._change
        if machine != "coater" or change is None or roll.recipe != change.to.name:
            return
        self._change = after = change.judged(good)
        if after.released_all and not change.released_all:
            self._note(f"{change.to.name} released after three good rolls", {"roll": roll.number})

    def _tell_states(self, now_s: float) -> None:
        s, change = self.settings, self._change
        moving = change is not None and change.moving
        begun = change is not None and math.isfinite(change.moved_s)
        recipe = change.to.name if change is not None and begun else s.recipe_name
        mode = "setup" if moving else "producing"
        self._machines["coater"].state(mode, "execute", now_s, recipe=recipe)
        pressed = change is not None and change.pressed
        recipe = change.to.name if change is not None and pressed else s.recipe_name
        state, reason = (
            ("suspended", "upstream: no roll") if self._press_stands else ("execute", "")
        )
        self._machines["calender"].state("producing", state, now_s, recipe=recipe, reason=reason)

    def _note(self, decision: str, detail: dict[str, float]) -> None:
        self.api.decide(decision, because=(), detail=detail)


def _within(machine: str, recipe: Recipe, settings: PlaybookSettings) -> Any:
    if machine == "coater":
        return lambda piece: logic.weight_within(piece.weight_g_per_m2, recipe, settings)
    return lambda piece: logic.sheet_within(piece.sheet_um, recipe, settings)
