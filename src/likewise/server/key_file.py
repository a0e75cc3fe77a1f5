"""The file of API keys: names, hashes and limits, never a secret."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import platformdirs
from filelock import FileLock

from likewise.atomic import atomic
from likewise.errors import InputError, OutputError
from likewise.server.keys import SCOPES, Key, Scope, including, key_of_secret

PREFIX = "lw_"
"""How every key made here begins, so that scanners for leaked secrets recognize it."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HASH = re.compile(r"[0-9a-f]{64}")
_VERSION = 1


def default_key_file() -> Path:
    """`LIKEWISE_KEYS`, or `keys.json` in the platform's folder for settings."""
    if override := os.environ.get("LIKEWISE_KEYS"):
        return Path(override).expanduser()
    return platformdirs.user_config_path("likewise", appauthor=False) / "keys.json"


@dataclass(frozen=True)
class NewKey:
    """A key that was just made.

    Attributes:
        key: what is stored of it.
        secret: what clients send; it is not stored anywhere.
    """

    key: Key
    secret: str


class KeyFile:
    """A file of API keys. Only its owner can read it, and it is always complete.

    Args:
        path: the file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[Key]:
        """The keys; none where there is no file.

        Raises:
            InputError: it cannot be read, or is not a file of keys.
        """
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise InputError(
                f"the keys in {self.path} cannot be read: {error.strerror or error}",
                hint="choose another file with --keys or LIKEWISE_KEYS",
            ) from error
        try:
            stored = json.loads(content)
            if stored["version"] != _VERSION:
                raise ValueError(f"version {stored['version']!r}")
            keys = [_key(row) for row in stored["keys"]]
            if len({key.name for key in keys}) < len(keys):
                raise ValueError("a name twice")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(
                f"{self.path} is not a file of API keys: {str(error)[:100]}",
                hint="remove it, and make the keys again with 'likewise keys create NAME'",
            ) from error
        return keys

    def create(
        self, name: str, scopes: Sequence[Scope], requests_per_minute: int | None = None
    ) -> NewKey:
        """Make a key.

        Raises:
            InputError: a bad name or one that exists, or a file that cannot be used.
            OutputError: the file cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise InputError(
                f"{name!r} cannot name a key",
                hint="use letters, digits, dots, dashes and underscores, at most 64",
            )
        with self._locked():
            keys = self.read()
            if any(key.name == name for key in keys):
                raise InputError(
                    f"there is a key {name!r} already",
                    hint=f"choose another name, or 'likewise keys revoke {name}' first",
                )
            secret = PREFIX + secrets.token_urlsafe(32)
            created = datetime.now(UTC).isoformat(timespec="seconds")
            key = key_of_secret(
                name, secret, scopes, requests_per_minute=requests_per_minute, created=created
            )
            self._write([*keys, key])
        return NewKey(key, secret)

    def revoke(self, name: str) -> Key:
        """Remove a key; servers that run refuse it within a second.

        Raises:
            InputError: there is no such key, or the file cannot be used.
            OutputError: the file cannot be written.
        """
        with self._locked():
            keys = self.read()
            found = next((key for key in keys if key.name == name), None)
            if found is None:
                names = ", ".join(key.name for key in keys) or "it has no keys"
                raise InputError(f"no key {name!r} in {self.path}", hint=f"keys: {names}")
            self._write([key for key in keys if key is not found])
        return found

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time changes the file."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(f"{self.path}.lock", mode=0o600)
            lock.acquire()
        except OSError as error:
            raise OutputError(
                f"cannot write {self.path}: {error.strerror or error}",
                hint="choose another file with --keys or LIKEWISE_KEYS",
            ) from error
        try:
            yield
        finally:
            lock.release()

    def _write(self, keys: Sequence[Key]) -> None:
        rows = [
            {
                "name": key.name,
                "sha256": key.hash,
                "cookie_sha256": key.cookie_hash,
                "scopes": [scope for scope in SCOPES if scope in key.scopes],
                "requests_per_minute": key.requests_per_minute,
                "created": key.created,
            }
            for key in keys
        ]
        with atomic(self.path, private=True) as file:
            file.write(json.dumps({"version": _VERSION, "keys": rows}, indent=2).encode() + b"\n")


def _key(row: dict[str, Any]) -> Key:
    name, scopes, limit = row["name"], row["scopes"], row["requests_per_minute"]
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise ValueError(f"the name {name!r}")
    if not (isinstance(scopes, list) and scopes and set(scopes) <= set(SCOPES)):
        raise ValueError(f"the scopes {scopes!r} of {name}")
    if limit is not None and (type(limit) is not int or limit < 1):
        raise ValueError(f"the limit {limit!r} of {name}")
    hashes = row["sha256"], row["cookie_sha256"]
    if not all(isinstance(each, str) and _HASH.fullmatch(each) for each in hashes):
        raise ValueError(f"the hashes of {name}")
    return Key(name, including(scopes), limit, str(row["created"]), *hashes)
