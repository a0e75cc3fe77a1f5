"""Whom a hub refuses, and what is told where there is none: the real client, a hub on loopback."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from loopback_hub import TOKEN, Fault, LoopbackHub

from likewise.errors import DownloadError, ModelNotFoundError
from likewise.hub import download
from likewise.hub.client import Hub, hub_errors

from .conftest import NAME, NEEDED, published


def present(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


# who may have it


def test_an_unknown_model_and_a_private_one_look_alike(server: LoopbackHub, hub: Hub) -> None:
    server.add("someone/secret", published(), private=True)
    for name in ("someone/nothing", "someone/secret"):
        with pytest.raises(ModelNotFoundError, match="has no model") as caught:
            download.fetch(name, hub=hub)
        assert "HF_TOKEN" in caught.value.hint


def test_a_token_opens_private_and_gated_models_and_never_leaves_the_hub(
    server: LoopbackHub, hub: Hub
) -> None:
    server.add("someone/secret", published(), private=True)
    server.add("someone/gated", published(), gated=True)
    holder = Hub(hub.endpoint, hub.cache, token=TOKEN)
    for name in ("someone/secret", "someone/gated"):
        assert present(download.fetch(name, hub=holder)) == NEEDED
    assert {r.token for r in server.requests if "/cdn/" not in r.path} == {TOKEN}
    assert {r.token for r in server.asked("/cdn/")} == {None}


def test_gated_without_a_token_says_where_to_agree(server: LoopbackHub, hub: Hub) -> None:
    server.add("someone/gated", published(), gated=True)
    with pytest.raises(DownloadError, match="agreed to its terms") as caught:
        download.fetch("someone/gated", hub=hub)
    assert f"{hub.endpoint}/someone/gated" in caught.value.hint


def test_a_wrong_token_is_told(server: LoopbackHub, hub: Hub) -> None:
    with pytest.raises(ModelNotFoundError, match="401") as caught:
        download.fetch(NAME, hub=Hub(hub.endpoint, hub.cache, token="hf_wrong"))
    assert "HF_TOKEN" in caught.value.hint


def test_a_revision_that_is_not_there(server: LoopbackHub, hub: Hub) -> None:
    with pytest.raises(ModelNotFoundError, match="no revision 'v9'"):
        download.fetch(NAME, revision="v9", hub=hub)


def test_a_listed_file_that_is_not_there(server: LoopbackHub, hub: Hub) -> None:
    server.faults += [Fault("resolve/.*/vocab.txt", times=99, status=404)]
    with pytest.raises((DownloadError, ModelNotFoundError)):
        download.fetch(NAME, hub=hub)
    assert download.cached(NAME, hub=hub) is None


@pytest.mark.parametrize("name", ["nothing", "a/b/c", "a b/c", "../x", "a/..", "a--b/c"])
def test_a_name_that_is_none(server: LoopbackHub, hub: Hub, name: str) -> None:
    with pytest.raises(ModelNotFoundError):
        download.fetch(name, hub=hub)
    assert download.cached(name, hub=hub) is None


# no hub at all


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:9", "http://no-such-host.invalid", "https://127.0.0.1:9"]
)
def test_an_unreachable_hub_is_told_in_seconds(tmp_path: Path, endpoint: str) -> None:
    started = time.monotonic()
    with pytest.raises(DownloadError, match="cannot be reached") as caught:
        download.fetch(NAME, hub=Hub(endpoint, tmp_path))
    assert time.monotonic() - started < 5
    assert f"likewise download {NAME}" in caught.value.hint
    assert "models/tiny" in caught.value.hint


def test_offline_asks_nothing(server: LoopbackHub, hub: Hub) -> None:
    with pytest.raises(DownloadError, match="HF_HUB_OFFLINE is set"):
        download.fetch(NAME, hub=Hub(hub.endpoint, hub.cache, offline=True))
    assert server.requests == []


def test_a_site_that_is_no_hub(server: LoopbackHub, hub: Hub) -> None:
    server.faults += [Fault("/api/models", times=99, status=418)]
    with pytest.raises(DownloadError, match="answered 418"):
        download.fetch(NAME, hub=hub)


def test_a_cache_that_cannot_be_written(server: LoopbackHub, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadError, match="cannot be kept") as caught:
        download.fetch(NAME, hub=Hub(server.endpoint, tmp_path / "file"))
    assert "HF_HUB_CACHE" in caught.value.hint


def test_the_environment_is_read_where_it_is_used(server: LoopbackHub, tmp_path: Path) -> None:
    """HF_ENDPOINT, HF_TOKEN, HF_HUB_CACHE, HF_HUB_OFFLINE: as people set them, in a new process."""
    server.add("someone/secret", published(), private=True)
    code = "import likewise.hub.download as d; print(d.fetch('someone/secret'))"
    environment = {
        **os.environ, "HF_ENDPOINT": server.endpoint, "HF_TOKEN": TOKEN,
        "HF_HUB_CACHE": str(tmp_path / "here"),
    }  # fmt: skip
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert Path(run.stdout.strip()).is_relative_to(tmp_path / "here")
    failed = subprocess.run(
        [sys.executable, "-c", code.replace("secret", "other")],
        env=environment | {"HF_HUB_OFFLINE": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "HF_HUB_OFFLINE is set" in failed.stderr


def test_a_proxy_is_gone_through(server: LoopbackHub, tmp_path: Path) -> None:
    """A proxy that is not there must be what fails, though the hub could be reached."""
    code = f"import likewise.hub.download as d; d.fetch({NAME!r})"
    environment = {
        **os.environ, "HF_ENDPOINT": server.endpoint, "HF_HUB_CACHE": str(tmp_path),
        "HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9",
        "NO_PROXY": "", "no_proxy": "",
    }  # fmt: skip
    failed = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert "cannot be reached" in failed.stderr
    assert server.requests == []


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    hub = Hub("http://127.0.0.1:9", tmp_path)

    def full() -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    with pytest.raises(DownloadError) as caught:
        hub_errors(full, NAME, None, hub)
    assert "make room" in caught.value.hint
