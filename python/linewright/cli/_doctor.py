"""`linewright doctor`: what this machine offers for real time and durability."""

from __future__ import annotations

import os
import platform
import resource
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from linewright.cli._common import Json, fail, new_app, show
from linewright.line import exit as codes

app = new_app()
SYNCS = 50


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `fix` is a command, empty when nothing is wrong."""

    name: str
    state: Literal["good", "degraded", "unknown"]
    value: str
    fix: str = ""
    real_time: bool = False


@app.command()
def doctor(
    require_rt: Annotated[
        bool, typer.Option("--require-rt", help="End with 77 when real time cannot be had.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Look at Python, core, real-time rights, CPU, disk and stations; say how to mend each lack."""
    found = findings()
    lacking = [f.name for f in found if f.real_time and f.state != "good"]
    if as_json and not (require_rt and lacking):
        show({"ok": True, "findings": [asdict(f) for f in found]})
    elif not as_json:
        for f in found:
            typer.echo(f"  {f.state:<9} {f.name:<18} {f.value}")
            if f.fix:
                typer.echo(f"            {'':<18} mend: {f.fix}")
    if require_rt and lacking:
        fail(f"real time lacks: {', '.join(lacking)}", codes.NO_REAL_TIME, as_json=as_json)


def findings() -> list[Finding]:
    """Everything looked at, in a fixed order."""
    return [
        _python(),
        _core(),
        _kernel(),
        _priority(),
        _memory(),
        _governor(),
        _latency(),
        _isolated(),
        _disk(Path.cwd()),
        _stations(),
    ]


def _python() -> Finding:
    version = platform.python_version()
    good = sys.version_info >= (3, 11)
    return Finding("python", "good" if good else "degraded", version, "" if good else "use 3.11+")


def _core() -> Finding:
    from linewright import __version__, _core  # noqa: PLC0415

    same = __version__ == _core.VERSION
    fix = "" if same else "pip install --force-reinstall linewright"
    return Finding("core", "good" if same else "degraded", _core.VERSION, fix)


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return None


def _kernel() -> Finding:
    preempt = "PREEMPT_RT" in platform.version() or _read("/sys/kernel/realtime") == "1"
    fix = "" if preempt else "install a kernel with PREEMPT_RT"
    state: Literal["good", "degraded"] = "good" if preempt else "degraded"
    return Finding("kernel", state, platform.release(), fix, real_time=True)


def _priority() -> Finding:
    try:
        old = os.sched_getscheduler(0), os.sched_getparam(0)
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        os.sched_setscheduler(0, *old)
        return Finding("rt_priority", "good", "SCHED_FIFO can be had", real_time=True)
    except OSError:
        limit = resource.getrlimit(resource.RLIMIT_RTPRIO)[0]
        fix = f"echo '{_user()} - rtprio 80' | sudo tee /etc/security/limits.d/linewright.conf"
        return Finding("rt_priority", "degraded", f"rtprio limit {limit}", fix, real_time=True)


def _memory() -> Finding:
    limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    good = limit == resource.RLIM_INFINITY or limit >= 512 * 1024 * 1024
    shown = "unlimited" if limit == resource.RLIM_INFINITY else f"{limit // 1024} KiB"
    fix = (
        f"echo '{_user()} - memlock unlimited' | sudo tee -a /etc/security/limits.d/linewright.conf"
    )
    state: Literal["good", "degraded"] = "good" if good else "degraded"
    return Finding("memory_lock", state, shown, "" if good else fix, real_time=True)


def _user() -> str:
    import getpass  # noqa: PLC0415

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _governor() -> Finding:
    governor = _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    if governor is None:
        return Finding("cpu_governor", "unknown", "this machine does not say", real_time=True)
    good = governor == "performance"
    fix = "" if good else "sudo cpupower frequency-set -g performance"
    return Finding("cpu_governor", "good" if good else "degraded", governor, fix, real_time=True)


def _latency() -> Finding:
    path = "/dev/cpu_dma_latency"
    if not os.path.exists(path):
        return Finding("cpu_dma_latency", "unknown", "no such device here", real_time=True)
    good = os.access(path, os.W_OK)
    fix = "" if good else f"sudo setfacl -m u:{_user()}:rw {path}"
    value = "writable" if good else "not writable"
    return Finding("cpu_dma_latency", "good" if good else "degraded", value, fix, real_time=True)


def _isolated() -> Finding:
    cpus = _read("/sys/devices/system/cpu/isolated")
    count = os.cpu_count() or 1
    if cpus:
        return Finding("isolated_cpus", "good", f"{cpus} of {count}", real_time=True)
    fix = f"add isolcpus={count - 1} nohz_full={count - 1} to the kernel command line"
    return Finding("isolated_cpus", "degraded", f"none of {count}", fix, real_time=True)


def _disk(folder: Path) -> Finding:
    """Time of an fsync of 4 KiB where a ledger would be written."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            times_s = []
            for _ in range(SYNCS):
                file.write(bytes(4096))
                file.flush()
                start_s = time.perf_counter()
                os.fsync(file.fileno())
                times_s.append(time.perf_counter() - start_s)
    except OSError as error:
        return Finding("disk_sync", "degraded", str(error), f"choose a folder other than {folder}")
    times_s.sort()
    median_ms, worst_ms = times_s[SYNCS // 2] * 1e3, times_s[-1] * 1e3
    value = f"median {median_ms:.2f} ms, worst {worst_ms:.2f} ms of {SYNCS} (4 KiB, {folder})"
    good = median_ms < 20.0
    fix = "" if good else "put the ledger on an SSD: [ledger] path = ..."
    return Finding("disk_sync", "good" if good else "degraded", value, fix)


def _stations() -> Finding:
    from linewright.plugin import PluginError, find  # noqa: PLC0415
    from linewright.plugin._discover import names  # noqa: PLC0415

    broken = []
    for name in names():
        try:
            find(name)
        except PluginError as error:
            broken.append(f"{name}: {error}")
    if broken:
        return Finding(
            "stations", "degraded", "; ".join(broken), "pip install the missing packages"
        )
    return Finding("stations", "good", ", ".join(names()) or "none installed")
