"""Jobs on a real Ray cluster of several nodes on this machine, whose parts are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.loopback_cluster import LoopbackCluster
from likewise.analysis import embed_ranges as ranges
from likewise.analysis.embed_ranges import saved_ranges
from likewise.errors import EngineError, InputError, TooLongError
from likewise.operations.encode import EncodeRequest, EncodeResult, encode
from likewise.operations.session import Session
from likewise.progress import Progress
from tests.analysis.interrupted import COUNT, posix, write_lines

pytestmark = [posix, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]


@pytest.fixture(scope="module")
def cluster() -> Iterator[LoopbackCluster]:
    pytest.importorskip("ray")
    with LoopbackCluster(1, head_cores=1) as running:
        yield running


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
    source, target = write_lines(tmp_path / "lines.txt", 3 * COUNT), tmp_path / "v.npy"
    command = [
        sys.executable, "-m", "likewise", "encode", str(source), "-o", str(target),
        "-m", str(folder), "--compute", "float32", "--cluster", cluster.address,
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8") as driver:
        while not saved_ranges(target) and driver.poll() is None:
            time.sleep(0.005)
        driver.kill()
    saved = saved_ranges(target)
    assert 0 < saved < 3 * COUNT
    again = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    assert f"{saved:,} of them were done by an earlier run" in again.stderr
    assert target.read_bytes() == expected(folder, source, tmp_path)


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
    done = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    assert done.stderr.startswith(f"note: wrote {COUNT:,} vectors of 32 dimensions to {target} (")
    assert done.stderr.count("\n") == 1
    run(None, folder, source, tmp_path / "expected.csv")
    assert target.read_bytes() == (tmp_path / "expected.csv").read_bytes()
