"""Find out which model, prompt, truncation or mistake made given vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

from likewise.analysis.diagnosis.decoding import Decoding, decodings
from likewise.analysis.diagnosis.findings import Finding, findings
from likewise.analysis.diagnosis.limits import LimitedModels
from likewise.analysis.diagnosis.matching import agreement
from likewise.analysis.diagnosis.variants import VariantEncoder, best_variant
from likewise.checkpoint.inventory import inventory
from likewise.data.vector_files import StoredVectors, read_stored_vectors
from likewise.encoder import Encoder
from likewise.errors import InputError, LikewiseError
from likewise.hub.catalog import CATALOG
from likewise.operations.contract import Field
from likewise.operations.session import Session
from likewise.operations.texts import Column, read_file
from likewise.wording import counted

RELATED = 0.5
"""Least median cosine at which a model is worth a closer look."""
KNOWN = 0.98
"""Least median cosine at which the model counts as found."""

Verdict = Literal["known", "similar", "unknown"]


@dataclass(frozen=True)
class DiagnoseRequest:
    """Vectors, and the texts they were made of."""

    vectors: Annotated[
        Path,
        Field(
            "Vectors: .npy, .npz, .parquet, .jsonl or .csv.",
            positional=True, metavar="VECTORS", local=True,
        ),
    ]  # fmt: skip
    texts: Annotated[
        Path | None,
        Field("Their texts, in the same order; where the vectors' file has none.", local=True),
    ] = None
    models: Annotated[
        tuple[str, ...],
        Field("A model to try; repeat it. All on this machine by default.", flag="--model",
              short="-m", metavar="MODEL"),
    ] = ()  # fmt: skip
    rows: Annotated[int, Field("How many rows to compare, from the start.", minimum=1)] = 64
    vectors_column: Annotated[
        str | None, Field("The column of vectors; detected if not given.")
    ] = None
    column: Column = None


@dataclass(frozen=True)
class TriedModel:
    """A model that was compared.

    Attributes:
        name: its name.
        dimension: of its vectors.
        cosine: median cosine of its vectors to those of the file; None if it has too few
            dimensions, or could not be used.
        problem: why it could not be used.
    """

    name: str
    dimension: int | None
    cosine: float | None
    problem: str | None = None


@dataclass(frozen=True)
class DiagnoseResult:
    """What made the vectors.

    Attributes:
        verdict: `known`, `similar` (a model is near, but something differs) or `unknown`.
        model: the model that made them; the nearest one if it is not known.
        rows: rows that were compared.
        dimensions: numbers of a vector in the file.
        mean: mean cosine to what the model makes in the way that was found.
        minimum: the least one.
        findings: what was found about them.
        tried: the models that were compared, the nearest first.
    """

    verdict: Verdict
    model: str | None
    rows: int
    dimensions: int
    mean: float | None
    minimum: float | None
    findings: tuple[Finding, ...]
    tried: tuple[TriedModel, ...]

    @property
    def summary(self) -> str:
        """The verdict in a sentence."""
        if self.verdict == "unknown":
            return "unknown: none of the models on this machine made these vectors of these texts"
        if self.verdict == "similar":
            return f"similar to {self.model}, but not what it makes in any way that was tried"
        wrong = [each for each in self.findings if each.advice]
        return f"made by {self.model}" + ("" if wrong else ", and nothing is wrong with them")

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values.

        Keys: `verdict`, `summary`, `model`, `rows`, `dimensions`, `cosine_mean`, `cosine_min`,
        `findings` (each with `code`, `text`, `advice`), `tried` (each with `name`, `dimension`,
        `cosine`, `problem`).
        """
        return {
            "verdict": self.verdict,
            "summary": self.summary,
            "model": self.model,
            "rows": self.rows,
            "dimensions": self.dimensions,
            "cosine_mean": self.mean,
            "cosine_min": self.minimum,
            "findings": [asdict(each) for each in self.findings],
            "tried": [asdict(each) for each in self.tried],
        }


@dataclass(frozen=True)
class _Candidate:
    """A model, and the way to read the file that agrees with it best."""

    name: str
    encoder: Encoder
    decoding: Decoding
    cosine: float


def diagnose(request: DiagnoseRequest, session: Session) -> DiagnoseResult:
    """Say which model on this machine made vectors, how, and what is wrong with them.

    Raises:
        InputError: the texts and the vectors are not equally many, or there are none.
        RecordError: a file cannot be read.
        CheckpointError: a model that was named cannot be used.
    """
    stored = read_stored_vectors(
        request.vectors, rows=request.rows, vector_column=request.vectors_column,
        text_column=None if request.texts else request.column,
    )  # fmt: skip
    texts = _texts(request, session, stored)
    ways = list(decodings(stored.values))
    rows, dimensions = stored.values.shape
    candidates, tried = _compare(request, session, texts, ways)
    best = max(candidates, key=lambda each: each.cosine, default=None)
    if best is None or best.cosine < RELATED:
        facts = (*_storage(stored), *_dimension_facts(dimensions))
        name = best.name if best else None
        return DiagnoseResult("unknown", name, rows, dimensions, None, None, facts, tried)
    with (
        session.progress(None, title=f"comparing with {best.name}"),
        LimitedModels(best.encoder) as limits,
    ):
        maker = VariantEncoder(best.encoder, texts, limits)
        match = best_variant(maker, best.decoding)
    if match is None:
        raise InputError(f"{best.name} cannot encode these texts", hint="try another --model")
    cosines = match.agreement.cosines
    verdict: Verdict = "known" if np.median(cosines) >= KNOWN else "similar"
    found = (*_storage(stored), *findings(maker, match, best.decoding))
    return DiagnoseResult(
        verdict, best.name, rows, dimensions, match.agreement.mean, float(cosines.min()),
        found, tried,
    )  # fmt: skip


def _texts(request: DiagnoseRequest, session: Session, stored: StoredVectors) -> list[str]:
    rows = len(stored.values)
    if request.texts is not None:
        records = read_file(session, request.texts, column=request.column)
        texts = [record.text for record in records]
        if len(texts) < rows or (len(texts) > rows and rows < request.rows):
            raise InputError(
                f"{request.texts} has {counted(len(texts), 'text')}, and {request.vectors} has "
                f"{rows:,} vectors",
                hint="give the texts the vectors were made of, in their order; is a header a text?",
            )
        return texts[:rows]
    if stored.texts is None:
        raise InputError(f"{request.vectors} has no texts", hint="give them with --texts FILE")
    return list(stored.texts)


def _compare(
    request: DiagnoseRequest, session: Session, texts: Sequence[str], ways: Sequence[Decoding]
) -> tuple[list[_Candidate], tuple[TriedModel, ...]]:
    """Every model with the way to read the file that agrees with it best."""
    names = request.models or tuple(found.name for found in inventory() if found.problem is None)
    candidates: list[_Candidate] = []
    tried: list[TriedModel] = []
    with session.progress(len(names), title="trying models", unit="models") as progress:
        for name in names:
            try:
                encoder = session.models.get(name, "float32")
                made = np.asarray(encoder.encode(list(texts), show_progress_bar=False), np.float64)
            except LikewiseError as error:
                if request.models:
                    raise
                tried.append(TriedModel(name, None, None, error.message))
                continue
            scores = [
                (float(np.median(found.cosines)), way)
                for way in ways
                if (found := agreement(way, made)) is not None
            ]
            best = max(scores, key=lambda each: each[0], default=None)
            tried.append(TriedModel(name, made.shape[1], best[0] if best else None))
            if best:
                candidates.append(_Candidate(name, encoder, best[1], best[0]))
            progress(1)
    tried.sort(key=lambda each: -2.0 if each.cosine is None else -each.cosine)
    return candidates, tuple(tried)


def _storage(stored: StoredVectors) -> tuple[Finding, ...]:
    return (Finding("base64", "the vectors are base64 text"),) if stored.base64 else ()


def _dimension_facts(dimensions: int) -> tuple[Finding, ...]:
    """Models of the catalogue with as many dimensions, to try next."""
    names = [entry.name for entry in CATALOG if entry.dimension == dimensions]
    if not names:
        return ()
    return (
        Finding(
            "dimension",
            f"models of the catalogue with {dimensions} dimensions: {', '.join(names)}",
            "download one with 'likewise download NAME' and diagnose again",
        ),
    )
