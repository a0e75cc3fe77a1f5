"""Jobs on a real Ray cluster of several nodes on this machine, whose parts are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from benchmarks.loopback_cluster import LoopbackCluster
from likewise.analysis import embed_ranges as ranges
from likewise.analysis.clustering.communities import Labels
from likewise.analysis.embed_ranges import saved_ranges
from likewise.analysis.embed_stream import EncodeTexts
from likewise.collections.open_collection import open_collection
from likewise.errors import EngineError, InputError, TooLongError
from likewise.evaluation.results import TaskScores
from likewise.evaluation.tasks import Sts
from likewise.operations.cluster import ClusterRequest
from likewise.operations.cluster import cluster as find_clusters
from likewise.operations.dedupe import DedupeRequest, dedupe
from likewise.operations.encode import EncodeRequest, EncodeResult, encode
from likewise.operations.evaluate import EvaluateRequest, evaluate
from likewise.operations.index import IndexRequest, index
from likewise.operations.session import Session
from likewise.progress import Progress, ProgressFactory, no_progress
from likewise.scale.connection import cluster_executor
from tests.analysis.interrupted import COUNT, posix, write_lines

pytestmark = [posix, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]


@pytest.fixture(scope="module")
def cluster() -> Iterator[LoopbackCluster]:
    pytest.importorskip("ray")
    with LoopbackCluster(1, head_cores=1) as running:
        yield running


def killing_one(
    cluster: LoopbackCluster, killed: list[int], stage: str | None = None
) -> ProgressFactory:
    """Kills a worker when the first results of a stage, or of any, are there; notes its id."""

    @contextmanager
    def progress(total: int | None, *, title: str, unit: str = "texts") -> Iterator[Progress]:
        class Killing(Progress):
            def __call__(self, done: int) -> None:
                pids = [pid for node in cluster.nodes for pid in cluster.worker_pids(node)]
                if done and stage in (None, title) and not killed and pids:
                    os.kill(pids[0], signal.SIGKILL)
                    killed.append(pids[0])

        yield Killing()

    return progress


@pytest.fixture
def folder(tiny_checkpoint: Callable[..., Path]) -> Path:
    return tiny_checkpoint()


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(ranges, "SMALLEST_RANGE", 20_000)
    return write_lines(tmp_path / "lines.txt", COUNT)


def run(
    cluster: LoopbackCluster | None,
    folder: Path,
    source: Path,
    target: Path,
    on_text: Callable[[int], None] = lambda _: None,
) -> EncodeResult:
    """Encode a file; `on_text` is called with the number of texts that are finished."""

    @contextmanager
    def progress(total: int | None, *, title: str, unit: str = "texts") -> Iterator[Progress]:
        class Reporting(Progress):
            finished = 0

            def __call__(self, done: int) -> None:
                self.finished += done
                if title == "encoding" and done:
                    on_text(self.finished)

        yield Reporting()

    request = EncodeRequest(
        source, output=target, model=str(folder), compute="float32",
        cluster=cluster.address if cluster else None,
    )  # fmt: skip
    return encode(request, Session(progress=progress))


def expected(folder: Path, source: Path, tmp_path: Path) -> bytes:
    run(None, folder, source, tmp_path / "expected.npy")
    return (tmp_path / "expected.npy").read_bytes()


def test_a_worker_and_a_node_are_killed(
    cluster: LoopbackCluster, folder: Path, source: Path, tmp_path: Path
) -> None:
    killed: list[str] = []

    def kill(finished: int) -> None:
        pids = [pid for node in cluster.nodes for pid in cluster.worker_pids(node)]
        if finished > COUNT // 6 and not killed and pids:
            os.kill(pids[0], signal.SIGKILL)
            killed.append("worker")
        elif finished > COUNT // 2 and len(killed) == 1:
            cluster.kill_node(cluster.nodes[0])
            cluster.add_node(wait=False)
            killed.append("node")

    found = run(cluster, folder, source, tmp_path / "v.npy", kill)
    assert killed == ["worker", "node"]
    assert (found.texts, found.resumed) == (COUNT, 0)
    assert (tmp_path / "v.npy").read_bytes() == expected(folder, source, tmp_path)
    assert not list(tmp_path.glob(".v.npy*"))


def test_the_driver_is_killed(cluster: LoopbackCluster, folder: Path, tmp_path: Path) -> None:
    source, target = write_lines(tmp_path / "lines.txt", 2 * COUNT), tmp_path / "v.npy"
    command = [
        sys.executable, "-m", "likewise", "encode", str(source), "-o", str(target),
        "-m", str(folder), "--compute", "float32", "--cluster", cluster.address,
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8") as driver:
        while not saved_ranges(target) and driver.poll() is None:
            time.sleep(0.005)
        driver.kill()
    saved = saved_ranges(target)
    assert 0 < saved < 2 * COUNT
    again = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    assert f"{saved:,} of them were done by an earlier run" in again.stderr
    assert target.read_bytes() == expected(folder, source, tmp_path)


def test_duplicates_and_clusters_are_those_of_one_process(
    cluster: LoopbackCluster,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("graspologic_native")
    metrics = pytest.importorskip("sklearn.metrics")
    monkeypatch.setattr("likewise.analysis.neighbors.knn_graph.EXACT", 1000)
    monkeypatch.setattr("likewise.analysis.neighbors.by_cells.ROWS", 500)
    source = write_lines(tmp_path / "lines.txt", 3000)
    killed: list[int] = []
    progress = killing_one(cluster, killed, "finding neighbors")

    def run_both(address: str | None) -> tuple[dict[str, Any], Labels]:
        monkeypatch.setenv("LIKEWISE_CACHE", str(tmp_path / f"cache-{address}"))
        session = Session(progress=progress if address else no_progress)
        options: dict[str, Any] = {
            "files": (str(source),), "model": str(folder), "compute": "float32",
            "cluster": address,
        }  # fmt: skip
        duplicates = dedupe(DedupeRequest(threshold=0.97, **options), session)
        clusters = find_clusters(ClusterRequest(runs=0, **options), session)
        return duplicates.to_dict(), clusters.clusters.labels

    duplicates, labels = run_both(None)
    assert duplicates["near"] > 100
    assert duplicates["neighbor_recall"] < 1
    capfd.readouterr()
    found, found_labels = run_both(cluster.address)
    assert killed
    assert found == duplicates
    assert metrics.adjusted_rand_score(labels, found_labels) > 0.95
    assert not capfd.readouterr().out


def test_a_collection_is_that_of_one_process(
    cluster: LoopbackCluster, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("likewise.analysis.embed_stream.TASK_TEXTS", 100)
    source = write_lines(tmp_path / "lines.txt", 2000)
    killed: list[int] = []
    progress = killing_one(cluster, killed)

    def rows(name: str, address: str | None) -> list[dict[str, Any]]:
        request = IndexRequest(
            files=(str(source),), into=name, model=str(folder), compute="float32",
            store=str(tmp_path / "store"), cluster=address,
        )  # fmt: skip
        result = index(request, Session(progress=progress if address else no_progress))
        assert result.indexed.added == 2000
        table = open_collection(name, store=tmp_path / "store")._table.to_arrow()
        return sorted(table.to_pylist(), key=lambda row: str(row["id"]))

    assert rows("cluster", cluster.address) == rows("local", None)
    assert killed


def test_scores_are_those_of_one_process(
    cluster: LoopbackCluster, folder: Path, tmp_path: Path
) -> None:
    lines = write_lines(tmp_path / "lines.txt", 6000).read_text().splitlines()
    pairs = zip(lines[::2], lines[1::2], strict=True)
    task = tmp_path / "pairs.tsv"
    rows = (f"{one}\t{other}\t{number % 7}" for number, (one, other) in enumerate(pairs))
    task.write_text("\n".join(["sentence1\tsentence2\tscore", *rows]) + "\n")
    killed: list[int] = []
    progress = killing_one(cluster, killed)

    def scores(address: str | None) -> list[TaskScores]:
        request = EvaluateRequest(
            (str(folder),), (str(task),), compute="float32", cache=False, cluster=address
        )
        session = Session(progress=progress if address else no_progress)
        tasks = evaluate(request, session).evaluation.models[0].tasks
        return [replace(task, seconds=0) for task in tasks]

    local = scores(None)
    assert scores(cluster.address) == local
    assert local
    assert killed


def test_a_model_that_cannot_be_sent(cluster: LoopbackCluster) -> None:
    class Own:
        def encode(self, sentences: list[str]) -> np.ndarray:
            return np.ones((len(sentences), 2))

    task = Sts("sts", [f"{n}" for n in range(3000)], ["one"] * 3000, list(range(3000)))
    with (
        cluster_executor(cluster.address) as executor,
        pytest.raises(InputError, match="the model cannot be sent to the workers"),
    ):
        likewise.evaluate([Own()], [task], executor=executor)


def test_no_task_is_begun_far_ahead_of_a_slow_one(cluster: LoopbackCluster, folder: Path) -> None:
    """Else the results that wait for it would fill the memory."""
    begun = 0

    def tasks() -> Iterator[tuple[str, ...]]:
        nonlocal begun
        for number in range(2000):
            begun += 1
            yield ("a slow task",) * 30_000 if number == 0 else ("a fast one",)

    work = EncodeTexts(likewise.load(folder, compute="float32"), None)
    with cluster_executor(cluster.address) as executor:
        for finished in executor.run(work, tasks()):
            if finished.number == 0:
                break
    assert 16 < begun < 200


def test_an_error_of_a_task_keeps_its_hint(
    cluster: LoopbackCluster, folder: Path, source: Path, tmp_path: Path
) -> None:
    with open(source, "a") as file:
        file.write("fox " * 99)
    request = EncodeRequest(
        source, output=tmp_path / "v.npy", model=str(folder), compute="float32",
        truncation="error", cluster=cluster.address,
    )  # fmt: skip
    with pytest.raises(TooLongError, match="has 299 tokens") as found:
        encode(request, Session())
    assert "shorten it" in found.value.hint
    assert not list(tmp_path.glob("*.npy"))


def test_addresses_that_cannot_be_used(
    cluster: LoopbackCluster, folder: Path, source: Path, tmp_path: Path
) -> None:
    def attempt(address: str, cores: int = 1) -> None:
        request = EncodeRequest(
            source, output=tmp_path / "v.npy", model=str(folder),
            cluster=address, worker_cores=cores,
        )  # fmt: skip
        encode(request, Session())

    with pytest.raises(InputError, match=r"'http://a' is not the address of a Ray cluster"):
        attempt("http://a")
    with pytest.raises(EngineError, match=r"no Ray cluster answers at 127\.0\.0\.1:1:"):
        attempt("127.0.0.1:1")
    with pytest.raises(InputError, match="has 64 cores"):
        attempt(cluster.address, 64)


def test_a_cluster_on_this_machine(folder: Path, source: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    target = tmp_path / "v.csv"
    command = [
        sys.executable, "-m", "likewise", "encode", str(source), "-o", str(target),
        "-m", str(folder), "--compute", "float32", "--cluster", "local",
    ]  # fmt: skip
    home = os.environ | {"HOME": str(tmp_path)}  # Ray writes a token into it
    done = subprocess.run(command, check=True, capture_output=True, encoding="utf-8", env=home)
    assert done.stderr.startswith(f"note: wrote {COUNT:,} vectors of 32 dimensions to {target} (")
    assert done.stderr.count("\n") == 1
    run(None, folder, source, tmp_path / "expected.csv")
    assert target.read_bytes() == (tmp_path / "expected.csv").read_bytes()
