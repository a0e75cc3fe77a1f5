"""Encodes a list of texts on an executor; a job that was stopped can be resumed.

The texts are sent to the workers, and the vectors come back: nothing is read from a shared disk.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from likewise.analysis.embed_file import Embedded, locked, prompt_text
from likewise.analysis.embed_stream import EncodedTexts, EncodeTexts
from likewise.analysis.manifest import Fragment, Manifest, fragments_folder
from likewise.analysis.vector_parts import EmbeddingJob
from likewise.data.writers import VectorBatch, write_batches
from likewise.errors import InputError
from likewise.executor import Executor
from likewise.progress import Progress
from likewise.tokenization.token_stream import Truncation

if TYPE_CHECKING:  # a command's help must not load the engine
    from likewise.encoder import Encoder

TASKS_PER_WORKER = 16
"""Tasks of each worker that are aimed at."""
TASK_TEXTS = (256, 4096)
"""Fewest and most texts of a task."""


def embed_list(
    executor: Executor,
    encoder: Encoder,
    texts: Sequence[str],
    target: Path,
    *,
    identity: str,
    truncation: Truncation = "cut",
    prompt_name: str | None = None,
    progress: Progress | None = None,
) -> Embedded:
    """Encode texts into a `.npy` file; see `embed_texts`.

    Args:
        executor: runs the parts of the list.
        encoder: the model; each worker loads its own.
        texts: n texts.
        target: a `.npy` file, written atomically.
        identity: identifies the texts, such as a hash of them.
        truncation: as in `embed_file`.
        prompt_name: as in `embed_texts`.
        progress: called with the number of texts that are finished.

    Raises:
        LikewiseError: as in `embed_texts`.
    """
    started, advance = time.perf_counter(), progress or Progress()
    fewest, most = TASK_TEXTS
    size = max(fewest, min(most, len(texts) // (TASKS_PER_WORKER * executor.workers)))
    prompt = prompt_text(encoder, prompt_name)
    job = EmbeddingJob(identity, None, encoder.fingerprint, prompt, truncation)
    cut = tokens = 0
    with locked(target):
        manifest = Manifest(fragments_folder(target), job, size)
        resumed, size = manifest.texts, manifest.range_size
        advance(resumed)
        starts = range(0, len(texts), size)
        missing = [at for number, at in enumerate(starts) if number not in manifest.fragments]
        work = EncodeTexts(encoder, prompt_name, truncation)
        try:
            tasks = (tuple(texts[at : at + size]) for at in missing)
            for finished in executor.run(work, tasks):
                fragment = _written(manifest, missing[finished.number] // size, finished.result)
                manifest.commit(fragment)
                cut, tokens = cut + fragment.cut, tokens + fragment.tokens
                advance(fragment.texts)
            template = np.empty((0, encoder.dimension), np.float32)
            fragments = (np.load(manifest.path(number)) for number in range(len(starts)))
            batches = (VectorBatch((), vectors) for vectors in fragments)
            write_batches(target, batches, template, len(texts))
        except BaseException as error:
            if isinstance(error, InputError) or not manifest.fragments:  # nothing to resume
                manifest.discard()
            raise
        manifest.discard()
    seconds = time.perf_counter() - started
    return Embedded(
        target, len(texts), encoder.dimension, resumed, manifest.changed, cut, tokens, seconds
    )


def _written(manifest: Manifest, number: int, part: EncodedTexts) -> Fragment:
    """The fragment of a task, written."""
    path = manifest.folder / f"{number:08}.npy"
    write_batches(path, [VectorBatch((), part.vectors)], part.vectors[:0], len(part.vectors))
    cut, tokens = int((part.kept < part.seen).sum()), int(part.kept.sum())
    return Fragment(number, path.name, len(part.vectors), cut, tokens, path.stat().st_size)
