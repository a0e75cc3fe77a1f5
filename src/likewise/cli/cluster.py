"""`likewise cluster`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from likewise.analysis.clustering.topics import Topic
from likewise.cli.derive import command
from likewise.cli.printing import say_table
from likewise.operations.cluster import ClusterRequest, ClusterResult
from likewise.operations.cluster import cluster as operation

SHOWN = 3
"""Topics within a topic that the table lists."""


@command(ClusterRequest, operation)
def cluster(result: ClusterResult, _: ClusterRequest) -> None:
    """Group the texts of files by what they are about, and name the groups.

    A text stays unclustered if less than a quarter of its neighborhood is in its group. Stability
    is how well a cluster is found again in four fifths of the texts: 1 is always, below 0.5 is
    chance. The groups are part of a hierarchy: -k joins or divides them to another number.

    \b
    Example:
      likewise cluster questions.csv
      likewise cluster reviews.parquet --column body -k 12 -o reviews-clustered.csv
    """
    found = result.clusters
    rows = list(_rows(found.topics, result))
    if found.unclustered:
        share = f"{found.unclustered / len(found.labels):.1%}"
        rows.append(["-1", f"{found.unclustered:,}", share, "", "unclustered", ""])
    say_table(["cluster", "texts", "share", "stability", "topic", "for example"], rows)


def _rows(topics: Sequence[Topic], result: ClusterResult) -> Iterator[list[str]]:
    total = len(result.records)
    for topic in topics:
        stability = "" if topic.stability is None else f"{topic.stability:.2f}"
        example = result.records[topic.exemplars[0]].text[:60]
        share = f"{topic.size / total:.1%}"
        yield [topic.id, f"{topic.size:,}", share, stability, topic.name, example]
        yield from _rows(topic.topics[:SHOWN], result)
        if rest := topic.topics[SHOWN:]:
            size = sum(part.size for part in rest)
            more = f"… {len(rest)} more within {topic.id}"
            yield ["", f"{size:,}", f"{size / total:.1%}", "", more, ""]
