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
from pathlib import Path

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
    summary = next(line for line in kind.__doc__.splitlines() if line.strip())
    pairs = "ClassVar[tuple[tuple[str, str], ...]]"
    return "\n".join(
        [
            "@final",
            f"class {name}:",
            f'    """{summary}"""',
            "",
            "    NAME: ClassVar[str]",
            f"    INPUTS: {pairs}",
            f"    OUTPUTS: {pairs}",
            f"    FIELDS: {pairs}",
            f"    def __new__(cls, *{fields}) -> Self: ...",
            f"    def update(self{ports}, /) -> {result}: ...",
            f"    def process(self, *arrays: {NUMBERS}, out: {arrays} | None = None)"
            f" -> {arrays}: ...",
            "    def reset(self) -> None: ...",
            "    def restore(self, state: bytes, /) -> None: ...",
            "    @property",
            "    def state(self) -> bytes: ...",
            "    @property",
            f"    def last(self) -> {result}: ...",
            "",
        ]
    )


def _fields(kind: type) -> str:
    """Keyword arguments with their types, those without a default first."""
    given = inspect.signature(kind).parameters
    needed = [(f, t) for f, t in kind.FIELDS if given[f].default is inspect.Parameter.empty]
    optional = [(f, t) for f, t in kind.FIELDS if (f, t) not in needed]
    parts = [f"{f}: {t}" for f, t in [*needed, ("period_s", "float")]]
    parts += [f"{f}: {t} = ..." for f, t in optional]
    return "".join(f", {part}" for part in parts)


def _family(name: str) -> tuple[bool, bool, str]:
    """Constants, then classes, then functions."""
    return (not name.isupper(), not name[0].isupper(), name)


def text() -> str:
    """The whole file."""
    rest = (HERE / "stubs.pyi").read_text()
    names = f"__all__ = {sorted(_core.__all__, key=_family)!r}\n"
    whole = "\n".join([rest, names, *(kernel(name) for name in _core.KERNELS)])
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
