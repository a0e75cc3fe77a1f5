"""The hub's cache on disk, in the layout that all clients of the hub share.

models--owner--name/
├── refs/main               the commit of a branch or tag at the time of the last download
├── snapshots/<commit>/…    the files of a commit: links to blobs
├── blobs/<hash>            file contents by hash; <hash>.incomplete during a download
└── trees/<commit>.json     the listing of all files of the commit, to detect missing ones
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from likewise.hub import file_selection

COMMIT = re.compile(r"[0-9a-f]{40}")
_HUB_ID = re.compile(r"[\w][\w.-]*/[\w][\w.-]*")


@dataclass(frozen=True)
class RemoteFile:
    """One file of a commit.

    Attributes:
        path: relative, with `/`.
        size: in bytes.
        git_sha1: its git object id.
        sha256: of its content, if it is stored with git LFS.
    """

    path: str
    size: int
    git_sha1: str
    sha256: str | None = None

    @property
    def blob(self) -> str:
        """Name of its blob."""
        return self.sha256 or self.git_sha1


@dataclass(frozen=True)
class Repository:
    """One model's folder in the cache.

    Attributes:
        folder: `models--owner--name`.
        hub_id: `owner/name`.
    """

    folder: Path
    hub_id: str

    @classmethod
    def of(cls, cache: Path, hub_id: str) -> Repository:
        """The folder of a model, which need not exist."""
        return cls(cache / ("models--" + hub_id.replace("/", "--")), hub_id)

    @property
    def locks(self) -> Path:
        """The folder of its lock files."""
        return self.folder.parent / ".locks" / self.folder.name

    def snapshot(self, commit: str) -> Path:
        """The folder of a commit's files."""
        return self.folder / "snapshots" / commit

    def commit(self, revision: str | None) -> str | None:
        """The commit of a branch, tag or commit hash; None if it is not in the cache."""
        if revision and COMMIT.fullmatch(revision):
            return revision
        with suppress(OSError, ValueError):
            return (self.folder / "refs" / (revision or "main")).read_text().strip() or None
        return None

    def blob(self, file: RemoteFile) -> Path:
        """Path of a file's blob."""
        return self.folder / "blobs" / file.blob

    def write_ref(self, revision: str, commit: str) -> None:
        """Store the commit of a branch or tag."""
        if revision != commit:
            _write(self.folder / "refs" / revision, commit)

    def link(self, file: RemoteFile, commit: str) -> None:
        """Link a file of a commit to its blob; copy it if links are not supported."""
        pointer = self.snapshot(commit) / file.path
        blob = self.blob(file)
        if pointer.exists():
            return
        pointer.parent.mkdir(parents=True, exist_ok=True)
        pointer.unlink(missing_ok=True)  # a link to a missing blob
        try:
            pointer.symlink_to(os.path.relpath(blob, pointer.parent))
        except OSError:
            shutil.copyfile(blob, pointer)

    def write_listing(self, commit: str, files: Mapping[str, RemoteFile]) -> None:
        """Store the listing of a commit."""
        entries = {}
        for path, file in files.items():
            entries[path] = {"size": file.size, "blob_id": file.git_sha1}
            if file.sha256:
                entries[path] |= {"lfs_sha256": file.sha256, "lfs_size": file.size}
        content = json.dumps({"format_version": 1, "files": entries}, indent=2)
        _write(self.folder / "trees" / f"{commit}.json", content)

    def read_listing(self, commit: str) -> dict[str, RemoteFile] | None:
        """The listing of a commit; None if it is not stored."""
        try:
            content = json.loads((self.folder / "trees" / f"{commit}.json").read_text("utf-8"))
            return {
                path: RemoteFile(
                    path,
                    int(entry.get("lfs_size") or entry["size"]),
                    str(entry["blob_id"]),
                    entry.get("lfs_sha256"),
                )
                for path, entry in content["files"].items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def missing(self, commit: str) -> tuple[str, ...]:
        """Paths of the files that are missing from a checkpoint; empty if it is complete.

        With a listing of the commit, paths and sizes are compared. Without one (the files were
        downloaded by another program), the files that are present determine which others are
        needed.
        """
        folder = self.snapshot(commit)
        present = {
            p.relative_to(folder).as_posix(): p.stat().st_size
            for p in folder.rglob("*")
            if p.is_file()
        }
        modules = file_selection.parse_modules(_text(folder / file_selection.MODULES), str(folder))
        listing = self.read_listing(commit)
        if listing is None:
            return file_selection.missing_files(present, modules)
        if file_selection.MODULES in listing and file_selection.MODULES not in present:
            return (file_selection.MODULES,)
        options = file_selection.formats_in(listing, modules) or (None,)
        missing = [
            tuple(
                path
                for path in file_selection.select_files(listing, modules, option)
                if present.get(path) != listing[path].size and path != file_selection.CARD
            )
            for option in options
        ]
        return min(missing, key=len)


def repositories(cache: Path) -> list[Repository]:
    """All models in a cache, sorted by name."""
    if not cache.is_dir():
        return []
    return [
        Repository(folder, folder.name.removeprefix("models--").replace("--", "/", 1))
        for folder in sorted(cache.glob("models--*--*"))
        if folder.is_dir()
    ]


def is_hub_id(text: str) -> bool:
    """Whether a text has the form of a hub id, `owner/name`."""
    return _HUB_ID.fullmatch(text) is not None and "--" not in text and ".." not in text


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _write(path: Path, content: str) -> None:
    """Write a file atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        file.write(content)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)
