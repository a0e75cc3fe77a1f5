"""Clustering: how well k-means clusters of the vectors agree with the labels."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.evaluation.contract import Case, TaskOutcome, TextEncoder, embed
from likewise.evaluation.metrics import v_measure
from likewise.evaluation.phrases import Phrase
from likewise.extras import require
from likewise.vectors import Matrix


@dataclass(frozen=True)
class Clustering:
    """Texts with their true groups.

    Attributes:
        name: of the task, in results.
        texts: the texts.
        labels: the group of each.
        split: of the data.
        runs: number of clusterings in MTEB's protocol.
        sample: texts per clustering, drawn with replacement.
        fraction: share of the texts that is used, drawn at random; None uses all.
        most: number of texts that is used at most, drawn at random; None uses all.
        by_set: MTEB's first protocol: cluster each set once, in place of random samples.
        sets: for each text the number of its set; None is one set.
        seed: of the samples; 42 in MTEB.
    """

    name: str
    texts: Sequence[str]
    labels: Sequence[str]
    split: str = "test"
    runs: int = 10
    sample: int = 16_384
    fraction: float | None = None
    most: int | None = None
    by_set: bool = False
    sets: Sequence[int] | None = None
    seed: int = 42
    type = "Clustering"

    def run(self, model: TextEncoder) -> TaskOutcome:
        """Mean V-measure of mini-batch k-means on random samples, MTEB's current protocol.

        `v_measure_whole` is the mean over the sets of one clustering of each, MTEB's first
        protocol; with `by_set` it is the main score.

        Raises:
            MissingExtraError: scikit-learn is not installed.
        """
        rng = random.Random(self.seed)
        used = self._used(rng)
        vectors = embed(model, [self.texts[i] for i in used])
        labels = np.asarray([self.labels[i] for i in used])
        sets = np.asarray([self.sets[i] for i in used] if self.sets else np.zeros(len(used)))
        whole, clusters = self._by_set(vectors, labels, sets)
        scores = {"v_measure_whole": float(np.mean(whole))}
        values = whole if self.by_set else self._by_sample(vectors, labels, rng)
        scores |= {"v_measure": float(np.mean(values)), "v_measure_std": float(np.std(values))}
        return self._outcome(scores, used, labels, clusters)

    def _used(self, rng: random.Random) -> list[int]:
        """The texts that are clustered."""
        count = len(self.texts)
        most = count if self.most is None else min(count, self.most)
        if self.fraction is not None:
            most = min(most, int(self.fraction * count))
        return list(range(count)) if most == count else rng.sample(range(count), k=most)

    def _by_sample(
        self, vectors: Matrix, labels: NDArray[np.str_], rng: random.Random
    ) -> list[float]:
        fitted = require("sklearn.cluster", "evaluate").MiniBatchKMeans(
            n_clusters=np.unique(labels).size, batch_size=512, n_init=1, random_state=self.seed
        )
        values = []
        for _ in range(self.runs):
            rows = rng.choices(range(len(labels)), k=self.sample)
            values.append(v_measure(labels[rows], _clustered(fitted, vectors[rows])))
        return values

    def _by_set(
        self, vectors: Matrix, labels: NDArray[np.str_], sets: NDArray[Any]
    ) -> tuple[list[float], NDArray[np.int64]]:
        """V-measure of each set, and the cluster of each text; no number is in two sets."""
        means = require("sklearn.cluster", "evaluate").MiniBatchKMeans
        clusters = np.empty(len(labels), np.int64)
        values, start = [], 0
        for number in np.unique(sets):
            rows = np.flatnonzero(sets == number)
            groups = np.unique(labels[rows]).size
            fitted = means(groups, batch_size=500, n_init="auto", random_state=self.seed)
            found = _clustered(fitted, vectors[rows])
            values.append(v_measure(labels[rows], found))
            clusters[rows] = start + found
            start += groups
        return values, clusters

    def _outcome(
        self,
        scores: dict[str, float],
        used: Sequence[int],
        labels: NDArray[np.str_],
        clusters: NDArray[np.int64],
    ) -> TaskOutcome:
        members = {c: Counter(labels[clusters == c].tolist()) for c in np.unique(clusters).tolist()}
        # share of the texts in the same cluster that have the same label
        per_item_scores = np.array(
            [
                members[c][label] / members[c].total()
                for c, label in zip(clusters.tolist(), labels.tolist(), strict=True)
            ]
        )

        def resample(rows: NDArray[np.int64]) -> float:
            return v_measure(labels[rows], clusters[rows])

        def case(i: int) -> Case:
            mostly = ", ".join(
                f"{label} ({n})" for label, n in members[int(clusters[i])].most_common(3)
            )
            return Case(self.texts[used[i]], str(labels[i]), Phrase("cluster", labels=mostly))

        return TaskOutcome(scores, "v_measure", per_item_scores, resample, case)


def _clustered(kmeans: Any, vectors: Matrix) -> NDArray[np.int64]:
    """The clusters of vectors, in one thread.

    The batches are so small that several threads gain nothing; beside other work they wait for each
    other in a loop, which takes many times as long.
    """
    with require("threadpoolctl", "evaluate").threadpool_limits(1):
        found: NDArray[np.int64] = kmeans.fit_predict(vectors)
    return found
