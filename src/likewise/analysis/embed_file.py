"""Encodes texts into a file of vectors, in bounded memory; an interrupted run can be resumed.

During a run, finished vectors are saved every few seconds as parts, in a folder beside the target.
A part is written atomically, so that the same call resumes after the last part however the run
ended. A resumed run writes the same file, to the byte, as a run without interruption.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from filelock import FileLock, Timeout

from likewise.analysis.manifest import fragments_folder
from likewise.analysis.vector_parts import SAVE_SECONDS, EmbeddingJob, Parts, Texts, saved_in
from likewise.data.ranges import file_digest
from likewise.data.readers import located
from likewise.data.records import OnError, read_records
from likewise.data.writers import VECTOR_FORMATS, check_target, write_batches
from likewise.errors import InputError, OutputError, RecordError
from likewise.finite import check_finite
from likewise.progress import MessageCallback, Progress
from likewise.results import Encoded
from likewise.tokenization.token_stream import Truncation

if TYPE_CHECKING:  # a command's help must not load the engine
    from likewise.encoder import Encoder


@dataclass(frozen=True)
class Embedded:
    """The result of encoding texts into a file.

    Attributes:
        path: the file of vectors.
        texts: number of texts.
        dimension: of their vectors.
        resumed: number of texts that an earlier call had encoded.
        changed: the attributes of `EmbeddingJob` that have changed since an earlier call, whose
            vectors were therefore discarded; empty if nothing was discarded.
        cut: number of texts that this call truncated.
        tokens: number of tokens that this call encoded.
        seconds: duration of this call.
    """

    path: Path
    texts: int
    dimension: int
    resumed: int
    changed: tuple[str, ...]
    cut: int
    tokens: int
    seconds: float


def count_texts(
    source: str | Path,
    *,
    column: str | None = None,
    encoding: str | None = None,
    on_error: OnError | None = None,
) -> int:
    """Count the texts of a file; reads all of it, which finds unreadable rows before encoding.

    Args:
        source: any file that `read_records` reads.
        column: as in `read_records`.
        encoding: as in `read_records`.
        on_error: as in `read_records`.

    Raises:
        RecordError: the file, or a row in it, cannot be read.
        InputError: it has no text, or an unknown column.
    """
    texts = sum(
        1 for _ in read_records(source, column=column, encoding=encoding, on_error=on_error)
    )
    if not texts:
        raise InputError(
            f"{located(source)} holds no text", hint="give a file with one text per line"
        )
    return texts


def embed_file(
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
    progress: Progress | None = None,
) -> Embedded:
    """Encode a file of texts into a file of vectors.

    After an interruption, the same call resumes.

    Args:
        encoder: the model.
        source: any file that `read_records` reads; it must not change until the end.
        target: a `.npy`, `.csv`, `.jsonl` or `.parquet` file, written atomically.
        column: the column of the texts; detected when not given.
        encoding: of the file, as in `read_records`.
        on_error: called with rows that cannot be read, as in `read_records`; they are left out. It
            may be called more than once for a row.
        truncation: how to treat texts over the limit, as in `Encoder.encode`.
        prompt_name: as in `embed_texts`.
        escape_formulas: of a `.csv`, as in `write_vectors`.
        on_message: as in `write_vectors`.
        progress: called with the number of texts that are finished; also shows tokens per second.

    Raises:
        RecordError: the file, or a row in it, cannot be read, or it changed during the run.
        InputError: an unknown column or truncation.
        TooLongError: a text is over the limit and `truncation` is `error`.
        OutputError: the target cannot be written, or another process is writing it.
        EngineError: a vector is not finite.
    """
    check_target(target, VECTOR_FORMATS)
    source = located(source)
    digest = file_digest(source)

    def check_unchanged() -> None:
        if file_digest(source) != digest:
            raise RecordError(f"{source} changed while it was read", hint="run the command again")

    def texts() -> Iterator[str]:
        for record in read_records(source, column=column, encoding=encoding, on_error=on_error):
            yield record.text

    return embed_texts(
        encoder, texts, target, identity=digest, column=column, encoding=encoding,
        skip_bad=on_error is not None, truncation=truncation, prompt_name=prompt_name,
        escape_formulas=escape_formulas, on_message=on_message, progress=progress,
        check=check_unchanged,
    )  # fmt: skip


def embed_texts(
    encoder: Encoder,
    texts: Texts,
    target: str | Path,
    *,
    identity: str,
    column: str | None = None,
    encoding: str | None = None,
    skip_bad: bool = False,
    truncation: Truncation = "cut",
    prompt_name: str | None = None,
    escape_formulas: bool = True,
    on_message: MessageCallback | None = None,
    progress: Progress | None = None,
    check: Callable[[], None] | None = None,
) -> Embedded:
    """`embed_file` for texts from any source.

    Args:
        encoder: the model.
        texts: returns an iterator over all texts, each time it is called.
        target: as in `embed_file`.
        identity: identifies the texts, such as a hash of them.
        column: of the texts, if it was given.
        encoding: of their file, if it was given.
        skip_bad: whether rows that cannot be read were left out.
        truncation: as in `embed_file`.
        prompt_name: name of the prompt to put before each text; the model's default prompt when
            not given.
        escape_formulas: as in `embed_file`.
        on_message: as in `embed_file`.
        progress: as in `embed_file`.
        check: called when all texts are encoded; if it raises an error, the target is not written.
    """
    target = Path(target)
    prompt = prompt_text(encoder, prompt_name)
    job = EmbeddingJob(
        identity, column, encoder.fingerprint, prompt, truncation, encoding, skip_bad
    )
    folder = parts_folder(target)
    with locked(target):
        parts = Parts(folder, texts, job)

        def encode_rest(done: int) -> Iterator[Encoded]:
            return encoder.encode_stream(
                islice(texts(), done, None), prompt_name, truncation=truncation,
                progress=progress, seconds=SAVE_SECONDS / 2,
            )  # fmt: skip

        try:
            result = _encode(encode_rest, parts, encoder, target, progress or Progress())
            if check:
                check()
            template = np.empty((0, encoder.dimension), np.float32)
            write_batches(
                target, parts.batches(target), template, result.texts,
                scratch=folder, escape_formulas=escape_formulas, on_message=on_message,
            )  # fmt: skip
        except BaseException as error:
            if isinstance(error, InputError) or not parts.saved:  # nothing to resume
                parts.discard()
            raise
        parts.discard()
        shutil.rmtree(fragments_folder(target), ignore_errors=True)  # of an executor's stopped run
    return result


def _encode(
    encode_rest: Callable[[int], Iterator[Encoded]],
    parts: Parts,
    encoder: Encoder,
    target: Path,
    progress: Progress,
) -> Embedded:
    """Encode the texts that are not saved yet, and save their vectors every few seconds."""
    started = time.perf_counter()
    resumed = done = parts.saved
    progress(resumed)
    cut = tokens = 0
    writer = parts.writer()
    try:
        for part in encode_rest(done):
            check_finite(part.vectors, encoder.name)
            writer.add(part)
            done += len(part.texts)
            cut += int((part.kept < part.seen).sum())
            tokens += int(part.kept.sum())
            progress.message(f"{tokens / (time.perf_counter() - started):,.0f} tokens/s")
    except BaseException:
        with contextlib.suppress(OutputError):  # report the first error
            writer.save()
        raise
    writer.save()
    seconds = time.perf_counter() - started
    return Embedded(target, done, encoder.dimension, resumed, parts.changed, cut, tokens, seconds)


def saved_texts(target: str | Path) -> int:
    """Number of texts that an interrupted call has saved for this target."""
    return saved_in(parts_folder(Path(target)))


def prompt_text(encoder: Encoder, name: str | None = None) -> str:
    """The prompt of that name; the model's default prompt when no name is given."""
    return encoder.prompts.get(name or encoder.default_prompt_name or "", "")


def parts_folder(target: Path) -> Path:
    """The folder of the finished parts of a target."""
    path = target.resolve()
    return path.with_name(f".{path.name}.parts")


@contextlib.contextmanager
def locked(target: Path) -> Iterator[None]:
    """Lock a target for the process that writes it.

    Raises:
        OutputError: another process is writing it, or its folder cannot be written.
    """
    lock = FileLock(parts_folder(target).with_suffix(".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise OutputError(
            f"another process is writing {target}", hint="wait for it, or choose another name"
        ) from error
    except OSError as error:
        raise OutputError(
            f"cannot write into the folder of {target}: {error.strerror or error}",
            hint="check the path and the disk",
        ) from error
    try:
        yield
    finally:
        if (
            os.name != "nt"
        ):  # while the lock is still held; a waiting process then sees that it is gone
            Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()
