"""What clients name, as paths of the server: uploaded files, files of jobs, the data folder."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from likewise.errors import InputError, ModelNotFoundError
from likewise.hub import catalog
from likewise.hub.cache import is_hub_id
from likewise.hub.locate import MODELS, find_local
from likewise.operations.contract import RequestField
from likewise.server.operations_api.uploads import PREFIX, UploadStore, safe_name

FieldKind = Literal["value", "model", "task", "input", "output", "store"]

_JOB_FILE = re.compile(r"(?:/api/v1/)?jobs/([0-9a-f]{32})/files/(.+)")
_TASK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_WORD = re.compile(r"\w[\w.-]*")
_MODELS = ("model", "models", "rerank", "student")

INPUT_HELP = (
    "Over HTTP: the id of an uploaded file, a file of a job (jobs/ID/files/NAME), or a path "
    "inside the server's data folder."
)
OUTPUT_HELP = "Over HTTP: a file name; the file is downloaded from /api/v1/jobs/ID/files/NAME."
STORE_HELP = "Over HTTP: a folder inside the server's data folder."


def kind_of(field: RequestField) -> FieldKind:
    """What the values of a field name."""
    if field.name in _MODELS:
        return "model"
    if field.name == "tasks":
        return "task"
    if field.name == "store":
        return "store"
    if not field.field.local:
        return "value"
    return "output" if field.field.output else "input"


def help_of(field: RequestField) -> str:
    """A field's help for HTTP clients."""
    kind = kind_of(field)
    notes = {"input": INPUT_HELP, "task": INPUT_HELP, "output": OUTPUT_HELP, "store": STORE_HELP}
    return f"{field.field.help} {notes[kind]}" if kind in notes else field.field.help


@dataclass(frozen=True)
class Resolver:
    """Resolves the names of one request.

    Attributes:
        owner: name of the client's key.
        uploads: files that clients sent.
        job_folder: the folder of a job of the owner; None where there is none.
        data: the folder that clients may name paths in; None where there is none.
        output_folder: where outputs go; None where the request is no job.
        stable: a folder in which uploaded files have the same path whenever they are sent.
        linked: the files in it, by the name they have there.
    """

    owner: str
    uploads: UploadStore
    job_folder: Callable[[str, str], Path | None]
    data: Path | None = None
    output_folder: Path | None = None
    stable: Path | None = None
    linked: dict[str, Path] = field(default_factory=dict)

    def input(self, name: str) -> Path:
        """A file to read.

        Raises:
            InputError: it is none that this client may name.
        """
        if name.startswith(PREFIX):
            upload = self.uploads.get(self.owner, name)
            if upload is None:
                raise InputError(f"there is no file {name}", hint="send it with POST /api/v1/files")
            path = self.uploads.path(upload)
            return self._link(path, upload.name) if self.stable and not upload.linked else path
        found: Path | None = None
        if match := _JOB_FILE.fullmatch(name):
            folder = self.job_folder(self.owner, match[1])
            found = _inside(folder, match[2]) if folder else None
        elif self.data:
            found = _inside(self.data, name)
        if found is None or not found.exists():
            raise InputError(
                f"there is no file {name!r} that may be read",
                hint="send it with POST /api/v1/files, and give the id of the answer",
            )
        return found

    def output(self, name: str) -> Path:
        """A file to write.

        Raises:
            InputError: it is not a plain file name, or this request writes no files.
        """
        if self.output_folder is None or name != safe_name(name):
            raise InputError(
                f"the output cannot be called {name!r}",
                hint="give a file name without folders, such as result.csv",
            )
        return self.output_folder / name

    def store(self, name: str) -> str:
        """A folder of collections.

        Raises:
            InputError: it is not inside the data folder.
        """
        path = _inside(self.data, name) if self.data else None
        if path is None:
            raise InputError(
                f"collections in {name!r} may not be used",
                hint="leave `store` out, or name a folder inside the server's data folder",
            )
        return str(path)

    def task(self, name: str) -> str:
        """A task: a file, or a name of mteb.

        Raises:
            InputError: it is neither.
        """
        if _TASK.fullmatch(name) and not Path(name).exists() and not name.startswith(PREFIX):
            return name
        return str(self.input(name))

    def _link(self, path: Path, name: str) -> Path:
        """The file under its stable path; the second of a name is numbered."""
        assert self.stable is not None
        self.stable.mkdir(parents=True, exist_ok=True)
        found, number = name, 1
        while self.linked.get(found, path) != path:
            number += 1
            found = f"{number}-{name}"
        self.linked[found] = path
        target = self.stable / found
        target.unlink(missing_ok=True)
        try:
            os.link(path, target)
        except OSError:  # a file system without links
            shutil.copyfile(path, target)
        return target


def check_model(name: str, *, may_download: bool) -> None:
    """Refuse a model that this client may not load.

    Args:
        name: what the client calls it.
        may_download: whether it may be downloaded where it is not on this machine.

    Raises:
        ModelNotFoundError: it is a path outside `models/`, or not on this machine.
    """
    if not _is_allowed(name):
        raise ModelNotFoundError(
            f"no model {name!r}", hint="give a name that GET /api/v1/models lists"
        )
    if not may_download and find_local(name) is None:
        raise ModelNotFoundError(
            f"the model {name!r} is not on this machine",
            hint="an administrator downloads it with POST /api/v1/download",
        )


def _is_allowed(name: str) -> bool:
    """Whether a name is one of the catalogue, of the hub, or of a folder in `models/`."""
    if catalog.find(name) is not None:
        return True
    if name.startswith(f"{MODELS.name}/"):
        return _inside(MODELS, name.removeprefix(f"{MODELS.name}/")) is not None
    return (_WORD.fullmatch(name) is not None or is_hub_id(name)) and not Path(name).exists()


def _inside(root: Path, name: str) -> Path | None:
    """A path inside a folder, after links; None where it leads out of it."""
    if "\0" in name or name.startswith("~") or "://" in name:
        return None
    with suppress(OSError, ValueError, RuntimeError):
        base = root.resolve()
        path = (base / name).resolve()
        if path.is_relative_to(base):
            return path
    return None
