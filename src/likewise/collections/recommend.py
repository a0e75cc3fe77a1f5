"""Recommendations: more of what is liked, and little of what is disliked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from likewise import vectors
from likewise.collections.contract import Hit
from likewise.collections.fusion import marginal_relevance
from likewise.collections.preference import Examples, preference
from likewise.collections.snapshot import Candidate, Snapshot
from likewise.errors import InputError

POOL = 100
"""Neighbors of each liked chunk that are scored, at least."""

NEIGHBORS = 25
"""Neighbors of each disliked chunk that show what is meant by it."""


@dataclass(frozen=True)
class Recommended:
    """A chunk that is recommended.

    Attributes:
        hit: the chunk; its score is how well it fits what is liked and disliked, its similarity
            is to `because`.
        because: the liked chunk it is nearest to.
    """

    hit: Hit
    because: Hit


def recommend(
    snapshot: Snapshot,
    liked: Sequence[str],
    disliked: Sequence[str] = (),
    k: int = 10,
    *,
    where: str | None = None,
    diversity: float = 0.0,
) -> list[Recommended]:
    """Chunks of other records that fit what is liked and not what is disliked, best first.

    The neighbors of each liked chunk are scored by `preference`. Those that are nearer to a
    disliked chunk than to any liked one are left out.

    Args:
        snapshot: of the collection.
        liked: ids, at least one.
        disliked: ids.
        k: how many.
        where: an SQL condition, as `condition.checked` gives it.
        diversity: above 0, up to 1: maximal marginal relevance, against near repetitions.

    Raises:
        InputError: nothing is liked, or something is both liked and disliked.
        RecordNotFoundError: there is no such id.
    """
    both = set(liked) & set(disliked)
    if not liked or both:
        what = f"{min(both)!r} is both liked and disliked" if both else "nothing is liked"
        raise InputError(what, hint="a search shows the id of each hit")
    likes, dislikes = snapshot.get(liked), snapshot.get(disliked) if disliked else []
    known = sorted({candidate.hit.record for candidate in (*likes, *dislikes)})
    listed = ", ".join(f"'{record}'" for record in known)
    others = f"record NOT IN ({listed})"
    condition = f"{where} AND {others}" if where else others
    candidates = _neighbors(snapshot, likes, max(POOL, 5 * k), condition)
    if not candidates:
        return []
    near_likes = _examples(likes, candidates)
    near_dislikes = None
    if dislikes:
        near_dislikes = _examples(dislikes, _neighbors(snapshot, dislikes, NEIGHBORS, condition))
    matrix = near_likes.neighbors
    similar = matrix @ near_likes.given.T
    scores = preference(matrix, near_likes, near_dislikes)
    if near_dislikes is not None:
        nearer = similar.max(axis=1) > (matrix @ near_dislikes.given.T).max(axis=1)
        rows = np.flatnonzero(nearer)
    else:
        rows = np.arange(len(matrix))
    order = rows[marginal_relevance(scores[rows], matrix[rows], k, diversity)]
    return [
        _recommended(snapshot, candidates[n], float(scores[n]), likes[int(similar[n].argmax())])
        for n in order.tolist()
    ]


def _neighbors(
    snapshot: Snapshot, examples: Sequence[Candidate], count: int, condition: str
) -> list[Candidate]:
    """The nearest chunk of each record that is near to an example."""
    found: dict[str, Candidate] = {}
    for example in examples:
        for other in snapshot.by_vector(example.vector, count, condition):
            found.setdefault(other.hit.record, other)
    return list(found.values())


def _examples(given: Sequence[Candidate], neighbors: Sequence[Candidate]) -> Examples:
    rows = [candidate.vector for candidate in (*given, *neighbors)]
    matrix = vectors.normalize(np.stack(rows))
    return Examples(matrix[: len(given)], matrix[len(given) :])


def _recommended(
    snapshot: Snapshot, candidate: Candidate, score: float, because: Candidate
) -> Recommended:
    measure = snapshot.manifest.similarity
    similarity = float(vectors.similarity(because.vector, candidate.vector, measure)[0, 0])
    hit = replace(
        candidate.hit,
        score=score,
        measure="preference",
        similarity=similarity,
        percentile=snapshot.percentile(similarity),
    )
    return Recommended(hit, because.hit)
