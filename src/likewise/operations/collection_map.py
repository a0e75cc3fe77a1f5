"""Draw a collection as a map: a coarse one at once, then the whole one."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Annotated, Any

from likewise.analysis.clustering.cluster import ClusterSettings
from likewise.analysis.projection.map import Map, make_map, write_map_table
from likewise.analysis.projection.map_page import write_page
from likewise.analysis.projection.points import Points, points_of, write_points
from likewise.analysis.projection.projection import Method, principal_plane
from likewise.data.writers import TABLE_FORMATS, check_target
from likewise.extras import require
from likewise.operations.cluster import Seed
from likewise.operations.collection import CollectionRequest, Where
from likewise.operations.collection_corpus import CollectionCorpus, collection_corpus
from likewise.operations.contract import Field
from likewise.operations.session import Session

POINTS = ".points"
FORMATS: dict[str, Any] = {"points": write_points, "html": write_page, **TABLE_FORMATS}


@dataclass(frozen=True)
class CollectionMapRequest(CollectionRequest):
    """A collection to draw as a map."""

    _: KW_ONLY
    output: Annotated[
        Path,
        Field(
            "The .html page, a table, or .points for the workspace.",
            short="-o", local=True, output=True,
        ),
    ]  # fmt: skip
    method: Annotated[Method, Field("t-SNE, or PCA for a coarse map at once.")] = "tsne"
    clusters: Annotated[int | None, Field("Number of clusters.", short="-k", minimum=1)] = None
    where: Where = None
    seed: Seed = 0


@dataclass(frozen=True)
class CollectionMapResult:
    """A map of a collection.

    Attributes:
        collection: its name.
        map: the points, their colors and labels.
        output: the file that was written.
    """

    collection: str
    map: Map
    output: Path

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values; the points are in the output.

        Keys: `collection`, `output`, `points`, `method`, `trustworthiness`, `clusters`,
        `unclustered`.
        """
        return {
            "collection": self.collection,
            "output": str(self.output),
            "points": len(self.map.records),
            "method": self.map.projection.method,
            "trustworthiness": self.map.projection.trustworthiness,
            "clusters": len(self.map.clustering.topics),
            "unclustered": self.map.clustering.unclustered,
        }


def collections_map(request: CollectionMapRequest, session: Session) -> CollectionMapResult:
    """Project the chunks of a collection onto a plane, from their stored vectors.

    As .points, the principal components are written first and the map replaces them; the message
    `coarse` reports it.

    Raises:
        InputError: too few different texts, a bad condition, or an unusable output.
        CollectionNotFoundError: no collection has this name.
        CollectionError: the collection cannot be read.
        OutputError: the output cannot be written.
        MissingExtraError: the extra `explore` is not installed.
    """
    check_target(request.output, FORMATS)
    require("graspologic_native", "explore")
    require("openTSNE", "explore")
    collection = session.reader(request.name, store=request.store)
    found = collection_corpus(session, collection, where=request.where)
    corpus = found.corpus
    if request.output.suffix == POINTS:
        coarse = Points(found.ids, corpus.records, principal_plane(corpus.vectors), "pca")
        write_points(request.output, coarse)
        session.message("coarse", f"wrote a coarse map to {request.output}")
    drawn = make_map(
        corpus, method=request.method, progress=session.progress,
        choices=ClusterSettings(request.clusters, runs=0, seed=request.seed),
    )  # fmt: skip
    _write(request, drawn, found)
    return CollectionMapResult(request.name, drawn, request.output)


def _write(request: CollectionMapRequest, drawn: Map, found: CollectionCorpus) -> None:
    suffix = request.output.suffix.lower()
    if suffix == POINTS:
        write_points(request.output, points_of(drawn, found.ids))
    elif suffix == ".html":
        write_page(request.output, drawn, title=request.name)
    else:
        write_map_table(request.output, drawn)
