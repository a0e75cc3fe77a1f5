"""The cost model, its simulation, and `likewise plan`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from likewise.analysis.embed_ranges import range_size
from likewise.errors import InputError, RecordError
from likewise.operations.plan import PlanRequest, plan
from likewise.operations.session import Session
from likewise.scale.cost import Load, Rates, estimate, estimate_index, limits
from likewise.scale.machines import Machine, machine_named
from likewise.scale.simulation import Job, simulate

RATES = Rates(
    texts=500, scan=1e9, commit=0.005, products=1e11, memory=5e9, read=1e5, worker=1, load=1
)
LOAD = Load(10**9, 90, 384, 32, machine_named("c7i.4xlarge"), 1e9, 720)
JOB = Job(
    ranges=10_000, range_seconds=10, commit_seconds=0.002, start_seconds=3, workers=100,
    node_hours=1e9,
)  # fmt: skip


def test_machines() -> None:
    assert machine_named("c7i.4xlarge") == Machine("c7i.4xlarge", 16, 8, 32)
    assert machine_named("r7g.large") == Machine("r7g.large", 2, 2, 16)
    assert machine_named("m7a.xlarge").memory == 16
    assert machine_named("6x20") == Machine("6x20", 6, 6, 20)
    for name in ("c7i", "x1.large", "0x4", "c7i.2large", ""):
        with pytest.raises(InputError, match="unknown machine"):
            machine_named(name)


def test_workers_are_busy_until_the_driver_is_the_limit() -> None:
    found = simulate(JOB)
    assert found.efficiency == pytest.approx(1, abs=0.03)
    assert found.seconds == pytest.approx(1003, rel=0.03)
    assert found.driver == pytest.approx(100 * 0.002 / 10, rel=0.05)
    assert found.repeated == 0
    slow = simulate(replace(JOB, commit_seconds=0.2))  # 50 ranges are committed in ten seconds
    assert slow.efficiency == pytest.approx(0.5, abs=0.03)
    assert slow.driver == pytest.approx(1, abs=0.02)
    assert slow.seconds == pytest.approx(2000, rel=0.03)


def test_failed_nodes_repeat_ranges() -> None:
    found = simulate(replace(JOB, node_hours=0.1))
    assert found.repeated == pytest.approx(10 / 360, rel=0.3)
    assert found.seconds > simulate(JOB).seconds
    assert found == simulate(replace(JOB, node_hours=0.1))


def test_time_is_work_by_workers() -> None:
    found = estimate(LOAD, RATES)
    assert found.encode == pytest.approx(1e9 / (500 * 8 * 32), rel=0.02)
    assert found.join == pytest.approx(2 * 1e9 * 384 * 4 / 1e9)
    assert estimate(replace(LOAD, nodes=64), RATES).encode == pytest.approx(
        found.encode / 2, rel=0.02
    )
    index = estimate_index(LOAD, RATES, 16)
    assert estimate_index(replace(LOAD, texts=10**11), RATES, 16).build > 900 * index.build


def test_ranges_are_those_of_encode() -> None:
    few = replace(LOAD, texts=100_000, nodes=2, machine=machine_named("1x8"))
    assert few.ranges == -(-9_000_000 // range_size(9_000_000, 2))
    assert LOAD.ranges == -(-90 * 10**9 // 2**20)


def test_the_rate_is_that_of_a_sample(tiny_checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    sample = tmp_path / "sample.txt"
    sample.write_text("one two\nthree\n" * 3000)
    request = PlanRequest(texts=1e6, model=str(tiny_checkpoint()), compute="float32", sample=sample)
    found = plan(request, Session())
    assert found.load.text_bytes == pytest.approx((8 + 6) / 2)
    assert found.rates.texts > 0
    sample.write_text("\n")
    with pytest.raises(InputError, match=r"sample\.txt holds no text"):
        plan(request, Session())


def test_what_breaks_first() -> None:
    found = limits(LOAD, RATES)
    assert [limit.texts for limit in found] == sorted(limit.texts for limit in found)
    assert "memory of the driver for a corpus" in found[0].what
    assert found[0].texts < 1e9 < found[1].texts
    slow = limits(replace(LOAD, nodes=10_000), RATES)
    assert "the driver commits ranges slower" in slow[0].what


def test_the_operation(tiny_checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    vectors = tmp_path / "v.npy"
    np.save(vectors, np.random.default_rng(0).standard_normal((500, 8), np.float32))
    request = PlanRequest(
        texts=1e9, nodes=32, model=str(tiny_checkpoint()), compute="float32", rate=500,
        price=0.5, vectors=vectors,
    )  # fmt: skip
    found = json.loads(json.dumps(plan(request, Session()).to_dict()))
    assert found["rates"]["texts"] == 500
    assert found["seconds"]["total"] == pytest.approx(
        sum(found["seconds"][part] for part in ("split", "read", "encode", "join"))
    )
    assert found["cost"] == pytest.approx(16 * found["seconds"]["total"] / 3600)
    shares = list(found["recall"].values())
    assert shares == sorted(shares)
    assert 0.1 < shares[0] < shares[-1] <= 1
    vectors.write_text("no vectors")
    with pytest.raises(RecordError, match=r"cannot read .*v\.npy"):
        plan(request, Session())
