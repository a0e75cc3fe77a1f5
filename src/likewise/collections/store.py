"""Where collections live: a folder of Lance tables, or an address of an object store."""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import platformdirs
from filelock import FileLock, Timeout

from likewise.data.readers.object_store import object_address
from likewise.errors import (
    CollectionError,
    CollectionNotFoundError,
    DamagedCollectionError,
    InputError,
    LikewiseError,
)
from likewise.extras import defer, require

if TYPE_CHECKING:
    from lancedb.db import DBConnection
    from lancedb.table import Table

CACHE_BYTES = 256 * 2**20
"""Memory that an open store may use for indexes."""

WAIT = "wait until it has finished, then index again; what was reported as written is there"
"""The hint where another process writes the collection."""

CONFLICTS = ("commit conflict", "Incompatible transaction")
"""Words in LanceDB's errors where another writer has committed at the same time."""

_REST_CLIENT = "lance_namespace_urllib3_client"
"""LanceDB's client for servers: a third of the time its import takes, and not needed here."""

_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-](?<!\.-)){0,127}")

_COMPANION = ".-"
"""Between a collection's name and the kind of a companion; no collection has it in its name."""

CompanionKind = Literal["feedback", "migration", "notes", "objects", "searches", "sources"]
"""A table of a collection: corrections, vectors by another model, notes, objects that were read,
saved searches, or files."""


def default_store() -> str:
    """`LIKEWISE_STORE`, or a folder in the platform's data folder.

    Raises:
        InputError: `LIKEWISE_STORE` is not set, and the user has no home folder.
    """
    if override := os.environ.get("LIKEWISE_STORE"):
        return override if "://" in override else str(Path(override).expanduser())
    try:
        return str(platformdirs.user_data_path("likewise", appauthor=False) / "collections")
    except RuntimeError as error:
        raise InputError(
            "collections have no default folder: this user has no home folder",
            hint="set LIKEWISE_STORE to a folder that is yours",
        ) from error


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
        address = object_address(self.address)
        return address.hint if address else "check the store's address and the disk"

    def names(self) -> list[str]:
        """The collections here, by name."""
        if self.folder is not None and not self.folder.is_dir():
            return []
        with store_errors(f"cannot list the collections in {self.address}", self.hint):
            return sorted(name for name in _pages(self._connected()) if _COMPANION not in name)

    def open(self, name: str) -> Table:
        """A collection's table.

        Raises:
            CollectionNotFoundError: there is none of this name.
        """
        check_name(name)
        if (table := self._opened(name)) is not None:
            return table
        known = self.names()
        if name in known:  # damaged, or another writer has created it in the meantime
            if (table := self._opened(name)) is not None:
                return table
            raise DamagedCollectionError(
                f"the collection {name!r} cannot be read: its folder holds no version of it",
                hint=repair(name),
            )
        raise CollectionNotFoundError(
            f"no collection {name!r} in {self.address}",
            hint=f"there are: {', '.join(known)}"
            if known
            else f"likewise index FILE --into {name}",
        )

    def companion(
        self, name: str, kind: CompanionKind, schema: Callable[[], Any] | None = None
    ) -> Table | None:
        """A table that belongs to a collection and is removed with it.

        Args:
            name: the collection's.
            kind: which table.
            schema: makes the columns of a new table where there is none yet.

        Returns:
            The table; None where there is none.
        """
        check_name(name)
        table = self._opened(_companion(name, kind))
        if table is None and schema is not None:
            return self._created(_companion(name, kind), schema())
        return table

    def remove_companion(self, name: str, kind: CompanionKind) -> None:
        """Delete a table of a collection, if there is one; the caller holds its lock."""
        self._dropped(_companion(name, kind))

    def _opened(self, name: str) -> Table | None:
        """The table; None where there is none, or it has no version yet."""
        if self.folder is not None and not (self.folder / f"{name}.lance").is_dir():
            return None
        try:
            with self.reading(name):
                return self._connected().open_table(name)
        except CollectionError as error:
            if "not found" not in str(error.__cause__):
                raise
            return None

    def reading(self, name: str) -> AbstractContextManager[None]:
        """Translate errors of reading a collection: on a disk of ours its files are damaged."""
        what = f"the collection {name!r} cannot be read"
        if self.folder is None:
            return store_errors(what, self.hint)
        return store_errors(what, repair(name), DamagedCollectionError)

    def create(self, name: str, schema: Any) -> Table:
        """An empty table; the one that someone else has made meanwhile."""
        check_name(name)
        return self._created(name, schema)

    def _created(self, name: str, schema: Any) -> Table:
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
        with store_errors(f"cannot create the collection {name!r} in {self.address}", self.hint):
            return self._connected().create_table(name, schema=schema, exist_ok=True)

    def remove(self, name: str) -> None:
        """Delete a collection with all its versions, also one that is damaged.

        Raises:
            CollectionNotFoundError: there is none of this name.
        """
        with suppress(DamagedCollectionError):
            self.open(name)
        with self.writing(name), store_errors(f"cannot remove the collection {name!r}"):
            self._connected().drop_table(name)
        if self.folder is not None:
            self._lock(self.folder, name).unlink(missing_ok=True)
        for kind in get_args(CompanionKind):
            with self.writing(name, kind):
                self._dropped(_companion(name, kind))
            if self.folder is not None:
                self._lock(self.folder, _companion(name, kind)).unlink(missing_ok=True)

    def _dropped(self, name: str) -> None:
        with store_errors(f"cannot remove {name!r}"):
            if name in _pages(self._connected()):
                self._connected().drop_table(name)

    @contextmanager
    def writing(
        self, name: str, kind: CompanionKind | None = None, *, seconds: float = 0
    ) -> Iterator[None]:
        """Be the only writer of a collection; readers go on.

        An object store has no locks; `VersionGuard` replaces them there.

        Args:
            name: the collection's.
            kind: a table that belongs to it, which has a lock of its own.
            seconds: how long to wait for another writer.

        Raises:
            CollectionError: someone else is writing it.
        """
        check_name(name)
        if self.folder is None:
            yield
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            locked = name if kind is None else _companion(name, kind)
            lock = FileLock(self._lock(self.folder, locked))
            lock.acquire(timeout=seconds)
        except Timeout as error:
            raise CollectionError(
                f"another process is writing the {kind or 'collection'} {'of ' if kind else ''}"
                f"{name!r}",
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
            lancedb = _lancedb()
            session = lancedb.Session(index_cache_size_bytes=CACHE_BYTES)
            with store_errors(f"cannot open the store {self.address}", self.hint):
                self._connection = lancedb.connect(self.address, session=session)
        return self._connection


def _companion(name: str, kind: CompanionKind) -> str:
    return f"{name}{_COMPANION}{kind}"


def repair(name: str) -> str:
    """What to do about a collection that is damaged."""
    return (
        "bring its files back from a backup; or remove it with "
        f"'likewise collections rm {name}', and index the files again"
    )


def check_name(name: str) -> None:
    """Refuse what is no name of a collection.

    Raises:
        InputError: it is none.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} is no name for a collection",
            hint="letters, digits, _ . and -, not beginning with . or -, and without '.-'",
        )


@contextmanager
def store_errors(
    what: str,
    hint: str = "check the store's address and the disk",
    kind: type[LikewiseError] = CollectionError,
    only: Sequence[str] = (),
) -> Iterator[None]:
    """Turn errors that the store raises into the project's own; others pass as they are.

    Args:
        what: the message, to which the store's own first line is added.
        hint: the way out.
        kind: of the error.
        only: words of which one must be in the store's message; none for any message.
    """
    try:
        yield
    except LikewiseError:
        raise
    except Exception as error:
        if not _raised_by_store(error):
            raise  # a mistake of our own
        if only and not any(words in str(error) for words in only):
            raise
        if any(words in str(error) for words in CONFLICTS):  # two commit at once, without locks
            raise CollectionError(
                f"{what}: another process is writing the collection", hint=WAIT
            ) from error
        raise kind(f"{what}: {_first(error)}", hint=hint) from error


def written_by_another(name: str) -> CollectionError:
    """The error of a writer that has seen the commit of another one."""
    return CollectionError(f"another process is writing the collection {name!r}", hint=WAIT)


def _raised_by_store(error: BaseException) -> bool:
    """Whether an error comes out of LanceDB, and not out of code of ours that it called."""
    names = [
        frame.f_globals.get("__name__", "").partition(".")[0]
        for frame, _ in traceback.walk_tb(error.__traceback__)
    ]
    ours = max((place for place, name in enumerate(names) if name == "likewise"), default=-1)
    return "lancedb" in names[ours + 1 :]


def _lancedb() -> Any:
    """LanceDB, whose log keeps to errors where nothing else is asked for.

    Its warnings concern its own work, and would appear among the output of a command. It reads the
    variable once, while it is imported, and has no other setting for it.
    """
    if "lancedb" in sys.modules:
        return require("lancedb", "store")
    defer(_REST_CLIENT)
    if "LANCEDB_LOG" in os.environ:
        return require("lancedb", "store")
    os.environ["LANCEDB_LOG"] = "error"
    try:
        return require("lancedb", "store")
    finally:
        os.environ.pop("LANCEDB_LOG", None)


def _first(error: BaseException) -> str:
    """The first line of its message, without the place in the store's own sources."""
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return re.sub(r",? \S+\.rs:\d+:\d+$", "", line)[:300]


def _pages(connection: DBConnection) -> Iterator[str]:
    token: str | None = None
    while True:
        page = connection.list_tables(page_token=token)
        yield from page.tables
        token = page.page_token
        if not token:
            return
