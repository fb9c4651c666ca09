"""S7: files people write, with something in them changed: read, or refused with their place (which
is exit 78), and nothing else. The decoders of bytes have theirs in `rust/linewright-fuzz`."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import linewright
import pytest
from linewright.line import load
from linewright.mistakes import Mistakes
from linewright.recipes import read_recipe
from linewright.value.plant import read_plant
from linewright.vda5050.layout import Layout, LayoutError

ROOT = Path(__file__).resolve().parents[2]
LINES = sorted((Path(linewright.__file__).parent / "lines").glob("*.toml"))
OTHERS: dict[str, Callable[[Path], object]] = {
    "examples/recipes/A.toml": read_recipe,
    "examples/recipes/change.toml": read_recipe,
    "docs/plants/lw3.toml": read_plant,
    "examples/vehicles/hall.toml": Layout.read,
}
VALUES = [
    *("0", "-1", "1e300", "-1e-300", "1e999", "nan", "-inf", "9223372036854775807", "true", "0.5"),
    *('""', '"x"', '"\\u0000"', '"1e400 um"', '"../x"', "[]", "[[]]", "[0, -1]", "{}", "{ a = 1 }"),
    *("2026-11-29", "07:32:00", "1979-05-27T00:32:00.999999-07:00"),
]
KEY = re.compile(r"^(\s*[\w.\"-]+\s*=\s*)(\S.*)$")


def changed(random_: random.Random, text: str) -> str:
    """A value in place of another, a line twice, gone or elsewhere, or characters."""
    lines = text.splitlines()
    for _ in range(random_.choice([1, 1, 1, 2, 5])):
        at = random_.randrange(len(lines))
        keys = [i for i, line in enumerate(lines) if KEY.match(line)]
        match random_.randrange(8):
            case 0 if len(lines) > 1:
                del lines[at]
            case 1:
                lines.insert(random_.randrange(len(lines)), lines[at])
            case 2:
                line = list(lines[at] + " ")
                line[random_.randrange(len(line))] = chr(random_.choice([*range(32, 127), 0xB5, 0]))
                lines[at] = "".join(line)
            case 3 if keys:
                other = random_.choice(keys)
                lines[at] = lines[other].replace("=", random_.choice(["=", ".x =", " "]), 1)
            case _ if keys:
                at = random_.choice(keys)
                lines[at] = KEY.sub(lambda m: m[1] + random_.choice(VALUES), lines[at])
            case _:
                pass
    return "\n".join(lines) + "\n"


def outcomes(
    read: Callable[[Path], object], file: Path, text: str, seed: int, rounds: int
) -> tuple[int, int]:
    """How many were read and refused."""
    random_, counts = random.Random(f"{seed} {file.name}"), [0, 0]
    for _ in range(rounds):
        written = changed(random_, text)
        file.write_text(written)
        said = ""
        try:
            read(file)
        except (Mistakes, LayoutError) as refused:
            said = str(refused)
        except Exception as other:
            name = type(other).__name__
            raise AssertionError(f"{name} for a file of seed {seed}:\n{written}") from other
        counts[bool(said)] += 1
        assert not said or str(file.parent) in said, written  # this file, or one it names
    return counts[0], counts[1]


def of_lines(folder: Path, seed: int, rounds: int) -> None:
    """All packaged lines, with what they refer to beside them."""
    (folder / "recipes").symlink_to(LINES[0].parent / "recipes")
    counts = [outcomes(load, folder / f.name, f.read_text(), seed, rounds) for f in LINES]
    read, refused = (sum(c) for c in zip(*counts, strict=True))
    print(f"\n  {len(LINES)} line files: {refused} changed ones refused, {read} read")
    assert refused > read


def test_s7_a_changed_line_file_is_refused_with_its_place_or_read(tmp_path: Path) -> None:
    of_lines(tmp_path, 1, 8)


@pytest.mark.soak
def test_s7_a_changed_line_file_is_refused_with_its_place_or_read_in_full(tmp_path: Path) -> None:
    of_lines(tmp_path, 2, 300)


@pytest.mark.parametrize("name", OTHERS)
def test_s7_other_changed_files_too(name: str, tmp_path: Path) -> None:
    file = ROOT / name
    read, refused = outcomes(OTHERS[name], tmp_path / file.name, file.read_text(), 3, 150)
    assert read + refused == 150
    assert refused > 30
