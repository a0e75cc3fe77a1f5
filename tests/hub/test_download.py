"""Downloads from a hub on loopback with the real client, and their errors."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from likewise.errors import DownloadError
from likewise.hub import download
from likewise.hub.cache import Repository
from likewise.hub.client import Hub
from likewise.hub.download import DownloadPlan
from likewise.progress import Advance
from tests.loopback_hub import Fault, LoopbackHub

from .conftest import NAME, NEEDED, WEIGHTS, published

WEIGHTS_PATH = "model.safetensors"
MAIN = "/cdn/.*[0-9a-f]{40}/model.safetensors"


def present(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def parts(hub: Hub) -> list[Path]:
    return list(Repository.of(hub.cache, NAME).folder.rglob("*.incomplete"))


def size_of(part: Path) -> int:
    """Its size; 0 if it was completed and renamed in the meantime."""
    try:
        return part.stat().st_size
    except FileNotFoundError:
        return 0


def test_needed_files_are_downloaded_unchanged(server: LoopbackHub, hub: Hub) -> None:
    folder = download.fetch(NAME, hub=hub)
    assert present(folder) == NEEDED
    assert all((folder / p).read_bytes() == published()[p] for p in NEEDED)
    assert folder.name == server.models[NAME].branches["main"]
    assert download.cached(NAME, hub=hub) == folder
    asked = {r.path.split("/", 5)[-1] for r in server.asked("/resolve/")}
    assert asked == NEEDED


def test_a_second_fetch_only_requests_the_commit_of_the_branch(
    server: LoopbackHub, hub: Hub
) -> None:
    download.fetch(NAME, hub=hub)
    server.requests.clear()
    download.fetch(NAME, hub=hub)
    assert [r.path for r in server.requests] == [f"/api/models/{NAME}"]


def test_the_client_finds_the_same_files(server: LoopbackHub, hub: Hub) -> None:
    from huggingface_hub import snapshot_download

    folder = download.fetch(NAME, hub=hub)
    server.requests.clear()
    theirs = snapshot_download(
        NAME, cache_dir=hub.cache, endpoint=hub.endpoint, allow_patterns=sorted(NEEDED)
    )
    assert Path(theirs) == folder
    assert not server.asked("/resolve/", "GET")
    assert not server.asked("/cdn/")


def test_files_downloaded_by_the_client_are_found(server: LoopbackHub, hub: Hub) -> None:
    from huggingface_hub import snapshot_download

    theirs = snapshot_download(NAME, cache_dir=hub.cache, endpoint=hub.endpoint)
    assert download.cached(NAME, hub=hub) == Path(theirs)


@pytest.mark.parametrize(
    ("weights", "file"),
    [
        ("safetensors", "model.safetensors"),
        ("pytorch", "pytorch_model.bin"),
        ("onnx", "onnx/model.onnx"),
    ],
)
def test_only_one_weight_format_is_downloaded(
    server: LoopbackHub, hub: Hub, weights: str, file: str
) -> None:
    folder = download.fetch(NAME, weights=weights, hub=hub)
    assert present(folder) == NEEDED - {"model.safetensors"} | {file}
    assert download.cached(NAME, hub=hub) == folder


def test_the_error_for_a_missing_format(server: LoopbackHub, hub: Hub) -> None:
    server.add("someone/torch", {"config.json": b"{}", "pytorch_model.bin": b"1", "vocab.txt": b""})
    with pytest.raises(DownloadError, match="no onnx weights") as caught:
        download.fetch("someone/torch", weights="onnx", hub=hub)
    assert "pytorch" in caught.value.hint


def test_a_missing_shard_makes_it_incomplete(server: LoopbackHub, hub: Hub) -> None:
    files = {p: d for p, d in published().items() if p != WEIGHTS_PATH}
    shards = {f"model-0000{i}-of-00002.safetensors": WEIGHTS[i : i + 9] for i in (1, 2)}
    server.add("someone/sharded", {**files, **shards, "model.safetensors.index.json": b"{}"})
    folder = download.fetch("someone/sharded", hub=hub)
    assert set(shards) < present(folder)
    (folder / "model-00002-of-00002.safetensors").unlink()
    assert download.cached("someone/sharded", hub=hub) is None


def test_the_commit_of_a_revision_is_stored(server: LoopbackHub, hub: Hub) -> None:
    first = server.models[NAME].branches["main"]
    second = server.add(NAME, {**published(), "config.json": b'{"model_type": "bert", "v": 2}'})
    assert download.fetch(NAME, hub=hub).name == second
    old = download.fetch(NAME, revision=first, hub=hub)
    assert old.name == first
    assert b'"v"' not in (old / "config.json").read_bytes()
    assert download.cached(NAME, hub=hub).name == second  # type: ignore[union-attr]
    assert download.cached(NAME, revision=first, hub=hub) == old


def test_an_interrupted_update_leaves_the_old_commit(server: LoopbackHub, hub: Hub) -> None:
    old = download.fetch(NAME, hub=hub)
    server.add(NAME, {**published(), WEIGHTS_PATH: WEIGHTS[::-1]})
    server.faults += [Fault("/cdn/", times=99, cut=0)]
    with pytest.raises(DownloadError, match="cannot be reached"):
        download.fetch(NAME, hub=hub)
    assert download.cached(NAME, hub=hub) == old


def test_progress_counts_every_byte_once(server: LoopbackHub, hub: Hub) -> None:
    plans: list[DownloadPlan] = []
    pieces: list[int] = []

    def start(plan: DownloadPlan) -> AbstractContextManager[Advance]:
        plans.append(plan)
        return nullcontext(pieces.append)

    server.faults += [Fault(MAIN, cut=1_000_000)]
    download.fetch(NAME, hub=hub, progress=start)
    assert sum(pieces) == plans[0].total_bytes == sum(len(published()[p]) for p in NEEDED)


# failures of the network


def test_a_download_is_resumed_after_an_interruption(server: LoopbackHub, hub: Hub) -> None:
    server.faults += [Fault(MAIN, times=3, cut=1_000_000)]
    folder = download.fetch(NAME, hub=hub)
    assert (folder / WEIGHTS_PATH).read_bytes() == WEIGHTS
    first, *others = (r.range for r in server.requests if re.search(MAIN, r.path))
    assert first is None
    starts = [int((r or "").removeprefix("bytes=").rstrip("-")) for r in others]
    assert starts == sorted(starts)
    assert starts[0] > 900_000


def test_a_failed_download_leaves_a_partial_file_and_no_checkpoint(
    server: LoopbackHub, hub: Hub
) -> None:
    server.faults += [Fault(MAIN, cut=1_500_000),
                      Fault(MAIN, times=99, cut=0)]  # fmt: skip
    with pytest.raises(DownloadError, match="cannot be reached"):
        download.fetch(NAME, hub=hub)
    assert download.cached(NAME, hub=hub) is None
    (partial,) = parts(hub)
    assert 0 < partial.stat().st_size <= 1_500_000
    server.faults.clear()
    server.requests.clear()
    size = partial.stat().st_size
    assert (download.fetch(NAME, hub=hub) / WEIGHTS_PATH).read_bytes() == WEIGHTS
    assert [r.range for r in server.asked("/cdn/")] == [f"bytes={size}-"]
    assert parts(hub) == []


def test_a_killed_download_is_resumed_and_never_complete_before(
    server: LoopbackHub, hub: Hub
) -> None:
    server.faults += [Fault(MAIN, pause=0.2)]
    code = (
        "import sys; from pathlib import Path; from likewise.hub import download as d;"
        f"d.fetch({NAME!r}, hub=d.Hub(sys.argv[1], Path(sys.argv[2])))"
    )
    process = subprocess.Popen([sys.executable, "-c", code, hub.endpoint, str(hub.cache)])
    deadline = time.monotonic() + 30
    while not any(size_of(part) > 500_000 for part in parts(hub)):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert download.cached(NAME, hub=hub) is None
    server.faults.clear()
    server.requests.clear()
    assert (download.fetch(NAME, hub=hub) / WEIGHTS_PATH).read_bytes() == WEIGHTS
    (request,) = server.asked("/cdn/")
    assert int((request.range or "bytes=0-").removeprefix("bytes=").rstrip("-")) > 500_000


def test_a_server_without_range_requests(server: LoopbackHub, hub: Hub) -> None:
    server.faults += [Fault(MAIN, cut=1_200_000),
                      Fault(MAIN, no_ranges=True)]  # fmt: skip
    assert (download.fetch(NAME, hub=hub) / WEIGHTS_PATH).read_bytes() == WEIGHTS


@pytest.mark.parametrize("path", ["model.safetensors", "config.json"])
def test_a_file_with_a_wrong_hash_is_discarded(server: LoopbackHub, hub: Hub, path: str) -> None:
    server.faults += [Fault(f"[0-9a-f]{{40}}/{path}", times=99, corrupt=True)]
    with pytest.raises(DownloadError, match="was received with the hash") as caught:
        download.fetch(NAME, hub=hub)
    assert path in caught.value.message
    assert parts(hub) == []
    assert download.cached(NAME, hub=hub) is None


def test_a_damaged_partial_file_is_downloaded_again(server: LoopbackHub, hub: Hub) -> None:
    server.faults += [Fault(MAIN, cut=1_500_000),
                      Fault(MAIN, times=99, cut=0)]  # fmt: skip
    with pytest.raises(DownloadError):
        download.fetch(NAME, hub=hub)
    (partial,) = parts(hub)
    partial.write_bytes(bytes(partial.stat().st_size))
    server.faults.clear()
    assert (download.fetch(NAME, hub=hub) / WEIGHTS_PATH).read_bytes() == WEIGHTS


@pytest.mark.parametrize("path", ["/api/models", "config.json", "/cdn/"])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_requests_to_a_busy_hub_are_repeated(
    server: LoopbackHub, hub: Hub, path: str, status: int
) -> None:
    server.faults += [Fault(path, status=status)]
    assert present(download.fetch(NAME, hub=hub)) == NEEDED


def test_retry_after_is_respected(server: LoopbackHub, hub: Hub) -> None:
    server.faults += [Fault("/api/models", status=429, retry_after="1")]
    started = time.monotonic()
    download.fetch(NAME, hub=hub)
    assert 1 <= time.monotonic() - started < 5


@pytest.mark.parametrize(("status", "hint"), [(429, "wait"), (500, "try again")])
def test_the_error_for_a_hub_that_stays_busy(
    server: LoopbackHub, hub: Hub, status: int, hint: str
) -> None:
    server.faults += [Fault("/api/models", times=99, status=status)]
    with pytest.raises(DownloadError, match=f"answered {status}") as caught:
        download.fetch(NAME, hub=hub)
    assert hint in caught.value.hint


# what is whole


@pytest.mark.parametrize("lost", sorted(NEEDED - {"README.md"}))
def test_a_missing_file_makes_it_incomplete(server: LoopbackHub, hub: Hub, lost: str) -> None:
    folder = download.fetch(NAME, hub=hub)
    (folder / lost).unlink()
    assert download.cached(NAME, hub=hub) is None
    assert (download.fetch(NAME, hub=hub) / lost).exists()


def test_a_truncated_file_makes_it_incomplete(server: LoopbackHub, hub: Hub) -> None:
    folder = download.fetch(NAME, hub=hub)
    blob = (folder / WEIGHTS_PATH).resolve()
    blob.write_bytes(WEIGHTS[:-1])
    assert download.cached(NAME, hub=hub) is None
    download.fetch(NAME, hub=hub)
    assert blob.read_bytes() == WEIGHTS


@pytest.mark.parametrize(
    "lost",
    [
        "config.json",
        "model.safetensors",
        "1_Pooling/config.json",
        "2_Dense/config.json",
        "2_Dense/model.safetensors",
    ],
)
def test_files_without_a_listing(server: LoopbackHub, hub: Hub, lost: str) -> None:
    folder = download.fetch(NAME, hub=hub)
    for listing in Repository.of(hub.cache, NAME).folder.glob("trees/*.json"):
        listing.unlink()
    assert download.cached(NAME, hub=hub) == folder
    (folder / lost).unlink()
    assert download.cached(NAME, hub=hub) is None
