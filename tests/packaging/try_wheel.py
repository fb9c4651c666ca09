"""Install the built wheel where no Rust toolchain can be found and run the demo from it.

Usage: ``python tests/packaging/try_wheel.py dist``. Exits with the first failing command's code.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


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
    environment = without_rust(dict(os.environ))
    with tempfile.TemporaryDirectory(prefix="linewright-wheel-") as folder:
        venv.create(folder, with_pip=True)
        binaries = Path(folder) / "bin"
        constraints = ROOT / "constraints.txt"
        install = [binaries / "python", "-m", "pip", "install", "--quiet"]
        install += ["--constraint", constraints, wheels[0].resolve()]
        demo = [binaries / "linewright", "demo", "--hours", "0.5", "--out", Path(folder) / "demo"]
        for command in (install, [binaries / "linewright", "--help"], demo):
            done = subprocess.run(command, env=environment, cwd=folder, check=False)
            if done.returncode != 0:
                print("failed:", *map(str, command))
                return done.returncode
    print(f"{wheels[0].name}: installs and runs the demo without a Rust toolchain")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
