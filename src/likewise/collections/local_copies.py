"""Copies of collections of an object store on this machine, from which servers read.

The files of a collection never change: each version adds files and names those that it uses. So a
copy is brought up to date by what is new, its newest version last.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from threading import Lock, Thread

from filelock import FileLock

from likewise.atomic import atomic
from likewise.collections.store import Store, check_name
from likewise.data.readers import object_address
from likewise.data.readers.object_store import ObjectAddress, object_states, open_object
from likewise.errors import LikewiseError

AT_ONCE = 16 * 2**20
"""Bytes that a reader waits for; more are copied while readers use the object store."""

DOWNLOADS = 8
"""Objects that are copied at a time."""

_VERSIONS = "_versions/"
_HINT = "latest_version_hint.json"
"""An object that is written again and again; tables are read without it."""

State = tuple[int, int]
"""Bytes and time of a file: those of a collection that was made again may have the same names."""

_log = logging.getLogger("likewise")


class LocalCopies:
    """The copies in a folder; may be shared by threads and by processes.

    Args:
        folder: where they are.
        limit: bytes of one collection at most; larger ones are read from the object store.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder, self.limit = folder, limit
        self._copies: dict[tuple[str, str], _Copy] = {}
        self._lock = Lock()

    def store_of(self, store: Store, name: str) -> Store:
        """A store of this machine that has the latest version of a collection.

        Returns:
            The store itself where it is a folder, or where a copy is still being made, is too
            large or fails.

        Raises:
            InputError: a bad name.
        """
        remote = object_address(store.address)
        if remote is None or self.limit <= 0:
            return store
        check_name(name)
        with self._lock:
            key = (store.address, name)
            if key not in self._copies:
                place = self.folder / sha256(store.address.encode()).hexdigest()[:16]
                self._copies[key] = _Copy(remote, name, place, self.limit)
            copy = self._copies[key]
        try:
            return copy.current() or store
        except (LikewiseError, OSError) as error:
            _log.info("%s is read from %s: %s", name, store.address, error)
            return store


class _Copy:
    """The copy of one collection.

    Args:
        remote: the address of the store.
        name: the collection's.
        folder: the copied store.
        limit: bytes at most.
    """

    def __init__(self, remote: ObjectAddress, name: str, folder: Path, limit: int) -> None:
        table = f"{name}.lance"
        key = "/".join(filter(None, (remote.key.strip("/"), table)))
        self._remote = ObjectAddress(remote.scheme, remote.bucket, key)
        self._folder, self._limit = folder / table, limit
        self._store = Store(folder)
        self._versions: Mapping[str, State] | None = None
        self._stale: set[str] = set()
        self._copying = Lock()

    def current(self) -> Store | None:
        """The copied store, if it has the latest version; a small difference is copied at once."""
        versions = self._listed(_VERSIONS)
        if versions and versions == self._versions:
            return self._store
        if not self._copying.acquire(blocking=False):
            return None  # another thread copies it
        here = True
        try:
            wanted = {**self._listed(""), **versions}
            if not versions or sum(size for size, _ in wanted.values()) > self._limit:
                self._versions = None
                shutil.rmtree(self._folder, ignore_errors=True)
                return None
            if sum(wanted[name][0] for name in self._missing(wanted)) > AT_ONCE:
                Thread(target=self._bring_beside, args=(wanted, versions), daemon=True).start()
                here = False
                return None
            self._bring(wanted, versions)
            return self._store
        finally:
            if here:
                self._copying.release()

    def _bring_beside(self, wanted: Mapping[str, State], versions: Mapping[str, State]) -> None:
        try:
            self._bring(wanted, versions)
        except (LikewiseError, OSError) as error:
            _log.warning("cannot copy %s: %s", self._remote, error)
        finally:
            self._copying.release()

    def _bring(self, wanted: Mapping[str, State], versions: Mapping[str, State]) -> None:
        """Copy what is missing, and the versions when their files are there."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (
            FileLock(self._folder.with_suffix(".lock")),
            ThreadPoolExecutor(DOWNLOADS) as threads,
        ):
            missing = self._missing(wanted)
            for last in (False, True):
                names = [name for name in missing if (name in versions) is last]
                list(threads.map(self._download, names, [wanted[name][1] for name in names]))
            self._versions = versions
            self._remove_unused(wanted)

    def _remove_unused(self, wanted: Mapping[str, State]) -> None:
        """Delete what no version uses since the last time: readers may have been reading it."""
        files = (path for path in self._folder.rglob("*") if path.is_file())
        unused = {path.relative_to(self._folder).as_posix() for path in files} - wanted.keys()
        for name in unused & self._stale:
            with suppress(OSError):
                (self._folder / name).unlink()
        self._stale = unused

    def _download(self, name: str, time: int) -> None:
        target = self._folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        address = ObjectAddress(
            self._remote.scheme, self._remote.bucket, f"{self._remote.key}/{name}"
        )
        with open_object(address) as source, atomic(target) as file:
            shutil.copyfileobj(source, file, 2**22)
        os.utime(target, ns=(time, time))

    def _listed(self, prefix: str) -> dict[str, State]:
        """The objects of the collection below a prefix."""
        base = f"{self._remote.key}/{prefix}".rstrip("/")
        address = ObjectAddress(self._remote.scheme, self._remote.bucket, base)
        return {
            f"{prefix}{name}": state
            for name, state in object_states(address).items()
            if not name.endswith(_HINT) and ".." not in Path(name).parts
        }

    def _missing(self, wanted: Mapping[str, State]) -> list[str]:
        """What is not here as it is wanted."""
        return [name for name, state in wanted.items() if self._state(name) != state]

    def _state(self, name: str) -> State | None:
        with suppress(OSError):
            found = (self._folder / name).stat()
            return found.st_size, found.st_mtime_ns
        return None
