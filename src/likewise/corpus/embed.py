"""A file of texts to a file of vectors, in bounded memory, resumed where it was stopped.

While it runs, a folder beside the target holds one finished part for every few thousand texts. A
part appears whole or not at all, so whatever stops the work, the same call goes on after the last
of them; and since texts are always parted at the same places, the file that comes out is the same
to the byte as if nothing had happened.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from filelock import FileLock, Timeout

from likewise.answers import Encoded
from likewise.atomic import atomic
from likewise.checkpoint.windows import WINDOW, Truncation
from likewise.corpus.export import VECTOR_FORMATS, Piece, check_target, write_pieces
from likewise.corpus.records import read_records
from likewise.errors import InputError, OutputError
from likewise.progress import Bar

if TYPE_CHECKING:  # a command's help must not load the engine
    from likewise.encoder import Encoder


@dataclass(frozen=True)
class Job:
    """What is encoded how; parts of another job are of no use.

    Attributes:
        source: the file of texts.
        size: its bytes.
        changed: its time of change, in nanoseconds.
        column: the column of the texts, where one was named.
        fingerprint: of the encoder.
        truncation: what becomes of texts over the limit.
    """

    source: str
    size: int
    changed: int
    column: str | None
    fingerprint: str
    truncation: Truncation


@dataclass(frozen=True)
class Embedded:
    """What became of a file.

    Attributes:
        path: the file of vectors.
        texts: how many there are.
        dimension: of their vectors.
        resumed: how many of them an earlier call had done.
        cut: how many of the others were longer than the model reads and lost their ends.
        tokens: tokens read of the others.
        seconds: time it took.
    """

    path: Path
    texts: int
    dimension: int
    resumed: int
    cut: int
    tokens: int
    seconds: float


def count_texts(source: str | Path, *, column: str | None = None) -> int:
    """Texts in a file; reads all of it, so that a bad row is found before any work is done.

    Raises:
        RecordError: the file, or a row in it, cannot be read.
        InputError: there is no text in it, or no such column.
    """
    count = sum(1 for _ in read_records(source, column=column))
    if not count:
        raise InputError(f"{source} holds no text", hint="give a file with one text a line")
    return count


def embed_file(
    encoder: Encoder,
    source: str | Path,
    target: str | Path,
    *,
    column: str | None = None,
    truncation: Truncation = "cut",
    progress: Bar | None = None,
) -> Embedded:
    """Encode a file of texts into a file of vectors.

    Args:
        encoder: the model.
        source: any file that `read_records` reads; it must stay as it is until the end.
        target: `.npy`, `.csv`, `.jsonl` or `.parquet`; it appears when it is whole.
        column: the column of the texts; guessed where not given.
        truncation: what becomes of texts over the limit, as in `Encoder.encode`.
        progress: told how many texts are finished, and how many tokens a second.

    Raises:
        RecordError: the file, or a row in it, cannot be read.
        OutputError: the target cannot be written, or another process is writing it.
    """
    check_target(target, VECTOR_FORMATS)
    target, status = Path(target), Path(source).stat()
    job = Job(
        str(Path(source).resolve()), status.st_size, status.st_mtime_ns, column,
        encoder.fingerprint, truncation,
    )  # fmt: skip
    folder = target.with_name(f".{target.name}.parts")
    with _claimed(folder, target):
        work = _Work(folder, job)
        result = work.run(encoder, target, progress or Bar())
        like = np.empty((0, encoder.dimension), np.float32)
        write_pieces(target, work.pieces(), like, result.texts)
        shutil.rmtree(folder, ignore_errors=True)
    return result


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
            f"cannot write beside {target}: {error.strerror}", hint="choose a folder that is yours"
        ) from error
    try:
        yield
    finally:
        lock.release()
        Path(lock.lock_file).unlink(missing_ok=True)


class _Work:
    """The folder of finished parts."""

    def __init__(self, folder: Path, job: Job) -> None:
        self._folder, self._job = folder, job
        note = folder / "job.json"
        wanted = json.dumps(asdict(job), ensure_ascii=False)
        try:
            if not note.exists() or note.read_text(encoding="utf-8") != wanted:
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                with atomic(note) as file:
                    file.write(wanted.encode())
        except OSError as error:
            raise OutputError(
                f"cannot write {folder}: {error.strerror or error}",
                hint="free some space, or choose another place",
            ) from error

    def run(self, encoder: Encoder, target: Path, progress: Bar) -> Embedded:
        """Encode what is not done yet, part after part."""
        started = time.perf_counter()
        finished = self._parts()
        resumed = done = sum(len(np.load(part, mmap_mode="r")) for part in finished)
        progress(resumed)
        cut = tokens = 0
        for number, window in enumerate(self._rest(encoder, done, progress), len(finished)):
            with atomic(self._folder / f"{number:08}.npy") as file:
                np.save(file, window.vectors)
            done += len(window.texts)
            cut += int((window.kept < window.seen).sum())
            tokens += int(window.kept.sum())
            progress.tell(f"{tokens / (time.perf_counter() - started):,.0f} tokens/s")
        seconds = time.perf_counter() - started
        return Embedded(target, done, encoder.dimension, resumed, cut, tokens, seconds)

    def _rest(self, encoder: Encoder, done: int, progress: Bar) -> Iterator[Encoded]:
        if done % WINDOW:  # only the last part is not full
            return iter(())
        records = read_records(self._job.source, column=self._job.column)
        texts = (record.text for record in islice(records, done, None))
        return encoder.encode_stream(texts, truncation=self._job.truncation, progress=progress)

    def pieces(self) -> Iterator[Piece]:
        """Every text of the source with its vector."""
        records = read_records(self._job.source, column=self._job.column)
        for part in self._parts():
            vectors = np.load(part)
            yield Piece([record.text for record in islice(records, len(vectors))], vectors)

    def _parts(self) -> list[Path]:
        return sorted(self._folder.glob("*.npy"))
