"""S5: files made to hurt whoever reads them. Each is refused with exit 78 and its place, in bounded
time and memory, and nothing is started."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from linewright.line import load
from linewright.mistakes import MAX_BYTES, MAX_DEPTH, MAX_LINE, MAX_LINES, MAX_TEXT, MOST, Mistakes
from linewright.recipes import read_calibration, read_certificate, read_recipe
from linewright.value.plant import read_plant
from linewright.vda5050.layout import Layout, LayoutError

sys.path.append(str(Path(__file__).resolve().parents[1] / "line"))
from line_rig import LINE, STATION

CLI = str(Path(sys.executable).parent / "linewright")
HEAD = LINE.rstrip().count("\n") + 3
"""The line of the file on which a bomb begins."""
MOST_RSS_KIB = 100 * 1024
MOST_MESSAGE = 32 * 1024
DEEP = 100 * MAX_DEPTH


def lines(count: int, text: Callable[[int], str]) -> str:
    return "\n".join(text(i) for i in range(count))


BOMBS: dict[str, tuple[Callable[[], str], str]] = {
    "lists in lists": (lambda: "a = " + "[" * DEEP + "]" * DEEP, "tables and lists within each"),
    "some lists in lists": (lambda: "a = " + "[" * 20 + "]" * 20, "tables and lists within each"),
    "open lists": (lambda: "a = " + "[" * 10_000, "tables and lists within each other"),
    "tables in tables": (lambda: "a = " + "{b = " * DEEP, "tables and lists within each other"),
    "dotted key": (lambda: "a." * 5000 + "a = 1", "keys of at most"),
    "quoted dotted key": (lambda: '"" . ' * 5000 + "a = 1", "keys of at most"),
    "dotted header": (lambda: "[" + "a." * 5000 + "a]", "keys of at most"),
    "dotted header of one line": (lambda: "[" + "a." * 200_000 + "a]", "characters"),
    "many digits": (lambda: "a = " + "9" * 30_000, "valid TOML"),
    "many digits in hex": (lambda: "a = 0x" + "f" * 30_000, "64 bits"),
    "beyond 64 bits": (lambda: "a = 9223372036854775808", "64 bits"),
    "long text": (lambda: 'a = "' + "x" * (MAX_TEXT + 1) + '"', "at most 4096 characters"),
    "long name": (lambda: "x" * 5000 + " = 1", "a name of at most 256 characters"),
    "long line": (lambda: 'a = "' + "x" * (1 << 19) + '"', "lines of at most"),
    "many keys": (lambda: lines(60_000, lambda i: f"k{i} = 1"), "lines at most"),
    "many tables": (lambda: "[[a]]\n" * 60_000, "lines at most"),
    "many values": (lambda: "a = [\n" + ("0," * 1000 + "\n") * 30, "commas at most"),
    "twice the same": (lambda: "[gate]", "valid TOML"),
    "control characters": (lambda: "a = \x00", "valid TOML"),
    "not closed": (lambda: 'a = """' + "x" * 1000, "valid TOML"),
    "include": (lambda: 'include = ["line.toml"]', "include"),
    "infinite": (lambda: "[budgets]\nwindow_s = 1e999", "a finite number"),
}
"""What is put at the end of a good line file, and a part of what the message says."""

PLACES = {
    "many keys": MAX_LINES + 1,
    "many tables": MAX_LINES + 1,
    "many values": HEAD + 10,
    "infinite": HEAD + 1,
}
"""Where the message leads, when it is not where the bomb begins."""

WHOLE: dict[str, Callable[[], str]] = {
    "100 MB": lambda: "# " + "x" * 100_000_000,
    "keys": lambda: lines(MAX_LINES - 100, lambda i: f"k{i} = {'9' * 18}"),
    "escapes": lambda: lines(60, lambda i: f'k{i} = "' + "\\n" * (MAX_LINE // 2 - 20) + '"')[
        :MAX_BYTES
    ],
    "hex": lambda: lines(30, lambda i: f"k{i} = 0x" + "f" * (MAX_LINE - 20)),
    "many dots": lambda: lines(9000, lambda i: ".".join(f"k{i}_{n}" for n in range(14)) + "=1"),
    "dotted keys": lambda: lines(1500, lambda i: ".".join(f"k{i}_{n}" for n in range(14)) + "=1"),
    "tables": lambda: lines(1500, lambda i: "[" + ".".join(f"k{i}_{n}" for n in range(14)) + "]"),
    "values": lambda: "a = [" + "{},\n" * (MAX_LINES - 100) + "]",
    "quotes": lambda: lines(60, lambda _: '"' * (MAX_LINE - 10)),
    "dots": lambda: lines(60, lambda _: "." * (MAX_LINE - 10)),
    "words": lambda: lines(60, lambda _: "a.b " * (MAX_LINE // 4 - 10)),
}
"""Whole files as large and as slow as the bounds let them be."""


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lwb", dir="/tmp") as made:
        (Path(made) / "probe.py").write_text(STATION)
        yield Path(made)


def refused(read: Callable[[Path], object], file: Path) -> str:
    """What the reader says."""
    with pytest.raises((Mistakes, LayoutError)) as caught:
        read(file)
    text = str(caught.value)
    assert len(text) < MOST_MESSAGE
    assert str(file) in text
    return text


@pytest.mark.parametrize("name", BOMBS)
def test_s5_a_bomb_in_a_line_file_is_refused_where_it_stands(name: str, folder: Path) -> None:
    make, told = BOMBS[name]
    file = folder / "line.toml"
    file.write_text(LINE.rstrip() + "\n\n" + make() + "\n")
    text = refused(load, file)
    assert told in text
    at = [int(number) for number in re.findall(rf"{file}:(\d+): ", text)]
    assert at == [PLACES.get(name, HEAD)], text


@pytest.mark.parametrize("read", [read_recipe, read_plant, Layout.read])
def test_s5_other_files_are_read_within_the_same_bounds(
    read: Callable[[Path], object], folder: Path
) -> None:
    file = folder / "other.toml"
    for make, _ in BOMBS.values():
        file.write_text(make())
        refused(read, file)


def test_s5_json_and_csv_have_bounds_too(folder: Path) -> None:
    file = folder / "other.json"
    for text in ("[" * 100_000, "9" * 30_000, "{" * 1000, " " * MAX_BYTES + "1", '"\xff"'):
        file.write_text(text, encoding="latin-1")
        refused(read_calibration, file)
        refused(read_certificate, file)
    file = folder / "plant.csv"
    for text in ("name," * 200_000, '"' + "x" * 200_000, "name,yield_fraction\n" + "x\n" * 100_000):
        file.write_text(text)
        refused(read_plant, file)


def test_s5_what_is_no_file_is_not_waited_for(folder: Path) -> None:
    (folder / "loop.toml").symlink_to("loop.toml")
    os.mkfifo(folder / "pipe.toml")
    (folder / "zero.toml").symlink_to("/dev/zero")
    (folder / "folder.toml").mkdir()
    for name in ("loop", "pipe", "zero", "folder"):
        for read in (load, read_recipe, read_plant, read_certificate):
            assert "file" in refused(read, folder / f"{name}.toml")


@pytest.mark.parametrize("plugin", ["../evil:X", "/tmp/evil:X", "..evil:X", "evil/../evil:X"])
def test_s5_a_station_is_a_module_and_no_path(plugin: str, folder: Path) -> None:
    (folder / "evil.py").write_text("open('sung', 'w')\nX = 1\n")
    (folder / "line.toml").write_text(LINE.replace("probe:Probe", plugin))
    assert "stations.probe.plugin" in refused(load, folder / "line.toml")
    assert not list(folder.glob("**/sung"))


def test_s5_a_recipe_that_is_the_line_file_itself_is_no_recipe(folder: Path) -> None:
    file = folder / "line.toml"
    file.write_text(LINE + '\n[recipe]\npath = "line.toml"\n')
    assert "unknown key" in refused(load, file)


def test_s5_a_thousand_mistakes_are_told_as_fifty(folder: Path) -> None:
    file = folder / "line.toml"
    file.write_text(lines(1000, lambda i: f"k{i} = 1"))
    for read in (load, read_recipe, read_plant):
        with pytest.raises(Mistakes) as caught:
            read(file)
        assert len(caught.value.errors) == MOST


MEASURED = """
import json, os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=sys.stderr)
_, status, used = os.wait4(process.pid, 0)
cpu_s = used.ru_utime + used.ru_stime
print(json.dumps([os.waitstatus_to_exitcode(status), cpu_s, used.ru_maxrss]))
"""
"""Runs a command; a small process between, because what starts a command counts as its memory."""


def run(folder: Path, *arguments: object) -> tuple[int, str, float, int]:
    """Exit code, what was said, seconds of processor time and the most memory, KiB."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, CLI, *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "XDG_RUNTIME_DIR": str(folder)},
    )
    code, cpu_s, rss_kib = json.loads(done.stdout)
    return code, done.stderr, cpu_s, rss_kib


def blown(folder: Path, text: str) -> tuple[float, int]:
    """`linewright run` of a file: refused, nothing started; processor seconds and KiB."""
    (folder / "line.toml").write_text(text)
    code, said, cpu_s, rss_kib = run(folder, "run", "line.toml", "--run-dir", folder / "run")
    assert code == 78, said
    assert "line.toml" in said
    assert len(said) < MOST_MESSAGE
    assert not (folder / "run").exists(), "nothing is started"
    assert rss_kib < MOST_RSS_KIB, rss_kib
    return cpu_s, rss_kib


def test_s5_a_line_of_a_bomb_does_not_start(folder: Path) -> None:
    make, _ = BOMBS["dotted key"]
    blown(folder, LINE.rstrip() + "\n\n" + make())
    (folder / "line.toml").write_text("a = " + "[" * 5000)
    code, said, _, _ = run(folder, "check", "line.toml", "--json")
    assert code == 78
    assert json.loads(said)["errors"][0]["line"] == 1


@pytest.mark.soak
def test_s5_every_bomb_by_the_command(folder: Path) -> None:
    plain_s, plain_kib = blown(folder, "a = [")
    print(f"\n  S5, without a bomb: {plain_s:.2f} s of processor time, {plain_kib / 1024:.0f} MiB")
    worst_s, worst_kib = 0.0, 0
    texts = {name: LINE.rstrip() + "\n\n" + make() for name, (make, _) in BOMBS.items()}
    for name, text in {**texts, **{name: make() for name, make in WHOLE.items()}}.items():
        began_s = time.monotonic()
        cpu_s, rss_kib = blown(folder, text)
        took_s = time.monotonic() - began_s
        worst_s, worst_kib = max(worst_s, cpu_s), max(worst_kib, rss_kib)
        print(
            f"  {name:<26} {cpu_s:5.2f} s, {took_s:5.2f} s by the clock, {rss_kib / 1024:4.0f} MiB"
        )
    print(f"  at most {worst_s:.2f} s and {worst_kib / 1024:.0f} MiB")
