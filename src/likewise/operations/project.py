"""Draw texts as a map: a projection of their vectors onto a plane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from likewise.analysis.clustering.cluster import ClusterSettings
from likewise.analysis.projection.map import Map, atlas_command, make_map, write_map_table
from likewise.analysis.projection.map_page import write_page
from likewise.analysis.projection.projection import Method
from likewise.data.writers import TABLE_FORMATS, check_target
from likewise.extras import require
from likewise.operations.cluster import Seed
from likewise.operations.contract import Field, JobRequest
from likewise.operations.corpus import Files, embed_sources
from likewise.operations.session import Session
from likewise.operations.texts import Column, EscapeFormulas, check_not_input
from likewise.progress import MessageCallback
from likewise.wording import counted

FORMATS: dict[str, Callable[..., object]] = {"html": write_page, **TABLE_FORMATS}


@dataclass(frozen=True, kw_only=True)
class ProjectRequest(JobRequest):
    """Files to draw as a map."""

    files: Files
    output: Annotated[
        Path,
        Field(
            "The .html page, or .parquet, .csv, .json, .jsonl.", short="-o", local=True, output=True
        ),
    ]
    method: Annotated[Method, Field("t-SNE, or PCA for a coarse map at once.")] = "tsne"
    color: Annotated[str | None, Field("A column to color by; clusters if none is named.")] = None
    clusters: Annotated[int | None, Field("Number of clusters.", short="-k", minimum=1)] = None
    title: Annotated[str | None, Field("The page's heading.")] = None
    seed: Seed = 0
    column: Column = None
    escape_formulas: EscapeFormulas = True


@dataclass(frozen=True)
class ProjectResult:
    """A map of texts.

    Attributes:
        model: name of the model.
        compute: number format of its network.
        map: the points, their colors and labels.
        title: heading of a page.
        output: the page or table that was written.
    """

    model: str
    compute: str
    map: Map
    title: str
    output: Path

    @property
    def atlas_command(self) -> str | None:
        """The command that opens the output in embedding-atlas, if that is possible."""
        parquet = self.output.suffix.lower() == ".parquet"
        return atlas_command(self.output, self.map) if parquet else None

    def write(
        self,
        output: str | Path,
        *,
        escape_formulas: bool = True,
        on_message: MessageCallback | None = None,
    ) -> ProjectResult:
        """Write the map to another file.

        Args:
            output: an `.html` page, or a `.parquet`, `.csv`, `.json` or `.jsonl` table.
            escape_formulas: in `.csv`, put an apostrophe before what a spreadsheet would run.
            on_message: called with what was escaped.

        Raises:
            InputError: an unknown format.
            OutputError: the file cannot be written.
        """
        path = Path(output)
        check_target(path, FORMATS)
        if path.suffix.lower() == ".html":
            write_page(path, self.map, title=self.title)
        else:
            write_map_table(path, self.map, escape_formulas=escape_formulas, on_message=on_message)
        return replace(self, output=path)

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values; the points are in the output.

        Keys: `model`, `compute`, `output`, `texts`, `method`, `trustworthiness`, `sampled` (texts
        it was measured on), `placed` (distinct texts that the method placed), `clusters`,
        `unclustered` and `atlas_command`.
        """
        return {
            "model": self.model,
            "compute": self.compute,
            "output": str(self.output),
            "texts": len(self.map.records),
            "method": self.map.projection.method,
            "trustworthiness": self.map.projection.trustworthiness,
            "sampled": self.map.projection.sampled,
            "placed": self.map.projection.placed,
            "clusters": len(self.map.clustering.topics),
            "unclustered": self.map.clustering.unclustered,
            "atlas_command": self.atlas_command,
        }


def project(request: ProjectRequest, session: Session) -> ProjectResult:
    """Project texts onto a plane on which similar texts are near each other, and write the map.

    Raises:
        InputError: too few different texts, an unknown column, or an unusable output.
        RecordError: a file cannot be read.
        OutputError: the output cannot be written.
        CheckpointError: the model cannot be used.
        MissingExtraError: the extra `explore` is not installed.
    """
    check_target(request.output, FORMATS)
    check_not_input(request.output, request.files)
    require("graspologic_native", "explore")  # before hours of encoding
    require("openTSNE", "explore")
    encoder = session.encoder(request)
    with session.executor(request) as executor:
        corpus = embed_sources(session, encoder, request.files, request.column, executor=executor)
        drawn = make_map(
            corpus, method=request.method, color=request.color, progress=session.progress,
            choices=ClusterSettings(request.clusters, runs=0, seed=request.seed),
        )  # fmt: skip
    title = request.title or Path(request.files[0]).stem
    result = ProjectResult(encoder.name, encoder.compute, drawn, title, request.output).write(
        request.output,
        escape_formulas=request.escape_formulas,
        on_message=lambda text: session.message("file", text),
    )
    _report(session, result)
    return result


def _report(session: Session, result: ProjectResult) -> None:
    texts, projection = len(result.map.records), result.map.projection
    if opens := result.atlas_command:
        session.message("atlas_command", f"to open it: {opens}", command=opens)
    session.message(
        "wrote", f"wrote {result.output}, a map of {counted(texts, 'text')}",
        output=str(result.output), texts=texts,
    )  # fmt: skip
    if projection.trustworthiness is not None:
        session.message(
            "trustworthiness",
            f"trustworthiness {projection.trustworthiness:.3f} on {projection.sampled:,} texts "
            "(1: neighbors on the map are neighbors by similarity; 0.5: chance)",
            trustworthiness=projection.trustworthiness, sampled=projection.sampled,
        )  # fmt: skip
