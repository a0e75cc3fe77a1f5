"""Rank candidates by their similarity to a query."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from likewise import vectors
from likewise.analysis.ranking import query_scores, rank_records
from likewise.data import write_table
from likewise.data.records import Record, Skipped
from likewise.data.writers import TABLE_FORMATS, check_target
from likewise.errors import InputError
from likewise.operations.contract import Field, ModelRequest
from likewise.operations.messages import report_scripts, report_truncated
from likewise.operations.session import Session
from likewise.operations.texts import (
    Column,
    Encoding,
    EscapeFormulas,
    SkipBad,
    SkippedRows,
    check_not_input,
    read_file,
    records_of,
)
from likewise.results import Ranked
from likewise.wording import counted

if TYPE_CHECKING:
    from likewise.encoder import Encoder


CHECKED = 1000
"""Texts at the start whose script is checked."""


@dataclass(frozen=True)
class RankRequest(ModelRequest):
    """A query, and candidates in a file or given with the request."""

    query: Annotated[str, Field("The text to look for.", positional=True, metavar="QUERY")]
    file: Annotated[
        Path | None,
        Field(
            "Candidates, one per line, or a table; - is stdin.",
            positional=True, metavar="FILE", stdin=True, local=True,
        ),
    ] = None  # fmt: skip
    candidates: Annotated[
        tuple[str, ...],
        Field("A candidate, in place of a file; repeat it.", flag="--candidate", metavar="TEXT"),
    ] = ()
    top_k: Annotated[int, Field("How many results.", short="-k", minimum=1)] = 10
    threshold: Annotated[float | None, Field("Leave out scores below this one.")] = None
    rerank: Annotated[
        str | None,
        Field("Rerank the best with a cross-encoder or a larger model.", metavar="MODEL"),
    ] = None
    column: Column = None
    encoding: Encoding = None
    skip_bad: SkipBad = False
    output: Annotated[
        Path | None,
        Field("Write a .csv, .json or .jsonl file.", short="-o", local=True, output=True),
    ] = None
    escape_formulas: EscapeFormulas = True


class EmbeddedTexts(Protocol):
    """Texts and their vectors, read as often as needed."""

    def stream(self) -> Iterator[str]:
        """The texts, from the beginning."""
        ...

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """The vectors, float32 `[k, dimension]` each, in order."""
        ...


@dataclass(frozen=True)
class RankedRow:
    """One candidate of a ranking.

    Attributes:
        rank: its place, from 1.
        score: its similarity to the query, or the reranker's score; higher is nearer.
        line: its line in the file, or its place among the given candidates, from 1.
        text: the candidate.
    """

    rank: int
    score: float
    line: int
    text: str


@dataclass(frozen=True)
class RankResult:
    """Candidates in the order of their scores.

    Attributes:
        model: name of the model.
        compute: number format of its network.
        query: what was looked for.
        total: how many candidates there were.
        rows: the best candidates.
        skipped: rows of the file that could not be read.
        output: the file that was written.
    """

    model: str
    compute: str
    query: str
    total: int
    rows: tuple[RankedRow, ...]
    skipped: tuple[Skipped, ...] = ()
    output: Path | None = None

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values.

        Keys: `model`, `compute`, `query`, `total`, `results` (each with `rank`, `score`, `line`,
        `text`), `skipped` (each with `source`, `line`, `reason`, `hint`), `output` (or null).
        """
        return {
            "model": self.model,
            "compute": self.compute,
            "query": self.query,
            "total": self.total,
            "results": [asdict(row) for row in self.rows],
            "skipped": [asdict(row) for row in self.skipped],
            "output": str(self.output) if self.output else None,
        }


def rank(request: RankRequest, session: Session) -> RankResult:
    """Rank candidates by their similarity to a query.

    Raises:
        InputError: no candidates, both kinds of them, or a threshold that is not finite.
        RecordError: the file, or a row in it, cannot be read.
        TextError: a text cannot be encoded.
        CheckpointError: a model cannot be used.
        EngineError: a score is not finite.
        OutputError: the output, or the cache of vectors, cannot be written.
    """
    _check(request)
    skipped = SkippedRows() if request.skip_bad else None
    records = _candidates(request, session, skipped)
    encoder = session.encoder(request)
    ranked = _ranked(request, session, encoder, records)
    rows = tuple(
        RankedRow(place, hit.score, records[hit.index].line, hit.text)
        for place, hit in enumerate(ranked, 1)
        if request.threshold is None or hit.score >= request.threshold
    )
    if not rows:
        session.message(
            "none", f"nothing scores {request.threshold} or more", threshold=request.threshold
        )
    _write(request, rows, session)
    texts = [request.query, *(record.text for record in records)]
    report_scripts(session, encoder, texts)
    report_truncated(session, encoder, texts)
    return RankResult(
        encoder.name, encoder.compute, request.query, len(records), rows,
        tuple(skipped.rows) if skipped else (), request.output,
    )  # fmt: skip


def rank_vectors(request: RankRequest, session: Session, candidates: EmbeddedTexts) -> RankResult:
    """As `rank`, for candidates that are encoded already; neither texts nor vectors are all held.

    Args:
        request: its query, `top_k` and `threshold` count.
        session: holds the model, which encoded the candidates.
        candidates: texts and vectors.

    Raises:
        TextError: the query cannot be encoded.
        EngineError: a score is not finite.
    """
    _check_threshold(request)
    encoder = session.encoder(request)
    scores = query_scores(encoder, request.query, candidates.blocks())
    best = vectors.top_k(scores[None], request.top_k)
    chosen = {
        int(index): float(score)
        for index, score in zip(best.indices[0], best.scores[0], strict=True)
        if request.threshold is None or score >= request.threshold
    }
    _report_first(session, encoder, request.query, candidates)
    first = islice(candidates.stream(), max(chosen, default=-1) + 1)
    texts = {index: text for index, text in enumerate(first) if index in chosen}
    rows = tuple(
        RankedRow(place, score, index + 1, texts[index])
        for place, (index, score) in enumerate(chosen.items(), 1)
    )
    return RankResult(encoder.name, encoder.compute, request.query, len(scores), rows)


def _report_first(
    session: Session, encoder: Encoder, query: str, candidates: EmbeddedTexts
) -> None:
    """Report the scripts of the query and of the candidates at the start."""
    texts = [query, *islice(candidates.stream(), CHECKED)]
    among = "texts" if len(texts) <= CHECKED else "texts at the start"
    report_scripts(session, encoder, texts[:CHECKED], among=among)


def _check_threshold(request: RankRequest) -> None:
    if request.threshold is not None and not math.isfinite(request.threshold):
        raise InputError(f"the threshold is {request.threshold}", hint="give a number, such as 0.5")


def _check(request: RankRequest) -> None:
    _check_threshold(request)
    if request.file and request.candidates:
        raise InputError("candidates are given twice", hint="give a file or --candidate, not both")
    if not request.file and not request.candidates:
        raise InputError("there are no candidates", hint="give a file, or texts with --candidate")
    if request.output:
        check_target(request.output, TABLE_FORMATS)
        check_not_input(request.output, [request.file])


def _candidates(
    request: RankRequest, session: Session, skipped: SkippedRows | None
) -> list[Record]:
    if request.file is None:
        return records_of(request.candidates)
    return read_file(
        session, request.file, column=request.column, encoding=request.encoding, skipped=skipped
    )


def _ranked(
    request: RankRequest, session: Session, encoder: Encoder, records: list[Record]
) -> list[Ranked]:
    """The best candidates, in the reranker's order if there is one."""
    if request.rerank is None:
        return rank_records(
            encoder, request.query, records, request.top_k, progress=session.progress
        )
    from likewise.collections.reranking import pool, reranked  # few need a reranker

    scorer = session.scorer(request.rerank)
    first = rank_records(
        encoder, request.query, records, pool(request.top_k), progress=session.progress
    )
    return reranked(scorer, request.query, first, request.top_k)


def _write(request: RankRequest, rows: tuple[RankedRow, ...], session: Session) -> None:
    if not request.output:
        return
    write_table(
        request.output,
        [asdict(row) for row in rows],
        escape_formulas=request.escape_formulas,
        on_message=lambda text: session.message("file", text),
    )
    session.message(
        "wrote", f"wrote {counted(len(rows), 'row')} to {request.output}",
        rows=len(rows), output=str(request.output),
    )  # fmt: skip
