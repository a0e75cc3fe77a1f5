"""Vectors of a cluster on an object store, whose workers and command are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.loopback_cluster import LoopbackCluster
from likewise.analysis.embed_ranges import saved_ranges
from likewise.operations.encode import EncodeRequest, encode
from likewise.operations.session import Session
from tests.analysis.interrupted import COUNT, posix, write_lines
from tests.loopback_s3 import new_bucket, s3_client, s3_server

pytestmark = [posix, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    pytest.importorskip("moto")
    with s3_server() as address:
        yield new_bucket(address, "vectors", monkeypatch)


@pytest.fixture
def cluster(bucket: str) -> Iterator[LoopbackCluster]:
    """Its nodes have the variables that lead to the server."""
    assert bucket
    pytest.importorskip("ray")
    with LoopbackCluster(2) as running:
        yield running


def test_a_worker_and_the_command_are_killed(
    bucket: str, cluster: LoopbackCluster, tiny_checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    model = str(tiny_checkpoint())
    source = write_lines(tmp_path / "lines.txt", 4 * COUNT)
    s3_client().upload_file(str(source), bucket, "in/lines.txt")
    target = f"s3://{bucket}/out/v.npy"
    command = [
        sys.executable, "-m", "likewise", "encode", f"s3://{bucket}/in/lines.txt", "-o", target,
        "-m", model, "--compute", "float32", "--cluster", cluster.address,
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8") as driver:
        while not saved_ranges(target) and driver.poll() is None:
            time.sleep(0.05)
        pids = [pid for node in cluster.nodes for pid in cluster.worker_pids(node)]
        os.kill(pids[0], signal.SIGKILL)
        driver.kill()
    saved = saved_ranges(target)
    assert 0 < saved < 4 * COUNT
    again = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    assert f"to {target} (" in again.stderr
    assert "of them were done by an earlier run" in again.stderr
    local = tmp_path / "v.npy"
    encode(EncodeRequest(source, output=local, model=model, compute="float32"), Session())
    found = s3_client().list_objects_v2(Bucket=bucket, Prefix="out/")["Contents"]
    assert [each["Key"] for each in found if not each["Key"].endswith("/")] == ["out/v.npy"]
    body = s3_client().get_object(Bucket=bucket, Key="out/v.npy")["Body"].read()
    assert body == local.read_bytes()
