"""Clustering: how well k-means clusters of the vectors agree with the labels."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.evaluation.contract import Case, TaskOutcome, TextEncoder, embed
from likewise.evaluation.metrics import v_measure
from likewise.extras import require


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
        seed: of the samples; 42 in MTEB.
    """

    name: str
    texts: Sequence[str]
    labels: Sequence[str]
    split: str = "test"
    runs: int = 10
    sample: int = 16_384
    seed: int = 42
    type = "Clustering"

    def run(self, model: TextEncoder) -> TaskOutcome:
        """Mean V-measure of mini-batch k-means on random samples, MTEB's current protocol.

        `v_measure_whole` is from one clustering of all texts, MTEB's first protocol.

        Raises:
            MissingExtraError: scikit-learn is not installed.
        """
        means = require("sklearn.cluster", "evaluate").MiniBatchKMeans
        vectors = embed(model, self.texts)
        labels = np.asarray(self.labels)
        groups = np.unique(labels).size
        rng = random.Random(self.seed)
        values = []
        fitted = means(n_clusters=groups, batch_size=512, n_init=1, random_state=self.seed)
        for _ in range(self.runs):
            rows = rng.choices(range(len(labels)), k=self.sample)
            values.append(v_measure(labels[rows], fitted.fit_predict(vectors[rows])))
        whole = means(n_clusters=groups, batch_size=500, n_init="auto", random_state=self.seed)
        clusters = np.asarray(whole.fit_predict(vectors))
        scores = {
            "v_measure": float(np.mean(values)),
            "v_measure_std": float(np.std(values)),
            "v_measure_whole": v_measure(labels, clusters),
        }
        return self._outcome(scores, labels, clusters)

    def _outcome(
        self, scores: dict[str, float], labels: NDArray[np.str_], clusters: NDArray[np.int64]
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
            return Case(self.texts[i], str(labels[i]), f"in a cluster of {mostly}")

        return TaskOutcome(scores, "v_measure", per_item_scores, resample, case)
