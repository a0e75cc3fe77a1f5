"""Loading of models by name."""

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
from likewise.errors import CheckpointWarning
from likewise.hub.download import progress_bar
from likewise.hub.locate import locate
from likewise.loaded_model import checked_length
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
    """Load a model. Assumptions about missing settings are reported as a `CheckpointWarning`.

    Args:
        name: a catalogue name, a hub id, or a folder.
        compute: number format of the network: `auto` (the one of bfloat16 and float32 that was
            measured to be faster on this processor), `float32`, `bfloat16` or `int8`; on a GPU
            also `float16`. `runtime_reason` of the model gives the choice and its cause.
        device: `auto` or `cpu`; with torch also `cuda`, `cuda:1`, `mps`.
        runtime: `native` (our own kernels), `openvino`, `torch`, or `auto` for the first of them
            that supports the checkpoint.
        truncate_dim: truncate vectors to this number of dimensions and renormalize them.
        prompts: prompts by name, in addition to those of the checkpoint.
        max_seq_length: maximum number of tokens of a text, if less than the checkpoint's.
        revision: branch, tag or commit on the hub.

    Raises:
        ModelNotFoundError: the model was not found.
        DamagedFileError: a file is missing or damaged.
        UnsupportedModelError: the checkpoint is not supported.
        DownloadError: it is not on this machine and cannot be downloaded.
        InputError: an unknown compute, device or runtime.
    """
    started = time.perf_counter()
    location = locate(name, revision=revision, progress=progress_bar)
    config = read_config(location.folder)
    tokenizer = read_tokenizer(config)
    if max_seq_length is not None:
        tokenizer.max_tokens = checked_length(location, max_seq_length, 3, config.max_tokens)
    loaded_runtime = load_runtime(
        config, tokenizer, compute=compute, device=device, runtime=runtime
    )
    if config.notes:
        message = f"{location.name}: {'; '.join(config.notes)}"
        warnings.warn(message, CheckpointWarning, stacklevel=2)
    encoder = Encoder(
        location,
        config,
        tokenizer,
        loaded_runtime,
        truncate_dim=truncate_dim,
        prompts=prompts,
        load_seconds=time.perf_counter() - started,
    )
    encoder.restore = restore
    return encoder


def restore(settings: Mapping[str, Any]) -> Encoder:
    """Load a pickled encoder.

    Args:
        settings: the pickled settings.

    Raises:
        FingerprintError: the checkpoint has changed, or gives other vectors on this machine.
        LikewiseError: see `load`.
    """
    names = ("name", "revision", "compute", "max_seq_length", "runtime", "device")
    encoder = load(**{name: settings[name] for name in names})
    encoder.truncate_dim = settings["truncate_dim"]
    encoder.prompts = MappingProxyType(dict(settings["prompts"]))
    encoder.default_prompt_name = settings["default_prompt_name"]
    encoder.verify(settings["fingerprint"])
    return encoder
