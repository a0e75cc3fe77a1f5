"""Maps: what is near stays near, colours and names are where they belong, tables open elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.manifold import trustworthiness as oracle

from likewise.analysis.clustering.cluster import ClusterSettings
from likewise.analysis.embedded_corpus import EmbeddedCorpus
from likewise.analysis.neighbors.knn_graph import knn_graph
from likewise.analysis.projection.coloring import MAX_COLORS, by_column
from likewise.analysis.projection.map import make_map, write_map_table
from likewise.analysis.projection.projection import project, trustworthiness
from likewise.data.records import Record
from likewise.errors import InputError
from likewise.progress import Progress
from likewise.vectors import normalize


def vectors_of(groups: int, each: int, seed: int = 0) -> Any:
    chance = np.random.default_rng(seed)
    centres = np.linalg.qr(chance.normal(size=(32, groups)))[0].T
    truth = np.repeat(np.arange(groups), each)
    return normalize(centres[truth] + chance.normal(scale=0.1, size=(len(truth), 32)))


@pytest.fixture
def corpus(tmp_path: Path) -> EmbeddedCorpus:
    vectors = vectors_of(4, 60)
    themes = ("fruit", "motor", "music", "ship")
    records = [
        Record(
            f"{themes[i // 60]} number{i}", {"theme": themes[i // 60], "rank": i}, "f.csv", i + 2
        )
        for i in range(240)
    ]
    return EmbeddedCorpus(records, vectors, "key", tmp_path)


def test_every_stage_of_a_layout_tells_how_far_it_is() -> None:
    stages: dict[str, list[int]] = {}

    @contextmanager
    def stage(total: int | None, *, title: str, unit: str = "texts") -> Iterator[Progress]:
        done = stages[title] = [0, total or 0]

        class Counted(Progress):
            def __call__(self, more: int) -> None:
                done[0] += more

        yield Counted()

    vectors = vectors_of(4, 60)
    project(vectors, knn_graph(vectors, 15), progress=stage)
    assert stages == {"projecting": [750, 750], "measuring the map": [240, 240]}


def test_of_many_texts_a_sample_is_projected() -> None:
    vectors = vectors_of(5, 400)
    whole = knn_graph(vectors, 30)
    planes = [project(vectors, whole, most=most) for most in (2000, 700)]
    assert [plane.placed for plane in planes] == [2000, 700]
    assert all(plane.positions.shape == (2000, 2) for plane in planes)
    trust = [plane.trustworthiness or 0 for plane in planes]
    assert trust[1] > trust[0] - 0.03
    assert project(vectors, whole, "pca", most=700).placed == 2000


def test_trustworthiness_is_scikit_learns() -> None:
    vectors = vectors_of(3, 50)
    chance = np.random.default_rng(1)
    for positions in (chance.normal(size=(150, 2)), vectors[:, :2], vectors[:, 5:7]):
        expected = oracle(vectors, positions, n_neighbors=15, metric="cosine")
        ours = trustworthiness(vectors, positions, np.arange(150))
        assert ours == pytest.approx(expected, abs=1e-9)
    part = trustworthiness(vectors, vectors[:, :2], chance.choice(150, 80, replace=False))
    assert part == pytest.approx(trustworthiness(vectors, vectors[:, :2], np.arange(150)), abs=0.05)


@pytest.mark.parametrize(("method", "least"), [("tsne", 0.9), ("pca", 0.75)])
def test_what_is_near_stays_near(method: str, least: float) -> None:
    vectors = vectors_of(4, 60)
    graph = knn_graph(vectors, 12)
    plane = project(vectors, graph, method)
    assert plane.method == method
    assert plane.sampled == 240
    assert plane.trustworthiness is not None
    assert plane.trustworthiness > least
    assert plane.positions.shape == (240, 2)
    assert np.abs(plane.positions).max() == pytest.approx(1)
    again = project(vectors, graph, method)
    np.testing.assert_array_equal(plane.positions, again.positions)


def test_few_texts_are_laid_out_too(tmp_path: Path) -> None:
    for count in (2, 3, 7, 8, 20):
        folder = tmp_path / str(count)
        folder.mkdir()
        records = [Record(f"text {i}") for i in range(count)]
        drawn = make_map(EmbeddedCorpus(records, vectors_of(1, count), "key", folder))
        assert drawn.positions.shape == (count, 2)
        assert np.isfinite(drawn.positions).all()
        assert drawn.projection.method == ("tsne" if count >= 8 else "pca")


def test_map_by_cluster(corpus: EmbeddedCorpus) -> None:
    drawn = make_map(corpus, method="pca")
    assert drawn.coloring.title == "cluster"
    np.testing.assert_array_equal(drawn.coloring.groups, drawn.clustering.labels)
    clusters = [label for label in drawn.labels if label.level == 1]
    assert {label.name.split()[0] for label in clusters} == {"fruit", "motor", "music", "ship"}
    for label in clusters:
        own = drawn.positions[drawn.clustering.labels == label.group]
        assert np.linalg.norm(own - [label.x, label.y], axis=1).min() < 0.1


def test_map_of_texts_that_repeat(corpus: EmbeddedCorpus, tmp_path: Path) -> None:
    again = np.concatenate([np.arange(240), [7] * 50])
    records = [corpus.records[i] for i in again]
    folder = tmp_path / "again"
    folder.mkdir()
    drawn = make_map(EmbeddedCorpus(records, corpus.vectors[again], "k", folder), method="pca")
    assert len({tuple(place) for place in drawn.positions[again == 7]}) == 1
    assert not np.isin(drawn.near[7], np.flatnonzero(again == 7)).any()
    for row in (0, 100, 250):
        scores = corpus.vectors[again[drawn.near[row]]] @ corpus.vectors[again[row]]
        np.testing.assert_allclose(scores, drawn.similarities[row], atol=1e-5)


def test_colors_by_column(corpus: EmbeddedCorpus) -> None:
    themes = by_column(corpus.records, "theme")
    assert (themes.title, themes.low, len(themes.names)) == ("theme", None, 4)
    assert [themes.names[group] for group in themes.groups[[0, 239]]] == ["fruit", "ship"]
    ranks = by_column(corpus.records, "rank")
    assert (ranks.low, ranks.high, ranks.names) == (0, 239, ())
    assert ranks.groups[[0, 239]].tolist() == [0, 255]
    many = [Record("t", {"word": f"w{i % 99}", "gap": None if i else 2}) for i in range(500)]
    words = by_column(many, "word")
    assert len(words.names) == MAX_COLORS
    assert words.groups.max() == MAX_COLORS  # the rest share what lies past the last
    assert by_column(many, "gap").groups.tolist() == [0] + [1] * 499
    with pytest.raises(InputError, match="no column 'nope'") as caught:
        by_column(many, "nope")
    assert caught.value.hint == "other columns: word, gap"


def test_table_in_the_form_of_embedding_atlas(corpus: EmbeddedCorpus, tmp_path: Path) -> None:
    from pyarrow import parquet

    drawn = make_map(corpus, method="pca", choices=ClusterSettings(runs=0))
    table = parquet.read_table(write_map_table(tmp_path / "map.parquet", drawn))
    assert table.column_names == [
        "text",
        "theme",
        "rank",
        "x",
        "y",
        "cluster",
        "topic",
        "neighbors",
    ]
    rows = table.to_pylist()
    for place in (0, 130):
        near = rows[place]["neighbors"]
        assert set(near) == {"ids", "distances"}
        scores = corpus.vectors @ corpus.vectors[place]
        assert near["ids"] == np.argsort(-scores, kind="stable")[:11].tolist()
        assert near["distances"] == pytest.approx(
            (1 - np.sort(scores)[::-1][:11]).tolist(), abs=1e-5
        )
    assert "neighbors" not in write_map_table(tmp_path / "map.csv", drawn).read_text()


def test_bad_input(corpus: EmbeddedCorpus) -> None:
    with pytest.raises(InputError, match="unknown method 'umap'"):
        make_map(corpus, method="umap")
    with pytest.raises(InputError, match="no column 'x'"):
        make_map(corpus, color="x")
