"""A checkpoint's files written into another folder, with its weights as safetensors."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from likewise.checkpoint.config import Config
from likewise.checkpoint.weights import read_weights
from likewise.errors import InputError, OutputError

_NOT_COPIED = ("*.bin", "*.safetensors", "*.index.json", "*.h5", "*.msgpack", "*.ot", "onnx",
               "openvino", ".*")  # fmt: skip
"""Weights, which are written again, and what belongs to other formats."""


def write_checkpoint(source: Path, config: Config, made: Path) -> None:
    """All files but weights as they are; weights as safetensors, in float32.

    Args:
        source: the checkpoint's folder.
        config: what its files say.
        made: must not exist yet.

    Raises:
        DamagedFileError: the weights are missing or damaged.
        OSError: a file cannot be read or written.
    """
    from safetensors.numpy import save_file

    shutil.copytree(source, made, ignore=shutil.ignore_patterns(*_NOT_COPIED))
    with_weights = [config.folder, *(m.folder for m in config.modules if hasattr(m, "folder"))]
    for folder in with_weights:
        tensors = {k: np.ascontiguousarray(v) for k, v in read_weights(folder).items()}
        place = made / folder.relative_to(source)
        place.mkdir(exist_ok=True)
        save_file(tensors, place / "model.safetensors", metadata={"format": "pt"})


def copy_checkpoint(source: Path, config: Config, target: Path, changed: Mapping[str, str]) -> None:
    """Write a checkpoint into a folder, where files of the same names are replaced.

    Every file is written beside the folder first: where that fails, the folder is as it was.

    Args:
        source: the checkpoint's folder.
        config: what its files say.
        target: the folder, which may exist.
        changed: contents of files that are written otherwise, by their path in the folder.

    Raises:
        InputError: it is the checkpoint's own folder.
        OutputError: the folder cannot be written.
    """
    if target.exists() and target.resolve() == source.resolve():
        raise InputError(
            f"{target} is the folder that the model was loaded from", hint="name another folder"
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".saving-") as folder:
            made = Path(folder) / "checkpoint"
            write_checkpoint(source, config, made)
            for name, content in changed.items():
                (made / name).write_text(content, encoding="utf-8")
            for file in sorted(path for path in made.rglob("*") if path.is_file()):
                place = target / file.relative_to(made)
                place.parent.mkdir(parents=True, exist_ok=True)
                os.replace(file, place)
    except OSError as error:
        raise OutputError(
            f"cannot write {target}: {error.strerror or error}",
            hint="free some space, or write to a folder that is yours",
        ) from error
