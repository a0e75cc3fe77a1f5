"""A name to a loaded model: the function everyone begins with."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from likewise.checkpoint.config import read_config
from likewise.encoder import Encoder
from likewise.engine import load_runtime
from likewise.errors import CheckpointWarning, InputError
from likewise.hub.download import progress_bar
from likewise.hub.locate import locate
from likewise.tokenization.tokenizer import read_tokenizer


def load(
    name: str | Path = "all-MiniLM-L6-v2",
    *,
    compute: str = "auto",
    device: str = "auto",
    runtime: str = "auto",
    truncate_dim: int | None = None,
    prompts: Mapping[str, str] | None = None,
    max_seq_length: int | None = None,
    revision: str | None = None,
) -> Encoder:
    """Load a model; what its files leave open, and was assumed, is told as a `CheckpointWarning`.

    Args:
        name: a catalogue name, a hub id, or a folder.
        compute: number format of the network: `auto` (bfloat16 or float32, whichever a timing
            has shown to be faster on this processor), `float32`, `bfloat16` or `int8`; on a GPU
            also `float16`. `runtime_reason` of the model says what was chosen and why.
        device: `auto` or `cpu`; with torch also `cuda`, `cuda:1`, `mps`.
        runtime: what runs it: `native` (our own kernels), `openvino` or `torch`; `auto` is the
            first of them that can.
        truncate_dim: keep so many dimensions of each vector, renormalised.
        prompts: prompts by name, added to the checkpoint's own.
        max_seq_length: read fewer tokens of a text than the checkpoint allows.
        revision: branch, tag or commit on the hub.

    Raises:
        ModelNotFoundError: no such model anywhere.
        DamagedFileError: a file is missing or damaged.
        UnsupportedModelError: the checkpoint is of a kind that cannot be run.
        DownloadError: it is not here and cannot be fetched.
        InputError: an unknown compute, device or runtime.
    """
    started = time.perf_counter()
    location = locate(name, revision=revision, progress=progress_bar)
    config = read_config(location.folder)
    tokenizer = read_tokenizer(config)
    if max_seq_length is not None:
        if not 3 <= max_seq_length <= config.max_tokens:
            raise InputError(
                f"max_seq_length is {max_seq_length}, {location.name} reads 3 to "
                f"{config.max_tokens} tokens",
                hint="choose a length in that range",
            )
        tokenizer.max_tokens = max_seq_length
    running = load_runtime(config, tokenizer, compute=compute, device=device, runtime=runtime)
    if config.notes:
        told = f"{location.name}: {'; '.join(config.notes)}"
        warnings.warn(told, CheckpointWarning, stacklevel=2)
    encoder = Encoder(
        location,
        config,
        tokenizer,
        running,
        truncate_dim=truncate_dim,
        prompts=prompts,
        load_seconds=time.perf_counter() - started,
    )
    encoder.restore = restore
    return encoder


def restore(settings: Mapping[str, Any]) -> Encoder:
    """Load an encoder again as it was when it was pickled.

    Args:
        settings: what `Encoder` was pickled as.

    Raises:
        FingerprintError: the checkpoint has changed since, or gives other vectors on this machine.
        LikewiseError: see `load`.
    """
    names = ("name", "revision", "compute", "max_seq_length", "runtime", "device")
    encoder = load(**{name: settings[name] for name in names})
    encoder.truncate_dim = settings["truncate_dim"]
    encoder.prompts = MappingProxyType(dict(settings["prompts"]))
    encoder.default_prompt_name = settings["default_prompt_name"]
    encoder.verify(settings["fingerprint"])
    return encoder
