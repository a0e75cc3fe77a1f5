"""The places where a checkpoint is looked up, in order."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from likewise.errors import DownloadError, ModelNotFoundError
from likewise.hub import download
from likewise.hub.catalog import DEFAULT
from likewise.hub.client import Hub
from likewise.hub.locate import find_local, locate
from tests.loopback_hub import LoopbackHub

from .conftest import NAME, NEEDED, published

MINILM = f"sentence-transformers/{DEFAULT}"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new working folder."""
    (work := tmp_path / "work").mkdir()
    monkeypatch.chdir(work)
    return work


def put(folder: Path) -> Path:
    for path, data in published().items():
        if path in NEEDED:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
    return folder


def test_the_order_of_lookup(server: LoopbackHub, hub: Hub, elsewhere: Path) -> None:
    first = locate(NAME, hub=hub)
    assert (first.source, first.commit) == ("hub", server.models[NAME].branches["main"])
    assert locate(NAME, hub=hub).source == "cache"
    for place in ("models/tiny", "models/someone/tiny"):
        put(elsewhere / place)
        found = locate(NAME, hub=hub)
        assert (found.source, found.folder) == ("models", Path(place))
        shutil.rmtree(elsewhere / "models")


def test_a_revision_never_finds_another_one(server: LoopbackHub, hub: Hub, elsewhere: Path) -> None:
    put(elsewhere / "models/tiny")
    commit = server.models[NAME].branches["main"]
    assert find_local(NAME, revision=commit, hub=hub) is None
    assert locate(NAME, revision=commit, hub=hub).commit == commit


def test_a_folder(server: LoopbackHub, hub: Hub, elsewhere: Path) -> None:
    folder = put(elsewhere / "mine")
    for name in (folder, "mine", "./mine"):
        assert locate(name, hub=hub).source == "folder"
    assert server.requests == []


def test_bundled_files_come_before_the_cache(hub: Hub) -> None:
    found = find_local(DEFAULT, hub=hub)
    if found is None:
        pytest.skip(f"{DEFAULT} is not on this machine (make run gets it)")
    assert found.source == "bundled"


def test_weights_with_an_unexpected_hash_are_an_error(server: LoopbackHub, hub: Hub) -> None:
    """A mirror with other weights under a known name, with hashes that match them."""
    server.add(MINILM, published())
    from likewise.hub import catalog

    entry = catalog.find(MINILM)
    assert entry is not None
    with pytest.raises(DownloadError, match="different weights"):
        download.fetch(MINILM, sha256=entry.weights_sha256, hub=hub)
    assert not server.asked("/cdn/")


def test_the_error_for_an_unknown_name_has_a_hint(hub: Hub) -> None:
    with pytest.raises(ModelNotFoundError) as caught:
        locate("all-minilm-l6", hub=hub)
    assert "all-MiniLM-L6-v2" in caught.value.hint
    with pytest.raises(ModelNotFoundError, match="no model or folder"):
        locate("./nowhere", hub=hub)
    with pytest.raises(DownloadError) as offline:
        locate("gte-base", hub=Hub(hub.endpoint, hub.cache, offline=True))
    assert "likewise download thenlper/gte-base" in offline.value.hint
    assert "models/gte-base" in offline.value.hint


def test_an_interrupted_download_is_not_found(server: LoopbackHub, hub: Hub) -> None:
    folder = locate(NAME, hub=hub).folder
    (folder / "model.safetensors").unlink()
    assert find_local(NAME, hub=hub) is None
    assert locate(NAME, hub=hub).source == "hub"
