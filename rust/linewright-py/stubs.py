"""Write `python/linewright/_core.pyi` from the compiled module.

Kernel classes come from the module itself (fields, ports, documentation); the rest from
`stubs.pyi` beside this file, which states the types that a signature does not carry.

    python rust/linewright-py/stubs.py            write
    python rust/linewright-py/stubs.py --check    exit 1 when the file differs
"""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Set
from pathlib import Path

import linewright  # noqa: F401  (charts get their methods)
from linewright import _core

HERE = Path(__file__).parent
TARGET = HERE.parent.parent / "python" / "linewright" / "_core.pyi"
NUMBERS = "npt.ArrayLike"
ARRAY = "npt.NDArray[np.float64]"


def kernel(name: str) -> str:
    """One class."""
    kind = getattr(_core, name)
    inputs = [port for port, _ in kind.INPUTS]
    outputs = [port for port, _ in kind.OUTPUTS]
    one = len(outputs) == 1
    result = "float" if one else f"tuple[{', '.join(['float'] * len(outputs))}]"
    arrays = ARRAY if one else f"tuple[{', '.join([ARRAY] * len(outputs))}]"
    fields = _fields(kind)
    ports = "".join(f", {port}: float" for port in inputs)
    return "\n".join(
        [
            *_head(name, "INPUTS"),
            f"    def __new__(cls, *{fields}) -> Self: ...",
            f"    def update(self{ports}, /) -> {result}: ...",
            f"    def process(self, *arrays: {NUMBERS}, out: {arrays} | None = None)"
            f" -> {arrays}: ...",
            "    @classmethod",
            f"    def lanes(cls, channels: int, /, *{_each(fields)}) -> Self: ...",
            "    def reset(self) -> None: ...",
            "    def restore(self, state: bytes, /) -> None: ...",
            *_properties(result),
            "    @property",
            "    def channels(self) -> int: ...",
            "    @property",
            "    def fixed(self) -> bool: ...",
            *_chart(kind),
            "",
        ]
    )


def vector(name: str) -> str:
    """One class whose ports are of many numbers."""
    kind = getattr(_core, name)
    sample = f"float | {NUMBERS}"
    return "\n".join(
        [
            *_head(name, "INPUTS"),
            f"    def __new__(cls, *{_fields(kind)}) -> Self: ...",
            f"    def update(self, *sample: {sample}, out: Any = None) -> Any: ...",
            f"    def process(self, *arrays: {NUMBERS}, out: Any = None) -> Any: ...",
            "    def reset(self) -> None: ...",
            "    def restore(self, state: bytes, /) -> None: ...",
            *_properties("Any"),
            "    @property",
            "    def input_widths(self) -> tuple[tuple[str, int], ...]: ...",
            "    @property",
            "    def output_widths(self) -> tuple[tuple[str, int], ...]: ...",
            *_chart(kind),
            "",
        ]
    )


def front(name: str) -> str:
    """One class that makes numbers of blocks."""
    kind = getattr(_core, name)
    blocks = "".join(f", {port}: {NUMBERS} | None" for port, _ in kind.BLOCKS)
    one = len(kind.OUTPUTS) == 1
    result = "float" if one else f"tuple[{', '.join(['float'] * len(kind.OUTPUTS))}]"
    fields = _fields(kind, leave_out={"period_s"})
    return "\n".join(
        [
            *_head(name, "BLOCKS"),
            f"    def __new__(cls{', *' + fields if fields else ''}) -> Self: ...",
            f"    def update(self{blocks}, /) -> {result}: ...",
            "    def reset(self) -> None: ...",
            "    @property",
            f"    def last(self) -> {result}: ...",
            "    @property",
            "    def config(self) -> dict[str, Any]: ...",
            "",
        ]
    )


def _head(name: str, ports: str) -> list[str]:
    """How every class begins; `ports`: what it takes."""
    kind = getattr(_core, name)
    summary = next(line for line in kind.__doc__.splitlines() if line.strip())
    pairs = "ClassVar[tuple[tuple[str, str], ...]]"
    return [
        "@final",
        f"class {name}:",
        f'    """{summary}"""',
        "",
        "    NAME: ClassVar[str]",
        f"    {ports}: {pairs}",
        f"    OUTPUTS: {pairs}",
        f"    FIELDS: {pairs}",
    ]


def _properties(result: str) -> list[str]:
    return [
        "    @property",
        "    def state(self) -> bytes: ...",
        "    @property",
        f"    def last(self) -> {result}: ...",
        "    @property",
        "    def config(self) -> dict[str, Any]: ...",
    ]


def _chart(kind: type) -> list[str]:
    """What a chart has beside."""
    threshold = dict(_core.CHARTS).get(kind.__name__)
    if threshold is None:
        return []
    fields = _fields(kind, leave_out={threshold})
    rest = _fields(kind, leave_out={threshold, "period_s"})
    budget = "per_day: float, rate_hz: float, channels: int = 1"
    return [
        "    def arl(self, shift: float = 0.0) -> float: ...",
        "    @classmethod",
        f"    def for_arl0(cls, arl0: float, *{fields}) -> Self: ...",
        "    @classmethod",
        f"    def for_false_alarm_budget(cls, *, {budget}{rest}) -> Self: ...",
    ]


def _fields(kind: type, leave_out: Set[str] = frozenset()) -> str:
    """Keyword arguments with their types, those without a default first."""
    given = inspect.signature(kind).parameters
    fields = [(f, t) for f, t in (*kind.FIELDS, ("period_s", "float")) if f not in leave_out]
    needed = [(f, t) for f, t in fields if given[f].default is inspect.Parameter.empty]
    optional = [(f, t) for f, t in fields if (f, t) not in needed]
    parts = [f"{f}: {t}" for f, t in needed]
    parts += [f"{f}: {t} = ..." for f, t in optional]
    return "".join(f", {part}" for part in parts)


def _each(fields: str) -> str:
    """The same, where a number may be one for each channel."""
    own = fields.replace(": float", f": float | {NUMBERS}")
    return own.replace(f"period_s: float | {NUMBERS}", "period_s: float")


def _family(name: str) -> tuple[bool, bool, str]:
    """Constants, then classes, then functions."""
    return (not name.isupper(), not name[0].isupper(), name)


def text() -> str:
    """The whole file."""
    rest = (HERE / "stubs.pyi").read_text()
    names = f"__all__ = {sorted(_core.__all__, key=_family)!r}\n"
    whole = "\n".join(
        [
            rest,
            names,
            *(kernel(name) for name in _core.KERNELS),
            *(vector(name) for name in _core.VECTOR_KERNELS),
            *(front(name) for name in _core.FRONT_ENDS),
        ]
    )
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(TARGET), "-"]
    done = subprocess.run(command, input=whole, capture_output=True, text=True, check=True)
    return done.stdout


def main() -> int:
    """Write or compare."""
    if "--check" in sys.argv[1:]:
        if TARGET.read_text() == text():
            return 0
        print(f"{TARGET} is not what the module gives: run `make stubs`", file=sys.stderr)
        return 1
    TARGET.write_text(text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
