"""Encodes a file of texts on an executor, range by range; a job that was stopped can be resumed.

The result is the same, to the byte, as that of `embed_file`, with models that give the same vector
whatever stands beside a text (see docs/concepts.md). Workers read the source and write fragments
into a folder beside the target. Both, and the source, are on a disk that all workers see, or they
are objects of a store.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from likewise.analysis.embed_file import Embedded, locked, parts_folder, prompt_text
from likewise.analysis.manifest import Fragment, Manifest, fragments_folder, saved_in_manifest
from likewise.analysis.object_manifest import (
    ObjectManifest,
    object_folder,
    saved_in_objects,
    write_fragment,
)
from likewise.analysis.vector_parts import EmbeddingJob, regrouped
from likewise.data.range_scan import Range
from likewise.data.ranges import (
    SplitFile,
    file_digest,
    file_size,
    read_range,
    read_split,
    split_file,
)
from likewise.data.readers import object_address, resolved
from likewise.data.readers.object_store import ObjectAddress
from likewise.data.records import OnError, Skipped
from likewise.data.writers import VECTOR_FORMATS, VectorBatch, check_target, write_batches
from likewise.errors import InputError, OutputError, RecordError, TextError
from likewise.executor import Executor
from likewise.finite import check_finite
from likewise.progress import MessageCallback, Progress, ProgressFactory, no_progress
from likewise.tokenization.token_stream import BATCH_TEXTS, Truncation

if TYPE_CHECKING:  # a command's help must not load the engine
    from likewise.encoder import Encoder

LARGEST_RANGE = 2**20
"""Bytes of the ranges of a large file."""
SMALLEST_RANGE = 2**16
"""Bytes of the ranges of a small file."""
RANGES_PER_WORKER = 16
"""Ranges of each worker that are aimed at, so that all of them end at about the same time."""


def embed_ranges(
    executor: Executor,
    encoder: Encoder,
    source: str | Path,
    target: str | Path,
    *,
    column: str | None = None,
    encoding: str | None = None,
    on_error: OnError | None = None,
    truncation: Truncation = "cut",
    prompt_name: str | None = None,
    escape_formulas: bool = True,
    on_message: MessageCallback | None = None,
    progress: ProgressFactory = no_progress,
) -> Embedded:
    """Encode a file of texts into a file of vectors on an executor.

    After an interruption, the same call resumes.

    Args:
        executor: runs the ranges.
        encoder: the model; each worker loads its own.
        source: as in `embed_file`.
        target: as in `embed_file`.
        column: as in `embed_file`.
        encoding: as in `embed_file`.
        on_error: as in `embed_file`; called once for each row.
        truncation: as in `embed_file`.
        prompt_name: as in `embed_file`.
        escape_formulas: as in `embed_file`.
        on_message: as in `embed_file`.
        progress: opens a bar for each stage.

    Raises:
        LikewiseError: as in `embed_file`.
    """
    check_target(target, VECTOR_FORMATS, objects=True)
    source, target, address = resolved(source), Path(target), object_address(target)
    folder = object_folder(address) if address else fragments_folder(target)
    with nullcontext() if address else locked(target):
        size = range_bytes(source, executor.workers)
        split = split_file(source, size, column=column, encoding=encoding, on_error=on_error)
        job = EmbeddingJob(
            split.digest, column, encoder.fingerprint, prompt_text(encoder, prompt_name),
            truncation, encoding, on_error is not None,
        )  # fmt: skip
        manifest: Manifest | ObjectManifest = (
            Manifest(folder, job, size)
            if isinstance(folder, Path)
            else ObjectManifest(folder, job, size)
        )
        if manifest.range_size != size:
            split = split_file(source, manifest.range_size, column=column, encoding=encoding)
        work = _Encode(encoder, replace(split, ranges=()), folder, prompt_name, truncation)
        try:
            tasks = _count(executor, split, on_error, progress)
            result = _encode(executor, work, tasks, manifest, progress)
            result = replace(result, path=target)
            if file_digest(source) != split.digest:
                raise RecordError(
                    f"{source} changed while it was read", hint="run the command again"
                )
            template = np.empty((0, encoder.dimension), np.float32)
            if isinstance(manifest, ObjectManifest):
                manifest.check()
            write_batches(
                target, _batches(split, tasks, manifest, target), template, result.texts,
                scratch=folder if isinstance(folder, Path) else None,
                escape_formulas=escape_formulas, on_message=on_message,
            )  # fmt: skip
        except BaseException as error:
            if isinstance(error, InputError) or not manifest.fragments:  # nothing to resume
                manifest.discard()
            raise
        manifest.discard()
        if not address:
            shutil.rmtree(parts_folder(target), ignore_errors=True)  # of a run without executor
    return result


def saved_ranges(target: str | Path) -> int:
    """Number of texts that an interrupted call has saved for this target."""
    if address := object_address(target):
        return saved_in_objects(object_folder(address))
    return saved_in_manifest(fragments_folder(Path(target)))


def range_bytes(source: str | Path, workers: int) -> int:
    """The size of the ranges of a file."""
    try:
        size = file_size(source)
    except OSError:  # reported when it is opened
        return SMALLEST_RANGE
    return range_size(size, workers)


def range_size(size: int, workers: int) -> int:
    """The size of the ranges of a file of that many bytes."""
    return max(SMALLEST_RANGE, min(LARGEST_RANGE, size // (RANGES_PER_WORKER * workers)))


@dataclass(frozen=True)
class RangeTask:
    """A range to encode.

    Attributes:
        number: of the range.
        part: the range.
        texts: number of its texts.
    """

    number: int
    part: Range
    texts: int


@dataclass(frozen=True)
class _Counted:
    """The texts of a range.

    Attributes:
        texts: number of texts.
        skipped: rows that cannot be read.
        error: why the range cannot be read.
    """

    texts: int
    skipped: tuple[Skipped, ...] = ()
    error: InputError | None = None


@dataclass(frozen=True)
class _Count:
    """Counts the texts of ranges, which finds unreadable rows before encoding."""

    split: SplitFile
    skip_bad: bool

    def start(self) -> None:
        """Nothing is held between tasks."""

    def run(self, state: None, task: Range) -> _Counted:  # noqa: ARG002 - the signature of `Work`
        """Count the texts of a range."""
        skipped: list[Skipped] = []
        on_error = skipped.append if self.skip_bad else None
        try:
            texts = sum(1 for _ in read_range(self.split, task, on_error=on_error))
        except InputError as error:
            return _Counted(0, error=error)
        return _Counted(texts, tuple(skipped))


def _count(
    executor: Executor, split: SplitFile, on_error: OnError | None, progress: ProgressFactory
) -> list[RangeTask]:
    """The ranges that have texts.

    Raises:
        RecordError: a row cannot be read, or the file has changed.
        InputError: there is no text.
    """
    if split.kind == "records":
        counts = {n: _Counted(part.stop - part.start) for n, part in enumerate(split.ranges)}
    else:
        counts = {}
        work = _Count(replace(split, ranges=()), on_error is not None)
        with progress(len(split.ranges), title="reading", unit="parts") as advance:
            for finished in executor.run(work, split.ranges):
                counts[finished.number] = finished.result
                advance(1)
    tasks = []
    for number, part in enumerate(split.ranges):
        counted = counts[number]
        if counted.error:
            raise counted.error
        for row in counted.skipped if on_error else ():
            on_error(row)  # type: ignore[misc]
        if counted.texts:
            tasks.append(RangeTask(number, part, counted.texts))
    if not tasks:
        raise InputError(f"{split.path} holds no text", hint="give a file with one text per line")
    return tasks


@dataclass(frozen=True)
class _Encode:
    """Encodes ranges into fragments."""

    encoder: Encoder
    split: SplitFile
    folder: Path | ObjectAddress
    prompt_name: str | None
    truncation: Truncation

    def start(self) -> Encoder:
        """The model."""
        return self.encoder

    def run(self, state: Encoder, task: RangeTask) -> Fragment:
        """Encode a range; the fragment appears under its name when it is complete.

        Raises:
            RecordError: the range has changed since its texts were counted.
            TextError: a text cannot be encoded.
            OutputError: the fragment cannot be written.
        """
        if isinstance(self.folder, ObjectAddress):
            return self._into_objects(state, task, self.folder)
        if not self.folder.is_dir():
            raise OutputError(
                f"a worker does not see the folder {self.folder}",
                hint="write to a disk that all nodes of the cluster share",
            )
        path = self.folder / f"{task.number:08}-{secrets.token_hex(6)}.npy"
        totals = _Totals()
        template = np.empty((0, state.dimension), np.float32)
        write_batches(path, self._batches(state, task, totals), template, task.texts)
        if totals.texts != task.texts:
            path.unlink(missing_ok=True)
            raise self._changed()
        size = path.stat().st_size
        return Fragment(task.number, path.name, task.texts, totals.cut, totals.tokens, size)

    def _into_objects(self, encoder: Encoder, task: RangeTask, folder: ObjectAddress) -> Fragment:
        totals = _Totals()
        parts = [batch.vectors for batch in self._batches(encoder, task, totals)]
        if totals.texts != task.texts:
            raise self._changed()
        name, size = write_fragment(folder, task.number, np.concatenate(parts))
        return Fragment(task.number, name, task.texts, totals.cut, totals.tokens, size)

    def _changed(self) -> RecordError:
        return RecordError(
            f"{self.split.path} changed while it was read", hint="run the command again"
        )

    def _batches(self, encoder: Encoder, task: RangeTask, totals: _Totals) -> Iterator[VectorBatch]:
        records = read_range(self.split, task.part, on_error=lambda _: None)
        texts = (record.text for record in records)
        try:
            for part in encoder.encode_stream(texts, self.prompt_name, truncation=self.truncation):
                check_finite(part.vectors, encoder.name)
                totals.texts += len(part.texts)
                totals.cut += int((part.kept < part.seen).sum())
                totals.tokens += int(part.kept.sum())
                yield VectorBatch((), part.vectors)
        except TextError as error:
            raise error.at(f"{self.split.path}, from line {task.part.line}") from error


@dataclass
class _Totals:
    """Counts of a range, while it is encoded."""

    texts: int = 0
    cut: int = 0
    tokens: int = 0


def _encode(
    executor: Executor,
    work: _Encode,
    tasks: Sequence[RangeTask],
    manifest: Manifest | ObjectManifest,
    progress: ProgressFactory,
) -> Embedded:
    """Encode the ranges that have no fragment yet."""
    started = time.perf_counter()
    total, resumed = sum(task.texts for task in tasks), manifest.texts
    cut = tokens = 0
    missing = [task for task in tasks if task.number not in manifest.fragments]
    with progress(total, title="encoding") as advance:
        advance(resumed)
        for finished in executor.run(work, missing):
            fragment = finished.result
            if manifest.commit(fragment):
                cut += fragment.cut
                tokens += fragment.tokens
                _show(advance, fragment, tokens / (time.perf_counter() - started))
    seconds = time.perf_counter() - started
    dimension = work.encoder.dimension
    return Embedded(Path(), total, dimension, resumed, manifest.changed, cut, tokens, seconds)


def _show(advance: Progress, fragment: Fragment, speed: float) -> None:
    advance(fragment.texts)
    advance.message(f"{speed:,.0f} tokens/s")


def _batches(
    split: SplitFile, tasks: Sequence[RangeTask], manifest: Manifest | ObjectManifest, target: Path
) -> Iterator[VectorBatch]:
    """All texts with their vectors; for a `.npy` target the texts are not read."""
    texts: Iterator[str] = iter(())
    if target.suffix != ".npy":
        texts = (record.text for record in read_split(split, on_error=lambda _: None))
    fragments = (manifest.load(task.number) for task in tasks)
    for vectors in regrouped(fragments, BATCH_TEXTS):
        yield VectorBatch(list(islice(texts, len(vectors))), vectors)
