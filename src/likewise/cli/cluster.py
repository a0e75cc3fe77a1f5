"""`likewise cluster`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from likewise.analysis.clustering.cluster import Clusters, ClusterSettings
from likewise.analysis.clustering.cluster import cluster as group
from likewise.analysis.clustering.topics import Topic
from likewise.cli import options
from likewise.cli.printing import note, say_json, say_table
from likewise.data import write_table
from likewise.data.records import Record
from likewise.data.tabular import records_table
from likewise.data.writers import TABLE_FORMATS, check_target
from likewise.extras import require
from likewise.hub.catalog import DEFAULT
from likewise.wording import counted

SHOWN = 3
"""Topics within a topic that the table lists."""


def cluster(
    files: options.Files,
    clusters: Annotated[
        int | None,
        typer.Option("--clusters", "-k", min=1, help="So many, by k-means; found by itself else."),
    ] = None,
    resolution: Annotated[
        float, typer.Option(help="2 gives more and smaller clusters, 0.5 fewer and larger ones.")
    ] = 1.0,
    levels: Annotated[int, typer.Option(min=1, help="Topics within topics, so deep.")] = 2,
    assign_all: Annotated[
        bool, typer.Option("--assign-all", help="Leave no text unclustered.")
    ] = False,
    smallest: Annotated[
        int | None, typer.Option(min=1, help="Texts in a cluster, at least.")
    ] = None,
    runs: Annotated[
        int, typer.Option(min=0, help="Repetitions that tell how stable the clusters are.")
    ] = 5,
    seed: Annotated[
        int, typer.Option(min=0, max=2**31 - 1, help="The same seed gives the same clusters.")
    ] = 0,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Each text with its cluster: .csv, .jsonl, .parquet."),
    ] = None,
    column: options.Column = None,
    escape_formulas: options.EscapeFormulas = True,
    model: options.Model = DEFAULT,
    compute: options.Compute = "auto",
    device: options.Device = "auto",
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Group the texts of files by what they are about, and name the groups.

    A text of whose nearest neighbours less than half are in one group stays unclustered. Stability
    is how far a cluster comes out again from four fifths of the texts: 1 is always, below 0.5 is
    chance.

    \b
    Example:
      likewise cluster questions.csv
      likewise cluster reviews.parquet --column body -k 12 -o reviews-clustered.csv
    """
    if output:
        check_target(output, TABLE_FORMATS)
        options.not_onto(output, files)
    choices = ClusterSettings(clusters, resolution, levels, assign_all, smallest, runs, seed)
    require("graspologic_native", "explore")  # before hours of encoding
    encoder = options.load(model, compute, device, quiet=quiet)
    corpus = options.prepared(encoder, files, column, quiet=quiet)
    found = group(corpus, choices, progress=options.stage(quiet=quiet))
    if output:
        write_table(
            output, records_table(corpus.records, columns(found)),
            escape_formulas=escape_formulas, tell=options.telling(quiet=quiet),
        )  # fmt: skip
    if as_json:
        say_json(found.to_dict(corpus.texts))
    elif not output or not quiet:
        _print(found, corpus.records)
    if not quiet:
        _tell(found, output)


def columns(found: Clusters) -> dict[str, Sequence[object]]:
    """What is known of each text, by the name of its column."""
    return {
        "cluster": found.labels.tolist(),
        "topic": found.names,
        "subtopic": found.paths,
        "strength": [round(float(x), 4) for x in found.strengths],
    }


def _print(found: Clusters, records: Sequence[Record]) -> None:
    rows = list(_rows(found.topics, records, len(found.labels)))
    if found.unclustered:
        share = f"{found.unclustered / len(found.labels):.1%}"
        rows.append(["-1", f"{found.unclustered:,}", share, "", "unclustered", ""])
    say_table(["cluster", "texts", "share", "stability", "topic", "for example"], rows)


def _rows(topics: Sequence[Topic], records: Sequence[Record], total: int) -> Iterator[list[str]]:
    for topic in topics:
        steady = "" if topic.stability is None else f"{topic.stability:.2f}"
        example = records[topic.exemplars[0]].text[:60]
        share = f"{topic.size / total:.1%}"
        yield [topic.id, f"{topic.size:,}", share, steady, topic.name, example]
        yield from _rows(topic.topics[:SHOWN], records, total)
        if rest := topic.topics[SHOWN:]:
            size = sum(part.size for part in rest)
            more = f"… {len(rest)} more within {topic.id}"
            yield ["", f"{size:,}", f"{size / total:.1%}", "", more, ""]


def _tell(found: Clusters, output: Path | None) -> None:
    count = len(found.topics)
    text = f"{counted(len(found.labels), 'text')} in {counted(count, 'cluster')}"
    if found.unclustered:
        text += f", {found.unclustered:,} unclustered (--assign-all leaves none)"
    note(f"note: {text}")
    if count == 1:
        note("note: nothing tells groups apart here; ask for some with -k, or raise --resolution")
    if found.stability:
        steady = found.stability
        note(
            f"note: {steady.runs} repetitions on four fifths of the texts agree with these "
            f"clusters to {steady.rand_index:.2f} (adjusted Rand index; 1 is the same, 0 is chance)"
        )
    if output:
        note(f"wrote {counted(len(found.labels), 'row')} to {output}")
