"""Texts of a file, or at hand, to a file of vectors, in bounded memory, resumed where it stopped.

While it runs, a folder beside the target holds what is finished, in parts that are written every
few seconds. A part appears whole or not at all, so whatever stops the work, the same call resumes
after the last of them. The encoder gives the same vectors to a stream that is resumed, so the file
that comes out is the same to the byte as if nothing had happened.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from filelock import FileLock, Timeout

from likewise.analysis.vector_parts import SAVE_SECONDS, EmbeddingJob, Parts, Texts, saved_in
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
    """What became of a file.

    Attributes:
        path: the file of vectors.
        texts: how many there are.
        dimension: of their vectors.
        resumed: how many of them an earlier call had done.
        changed: why what an earlier call had done was of no use: what had changed since, of
            the attributes of `EmbeddingJob`; empty where nothing was lost.
        cut: how many of the others were longer than the model reads and lost their ends.
        tokens: tokens read of the others.
        seconds: time it took.
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
    bad: OnError | None = None,
) -> int:
    """Texts in a file; reads all of it, so that a bad row is found before any work is done.

    Args:
        source: any file that `read_records` reads.
        column: as in `read_records`.
        encoding: as in `read_records`.
        bad: as in `read_records`.

    Raises:
        RecordError: the file, or a row in it, cannot be read.
        InputError: there is no text in it, or no such column.
    """
    texts = sum(1 for _ in read_records(source, column=column, encoding=encoding, on_error=bad))
    if not texts:
        raise InputError(f"{source} holds no text", hint="give a file with one text a line")
    return texts


def embed_file(
    encoder: Encoder,
    source: str | Path,
    target: str | Path,
    *,
    column: str | None = None,
    encoding: str | None = None,
    bad: OnError | None = None,
    truncation: Truncation = "cut",
    prompt_name: str | None = None,
    escape_formulas: bool = True,
    tell: MessageCallback | None = None,
    progress: Progress | None = None,
) -> Embedded:
    """Encode a file of texts into a file of vectors.

    Stopped in whatever way, the same call goes on where it was.

    Args:
        encoder: the model.
        source: any file that `read_records` reads; it must stay as it is until the end.
        target: `.npy`, `.csv`, `.jsonl` or `.parquet`; it appears when it is whole.
        column: the column of the texts; guessed where not given.
        encoding: of the file, as in `read_records`.
        bad: called with rows that cannot be read, as in `read_records`; they are left out. It may
            be called several times with each.
        truncation: what becomes of texts over the limit, as in `Encoder.encode`.
        prompt_name: as in `embed_texts`.
        escape_formulas: of a `.csv`, as in `write_vectors`.
        tell: as in `write_vectors`.
        progress: told how many texts are finished, and how many tokens a second.

    Raises:
        RecordError: the file, or a row in it, cannot be read, or it changed meanwhile.
        InputError: no such column or truncation.
        TooLongError: a text is over the limit and `truncation` is `error`.
        OutputError: the target cannot be written, or another process is writing it.
        EngineError: a vector is not finite.
    """
    check_target(target, VECTOR_FORMATS)
    source = Path(source)
    before = _hash(source)

    def unchanged() -> None:
        if _hash(source) != before:
            raise RecordError(
                f"{source} changed while it was read", hint="run it again, from the beginning"
            )

    def texts() -> Iterator[str]:
        for record in read_records(source, column=column, encoding=encoding, on_error=bad):
            yield record.text

    return embed_texts(
        encoder, texts, target, identity=before, column=column, encoding=encoding,
        skip_bad=bad is not None, truncation=truncation, prompt_name=prompt_name,
        escape_formulas=escape_formulas, tell=tell, progress=progress, check=unchanged,
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
    tell: MessageCallback | None = None,
    progress: Progress | None = None,
    check: Callable[[], None] | None = None,
) -> Embedded:
    """`embed_file` for texts that come from anywhere.

    Args:
        encoder: the model.
        texts: gives them from the beginning, each time it is called.
        target: as in `embed_file`.
        identity: tells these texts from others, such as a hash.
        column: where they were taken from, if that is part of what they are.
        encoding: of the file they were taken from, if that is part of what they are.
        skip_bad: whether rows that cannot be read were left out.
        truncation: as in `embed_file`.
        prompt_name: which of the model's prompts to put before each text; its default one where
            none is named.
        escape_formulas: as in `embed_file`.
        tell: as in `embed_file`.
        progress: as in `embed_file`.
        check: called when all are encoded; what it raises keeps the target from being written.
    """
    target = Path(target)
    prompt = prompt_text(encoder, prompt_name)
    job = EmbeddingJob(
        identity, column, encoder.fingerprint, prompt, truncation, encoding, skip_bad
    )
    folder = _parts_folder(target)
    with _claimed(folder, target):
        parts = Parts(folder, texts, job)

        def rest(done: int) -> Iterator[Encoded]:
            return encoder.encode_stream(
                islice(texts(), done, None), prompt_name, truncation=truncation,
                progress=progress, seconds=SAVE_SECONDS / 2,
            )  # fmt: skip

        try:
            result = _encode(rest, parts, encoder, target, progress or Progress())
            if check:
                check()
            like = np.empty((0, encoder.dimension), np.float32)
            write_batches(
                target, parts.pieces(target), like, result.texts,
                scratch=folder, escape_formulas=escape_formulas, on_message=tell,
            )  # fmt: skip
        except BaseException as error:
            if isinstance(error, InputError) or not parts.saved:  # nothing to resume
                parts.discard()
            raise
        parts.discard()
    return result


def _encode(
    rest: Callable[[int], Iterator[Encoded]],
    parts: Parts,
    encoder: Encoder,
    target: Path,
    progress: Progress,
) -> Embedded:
    """Encode what is not saved yet, and save it every few seconds."""
    started = time.perf_counter()
    resumed = done = parts.saved
    progress(resumed)
    cut = tokens = 0
    unsaved = parts.unsaved()
    try:
        for part in rest(done):
            check_finite(part.vectors, encoder.name)
            unsaved.put(part)
            done += len(part.texts)
            cut += int((part.kept < part.seen).sum())
            tokens += int(part.kept.sum())
            progress.message(f"{tokens / (time.perf_counter() - started):,.0f} tokens/s")
    except BaseException:
        with contextlib.suppress(OutputError):  # what stopped the work is the error to report
            unsaved.save()
        raise
    unsaved.save()
    seconds = time.perf_counter() - started
    return Embedded(target, done, encoder.dimension, resumed, parts.changed, cut, tokens, seconds)


def saved_texts(target: str | Path) -> int:
    """How many texts a call that was stopped has saved for this target; the next one resumes."""
    return saved_in(_parts_folder(Path(target)))


def prompt_text(encoder: Encoder, name: str | None = None) -> str:
    """What is put before each text: the prompt of that name, or else the model's default one."""
    return encoder.prompts.get(name or encoder.default_prompt_name or "", "")


def _parts_folder(target: Path) -> Path:
    place = target.resolve()
    return place.with_name(f".{place.name}.parts")


def _hash(source: Path) -> str:
    try:
        with open(source, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() + "".join(source.suffixes)
    except FileNotFoundError as error:
        raise RecordError(f"no file {source}", hint="check the path") from error
    except OSError as error:
        raise RecordError(
            f"cannot read {source}: {error.strerror or error}", hint="check the path"
        ) from error


@contextlib.contextmanager
def _claimed(folder: Path, target: Path) -> Iterator[None]:
    lock = FileLock(folder.with_suffix(".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise OutputError(
            f"another process is writing {target}", hint="wait for it, or choose another name"
        ) from error
    except OSError as error:
        raise OutputError(
            f"cannot write beside {target}: {error.strerror or error}",
            hint="check the path and the disk",
        ) from error
    try:
        yield
    finally:
        if os.name != "nt":  # while it is still ours; whoever waits for it finds it gone
            Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()
