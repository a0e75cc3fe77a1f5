"""Export of a checkpoint to safetensors, OpenVINO or ONNX."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from likewise.checkpoint.config import STATIC, Config, read_config
from likewise.checkpoint.copying import write_checkpoint
from likewise.errors import InputError, OutputError, UnsupportedModelError
from likewise.extras import require
from likewise.hub.download import bytes_progress
from likewise.hub.locate import locate
from likewise.progress import ProgressFactory, no_progress

MAX_ONNX_BYTES = 2_000_000_000
"""Maximum size of the weights in an ONNX file; larger weights are stored in a second file."""


def export(
    name: str | Path, to: str, folder: str | Path, *, progress: ProgressFactory = no_progress
) -> Path:
    """Export a checkpoint to a new folder.

    The folder is a complete checkpoint with `model.safetensors`, which sentence-transformers can
    load. `openvino` and `onnx` add `openvino/openvino_model.xml` or `onnx/model.onnx`, with the
    inputs `input_ids` and `attention_mask`, int64 `[rows, length]`, and the output
    `last_hidden_state`, float32 `[rows, length, hidden size]`.

    Args:
        name: a catalogue name, a hub id, or a folder.
        to: `safetensors`, `openvino` or `onnx`.
        folder: the new folder; it must not exist or be empty.
        progress: shows the download and the export.

    Returns:
        The folder.

    Raises:
        InputError: an unknown format, or the folder is not empty.
        UnsupportedModelError: the checkpoint has no network to export to that format.
        MissingExtraError: onnx needs torch, which is not installed.
        OutputError: the folder cannot be written; no incomplete folder is left.
    """
    if to not in FORMATS:
        raise InputError(f"unknown format {to!r}", hint="one of " + ", ".join(FORMATS))
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target} already exists", hint="choose a new folder")
    source = locate(name, progress=bytes_progress(progress)).folder
    config = read_config(source)
    if config.model_type == STATIC and to != "safetensors":
        raise UnsupportedModelError(
            f"{name} is a table of token vectors, which cannot be exported to {to}",
            hint="export it to safetensors",
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with (
            progress(None, title=f"writing {to}"),
            tempfile.TemporaryDirectory(dir=target.parent, prefix=".export-") as temporary,
        ):
            copy = Path(temporary) / "checkpoint"
            write_checkpoint(source, config, copy)
            FORMATS[to](read_config(copy), copy)
            if target.exists():
                target.rmdir()
            copy.rename(target)
    except OSError as error:
        raise OutputError(
            f"cannot write {target}: {error.strerror or error}",
            hint="free some space, or write to a folder that is yours",
        ) from error
    return target


def _write_openvino(config: Config, folder: Path) -> None:
    from likewise.engine.openvino.bindings import ov
    from likewise.engine.openvino.graph import build_network

    (folder / "openvino").mkdir()
    path = folder / "openvino" / "openvino_model.xml"
    ov.save_model(build_network(config), path, compress_to_fp16=False)


def _write_onnx(config: Config, folder: Path) -> None:
    torch: Any = require("torch", "train")
    require("onnxscript", "onnx")
    transformers: Any = require("transformers", "train")
    network = transformers.AutoModel.from_pretrained(config.folder)

    class Network(torch.nn.Module):  # type: ignore[misc]
        """Takes the two inputs by position and returns the hidden states only."""

        def __init__(self) -> None:
            super().__init__()
            self.network = network.eval()

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            output = self.network(input_ids=input_ids, attention_mask=attention_mask)
            return output.last_hidden_state

    names = ("input_ids", "attention_mask")
    (folder / "onnx").mkdir()
    token_ids, mask = torch.ones(2, 7, dtype=torch.long), torch.ones(2, 7, dtype=torch.long)
    mask[1, 4:] = 0  # without padding, the exported graph would have no mask
    axes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    size = sum(weight.numel() * weight.element_size() for weight in network.parameters())
    with _quiet():
        torch.onnx.export(
            Network().eval(),
            (token_ids, mask),
            str(folder / "onnx" / "model.onnx"),
            input_names=list(names),
            output_names=["last_hidden_state"],
            dynamic_shapes=dict.fromkeys(names, axes),
            dynamo=True,
            external_data=size > MAX_ONNX_BYTES,
            verbose=False,
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress torch's warnings about deprecated functions and missing packages."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _no_further_files(config: Config, folder: Path) -> None:
    """safetensors: the checkpoint itself is the export."""


FORMATS = MappingProxyType(
    {"safetensors": _no_further_files, "openvino": _write_openvino, "onnx": _write_onnx}
)
"""Functions that write the additional files of each format."""
