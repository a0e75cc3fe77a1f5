"""More of what somebody likes, and none of what they do not."""

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
    """A passage that is recommended.

    Attributes:
        hit: the passage; its score is the similarity to `because`.
        because: the liked passage it is nearest to.
    """

    hit: Hit
    because: Hit


def recommend(
    view: Snapshot,
    liked: Sequence[str],
    disliked: Sequence[str] = (),
    k: int = 10,
    where: str | None = None,
) -> list[Recommended]:
    """Passages near to any that is liked, unless one that is disliked is nearer still.

    Each liked passage looks for its own neighbours, so that different tastes are served each and
    not averaged into one that nobody has.

    Args:
        view: of the collection.
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
        raise InputError(what, hint="give ids of passages, as they stand beside hits")
    likes, dislikes = view.get(liked), view.get(disliked) if disliked else []
    known = sorted({candidate.hit.record for candidate in (*likes, *dislikes)})
    listed = ", ".join(f"'{record}'" for record in known)
    others = f"record NOT IN ({listed})"
    condition = f"{where} AND {others}" if where else others
    found: dict[str, Candidate] = {}
    for candidate in likes:
        for other in view.by_vector(candidate.vector, max(POOL, 2 * k), condition):
            found.setdefault(other.hit.record, other)
    return _judged(view, list(found.values()), likes, dislikes)[:k]


def _judged(
    view: Snapshot,
    candidates: list[Candidate],
    likes: Sequence[Candidate],
    dislikes: Sequence[Candidate],
) -> list[Recommended]:
    if not candidates:
        return []
    measure = view.manifest.similarity
    matrix = np.stack([candidate.vector for candidate in candidates])
    near = vectors.similarity(matrix, np.stack([like.vector for like in likes]), measure)
    best = near.max(axis=1)
    kept = np.ones(len(candidates), np.bool_)
    if dislikes:
        far = np.stack([dislike.vector for dislike in dislikes])
        kept = best > vectors.similarity(matrix, far, measure).max(axis=1)
    judged = []
    for n in np.argsort(-best, kind="stable").tolist():
        if kept[n]:
            score = float(best[n])
            hit = replace(
                candidates[n].hit, score=score, similarity=score, percentile=view.percentile(score)
            )
            judged.append(Recommended(hit, likes[int(near[n].argmax())].hit))
    return judged
