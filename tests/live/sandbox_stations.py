"""Stations for lines with a sandbox; copied next to the line file, with `live_stations`."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import zoneinfo
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from live_stations import Probe

TARGETS = Path(__file__).with_name("targets.json")
"""What the hostile one goes for: `secret`, `outside`, `port`, `pid`, `run_dir`."""
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
PTRACE_SEIZE = 0x4206
CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
X86_64 = {
    "clone3": 435,
    "io_uring_setup": 425,
    "bpf": 321,
    "userfaultfd": 323,
    "perf_event_open": 298,
    "keyctl": 250,
    "kexec_load": 246,
    "init_module": 175,
    "clock_settime": 227,
    "reboot": 169,
    "pidfd_getfd": 438,
    "process_vm_readv": 310,
    "open_tree": 428,
    "setns": 308,
}
"""Called with nothing that makes sense: whoever is let through hears so (`EINVAL`, `EFAULT`,
`EBADF`), and nothing comes of it."""


def _call(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), "")


def _write(path: str) -> None:
    with open(path, "w") as file:
        file.write("was here")


def _read(path: str) -> None:
    with open(path, "rb") as file:
        file.read()


def _open(path: str) -> None:
    os.close(os.open(path, os.O_RDONLY))


def _list(path: str) -> None:
    os.listdir(path)


def _run(path: str) -> None:
    subprocess.run([path], check=False)


def _tcp(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5.0):
        pass


def _bare(kind: int, family: int = socket.AF_INET, protocol: int = 0) -> None:
    socket.socket(family, kind, protocol).close()


def files_and_network(at: dict[str, Any]) -> dict[str, Callable[[], None]]:
    """What is refused by closing files and network."""
    return {
        "read": lambda: _read(at["secret"]),
        "keys": lambda: _read(f"{at['run_dir']}/line.json"),
        "environment": lambda: _read(f"/proc/{at['pid']}/environ"),
        "maps": lambda: _read(f"/proc/{at['pid']}/maps"),
        "memory": lambda: _open(f"/proc/{at['pid']}/mem"),
        "list": lambda: _list(at["outside"]),
        "write": lambda: _write(f"{at['outside']}/new"),
        "line": lambda: _write(str(TARGETS.with_name("new"))),
        "shorten": lambda: os.truncate(at["secret"], 0),
        "link": lambda: os.link(TARGETS, f"{at['outside']}/link"),
        "run": lambda: _run(at["program"]),
        "tcp": lambda: _tcp(at["port"]),
        "udp": lambda: _bare(socket.SOCK_DGRAM),
        "signal": lambda: os.kill(at["pid"], 0),
    }


def calls(at: dict[str, Any]) -> dict[str, Callable[[], None]]:
    """What is refused to every station."""
    nothing = {
        name: lambda number=number: _call(LIBC.syscall(number, -1, 0, 0, 0, 0, 0))
        for name, number in X86_64.items()
    }
    return {
        "ptrace": lambda: _call(LIBC.ptrace(PTRACE_SEIZE, at["pid"], None, None)),
        "mount": lambda: _call(LIBC.mount(b"none", b"/mnt", b"no such kind", 0, None)),
        "raw": lambda: _bare(socket.SOCK_RAW, protocol=socket.IPPROTO_ICMP),
        "packet": lambda: _bare(socket.SOCK_RAW, socket.AF_PACKET),
        "unshare": lambda: _call(LIBC.unshare(CLONE_NEWNS)),
        **nothing,
    }


def outcome(trial: Callable[[], None]) -> str:
    """`done`, or the name of the error."""
    try:
        trial()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return "done"


def namespace_by_clone() -> str:
    """A child in a user namespace of its own, by `clone` itself."""
    pid = LIBC.syscall(56, CLONE_NEWUSER | 17, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    if pid < 0:
        return errno.errorcode[ctypes.get_errno()]
    os.waitpid(pid, 0)
    return "done"


def tell(name: str, what: object) -> None:
    """Into the station's own folder, whole or not at all."""
    fresh = Path(tempfile.gettempdir()) / f"{name}.new"
    fresh.write_text(json.dumps(what))
    fresh.replace(fresh.with_suffix(".json"))


CHILD = """
import json, sys
sys.path.insert(0, sys.argv[1])
import sandbox_stations as s
at = json.loads(s.TARGETS.read_text())
trials = {**s.files_and_network(at), **s.calls(at)}
print(json.dumps({name: s.outcome(trial) for name, trial in trials.items()}))
"""


class Hostile(Probe):
    """Tries everything, in itself and by a process it starts, tells how it went, and goes on."""

    name: ClassVar[str] = "confined"

    def start(self, api: Any) -> None:
        super().start(api)
        at = json.loads(TARGETS.read_text())
        here = {**files_and_network(at), **calls(at)}
        tell("here", {name: outcome(trial) for name, trial in here.items()})
        tell("clone", namespace_by_clone())
        child = [sys.executable, "-c", CHILD, str(TARGETS.parent)]
        done = subprocess.run(child, capture_output=True, text=True, check=False)
        tell("child", json.loads(done.stdout) if done.returncode == 0 else done.stderr)


class Diligent(Probe):
    """Does what a station may: numbers, threads, time zones, packages, programs, its files."""

    name: ClassVar[str] = "confined"

    def start(self, api: Any) -> None:
        super().start(api)
        import sqlite3  # libraries with code of their own, only now
        import ssl

        out = TARGETS.with_name("out")
        sums: list[float] = []
        threads = [
            threading.Thread(target=lambda: sums.append(float(np.eye(300).dot(np.ones(300)).sum())))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with sqlite3.connect(out / "book.sqlite") as book:
            book.execute("create table row (sum real)")
            book.executemany("insert into row values (?)", [(sum_,) for sum_ in sums])
        said = subprocess.run(["echo", "hello"], capture_output=True, text=True, check=True).stdout
        with open(os.devnull, "w") as nothing, tempfile.TemporaryFile() as own:
            nothing.write("x")
            own.write(b"x")
        text = out / "told.new"
        text.write_text(
            json.dumps(
                {
                    "sums": sums,
                    "said": said,
                    "model": TARGETS.with_name("model.txt").read_text(),
                    "listed": Path(json.loads(TARGETS.read_text())["secret"]).read_text(),
                    "zone": str(zoneinfo.ZoneInfo("Europe/Berlin")),
                    "ssl": ssl.create_default_context().check_hostname,
                    "cpus": os.cpu_count(),
                }
            )
        )
        text.rename(out / "told.json")


class Plain(Probe):
    """Says that it has started."""

    name: ClassVar[str] = "confined"

    def start(self, api: Any) -> None:
        super().start(api)
        tell("ready", True)
