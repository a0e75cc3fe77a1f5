"""Each job on a Ray cluster whose parts are killed at random moments has the undisturbed result."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.killing import JOBS, Inputs, Job, Killing, disturbed, undisturbed
from benchmarks.loopback_cluster import LoopbackCluster
from tests.analysis.interrupted import posix, write_lines

pytestmark = [posix, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]


@pytest.fixture(scope="module")
def cluster() -> Iterator[LoopbackCluster]:
    pytest.importorskip("ray")
    with LoopbackCluster(2) as running:
        yield running


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_the_result_is_that_of_an_undisturbed_run(
    job: Job, cluster: LoopbackCluster, tiny_checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    if job.name in ("cluster", "map"):
        pytest.importorskip("graspologic_native")
    source = write_lines(tmp_path / "lines.txt", 3000)
    inputs = Inputs(source, ("-m", str(tiny_checkpoint()), "--compute", "float32"))
    expected = undisturbed(job, inputs, tmp_path / "one")
    killing = Killing(len(job.kinds), pause=(0.1, 0.6))
    found = disturbed(job, inputs, tmp_path / "many", cluster, killing, expected=expected)
    assert found.same
    assert set(found.kills) == set(job.kinds)
