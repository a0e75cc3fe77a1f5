"""Who groups texts: `python -m benchmarks.groupers NAME FOLDER SEED`, a process each.

`FOLDER` holds `texts.json` and `vectors.npy`. The group of each text, -1 for none, and how long it
took beyond encoding, are written to `NAME.json`.
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
"""What k-means is told of the answer, and the others are not."""


def likewise(texts: list[str], vectors: Any, seed: int, *, assign_all: bool = False) -> Any:
    """As `likewise cluster` does it, names of topics and all, without the repetitions."""
    from tempfile import mkdtemp

    from likewise.analysis.clustering.cluster import ClusterSettings, cluster
    from likewise.analysis.embedded_corpus import EmbeddedCorpus
    from likewise.data.records import Record

    corpus = EmbeddedCorpus([Record(text) for text in texts], vectors, "texts", Path(mkdtemp()))
    return cluster(corpus, ClusterSettings(assign_all=assign_all, runs=0, seed=seed)).labels


def likewise_all(texts: list[str], vectors: Any, seed: int) -> Any:
    """The same, with nothing left unclustered."""
    return likewise(texts, vectors, seed, assign_all=True)


def bertopic(texts: list[str], vectors: Any, seed: int) -> Any:  # noqa: ARG001 - it takes none
    """As it comes: UMAP, HDBSCAN, class-based TF-IDF."""
    from bertopic import BERTopic

    return BERTopic().fit_transform(texts, vectors)[0]


def bertopic_all(texts: list[str], vectors: Any, seed: int) -> Any:  # noqa: ARG001
    """The same, with outliers put where their vectors are nearest."""
    from bertopic import BERTopic

    model = BERTopic()
    found, _ = model.fit_transform(texts, vectors)
    return model.reduce_outliers(texts, found, strategy="embeddings", embeddings=vectors)


def evoc(texts: list[str], vectors: Any, seed: int) -> Any:  # noqa: ARG001
    """As it comes."""
    from evoc import EVoC

    return EVoC(random_state=seed).fit_predict(vectors)


def kmeans(texts: list[str], vectors: Any, seed: int) -> Any:  # noqa: ARG001
    """Told the number of labels."""
    from sklearn.cluster import KMeans

    return KMeans(TOPICS, n_init=10, random_state=seed).fit_predict(vectors)


def hdbscan(texts: list[str], vectors: Any, seed: int) -> Any:  # noqa: ARG001
    """On ten principal components; on the vectors themselves it finds one group or none."""
    from sklearn.cluster import HDBSCAN
    from sklearn.decomposition import PCA

    reduced = PCA(10, random_state=seed).fit_transform(vectors)
    return HDBSCAN(min_cluster_size=50, min_samples=10, copy=True).fit_predict(reduced)


@dataclass(frozen=True)
class Grouper:
    """One way to group texts.

    Attributes:
        name: what tables call it.
        run: gives the group of each text, from texts, vectors and a seed.
        environment: name of a row in `benchmarks.environments`.
        package: whose version is told.
    """

    name: str
    run: Callable[[list[str], Any, int], Any]
    environment: str
    package: str


GROUPERS: Mapping[str, Grouper] = {
    grouper.name: grouper
    for grouper in (
        Grouper("likewise", likewise, "project", "likewise"),
        Grouper("likewise --assign-all", likewise_all, "project", "likewise"),
        Grouper("BERTopic", bertopic, "topics", "bertopic"),
        Grouper("BERTopic, outliers reduced", bertopic_all, "topics", "bertopic"),
        Grouper("EVoC", evoc, "topics", "evoc"),
        Grouper("k-means, told there are 20", kmeans, "topics", "scikit-learn"),
        Grouper("HDBSCAN on 10 components", hdbscan, "topics", "scikit-learn"),
    )
}


def main() -> None:
    """Run one of them."""
    import numpy as np

    name, folder, seed = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    texts = json.loads((folder / "texts.json").read_text("utf-8"))
    vectors = np.load(folder / "vectors.npy")
    grouper = GROUPERS[name]
    started = time.perf_counter()
    labels = grouper.run(texts, vectors, seed)
    result = {
        "seconds": time.perf_counter() - started,
        "labels": [int(label) for label in labels],
        "version": version(grouper.package),
    }
    (folder / "found.json").write_text(json.dumps(result), "utf-8")


if __name__ == "__main__":
    main()
