"""Vectors of a corpus are cached, also when runs are interrupted or concurrent."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import likewise
from likewise import Encoder
from likewise.analysis import embedded_corpus
from likewise.analysis.embedded_corpus import EmbeddedCorpus, embed_corpus, embedded_corpora_folder
from likewise.analysis.neighbors.knn_graph import knn_graph
from likewise.errors import InputError, OutputError
from likewise.tokenization.token_stream import BATCH_TEXTS
from tests.analysis.interrupted import WORDS


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIKEWISE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def write(path: Path, count: int) -> Path:
    chance = random.Random(0)
    lines = (f"{' '.join(chance.choices(WORDS, k=5))} {i}" for i in range(count))
    path.write_text("".join(line + "\n" for line in lines))
    return path


def files_of(found: EmbeddedCorpus) -> list[str]:
    """The files in its folder, without marks of use."""
    names = sorted(path.name for path in found.folder.iterdir())
    return [name for name in names if not name.startswith("use-")]


def test_vectors_equal_those_of_the_encoder_normalized(tiny: Encoder, tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.txt"
    first.write_text("id,text\n1,a fox\n2,old town\n3,a fox\n")
    second.write_text("old town\nlazy dogs\n")
    found = embed_corpus(tiny, [first, second])
    assert found.texts == ["a fox", "old town", "a fox", "old town", "lazy dogs"]
    assert [record.line for record in found.records] == [2, 3, 4, 1, 2]
    expected = tiny.encode(found.texts, normalize_embeddings=True)
    np.testing.assert_allclose(found.vectors, expected, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-6)
    assert (found.encoded, found.resumed) == (3, 0)  # equal texts once
    assert isinstance(found.vectors, np.memmap)
    assert files_of(found) == ["lock", "vectors.npy"]


def test_cached_texts_are_not_encoded_again(tiny: Encoder, folder: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "a.txt", 20)
    first = embed_corpus(tiny, source)
    copy = tmp_path / "b.txt"
    copy.write_bytes(source.read_bytes())
    again = embed_corpus(tiny, copy)
    assert (again.key, again.encoded) == (first.key, 0)
    np.testing.assert_array_equal(again.vectors, first.vectors)
    others = (
        likewise.load(folder, compute="float32", truncate_dim=16),
        likewise.load(folder, compute="float32", max_seq_length=8),
    )
    for other in others:
        assert embed_corpus(other, source).encoded == 20
    assert embed_corpus(tiny, source, truncation="chunk").encoded == 20
    copy.write_text(source.read_text() + "one more\n")
    assert embed_corpus(tiny, copy).key != first.key


def test_files_without_text_are_refused(tiny: Encoder, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n\n")
    with pytest.raises(InputError, match="holds no text"):
        embed_corpus(tiny, tmp_path / "a.txt")


def test_an_unwritable_cache_is_reported(tiny: Encoder, tmp_path: Path, cache: Path) -> None:
    cache.write_text("a file where a folder should be")
    with pytest.raises(OutputError, match="cannot cache vectors"):
        embed_corpus(tiny, write(tmp_path / "a.txt", 3))


def test_the_least_recently_used_are_removed(
    tiny: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []  # of folders alone: a corpus that is held is in use
    for count in (30, 31, 32):
        made.append(embed_corpus(tiny, write(tmp_path / "a.txt", count)).folder)
        os.utime(made[-1] / "vectors.npy", (count, count))
    monkeypatch.setattr(embedded_corpus, "CACHE_BYTES", 10_000)
    last = embed_corpus(tiny, write(tmp_path / "a.txt", 33))
    left = {path.name for path in embedded_corpora_folder().iterdir()}
    assert left == {made[2].name, last.key}


CODE = (
    "import sys, likewise; from likewise.analysis.embedded_corpus import embed_corpus\n"
    "done = embed_corpus(likewise.load(sys.argv[1], compute='float32'), sys.argv[2])\n"
    "print(done.encoded, done.resumed)"
)


def run(folder: Path, source: Path) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", CODE, str(folder), str(source)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such signal")
def test_a_killed_run_is_resumed(tiny: Encoder, folder: Path, tmp_path: Path, cache: Path) -> None:
    count = 4 * BATCH_TEXTS + 7
    source = write(tmp_path / "a.txt", count)
    process = run(folder, source)
    while not list(cache.rglob("00000001.npy")) and process.poll() is None:
        time.sleep(0.002)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    found = embed_corpus(tiny, source)
    assert 0 < found.resumed < count
    assert found.resumed + found.encoded == count
    np.testing.assert_allclose(
        found.vectors, tiny.encode(found.texts, normalize_embeddings=True), atol=1e-6
    )
    assert files_of(found) == ["lock", "vectors.npy"]


def test_concurrent_runs_encode_once(tiny: Encoder, folder: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "a.txt", 3000)
    both = [run(folder, source) for _ in range(2)]
    outputs = sorted(process.communicate(timeout=120)[0].split() for process in both)
    assert outputs == [["0", "0"], ["3000", "0"]]


def test_the_graph_is_cached(tiny: Encoder, tmp_path: Path) -> None:
    found = embed_corpus(tiny, write(tmp_path / "a.txt", 40))
    graph = knn_graph(found, 8)
    made = (found.folder / "neighbors.npz").stat().st_mtime_ns
    fewer = knn_graph(embed_corpus(tiny, tmp_path / "a.txt"), 5)
    np.testing.assert_array_equal(fewer.indices, graph.indices[:, :5])
    assert (found.folder / "neighbors.npz").stat().st_mtime_ns == made
    assert knn_graph(found, 12).k == 12
    assert knn_graph(found, 100).k == 39


USING = (
    "import sys, likewise; from likewise.analysis.embedded_corpus import embed_corpus\n"
    "from likewise.analysis.neighbors.knn_graph import knn_graph\n"
    "corpus = embed_corpus(likewise.load(sys.argv[1], compute='float32'), sys.argv[2])\n"
    "print('ready', flush=True); sys.stdin.readline()\n"
    "print(knn_graph(corpus, 3).indices.shape[0])"
)


def test_a_folder_in_use_by_another_process_is_not_removed(
    tiny: Encoder, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_corpus, "CACHE_BYTES", 0)
    source = write(tmp_path / "a.txt", 30)
    command = [sys.executable, "-c", USING, str(folder), str(source)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        [theirs] = embedded_corpora_folder().iterdir()
        os.utime(theirs / "vectors.npy", (1, 1))
        ours = embed_corpus(tiny, write(tmp_path / "b.txt", 31))
        assert theirs.exists()
        assert process.communicate("go on\n", timeout=60)[0] == "30\n"
    assert not list(theirs.glob("use-*"))
    del ours
    embed_corpus(tiny, write(tmp_path / "b.txt", 32))  # no longer in use, so it is deleted
    assert not theirs.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such signal")
def test_a_folder_of_a_killed_process_can_be_removed(
    tiny: Encoder, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write(tmp_path / "a.txt", 30)
    command = [sys.executable, "-c", USING, str(folder), str(source)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    [theirs] = embedded_corpora_folder().iterdir()
    assert list(theirs.glob("use-*"))
    monkeypatch.setattr(embedded_corpus, "CACHE_BYTES", 0)
    embed_corpus(tiny, write(tmp_path / "b.txt", 31))
    assert not theirs.exists()
