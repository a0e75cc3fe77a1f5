"""Recommendations: more of what is liked, and nothing nearer to what is disliked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from likewise import vectors
from likewise.collections.contract import Hit
from likewise.collections.search import POOL, Candidate, Snapshot
from likewise.errors import InputError


@dataclass(frozen=True)
class Recommended:
    """A chunk that is recommended.

    Attributes:
        hit: the chunk; its score is the similarity to `because`.
        because: the liked chunk it is nearest to.
    """

    hit: Hit
    because: Hit


def recommend(
    snapshot: Snapshot,
    liked: Sequence[str],
    disliked: Sequence[str] = (),
    k: int = 10,
    where: str | None = None,
) -> list[Recommended]:
    """Chunks near to any that is liked, unless one that is disliked is nearer still.

    Each liked chunk is searched for separately, so that different interests are not averaged.

    Args:
        snapshot: of the collection.
        liked: ids, at least one.
        disliked: ids.
        k: how many.
        where: an SQL condition, as `condition.checked` gives it.

    Raises:
        InputError: nothing is liked, something is both liked and disliked, or an id is unknown.
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
    found: dict[str, Candidate] = {}
    for candidate in likes:
        for other in snapshot.by_vector(candidate.vector, max(POOL, 2 * k), condition):
            found.setdefault(other.hit.record, other)
    return _scored(snapshot, list(found.values()), likes, dislikes)[:k]


def _scored(
    snapshot: Snapshot,
    candidates: list[Candidate],
    likes: Sequence[Candidate],
    dislikes: Sequence[Candidate],
) -> list[Recommended]:
    if not candidates:
        return []
    measure = snapshot.manifest.similarity
    matrix = np.stack([candidate.vector for candidate in candidates])
    near = vectors.similarity(matrix, np.stack([like.vector for like in likes]), measure)
    best = near.max(axis=1)
    nearer = np.ones(len(candidates), np.bool_)
    if dislikes:
        far = np.stack([dislike.vector for dislike in dislikes])
        nearer = best > vectors.similarity(matrix, far, measure).max(axis=1)
    scored = []
    for n in np.argsort(-best, kind="stable").tolist():
        if nearer[n]:
            score = float(best[n])
            hit = replace(
                candidates[n].hit,
                score=score,
                similarity=score,
                percentile=snapshot.percentile(score),
            )
            scored.append(Recommended(hit, likes[int(near[n].argmax())].hit))
    return scored
