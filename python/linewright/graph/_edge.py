"""An edge: a value that will exist once the loop runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeAlias

from ._place import GraphError

if TYPE_CHECKING:
    from ._loop import Loop
    from ._param import Param

Operand: TypeAlias = "Edge | Param | float"
"""What stands beside an edge: another edge, a parameter, or a number."""


class Edge:
    """What an operation gives: a name for a value, not the value.

    Arithmetic and comparisons make further operations of the loop the edge belongs to. Whatever
    would need the value now (`if`, `float()`, iteration, numpy) is refused.
    """

    __slots__ = ("_label", "_loop", "_param", "_slot")

    __array_ufunc__: ClassVar[None] = None

    def __init__(self, loop: Loop, slot: str, label: str, param: str | None = None) -> None:
        self._loop = loop
        self._slot = slot
        self._label = label
        self._param = param

    @property
    def slot(self) -> str:
        """Id of the slot in the plan."""
        return self._slot

    @property
    def loop(self) -> Loop:
        """Loop that computes it."""
        return self._loop

    def __repr__(self) -> str:
        return f"<Edge {self._slot} {self._label}>"

    def to(self, unit: str) -> Edge:
        """The same quantity in another unit; refused by the plan check when dimensions differ."""
        return self._loop._one("convert", {"x": self, "unit": unit})

    def __add__(self, other: Operand) -> Edge:
        return self._loop._pair("add", self, other)

    def __radd__(self, other: Operand) -> Edge:
        return self._loop._pair("add", other, self)

    def __sub__(self, other: Operand) -> Edge:
        return self._loop._pair("sub", self, other)

    def __rsub__(self, other: Operand) -> Edge:
        return self._loop._pair("sub", other, self)

    def __mul__(self, other: Operand) -> Edge:
        return self._loop._pair("mul", self, other)

    def __rmul__(self, other: Operand) -> Edge:
        return self._loop._pair("mul", other, self)

    def __truediv__(self, other: Operand) -> Edge:
        return self._loop._pair("div", self, other)

    def __rtruediv__(self, other: Operand) -> Edge:
        return self._loop._pair("div", other, self)

    def __neg__(self) -> Edge:
        return self._loop._one("neg", {"a": self})

    def __pos__(self) -> Edge:
        return self

    def __abs__(self) -> Edge:
        return self._loop._one("abs", {"a": self})

    def __gt__(self, other: Operand) -> Edge:
        return self._loop._pair("gt", self, other)

    def __lt__(self, other: Operand) -> Edge:
        return self._loop._pair("lt", self, other)

    def __ge__(self, other: Operand) -> Edge:
        return self._loop._pair("ge", self, other)

    def __le__(self, other: Operand) -> Edge:
        return self._loop._pair("le", self, other)

    def __and__(self, other: Operand) -> Edge:
        return self._loop._pair("and", self, other)

    def __rand__(self, other: Operand) -> Edge:
        return self._loop._pair("and", other, self)

    def __or__(self, other: Operand) -> Edge:
        return self._loop._pair("or", self, other)

    def __ror__(self, other: Operand) -> Edge:
        return self._loop._pair("or", other, self)

    def __invert__(self) -> Edge:
        return self._loop._one("not", {"a": self})

    def _refuse(self, what: str, instead: str) -> NoReturn:
        raise GraphError(f"{self!r} has no value while the graph is wired: {what}; {instead}")

    def __bool__(self) -> NoReturn:  # noqa: PLE0304 - refuses
        self._refuse(
            "it cannot decide an `if`, `and`, `or`, `not` or a chained comparison",
            "use L.select(condition, a, b) and the operators &, |, ~",
        )

    def __float__(self) -> NoReturn:
        self._refuse("float() needs a number", "keep it an edge, or L.tap() it to see it run")

    def __int__(self) -> NoReturn:
        self._refuse("int() needs a number", "keep it an edge, or L.tap() it to see it run")

    def __index__(self) -> NoReturn:  # noqa: PLE0305 - refuses
        self._refuse("an index needs a number", "choose with L.select(condition, a, b)")

    def __complex__(self) -> NoReturn:
        self._refuse("complex() needs a number", "keep it an edge")

    def __round__(self, ndigits: int | None = None) -> NoReturn:
        self._refuse("round() needs a number", "keep it an edge")

    def __iter__(self) -> NoReturn:
        self._refuse("it is one value, not many", "name the ports of a kernel: result.alarm")

    def __len__(self) -> NoReturn:  # noqa: PLE0303 - refuses
        self._refuse("it is one value, not many", "name the ports of a kernel: result.alarm")

    def __getitem__(self, key: object) -> NoReturn:
        self._refuse("it is one value, not many", "name the ports of a kernel: result.alarm")

    def __contains__(self, item: object) -> NoReturn:
        self._refuse("`in` needs values", "compare with >, <, >=, <= and join with & or |")

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        self._refuse("numpy needs numbers", "use a kernel (L.apply) or edge arithmetic")

    def __eq__(self, other: object) -> NoReturn:
        self._refuse("== is no question to a measurement", "compare with >= and <=")

    def __ne__(self, other: object) -> NoReturn:
        self._refuse("!= is no question to a measurement", "compare with > or <")

    __hash__ = object.__hash__
