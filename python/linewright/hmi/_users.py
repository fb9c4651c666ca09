"""Who may do more than look: a file of names, roles and password hashes, and their sessions.

Passwords are kept as scrypt (Percival 2009): `n = 2^15`, `r = 8`, `p = 1`, 32 MiB and some 0.1 s a
try. A wrong name costs as long as a wrong password.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import msgspec

from linewright.hmi._where import HmiError

Role = Literal["view", "operate", "engineer"]
ROLES: tuple[str, ...] = get_args(Role)
N, R, P = 1 << 15, 8, 1
NAME_MOST, PASSWORD_LEAST, PASSWORD_MOST = 40, 8, 200
IDLE_S, LONGEST_S = 3600.0, 12 * 3600.0
"""A session ends when it was not used for an hour, and after a shift in any case."""
SESSIONS_MOST = 200
TRIES, TRIES_S = 5, 60.0
"""Wrong passwords for one name within so long; further tries are refused unseen."""
BAD_CONFIG, USAGE = 78, 2


class User(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of the file."""

    role: Role
    scrypt: str
    """`n$r$p$salt$hash`, the last two in base64."""


class _File(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    schema: Literal[1] = 1
    users: dict[str, User] = {}


def hashed(password: str) -> str:
    """A password as it is kept."""
    salt = secrets.token_bytes(16)
    made = _scrypt(password, salt, N, R, P)
    return f"{N}${R}${P}${_text(salt)}${_text(made)}"


def matches(password: str, kept: str) -> bool:
    """Is it the password that was kept?"""
    try:
        n, r, p, salt, made = kept.split("$")
        found = _scrypt(password, base64.b64decode(salt), int(n), int(r), int(p))
        return hmac.compare_digest(found, base64.b64decode(made))
    except (ValueError, binascii.Error):
        return False


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"),
        salt=salt,
        n=n,
        r=r,
        p=p,
        maxmem=256 * n * r,
        dklen=32,
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@cache
def nobody() -> str:
    """What an unknown name is held against."""
    return hashed(secrets.token_urlsafe(16))


def read_users(file: Path) -> dict[str, User]:
    """Users of a file.

    Raises
    ------
    HmiError
        With 78 when it is missing, open to others or wrong.
    """
    try:
        if file.stat().st_mode & 0o077:
            raise HmiError(f"{file} is open to others: chmod 600", BAD_CONFIG)
        return msgspec.json.decode(file.read_bytes(), type=_File).users
    except OSError as error:
        raise HmiError(f"{file}: {error.strerror}", BAD_CONFIG) from error
    except msgspec.DecodeError as error:
        raise HmiError(f"{file}: {error}", BAD_CONFIG) from error


def add_user(file: Path, name: str, role: str, password: str) -> None:
    """Add a user, or give one another role and password; the file has mode 0600.

    Raises
    ------
    HmiError
        With 2 for a name, role or password that will not do; with 78 as `read_users`.
    """
    if not name or len(name) > NAME_MOST or not name.isprintable() or name != name.strip():
        raise HmiError(f"a name has 1 to {NAME_MOST} printable characters", USAGE)
    if role not in ROLES:
        raise HmiError(f"role must be one of {', '.join(ROLES)}, was {role!r}", USAGE)
    if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
        raise HmiError(
            f"a password has {PASSWORD_LEAST} to {PASSWORD_MOST} characters, this one has "
            f"{len(password)}",
            USAGE,
        )
    users = read_users(file) if file.exists() else {}
    users[name] = msgspec.convert({"role": role, "scrypt": hashed(password)}, User)
    _write(file, users)


def remove_user(file: Path, name: str) -> None:
    """Take a user out of the file; `HmiError` with 2 when there is none of that name."""
    users = read_users(file)
    if users.pop(name, None) is None:
        raise HmiError(f"{file}: no user {name!r}", USAGE)
    _write(file, users)


def _write(file: Path, users: dict[str, User]) -> None:
    fresh = file.with_name(f".{file.name}.new")
    plain = {"schema": 1, "users": {n: msgspec.to_builtins(u) for n, u in sorted(users.items())}}
    try:
        fresh.unlink(missing_ok=True)
        made = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(made, "w", encoding="utf-8") as out:
            json.dump(plain, out, indent=1, ensure_ascii=False)
        fresh.replace(file)
    except OSError as error:
        raise HmiError(f"{file}: {error.strerror}", BAD_CONFIG) from error


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks."""

    name: str = ""
    role: Role = "view"

    def may(self, role: Role) -> bool:
        """Has the person this role, or a higher one?"""
        return bool(self.name) and ROLES.index(self.role) >= ROLES.index(role)


class _Session(msgspec.Struct, kw_only=True):
    name: str
    kept: str
    begun_s: float
    used_s: float


class Sessions:
    """Who is logged in. The file is read anew when it changes: whoever is taken out of it, or has
    another password, is out at once.

    Parameters
    ----------
    file:
        Users; without one nobody can log in.
    now_s:
        Clock, monotonic s.
    """

    def __init__(self, file: Path | None, now_s: Callable[[], float] = time.monotonic) -> None:
        self._file, self._now_s = file, now_s
        self._users: dict[str, User] = {} if file is None else read_users(file)
        self._seen = self._mark()
        self._open: dict[str, _Session] = {}
        self._wrong: dict[str, list[float]] = {}
        self._one = threading.Lock()
        self.failures = 0

    @property
    def any_users(self) -> bool:
        """Can anybody log in?"""
        return bool(self._users)

    def _mark(self) -> tuple[int, int] | None:
        if self._file is None:
            return None
        try:
            facts = self._file.stat()
        except OSError:
            return None
        return facts.st_mtime_ns, facts.st_ino

    def _read_again(self) -> None:
        if (mark := self._mark()) != self._seen:
            self._seen = mark
            try:
                self._users = read_users(self._file) if self._file and mark else {}
            except HmiError:
                self._users = {}

    def login(self, name: str, password: str) -> tuple[str, Person] | None:
        """A new session and who it is of; nothing when name or password are wrong or were wrong too
        often. Takes some 0.1 s; one at a time, so that tries cannot take all memory."""
        with self._one:
            self._read_again()
            now_s = self._now_s()
            wrong = [at for at in self._wrong.get(name, ()) if now_s - at < TRIES_S]
            if len(wrong) >= TRIES:
                self.failures += 1
                return None
            user = self._users.get(name)
            good = matches(password, nobody() if user is None else user.scrypt)
            if user is None or not good:
                self.failures += 1
                if len(self._wrong) > SESSIONS_MOST:
                    self._wrong.clear()
                self._wrong[name] = [*wrong, now_s]
                return None
            self._wrong.pop(name, None)
            token = secrets.token_urlsafe(32)
            self._tidy(now_s)
            self._open[_key(token)] = _Session(
                name=name, kept=user.scrypt, begun_s=now_s, used_s=now_s
            )
            return token, Person(name=name, role=user.role)

    def _tidy(self, now_s: float) -> None:
        for key in [k for k, s in self._open.items() if self._over(s, now_s)]:
            del self._open[key]
        while len(self._open) >= SESSIONS_MOST:
            del self._open[next(iter(self._open))]

    @staticmethod
    def _over(session: _Session, now_s: float) -> bool:
        return now_s - session.used_s > IDLE_S or now_s - session.begun_s > LONGEST_S

    def who(self, token: str | None) -> Person:
        """Whose session it is; a person without a name when it is none."""
        session = None if not token else self._open.get(_key(token))
        if session is None:
            return Person()
        now_s = self._now_s()
        self._read_again()
        user = self._users.get(session.name)
        if user is None or user.scrypt != session.kept or self._over(session, now_s):
            self._open.pop(_key(token or ""), None)
            return Person()
        session.used_s = now_s
        return Person(name=session.name, role=user.role)

    def logout(self, token: str | None) -> None:
        """End a session."""
        if token:
            self._open.pop(_key(token), None)


def _key(token: str) -> str:
    """Sessions are found by a hash: what is in memory does not log anybody in."""
    return hashlib.sha256(token.encode()).hexdigest()
