"""Files that clients send: each belongs to a key, and is deleted after a day."""

from __future__ import annotations

import json
import re
import shutil
import time
import uuid
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from likewise.data.readers import open_binary
from likewise.data.readers.formats import COMPRESSED
from likewise.errors import InputError

PREFIX = "file-"
_ID = re.compile(rf"{PREFIX}[0-9a-f]{{32}}")
_PIECE = 2**20
_NAME = re.compile(r"[^\w .()\-]")


@dataclass(frozen=True)
class UploadLimits:
    """How much clients may send.

    Attributes:
        file: bytes of one file.
        unpacked: bytes of one compressed file after decompression.
        total: bytes of all files of a key.
        seconds: for which a file stays.
    """

    file: int = 200 * 2**20
    unpacked: int = 2**30
    total: int = 2 * 2**30
    seconds: float = 24 * 3600


class TooLargeError(InputError):
    """A file over a limit."""


@dataclass(frozen=True)
class Upload:
    """A file that was sent.

    Attributes:
        id: what requests name it by.
        name: its name, without folders.
        size: bytes.
        created: when, seconds since 1970.
        expires: when it is deleted, seconds since 1970.
        linked: a path of this machine that it stands for; empty where its bytes were sent.
    """

    id: str
    name: str
    size: int
    created: float
    expires: float
    linked: str = ""

    def to_dict(self) -> dict[str, Any]:
        """All attributes."""
        return asdict(self)


class UploadStore:
    """The files that clients sent. Safe to use from several threads.

    Args:
        folder: where they are stored.
        limits: how much they may be.
    """

    def __init__(self, folder: Path, limits: UploadLimits | None = None) -> None:
        self.folder, self.limits = folder, limits or UploadLimits()
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, owner: str, name: str, content: BinaryIO) -> Upload:
        """Store a file.

        Args:
            owner: name of its key.
            name: its name; the suffix says how it is read.
            content: its bytes.

        Raises:
            TooLargeError: it is over a limit.
            RecordError: it is compressed, and cannot be decompressed.
        """
        used = sum(each.size for each in self.of(owner) if not each.linked)
        key = uuid.uuid4().hex
        folder = self.folder / key
        folder.mkdir()
        try:
            path = folder / safe_name(name)
            size = self._copy(content, path, min(self.limits.file, self.limits.total - used))
            self._check_unpacked(path)
            return self._describe(key, owner, path.name, size)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def link(self, owner: str, path: Path) -> Upload:
        """Name a file or folder of this machine, which is read where it is and never deleted.

        Args:
            owner: name of the key that may read it by the id.
            path: of the file or folder.

        Raises:
            InputError: there is none.
        """
        found = path.expanduser()
        if not found.is_absolute() or not found.exists():
            raise InputError(
                f"there is no file or folder {str(path)!r}",
                hint="give a whole path, such as /home/me/notes",
            )
        size = found.stat().st_size if found.is_file() else 0
        return self._describe(uuid.uuid4().hex, owner, found.name, size, linked=str(found))

    def _describe(self, key: str, owner: str, name: str, size: int, linked: str = "") -> Upload:
        now = time.time()
        upload = Upload(PREFIX + key, name, size, now, now + self.limits.seconds, linked)
        description = {"owner": owner, **upload.to_dict()}
        (self.folder / f"{key}.json").write_text(json.dumps(description), "utf-8")
        return upload

    def get(self, owner: str, file_id: str) -> Upload | None:
        """A file of an owner; None where there is none, or it has expired."""
        if not _ID.fullmatch(file_id):
            return None
        found = self._read(self.folder / f"{file_id.removeprefix(PREFIX)}.json")
        if found is None or found.pop("owner") != owner or found["expires"] < time.time():
            return None
        return Upload(**found)

    def path(self, upload: Upload) -> Path:
        """Where a file is."""
        if upload.linked:
            return Path(upload.linked)
        return self.folder / upload.id.removeprefix(PREFIX) / upload.name

    def of(self, owner: str) -> list[Upload]:
        """The files of an owner, oldest first."""
        found = [upload for name in self.ids() if (upload := self.get(owner, name))]
        return sorted(found, key=lambda upload: upload.created)

    def ids(self) -> list[str]:
        """The ids of all files, of all owners."""
        return [PREFIX + path.stem for path in self.folder.glob("*.json")]

    def delete(self, upload: Upload) -> None:
        """Delete a file."""
        key = upload.id.removeprefix(PREFIX)
        (self.folder / f"{key}.json").unlink(missing_ok=True)
        shutil.rmtree(self.folder / key, ignore_errors=True)

    def delete_expired(self, used: Collection[str] = ()) -> None:
        """Delete the files whose time is over.

        Args:
            used: ids of files that jobs still need.
        """
        for path in self.folder.glob("*.json"):
            found = self._read(path)
            if found and found["expires"] < time.time() and found["id"] not in used:
                found.pop("owner")
                self.delete(Upload(**found))

    @staticmethod
    def _read(path: Path) -> dict[str, Any] | None:
        try:
            return dict(json.loads(path.read_text("utf-8")))
        except (OSError, ValueError):
            return None

    @staticmethod
    def _copy(content: BinaryIO, path: Path, most: int) -> int:
        size = 0
        with path.open("wb") as file:
            while piece := content.read(_PIECE):
                size += len(piece)
                if size > most:
                    raise TooLargeError(
                        f"{path.name} is larger than the {most:,} bytes that may be sent",
                        hint="delete files that are no longer needed, or send smaller ones",
                    )
                file.write(piece)
        return size

    def _check_unpacked(self, path: Path) -> None:
        if path.suffix.lower() not in COMPRESSED:
            return
        size = 0
        with open_binary(path, path.name) as stream:
            while piece := stream.read(_PIECE):
                size += len(piece)
                if size > self.limits.unpacked:
                    raise TooLargeError(
                        f"{path.name} holds more than {self.limits.unpacked:,} bytes",
                        hint="send it in parts",
                    )


def safe_name(name: str) -> str:
    """A file name without folders and without characters that mean something to a system."""
    last = re.split(r"[/\\]", name)[-1]
    clean = _NAME.sub("_", last).strip(" .")[-120:].strip(" .")
    return clean or "file"
