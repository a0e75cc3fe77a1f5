"""Clustering: do k-means clusters of the vectors agree with the labels?"""

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
    """Texts with the group each belongs to.

    Attributes:
        name: what it is called in results.
        texts: the texts.
        labels: the group of each.
        split: which part of the data it is.
        runs: clusterings of MTEB's protocol.
        sample: texts drawn, with replacement, for each clustering.
        seed: of the samples drawn; MTEB's is 42.
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
        """Mean V-measure of mini-batch k-means on drawn samples, MTEB's protocol of today.

        `v_measure_whole` is one clustering of all texts, the protocol of MTEB's first sets.

        Raises:
            MissingExtraError: scikit-learn is not installed.
        """
        means = require("sklearn.cluster", "evaluate").MiniBatchKMeans
        vectors = embed(model, self.texts)
        labels = np.asarray(self.labels)
        groups = np.unique(labels).size
        draw = random.Random(self.seed)
        values = []
        fitted = means(n_clusters=groups, batch_size=512, n_init=1, random_state=self.seed)
        for _ in range(self.runs):
            places = draw.choices(range(len(labels)), k=self.sample)
            values.append(v_measure(labels[places], fitted.fit_predict(vectors[places])))
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
        # how many of those it was put with are of its own kind
        goodness = np.array(
            [
                members[c][label] / members[c].total()
                for c, label in zip(clusters.tolist(), labels.tolist(), strict=True)
            ]
        )

        def resample(places: NDArray[np.int64]) -> float:
            return v_measure(labels[places], clusters[places])

        def case(i: int) -> Case:
            mostly = ", ".join(
                f"{label} ({n})" for label, n in members[int(clusters[i])].most_common(3)
            )
            return Case(self.texts[i], str(labels[i]), f"put with {mostly}")

        return TaskOutcome(scores, "v_measure", goodness, resample, case)
