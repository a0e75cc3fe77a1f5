"""The keys that a running server accepts."""

from __future__ import annotations

import hmac
import logging
import os
import time
from collections.abc import Callable

from likewise.errors import InputError
from likewise.server.key_file import KeyFile
from likewise.server.keys import Key, key_of_secret, sha256

RELOAD_SECONDS = 1.0
"""How often the file is looked at; a revoked key is refused after that."""

API_KEY_NAME = "LIKEWISE_API_KEY"
"""The name of the key that is given by an option or by the environment."""

_log = logging.getLogger("likewise.server")


class Keyring:
    """The key of the environment, and those of a file, which may change while the server runs.

    Once there was a key, requests need one as long as the process lives, also when the file is
    emptied or deleted. A file that becomes unreadable leaves the keys that were read last.

    Args:
        api_key: a key with every scope; None where there is none.
        file: further keys; None where there are none.

    Raises:
        InputError: the file is not a file of keys.
    """

    def __init__(self, api_key: str | None = None, file: KeyFile | None = None) -> None:
        secret = (api_key or "").strip()
        self._own = [key_of_secret(API_KEY_NAME, secret)] if secret else []
        self._file = file
        self._state = self._file_state()
        self._keys = self._own + (file.read() if file else [])
        self._looked = time.monotonic()
        self._required = bool(self._keys)

    @property
    def required(self) -> bool:
        """Whether requests need a key."""
        self._reload()
        return self._required

    def find(self, secret: bytes) -> Key | None:
        """The key of a secret, in a time that does not depend on where it differs."""
        return self._find(sha256(secret), lambda key: key.hash)

    def find_cookie(self, cookie: str) -> Key | None:
        """The key with which a browser logged in."""
        return self._find(sha256(cookie.encode()), lambda key: key.cookie_hash)

    def _find(self, hashed: str, stored: Callable[[Key], str]) -> Key | None:
        self._reload()
        found = None
        for key in self._keys:
            if hmac.compare_digest(stored(key), hashed):
                found = key
        return found

    def _reload(self) -> None:
        now = time.monotonic()
        if self._file is None or now - self._looked < RELOAD_SECONDS:
            return
        self._looked = now
        state = self._file_state()
        if state == self._state:
            return
        self._state = state
        try:
            self._keys = self._own + self._file.read()
        except InputError as error:
            _log.error("%s; the keys read before stay valid", error.message)
            return
        self._required = self._required or bool(self._keys)

    def _file_state(self) -> tuple[int, ...]:
        """What changes when the file does; empty where there is none."""
        if self._file is None:
            return ()
        try:
            found = os.stat(self._file.path)
        except OSError:
            return ()
        return found.st_ino, found.st_mtime_ns, found.st_size
