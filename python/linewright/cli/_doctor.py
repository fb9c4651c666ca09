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
DMA_LATENCY = "/dev/cpu_dma_latency"
SLEEP_US = 10
"""A core that wakes slower than this is told of."""
THROTTLE_SHARE = 0.9
MSR_SMI_COUNT = 0x34
CAP_IPC_LOCK = 14


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
        _sleep_states(),
        _latency(),
        _isolated(),
        _huge_pages(),
        _timer_slack(),
        _throttling(),
        _virtual(),
        _firmware(),
        _seccomp(),
        _landlock(),
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
    limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
    status = _read("/proc/self/status") or ""
    rights = int(status.partition("CapEff:")[2].split()[0], 16) if "CapEff:" in status else 0
    if rights >> CAP_IPC_LOCK & 1:
        return Finding("memory_lock", "good", "unlimited by right (IPC_LOCK)", real_time=True)
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
    if not os.path.exists(DMA_LATENCY):
        return Finding("cpu_dma_latency", "unknown", "no such device here", real_time=True)
    good = os.access(DMA_LATENCY, os.W_OK)
    fix = "" if good else f"sudo setfacl -m u:{_user()}:rw {DMA_LATENCY}"
    value = "writable" if good else "not writable"
    return Finding("cpu_dma_latency", "good" if good else "degraded", value, fix, real_time=True)


def _isolated() -> Finding:
    cpus = _read("/sys/devices/system/cpu/isolated")
    count = os.cpu_count() or 1
    if cpus:
        return Finding("isolated_cpus", "good", f"{cpus} of {count}", real_time=True)
    fix = f"add isolcpus={count - 1} nohz_full={count - 1} to the kernel command line"
    return Finding("isolated_cpus", "degraded", f"none of {count}", fix, real_time=True)


def _sleep_states() -> Finding:
    """Deepest sleep the cores may take: waking from it takes its exit latency, us."""
    states = sorted(Path("/sys/devices/system/cpu/cpu0/cpuidle").glob("state*"))
    if not states:
        return Finding("sleep_states", "unknown", "this machine does not say", real_time=True)
    awake = [s for s in states if _read(f"{s}/disable") != "1"]
    latency_us = max((int(_read(f"{s}/latency") or 0) for s in awake), default=0)
    names = ", ".join(_read(f"{s}/name") or s.name for s in awake)
    value = f"{names}; waking takes up to {latency_us} us"
    if latency_us <= SLEEP_US:
        return Finding("sleep_states", "good", value, real_time=True)
    if os.access(DMA_LATENCY, os.W_OK):
        return Finding(
            "sleep_states", "good", f"{value}, a live line keeps them awake", real_time=True
        )
    fix = "sudo cpupower idle-set -D 10"
    return Finding("sleep_states", "degraded", value, fix, real_time=True)


def _huge_pages() -> Finding:
    """Transparent huge pages that the kernel makes behind the loop's back stall it."""
    path = "/sys/kernel/mm/transparent_hugepage/enabled"
    text = _read(path)
    if text is None:
        return Finding("huge_pages", "good", "none made by the kernel", real_time=True)
    chosen = text.partition("[")[2].partition("]")[0] or text
    if chosen != "always":
        return Finding("huge_pages", "good", chosen, real_time=True)
    fix = f"echo madvise | sudo tee {path}"
    return Finding("huge_pages", "degraded", chosen, fix, real_time=True)


def _timer_slack() -> Finding:
    """The loop thread sets its own to 1 ns; every other thread keeps this."""
    slack = _read("/proc/self/timerslack_ns")
    if slack is None:
        return Finding("timer_slack", "unknown", "this machine does not say")
    return Finding("timer_slack", "good", f"{int(slack) / 1e3:g} us; 1 ns in the loop thread")


def _throttling() -> Finding:
    """What a real-time thread may have of a second before the kernel stops it."""
    period, runtime = (_read(f"/proc/sys/kernel/sched_rt_{x}_us") for x in ("period", "runtime"))
    if period is None or runtime is None:
        return Finding("rt_throttling", "unknown", "this machine does not say", real_time=True)
    if int(runtime) < 0:
        return Finding("rt_throttling", "good", "off", real_time=True)
    share = int(runtime) / int(period)
    value = f"at {100.0 * share:g} % of {int(period) / 1e3:g} ms"
    if share >= THROTTLE_SHARE:
        value += "; a loop that sleeps is not touched"
        return Finding("rt_throttling", "good", value, real_time=True)
    fix = "sudo sysctl kernel.sched_rt_runtime_us=950000"
    return Finding("rt_throttling", "degraded", value, fix, real_time=True)


def _virtual() -> Finding:
    """A hypervisor takes the CPU away without a word."""
    if " hypervisor " in f" {_read('/proc/cpuinfo') or ''} ".replace("\n", " "):
        fix = "run the line on the machine itself; in a guest no lateness is guaranteed"
        return Finding("virtual_machine", "degraded", "yes", fix, real_time=True)
    return Finding("virtual_machine", "good", "no", real_time=True)


def _firmware() -> Finding:
    """System management interrupts since the start: the firmware takes the CPU, the kernel never
    knows."""
    try:
        with open("/dev/cpu/0/msr", "rb", buffering=0) as msr:
            count = int.from_bytes(os.pread(msr.fileno(), 8, MSR_SMI_COUNT), "little")
    except OSError as error:
        value = f"not readable: {error.strerror}"
        return Finding("firmware_interrupts", "unknown", value, "sudo modprobe msr")
    state: Literal["good", "degraded"] = "good" if count == 0 else "degraded"
    fix = "" if count == 0 else "sudo hwlatdetect --duration=60; then look for SMI in the BIOS"
    return Finding("firmware_interrupts", state, f"{count} since the start", fix)


def _confinement(name: str, parts: tuple[str, ...], mend: str) -> Finding:
    """What the kernel offers of a station's sandbox."""
    from linewright import _core  # noqa: PLC0415

    there = _core.confinement_offered()
    value = ", ".join(part for part in parts if part in there) or "nothing"
    if lacks := ", ".join(part for part in parts if part not in there):
        return Finding(name, "degraded", f"{value}; lacks {lacks}", mend)
    return Finding(name, "good", value)


def _seccomp() -> Finding:
    from linewright.bus._sandbox import PARTS  # noqa: PLC0415

    return _confinement("seccomp", PARTS[:1], "use a kernel with CONFIG_SECCOMP_FILTER")


def _landlock() -> Finding:
    from linewright.bus._sandbox import PARTS  # noqa: PLC0415

    mend = (
        "use Linux 6.12 or newer with landlock in lsm=... of its command line; in a container, "
        "let its seccomp profile pass landlock_create_ruleset"
    )
    return _confinement("landlock", PARTS[1:], mend)


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
