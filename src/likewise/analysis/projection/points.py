"""A map as one binary file, which the workspace reads while the map is made.

The file has the magic `LWMP`, the length of a JSON header as a little-endian uint32, the header,
and blocks. The header's `blocks` has `offset` (from the end of the header) and `bytes` of each by
its name: `positions` (uint16 `[n, 2]`, 0 to 65535), `other` (the same by another model, where there
is one), `level-N` and `column-N` (uint16 `[n]`, the
group of each point; a number past the last group is none), and `texts` (JSON: `ids`, `texts`).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.clustering.clusters import Clusters
from likewise.analysis.projection.coloring import Coloring, by_column
from likewise.analysis.projection.map import Map, topic_labels
from likewise.analysis.projection.projection import Positions
from likewise.atomic import atomic
from likewise.data.records import Record

MAGIC = b"LWMP"
TEXT_LENGTH = 240
"""Characters of each text in the file; the whole one is read from the collection."""

LEVELS = 6
"""Numbers of clusters that a map can be switched between, at most."""

_ALIGN = 8


@dataclass(frozen=True)
class Level:
    """The clusters of a map at one of their numbers.

    Attributes:
        clusters: the clusters.
        found: whether this is the number that was found or asked for.
    """

    clusters: Clusters
    found: bool


@dataclass(frozen=True)
class Points:
    """What a file of points has.

    Attributes:
        ids: n ids.
        records: n records.
        positions: float32 `[n, 2]`, in [-1, 1].
        method: `pca` or `tsne`.
        trustworthiness: of the positions; None where it is not measured.
        sampled: texts that it was measured on.
        levels: fewest clusters first; none while there are no clusters yet.
        columns: colors by columns of the data.
        other: positions by another model; None where there is none.
    """

    ids: Sequence[str]
    records: Sequence[Record]
    positions: Positions
    method: str
    trustworthiness: float | None = None
    sampled: int = 0
    levels: tuple[Level, ...] = ()
    columns: tuple[Coloring, ...] = ()
    other: Positions | None = None


def points_of(drawn: Map, ids: Sequence[str]) -> Points:
    """A map with its clusters at several numbers, and its columns as colors."""
    return Points(
        ids, drawn.records, drawn.positions, drawn.projection.method,
        drawn.projection.trustworthiness, drawn.projection.sampled,
        tuple(_levels(drawn.clustering)), tuple(_columns(drawn.records)),
    )  # fmt: skip


def write_points(path: str | Path, points: Points) -> Path:
    """Write a file of points, atomically.

    Raises:
        OutputError: it cannot be written.
    """
    blocks: dict[str, bytes] = {"positions": _coordinates(points.positions)}
    if points.other is not None:
        blocks["other"] = _coordinates(points.other)
    for number, level in enumerate(points.levels):
        labels = level.clusters.labels
        blocks[f"level-{number}"] = _groups(labels, len(level.clusters.topics))
    for number, column in enumerate(points.columns):
        blocks[f"column-{number}"] = column.groups.astype("<u2").tobytes()
    texts = [record.text[:TEXT_LENGTH] for record in points.records]
    blocks["texts"] = _json({"ids": list(points.ids), "texts": texts})
    with atomic(path) as file:
        for part in _parts(points, blocks):
            file.write(part)
    return Path(path)


def _parts(points: Points, blocks: dict[str, bytes]) -> list[bytes]:
    places, offset = {}, 0
    for name, content in blocks.items():
        places[name] = {"offset": offset, "bytes": len(content)}
        offset += len(content) + -len(content) % _ALIGN
    header = _json(
        {
            "count": len(points.records),
            "method": points.method,
            "trustworthiness": points.trustworthiness,
            "sampled": points.sampled,
            "levels": [_level(level, points.positions) for level in points.levels],
            "columns": [
                {"title": c.title, "names": c.names, "low": c.low, "high": c.high}
                for c in points.columns
            ],
            "blocks": places,
        }
    )
    header += b" " * (-len(header) % _ALIGN)
    padded = [content + b"\0" * (-len(content) % _ALIGN) for content in blocks.values()]
    return [MAGIC + struct.pack("<I", len(header)) + header, *padded]


def _level(level: Level, positions: Positions) -> dict[str, Any]:
    found = level.clusters
    return {
        "clusters": len(found.topics),
        "found": level.found,
        "unclustered": found.unclustered,
        "topics": [
            {
                "id": t.id,
                "name": t.name,
                "size": t.size,
                "terms": t.terms,
                "example": t.exemplars[0],
            }
            for t in found.topics
        ],
        "labels": [asdict(label) for label in topic_labels(found, positions)],
    }


def _levels(found: Clusters) -> list[Level]:
    """The clusters as they were found, and half, twice, … as many."""
    count, leaves = len(found.topics), found.hierarchy.leaves
    wanted = {count // 4, count // 2, 2 * count, 4 * count, 8 * count}
    others = [found.at(each) for each in sorted(wanted) if 2 <= each <= leaves and each != count]
    levels = [Level(found, True), *(Level(each, False) for each in others if each.topics)]
    return sorted(levels, key=lambda level: len(level.clusters.topics))[:LEVELS]


def _columns(records: Sequence[Record]) -> list[Coloring]:
    """The columns whose values repeat, or are numbers."""
    names = dict.fromkeys(name for record in records for name in record.fields)
    colorings = [by_column(records, name) for name in names]
    return [
        each
        for each in colorings
        if each.low is not None
        or (each.names and 2 * int((each.groups < len(each.names)).sum()) > len(records))
    ]


def _coordinates(positions: Positions) -> bytes:
    return np.rint((np.clip(positions, -1, 1) + 1) / 2 * 65535).astype("<u2").tobytes()


def _groups(labels: NDArray[Any], count: int) -> bytes:
    return np.where(labels < 0, count, labels).astype("<u2").tobytes()


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "replace")
