"""Encodes a corpus and caches its vectors: the first step of every job over a corpus.

The vectors of a corpus are in a folder of the cache, which is named by a hash of the texts, the
model's fingerprint, its prompt, and the truncation. Later jobs over the same texts with the same
model use them; an interrupted job is resumed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from likewise.analysis.embed_file import embed_texts, prompt_text
from likewise.analysis.embed_list import embed_list
from likewise.analysis.memmap import release
from likewise.atomic import atomic
from likewise.cache import cache_folder
from likewise.data.records import OnError, Paths, Record, Unit, read_records
from likewise.errors import InputError, OutputError
from likewise.executor import Executor
from likewise.progress import MessageCallback, ProgressFactory, no_progress
from likewise.tokenization.token_stream import Truncation
from likewise.vectors import Matrix, normalize

if TYPE_CHECKING:  # a command's help must not load the engine
    from likewise.encoder import Encoder


CACHE_BYTES = 8 * 2**30
"""Most bytes of embedded corpora in the cache; the least recently used are removed first."""
_BLOCK = 16_384
"""Rows copied from one file to another at once."""


class FolderUse:
    """Marks a folder as in use while this object exists.

    The mark is a locked file; the system releases the lock of a process that was killed.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / f"use-{os.getpid()}-{secrets.token_hex(4)}.lock"
        lock = FileLock(path)
        lock.acquire(timeout=0)
        weakref.finalize(self, _release_mark, lock, path)


def _release_mark(lock: FileLock, path: Path) -> None:
    lock.release()
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


@dataclass(frozen=True)
class EmbeddedCorpus:
    """A corpus with its vectors, for duplicates, clusters and maps.

    Attributes:
        records: n records, in the order of their files.
        vectors: float32 `[n, dimension]` of length 1, in the same order, memory-mapped.
        key: hash of the texts, the model and its settings; equal keys mean equal vectors.
        folder: of the vectors, and of what is derived only from them.
        resumed: number of distinct texts that an earlier call had encoded.
        encoded: number of distinct texts that this call encoded.
        cut: number of those that were truncated.
        known_words: words of the model's vocabulary, in lower case.
        executor: runs what is derived from the vectors; None does it in this process.
        use: prevents other processes from removing the folder while this object exists.
    """

    records: Sequence[Record]
    vectors: Matrix
    key: str
    folder: Path
    resumed: int = 0
    encoded: int = 0
    cut: int = 0
    known_words: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    executor: Executor | None = field(default=None, repr=False, compare=False)
    use: FolderUse | None = field(default=None, repr=False, compare=False)

    @property
    def texts(self) -> list[str]:
        """The n texts."""
        return [record.text for record in self.records]

    def __len__(self) -> int:
        return len(self.records)


def embed_corpus(
    encoder: Encoder,
    sources: Paths,
    *,
    column: str | None = None,
    unit: Unit = "line",
    truncation: Truncation = "cut",
    on_error: OnError | None = None,
    on_message: MessageCallback | None = None,
    executor: Executor | None = None,
    progress: ProgressFactory = no_progress,
) -> EmbeddedCorpus:
    """Read files and encode their texts; each distinct text once, unless its vector is cached.

    Args:
        encoder: the model.
        sources: files, folders and patterns, as in `read_records`.
        column: the column of the texts; detected when not given.
        unit: what a record is, as in `read_records`; duplicates are removed line by line.
        truncation: how to treat texts over the model's limit, as in `Encoder.encode`.
        on_error: called with rows that cannot be read, as in `read_records`.
        on_message: called with notes, as in `read_records`.
        executor: encodes the texts; None does it in this process.
        progress: opens a bar for each stage.

    Raises:
        RecordError: a file, or a row in it, cannot be read.
        InputError: they have no text, or an unknown column.
        OutputError: the cache cannot be written.
    """
    paths = [sources] if isinstance(sources, str | Path) else list(sources)
    records = list(
        read_records(paths, column=column, unit=unit, on_error=on_error, on_message=on_message)
    )
    if not records:
        raise InputError(
            f"{', '.join(map(str, paths)) or 'no file'} holds no text",
            hint="give a file with one text per line",
        )
    return embed_records(
        encoder, records, truncation=truncation, executor=executor, progress=progress
    )


def embed_records(
    encoder: Encoder,
    records: Sequence[Record],
    *,
    truncation: Truncation = "cut",
    prompt_name: str | None = None,
    unit_length: bool = True,
    executor: Executor | None = None,
    progress: ProgressFactory = no_progress,
) -> EmbeddedCorpus:
    """Encode records, as in `embed_corpus`.

    Args:
        encoder: the model.
        records: n records.
        truncation: as in `embed_corpus`.
        prompt_name: name of the prompt to put before each text; the model's default prompt when
            not given.
        unit_length: whether to normalize the vectors; False for similarities other than cosine.
        executor: as in `embed_corpus`.
        progress: as in `embed_corpus`.

    Raises:
        OutputError: the cache cannot be written.
    """
    texts = [record.text for record in records]
    options = _Options(truncation, prompt_name, unit_length, executor)
    key = _key(encoder, texts, options)
    folder = embedded_corpora_folder() / key
    cached = folder / "vectors.npy"
    counts = (0, 0, 0)
    with _caching(folder):
        use = FolderUse(folder)
        if not cached.exists():
            counts = _encode(encoder, texts, folder, options, progress)
        for used in folder.glob("distinct.*"):
            used.unlink()
        vectors = np.load(cached, mmap_mode="r")
        os.utime(cached)
    _remove_oldest(folder)
    resumed, encoded, cut = counts
    return EmbeddedCorpus(
        records, vectors, key, folder, resumed, encoded, cut, encoder.whole_words, executor, use
    )


def corpus_of(
    records: Sequence[Record], vectors: Matrix, key: str, known_words: frozenset[str]
) -> EmbeddedCorpus:
    """A corpus whose vectors are known already, such as those of a collection.

    Args:
        records: n records.
        vectors: float32 `[n, dimension]`, of any length.
        key: equal keys mean equal records and vectors.
        known_words: words of the model's vocabulary, in lower case.

    Raises:
        OutputError: the cache cannot be written.
    """
    folder = embedded_corpora_folder() / key
    cached = folder / "vectors.npy"
    with _caching(folder):
        use = FolderUse(folder)
        if not cached.exists():
            with atomic(cached) as file:
                np.lib.format.write_array(file, normalize(vectors))
        stored = np.load(cached, mmap_mode="r")
        os.utime(cached)
    _remove_oldest(folder)
    return EmbeddedCorpus(records, stored, key, folder, known_words=known_words, use=use)


@contextlib.contextmanager
def _caching(folder: Path) -> Iterator[None]:
    """Locks a folder of the cache: a second process waits, and finds the vectors."""
    try:
        with _locked(folder):
            yield
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(
            f"cannot cache vectors in {folder}: {error.strerror or error}",
            hint="free some space, or choose another folder with LIKEWISE_CACHE",
        ) from error


def embedded_corpora_folder() -> Path:
    """The cache folder of embedded corpora, with a folder for each."""
    return cache_folder() / "embedded"


@dataclass(frozen=True)
class _Options:
    """How texts are encoded; see `embed_records`."""

    truncation: Truncation
    prompt_name: str | None
    unit_length: bool
    executor: Executor | None = None


def _key(encoder: Encoder, texts: Iterable[str], options: _Options) -> str:
    parts = [encoder.fingerprint, prompt_text(encoder, options.prompt_name), options.truncation]
    if not options.unit_length:
        parts.append("any length")
    digest = hashlib.sha256(json.dumps(parts).encode())
    for text in texts:
        content = text.encode()
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.hexdigest()[:32]


def _encode(
    encoder: Encoder,
    texts: Sequence[str],
    folder: Path,
    options: _Options,
    progress: ProgressFactory,
) -> tuple[int, int, int]:
    """Encode the distinct texts into a file, then write the vector of each record."""
    numbers: dict[str, int] = {}
    rows = np.fromiter((numbers.setdefault(t, len(numbers)) for t in texts), np.int64, len(texts))
    distinct = folder / "distinct.npy"
    if not distinct.exists():
        with progress(len(numbers), title="encoding") as advance:
            if options.executor:
                done = embed_list(
                    options.executor, encoder, list(numbers), distinct, identity=folder.name,
                    truncation=options.truncation, prompt_name=options.prompt_name,
                    progress=advance,
                )  # fmt: skip
            else:
                done = embed_texts(
                    encoder, lambda: iter(numbers), distinct, identity=folder.name,
                    truncation=options.truncation, prompt_name=options.prompt_name,
                    progress=advance,
                )  # fmt: skip
        counts = (done.resumed, done.texts - done.resumed, done.cut)
    else:
        counts = (len(numbers), 0, 0)
    vectors = np.load(distinct, mmap_mode="r")
    _write_by_record(vectors, rows, folder / "vectors.npy", unit_length=options.unit_length)
    return counts


def _write_by_record(
    distinct: NDArray[Any], rows: NDArray[np.int64], target: Path, *, unit_length: bool
) -> None:
    header = np.lib.format.header_data_from_array_1_0(distinct[:0])
    header["shape"] = (len(rows), distinct.shape[1])
    with atomic(target) as file:
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, len(rows), _BLOCK):
            block = np.ascontiguousarray(distinct[rows[start : start + _BLOCK]])
            file.write((normalize(block) if unit_length else block).data)
            release(distinct)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Locks a folder while it is filled or removed."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "lock"
        lock = FileLock(path)
        try:
            lock.acquire()
        except FileNotFoundError:
            continue  # the folder was removed between the two lines
        try:
            if path.exists():  # else the process that held the lock removed the folder
                yield
                return
        finally:
            lock.release()


def _remove_unused(folder: Path) -> None:
    """Remove a folder, unless a process is filling or using it."""
    with contextlib.suppress(Timeout, OSError), FileLock(folder / "lock", timeout=0):
        for mark in folder.glob("use-*.lock"):
            with FileLock(mark, timeout=0):
                pass
        shutil.rmtree(folder, ignore_errors=True)


def _remove_oldest(current: Path) -> None:
    """Remove folders until the cache is within its limit, except those in use."""
    total = 0
    for used in sorted(
        map(_usage, embedded_corpora_folder().iterdir()), key=lambda used: -used.last
    ):
        total += used.size
        if total > CACHE_BYTES and used.folder != current:
            _remove_unused(used.folder)


@dataclass(frozen=True)
class _Usage:
    """The size of a cached corpus, and the time of its last use."""

    folder: Path
    size: int
    last: float


def _usage(folder: Path) -> _Usage:
    vectors = folder / "vectors.npy"
    size, last = 0, 0.0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            state = path.stat()
            size += state.st_size
            last = max(last, state.st_mtime)
    with contextlib.suppress(OSError):  # an unfinished one counts from its last part
        last = vectors.stat().st_mtime
    return _Usage(folder, size, last)
