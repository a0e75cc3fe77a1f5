"""Checkpoints of a training: complete or absent, also after kill -9."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import torch

from likewise.atomic import atomic
from likewise.errors import DamagedFileError

KEPT = 2
"""Newest checkpoints that stay."""


class Checkpoints:
    """The checkpoints in a folder.

    Args:
        folder: where they are; made when the first one is saved.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, step: int, state: dict[str, Any]) -> Path:
        """Write the state after a step, and remove all but the newest ones.

        Raises:
            OutputError: the disk is full, or the folder cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"step-{step:08d}.pt"
        with atomic(path) as file:
            torch.save(state, file)
        for old in self._paths()[:-KEPT]:
            old.unlink(missing_ok=True)
        for partial in self.folder.glob(".step-*.tmp"):  # left by kill -9
            partial.unlink(missing_ok=True)
        return path

    def newest(self) -> dict[str, Any] | None:
        """The newest state; None if there is none.

        Raises:
            DamagedFileError: no checkpoint can be read.
        """
        paths = self._paths()
        for path in reversed(paths):
            with contextlib.suppress(Exception):  # a damaged disk; the one before may be whole
                state: dict[str, Any] = torch.load(path, weights_only=True)
                return state
        if paths:
            raise DamagedFileError(
                f"the checkpoints in {self.folder} cannot be read",
                hint="start again with --restart",
            )
        return None

    def step(self) -> int:
        """The step of the newest checkpoint; 0 if there is none."""
        paths = self._paths()
        return int(paths[-1].stem.removeprefix("step-")) if paths else 0

    def remove(self) -> None:
        """Remove all checkpoints."""
        for path in self._paths():
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def _paths(self) -> list[Path]:
        return sorted(self.folder.glob("step-*.pt")) if self.folder.is_dir() else []
