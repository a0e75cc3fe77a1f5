"""One model with other limits of tokens, also higher ones than its files say."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from likewise.errors import LikewiseError
from likewise.loading import load

if TYPE_CHECKING:
    from likewise.encoder import Encoder

SETTINGS = "sentence_bert_config.json"
"""The file that sets a limit."""


class LimitedModels:
    """Loads a model with any limit of tokens, once for each.

    Args:
        encoder: the model.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._folders = tempfile.TemporaryDirectory(
            prefix="likewise-diagnose-", ignore_cleanup_errors=True
        )
        self._loaded: dict[int, Encoder | None] = {}

    def __enter__(self) -> LimitedModels:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._folders.cleanup()

    def __call__(self, limit: int) -> Encoder | None:
        """The model with this limit; None where it cannot read that many tokens."""
        if limit not in self._loaded:
            try:
                self._loaded[limit] = self._load(limit)
            except (LikewiseError, OSError):
                self._loaded[limit] = None
        return self._loaded[limit]

    def _load(self, limit: int) -> Encoder | None:
        folder = self._encoder.location.folder
        if limit < self._encoder.config.max_tokens:
            return load(folder, compute=self._encoder.compute, max_seq_length=limit)
        raised = Path(self._folders.name) / str(limit)
        shutil.copytree(folder, raised, copy_function=_link)
        for file in list(raised.rglob(SETTINGS)) or [raised / SETTINGS]:
            settings = json.loads(file.read_text("utf-8")) if file.exists() else {}
            file.unlink(missing_ok=True)  # it may be a link to the model's own
            file.write_text(json.dumps(settings | {"max_seq_length": limit}), "utf-8")
        found = load(raised, compute=self._encoder.compute)
        return found if found.max_seq_length == limit else None


def _link(source: str, target: str) -> str:
    """A link to a file, or a copy where the system has none."""
    try:
        os.symlink(os.path.abspath(source), target)
    except OSError:
        shutil.copyfile(source, target)
    return target
