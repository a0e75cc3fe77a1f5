"""Results of `dedupe` and `cluster`.

Each is what `to_dict` of the operation's result returns; tests hold them together.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from likewise.mcp.results.notes import Noted, SkippedResult


class TextPlace(TypedDict):
    """A text and where it is from."""

    text: str
    source: str
    line: Annotated[int, Field(description="Line in its file, or place among the texts, from 1.")]


class DuplicateResult(TextPlace):
    """A text that is redundant."""

    similarity: float
    reason: Literal["exact", "near", "edited"]


class GroupResult(TypedDict):
    """A text that stays, and those that repeat it."""

    representative: TextPlace
    members: list[DuplicateResult]


class DifferenceResult(TypedDict):
    """What two texts differ in."""

    kind: str
    left: Annotated[str, Field(description="Words of this text; empty where it has none.")]
    right: Annotated[str, Field(description="Words of the text that it is near to.")]


class DifferingResult(TextPlace):
    """A text that stays although it is near to another one."""

    similarity: float
    representative: TextPlace
    differences: list[DifferenceResult]


class BorderlineResult(TypedDict):
    """Two texts whose similarity is close to the threshold."""

    similarity: float
    same: bool
    text: str
    other: str


class FileResult(TypedDict):
    """A file that was read."""

    path: str
    sha256: str
    kept: str
    removed: str
    encoding: str | None


class DedupeOutput(Noted):
    """Exact copies and near-duplicates, in groups, the largest first."""

    records: int
    kept: int
    removed: int
    exact: int
    near: int
    edited: int
    groups: list[GroupResult]
    differing: list[DifferingResult]
    threshold: float
    interval: list[float] | None
    answers: int | None
    suggested_threshold: float | None
    borderline: list[BorderlineResult]
    keep: str
    neighbor_recall: float
    skipped: list[SkippedResult]
    files: list[FileResult]
    output: str | None
    model: str
    fingerprint: str


class StabilityResult(TypedDict):
    """How well repetitions on parts of the texts agree."""

    runs: int
    rand_index: float
    mutual_information: float
    clusters: list[float]


class CandidateResult(TypedDict):
    """A number of clusters that was compared."""

    clusters: int
    resolution: float
    silhouette: float
    codelength: float
    score: float


class GranularityResult(TypedDict):
    """The number of clusters found automatically, and the range that is nearly as good."""

    clusters: int
    low: int
    high: int
    silhouette: float
    candidates: list[CandidateResult]


class TopicResult(TypedDict):
    """A group of texts."""

    id: str
    level: int
    name: str
    terms: list[str]
    size: int
    exemplars: list[str]
    cohesion: float
    stability: float | None
    topics: list[TopicResult]


class ClusterOutput(Noted):
    """Groups of texts with similar meaning, as a tree of topics."""

    model: str
    compute: str
    texts: int
    clusters: int
    unclustered: int
    divided: Annotated[
        int, Field(description="Distinct texts among which clusters were looked for.")
    ]
    method: str
    seed: int
    stability: StabilityResult | None
    granularity: GranularityResult
    topics: list[TopicResult]
    labels: Annotated[
        list[int] | None,
        Field(description="The id of each given text's topic, -1 for none; null for files."),
    ]
    output: str | None
