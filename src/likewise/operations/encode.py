"""Turn texts into vectors."""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.embed_file import (
    Embedded,
    count_texts,
    embed_file,
    embed_texts,
    saved_texts,
)
from likewise.analysis.embed_ranges import embed_ranges, saved_ranges
from likewise.data import read_records
from likewise.data.readers import located, object_address
from likewise.data.records import OnError, Skipped
from likewise.data.writers import VECTOR_FORMATS, check_target
from likewise.errors import InputError
from likewise.executor import LocalExecutor
from likewise.finite import check_finite
from likewise.operations.contract import Field, JobRequest
from likewise.operations.messages import report_cut, report_scripts
from likewise.operations.session import CancelledError, Session
from likewise.operations.texts import (
    Column,
    Encoding,
    EscapeFormulas,
    SkipBad,
    SkippedRows,
    check_not_input,
    report_column,
)
from likewise.tokenization.token_stream import Truncation
from likewise.wording import counted

if TYPE_CHECKING:
    from likewise.encoder import Encoder
    from likewise.executor import Executor
    from likewise.progress import Progress

Role = Literal["none", "query", "document"]

CHECKED = 1000
"""Texts at the start whose script is checked."""


@dataclass(frozen=True)
class EncodeRequest(JobRequest):
    """Texts in a file or given with the request, and where their vectors go."""

    file: Annotated[
        Path | None,
        Field(
            "Texts, one per line, or a table; s3://… is an object; - is stdin.",
            positional=True, metavar="FILE", stdin=True, local=True,
        ),
    ] = None  # fmt: skip
    texts: Annotated[
        tuple[str, ...],
        Field("A text, in place of a file; repeat it.", flag="--text", metavar="TEXT"),
    ] = ()
    output: Annotated[
        Path | None,
        Field(
            "The .npy, .csv, .jsonl or .parquet to write, or s3://…; needed for a file.",
            short="-o", local=True, output=True,
        ),
    ] = None  # fmt: skip
    column: Column = None
    encoding: Encoding = None
    skip_bad: SkipBad = False
    truncation: Annotated[
        Truncation, Field("Texts over the model's limit: cut, error or chunk (read it all).")
    ] = "cut"
    role: Annotated[
        Role, Field("Put the model's prompt for queries or documents before each text.")
    ] = "none"
    escape_formulas: EscapeFormulas = True


@dataclass(frozen=True)
class Truncated:
    """How much of each text was read.

    Attributes:
        limit: tokens that the model reads.
        seen: tokens each text has, special ones included; a text of more than 20,000 characters
            that was cut may have more.
        read: tokens of it that were read.
    """

    limit: int
    seen: tuple[int, ...]
    read: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class EncodeResult:
    """Texts that were encoded.

    Attributes:
        model: name of the model.
        compute: number format of its network.
        fingerprint: of the model.
        texts: how many there are.
        dimension: of their vectors.
        resumed: how many of them an earlier run had finished.
        changed: why an earlier run could not be resumed: what has changed since; empty where
            nothing was lost.
        cut: how many of the others were longer than the model reads.
        tokens: tokens read of the others.
        seconds: time it took.
        skipped: rows of the file that could not be read.
        output: the file that was written.
        vectors: float32 `[texts, dimension]` if no file was written.
        truncation: how much of each text was read, if no file was written.
    """

    model: str
    compute: str
    fingerprint: str
    texts: int
    dimension: int
    resumed: int
    changed: tuple[str, ...]
    cut: int
    tokens: int
    seconds: float
    skipped: tuple[Skipped, ...]
    output: Path | None
    vectors: NDArray[np.float32] | None
    truncation: Truncated | None = None

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values.

        Keys: `output` (or null), `texts`, `dimension`, `resumed`, `changed`, `cut`, `skipped`
        (each with `source`, `line`, `reason`, `hint`), `tokens`, `model`, `compute`,
        `fingerprint`, `seconds`, and if no file was written, `vectors` and `truncation`
        (`limit`, and for each text `seen` and `read`, all in tokens).
        """
        plain: dict[str, Any] = {
            "output": str(located(self.output)) if self.output else None,
            "texts": self.texts,
            "dimension": self.dimension,
            "resumed": self.resumed,
            "changed": list(self.changed),
            "cut": self.cut,
            "skipped": [asdict(row) for row in self.skipped],
            "tokens": self.tokens,
            "model": self.model,
            "compute": self.compute,
            "fingerprint": self.fingerprint,
            "seconds": round(self.seconds, 3),
        }
        if self.vectors is not None:
            plain["vectors"] = [[float(f"{x:.9g}") for x in row] for row in self.vectors.tolist()]
        if self.truncation is not None:
            plain["truncation"] = asdict(self.truncation)
        return plain


def encode(request: EncodeRequest, session: Session) -> EncodeResult:
    """Encode texts, into a file or into memory.

    A file of texts is never read into memory as a whole. If interrupted, the same request
    with an output continues from the last save.

    Raises:
        InputError: no texts, both kinds of them, or a file without an output.
        RecordError: the file, or a row in it, cannot be read.
        TextError: a text cannot be encoded.
        TooLongError: a text is over the limit and `truncation` is `error`.
        CheckpointError: the model cannot be used.
        EngineError: a vector is not finite.
        OutputError: the output cannot be written, or another process is writing it.
    """
    _check(request)
    skipped = SkippedRows() if request.skip_bad else None
    with session.executor(request) as available:
        executor = available if request.file else None
        if request.file and request.output and object_address(request.output):
            executor = executor or LocalExecutor()  # fragments are the way onto an object store
        total = None if executor else _count(request, session, skipped)
        first = _first(request, session)
        encoder = session.encoder(request)
        among = "texts" if total == len(first) else "texts at the start"
        report_scripts(session, encoder, first, among=among)
        memory = None
        try:
            if executor:
                embedded = _encode_ranges(request, session, encoder, executor, skipped)
            else:
                with session.progress(total, title="encoding") as progress:
                    embedded, memory = _encode(request, session, encoder, progress)
        except (KeyboardInterrupt, CancelledError):
            _report_stopped(request, session)
            raise
    _report(session, encoder, embedded, request.output)
    return EncodeResult(
        encoder.name, encoder.compute, encoder.fingerprint, embedded.texts, embedded.dimension,
        embedded.resumed, embedded.changed, embedded.cut, embedded.tokens, embedded.seconds,
        tuple(skipped.rows) if skipped else (), request.output,
        memory.vectors if memory else None, memory.truncation if memory else None,
    )  # fmt: skip


def _check(request: EncodeRequest) -> None:
    if request.file and request.texts:
        raise InputError("texts are given twice", hint="give a file or --text, not both")
    if not request.file and not request.texts:
        raise InputError("there are no texts", hint="give a file, or texts with --text")
    if request.output:
        check_target(request.output, VECTOR_FORMATS, objects=request.file is not None)
        check_not_input(request.output, [request.file])
    elif request.file:
        raise InputError(
            f"no output for the vectors of {located(request.file)}",
            hint="name one with -o, such as -o vectors.npy",
        )


def _count(request: EncodeRequest, session: Session, skipped: SkippedRows | None) -> int:
    """The number of texts; rows that cannot be read are reported."""
    if not request.file:
        return len(request.texts)
    total = count_texts(
        request.file, column=request.column, encoding=request.encoding, on_error=skipped
    )
    if skipped:
        skipped.report(session)
    return total


def _first(request: EncodeRequest, session: Session) -> list[str]:
    """The texts at the start; the column that was guessed is reported."""
    if not request.file:
        return list(request.texts[:CHECKED])
    records = read_records(
        request.file, column=request.column, encoding=request.encoding, on_error=_skip(request)
    )
    first = list(islice(records, CHECKED))
    if not first:
        raise InputError(
            f"{located(request.file)} holds no text", hint="give a file with one text per line"
        )
    report_column(session, first[0], request.file, request.column)
    return [record.text for record in first]


@dataclass(frozen=True, eq=False)
class _InMemory:
    vectors: NDArray[np.float32]
    truncation: Truncated


def _encode(
    request: EncodeRequest, session: Session, encoder: Encoder, progress: Progress
) -> tuple[Embedded, _InMemory | None]:
    """The texts encoded into the output, or else the vectors."""
    prompt = None if request.role == "none" else encoder.role_prompt(request.role)
    if not request.output:
        return _in_memory(request, encoder, prompt, progress)

    def report_file(text: str) -> None:
        session.message("file", text)

    if request.file:
        embedded = embed_file(
            encoder, request.file, request.output,
            column=request.column, encoding=request.encoding, on_error=_skip(request),
            prompt_name=prompt, truncation=request.truncation,
            escape_formulas=request.escape_formulas, on_message=report_file, progress=progress,
        )  # fmt: skip
    else:
        embedded = embed_texts(
            encoder, lambda: iter(request.texts), request.output, identity=_hash(request.texts),
            prompt_name=prompt, truncation=request.truncation,
            escape_formulas=request.escape_formulas, on_message=report_file, progress=progress,
        )  # fmt: skip
    return embedded, None


def _encode_ranges(
    request: EncodeRequest,
    session: Session,
    encoder: Encoder,
    executor: Executor,
    skipped: SkippedRows | None,
) -> Embedded:
    """The file encoded into the output, by the workers of an executor."""
    assert request.file
    assert request.output
    embedded = embed_ranges(
        executor, encoder, request.file, request.output,
        column=request.column, encoding=request.encoding, on_error=skipped,
        prompt_name=None if request.role == "none" else encoder.role_prompt(request.role),
        truncation=request.truncation, escape_formulas=request.escape_formulas,
        on_message=lambda text: session.message("file", text), progress=session.progress,
    )  # fmt: skip
    if skipped:
        skipped.report(session)
    return embedded


def _in_memory(
    request: EncodeRequest, encoder: Encoder, prompt: str | None, progress: Progress
) -> tuple[Embedded, _InMemory]:
    started = time.perf_counter()
    parts = list(
        encoder.encode_stream(
            request.texts, prompt, truncation=request.truncation, progress=progress
        )
    )
    vectors = np.concatenate([part.vectors for part in parts])
    check_finite(vectors, encoder.name)
    cut = sum(int((part.kept < part.seen).sum()) for part in parts)
    tokens = sum(int(part.kept.sum()) for part in parts)
    seconds = time.perf_counter() - started
    count, dimension = vectors.shape
    receipt = Truncated(
        encoder.max_seq_length,
        tuple(int(seen) for part in parts for seen in part.seen),
        tuple(int(read) for part in parts for read in part.kept),
    )
    embedded = Embedded(Path(), count, dimension, 0, (), cut, tokens, seconds)
    return embedded, _InMemory(vectors, receipt)


def _skip(request: EncodeRequest) -> OnError | None:
    """Leaves out rows that cannot be read; they were reported when the texts were counted."""
    return (lambda _: None) if request.skip_bad else None


def _hash(texts: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        encoded = text.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "little") + encoded)
    return digest.hexdigest()


def _report_stopped(request: EncodeRequest, session: Session) -> None:
    saved = 0
    if request.output:
        saved = saved_texts(request.output) or saved_ranges(request.output)
    if saved:
        text = f"stopped; {counted(saved, 'text')} saved, and the same command resumes there"
    else:
        text = "stopped before anything was saved"
    session.message("stopped", text, saved=saved)


def _report(session: Session, encoder: Encoder, result: Embedded, output: Path | None) -> None:
    seconds = max(result.seconds, 1e-9)
    if output:
        session.message(
            "wrote",
            f"wrote {counted(result.texts, 'vector')} of {counted(result.dimension, 'dimension')} "
            f"to {located(output)} ({result.seconds:.1f} s, "
            f"{(result.texts - result.resumed) / seconds:,.0f} texts/s, "
            f"{result.tokens / seconds:,.0f} tokens/s)",
            vectors=result.texts, dimension=result.dimension, output=str(located(output)),
        )  # fmt: skip
    if result.changed:
        what = " and ".join(name.replace("_", "-") for name in result.changed)
        session.message(
            "restarted", f"started from the beginning, since the earlier run's {what} differed",
            changed=list(result.changed),
        )  # fmt: skip
    if result.resumed:
        was = "was" if result.resumed == 1 else "were"
        session.message(
            "resumed", f"{result.resumed:,} of them {was} done by an earlier run",
            resumed=result.resumed,
        )  # fmt: skip
    report_cut(session, encoder, result.cut, result.texts)
