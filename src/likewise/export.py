"""A checkpoint in the format that other programs read: safetensors, OpenVINO or ONNX."""

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

LARGEST_ONNX = 2_000_000_000
"""Bytes of weights that one ONNX file can hold; larger ones lie beside it."""


def export(
    name: str | Path, to: str, folder: str | Path, *, progress: ProgressFactory = no_progress
) -> Path:
    """Write a checkpoint into a new folder.

    Whatever the format, the folder is a whole checkpoint with `model.safetensors`, which
    sentence-transformers loads; `openvino` and `onnx` add `openvino/openvino_model.xml` or
    `onnx/model.onnx`, which take `input_ids` and `attention_mask`, int64 `[rows, length]`, and
    give `last_hidden_state`, float32 `[rows, length, hidden size]`.

    Args:
        name: a catalogue name, a hub id, or a folder.
        to: `safetensors`, `openvino` or `onnx`.
        folder: must not exist yet, or be empty.
        progress: shows the download of the model, and that it is being written.

    Returns:
        The folder.

    Raises:
        InputError: an unknown format, or the folder holds something.
        UnsupportedModelError: the checkpoint has no network of that format.
        MissingExtraError: onnx needs torch.
        OutputError: the folder cannot be written; nothing half-written is left.
    """
    if to not in FORMATS:
        raise InputError(f"unknown format {to!r}", hint="one of " + ", ".join(FORMATS))
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target} is there already", hint="name a new folder")
    source = locate(name, progress=bytes_progress(progress)).folder
    config = read_config(source)
    if config.model_type == STATIC and to != "safetensors":
        raise UnsupportedModelError(
            f"{name} is a table of token vectors, which {to} has no use for",
            hint="export it to safetensors",
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with (
            progress(None, title=f"writing {to}"),
            tempfile.TemporaryDirectory(dir=target.parent, prefix=".export-") as making,
        ):
            made = Path(making) / "checkpoint"
            write_checkpoint(source, config, made)
            FORMATS[to](read_config(made), made)
            if target.exists():
                target.rmdir()
            made.rename(target)
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
        """Takes the two inputs by place and gives the states alone."""

        def __init__(self) -> None:
            super().__init__()
            self.network = network.eval()

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            found = self.network(input_ids=input_ids, attention_mask=attention_mask)
            return found.last_hidden_state

    names = ("input_ids", "attention_mask")
    (folder / "onnx").mkdir()
    token_ids, mask = torch.ones(2, 7, dtype=torch.long), torch.ones(2, 7, dtype=torch.long)
    mask[1, 4:] = 0  # without any padding, transformers would leave the mask out of the graph
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
            external_data=size > LARGEST_ONNX,
            verbose=False,
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Without torch's warnings of its own deprecated parts and of packages for images."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _nothing_more(config: Config, folder: Path) -> None:
    """The checkpoint itself is the export."""


FORMATS = MappingProxyType(
    {"safetensors": _nothing_more, "openvino": _write_openvino, "onnx": _write_onnx}
)
"""What each format adds to a checkpoint with safetensors."""
