"""Groups of texts as a tree of topics, each with its name, its size and its likest texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.clustering import communities
from likewise.analysis.clustering.communities import Labels
from likewise.analysis.clustering.topic_labels import topic_name, topic_terms
from likewise.analysis.memmap import release
from likewise.vectors import Matrix

APART = 0.3
"""Modularity from which a group's own communities are told as topics within it (Newman, Girvan
2004: networks with strong community structure have .3 to .7)."""

EXEMPLARS = 3
"""Texts that stand for a topic."""


@dataclass(frozen=True)
class Topic:
    """A group of texts.

    Attributes:
        id: its number, and behind a dot its place within the group above: `3.1`.
        level: 1 for a group, 2 for one within it, …
        name: a few of its terms.
        terms: what sets it apart from its siblings, the most telling first.
        size: texts in it.
        exemplars: places of the texts nearest to its centre.
        cohesion: mean cosine of its texts to its centre.
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
    """What topics are made of.

    Attributes:
        texts: n texts.
        vectors: float32 `[n, dimension]`, of length 1.
        matrix: the graph of the m distinct texts, sparse and symmetric.
        rows: int64 `[n]`, for each text its place in that graph.
    """

    texts: Sequence[str]
    vectors: Matrix
    matrix: Any
    rows: NDArray[np.int64]


@dataclass(frozen=True)
class TopicNames:
    """How to make topics.

    Attributes:
        levels: topics within topics, so deep.
        smallest: distinct texts in a topic within another, at least.
        seed: of the communities within groups.
    """

    levels: int
    smallest: int
    seed: int


def tree(
    material: Material, labels: Labels, names: TopicNames, shares: Sequence[float] | None = None
) -> Tree:
    """Name the groups, and part each while its own graph falls apart into communities.

    Args:
        material: texts, vectors and graph.
        labels: int32 `[n]`, the group of each text from 0; -1 is none.
        names: how deep, and down to which size.
        shares: stability of each group, where it is known.
    """
    paths = np.full(len(labels), "", object)
    walk = _Walk(material, names, paths)
    topics = walk.named(np.arange(len(labels)), labels, _Above())
    if shares is not None:
        topics = tuple(replace(t, stability=s) for t, s in zip(topics, shares, strict=True))
    return Tree(topics, tuple(paths.tolist()))


@dataclass(frozen=True)
class _Above:
    """Where topics stand in the tree, and the terms that are said already."""

    path: str = ""
    terms: frozenset[str] = frozenset()
    level: int = 0


@dataclass(frozen=True)
class _Walk:
    """Down the tree; `paths` is where each text has come to so far."""

    material: Material
    names: TopicNames
    paths: NDArray[Any]

    def named(self, places: NDArray[np.int64], labels: Labels, above: _Above) -> tuple[Topic, ...]:
        """Topics of the texts at these places."""
        texts = [self.material.texts[i] for i in places]
        topics = []
        for number, terms in enumerate(topic_terms(texts, labels, without=above.terms)):
            members = places[labels == number]
            path = f"{above.path}.{number}" if above.level else str(number)
            here = _Above(path, above.terms | set(terms[:3]), above.level + 1)
            self.paths[members] = path
            deeper = here.level < self.names.levels
            parts = _parts(self.material, self.names, members) if deeper else None
            within = () if parts is None else self.named(members, parts, here)
            topics.append(_topic(self.material, here, terms, members, within))
        return tuple(topics)


def _topic(
    material: Material,
    here: _Above,
    terms: tuple[str, ...],
    members: NDArray[np.int64],
    within: tuple[Topic, ...],
) -> Topic:
    own = np.asarray(material.vectors[members], np.float32)
    centre = own.mean(axis=0)
    _, first = np.unique(material.rows[members], return_index=True)
    once = np.sort(first)  # an exemplar is not shown twice
    release(material.vectors)
    nearest = once[np.argsort(-(own[once] @ centre), kind="stable")[:EXEMPLARS]]
    return Topic(
        id=here.path,
        level=here.level,
        name=topic_name(terms),
        terms=terms,
        size=len(members),
        exemplars=tuple(int(i) for i in members[nearest]),
        cohesion=float(np.linalg.norm(centre)),
        topics=within,
    )


def _parts(material: Material, names: TopicNames, members: NDArray[np.int64]) -> Labels | None:
    """Communities within a group; None where it does not fall apart."""
    within, back = np.unique(material.rows[members], return_inverse=True)
    if len(within) < 4 * names.smallest:
        return None
    part = material.matrix[within][:, within]
    found = communities.leiden(part, seed=names.seed)
    if communities.modularity(part, found) < APART:
        return None
    found = communities.by_size(communities.without_small(found, names.smallest))
    return found[back] if found.max(initial=-1) > 0 else None
