"""The int8 graph of a checkpoint: made once by NNCF, kept under the checkpoint's fingerprint.

Weights become int8 by output channel, the inputs of products int8 by tensor, with ranges measured
on the project's own calibration text. SmoothQuant (Xiao et al. 2022,
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
from likewise.engine.openvino.runtime import OpenVinoRuntime, lay, read_graph
from likewise.engine.openvino.sources import GraphSource, graph_sources
from likewise.engine.openvino.timing import formats
from likewise.errors import EngineError, OutputError, UnsupportedModelError
from likewise.extras import require
from likewise.progress import ProgressFactory, bar
from likewise.tokenization.tokenizer import Tokenizer
from likewise.vectors import similarity_pairwise

RECIPE = "nncf-3"
"""Changes whenever the way the graph is made does, and with it the fingerprint of its vectors."""

SMOOTHNESS = 0.95
"""SmoothQuant's alpha: how much of the outliers' range moves into the weights."""

LEAST_COSINE = 0.98
"""Mean cosine to float32 over the calibration texts that a graph must reach to be kept."""

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
        path: the OpenVINO IR; its weights lie beside it.
        made: whether this call made it, or found it.
        seconds: what that took.
        source: the graph it was made of.
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

    Two processes may do this at once: each works in a folder of its own, the first to finish
    puts it in place and the other takes that.

    Args:
        config: the checkpoint.
        tokenizer: its tokenizer.
        again: make it again even where the cache has it.
        progress: shows that it is being made; on standard error where not given.

    Raises:
        MissingExtraError: NNCF is not installed.
        UnsupportedModelError: there is no graph for the checkpoint, neither ours nor its own.
        EngineError: its vectors are too far from those of float32; nothing is kept of it.
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
    """Make the graph and put it in its place, where an older one goes."""
    path = _graph(config, source)
    place = path.parent
    old = os.path.exists(place)  # Path.exists raises where it may not look
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
                os.rename(made, place)  # fails where another process was first: then theirs serves
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(
            f"cannot write the int8 graph to {place}: {error.strerror or error}", hint=NO_ROOM
        ) from error
    if not _whole(path):
        raise OutputError(
            f"the int8 graph did not get to {place}", hint="check the folder, or set LIKEWISE_CACHE"
        )


def _save(model: ov.Model, made: Path) -> None:
    """Write a graph, and beside it the sizes of its files; OpenVINO says nothing of a full disk.

    Raises:
        OutputError: it is not whole on the disk.
    """
    path = made / "model.xml"
    try:
        ov.save_model(model, path, compress_to_fp16=False)
        read_graph(path)  # refuses a file that ends too early
    except (RuntimeError, EngineError) as error:
        raise OutputError(
            f"the int8 graph is not whole in {made.parent.parent}: the disk may be full",
            hint=NO_ROOM,
        ) from error
    sizes = {file.name: file.stat().st_size for file in sorted(made.iterdir())}
    with atomic(made / SIZES) as file:
        file.write(json.dumps(sizes).encode())


def _whole(path: Path) -> bool:
    """Whether a graph's files are there, with the sizes they were written with."""
    try:
        sizes = json.loads((path.parent / SIZES).read_text(encoding="utf-8"))
        return all((path.parent / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, AttributeError):
        return False


@contextlib.contextmanager
def _working_folder(parent: Path) -> Iterator[Path]:
    """A folder of one's own, locked until it goes; a process that is killed loses the lock."""
    with (
        tempfile.TemporaryDirectory(dir=parent, prefix=MAKING, ignore_cleanup_errors=True) as name,
        FileLock(Path(name) / LOCK),
    ):
        yield Path(name)


def _clear(parent: Path) -> None:
    """Remove what killed processes have left, not what others are at work on."""
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
    """The int8 graph of a checkpoint where the cache has it."""
    source = _found(config)
    return None if source is None else _graph(config, source)


def _found(config: Config) -> GraphSource | None:
    return next((s for s in graph_sources(config) if _whole(_graph(config, s))), None)


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
                smooth_quant_alphas=advanced.AdvancedSmoothQuantParameters(matmul=SMOOTHNESS)
            ),
        )
    widen_late(model)
    return model


def widen_late(model: ov.Model) -> None:
    """Take rows out of int8 tables before they are made float32, not after.

    The numbers are the same. Else the engine would make the whole table float32, once for each
    graph it compiles: 47 MB and 80 ms for 30,000 words.
    """
    for node in model.get_ordered_ops():
        if node.get_type_name() != "Gather":
            continue
        scaled, places, axis = (node.input_value(i) for i in range(3))
        if scaled.get_node().get_type_name() != "Multiply":
            continue
        widened, scale = (scaled.get_node().input_value(i) for i in range(2))
        table = widened.get_node()
        rows = table.get_output_partial_shape(0)[0]
        if table.get_type_name() != "Convert" or scale.get_partial_shape()[0] != rows:
            continue
        taken = opset.gather(table.input_value(0), places, axis)
        wide = opset.convert(taken, "f32")
        node.output(0).replace(opset.multiply(wide, opset.gather(scale, places, axis)).output(0))
    model.validate_nodes_and_infer_types()


def _check(model: ov.Model, config: Config, tokenizer: Tokenizer, source: GraphSource) -> None:
    """Refuse a graph whose vectors are no numbers, or not those of the float32 graph."""
    rows = tokenizer.rows(calibration_texts())
    exact, coarse = (
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
    cosine = float(similarity_pairwise(exact, np.nan_to_num(coarse)).mean())
    strange = int((~np.isfinite(coarse)).any(axis=1).sum())
    if strange or cosine < LEAST_COSINE:
        found = f"{strange} of {len(rows)} vectors are not finite; " if strange else ""
        raise EngineError(
            f"the int8 graph of {config.folder.name} is not kept: {found}mean cosine to float32 "
            f"is {cosine:.4f}, at least {LEAST_COSINE} is asked for",
            hint="load it with compute='auto', which needs no such graph",
        )


def calibration_texts() -> list[str]:
    """The project's own text in many languages, one a line, and longer ones made of it."""
    content = (
        files("likewise.engine.openvino").joinpath("calibration.txt").read_text(encoding="utf-8")
    )
    lines = [line for line in content.splitlines() if line and not line.startswith("#")]
    passages = [" ".join(lines[start : start + 12]) for start in range(0, len(lines), 12)]
    return lines + passages


def calibration_batches(
    tokenizer: Tokenizer, longest: int | None
) -> Iterator[dict[str, NDArray[np.int32]]]:
    """What the network will see of them, batch by batch."""
    rows = tokenizer.rows(calibration_texts())
    for batch in lay(rows, longest, "int8"):
        yield batch.inputs(rows, tokenizer.pad_id)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """NNCF talks on standard output, which belongs to our own results."""
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
