"""Clustering methods, one process each: `python -m benchmarks.clusterers NAME FOLDER SEED`.

`FOLDER` contains `texts.json` and `vectors.npy`. The cluster of each text (-1: unclustered) and the
seconds beyond encoding are written to `found.json`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

TOPICS = 20
"""Number of labels; only k-means uses it."""


def likewise(texts: list[str], vectors: Any, seed: int, *, assign_all: bool = False) -> Any:
    """`likewise cluster` with topic labels, without the stability runs."""
    from tempfile import mkdtemp

    from likewise.analysis.clustering.cluster import ClusterSettings, cluster
    from likewise.analysis.embedded_corpus import EmbeddedCorpus
    from likewise.data.records import Record

    corpus = EmbeddedCorpus([Record(text) for text in texts], vectors, "texts", Path(mkdtemp()))
    return cluster(corpus, ClusterSettings(assign_all=assign_all, runs=0, seed=seed)).labels


def likewise_all(texts: list[str], vectors: Any, seed: int) -> Any:
    """The same, with every text assigned to a cluster."""
    return likewise(texts, vectors, seed, assign_all=True)


def bertopic(texts: list[str], vectors: Any, seed: int) -> Any:  # noqa: ARG001 - it takes no seed
    """Default settings: UMAP, HDBSCAN, class-based TF-IDF."""
    from bertopic import BERTopic

    return BERTopic().fit_transform(texts, vectors)[0]


def bertopic_all(texts: list[str], vectors: Any, seed: int) -> Any:  # noqa: ARG001
    """The same, with outliers reassigned by embedding."""
    from bertopic import BERTopic

    model = BERTopic()
    found, _ = model.fit_transform(texts, vectors)
    return model.reduce_outliers(texts, found, strategy="embeddings", embeddings=vectors)


def evoc(texts: list[str], vectors: Any, seed: int) -> Any:  # noqa: ARG001
    """Default settings."""
    from evoc import EVoC

    return EVoC(random_state=seed).fit_predict(vectors)


def kmeans(texts: list[str], vectors: Any, seed: int) -> Any:  # noqa: ARG001
    """k-means with the true number of clusters."""
    from sklearn.cluster import KMeans

    return KMeans(TOPICS, n_init=10, random_state=seed).fit_predict(vectors)


def hdbscan(texts: list[str], vectors: Any, seed: int) -> Any:  # noqa: ARG001
    """On ten principal components; on the vectors themselves it finds at most one cluster."""
    from sklearn.cluster import HDBSCAN
    from sklearn.decomposition import PCA

    reduced = PCA(10, random_state=seed).fit_transform(vectors)
    return HDBSCAN(min_cluster_size=50, min_samples=10, copy=True).fit_predict(reduced)


@dataclass(frozen=True)
class Clusterer:
    """One clustering method.

    Attributes:
        name: what tables call it.
        run: returns the cluster of each text, given texts, vectors and a seed.
        environment: name of a row in `benchmarks.environments`.
        package: package whose version is recorded.
    """

    name: str
    run: Callable[[list[str], Any, int], Any]
    environment: str
    package: str


CLUSTERERS: Mapping[str, Clusterer] = {
    clusterer.name: clusterer
    for clusterer in (
        Clusterer("likewise", likewise, "project", "likewise"),
        Clusterer("likewise --assign-all", likewise_all, "project", "likewise"),
        Clusterer("BERTopic", bertopic, "topics", "bertopic"),
        Clusterer("BERTopic, outliers reduced", bertopic_all, "topics", "bertopic"),
        Clusterer("EVoC", evoc, "topics", "evoc"),
        Clusterer("k-means, k = 20", kmeans, "topics", "scikit-learn"),
        Clusterer("HDBSCAN on 10 components", hdbscan, "topics", "scikit-learn"),
    )
}


def main() -> None:
    """Run the method named on the command line."""
    import numpy as np

    name, folder, seed = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    texts = json.loads((folder / "texts.json").read_text("utf-8"))
    vectors = np.load(folder / "vectors.npy")
    clusterer = CLUSTERERS[name]
    started = time.perf_counter()
    labels = clusterer.run(texts, vectors, seed)
    result = {
        "seconds": time.perf_counter() - started,
        "labels": [int(label) for label in labels],
        "version": version(clusterer.package),
    }
    (folder / "found.json").write_text(json.dumps(result), "utf-8")


if __name__ == "__main__":
    main()
