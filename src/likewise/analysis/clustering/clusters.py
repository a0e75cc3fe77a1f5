"""What clustering finds: a cluster for each text, topics, and the hierarchy they are part of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.clustering import communities
from likewise.analysis.clustering.communities import Floats, Labels
from likewise.analysis.clustering.granularity import Granularity
from likewise.analysis.clustering.stability import Stability
from likewise.analysis.clustering.topics import Material, Topic, TopicNames, tree
from likewise.errors import InputError

UNCLUSTERED = -1
"""Label of a text that is in no cluster."""


@dataclass(frozen=True)
class Hierarchy:
    """Any number of clusters, from one to as many as there are leaves.

    Attributes:
        material: texts, vectors, and leaves with the order in which they are joined.
        clustered_from: int32 `[n]`, number of joins from which a text is clustered: enough of its
            neighborhood is then in its cluster.
        names: how to make topics.
    """

    material: Material
    clustered_from: NDArray[np.int32]
    names: TopicNames

    @property
    def leaves(self) -> int:
        """The largest number of clusters."""
        return self.material.merges.leaves

    def labels(self, count: int) -> Labels:
        """The cluster of each text where `count` are left: int32 `[n]`, the largest first."""
        merges = self.material.merges
        labels = merges.cut(count)[self.material.leaves]
        clustered = self.clustered_from <= merges.joins(count)
        return communities.by_size(np.where(clustered, labels, UNCLUSTERED))

    def to_dict(self) -> dict[str, Any]:
        """`leaves`, and `merges`: node `leaves + i` joins the nodes of the pair `i`."""
        return {"leaves": self.leaves, "merges": self.material.merges.pairs.tolist()}


@dataclass(frozen=True)
class Clusters:
    """The clusters of a corpus.

    Attributes:
        labels: int32 `[n]`, the cluster of each text from 0, the largest first; -1 is none.
        paths: for each text the id of the deepest topic it is in, empty where it is in none.
        strengths: float32 `[n]`, the share of each text's neighborhood that is in its own cluster
            of the first level.
        topics: the clusters.
        stability: None where it was not computed.
        method: `leiden`.
        seed: reproduces the clusters.
        divided: distinct texts whose graph was divided; the others joined their neighbors.
        granularity: how their number was found, and how sure it is.
        hierarchy: other numbers of clusters.
    """

    labels: Labels
    paths: tuple[str, ...]
    strengths: Floats
    topics: tuple[Topic, ...]
    stability: Stability | None
    method: str
    seed: int
    divided: int
    granularity: Granularity
    hierarchy: Hierarchy = field(repr=False, compare=False)

    @property
    def unclustered(self) -> int:
        """Number of texts in no cluster."""
        return int((self.labels == UNCLUSTERED).sum())

    @property
    def names(self) -> tuple[str, ...]:
        """For each text the name of its cluster, empty where it is in none."""
        by_label = [topic.name for topic in self.topics] + [""]
        return tuple(by_label[label] for label in self.labels.tolist())

    def relabel(self, names: Mapping[int | str, str]) -> Clusters:
        """The same clusters under other names.

            clusters.relabel({0: "cards", "2.1": "refunds"})

        Args:
            names: the new name of a cluster, by its number or the id of its topic.

        Raises:
            InputError: there is no such cluster, or a name is empty.
        """
        new_names = {str(key): name.strip() for key, name in names.items()}
        known = {topic.id for topic in _walk(self.topics)}
        for key, name in new_names.items():
            if key not in known:
                raise InputError(
                    f"there is no cluster {key!r}",
                    hint=f"clusters are numbered 0 to {len(self.topics) - 1}; topics within one "
                    "have ids such as 0.1",
                )
            if not name:
                raise InputError(f"the name of cluster {key!r} is empty", hint="give it a name")
        return replace(self, topics=tuple(_renamed(topic, new_names) for topic in self.topics))

    def at(self, count: int) -> Clusters:
        """Fewer or more clusters of the same hierarchy, with their own names.

        Clusters are joined or divided, so that each is a part or a union of those found. Nothing is
        compared or clustered again. Strengths stay those of the clusters found; stability is only
        known of them.

        Args:
            count: 1 up to the number of leaves. Fewer are found where all texts of one are
                unclustered.

        Raises:
            InputError: a number out of this range.
        """
        if not 1 <= count <= self.hierarchy.leaves:
            raise InputError(
                f"{count} clusters requested of a hierarchy with {self.hierarchy.leaves:,} leaves",
                hint=f"choose 1 to {self.hierarchy.leaves}",
            )
        labels = self.hierarchy.labels(count)
        found = tree(self.hierarchy.material, labels, self.hierarchy.names)
        return replace(
            self, labels=labels, paths=found.paths, topics=found.topics, stability=None
        )  # fmt: skip

    def at_level(self, level: int) -> Clusters:
        """The topics of a level of the tree as clusters, renumbered by size.

        A cluster without topics within it stays as it is. Texts of a cluster that are in none of
        the topics within it are unclustered. Strengths stay those of the first level; stability is
        only known of the first level.

        Args:
            level: 1 for the clusters as they were found, 2 for the topics within them, …

        Raises:
            InputError: the level is below 1.
        """
        if level < 1:
            raise InputError(f"the level is {level}, expected at least 1", hint="1, 2 or 3")
        chosen = sorted(_at_level(self.topics, level), key=lambda topic: -topic.size)
        if all(topic.level == 1 for topic in chosen):
            return self
        numbers = {topic.id: number for number, topic in enumerate(chosen)}
        labels = np.full(len(self.labels), UNCLUSTERED, np.int32)
        paths = [""] * len(self.labels)
        for row, path in enumerate(self.paths):
            parts = path.split(".")
            number = numbers.get(".".join(parts[:level]))
            if number is not None:
                labels[row] = number
                paths[row] = ".".join([str(number), *parts[level:]])
        topics = tuple(_moved(topic, str(number)) for number, topic in enumerate(chosen))
        return replace(self, labels=labels, paths=tuple(paths), topics=topics, stability=None)

    def to_dict(self, texts: Sequence[str]) -> dict[str, Any]:
        """The tree of topics with the exemplars' texts, without the labels of single texts."""
        return {
            "texts": len(self.labels),
            "clusters": len(self.topics),
            "unclustered": self.unclustered,
            "method": self.method,
            "seed": self.seed,
            "divided": self.divided,
            "stability": asdict(self.stability) if self.stability else None,
            "granularity": asdict(self.granularity),
            "hierarchy": self.hierarchy.to_dict(),
            "topics": [topic.to_dict(texts) for topic in self.topics],
        }


def _walk(topics: Sequence[Topic]) -> Iterator[Topic]:
    for topic in topics:
        yield topic
        yield from _walk(topic.topics)


def _renamed(topic: Topic, names: Mapping[str, str]) -> Topic:
    within = tuple(_renamed(part, names) for part in topic.topics)
    return replace(topic, name=names.get(topic.id, topic.name), topics=within)


def _at_level(topics: Sequence[Topic], level: int) -> Iterator[Topic]:
    """The topics of a level, and those above it that have none within them."""
    for topic in topics:
        if topic.level < level and topic.topics:
            yield from _at_level(topic.topics, level)
        else:
            yield topic


def _moved(topic: Topic, new_id: str) -> Topic:
    """The topic and those within it under another id, which also sets their levels."""
    within = tuple(_moved(part, f"{new_id}.{number}") for number, part in enumerate(topic.topics))
    return replace(topic, id=new_id, level=new_id.count(".") + 1, topics=within)
