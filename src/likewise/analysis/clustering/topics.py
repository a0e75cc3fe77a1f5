"""Clusters as a tree of topics, each with its name, its size and its most typical texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.clustering import communities
from likewise.analysis.clustering.communities import Labels
from likewise.analysis.clustering.hierarchy import Merges
from likewise.analysis.clustering.topic_labels import (
    TermMatrix,
    term_matrix,
    topic_name,
    topic_terms,
)
from likewise.analysis.memmap import release
from likewise.vectors import Matrix

MIN_MODULARITY = 0.3
"""Modularity from which the groups within a group become topics (Newman, Girvan 2004: networks
with strong community structure have .3 to .7)."""

MOST_PARTS = 12
"""Topics within a topic, at most."""

SIBLINGS = 3
"""Clusters that the terms of a cluster are contrasted with."""

EXEMPLARS = 3
"""Typical texts listed for a topic."""


@dataclass(frozen=True)
class Topic:
    """A group of texts.

    Attributes:
        id: its number, and after a dot its number within the group above: `3.1`.
        level: 1 for a group, 2 for one within it, …
        name: a few of its terms; the beginning of a typical text where none is distinctive.
        terms: what distinguishes it from its siblings, the most distinctive first.
        size: texts in it.
        exemplars: rows of the texts nearest to its centroid.
        cohesion: mean cosine of its texts to its centroid.
        stability: mean overlap with what repetitions found, for groups of level 1.
        topics: the groups within it, the largest first.
    """

    id: str
    level: int
    name: str
    terms: tuple[str, ...]
    size: int
    exemplars: tuple[int, ...]
    cohesion: float
    stability: float | None = None
    topics: tuple[Topic, ...] = ()

    def to_dict(self, texts: Sequence[str]) -> dict[str, Any]:
        """Itself and the topics within it, with the exemplars' texts."""
        return asdict(self) | {
            "exemplars": [texts[i] for i in self.exemplars],
            "topics": [topic.to_dict(texts) for topic in self.topics],
        }


@dataclass(frozen=True)
class Tree:
    """Topics within topics.

    Attributes:
        topics: of the first level, the largest first.
        paths: for each text the id of the deepest topic it is in, empty where it is in none.
    """

    topics: tuple[Topic, ...]
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Material:
    """What topics are computed from.

    Attributes:
        texts: n texts.
        vectors: float32 `[n, dimension]`, of length 1.
        distinct: int64 `[n]`, for each text its number among the distinct ones.
        leaves: int32 `[n]`, the leaf of each text in the hierarchy.
        merges: how leaves are joined.
        weights: float64 `[leaves, leaves]`, weight of the kNN graph between leaves.
    """

    texts: Sequence[str]
    vectors: Matrix
    distinct: NDArray[np.int64]
    leaves: Labels
    merges: Merges
    weights: NDArray[np.float64] = field(repr=False)

    @cached_property
    def terms(self) -> TermMatrix:
        """Of all texts."""
        return term_matrix(self.texts)


@dataclass(frozen=True)
class TopicNames:
    """How to make topics.

    Attributes:
        levels: depth of the tree.
        smallest: distinct texts in a topic within another, at least.
    """

    levels: int
    smallest: int


def tree(
    material: Material, labels: Labels, names: TopicNames, shares: Sequence[float] | None = None
) -> Tree:
    """Name the groups, and divide each where its leaves form clear groups.

    Args:
        material: texts, vectors and hierarchy.
        labels: int32 `[n]`, the group of each text from 0; -1 is none.
        names: the depth, and the least size.
        shares: stability of each group, where it is known.
    """
    paths = np.full(len(labels), "", object)
    walk = _Walk(material, names, paths)
    topics = walk.named(np.arange(len(labels)), labels, _Above())
    if shares is not None:
        topics = tuple(replace(t, stability=s) for t, s in zip(topics, shares, strict=True))
    release(material.vectors)
    return Tree(topics, tuple(paths.tolist()))


@dataclass(frozen=True)
class _Above:
    """The position of topics in the tree, and the terms used above them."""

    path: str = ""
    terms: frozenset[str] = frozenset()
    level: int = 0


@dataclass(frozen=True)
class _Walk:
    """Builds the tree top down; `paths` has the deepest topic of each text so far."""

    material: Material
    names: TopicNames
    paths: NDArray[Any]

    def named(self, rows: NDArray[np.int64], labels: Labels, above: _Above) -> tuple[Topic, ...]:
        """Topics of these rows."""
        similar = None if above.level else _similar(self.material.vectors, labels)
        found = topic_terms(
            self.material.terms.rows(rows), labels,
            background=self.material.terms, similar=similar, without=above.terms,
        )  # fmt: skip
        topics = []
        for number, terms in enumerate(found):
            members = rows[labels == number]
            path = f"{above.path}.{number}" if above.level else str(number)
            here = _Above(path, above.terms | set(terms[:3]), above.level + 1)
            self.paths[members] = path
            deeper = here.level < self.names.levels
            parts = _parts(self.material, self.names, members) if deeper else None
            within = () if parts is None else self.named(members, parts, here)
            topics.append(_topic(self.material, here, terms, members, within))
        return tuple(topics)


def _similar(vectors: Matrix, labels: Labels) -> NDArray[np.bool_] | None:
    """For each group the few with the nearest centroids; None where there are no more than that."""
    count = int(labels.max(initial=-1)) + 1
    if count <= SIBLINGS + 1:
        return None
    # texts of no group are summed up in one more, which is left out
    totals = communities.sums(vectors, np.where(labels < 0, count, labels), count + 1)[:count]
    centroids = communities.unit(totals)
    cosines = centroids @ centroids.T
    np.fill_diagonal(cosines, -np.inf)
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :SIBLINGS]
    similar = np.zeros((count, count), np.bool_)
    np.put_along_axis(similar, nearest, values=True, axis=1)
    return similar


def _topic(
    material: Material,
    here: _Above,
    terms: tuple[str, ...],
    members: NDArray[np.int64],
    within: tuple[Topic, ...],
) -> Topic:
    own = np.asarray(material.vectors[members], np.float32)
    centroid = own.mean(axis=0)
    _, first = np.unique(material.distinct[members], return_index=True)
    once = np.sort(first)  # no exemplar twice
    nearest = once[np.argsort(-(own[once] @ centroid), kind="stable")[:EXEMPLARS]]
    exemplars = tuple(int(i) for i in members[nearest])
    return Topic(
        id=here.path,
        level=here.level,
        name=topic_name(terms, material.texts[exemplars[0]]),
        terms=terms,
        size=len(members),
        exemplars=exemplars,
        cohesion=float(np.linalg.norm(centroid)),
        topics=within,
    )


def _parts(material: Material, names: TopicNames, members: NDArray[np.int64]) -> Labels | None:
    """Groups of leaves within a group; None where there are no clear ones."""
    distinct, first = np.unique(material.distinct[members], return_index=True)
    if len(distinct) < 4 * names.smallest:
        return None
    inside, leaves = np.unique(material.leaves[members], return_inverse=True)
    sizes = np.bincount(leaves[first])
    merges = material.merges.within(inside)
    weights = material.weights[np.ix_(inside, inside)]
    best: Labels | None = None
    highest = MIN_MODULARITY
    for count in range(2, min(MOST_PARTS, len(inside)) + 1):
        cut = merges.cut(count)
        if np.bincount(cut, weights=sizes).min() < names.smallest:
            continue
        modularity = communities.modularity(weights, cut)
        if modularity >= highest:
            highest, best = modularity, cut
    return None if best is None else communities.by_size(best[leaves])
