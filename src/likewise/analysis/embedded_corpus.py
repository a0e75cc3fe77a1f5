"""Records with their vectors, encoded once and cached: the start of every job over a corpus.

Vectors lie under the cache folder, in a folder named by a hash of what they were made from: the
texts, the model's fingerprint, its prompt and the truncation. A later job over the same texts with
the same model finds them there; one that was killed resumes where it stopped.
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
from likewise.analysis.memmap import release
from likewise.atomic import atomic
from likewise.cache import cache_folder
from likewise.data.records import OnError, Paths, Record, Unit, read_records
from likewise.errors import InputError, OutputError
from likewise.progress import MessageCallback, ProgressFactory, no_progress
from likewise.tokenization.token_stream import Truncation
from likewise.vectors import Matrix, normalize

if TYPE_CHECKING:  # a command's help must not load the engine
    from likewise.encoder import Encoder


CACHE_BYTES = 8 * 2**30
"""Bytes of embedded corpora in the cache; the ones used longest ago are removed first."""
_BLOCK = 16_384
"""Rows copied from one file to another at once."""


class Use:
    """Marks a folder as in use until this object, or its process, is gone.

    The mark is a locked file: the system drops the lock of a process that was killed.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / f"use-{os.getpid()}-{secrets.token_hex(4)}.lock"
        lock = FileLock(path)
        lock.acquire(timeout=0)
        weakref.finalize(self, _unmark, lock, path)


def _unmark(lock: FileLock, path: Path) -> None:
    lock.release()
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


@dataclass(frozen=True)
class EmbeddedCorpus:
    """A corpus that is ready for search, duplicates, clusters and maps.

    Attributes:
        records: n records, in the order of their files.
        vectors: float32 `[n, dimension]` of length 1, in the same order, mapped from disk.
        key: hash of the texts and of all that made the vectors; equal keys mean equal vectors.
        folder: where the vectors lie, and what else is derived from them alone.
        resumed: how many distinct texts an earlier call had encoded.
        encoded: how many distinct texts this call encoded.
        cut: how many of those were longer than the model reads.
        use: keeps other processes from removing the folder while this object is there.
    """

    records: Sequence[Record]
    vectors: Matrix
    key: str
    folder: Path
    resumed: int = 0
    encoded: int = 0
    cut: int = 0
    use: Use | None = field(default=None, repr=False, compare=False)

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
    bad: OnError | None = None,
    tell: MessageCallback | None = None,
    progress: ProgressFactory = no_progress,
) -> EmbeddedCorpus:
    """Read files and encode their texts; equal texts once, and none that was encoded before.

    Args:
        encoder: the model.
        sources: files, folders and patterns, as `read_records` takes them.
        column: the column of the texts; guessed where not given.
        unit: what a record is, as in `read_records`; duplicates are removed line by line.
        truncation: what becomes of texts over the model's limit, as in `Encoder.encode`.
        bad: told of rows that cannot be read, as in `read_records`.
        tell: told what was guessed, as in `read_records`.
        progress: opens a bar for each stage.

    Raises:
        RecordError: a file, or a row in it, cannot be read.
        InputError: there is no text in them, or no such column.
        OutputError: the cache cannot be written.
    """
    paths = [sources] if isinstance(sources, str | Path) else list(sources)
    records = list(read_records(paths, column=column, unit=unit, on_error=bad, on_message=tell))
    if not records:
        raise InputError(
            f"{', '.join(map(str, paths)) or 'no file'} holds no text",
            hint="give a file with one text a line",
        )
    return embed_records(encoder, records, truncation=truncation, progress=progress)


def embed_records(
    encoder: Encoder,
    records: Sequence[Record],
    *,
    truncation: Truncation = "cut",
    prompt_name: str | None = None,
    unit_length: bool = True,
    progress: ProgressFactory = no_progress,
) -> EmbeddedCorpus:
    """The same with records that were read already.

    Args:
        encoder: the model.
        records: n records.
        truncation: as in `embed_corpus`.
        prompt_name: which of the model's prompts to put before each text; its default one where
            none is named.
        unit_length: whether vectors are scaled to length 1; not for similarities that go by it.
        progress: as in `embed_corpus`.

    Raises:
        OutputError: the cache cannot be written.
    """
    texts = [record.text for record in records]
    options = _Options(truncation, prompt_name, unit_length)
    key = _key(encoder, texts, options)
    folder = embedded_corpora_folder() / key
    cached = folder / "vectors.npy"
    try:
        with _locked(folder):  # whoever comes second waits, and finds them
            use = Use(folder)
            counts = (0, 0, 0)
            if not cached.exists():
                counts = _encode(encoder, texts, folder, options, progress)
            for used in folder.glob("distinct.*"):
                used.unlink()
            vectors = np.load(cached, mmap_mode="r")
            os.utime(cached)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(
            f"cannot cache vectors in {folder}: {error.strerror or error}",
            hint="free some space, or choose another folder with LIKEWISE_CACHE",
        ) from error
    _remove_oldest(folder)
    resumed, encoded, cut = counts
    return EmbeddedCorpus(records, vectors, key, folder, resumed, encoded, cut, use)


def embedded_corpora_folder() -> Path:
    """The cache of embedded corpora, a folder for each."""
    return cache_folder() / "embedded"


@dataclass(frozen=True)
class _Options:
    """How texts become vectors; see `embed_records`."""

    truncation: Truncation
    prompt_name: str | None
    unit_length: bool


def _key(encoder: Encoder, texts: Iterable[str], options: _Options) -> str:
    made = [encoder.fingerprint, prompt_text(encoder, options.prompt_name), options.truncation]
    if not options.unit_length:
        made.append("any length")
    digest = hashlib.sha256(json.dumps(made).encode())
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
    """Encode distinct texts into a file, then write them record by record."""
    numbers: dict[str, int] = {}
    rows = np.fromiter((numbers.setdefault(t, len(numbers)) for t in texts), np.int64, len(texts))
    distinct = folder / "distinct.npy"
    if not distinct.exists():
        with progress(len(numbers), title="encoding") as advance:
            done = embed_texts(
                encoder, lambda: iter(numbers), distinct, identity=folder.name,
                truncation=options.truncation, prompt_name=options.prompt_name, progress=advance,
            )  # fmt: skip
        counts = (done.resumed, done.texts - done.resumed, done.cut)
    else:
        counts = (len(numbers), 0, 0)
    made = np.load(distinct, mmap_mode="r")
    _write_by_record(made, rows, folder / "vectors.npy", unit_length=options.unit_length)
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
    """Be the only process that fills a folder, or removes it."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "lock"
        lock = FileLock(path)
        try:
            lock.acquire()
        except FileNotFoundError:
            continue  # the folder was removed between the two lines
        try:
            if path.exists():  # else it was removed by the process that was waited for
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
    """Keep the cache within its limit; what is in use, or cannot be removed, stays."""
    total = 0
    for used in sorted(
        map(_usage, embedded_corpora_folder().iterdir()), key=lambda used: -used.last
    ):
        total += used.size
        if total > CACHE_BYTES and used.folder != current:
            _remove_unused(used.folder)


@dataclass(frozen=True)
class _Usage:
    """The size of a cached corpus, and when it was used last."""

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
    with contextlib.suppress(OSError):  # one that was never finished is as old as its last part
        last = vectors.stat().st_mtime
    return _Usage(folder, size, last)
