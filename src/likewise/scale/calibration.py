"""Measures the rates of this machine that the cost model needs, in a few seconds."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from likewise.data.records import read_records
from likewise.engine.cores import usable_cores
from likewise.progress import Progress
from likewise.scale.cost import Rates

if TYPE_CHECKING:
    from likewise.encoder import Encoder

SECONDS = 1.5
"""Time of each measurement."""
STEPS = 5
"""Number of measurements."""
_RAY_SECONDS = 0.002
"""Time of the driver to hand out a task and to receive its result."""
_WORKER = """
import contextlib
with contextlib.suppress(ImportError):
    import ray
import likewise.scale.worker
"""
_SENTENCE = (
    "the committee decided to move the annual meeting to a larger hall because more members than "
    "in former years want to take part and several of them asked for a place with better trains"
)


def sample_texts(count: int, words: int) -> list[str]:
    """Different sentences of about that many words."""
    rng = np.random.default_rng(0)
    known = _SENTENCE.split()
    return [" ".join(rng.choice(known, words)) for _ in range(count)]


def calibrate(
    encoder: Encoder, texts: list[str], progress: Progress, rate: float | None = None
) -> Rates:
    """Measure the rates.

    Args:
        encoder: the model.
        texts: some like those of the job.
        progress: called with the number of finished measurements.
        rate: texts per second of one core, if it is known.
    """
    cores = usable_cores()
    encoded = rate if rate is not None else _encoding(encoder, texts) / cores
    progress(1)
    content = os.urandom(2**20) + b"\n" * 2**16

    def scan() -> int:
        hashlib.sha256(content).digest()
        content.count(b"\n")
        return len(content)

    scanned = _rate(scan)
    progress(1)
    matrix = np.random.default_rng(0).standard_normal((1024, 384)).astype(np.float32)
    products = _rate(
        lambda: 2 * len(matrix) * len(matrix) * 384 if (matrix @ matrix.T).any() else 0
    )
    many = np.zeros((2**17, 384), np.float32)
    memory = _rate(lambda: many.nbytes if not (many @ matrix[0]).any() else 0)
    progress(1)
    commit = 1 / _rate(_commit_once)
    progress(1)
    read = _reading(texts)
    worker = _starting()
    progress(1)
    return Rates(
        encoded, scanned, commit + _RAY_SECONDS, products / cores, memory / cores,
        read, worker, encoder.load_seconds,
    )  # fmt: skip


def _encoding(encoder: Encoder, texts: list[str]) -> float:
    def once() -> int:
        deque(encoder.encode_stream(texts), 0)  # does not warn of texts that are cut
        return len(texts)

    once()  # OpenVINO compiles what is new to it: the first time is a third slower
    return _rate(once)


def _reading(texts: list[str]) -> float:
    with tempfile.TemporaryDirectory(prefix="likewise-") as folder:
        path = Path(folder, "texts.jsonl")
        path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), "utf-8")
        return _rate(lambda: sum(1 for _ in read_records(path)))


def _starting() -> float:
    """Seconds until a process like a worker runs."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", _WORKER], check=False)
    return time.perf_counter() - started


def _commit_once() -> int:
    """Append a line to a file, and wait until it is on the disk."""
    path = Path(tempfile.gettempdir()) / f"likewise-commit-{os.getpid()}"
    with open(path, "ab") as file:
        file.write(b"x" * 140 + b"\n")
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    return 1


def _rate(once: Callable[[], int]) -> float:
    """Pieces per second."""
    started, pieces = time.perf_counter(), 0
    while (passed := time.perf_counter() - started) < SECONDS:
        pieces += once()
    return pieces / passed
