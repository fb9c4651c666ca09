"""Where and with what it was measured."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NOT_HELD_US = 2_000_000_000
"""The kernel's own value where nobody holds it."""
PACKAGES = ("linewright", "numpy", "scipy", "pyzmq", "msgspec")


def _text(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def _cpu() -> tuple[str, bool]:
    """Model, and whether a hypervisor is announced."""
    info = _text("/proc/cpuinfo") or ""
    facts = dict(
        (part.strip() for part in line.split(":", 1)) for line in info.splitlines() if ":" in line
    )
    return facts.get("model name", platform.processor()), "hypervisor" in facts.get("flags", "")


def _fifo() -> str:
    """Can this process have SCHED_FIFO? Tried, and given back."""
    before, param = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        return "not permitted"
    os.sched_setscheduler(0, before, param)
    return "obtained"


def _latency() -> str:
    """What is held at `/dev/cpu_dma_latency` now, by whomever; a live line holds it at 0 itself."""
    try:
        held_us = int.from_bytes(Path("/dev/cpu_dma_latency").read_bytes()[:4], sys.byteorder)
    except OSError as error:
        return f"not told: {error.strerror}"
    return "not held" if held_us >= NOT_HELD_US else f"held at {held_us} us"


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def machine() -> dict[str, Any]:
    """Provenance of a run; `load_average` is that of its start."""
    model, virtual = _cpu()
    return {
        "measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)),
        "virtual_machine": virtual,
        "kernel": platform.release(),
        "governor": _text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") or "not told",
        "sched_fifo": _fifo(),
        "cpu_dma_latency": _latency(),
        "load_average": list(os.getloadavg()),
        "python": sys.version.split()[0],
        "versions": {package: _version(package) for package in PACKAGES},
        "git": _git("rev-parse", "HEAD"),
        "uncommitted": bool(_git("status", "--porcelain", "--untracked-files=no")),
    }
