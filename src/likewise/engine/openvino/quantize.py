"""The int8 graph of a checkpoint: made once by NNCF, cached under the checkpoint's fingerprint.

Weights become int8 by output channel, the inputs of products int8 by tensor, with ranges measured
on the project's calibration text. SmoothQuant (Xiao et al. 2022,
https://arxiv.org/abs/2211.10438) first moves outliers from activations into weights, without which
networks of this kind lose most of their accuracy.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from likewise.atomic import atomic
from likewise.cache import cache_folder
from likewise.checkpoint.config import Config
from likewise.checkpoint.fingerprint import fingerprint
from likewise.engine.openvino.bindings import opset, ov
from likewise.engine.openvino.pooling import AFTER_NETWORK
from likewise.engine.openvino.runtime import OpenVinoRuntime, plan_batches, read_graph
from likewise.engine.openvino.sources import GraphSource, graph_sources
from likewise.engine.openvino.timing import formats
from likewise.errors import EngineError, OutputError, UnsupportedModelError
from likewise.extras import require
from likewise.progress import ProgressFactory, bar
from likewise.tokenization.tokenizer import Tokenizer
from likewise.vectors import similarity_pairwise

RECIPE = "nncf-3"
"""Version of the quantization; part of the fingerprint of its vectors."""

SMOOTH_QUANT_ALPHA = 0.95
"""SmoothQuant's alpha: how much of the outliers' range moves into the weights."""

MIN_COSINE = 0.98
"""Minimum mean cosine to float32 over the calibration texts."""

MAKING = ".making-"
LOCK = "lock"
UNLOCKED = 60
"""Seconds after which a working folder whose lock no process holds is removed."""

ABANDONED = 24 * 3600
"""The same for a working folder without a lock."""

SIZES = "sizes.json"
"""File that states the bytes of a graph's files."""

NO_ROOM = "free some space, or set LIKEWISE_CACHE to a folder on another disk that is yours"


@dataclass(frozen=True)
class Quantized:
    """An int8 graph on disk.

    Attributes:
        path: the OpenVINO IR; its weights are in the same folder.
        made: True if this call made it, False if it was in the cache.
        seconds: time that took.
        source: the graph it was made from.
    """

    path: Path
    made: bool
    seconds: float
    source: GraphSource

    @property
    def size(self) -> int:
        """Bytes on disk, without graphs compiled from it."""
        folder = self.path.parent
        return sum(file.stat().st_size for file in (*folder.glob("model.*"), folder / SIZES))


def quantized(
    config: Config,
    tokenizer: Tokenizer,
    *,
    again: bool = False,
    progress: ProgressFactory = bar,
) -> Quantized:
    """The int8 graph of a checkpoint, made when it is not in the cache yet (10 to 60 seconds).

    Two processes may do this at once: each works in its own folder; the first to finish publishes
    its graph, and the other uses that.

    Args:
        config: the checkpoint.
        tokenizer: its tokenizer.
        again: make it even if it is in the cache.
        progress: shows that it is being made; on standard error where not given.

    Raises:
        MissingExtraError: NNCF is not installed.
        UnsupportedModelError: there is no graph for the checkpoint, built or its own.
        EngineError: its vectors are too far from those of float32; it is discarded.
        OutputError: the cache cannot be written.
    """
    started = time.perf_counter()
    source = None if again else _found(config)
    if source is not None:
        return Quantized(_graph(config, source), False, time.perf_counter() - started, source)
    source, *others = graph_sources(config)
    title = f"making the int8 graph of {config.folder.name} (only this once)"
    with progress(None, title=title):
        try:
            _make(config, tokenizer, source)
        except UnsupportedModelError:
            if not others:
                raise
            (source,) = others
            _make(config, tokenizer, source)
    return Quantized(_graph(config, source), True, time.perf_counter() - started, source)


def _make(config: Config, tokenizer: Tokenizer, source: GraphSource) -> None:
    """Make the graph and publish it, replacing an older one."""
    path = _graph(config, source)
    place = path.parent
    old = os.path.exists(place)  # Path.exists raises without permission
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _clear(place.parent)
        with _working_folder(place.parent) as folder:
            model = _quantize(source, tokenizer)
            _check(model, config, tokenizer, source)
            made = folder / "graph"
            _save(model, made)
            if old:
                shutil.rmtree(place, ignore_errors=True)
            with contextlib.suppress(FileExistsError, OSError):
                os.rename(made, place)  # fails if another process was first: use its graph
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(
            f"cannot write the int8 graph to {place}: {error.strerror or error}", hint=NO_ROOM
        ) from error
    if not _is_complete(path):
        raise OutputError(
            f"the int8 graph was not written to {place}",
            hint="check the folder, or set LIKEWISE_CACHE",
        )


def _save(model: ov.Model, made: Path) -> None:
    """Write a graph and the sizes of its files; OpenVINO does not report a full disk.

    Raises:
        OutputError: its files on the disk are incomplete.
    """
    path = made / "model.xml"
    try:
        ov.save_model(model, path, compress_to_fp16=False)
        read_graph(path)  # refuses a file that ends too early
    except (RuntimeError, EngineError) as error:
        raise OutputError(
            f"the int8 graph is incomplete in {made.parent.parent}: the disk may be full",
            hint=NO_ROOM,
        ) from error
    sizes = {file.name: file.stat().st_size for file in sorted(made.iterdir())}
    with atomic(made / SIZES) as file:
        file.write(json.dumps(sizes).encode())


def _is_complete(path: Path) -> bool:
    """Whether a graph's files are there, with the sizes they were written with."""
    try:
        sizes = json.loads((path.parent / SIZES).read_text(encoding="utf-8"))
        return all((path.parent / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, AttributeError):
        return False


@contextlib.contextmanager
def _working_folder(parent: Path) -> Iterator[Path]:
    """A temporary folder, locked while in use; a killed process releases the lock."""
    with (
        tempfile.TemporaryDirectory(dir=parent, prefix=MAKING, ignore_cleanup_errors=True) as name,
        FileLock(Path(name) / LOCK),
    ):
        yield Path(name)


def _clear(parent: Path) -> None:
    """Remove folders of killed processes, but not those in use by others."""
    for left in parent.glob(f"{MAKING}*"):
        with contextlib.suppress(OSError):
            age = time.time() - left.stat().st_mtime
            if (left / LOCK).exists():
                if age > UNLOCKED and _is_free(left / LOCK):
                    shutil.rmtree(left, ignore_errors=True)
            elif age > ABANDONED:
                shutil.rmtree(left, ignore_errors=True)


def _is_free(lock: Path) -> bool:
    """Whether no process holds a lock."""
    try:
        with FileLock(lock, timeout=0):
            return True
    except Timeout:
        return False


def find_quantized(config: Config) -> Path | None:
    """The int8 graph of a checkpoint, if the cache has it."""
    source = _found(config)
    return None if source is None else _graph(config, source)


def _found(config: Config) -> GraphSource | None:
    return next((s for s in graph_sources(config) if _is_complete(_graph(config, s))), None)


def _graph(config: Config, source: GraphSource) -> Path:
    folder = cache_folder() / "int8" / fingerprint(config, f"{source.recipe}{RECIPE}")
    return folder / "model.xml"


def _quantize(source: GraphSource, tokenizer: Tokenizer) -> ov.Model:
    with _quiet():
        nncf = require("nncf", "int8")
        advanced = require("nncf.quantization.advanced_parameters", "int8")
        batches = list(calibration_batches(tokenizer, source.longest))
        model: ov.Model = nncf.quantize(
            source.build(),
            nncf.Dataset(batches),
            model_type=nncf.ModelType.TRANSFORMER,
            preset=nncf.QuantizationPreset.PERFORMANCE,
            subset_size=len(batches),
            ignored_scope=nncf.IgnoredScope(patterns=[f"{AFTER_NETWORK}.*"], validate=False),
            advanced_parameters=advanced.AdvancedQuantizationParameters(
                smooth_quant_alphas=advanced.AdvancedSmoothQuantParameters(
                    matmul=SMOOTH_QUANT_ALPHA
                )
            ),
        )
    gather_before_convert(model)
    return model


def gather_before_convert(model: ov.Model) -> None:
    """Gather rows of int8 embedding tables before converting them to float32, not after.

    The values are the same. Otherwise the engine converts the complete table for each graph that it
    compiles: 47 MB and 80 ms for 30,000 words.
    """
    for node in model.get_ordered_ops():
        if node.get_type_name() != "Gather":
            continue
        scaled, indices, axis = (node.input_value(i) for i in range(3))
        if scaled.get_node().get_type_name() != "Multiply":
            continue
        converted, scale = (scaled.get_node().input_value(i) for i in range(2))
        table = converted.get_node()
        rows = table.get_output_partial_shape(0)[0]
        if table.get_type_name() != "Convert" or scale.get_partial_shape()[0] != rows:
            continue
        gathered = opset.gather(table.input_value(0), indices, axis)
        converted_rows = opset.convert(gathered, "f32")
        node.output(0).replace(
            opset.multiply(converted_rows, opset.gather(scale, indices, axis)).output(0)
        )
    model.validate_nodes_and_infer_types()


def _check(model: ov.Model, config: Config, tokenizer: Tokenizer, source: GraphSource) -> None:
    """Refuse a graph whose vectors are not finite or too far from those of float32."""
    rows = tokenizer.rows(calibration_texts())
    expected, quantized_vectors = (
        OpenVinoRuntime(
            graph,
            source.build_tokens,
            formats=formats(compute),
            recipe=compute,
            pad_id=tokenizer.pad_id,
            longest=source.longest,
        ).embed(rows)
        for graph, compute in ((source.build, "float32"), (lambda: model, "int8"))
    )
    cosine = float(similarity_pairwise(expected, np.nan_to_num(quantized_vectors)).mean())
    not_finite = int((~np.isfinite(quantized_vectors)).any(axis=1).sum())
    if not_finite or cosine < MIN_COSINE:
        found = f"{not_finite} of {len(rows)} vectors are not finite; " if not_finite else ""
        raise EngineError(
            f"the int8 graph of {config.folder.name} is discarded: {found}mean cosine to float32 "
            f"is {cosine:.4f}, at least {MIN_COSINE} is required",
            hint="load it with compute='auto', which needs no int8 graph",
        )


def calibration_texts() -> list[str]:
    """The project's calibration text in many languages: its lines, and passages of 12 lines."""
    content = (
        files("likewise.engine.openvino").joinpath("calibration.txt").read_text(encoding="utf-8")
    )
    lines = [line for line in content.splitlines() if line and not line.startswith("#")]
    passages = [" ".join(lines[start : start + 12]) for start in range(0, len(lines), 12)]
    return lines + passages


def calibration_batches(
    tokenizer: Tokenizer, longest: int | None
) -> Iterator[dict[str, NDArray[np.int32]]]:
    """The network inputs of the calibration texts, by batch."""
    rows = tokenizer.rows(calibration_texts())
    for batch in plan_batches(rows, longest, "int8"):
        yield batch.inputs(rows, tokenizer.pad_id)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppress NNCF's messages on standard output, which is for results."""
    logger = logging.getLogger("nncf")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        contextlib.redirect_stdout(nowhere if sys.stdout else None),
    ):
        try:
            yield
        finally:
            logger.setLevel(level)
