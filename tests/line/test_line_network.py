"""`[bus]`: an address on the network is had with keys and an allow-list, or the line does not start
and says where it is wrong (promise S2)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from linewright.bus import _keys as keys
from linewright.line import LineErrors, load

COMMAND = Path(sys.executable).parent / "linewright"
BOTH = """
[bus]
commands = "tcp://0.0.0.0:5570"
telemetry = "tcp://0.0.0.0:5571"
"""
WHOLE = f"""{BOTH}certificates = "keys"
[bus.allow.hmi]
role = "operator"
[bus.allow.pc]
role = "station"
stations = ["probe"]
"""


@pytest.fixture
def line(write: Callable[..., Path]) -> Callable[[str], Path]:
    def make(tables: str) -> Path:
        file = write({})
        file.write_text(file.read_text() + tables)
        for name in ("bus", "hmi", "pc"):
            if not (file.parent / "keys" / f"{name}.key").exists():
                keys.make(file.parent / "keys", name)
        return file

    return make


def test_a_whole_table_is_taken(line) -> None:
    loaded = load(line(WHOLE))
    assert loaded.network is not None
    assert [a.name for a in loaded.network.allow] == ["hmi", "pc"]
    assert loaded.network.allow[1].stations == ["probe"]


def test_without_the_table_nothing_listens_on_the_network(line) -> None:
    assert load(line("")).network is None


CASES = {
    "no keys at all": (BOTH, "bus.commands", "no certificates and no allow", "commands ="),
    "no allow-list": (BOTH + 'certificates = "keys"\n', "bus.commands", "no allow", "commands ="),
    "no certificates": (
        WHOLE.replace('certificates = "keys"\n', ""),
        "bus.commands",
        "no certificates",
        "commands =",
    ),
    "loopback without keys": (
        BOTH.replace("0.0.0.0", "127.0.0.1"),
        "bus.commands",
        "no certificates",
        "commands =",
    ),
    "another folder": (WHOLE.replace('"keys"', '"kyes"'), "bus.certificates", "kyes", "certific"),
    "no port": (WHOLE.replace(":5570", ""), "bus.commands", "tcp://0.0.0.0", "commands ="),
    "port 0": (WHOLE.replace(":5571", ":0"), "bus.telemetry", "tcp://0.0.0.0:0", "telemetry ="),
    "ipc": (WHOLE.replace("tcp://0.0.0.0:5570", "ipc:///tmp/x"), "bus.commands", "ipc", "commands"),
    "abstract": (WHOLE.replace("tcp://0.0.0.0:5570", "ipc://@x"), "bus.commands", "@x", "commands"),
    "one port": (WHOLE.replace("5571", "5570"), "bus.telemetry", "the same", "telemetry ="),
    "half": (
        WHOLE.replace('telemetry = "tcp://0.0.0.0:5571"\n', ""),
        "bus.telemetry",
        "nothing",
        "[bus]",
    ),
    "no key of a name": (
        WHOLE.replace("allow.hmi", "allow.hmj"),
        "bus.allow.hmj",
        "hmj.key",
        "[bus.allow.hmj]",
    ),
    "unknown station": (
        WHOLE.replace('["probe"]', '["prob"]'),
        "bus.allow.pc.stations",
        "'prob'",
        "stations =",
    ),
    "station of none": (
        WHOLE.replace('stations = ["probe"]\n', ""),
        "bus.allow.pc.stations",
        "none",
        "[bus.allow.pc]",
    ),
    "stations of an operator": (
        WHOLE.replace('"operator"\n', '"operator"\nstations = ["probe"]\n'),
        "bus.allow.hmi.stations",
        "probe",
        'stations = ["probe"]',
    ),
    "role": (WHOLE.replace('"operator"', '"king"'), "bus.allow.hmi.role", "'king'", "role ="),
    "key": (WHOLE.replace("role", "rule", 1), "bus.allow.hmi.rule", "unknown key", "rule ="),
    "rate": (WHOLE.replace("[bus]", "[bus]\nframes_per_s = 0"), "bus.frames_per_s", "0", "frames"),
    "keys without an address": (
        '[bus]\ncertificates = "keys"\n',
        "bus.certificates",
        "cert",
        "cer",
    ),
}


@pytest.mark.parametrize("case", CASES, ids=CASES)
def test_s2_a_wrong_table_is_refused_with_key_and_line(case: str, line) -> None:
    tables, key, got, place = CASES[case]
    file = line(tables)
    with pytest.raises(LineErrors) as caught:
        load(file)
    found = [e for e in caught.value.errors if e.key == key]
    assert found, caught.value
    assert got in found[0].got
    lines = file.read_text().splitlines()
    assert place in lines[found[0].line - 1], (found[0].line, place)


def test_s2_a_secret_others_may_read_is_refused(line) -> None:
    file = line(WHOLE)
    (file.parent / "keys" / "bus.key_secret").chmod(0o640)
    with pytest.raises(LineErrors, match="chmod 600"):
        load(file)


def test_s2_one_key_under_two_names_is_refused(line) -> None:
    file = line(WHOLE)
    folder = file.parent / "keys"
    (folder / "pc.key").write_bytes((folder / "hmi.key").read_bytes())
    with pytest.raises(LineErrors, match="the key of 'hmi'"):
        load(file)


def test_s2_a_bind_for_all_without_keys_refuses_to_start_with_78(line, tmp_path: Path) -> None:
    file = line(BOTH)
    done = subprocess.run(
        [COMMAND, "run", file, "--run-dir", tmp_path / "r", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 78
    (error,) = [e for e in json.loads(done.stdout)["errors"] if e["key"] == "bus.commands"]
    assert "commands =" in file.read_text().splitlines()[error["line"] - 1]


def test_keys_are_made_once_with_the_secret_for_its_owner_alone(tmp_path: Path) -> None:
    def keys_command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, "keys", *arguments, "--folder", tmp_path / "k", "--json"],
            capture_output=True,
            text=True,
            check=False,
        )

    made = json.loads(keys_command("new", "hmi").stdout)
    secret = Path(made["secret"])
    assert secret.stat().st_mode & 0o777 == 0o600
    pair = keys.read_pair(secret)
    shown = json.loads(keys_command("show", "hmi").stdout)
    assert shown["public"].encode() == pair.public
    assert pair.secret.decode() not in Path(made["public"]).read_text()
    again = keys_command("new", "hmi")
    assert again.returncode == 2
    assert "never overwritten" in again.stdout
    assert keys.read_pair(secret) == pair
    assert keys_command("new", "../x").returncode == 2


def test_a_file_of_zeromqs_own_tools_is_read(tmp_path: Path) -> None:
    import zmq.auth

    public, secret = zmq.auth.create_certificates(tmp_path, "theirs")
    Path(secret).chmod(0o600)
    assert keys.read_pair(Path(secret)).public == keys.read_public(Path(public))
    ours = keys.make(tmp_path, "ours")
    assert zmq.auth.load_certificate(str(ours))[0] == keys.read_public(ours)
