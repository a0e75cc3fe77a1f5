"""Errors of a hub, and an unreachable hub: the real client with a hub on loopback."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from likewise.errors import DownloadError, ModelNotFoundError
from likewise.hub import download
from likewise.hub.client import Hub, translate_errors
from tests.loopback_hub import TOKEN, Fault, LoopbackHub

from .conftest import NAME, NEEDED, published


def present(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


# who may have it


def test_unknown_and_private_models_give_the_same_error(server: LoopbackHub, hub: Hub) -> None:
    server.add("someone/secret", published(), private=True)
    for name in ("someone/nothing", "someone/secret"):
        with pytest.raises(ModelNotFoundError, match="has no model") as caught:
            download.fetch(name, hub=hub)
        assert "HF_TOKEN" in caught.value.hint


def test_a_token_is_sent_to_the_hub_only(server: LoopbackHub, hub: Hub) -> None:
    server.add("someone/secret", published(), private=True)
    server.add("someone/gated", published(), gated=True)
    holder = Hub(hub.endpoint, hub.cache, token=TOKEN)
    for name in ("someone/secret", "someone/gated"):
        assert present(download.fetch(name, hub=holder)) == NEEDED
    assert {r.token for r in server.requests if "/cdn/" not in r.path} == {TOKEN}
    assert {r.token for r in server.asked("/cdn/")} == {None}


def test_the_error_for_a_gated_model_links_to_its_terms(server: LoopbackHub, hub: Hub) -> None:
    server.add("someone/gated", published(), gated=True)
    with pytest.raises(DownloadError, match="its terms have to be accepted") as caught:
        download.fetch("someone/gated", hub=hub)
    assert f"{hub.endpoint}/someone/gated" in caught.value.hint


def test_the_error_for_a_wrong_token(server: LoopbackHub, hub: Hub) -> None:
    with pytest.raises(ModelNotFoundError, match="401") as caught:
        download.fetch(NAME, hub=Hub(hub.endpoint, hub.cache, token="hf_wrong"))
    assert "HF_TOKEN" in caught.value.hint


def test_a_missing_revision(server: LoopbackHub, hub: Hub) -> None:
    with pytest.raises(ModelNotFoundError, match="no revision 'v9'"):
        download.fetch(NAME, revision="v9", hub=hub)


def test_a_listed_file_that_is_missing(server: LoopbackHub, hub: Hub) -> None:
    server.faults += [Fault("resolve/.*/vocab.txt", times=99, status=404)]
    with pytest.raises((DownloadError, ModelNotFoundError)):
        download.fetch(NAME, hub=hub)
    assert download.cached(NAME, hub=hub) is None


@pytest.mark.parametrize("name", ["nothing", "a/b/c", "a b/c", "../x", "a/..", "a--b/c"])
def test_invalid_names(server: LoopbackHub, hub: Hub, name: str) -> None:
    with pytest.raises(ModelNotFoundError):
        download.fetch(name, hub=hub)
    assert download.cached(name, hub=hub) is None


# no hub


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:9", "http://no-such-host.invalid", "https://127.0.0.1:9"]
)
def test_an_unreachable_hub_is_an_error_within_seconds(tmp_path: Path, endpoint: str) -> None:
    started = time.monotonic()
    with pytest.raises(DownloadError, match="cannot be reached") as caught:
        download.fetch(NAME, hub=Hub(endpoint, tmp_path))
    assert time.monotonic() - started < 5
    assert f"likewise download {NAME}" in caught.value.hint
    assert "models/tiny" in caught.value.hint


def test_offline_sends_no_request(server: LoopbackHub, hub: Hub) -> None:
    with pytest.raises(DownloadError, match="HF_HUB_OFFLINE is set"):
        download.fetch(NAME, hub=Hub(hub.endpoint, hub.cache, offline=True))
    assert server.requests == []


def test_a_site_that_is_not_a_hub(server: LoopbackHub, hub: Hub) -> None:
    server.faults += [Fault("/api/models", times=99, status=418)]
    with pytest.raises(DownloadError, match="answered 418"):
        download.fetch(NAME, hub=hub)


def test_a_read_only_cache(server: LoopbackHub, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadError, match="cannot be written") as caught:
        download.fetch(NAME, hub=Hub(server.endpoint, tmp_path / "file"))
    assert "HF_HUB_CACHE" in caught.value.hint


def test_environment_variables(server: LoopbackHub, tmp_path: Path) -> None:
    """HF_ENDPOINT, HF_TOKEN, HF_HUB_CACHE and HF_HUB_OFFLINE in a new process."""
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


def test_a_proxy_is_used(server: LoopbackHub, tmp_path: Path) -> None:
    """An unreachable proxy is an error although the hub is reachable."""
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


def test_the_error_for_a_full_disk(tmp_path: Path) -> None:
    hub = Hub("http://127.0.0.1:9", tmp_path)

    def full() -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    with pytest.raises(DownloadError) as caught:
        translate_errors(full, NAME, None, hub)
    assert "free some space" in caught.value.hint
