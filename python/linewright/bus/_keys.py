"""Key pairs of the network side: made with their secret half for the owner's eyes alone, read in
the form ZeroMQ's own tools write (ZPL, `curve.public-key`, `curve.secret-key`).

A pair NAME is two files: `NAME.key` may be given to anyone, `NAME.key_secret` has mode 0600.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import msgspec
import zmq

PUBLIC = ".key"
SECRET = ".key_secret"
BUS = "bus"
"""Name of the pair the bus itself answers with."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_FIELD = re.compile(r'^\s*(public-key|secret-key)\s*=\s*"([^"]{40})"\s*$', re.MULTILINE)


class KeyFileError(ValueError):
    """A key file is missing, open to others, or holds no key."""


class KeyPair(msgspec.Struct, frozen=True):
    """A CURVE25519 pair, each half as 40 characters of Z85."""

    public: bytes
    secret: bytes


def make(folder: Path, name: str) -> Path:
    """Make a new pair `name`; the path of its public half.

    Raises
    ------
    KeyFileError
        When the name is no name, or a file of it exists: a key is never overwritten.
    """
    if not _NAME.fullmatch(name):
        raise KeyFileError(f"a key's name is made of letters, digits, - and _: {name!r}")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    public, secret = zmq.curve_keypair()
    path = folder / f"{name}{PUBLIC}"
    half = f'curve\n    public-key = "{public.decode()}"\n'
    try:
        _write(folder / f"{name}{SECRET}", f'{half}    secret-key = "{secret.decode()}"\n', 0o600)
        _write(path, half, 0o644)
    except FileExistsError as error:
        raise KeyFileError(f"{error.filename} exists; a key is never overwritten") from error
    return path


def _write(path: Path, text: str, mode: int) -> None:
    """Write a new file whose mode is right from its first moment."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def read_public(path: Path) -> bytes:
    """The public key of a file.

    Raises
    ------
    KeyFileError
        When it cannot be read or holds none.
    """
    return _field(path, "public-key")


def read_pair(path: Path) -> KeyPair:
    """Both keys of a secret file.

    Raises
    ------
    KeyFileError
        When it cannot be read, is open to others, or its halves do not belong together.
    """
    try:
        facts = path.stat()
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from error
    if facts.st_mode & 0o077:
        mode = f"{facts.st_mode & 0o777:04o}"
        raise KeyFileError(f"{path} is open to others (mode {mode}): chmod 600")
    if facts.st_uid != os.getuid():
        raise KeyFileError(f"{path} belongs to user {facts.st_uid}")
    pair = KeyPair(_field(path, "public-key"), _field(path, "secret-key"))
    if zmq.curve_public(pair.secret) != pair.public:
        raise KeyFileError(f"{path}: the public key is not that of the secret key")
    return pair


def _field(path: Path, name: str) -> bytes:
    try:
        fields = dict(_FIELD.findall(path.read_text(encoding="ascii")))
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"{path}: {error}") from error
    if name not in fields:
        raise KeyFileError(f"{path} holds no {name}")
    return str(fields[name]).encode()
