"""Clusters: planted groups come back, what is in none is left out, and the same again each time."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from likewise.analysis.clustering import communities
from likewise.analysis.clustering.cluster import ClusterSettings, cluster
from likewise.analysis.clustering.clusters import Clusters
from likewise.analysis.clustering.granularity import find
from likewise.analysis.clustering.hierarchy import Merges, nested
from likewise.analysis.clustering.stability import stability
from likewise.analysis.embedded_corpus import EmbeddedCorpus
from likewise.analysis.neighbors.knn_graph import knn_graph
from likewise.analysis.unique_corpus import unique_corpus
from likewise.data.records import Record
from likewise.errors import InputError
from likewise.vectors import normalize

WORDS = ("apple banana", "engine wheel", "violin concert", "harbor ship")


def corpus(folder: Path, vectors: NDArray[Any], texts: list[str] | None = None) -> EmbeddedCorpus:
    texts = texts or [f"text {i}" for i in range(len(vectors))]
    return EmbeddedCorpus([Record(text) for text in texts], normalize(vectors), "key", folder)


def planted(
    seed: int = 0, each: int = 60, scattered: int = 0, groups: int = 4
) -> tuple[Any, Any, list[str]]:
    """Groups around orthogonal directions, then vectors of no group."""
    chance = np.random.default_rng(seed)
    centres = np.linalg.qr(chance.normal(size=(48, groups)))[0].T
    truth = np.repeat(np.arange(groups), each)
    vectors = centres[truth] + chance.normal(scale=0.08, size=(len(truth), 48))
    texts = [f"{WORDS[group % 4]} number{i}" for i, group in enumerate(truth)]
    if scattered:
        # equally near to every group
        between = np.tile(centres.mean(axis=0), (scattered, 1)) + chance.normal(
            scale=0.02, size=(scattered, 48)
        )
        vectors = np.concatenate([vectors, between])
        truth = np.concatenate([truth, np.full(scattered, -1)])
        texts += [f"nothing {i}" for i in range(scattered)]
    return vectors.astype(np.float32), truth, texts


def test_groups_of_a_sample_are_those_of_all(tmp_path: Path) -> None:
    vectors, truth, texts = planted(each=500, scattered=40)
    steps = [cluster(corpus(tmp_path, vectors, texts), ClusterSettings(sample=most, runs=2))
             for most in (10**6, 600)]  # fmt: skip
    assert [found.divided for found in steps] == [len(texts), 600]
    for found in steps:
        inside = truth >= 0
        assert adjusted_rand_score(truth[inside], found.labels[inside]) > 0.99
        assert np.mean(found.labels[inside] >= 0) > 0.99
        assert found.stability is not None
        assert found.stability.rand_index > 0.99
        assert found.at(2).labels.max() == 1
    assert steps[1].to_dict(texts)["divided"] == 600


def test_planted_groups_come_back_named(tmp_path: Path) -> None:
    vectors, truth, texts = planted()
    found = cluster(corpus(tmp_path, vectors, texts))
    assert adjusted_rand_score(truth, found.labels) == 1.0
    assert found.unclustered == 0
    assert found.method == "leiden"
    assert found.stability is not None
    assert found.stability.rand_index == 1.0
    for topic in found.topics:
        assert topic.size == 60
        assert topic.stability == 1.0
        expected = WORDS[truth[topic.exemplars[0]]]
        assert topic.terms[0] == expected
        assert {truth[i] for i in topic.exemplars} == {truth[topic.exemplars[0]]}
    assert np.all(found.strengths > 0.9)
    assert set(found.names) == {topic.name for topic in found.topics}


def test_exemplars_are_nearest_to_the_centre(tmp_path: Path) -> None:
    vectors, _, texts = planted()
    prepared = corpus(tmp_path, vectors, texts)
    for number, topic in enumerate(cluster(prepared).topics):
        members = np.flatnonzero(cluster(prepared).labels == number)
        scores = prepared.vectors[members] @ prepared.vectors[members].mean(axis=0)
        assert list(topic.exemplars) == members[np.argsort(-scores)[:3]].tolist()


def test_what_lies_between_groups_is_left_out_unless_all_are_wanted(tmp_path: Path) -> None:
    vectors, truth, texts = planted(scattered=12)
    prepared = corpus(tmp_path, vectors, texts)
    matrix = knn_graph(prepared, 25)
    labels = communities.by_size(truth.astype(np.int32))
    shares = communities.agreement(matrix.indices, matrix.similarities, labels)
    assert shares[truth >= 0].min() > 0.9
    # by hand: the similarity of the neighbours in the own group, out of that of all neighbours
    near, weight = matrix.indices[5], matrix.similarities[5]
    assert shares[5] == pytest.approx(weight[labels[near] == labels[5]].sum() / weight.sum())
    found = cluster(prepared, ClusterSettings(smallest=20))
    assert found.unclustered == 12
    assert set(found.labels[truth < 0]) == {-1}
    assert [found.names[-1], found.paths[-1], found.strengths[-1]] == ["", "", 0]
    everything = cluster(prepared, ClusterSettings(smallest=20, assign_all=True))
    assert everything.unclustered == 0
    assert adjusted_rand_score(everything.labels[truth >= 0], truth[truth >= 0]) == 1.0


def test_a_text_with_neighbours_everywhere_is_in_no_group(tmp_path: Path) -> None:
    vectors, truth, texts = planted(seed=4, scattered=1, groups=12)
    prepared = corpus(tmp_path, vectors, texts)
    found = cluster(prepared)
    assert found.labels[-1] == -1
    assert 0 < found.strengths[-1] < 0.25
    assert found.unclustered == 1
    everything = cluster(prepared, ClusterSettings(assign_all=True))
    assert everything.unclustered == 0
    assert adjusted_rand_score(everything.labels[:-1], truth[:-1]) == 1.0


def test_same_seed_same_clusters(tmp_path: Path) -> None:
    vectors, _, texts = planted(seed=3)
    vectors += np.random.default_rng(3).normal(scale=0.3, size=vectors.shape)
    prepared = corpus(tmp_path, vectors, texts)
    first, second = (cluster(prepared, ClusterSettings(seed=4)) for _ in range(2))
    np.testing.assert_array_equal(first.labels, second.labels)
    assert first.topics == second.topics
    assert first.stability == second.stability
    assert first.granularity == second.granularity


def test_noise_is_one_cluster(tmp_path: Path) -> None:
    chance = np.random.default_rng(3)
    found = cluster(corpus(tmp_path, chance.normal(size=(400, 48)).astype(np.float32)))
    assert (len(found.topics), found.granularity.clusters, found.stability) == (1, 1, None)


def test_a_number_of_clusters(tmp_path: Path) -> None:
    vectors, truth, texts = planted()
    prepared = corpus(tmp_path, vectors, texts)
    for count in (1, 2, 4, 9, 60, 240):
        found = cluster(prepared, ClusterSettings(clusters=count, runs=0))
        assert (len(found.topics), found.unclustered) == (count, 0)
        if count == 4:
            assert adjusted_rand_score(truth, found.labels) == 1.0
    half = cluster(prepared, ClusterSettings(resolution=0.5, runs=0))
    assert len(half.topics) == 2
    assert half.granularity.clusters == 4


def test_fewer_and_more_clusters_are_nested(tmp_path: Path) -> None:
    vectors, truth, texts = planted(each=80)
    found = cluster(corpus(tmp_path, vectors, texts), ClusterSettings(runs=2))
    assert found.at(4).topics[0].name == found.topics[0].name
    np.testing.assert_array_equal(found.at(4).labels, found.labels)
    assert found.at(4).stability is None
    labels = [found.at(count).labels for count in range(1, found.hierarchy.leaves + 1)]
    assert [len(set(each.tolist())) for each in labels] == list(range(1, len(labels) + 1))
    for coarse, fine in pairwise(labels):
        assert len({*zip(coarse.tolist(), fine.tolist(), strict=True)}) == fine.max() + 1
    two = found.at(2)
    assert {topic.size for topic in two.topics} == {160}
    assert adjusted_rand_score(truth, found.at(len(labels)).at(4).labels) == 1.0
    for count in (0, found.hierarchy.leaves + 1):
        with pytest.raises(InputError, match="clusters requested of a hierarchy") as error:
            found.at(count)
        assert error.value.hint


def test_granularity_of_planted_groups(tmp_path: Path) -> None:
    for groups in (4, 12, 30):
        vectors, truth, texts = planted(groups=groups, each=40)
        folder = tmp_path / str(groups)
        folder.mkdir()
        found = cluster(corpus(folder, vectors, texts), ClusterSettings(runs=0))
        sure = found.granularity
        assert sure.clusters == len(found.topics) == groups
        assert sure.low <= groups <= sure.high
        assert adjusted_rand_score(truth, found.labels) == 1.0
        assert [c.clusters for c in sure.candidates] == sorted(c.clusters for c in sure.candidates)
        assert max(c.score for c in sure.candidates) <= 1


def test_granularity_of_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("likewise.analysis.clustering.granularity.SAMPLES", (300, 500))
    vectors, truth, texts = planted(groups=12, each=60)
    found = cluster(corpus(tmp_path, vectors, texts), ClusterSettings(runs=0))
    assert found.granularity.clusters == len(found.topics) == 12
    assert adjusted_rand_score(truth, found.labels) == 1.0


def test_criteria_by_hand() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], np.float32)
    right, wrong = np.array([0, 0, 1, 1], np.int32), np.array([0, 1, 0, 1], np.int32)
    assert communities.silhouette(vectors, right) == 1.0
    assert communities.silhouette(vectors, wrong) < 0
    # two pairs without an edge between them: one bit says which end is visited, none the pair
    matrix = communities.as_matrix(np.array([[1], [0], [3], [2]]), np.ones((4, 1), np.float32))
    assert communities.codelength(matrix, right) == pytest.approx(1.0)
    assert communities.codelength(matrix, np.zeros(4, np.int32)) == pytest.approx(2.0)
    weights = np.asarray(matrix.toarray())
    assert communities.modularity(weights, right) == pytest.approx(0.5)
    assert communities.modularity(weights, np.zeros(4, np.int32)) == pytest.approx(0.0)
    assert find(matrix, vectors, neighbors=1, seed=0).granularity.clusters == 2


def test_merges_join_the_nearest_first() -> None:
    centroids = np.array([[0.0], [1.0], [5.0], [5.5], [20.0]])
    sizes, groups = np.array([3, 1, 2, 2, 1]), np.array([0, 0, 1, 1, 2], np.int32)
    merges = nested(centroids, sizes, groups)
    assert merges.pairs.tolist() == [[2, 3], [0, 1], [6, 5], [7, 4]]
    assert merges.cut(3).tolist() == [2, 2, 1, 1, 0]
    assert merges.cut(2).tolist() == [1, 1, 1, 1, 0]
    assert merges.cut(99).tolist() == [0, 1, 2, 3, 4]
    together = merges.joined_at()
    assert (together[2, 3], together[0, 1], together[0, 3], together[4, 0]) == (1, 2, 3, 4)
    assert np.array_equal(together, together.T)
    inside = merges.within(np.array([0, 2, 3]))
    assert inside.pairs.tolist() == [[1, 2], [0, 3]]
    assert Merges(1, np.empty((0, 2), np.int32)).cut(1).tolist() == [0]


def test_merges_agree_with_scipy() -> None:
    from scipy.cluster.hierarchy import fcluster, ward

    points = np.random.default_rng(0).normal(size=(60, 5))
    merges = nested(points, np.ones(60, np.int64), np.arange(60, dtype=np.int32))
    expected = ward(points)
    for count in (2, 5, 11, 30):
        theirs = fcluster(expected, count, "maxclust")
        assert adjusted_rand_score(theirs, merges.cut(count)) == 1.0


def test_small_groups_are_absorbed_by_their_neighbors() -> None:
    near = np.array([[1], [2], [1], [4], [3], [4], [0]])
    matrix = communities.as_matrix(near, np.ones((7, 1), np.float32))
    labels = np.array([0, 0, 0, 1, 1, 1, 2], np.int32)
    assert communities.absorbed(matrix, labels, 2).tolist() == [0, 0, 0, 1, 1, 1, 0]
    within = np.array([0, 0, 0, 0, 0, 0, 1], np.int32)
    assert communities.absorbed(matrix, labels, 2, within).tolist() == labels.tolist()
    assert communities.absorbed(matrix, labels, 1) is labels


def test_topics_within_topics(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    outer = np.linalg.qr(chance.normal(size=(64, 10)))[0].T
    inner = outer[:2].repeat(3, axis=0) * 1.2 + outer[2:8] * 0.6
    truth = np.repeat(np.arange(6), 80)
    vectors = (inner[truth] + chance.normal(scale=0.15, size=(480, 64))).astype(np.float32)
    names = ("red rose", "red brick", "red wine", "blue sky", "blue whale", "blue ink")
    texts = [f"{names[group]} number{i}" for i, group in enumerate(truth)]
    found = cluster(corpus(tmp_path, vectors, texts), ClusterSettings(levels=3, runs=0))
    assert found.stability is None
    assert {topic.terms[0] for topic in found.topics} == {"red", "blue"}
    for topic in found.topics:
        assert {part.id for part in topic.topics} == {f"{topic.id}.{i}" for i in range(3)}
        assert sum(part.size for part in topic.topics) <= topic.size
        assert not any(part.topics for part in topic.topics)  # these hold together
        assert {part.name for part in topic.topics} == {
            name for name in names if name.split()[0] == topic.terms[0]
        }
    assert adjusted_rand_score(truth, found.paths) > 0.95
    _check_levels(found, truth)
    flat = cluster(corpus(tmp_path, vectors, texts), ClusterSettings(levels=1, runs=0))
    assert not any(topic.topics for topic in flat.topics)


def _check_levels(found: Clusters, truth: NDArray[Any]) -> None:
    """Six topics within two clusters, as clusters of their own."""
    assert found.at_level(1) is found
    inner = found.at_level(2)
    assert [topic.id for topic in inner.topics] == [str(number) for number in range(6)]
    assert {topic.level for topic in inner.topics} == {1}
    assert [topic.size for topic in inner.topics] == np.bincount(
        inner.labels[inner.labels >= 0]
    ).tolist()
    assert adjusted_rand_score(truth, inner.labels) > 0.95
    assert inner.paths == tuple("" if label < 0 else str(label) for label in inner.labels)
    assert inner.at_level(2) is inner
    deeper = found.at_level(3)  # there is no third level
    np.testing.assert_array_equal(deeper.labels, inner.labels)
    with pytest.raises(InputError, match="the level is 0"):
        found.at_level(0)


def test_clusters_are_renamed(tmp_path: Path) -> None:
    vectors, _, texts = planted()
    found = cluster(corpus(tmp_path, vectors, texts), ClusterSettings(runs=0))
    named = found.relabel({0: "first", "2": " third "})
    assert [topic.name for topic in named.topics][::2] == ["first", "third"]
    assert named.topics[1].name == found.topics[1].name
    assert named.names[int(np.flatnonzero(found.labels == 2)[0])] == "third"
    assert named.to_dict(texts)["topics"][0]["name"] == "first"
    with pytest.raises(InputError, match="there is no cluster '9'") as error:
        found.relabel({9: "none"})
    assert "0 to 3" in (error.value.hint or "")
    with pytest.raises(InputError, match="is empty"):
        found.relabel({0: " "})


def test_a_text_that_repeats_is_one_text_to_the_graph(tmp_path: Path) -> None:
    vectors, truth, texts = planted()
    again = np.concatenate([np.arange(240), np.zeros(200, int)])
    prepared = corpus(tmp_path, vectors[again], [texts[i] for i in again])
    once = unique_corpus(prepared)
    assert len(once.corpus) == 240
    np.testing.assert_array_equal(once.rows, again)
    found = cluster(prepared)
    assert adjusted_rand_score(truth[again], found.labels) == 1.0
    assert found.topics[0].size == 260
    shown = [prepared.records[i].text for i in found.topics[0].exemplars]
    assert len(set(shown)) == len(shown)


def test_stability_sees_a_group_that_dissolves() -> None:
    labels = np.repeat(np.arange(3, dtype=np.int32), 100)

    def again(places: NDArray[np.int64], seed: int) -> Any:
        found = labels[places].copy()
        chance = np.random.default_rng(seed)
        found[found == 2] = chance.integers(2, 12, (found == 2).sum())
        return found

    steady = stability(labels, again, runs=3, seed=0)
    assert steady.clusters[0] == steady.clusters[1] == 1.0
    assert steady.clusters[2] < 0.3
    assert 0.3 < steady.rand_index < 1
    assert steady == stability(labels, again, runs=3, seed=0)


@pytest.mark.parametrize(
    ("count", "choices", "message"),
    [
        (1, ClusterSettings(), "there is only one text"),
        (5, ClusterSettings(), "there is only the same text 5 times"),
        (5, ClusterSettings(clusters=2), "2 clusters requested for 1 distinct text"),
        (5, ClusterSettings(resolution=0), "resolution is 0"),
        (5, ClusterSettings(levels=0), "levels is 0"),
    ],
)
def test_bad_input(tmp_path: Path, count: int, choices: ClusterSettings, message: str) -> None:
    prepared = corpus(tmp_path, np.ones((count, 4), np.float32), ["same"] * count)
    with pytest.raises(InputError, match=message) as caught:
        cluster(prepared, choices)
    assert caught.value.hint


def test_few_texts(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    for count in range(2, 12):
        folder = tmp_path / str(count)
        folder.mkdir()
        vectors = chance.normal(size=(count, 8)).astype(np.float32)
        found = cluster(corpus(folder, vectors))
        assert len(found.labels) == count
        assert sum(topic.size for topic in found.topics) + found.unclustered == count


def test_labels_of_stack_overflow(shared_data: Path, encoder_bfloat16: Any) -> None:
    """Real titles: better than chance by far, on a part that is quick to encode."""
    from likewise.analysis.embedded_corpus import embed_records
    from likewise.data.records import read_records

    records = list(read_records(shared_data / "stackoverflow_titles" / "all.tsv"))[::10]
    found = cluster(embed_records(encoder_bfloat16, records), ClusterSettings(runs=2))
    truth = [record.fields["label"] for record in records]
    inside = found.labels >= 0
    assert adjusted_rand_score(np.array(truth)[inside], found.labels[inside]) > 0.55
    assert 0 < found.unclustered < 500
