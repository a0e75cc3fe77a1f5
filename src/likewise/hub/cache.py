"""The hub's cache on disk, in the layout that every client of the hub shares.

models--owner--name/
├── refs/main               the commit that a branch or tag meant when it was last fetched
├── snapshots/<commit>/…    the files of a commit: links into blobs
├── blobs/<hash>            contents by hash; <hash>.incomplete while they arrive
└── trees/<commit>.json     all files the commit has, so that what is missing can be told
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
        sha256: of its content, where it is kept as a large file.
    """

    path: str
    size: int
    git_sha1: str
    sha256: str | None = None

    @property
    def blob(self) -> str:
        """Its name among the blobs."""
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
        """The folder of a model, whether it is there or not."""
        return cls(cache / ("models--" + hub_id.replace("/", "--")), hub_id)

    @property
    def locks(self) -> Path:
        """Where its lock files lie."""
        return self.folder.parent / ".locks" / self.folder.name

    def snapshot(self, commit: str) -> Path:
        """The files of a commit."""
        return self.folder / "snapshots" / commit

    def commit(self, revision: str | None) -> str | None:
        """The commit that a branch, tag or commit names, as far as it is known here."""
        if revision and COMMIT.fullmatch(revision):
            return revision
        with suppress(OSError, ValueError):
            return (self.folder / "refs" / (revision or "main")).read_text().strip() or None
        return None

    def blob(self, file: RemoteFile) -> Path:
        """Where a file's content is kept."""
        return self.folder / "blobs" / file.blob

    def pin(self, revision: str, commit: str) -> None:
        """Remember which commit a branch or tag means."""
        if revision != commit:
            _write(self.folder / "refs" / revision, commit)

    def link(self, file: RemoteFile, commit: str) -> None:
        """Show a blob under its own name in a commit; a copy where links are not allowed."""
        pointer = self.snapshot(commit) / file.path
        blob = self.blob(file)
        if pointer.exists():
            return
        pointer.parent.mkdir(parents=True, exist_ok=True)
        pointer.unlink(missing_ok=True)  # a link whose blob is gone
        try:
            pointer.symlink_to(os.path.relpath(blob, pointer.parent))
        except OSError:
            shutil.copyfile(blob, pointer)

    def write_listing(self, commit: str, files: Mapping[str, RemoteFile]) -> None:
        """Keep what a commit has."""
        entries = {}
        for path, file in files.items():
            entries[path] = {"size": file.size, "blob_id": file.git_sha1}
            if file.sha256:
                entries[path] |= {"lfs_sha256": file.sha256, "lfs_size": file.size}
        content = json.dumps({"format_version": 1, "files": entries}, indent=2)
        _write(self.folder / "trees" / f"{commit}.json", content)

    def read_listing(self, commit: str) -> dict[str, RemoteFile] | None:
        """What a commit has; None where nobody kept it."""
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
        """Paths that a commit's folder lacks to be a whole checkpoint; none where it is whole.

        With a listing of the commit it is exact, sizes included; without one (another program
        filled the cache) the files that are there say what they need.
        """
        folder = self.snapshot(commit)
        here = {
            p.relative_to(folder).as_posix(): p.stat().st_size
            for p in folder.rglob("*")
            if p.is_file()
        }
        modules = file_selection.read_modules(_text(folder / file_selection.MODULES), str(folder))
        listing = self.read_listing(commit)
        if listing is None:
            return file_selection.lacking(here, modules)
        if file_selection.MODULES in listing and file_selection.MODULES not in here:
            return (file_selection.MODULES,)
        options = file_selection.formats_in(listing, modules) or (None,)
        gaps = [
            tuple(
                path
                for path in file_selection.needed(listing, modules, option)
                if here.get(path) != listing[path].size and path != file_selection.CARD
            )
            for option in options
        ]
        return min(gaps, key=len)


def repositories(cache: Path) -> list[Repository]:
    """All models in a cache, by name."""
    if not cache.is_dir():
        return []
    return [
        Repository(folder, folder.name.removeprefix("models--").replace("--", "/", 1))
        for folder in sorted(cache.glob("models--*--*"))
        if folder.is_dir()
    ]


def is_hub_id(text: str) -> bool:
    """Whether a text can be the name of a model on the hub."""
    return _HUB_ID.fullmatch(text) is not None and "--" not in text and ".." not in text


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _write(path: Path, content: str) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        file.write(content)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)
