"""Collections on an object store: servers of S3 (moto's) and of Azure (Azurite) on loopback."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lancedb.index import FTS

import likewise
from likewise.collections import sync, tuning
from likewise.collections.index_files import index_files
from likewise.collections.open_collection import open_collection
from likewise.collections.store import Store, store_errors
from likewise.data.records import Record
from likewise.errors import CollectionError
from tests.collections.killed import slow_model

PROGRAM = Path(__file__).with_name("killed.py")
TEXTS = 3000


@pytest.fixture
def store(object_store: str) -> str:
    return object_store


def write(file: Path, *lines: str) -> None:
    file.write_text("\n".join(lines) + "\n", "utf-8")


def ids(store: str, name: str) -> list[str]:
    found: list[str] = open_collection(name, store=store)._table.to_arrow()["id"].to_pylist()
    return found


def build(file: Path, store: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), str(file), store],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def test_index_search_change_undo_and_log(
    store: str, tmp_path: Path, encoder: likewise.Encoder
) -> None:
    file = tmp_path / "a.txt"
    write(file, "A man plays the guitar.", "The bank raised its rates.", "A dog runs.")
    assert Store(store).names() == []
    assert index_files([file], "help", encoder, store=store).added == 3
    write(file, "A man plays the guitar.", "The bank raised its rates.", "A cat sleeps.")
    changed = index_files([file], "help", encoder, store=store)
    assert (changed.added, changed.removed, changed.unchanged) == (1, 1, 2)
    collection = open_collection("help", store=store, model=encoder)
    for mode in ("semantic", "keyword", "hybrid"):
        assert collection.search("cat", 1, mode=mode)[0].text == "A cat sleeps."
    earlier = open_collection("help", store=store, model=encoder, as_of=1)
    assert earlier.search("animal", 1)[0].text == "A dog runs."
    assert collection.undo().back_to == 1
    assert collection.search("animal", 1)[0].text == "A dog runs."
    assert [run.action for run in collection.log()] == ["index", "index", "undo"]
    assert collection.compact().chunks == 3
    assert Store(store).names() == ["help"]
    Store(store).remove("help")
    assert Store(store).names() == []


def test_commands(store: str, tmp_path: Path, model_folder: Path) -> None:
    file = tmp_path / "a.txt"
    write(file, "A man plays the guitar.", "A dog runs.")

    def run(*command: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "likewise", *command, "--store", store, "--json"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return json.loads(done.stdout)

    run("index", str(file), "--into", "help", "--model", str(model_folder), "--quiet")
    assert run("search", "help", "music", "-k", "1")["hits"][0]["text"] == "A man plays the guitar."
    assert [one["name"] for one in run("collections")["collections"]] == ["help"]


def test_two_readers_while_a_writer_writes(store: str, tmp_path: Path) -> None:
    file = tmp_path / "texts.txt"
    write(file, *(f"Text number {n}." for n in range(TEXTS)))
    with build(file, store) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()  # the first commit

        def read(seed: int) -> list[int]:
            collection = open_collection("c", store=store)
            query = np.random.default_rng(seed).standard_normal(32).astype(np.float32)
            counts = []
            while writer.poll() is None:
                collection.refresh()
                found = collection.search_vector(query, 20)
                assert len({hit.id for hit in found}) == 20
                counts.append(len(collection))
            return counts

        with ThreadPoolExecutor(3) as threads:
            readers = [threads.submit(read, seed) for seed in (1, 2)]
            said = threads.submit(writer.stdout.read).result()
            seen = [reader.result() for reader in readers]
    assert "finished" in said
    for counts in seen:
        assert counts == sorted(counts)
        assert len(set(counts)) > 2
    assert len(set(ids(store, "c"))) == len(ids(store, "c")) == TEXTS


def test_of_two_writers_the_first_to_commit_goes_on(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "COMMIT_ROWS", 100)
    records = [Record(f"Text number {n}.", source="/a.txt", line=n) for n in range(1000)]
    first = open_collection("c", store=store, model=slow_model(), create=True, chunk_tokens=0)
    second = open_collection("c", store=store, model=slow_model())

    def disturbed() -> Iterator[Record]:
        for record in records:
            if record.line == 600:
                while len(ids(store, "c")) < 500:  # until what was handed over is written
                    time.sleep(0.05)
                second.add(records)
            yield record

    with pytest.raises(CollectionError, match="another process is writing") as caught:
        first.add(disturbed())
    assert "index again" in caught.value.hint
    assert len(ids(store, "c")) == 1000
    assert first.add(records).unchanged == 1000
    assert len(set(ids(store, "c"))) == len(ids(store, "c")) == 1000


def test_two_writers_at_once_double_nothing(store: str, tmp_path: Path) -> None:
    file = tmp_path / "texts.txt"
    write(file, *(f"Text number {n}." for n in range(TEXTS)))
    with build(file, store) as one, build(file, store) as other:
        for writer in (one, other):
            said = writer.communicate()[0]
            refused = "another process is writing the collection" in said
            assert said.endswith("finished\n") != refused, said
    with build(file, store) as last:
        assert "finished" in last.communicate()[0]
    assert len(set(ids(store, "c"))) == len(ids(store, "c")) == TEXTS


def test_a_lost_race_for_a_commit_is_told_as_another_writer(tmp_path: Path) -> None:
    made = open_collection("c", store=tmp_path, model=slow_model(), create=True, chunk_tokens=0)
    made.add([Record(f"Text number {n}.", source="/a.txt", line=n) for n in range(100)])
    one, other = Store(tmp_path).open("c"), Store(tmp_path).open("c")
    one.create_index("source", config=FTS())
    with (
        pytest.raises(CollectionError, match="another process is writing") as caught,
        store_errors("cannot index the collection 'c'"),
    ):
        other.create_index("source", config=FTS(), replace=False)
    assert "index again" in caught.value.hint


def test_doubled_rows_are_dropped_by_the_next_run(tmp_path: Path) -> None:
    file = tmp_path / "texts.txt"
    write(file, *(f"Text number {n}." for n in range(300)))
    with build(file, str(tmp_path / "store")) as writer:
        writer.communicate()
    table = open_collection("c", store=tmp_path / "store")._table
    table.add(table.to_arrow().slice(20, 50))
    assert table.count_rows() == 350
    with build(file, str(tmp_path / "store")) as writer:
        assert "finished" in writer.communicate()[0]
    found = ids(str(tmp_path / "store"), "c")
    assert len(found) == len(set(found)) == 300


def test_a_bucket_that_is_not_there_is_told(store: str) -> None:
    with pytest.raises(CollectionError, match="cannot") as caught:
        open_collection("help", store="s3://no-such-bucket/x")
    assert "AWS_ENDPOINT_URL" in caught.value.hint


def test_a_run_that_ends_within_another_stays_in_the_log(
    store: str, encoder: likewise.Encoder
) -> None:
    first = open_collection("c", store=store, model=encoder, create=True)
    first.add(["A man plays the guitar."])
    sample = tuning.sample_vectors
    with pytest.MonkeyPatch.context() as patch:

        def meanwhile(*given: Any) -> Any:
            patch.undo()
            open_collection("c", store=store, model=encoder).add(["A dog runs."])
            return sample(*given)

        patch.setattr(tuning, "sample_vectors", meanwhile)
        with pytest.raises(CollectionError, match="another process is writing"):
            first.add(["A cat sleeps."])
    first.add(["A cat sleeps."])
    assert [run.records for run in first.log()] == [1, 3]  # the other one counted both
    texts = {hit.text for hit in first.browse(0, 9)}
    assert texts == {"A man plays the guitar.", "A dog runs.", "A cat sleeps."}
