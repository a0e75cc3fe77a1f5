"""The writer of a collection: what it does when a commit fails, and how often it commits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import likewise
from likewise.collections import sync
from likewise.collections.open_collection import open_collection
from likewise.collections.schema import StoredRow
from likewise.data import chunking
from likewise.data.records import Record
from likewise.errors import CollectionError
from likewise.tokenization.token_stream import TimeLimit
from tests.collections.killed import DIMENSION, slow_model


def rows(start: int, count: int) -> list[StoredRow]:
    return [
        StoredRow(f"{n:016x}", 0, 1, f"Text {n}.", f"Text {n}.", "", "/a.txt", n, {})
        for n in range(start, start + count)
    ]


def vectors(count: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, DIMENSION)).astype(np.float32)


@contextmanager
def no_place_for_data(folder: Path) -> Iterator[None]:
    """A table's folder that refuses new data, also to root."""
    data = folder / "data"
    data.rename(folder / "away")
    data.touch()
    yield
    data.unlink()
    (folder / "away").rename(data)


def writers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if "likewise-writer" in thread.name]


@pytest.mark.parametrize("handed_over", [True, False])
def test_nothing_is_written_behind_a_failed_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, handed_over: bool
) -> None:
    made = open_collection("c", store=tmp_path, model=slow_model(), create=True, chunk_tokens=0)
    made.add(["One."])
    table = made._table
    monkeypatch.setattr(sync, "COMMIT_ROWS", 5)
    writer = sync.CollectionWriter(table, lambda _: None)
    with no_place_for_data(tmp_path / "c.lance"):
        writer.put(rows(0, 5), vectors(5))
        time.sleep(0.5)  # until it has failed
    if handed_over:
        with pytest.raises(CollectionError, match="cannot write the collection"):
            writer.put(rows(5, 5), vectors(5))
    else:
        writer.put(rows(5, 2), vectors(2))
    with pytest.raises(CollectionError, match="cannot write the collection"):
        writer.close()
    assert not writers()
    table.checkout_latest()  # type: ignore[no-untyped-call]
    assert table.count_rows() == 1
    assert writer.added == 0


def test_our_own_mistakes_are_not_blamed_on_the_disk(tmp_path: Path) -> None:
    made = open_collection("c", store=tmp_path, model=slow_model(), create=True, chunk_tokens=0)
    made.add(["One."])
    writer = sync.CollectionWriter(made._table, lambda _: None)
    writer.put(rows(0, 5), vectors(4))  # a vector is missing
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - whatever Arrow says
        writer.close()
    assert not isinstance(caught.value, CollectionError)
    assert not writers()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such signal")
def test_kill_9_on_a_slow_model_loses_seconds(tmp_path: Path, model_folder: Path) -> None:
    file, store = tmp_path / "a.txt", tmp_path / "store"
    words = "the committee met and discussed the budget of the coming year at length "
    lines = [f"{n} {words * 18}\n" for n in range(4000)]
    file.write_text("".join(lines))
    command = [sys.executable, "-m", "likewise", "index", str(file), "--into", "c"]
    command += ["--store", str(store), "--model", str(model_folder), "--chunk-tokens", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as run:
        written = 0
        started = time.monotonic()
        while not written and run.poll() is None and time.monotonic() - started < 60:
            time.sleep(0.2)
            if (store / "c.lance").exists():
                written = len(open_collection("c", store=store))
        os.kill(run.pid, signal.SIGKILL)
    written = len(open_collection("c", store=store))
    assert 0 < written < 3000
    file.write_text("".join(lines[: written + 3]))  # the rest would take long
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"3 added, 0 removed, {written:,} unchanged" in done.stdout


def test_a_part_takes_the_seconds_that_are_given(encoder: likewise.Encoder) -> None:
    texts = [f"{n} a man plays the guitar" for n in range(200)]
    parts = list(encoder.encode_stream(iter(texts), seconds=0.02))
    assert [text for part in parts for text in part.texts] == texts
    assert len(parts) > 1
    found = np.concatenate([part.vectors for part in parts])
    np.testing.assert_allclose(found, encoder.encode(texts), atol=1e-5)


def test_the_size_of_parts_follows_the_time_they_take() -> None:
    limit = TimeLimit(2.0)
    sizes = [limit.size]
    for seconds in (0.001, 0.001, 4.0, 100.0):
        limit.record(limit.size, seconds)
        sizes.append(limit.size)
    assert sizes == [16, 64, 256, 128, 2]


def test_a_slow_source_does_not_hold_back_what_has_come(encoder: likewise.Encoder) -> None:
    def dripping() -> Iterator[str]:
        for n in range(60):
            time.sleep(0.05)
            yield f"text {n}"

    started = time.monotonic()
    stream = encoder.encode_stream(dripping(), seconds=0.2)
    assert next(stream).texts[0] == "text 0"
    assert time.monotonic() - started < 1.5
    assert sum(len(part.texts) for part in stream) < 60


def test_records_of_a_slow_source_are_written_while_more_come(
    tmp_path: Path, encoder: likewise.Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "COMMIT_SECONDS", 0.1)
    monkeypatch.setattr(sync, "PART_SECONDS", 0.1)
    monkeypatch.setattr(chunking, "BATCH_SECONDS", 0.1)
    made = open_collection("c", store=tmp_path, model=encoder, create=True)
    seen: list[int] = []

    def dripping() -> Iterator[Record]:
        for n in range(30):
            time.sleep(0.05)
            seen.append(len(open_collection("c", store=tmp_path)))
            yield Record(f"text {n}", source="/a.txt", line=n)

    assert made.add(dripping()).added == 30
    assert 0 < seen[-1] < 30
