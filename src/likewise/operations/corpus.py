"""The texts of files with their vectors, for operations over a whole corpus."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from likewise.analysis.embedded_corpus import EmbeddedCorpus, embed_corpus, embed_records
from likewise.data.records import Unit
from likewise.encoder import Encoder
from likewise.errors import InputError
from likewise.executor import Executor
from likewise.operations.contract import Field
from likewise.operations.messages import report_cut, report_scripts
from likewise.operations.session import Session
from likewise.operations.texts import SkippedRows, records_of, report_column

Files = Annotated[
    tuple[str, ...],
    Field(
        "Files of texts, folders, patterns or s3://…; - is stdin.",
        positional=True, metavar="FILE...", local=True,
    ),
]  # fmt: skip

Texts = Annotated[
    tuple[str, ...],
    Field("A text, in place of files; repeat it.", flag="--text", metavar="TEXT"),
]


def check_sources(files: Sequence[str], texts: Sequence[str], *, command: str) -> None:
    """Refuse a request that has neither files nor texts, or both.

    Raises:
        InputError: it has.
    """
    if files and texts:
        raise InputError("texts are given twice", hint="give files or texts, not both")
    if not files and not texts:
        raise InputError(
            "there are no texts", hint=f"{command} FILE; or give texts, each with --text"
        )


def embed_given(session: Session, encoder: Encoder, texts: Sequence[str]) -> EmbeddedCorpus:
    """Encode the texts of a request; what was truncated or unknown is reported.

    Raises:
        OutputError: the cache cannot be written.
    """
    corpus = embed_records(encoder, records_of(texts), progress=session.progress)
    report_cut(session, encoder, corpus.cut, corpus.encoded)
    report_scripts(session, encoder, corpus.texts)
    return corpus


def embed_sources(
    session: Session,
    encoder: Encoder,
    files: Sequence[str],
    column: str | None,
    *,
    unit: Unit = "auto",
    skipped: SkippedRows | None = None,
    executor: Executor | None = None,
) -> EmbeddedCorpus:
    """Read files and encode their texts; what was guessed, truncated or unknown is reported.

    Args:
        session: takes progress and messages.
        encoder: the model.
        files: files, folders and patterns.
        column: the column of the texts; detected if None.
        unit: what a record is, as in `read_records`.
        skipped: collects rows that cannot be read; without it the first one is an error.
        executor: encodes the texts, and does what is derived from them; None does without.

    Raises:
        RecordError: a file, or a row in it, cannot be read.
        InputError: there is no text in them, or no such column.
        OutputError: the cache cannot be written.
    """
    corpus = embed_corpus(
        encoder, files, column=column, unit=unit, on_error=skipped, executor=executor,
        progress=session.progress,
    )  # fmt: skip
    first = corpus.records[0]
    report_column(session, first, Path(first.source), column)
    report_cut(session, encoder, corpus.cut, corpus.encoded)
    report_scripts(session, encoder, corpus.texts)
    return corpus
