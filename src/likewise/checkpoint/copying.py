"""Copies of a checkpoint, with its weights converted to safetensors."""

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
"""Weights, which are converted, and files of other formats."""


def write_checkpoint(source: Path, config: Config, target: Path) -> None:
    """Copy a checkpoint into a new folder; weights are converted to safetensors in float32.

    Args:
        source: folder of the checkpoint.
        config: its configuration.
        target: the new folder, which must not exist.

    Raises:
        DamagedFileError: the weights are missing or damaged.
        OSError: a file cannot be read or written.
    """
    from safetensors.numpy import save_file

    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*_NOT_COPIED))
    with_weights = [config.folder, *(m.folder for m in config.modules if hasattr(m, "folder"))]
    for folder in with_weights:
        tensors = {k: np.ascontiguousarray(v) for k, v in read_weights(folder).items()}
        folder_copy = target / folder.relative_to(source)
        folder_copy.mkdir(exist_ok=True)
        save_file(tensors, folder_copy / "model.safetensors", metadata={"format": "pt"})


def copy_checkpoint(source: Path, config: Config, target: Path, changed: Mapping[str, str]) -> None:
    """Copy a checkpoint into a folder; existing files of the same names are replaced.

    All files are first written to a temporary folder: if that fails, the target is unchanged.

    Args:
        source: folder of the checkpoint.
        config: its configuration.
        target: the folder, which may exist.
        changed: new contents of files, by relative path.

    Raises:
        InputError: the target is the source.
        OutputError: the target cannot be written.
    """
    if target.exists() and target.resolve() == source.resolve():
        raise InputError(
            f"{target} is the folder that the model was loaded from", hint="choose another folder"
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".saving-") as folder:
            copy = Path(folder) / "checkpoint"
            write_checkpoint(source, config, copy)
            for name, content in changed.items():
                (copy / name).write_text(content, encoding="utf-8")
            for file in sorted(path for path in copy.rglob("*") if path.is_file()):
                destination = target / file.relative_to(copy)
                destination.parent.mkdir(parents=True, exist_ok=True)
                os.replace(file, destination)
    except OSError as error:
        raise OutputError(
            f"cannot write {target}: {error.strerror or error}",
            hint="free some space, or write to a folder that is yours",
        ) from error
