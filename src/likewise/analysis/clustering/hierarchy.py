"""A hierarchy of clusters: any number of them, without clustering again.

Clusters are divided into leaves, and leaves are joined two by two. Those are joined first whose
union adds least to the squared distances from centroids (Ward 1963); leaves of one cluster are
joined before clusters are, so that the clusters themselves are one of the cuts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.clustering.communities import Labels


@dataclass(frozen=True)
class Merges:
    """How nodes are joined: leaves are nodes 0 to leaves - 1, and join `i` makes `leaves + i`.

    Attributes:
        leaves: their number, at least 1.
        pairs: int32 `[leaves - 1, 2]`, the nodes of each join, in order.
    """

    leaves: int
    pairs: NDArray[np.int32]

    def joins(self, count: int) -> int:
        """Number of joins that leave `count` clusters, or as many as there can be."""
        return self.leaves - min(max(count, 1), self.leaves)

    def cut(self, count: int) -> Labels:
        """The cluster of each leaf where `count` clusters are left: int32 `[leaves]`, from 0."""
        joins = self.joins(count)
        above = np.arange(self.leaves + joins)
        for number, pair in enumerate(self.pairs[:joins]):
            above[pair] = self.leaves + number
        for node in range(len(above) - 1, -1, -1):
            above[node] = above[above[node]]
        return np.unique(above[: self.leaves], return_inverse=True)[1].astype(np.int32)

    def within(self, leaves: NDArray[np.integer]) -> Merges:
        """The joins among some leaves, renumbered in this order."""
        number = {int(leaf): place for place, leaf in enumerate(leaves)}
        pairs: list[tuple[int, int]] = []
        for join, (a, b) in enumerate(self.pairs.tolist(), self.leaves):
            here = [number[node] for node in (a, b) if node in number]
            if len(here) == 2:
                pairs.append((here[0], here[1]))
                number[join] = len(leaves) + len(pairs) - 1
            elif here:
                number[join] = here[0]
        return Merges(len(leaves), np.array(pairs, np.int32).reshape(-1, 2))

    def joined_at(self) -> NDArray[np.int32]:
        """For each two leaves the number of joins after which they are in one cluster.

        Returns:
            int32 `[leaves, leaves]`, 0 for a leaf and itself.
        """
        together = np.zeros((self.leaves, self.leaves), np.int32)
        members = {leaf: np.array([leaf]) for leaf in range(self.leaves)}
        for number, (a, b) in enumerate(self.pairs.tolist()):
            left, right = members.pop(a), members.pop(b)
            together[np.ix_(left, right)] = number + 1
            together[np.ix_(right, left)] = number + 1
            members[self.leaves + number] = np.concatenate([left, right])
        return together


@dataclass(frozen=True)
class _Join:
    height: float
    left: int
    right: int


def nested(centroids: NDArray[np.floating], sizes: NDArray[np.int64], groups: Labels) -> Merges:
    """Join leaves within their groups, then the groups.

    Args:
        centroids: float `[leaves, dimension]`, mean vector of each leaf.
        sizes: int64 `[leaves]`, number of vectors in each leaf.
        groups: int32 `[leaves]`, the group of each leaf from 0, none of them empty.
    """
    within: list[tuple[float, int, int]] = []  # height, group, step
    joins: dict[tuple[int, int], _Join] = {}
    for group in range(int(groups.max()) + 1):
        members = np.flatnonzero(groups == group)
        for step, join in enumerate(_ward(centroids[members], sizes[members])):
            joins[group, step] = join
            within.append((join.height, group, step))
    nodes = {
        group: np.flatnonzero(groups == group).tolist() for group in range(int(groups.max()) + 1)
    }
    pairs: list[tuple[int, int]] = []
    for _, group, step in sorted(within):
        join = joins[group, step]
        pairs.append((nodes[group][join.left], nodes[group][join.right]))
        nodes[group].append(len(groups) + len(pairs) - 1)
    totals = np.bincount(groups, weights=sizes)
    means = np.zeros((len(totals), centroids.shape[1]))
    np.add.at(means, groups, centroids * sizes[:, None])
    tops = [nodes[group][-1] for group in range(len(totals))]
    for join in _ward(means / totals[:, None], totals):
        pairs.append((tops[join.left], tops[join.right]))
        tops.append(len(groups) + len(pairs) - 1)
    return Merges(len(groups), np.array(pairs, np.int32).reshape(-1, 2))


def _ward(centroids: NDArray[np.floating], sizes: NDArray[np.number]) -> list[_Join]:
    """Joins of weighted points by Ward's criterion; join `i` makes node `len(points) + i`.

    Distances are updated by the formula of Lance and Williams. Libraries start from points of
    equal weight.
    """
    count = len(centroids)
    points, weights = np.asarray(centroids, np.float64), np.asarray(sizes, np.float64).copy()
    squares = (points**2).sum(axis=1)
    cost = np.maximum(squares[:, None] + squares - 2 * points @ points.T, 0)
    cost *= weights[:, None] * weights / (weights[:, None] + weights)
    np.fill_diagonal(cost, np.inf)
    nodes = np.arange(count)
    joins = []
    nearest = cost.argmin(axis=1) if count else np.empty(0, np.int64)
    least = cost[np.arange(count), nearest]
    for number in range(count - 1):
        a = int(least.argmin())
        b, height = int(nearest[a]), float(least[a])
        joins.append(_Join(height, int(nodes[a]), int(nodes[b])))
        updated = (weights[a] + weights) * cost[a] + (weights[b] + weights) * cost[b]
        updated = (updated - weights * height) / (weights[a] + weights[b] + weights)
        updated[[a, b]] = np.inf
        weights[a] += weights[b]
        nodes[a] = count + number
        cost[a], cost[:, a] = updated, updated
        cost[b], cost[:, b] = np.inf, np.inf
        least[b] = np.inf
        stale = np.isfinite(least) & np.isin(nearest, (a, b))
        stale[a] = True
        for row in np.flatnonzero(stale):
            nearest[row] = cost[row].argmin()
            least[row] = cost[row, nearest[row]]
        closer = np.isfinite(least) & (updated < least)
        nearest[closer], least[closer] = a, updated[closer]
    return joins
