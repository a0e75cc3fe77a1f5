"""What is on this machine, and taking it away."""

from __future__ import annotations

from pathlib import Path

import pytest

from likewise.checkpoint.inventory import Installed, in_cache, inventory, remove
from likewise.errors import DownloadError, ModelNotFoundError
from likewise.hub import download
from likewise.hub.cache import Repository
from likewise.hub.client import Hub
from tests.hub.conftest import NAME, NEEDED, WEIGHTS, published
from tests.loopback_hub import Fault, LoopbackHub

GTE = "thenlper/gte-small"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of its own."""
    (work := tmp_path / "work").mkdir()
    monkeypatch.chdir(work)
    return work


def here(hub: Hub) -> dict[tuple[str, str], Installed]:
    return {(i.source, i.name): i for i in inventory(hub)}


def test_a_fetched_model_with_its_facts(server: LoopbackHub, hub: Hub) -> None:
    folder = download.fetch(NAME, hub=hub)
    found = here(hub)["cache", NAME]
    assert (found.folder, found.commit, found.problem) == (folder, folder.name, None)
    assert (found.dimension, found.max_tokens, found.licence) == (4, 64, "mit")
    assert sum(len(published()[p]) for p in NEEDED) < found.size < len(WEIGHTS) + 20_000


def test_an_unfinished_one_is_shown_as_such(server: LoopbackHub, hub: Hub) -> None:
    server.faults += [Fault("/cdn/.*[0-9a-f]{40}/model.safetensors", cut=2_000_000)]
    server.faults += [Fault("/cdn/.*[0-9a-f]{40}/model.safetensors", times=99, cut=0)]
    with pytest.raises(DownloadError):
        download.fetch(NAME, hub=hub)
    found = here(hub)["cache", NAME]
    assert found.problem == "incomplete: model.safetensors missing"
    assert found.size > 1_000_000


def test_the_models_folder_and_names_of_the_catalogue(hub: Hub, elsewhere: Path) -> None:
    for name in ("gte-small", "someone/own"):
        for path in NEEDED:
            target = elsewhere / "models" / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(published()[path])
    found = here(hub)
    assert ("models", "gte-small") in found
    assert ("models", "someone/own") in found
    assert len([source for source, _ in found if source == "models"]) == 2
    assert found["models", "gte-small"].entry is not None


def test_other_things_in_the_cache_are_left_out(hub: Hub) -> None:
    (hub.cache / "models--big--talker" / "snapshots" / ("a" * 40)).mkdir(parents=True)
    (hub.cache / "datasets--some--set").mkdir(parents=True)
    assert [i for i in inventory(hub) if i.source == "cache"] == []


def test_removing_frees_what_it_says_and_nothing_else(server: LoopbackHub, hub: Hub) -> None:
    server.add(GTE, {**published(), "config.json": b'{"model_type": "bert", "hidden_size": 9}'})
    for name in (NAME, GTE):
        download.fetch(name, hub=hub)
    before = sum(
        p.lstat().st_size for p in hub.cache.rglob("*") if not p.is_symlink() and p.is_file()
    )
    gone = remove("gte-small", hub=hub)
    after = sum(
        p.lstat().st_size for p in hub.cache.rglob("*") if not p.is_symlink() and p.is_file()
    )
    assert gone.name == "gte-small"
    assert before - after == gone.freed > len(WEIGHTS)
    assert not gone.folder.exists()
    assert download.cached(GTE, hub=hub) is None
    assert download.cached(NAME, hub=hub) is not None


def test_only_the_cache_is_ever_removed_from(hub: Hub, elsewhere: Path) -> None:
    (mine := elsewhere / "models" / "tiny").mkdir(parents=True)
    (mine / "config.json").write_text("{}")
    with pytest.raises(ModelNotFoundError, match="not in the cache") as caught:
        remove("tiny", hub=hub)
    assert "models/tiny" in caught.value.hint
    assert mine.exists()
    with pytest.raises(ModelNotFoundError):
        remove("../work", hub=hub)
    with pytest.raises(ModelNotFoundError):
        in_cache("nothing", hub=hub)


def test_a_repository_whose_names_are_gone_is_no_model(server: LoopbackHub, hub: Hub) -> None:
    """As a removal leaves it that was killed after its first step."""
    download.fetch(NAME, hub=hub)
    (Repository.of(hub.cache, NAME).folder / "refs" / "main").unlink()
    assert download.cached(NAME, hub=hub) is None
