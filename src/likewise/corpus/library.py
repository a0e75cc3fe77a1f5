"""Where collections live: a folder of Lance tables, or an address of an object store."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from likewise.errors import CollectionError, CollectionNotFoundError, InputError, LikewiseError
from likewise.extras import require

if TYPE_CHECKING:
    from lancedb.db import DBConnection
    from lancedb.table import Table

CACHE_BYTES = 256 * 2**20
"""Memory that an open store may use for indexes."""

WAIT = "wait until it has finished, then index again; what was reported as written is there"
"""The way out for whom another writer was in the way."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


def default_store() -> str:
    """`LIKEWISE_STORE`, or the platform's own place for a person's data."""
    if chosen := os.environ.get("LIKEWISE_STORE"):
        return chosen if "://" in chosen else str(Path(chosen).expanduser())
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library/Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    return str(base / "likewise" / "collections")


class Store:
    """A place that holds collections.

    Attributes:
        address: a folder, or such as `s3://bucket/prefix`.
    """

    def __init__(self, address: str | Path | None = None) -> None:
        self.address = str(address) if address is not None else default_store()
        self._connection: DBConnection | None = None

    @property
    def folder(self) -> Path | None:
        """The folder; None for an object store."""
        return None if "://" in self.address else Path(self.address)

    @property
    def hint(self) -> str:
        """What to look at where the place cannot be reached."""
        if self.folder is not None:
            return "check the store's address and the disk"
        return (
            "check the address, that the bucket is there, and the provider's variables, such as "
            "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL"
        )

    def names(self) -> list[str]:
        """The collections here, by name."""
        if self.folder is not None and not self.folder.is_dir():
            return []
        with translated(f"cannot list the collections in {self.address}", self.hint):
            return sorted(_pages(self._connected()))

    def open(self, name: str) -> Table:
        """A collection's table.

        Raises:
            CollectionNotFoundError: there is none of this name.
        """
        check_name(name)
        if self.folder is None or (self.folder / f"{name}.lance").is_dir():
            try:
                return self._connected().open_table(name)
            except ValueError as error:
                if "not found" not in str(error):
                    raise CollectionError(
                        f"cannot open the collection {name!r} in {self.address}: {_first(error)}",
                        hint=f"{self.hint}; or index the files again into a new collection",
                    ) from error
        known = self.names()
        raise CollectionNotFoundError(
            f"no collection {name!r} in {self.address}",
            hint=f"there are: {', '.join(known)}"
            if known
            else f"likewise index FILE --into {name}",
        )

    def create(self, name: str, schema: Any) -> Table:
        """An empty table; the one that someone else has made meanwhile."""
        check_name(name)
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
        with translated(f"cannot create the collection {name!r} in {self.address}", self.hint):
            return self._connected().create_table(name, schema=schema, exist_ok=True)

    def remove(self, name: str) -> None:
        """Delete a collection with all its versions."""
        self.open(name)
        with self.writing(name), translated(f"cannot remove the collection {name!r}"):
            self._connected().drop_table(name)
        if self.folder is not None:
            self._lock(self.folder, name).unlink(missing_ok=True)

    @contextmanager
    def writing(self, name: str) -> Iterator[None]:
        """Be the only writer of a collection; readers go on.

        An object store has no locks; there `Alone` sees to it.

        Raises:
            CollectionError: someone else is writing it.
        """
        check_name(name)
        if self.folder is None:
            yield
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._lock(self.folder, name))
            lock.acquire(timeout=0)
        except Timeout as error:
            raise CollectionError(
                f"another process is writing the collection {name!r}",
                hint="wait until it has finished; searching goes on meanwhile",
            ) from error
        except OSError as error:
            raise CollectionError(
                f"cannot write {self.folder}: {error.strerror or error}",
                hint="choose another folder with --store or LIKEWISE_STORE",
            ) from error
        try:
            yield
        finally:
            lock.release()

    @staticmethod
    def _lock(folder: Path, name: str) -> Path:
        return folder / f".{name}.lock"

    def _connected(self) -> DBConnection:
        if self._connection is None:
            # its warnings are of its own doings, and would stand between a command's lines
            os.environ.setdefault("LANCEDB_LOG", "error")
            lancedb = require("lancedb", "store")
            session = lancedb.Session(index_cache_size_bytes=CACHE_BYTES)
            with translated(f"cannot open the store {self.address}", self.hint):
                self._connection = lancedb.connect(self.address, session=session)
        return self._connection


def check_name(name: str) -> None:
    """Refuse what is no name of a collection.

    Raises:
        InputError: it is none.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} is no name for a collection",
            hint="letters, digits, _ . and -, not beginning with . or -",
        )


@contextmanager
def translated(
    what: str,
    hint: str = "check the store's address and the disk",
    kind: type[LikewiseError] = CollectionError,
) -> Iterator[None]:
    """Turn errors of the store into the project's own."""
    try:
        yield
    except LikewiseError:
        raise
    except (ValueError, RuntimeError, OSError) as error:
        if "commit conflict" in str(error):  # where nothing locks, two may commit at once
            raise CollectionError(
                f"{what}: another process is writing the collection",
                hint=WAIT,
            ) from error
        raise kind(f"{what}: {_first(error)}", hint=hint) from error


def _first(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


def _pages(connection: DBConnection) -> Iterator[str]:
    token: str | None = None
    while True:
        page = connection.list_tables(page_token=token)
        yield from page.tables
        token = page.page_token
        if not token:
            return
