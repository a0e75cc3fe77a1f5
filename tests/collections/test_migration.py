"""A collection changes its model: nothing is lost, both models can be searched, undo works."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import likewise
from likewise.collections.collection import Collection
from likewise.collections.index_files import index_files
from likewise.collections.migration import Migration, discard, overlap
from likewise.collections.open_collection import open_collection
from likewise.errors import CollectionError, FingerprintError, InputError
from tests.collections.killed import slow_model
from tests.collections.migrating import DIMENSION, loaded, other_model
from tests.collections.samples import TEXTS, records, texts_of

ROOT = Path(__file__).parents[2]
ROWS = 4000


@pytest.fixture(scope="session")
def changed_folder(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real model with slightly other weights."""
    folder = tmp_path_factory.mktemp("changed") / "changed"
    shutil.copytree(model_folder, folder)
    weights = load_file(folder / "model.safetensors")
    random_numbers = np.random.default_rng(0)
    save_file(
        {
            name: tensor + 0.01 * random_numbers.standard_normal(tensor.shape).astype(tensor.dtype)
            if tensor.ndim == 2
            else tensor
            for name, tensor in weights.items()
        },
        folder / "model.safetensors",
        {"format": "pt"},
    )
    return folder


@pytest.fixture(scope="session")
def changed(changed_folder: Path) -> likewise.Encoder:
    return likewise.load(changed_folder, compute="float32")


def test_both_can_be_searched_and_undo_brings_the_old_one_back(
    collection: Collection, changed: likewise.Encoder
) -> None:
    old = collection.search("money back", 3)
    migration = Migration(collection, changed)
    done = migration.encode()
    assert (done.encoded, done.present) == (len(TEXTS), 0)
    assert [hit.score for hit in collection.search("money back", 3)] == [h.score for h in old]
    new = migration.candidate.search("money back", 3)
    expected = changed.encode_document([old[0].text])[0] @ changed.encode_query("money back")
    assert new[0].score == pytest.approx(float(expected), abs=1e-5)
    assert migration.candidate.search("refund", 1, mode="keyword")[0].id == old[0].id

    run = migration.switch()
    assert (run.action, run.chunks) == ("migrate", len(TEXTS))
    assert [hit.score for hit in collection.search("money back", 3)] == [h.score for h in new]
    fresh = open_collection("c", store=collection.store)
    assert fresh.manifest.fingerprint == changed.fingerprint
    assert fresh.summary().whole
    assert texts_of(fresh) == sorted(TEXTS)
    assert [hit.fields["year"] for hit in fresh.get([old[0].id])] == [old[0].fields["year"]]
    earlier = open_collection("c", store=collection.store, as_of=1)
    assert [h.score for h in earlier.search("money back", 3)] == [h.score for h in old]
    with pytest.raises(InputError, match="not being migrated"):
        open_collection("c", store=collection.store, as_of="migration")

    fresh.undo()
    assert [h.score for h in fresh.search("money back", 3)] == [h.score for h in old]
    fresh.redo()
    assert fresh.manifest.fingerprint == changed.fingerprint


def test_what_comes_and_goes_meanwhile_is_brought_up_to_date(
    collection: Collection, changed: likewise.Encoder
) -> None:
    migration = Migration(collection, changed)
    migration.encode()
    kept = records(TEXTS[1:])
    collection.add([*kept, *records(["Gift cards never expire."], "/data/b.csv")])
    moved = {hit.text: hit.line for hit in collection.search("bread", 9)}
    migration.switch()
    assert texts_of(collection) == sorted([*TEXTS[1:], "Gift cards never expire."])
    assert {hit.text: hit.line for hit in collection.search("bread", 9)} == moved
    assert collection.search("gift cards", 1)[0].text == "Gift cards never expire."
    collection.add(records(["A new text."], "/data/c.csv"))  # by the new model
    assert collection.search("A new text.", 1)[0].score == pytest.approx(1, abs=1e-5)


def test_refused(collection: Collection, changed: likewise.Encoder, tmp_path: Path) -> None:
    with pytest.raises(FingerprintError, match="already"):
        Migration(collection, collection.model).encode()
    Migration(collection, changed).encode()
    with pytest.raises(CollectionError, match="being migrated to"):
        Migration(collection, other_model())
    assert discard(collection)
    assert not discard(collection)
    Migration(collection, other_model())
    assert collection.store.names() == ["c"]


def test_overlap() -> None:
    assert overlap("abcd", "cdef") == 0.5
    assert overlap("", "") == 1
    assert overlap("ab", "abcd") == 0.5


def migrate(store: Path, seconds: float | None) -> str:
    """Run the migration, killed after so many seconds; what it said."""
    command = [sys.executable, "-m", "tests.collections.migrating", str(store)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=ROOT,
    ) as run:  # fmt: skip
        assert run.stdout is not None
        assert run.stderr is not None
        said = ""
        if seconds is not None:
            said = run.stdout.readline()
            time.sleep(seconds)
            run.send_signal(signal.SIGKILL)
        said += run.stdout.read()
        errors = run.stderr.read()
    assert run.returncode in (0, -signal.SIGKILL), errors
    return said


def kill_and_resume(tmp_path: Path, times: int, seed: int) -> None:
    file, store = tmp_path / "texts.txt", tmp_path / "store"
    file.write_text("".join(f"Text number {n}.\n" for n in range(ROWS)))
    index_files([file], "c", slow_model(), store=store, chunk_tokens=0)
    chance = random.Random(seed)
    for _ in range(times):
        said = migrate(store, chance.uniform(0, 1.2))
        collection = open_collection("c", store=store, loader=loaded)
        assert len(set(texts_of(collection))) == ROWS == len(collection)
        if collection.manifest.dimension != DIMENSION:
            assert collection.summary().whole
        assert len(collection.search("Text number 7.", 3)) == 3
        if "finished" in said:
            break
    if (
        open_collection("c", store=store).manifest.model != "other"
        or not open_collection("c", store=store).summary().whole
    ):
        assert "finished" in migrate(store, None)
    collection = open_collection("c", store=store, loader=loaded)
    assert (collection.manifest.dimension, len(collection)) == (DIMENSION, ROWS)
    assert collection.summary().whole
    assert [run.action for run in collection.log()] == ["index", "migrate"]
    collection.undo()
    assert collection.manifest.model == "slow"
    assert len(collection.search("Text number 7.", 3)) == 3


def test_killed_three_times(tmp_path: Path) -> None:
    kill_and_resume(tmp_path, 3, seed=2)


@pytest.mark.slow
def test_killed_twenty_times(tmp_path: Path) -> None:
    for seed in range(5):
        folder = tmp_path / str(seed)
        folder.mkdir()
        kill_and_resume(folder, 4, seed=seed)


def test_killed_between_the_rows_and_the_log(tmp_path: Path) -> None:
    """The rows are replaced, and the run is not recorded: the same call finishes it."""
    file, store = tmp_path / "texts.txt", tmp_path / "store"
    file.write_text("".join(f"Text number {n}.\n" for n in range(50)))
    index_files([file], "c", slow_model(), store=store, chunk_tokens=0)
    collection = open_collection("c", store=store, loader=loaded)
    migration = Migration(collection, other_model())
    migration.encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("likewise.collections.migration.finish_run", _killed)
        with pytest.raises(KeyboardInterrupt):
            migration.switch()
    half = open_collection("c", store=store, loader=loaded)
    assert not half.summary().whole
    again = Migration(half, other_model())
    assert again.pending
    assert again.switch().action == "migrate"
    assert half.summary().whole
    assert half.store.companion("c", "migration") is None
    half.undo()
    assert half.manifest.model == "slow"


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
