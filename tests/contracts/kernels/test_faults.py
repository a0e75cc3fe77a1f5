"""The native kernels under interruptions, cut files and damaged weights."""

from __future__ import annotations

import gc
import shutil
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import likewise
from likewise.checkpoint.config import read_config
from likewise.engine.native import NativeRuntime
from likewise.engine.native import runtime as native
from likewise.errors import DamagedFileError
from likewise.tokenization.token_rows import TokenRows
from tests.contracts.kernels.conftest import needed


def test_an_interruption_ends_a_large_job_soon(
    encoder: likewise.Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After Ctrl-C, threads finish their current block and claim no more texts."""
    if encoder.runtime != "native":
        pytest.skip("not run by the kernels here")
    looks = []

    def interrupted(tasks: Any, timeout: float) -> Any:
        looks.append(timeout)
        raise KeyboardInterrupt

    monkeypatch.setattr(native, "wait", interrupted)
    jobs: list[Any] = []
    run_threads = NativeRuntime._run_threads

    def recorded(self: Any, job: Any, *rest: Any) -> None:
        jobs.append(job)
        run_threads(self, job, *rest)

    monkeypatch.setattr(NativeRuntime, "_run_threads", recorded)
    with pytest.raises(KeyboardInterrupt):
        encoder.encode(["a sentence of no great length, said again"] * 3000)
    (job,) = jobs
    assert looks
    assert job.stop == 1
    assert job.finished_texts < 3000
    assert not [t for t in threading.enumerate() if t.name.startswith("likewise-kernel")]


def test_a_second_interruption_leaves_the_buffers_to_the_threads(
    bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second Ctrl-C does not wait for the threads: their buffers must stay valid."""
    needed("float32")
    runtime = NativeRuntime(read_config(bert), "float32")
    gate, buffers = threading.Event(), []
    work, empty_vectors = NativeRuntime._run_thread, NativeRuntime._empty_vectors

    def late(self: Any, *given: Any) -> None:
        gate.wait()
        work(self, *given)

    def noted(self: Any, count: int) -> NDArray[np.float32]:
        vectors = empty_vectors(self, count)
        buffers.append(weakref.ref(vectors))
        return vectors

    def interrupted(*given: Any, **named: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(NativeRuntime, "_run_thread", late)
    monkeypatch.setattr(NativeRuntime, "_empty_vectors", noted)
    monkeypatch.setattr(native, "wait", interrupted)
    monkeypatch.setattr(ThreadPoolExecutor, "shutdown", interrupted)
    lengths = np.full(100, 50)
    rows = TokenRows(np.full(5000, 7, np.int32), lengths, lengths)
    try:
        runtime.embed(rows)
    except KeyboardInterrupt:
        pass  # and with it go the frames that held the buffers
    else:
        pytest.fail("it was not interrupted")
    gc.collect()
    threads = [t for t in threading.enumerate() if t.name.startswith("likewise-kernel")]
    held = buffers[0]() is not None
    gate.set()
    assert threads
    assert held
    for thread in threads:
        thread.join(timeout=10)


TRUNCATED = """
import sys, likewise, numpy as np
whole, cut, runtime = sys.argv[1:]
texts = ["A man is eating food.", "一个男人在吃东西。", "alpha beta gamma"]
expected = likewise.load(whole, compute="float32", runtime=runtime).encode(texts)
model = likewise.load(cut, compute="float32", runtime=runtime)
open(cut + "/model.safetensors", "wb").close()
np.testing.assert_array_equal(model.encode(texts), expected)
"""


@pytest.mark.parametrize("runtime", ["native", "openvino"])
def test_a_file_that_is_cut_short_after_loading(bert: Path, tmp_path: Path, runtime: str) -> None:
    """Mapped weights would kill the process with SIGBUS."""
    if runtime == "native":
        needed("float32")
    shutil.copytree(bert, tmp_path / "cut")
    command = [sys.executable, "-c", TRUNCATED, str(bert), str(tmp_path / "cut"), runtime]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.returncode, done.stderr)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(
    compute: str, value: float, bert: Path, tmp_path: Path
) -> None:
    from safetensors.numpy import load_file, save_file

    folder = tmp_path / "damaged"
    shutil.copytree(bert, folder)
    tensors = load_file(folder / "model.safetensors")
    name = next(n for n in tensors if n.endswith("0.output.dense.weight"))
    tensors[name][2, 3] = value
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(DamagedFileError, match=rf"'{name}' in .*model\.safetensors contains NaN"):
        likewise.load(folder, compute=compute, runtime="native")
