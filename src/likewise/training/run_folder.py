"""The folder of a running training: its recipe, checkpoints, log and candidate."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from likewise.atomic import atomic
from likewise.errors import InputError, OutputError
from likewise.training.checkpoints import Checkpoints
from likewise.training.trainer import StepReport


@dataclass(frozen=True)
class RunFolder:
    """Files of one training, beside its output.

    Attributes:
        folder: `<output>.training`.
    """

    folder: Path

    @property
    def checkpoints(self) -> Checkpoints:
        """Where the state is saved."""
        return Checkpoints(self.folder / "checkpoints")

    @property
    def candidate(self) -> Path:
        """The trained model, before the gate."""
        return self.folder / "candidate"

    @property
    def logs(self) -> Path:
        """Folder of log, page and event file; they are copied into the output."""
        return self.folder / "logs"

    @property
    def page(self) -> Path:
        """The page of the progress."""
        return self.logs / "progress.html"

    def open(self, settings: Mapping[str, Any], *, restart: bool) -> FileLock:
        """Start a run, or continue the one with equal settings.

        Returns:
            The lock, so that two processes do not write the same run.

        Raises:
            InputError: another training runs here, or was begun here with other settings.
            OutputError: the folder cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"cannot make {self.folder}: {error.strerror}", hint="choose another output"
            ) from error
        lock = FileLock(self.folder / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise InputError(
                f"another training is writing {self.folder}", hint="wait for it, or stop it"
            ) from error
        if restart:
            self._clear()
        self._check(settings)
        return lock

    def _check(self, settings: Mapping[str, Any]) -> None:
        path = self.folder / "settings.json"
        if path.exists():
            if json.loads(path.read_text("utf-8")) != json.loads(json.dumps(settings)):
                raise InputError(
                    f"{self.folder} has a training with other settings or data",
                    hint="start again with --restart, or choose another output",
                )
            return
        self.write_json("settings.json", settings)

    def _clear(self) -> None:
        for path in self.folder.iterdir():
            if path.name != "lock":
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def read_json(self, name: str) -> Any:
        """A file of the run; None if it is not there yet."""
        path = self.folder / name
        return json.loads(path.read_text("utf-8")) if path.exists() else None

    def write_json(self, name: str, content: Any) -> None:
        """Write a file of the run.

        Raises:
            OutputError: it cannot be written.
        """
        with atomic(self.folder / name) as file:
            file.write(json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n")

    # the log

    def reports(self, up_to: int) -> list[StepReport]:
        """The logged steps up to one, whatever an interrupted run has logged after it."""
        path = self.logs / "steps.jsonl"
        if not path.exists():
            return []
        lines = path.read_bytes().split(b"\n")[:-1]  # what follows the last newline is cut off
        found = [StepReport(**{**(r := json.loads(line)), "drawn": tuple(r["drawn"])})
                 for line in lines if line]  # fmt: skip
        kept = [report for report in found if report.step <= up_to]
        with atomic(path) as file:
            file.writelines(_line(report) for report in kept)
        return kept

    def log(self, report: StepReport) -> None:
        """Add a step to the log."""
        self.logs.mkdir(exist_ok=True)
        with (self.logs / "steps.jsonl").open("ab") as file:
            file.write(_line(report))


def _line(report: StepReport) -> bytes:
    return json.dumps(report.to_dict()).encode() + b"\n"


def file_identity(path: Path) -> dict[str, Any]:
    """What shows that a file is the same: its path, size, beginning and end."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            digest = hashlib.sha256(file.read(2**20))
            file.seek(max(0, size - 2**20))
            digest.update(file.read())
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", hint="check the path") from error
    return {"path": str(path.resolve()), "size": size, "hash": digest.hexdigest()}
