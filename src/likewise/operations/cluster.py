"""Group texts into clusters, and name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from likewise.analysis.clustering.cluster import ClusterSettings
from likewise.analysis.clustering.cluster import cluster as find_clusters
from likewise.analysis.clustering.clusters import Clusters
from likewise.analysis.neighbors.sample import MOST
from likewise.data.records import Record
from likewise.data.tabular import records_table
from likewise.data.writers import TABLE_FORMATS, check_target, write_table
from likewise.extras import require
from likewise.operations.contract import Field, JobRequest
from likewise.operations.corpus import Files, Texts, check_sources, embed_given, embed_sources
from likewise.operations.session import Session
from likewise.operations.texts import Column, EscapeFormulas, check_not_input
from likewise.progress import MessageCallback
from likewise.wording import counted

Seed = Annotated[int, Field("The same seed gives the same result.", minimum=0, maximum=2**31 - 1)]


@dataclass(frozen=True, kw_only=True)
class ClusterRequest(JobRequest):
    """Files or texts to cluster."""

    files: Files = ()
    texts: Texts = ()
    clusters: Annotated[
        int | None,
        Field("Number of clusters; found automatically by default.", short="-k", minimum=1),
    ] = None
    resolution: Annotated[
        float, Field("2 gives twice as many clusters as are found automatically, 0.5 half as many.")
    ] = 1.0
    levels: Annotated[int, Field("Depth of the tree of topics.", minimum=1)] = 2
    assign_all: Annotated[bool, Field("Leave no text unclustered.", flag="--assign-all")] = False
    smallest: Annotated[int | None, Field("Minimum number of texts in a cluster.", minimum=1)] = (
        None
    )
    runs: Annotated[
        int, Field("Repetitions that measure how stable the clusters are.", minimum=0)
    ] = 5
    seed: Seed = 0
    output: Annotated[
        Path | None,
        Field(
            "Each text with its cluster: .csv, .jsonl, .parquet.",
            short="-o",
            local=True,
            output=True,
        ),
    ] = None
    column: Column = None
    escape_formulas: EscapeFormulas = True


@dataclass(frozen=True)
class ClusterResult:
    """The clusters of a corpus.

    Attributes:
        model: name of the model.
        compute: number format of its network.
        clusters: the clusters and their topics.
        records: n records, in the order of their files.
        output: the table that was written.
    """

    model: str
    compute: str
    clusters: Clusters
    records: Sequence[Record] = field(repr=False)
    output: Path | None = None

    def relabel(self, names: Mapping[int | str, str]) -> ClusterResult:
        """The same clusters under other names; see `Clusters.relabel`. Nothing is written.

        Raises:
            InputError: there is no such cluster, or a name is empty.
        """
        return replace(self, clusters=self.clusters.relabel(names), output=None)

    def at(self, count: int) -> ClusterResult:
        """Fewer or more clusters of the same hierarchy; see `Clusters.at`. Nothing is written.

        Raises:
            InputError: below 1, or more than the hierarchy has leaves.
        """
        return replace(self, clusters=self.clusters.at(count), output=None)

    def at_level(self, level: int) -> ClusterResult:
        """The topics of a level as clusters; see `Clusters.at_level`. Nothing is written.

        Raises:
            InputError: the level is below 1.
        """
        return replace(self, clusters=self.clusters.at_level(level), output=None)

    def columns(self) -> dict[str, Sequence[object]]:
        """`cluster`, `topic`, `example`, `subtopic` and `strength` of each text, by column.

        The example is a typical text of its cluster.
        """
        found = self.clusters
        examples = [self.records[topic.exemplars[0]].text for topic in found.topics] + [""]
        return {
            "cluster": found.labels.tolist(),
            "topic": found.names,
            "example": [examples[label] for label in found.labels.tolist()],
            "subtopic": found.paths,
            "strength": [round(float(x), 4) for x in found.strengths],
        }

    def write(
        self,
        output: str | Path,
        *,
        escape_formulas: bool = True,
        on_message: MessageCallback | None = None,
    ) -> ClusterResult:
        """Write each text with its cluster, after its other columns.

        Args:
            output: a `.csv`, `.json`, `.jsonl` or `.parquet` file.
            escape_formulas: in `.csv`, put an apostrophe before what a spreadsheet would run.
            on_message: called with what was escaped.

        Raises:
            InputError: an unknown format.
            OutputError: the file cannot be written.
        """
        write_table(
            output, records_table(self.records, self.columns()),
            escape_formulas=escape_formulas, on_message=on_message,
        )  # fmt: skip
        return replace(self, output=Path(output))

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values.

        Keys: `model`, `compute`, `texts`, `clusters` and `unclustered` (counts), `method`, `seed`,
        `divided` (distinct texts among which clusters were looked for), `stability`, `granularity`
        (`clusters`, the number found automatically; `low` and `high`, the range that is nearly as
        good; `silhouette`; and the `candidates` that were compared), `hierarchy` (`leaves`, and
        `merges`: node `leaves + i` joins the nodes of the pair `i`; for given texts also the leaf
        of each as `labels`, null for files), `topics` (a tree; each topic has `id`, `level`,
        `name`, `terms`, `size`, `exemplars`, `cohesion`, `stability` and `topics`), `labels` (the
        cluster of each text, -1 for none; null for files, where the output has them) and `output`.
        """
        texts = [record.text for record in self.records]
        given = not any(record.source for record in self.records)
        found = self.clusters.to_dict(texts)
        leaves = self.clusters.hierarchy.material.leaves
        found["hierarchy"]["labels"] = leaves.tolist() if given else None
        return {
            "model": self.model,
            "compute": self.compute,
            **found,
            "labels": self.clusters.labels.tolist() if given else None,
            "output": str(self.output) if self.output else None,
        }


def cluster(request: ClusterRequest, session: Session) -> ClusterResult:
    """Group texts by their nearest neighbors, and name the groups.

    Raises:
        InputError: no texts, too few different ones, a setting out of range, or an unusable
            output.
        RecordError: a file cannot be read.
        OutputError: the output cannot be written.
        CheckpointError: the model cannot be used.
        MissingExtraError: the extra `explore` is not installed.
    """
    check_sources(request.files, request.texts, command="likewise cluster")
    if request.output:
        check_target(request.output, TABLE_FORMATS)
        check_not_input(request.output, request.files)
    require("graspologic_native", "explore")  # before hours of encoding
    encoder = session.encoder(request)
    settings = ClusterSettings(
        request.clusters, request.resolution, request.levels, request.assign_all,
        request.smallest, request.runs, request.seed,
    )  # fmt: skip
    with session.executor(request) as executor:
        if request.texts:
            corpus = embed_given(session, encoder, request.texts)
        else:
            corpus = embed_sources(
                session, encoder, request.files, request.column, executor=executor
            )
        found = find_clusters(corpus, settings, progress=session.progress)
    result = ClusterResult(encoder.name, encoder.compute, found, corpus.records)
    _report(session, found)
    if request.output:
        result = result.write(
            request.output,
            escape_formulas=request.escape_formulas,
            on_message=lambda text: session.message("file", text),
        )
        rows = len(corpus)
        session.message(
            "wrote", f"wrote {counted(rows, 'row')} to {request.output}",
            rows=rows, output=str(request.output),
        )  # fmt: skip
    return result


def _report(session: Session, found: Clusters) -> None:
    texts, clusters = len(found.labels), len(found.topics)
    text = f"{counted(texts, 'text')} in {counted(clusters, 'cluster')}"
    if found.unclustered:
        text += f", {found.unclustered:,} unclustered (--assign-all leaves none)"
    session.message("clusters", text, texts=texts, clusters=clusters, unclustered=found.unclustered)
    if found.divided == MOST < texts:
        session.message(
            "sample",
            f"clusters were looked for among {MOST:,} texts; the others joined those of their "
            "neighbors",
            texts=MOST,
        )
    if clusters == 1:
        session.message(
            "one_cluster",
            "these texts form a single cluster; choose more with -k, or raise --resolution",
        )
    sure = found.granularity
    if clusters == sure.clusters and sure.low < sure.high:
        session.message(
            "granularity",
            f"{sure.low} to {sure.high} clusters are nearly as good; -k chooses another number",
            low=sure.low, high=sure.high,
        )  # fmt: skip
    if stable := found.stability:
        session.message(
            "stability",
            f"{stable.runs} repetitions on four fifths of the texts agree with these clusters to "
            f"{stable.rand_index:.2f} (adjusted Rand index; 1 is the same, 0 is chance)",
            runs=stable.runs, rand_index=stable.rand_index,
        )  # fmt: skip
