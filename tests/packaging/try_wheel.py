"""Install the built wheel where no Rust toolchain can be found; run the demo and its page from it.

Usage: ``python tests/packaging/try_wheel.py dist``. Exits with the first failing command's code.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import tomllib
import venv
import zipfile
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
UNAVAILABLE = 69
"""What the page ends with when its extra is not installed."""


def without_rust(environment: dict[str, str]) -> dict[str, str]:
    """The environment with every folder that holds cargo or rustc taken off PATH."""
    folders = [
        folder
        for folder in environment["PATH"].split(os.pathsep)
        if not any((Path(folder) / tool).exists() for tool in ("cargo", "rustc", "maturin"))
    ]
    kept = {k: v for k, v in environment.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    return {**kept, "PATH": os.pathsep.join(folders)}


def main(dist: str) -> int:
    """Try every wheel in ``dist``; there must be exactly one, and it must be abi3."""
    wheels = sorted(Path(dist).glob("linewright-*.whl"))
    if len(wheels) != 1 or "abi3" not in wheels[0].name:
        print(f"{dist}: expected one abi3 wheel, found {[w.name for w in wheels]}")
        return 1
    print(f"{wheels[0].name}: its bill of materials names {materials(wheels[0])} crates")
    environment = without_rust(dict(os.environ))
    with tempfile.TemporaryDirectory(prefix="linewright-wheel-") as folder:
        venv.create(folder, with_pip=True)
        binaries = Path(folder) / "bin"
        wheel, linewright, demo = wheels[0].resolve(), f"{binaries}/linewright", f"{folder}/demo"
        pip = [f"{binaries}/python", "-m", "pip", "install", "--quiet", "--constraint"]
        pip.append(str(ROOT / "constraints.txt"))
        for command, expected in (
            ([*pip, str(wheel)], 0),
            ([linewright, "--help"], 0),
            ([linewright, "demo", "--hours", "0.5", "--out", demo], 0),
            ([linewright, "hmi", f"{demo}/closed"], UNAVAILABLE),
            ([*pip, f"linewright[hmi] @ {wheel.as_uri()}"], 0),
        ):
            done = subprocess.run(command, env=environment, cwd=folder, check=False)
            if done.returncode != expected:
                print(f"expected {expected}, got {done.returncode}:", *command)
                return done.returncode or 1
        open_page([linewright, "hmi", f"{demo}/closed", "--port", "0", "--json"], environment)
    print(f"{wheels[0].name}: installs, runs the demo and serves its page without a Rust toolchain")
    return 0


def materials(wheel: Path) -> int:
    """How many crates the wheel's CycloneDX document names; each must stand in Cargo.lock so."""
    with zipfile.ZipFile(wheel) as archive:
        end = ".dist-info/sboms/linewright-py.cyclonedx.json"
        (name,) = (name for name in archive.namelist() if name.endswith(end))
        document = json.loads(archive.read(name))
    assert document["bomFormat"] == "CycloneDX"
    named = {(c["name"], c["version"]) for c in document["components"]}
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    assert named <= {(p["name"], p["version"]) for p in lock}
    assert {"pyo3", "rusqlite", "linewright-runtime"} <= {name for name, _ in named}
    return len(named)


def open_page(command: list[str], environment: dict[str, str]) -> None:
    """Ask for the page, what it loads first and a document; raises when one does not come."""
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = json.loads(server.stdout.readline())["address"].rstrip("/")
            for path in ("/", "/static/js/app.js", "/static/vendor/uPlot.iife.min.js"):
                with urlopen(address + path, timeout=10.0) as answer:
                    assert answer.read(), path
            with urlopen(f"{address}/api/overview", timeout=10.0) as answer:
                assert json.load(answer)["stations"]
        finally:
            server.terminate()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
