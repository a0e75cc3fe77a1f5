"""Draw a collection by its own model and by another one: what has other neighbors."""

from __future__ import annotations

from dataclasses import KW_ONLY, asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from likewise.analysis.embedded_corpus import embed_records
from likewise.analysis.projection.coloring import shades
from likewise.analysis.projection.points import points_of, write_points
from likewise.analysis.projection.two_models import TwoModels, map_two_models
from likewise.data.chunking import with_title
from likewise.data.records import Record
from likewise.data.writers import check_target
from likewise.extras import require
from likewise.operations.cluster import Seed
from likewise.operations.collection import CollectionRequest, Where
from likewise.operations.collection_corpus import CollectionCorpus, StoredText, collection_corpus
from likewise.operations.contract import ComputeName, Field, ModelRequest
from likewise.operations.session import Session

SHOWN = 3
"""Neighbors that are shown of each text, by each model."""

SHARED = "neighbors in common"
"""Column of the points that says how many neighbors the models share."""


@dataclass(frozen=True)
class ContrastRequest(CollectionRequest):
    """A collection, and another model to draw it by."""

    model: Annotated[
        str, Field("The other model: catalogue name, hub id or folder.", positional=True,
                   metavar="MODEL"),
    ]  # fmt: skip
    _: KW_ONLY
    output: Annotated[
        Path, Field("The .points file of both maps.", short="-o", local=True, output=True)
    ]
    compute: Annotated[ComputeName, Field("Number format of the network; float16 needs a GPU.")] = (
        "auto"
    )
    device: Annotated[str, Field("Where to run: auto, cpu, or with torch cuda or mps.")] = "auto"
    top: Annotated[int, Field("How many texts that moved are listed.", short="-k", minimum=1)] = 50
    where: Where = None
    seed: Seed = 0


@dataclass(frozen=True)
class MovedChunk:
    """A chunk that has other neighbors by the other model.

    Attributes:
        shared: share of its nearest neighbors that both models have.
        chunk: the chunk.
        before: nearest by the collection's model that are not so by the other one.
        after: nearest by the other model that are not so by the collection's.
    """

    shared: float
    chunk: StoredText
    before: tuple[StoredText, ...]
    after: tuple[StoredText, ...]


@dataclass(frozen=True)
class ContrastResult:
    """A collection by two models.

    Attributes:
        collection: its name.
        own: its model.
        model: the other one.
        chunks: how many were compared.
        neighbors: how many neighbors of each were compared.
        shared: mean share of neighbors that both models have.
        moved: the chunks with the fewest neighbors in common, fewest first; copies count once.
        output: the file that was written.
    """

    collection: str
    own: str
    model: str
    chunks: int
    neighbors: int
    shared: float
    moved: tuple[MovedChunk, ...]
    output: Path

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: all attributes."""
        return {**asdict(self), "output": str(self.output)}


def collections_contrast(request: ContrastRequest, session: Session) -> ContrastResult:
    """Draw a collection by its stored vectors and by those of another model, side by side.

    The collection does not change. The texts are encoded with the other model once, then cached.

    Raises:
        InputError: too few different texts, a bad condition, or an unusable output.
        CollectionNotFoundError: no collection has this name.
        CollectionError: the collection cannot be read.
        CheckpointError: the model cannot be used.
        OutputError: the output or the cache cannot be written.
        MissingExtraError: the extra `explore` is not installed.
    """
    check_target(request.output, {"points": write_points})
    require("graspologic_native", "explore")
    require("openTSNE", "explore")
    collection = session.reader(request.name, store=request.store)
    encoder = session.encoder(
        ModelRequest(model=request.model, compute=request.compute, device=request.device)
    )
    found = collection_corpus(session, collection, where=request.where)
    read = [Record(with_title(each.title, each.text)) for each in found.corpus.records]
    other = embed_records(
        encoder, read, prompt_name=encoder.role_prompt("document"), progress=session.progress
    )
    both = map_two_models(found.corpus, other.vectors, seed=request.seed, progress=session.progress)
    points = points_of(both.map, found.ids)
    coloring = shades(SHARED, both.shared.tolist(), 0.0, 1.0)
    columns = (coloring, *points.columns)
    write_points(request.output, replace(points, other=both.positions, columns=columns))
    return ContrastResult(
        request.name, collection.manifest.model, encoder.name, len(found.corpus), both.neighbors,
        round(float(both.shared.mean()), 4), _moved(both, found, request.top), request.output,
    )  # fmt: skip


def _moved(both: TwoModels, found: CollectionCorpus, top: int) -> tuple[MovedChunk, ...]:
    """The texts with the fewest neighbors in common, each once."""
    _, first = np.unique([record.text for record in found.corpus.records], return_index=True)
    rows = np.sort(first)
    chosen = rows[np.argsort(both.shared[rows], kind="stable")[:top]]
    return tuple(
        MovedChunk(
            round(float(both.shared[row]), 4), found.text(row),
            _only(both.before[row].tolist(), both.after[row].tolist(), found),
            _only(both.after[row].tolist(), both.before[row].tolist(), found),
        )
        for row in chosen.tolist()
    )  # fmt: skip


def _only(rows: list[int], others: list[int], found: CollectionCorpus) -> tuple[StoredText, ...]:
    return tuple(found.text(row) for row in rows if row not in others)[:SHOWN]
