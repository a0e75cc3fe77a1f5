"""Texts of a file, or at hand, to a file of vectors, in bounded memory, resumed where it stopped.

While it runs, a folder beside the target holds one finished part for every few thousand texts. A
part appears whole or not at all, so whatever stops the work, the same call goes on after the last
of them; and since texts are always parted at the same places, the file that comes out is the same
to the byte as if nothing had happened.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import count, islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from filelock import FileLock, Timeout

from likewise.answers import Encoded
from likewise.atomic import atomic
from likewise.checkpoint.windows import WINDOW, Truncation
from likewise.corpus.export import VECTOR_FORMATS, Piece, check_target, write_pieces, write_vectors
from likewise.corpus.records import read_records
from likewise.errors import InputError, OutputError, RecordError
from likewise.progress import Bar

if TYPE_CHECKING:  # a command's help must not load the engine
    from likewise.encoder import Encoder


Texts = Callable[[], Iterator[str]]
"""Gives texts from the beginning."""


@dataclass(frozen=True)
class Job:
    """What is encoded how; parts of another job are of no use.

    Attributes:
        texts: hash of the texts, and the kind of file they are in.
        column: the column of the texts, where one was named.
        model: fingerprint of the encoder.
        prompt: put before each text.
        truncation: what becomes of texts over the limit.
    """

    texts: str
    column: str | None
    model: str
    prompt: str
    truncation: Truncation


@dataclass(frozen=True)
class Embedded:
    """What became of a file.

    Attributes:
        path: the file of vectors.
        texts: how many there are.
        dimension: of their vectors.
        resumed: how many of them an earlier call had done.
        changed: why what an earlier call had done was of no use: what had changed since, of
            `texts`, `column`, `model`, `prompt`, `truncation`; empty where nothing was lost.
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


def count_texts(source: str | Path, *, column: str | None = None) -> int:
    """Texts in a file; reads all of it, so that a bad row is found before any work is done.

    Raises:
        RecordError: the file, or a row in it, cannot be read.
        InputError: there is no text in it, or no such column.
    """
    texts = sum(1 for _ in read_records(source, column=column))
    if not texts:
        raise InputError(f"{source} holds no text", hint="give a file with one text a line")
    return texts


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

    Stopped in whatever way, the same call goes on where it was.

    Args:
        encoder: the model.
        source: any file that `read_records` reads; it must stay as it is until the end.
        target: `.npy`, `.csv`, `.jsonl` or `.parquet`; it appears when it is whole.
        column: the column of the texts; guessed where not given.
        truncation: what becomes of texts over the limit, as in `Encoder.encode`.
        progress: told how many texts are finished, and how many tokens a second.

    Raises:
        RecordError: the file, or a row in it, cannot be read, or it changed meanwhile.
        InputError: no such column or truncation.
        TooLongError: a text is over the limit and `truncation` is `error`.
        OutputError: the target cannot be written, or another process is writing it.
    """
    check_target(target, VECTOR_FORMATS)
    source = Path(source)
    before = _hash(source)

    def unchanged() -> None:
        if _hash(source) != before:
            raise RecordError(
                f"{source} changed while it was read", hint="run it again, from the beginning"
            )

    return embed_texts(
        encoder, lambda: (record.text for record in read_records(source, column=column)), target,
        identity=before, column=column, truncation=truncation, progress=progress, check=unchanged,
    )  # fmt: skip


def embed_texts(
    encoder: Encoder,
    texts: Texts,
    target: str | Path,
    *,
    identity: str,
    column: str | None = None,
    truncation: Truncation = "cut",
    progress: Bar | None = None,
    check: Callable[[], None] | None = None,
) -> Embedded:
    """`embed_file` for texts that come from anywhere.

    Args:
        encoder: the model.
        texts: gives them from the beginning, each time it is called.
        target: as in `embed_file`.
        identity: tells these texts from others, such as a hash.
        column: where they were taken from, if that is part of what they are.
        truncation: as in `embed_file`.
        progress: as in `embed_file`.
        check: called when all are encoded; what it raises keeps the target from being written.
    """
    target = Path(target)
    prompt = encoder.prompts.get(encoder.default_prompt_name or "", "")
    job = Job(identity, column, encoder.fingerprint, prompt, truncation)
    place = target.resolve()
    folder = place.with_name(f".{place.name}.parts")
    with _claimed(folder, target):
        work = _Work(folder, texts, job)
        try:
            result = work.run(encoder, target, progress or Bar())
            if check:
                check()
            like = np.empty((0, encoder.dimension), np.float32)
            write_pieces(target, work.pieces(target), like, result.texts, scratch=folder)
        except BaseException as error:
            if isinstance(error, InputError) or not work.parts():  # nothing to go on with
                work.discard()
            raise
        work.discard()
    return result


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


class _Work:
    """The folder of finished parts.

    Attributes:
        changed: what tells an earlier job, whose parts were given up, from this one.
    """

    def __init__(self, folder: Path, texts: Texts, job: Job) -> None:
        self._folder, self._texts, self._job = folder, texts, job
        self._note = folder / "job.json"
        wanted = asdict(job)
        earlier = self._earlier()
        if earlier == wanted:
            self.changed: tuple[str, ...] = ()
            for unfinished in folder.glob(".*.tmp"):
                unfinished.unlink(missing_ok=True)
            return
        lost = earlier if self.parts() else wanted
        self.changed = tuple(name for name in wanted if lost.get(name) != wanted[name])
        self.discard()
        try:
            folder.mkdir()
        except OSError as error:
            raise OutputError(
                f"cannot write {folder}: {error.strerror or error}",
                hint="check the path and the disk",
            ) from error
        with atomic(self._note) as file:
            file.write(json.dumps(wanted).encode())

    def _earlier(self) -> dict[str, object]:
        try:
            return dict(json.loads(self._note.read_bytes()))
        except (OSError, ValueError):
            return {}

    def run(self, encoder: Encoder, target: Path, progress: Bar) -> Embedded:
        """Encode what is not done yet, part after part."""
        started = time.perf_counter()
        finished = self.parts()
        resumed = done = sum(len(np.load(part, mmap_mode="r")) for part in finished)
        progress(resumed)
        cut = tokens = 0
        for number, window in enumerate(self._rest(encoder, done, progress), len(finished)):
            write_vectors(self._part(number), window.vectors, window.texts)
            done += len(window.texts)
            cut += int((window.kept < window.seen).sum())
            tokens += int(window.kept.sum())
            progress.tell(f"{tokens / (time.perf_counter() - started):,.0f} tokens/s")
        seconds = time.perf_counter() - started
        return Embedded(
            target, done, encoder.dimension, resumed, self.changed, cut, tokens, seconds
        )

    def _rest(self, encoder: Encoder, done: int, progress: Bar) -> Iterator[Encoded]:
        if done % WINDOW:  # only the last part is not full
            return iter(())
        texts = islice(self._texts(), done, None)
        return encoder.encode_stream(texts, truncation=self._job.truncation, progress=progress)

    def pieces(self, target: Path) -> Iterator[Piece]:
        """Every text with its vector; .npy has no room for texts, so none is read for it."""
        texts = self._texts() if target.suffix != ".npy" else iter(())
        for part in self.parts():
            vectors = np.load(part)
            yield Piece(list(islice(texts, len(vectors))), vectors)

    def parts(self) -> list[Path]:
        """What is finished, in order, without a gap."""
        return list(takewhile(Path.exists, map(self._part, count())))

    def discard(self) -> None:
        """Give up what is there; the note first, so that no half of it is ever taken for whole."""
        with contextlib.suppress(OSError):
            self._note.unlink(missing_ok=True)
            shutil.rmtree(self._folder)

    def _part(self, number: int) -> Path:
        return self._folder / f"{number:08}.npy"
