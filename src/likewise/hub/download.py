"""Download of checkpoints from the hub or a mirror into the hub's shared cache.

The hub is accessed with huggingface_hub. Its own downloads start from the beginning after an
interruption; these are resumed, and each file is verified by the hash that the hub publishes.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from likewise.errors import DownloadError, ModelNotFoundError
from likewise.hub import file_selection
from likewise.hub.cache import RemoteFile, Repository, is_hub_id
from likewise.hub.client import Hub, translate_errors, unavailable
from likewise.hub.transfer import RETRIED_STATUS, RemoteSource, download_file
from likewise.progress import Advance, ProgressFactory, bar

FORMATS = tuple(f.name for f in file_selection.FORMATS)

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class DownloadPlan:
    """The files of a checkpoint to download.

    Attributes:
        hub_id: its name on the hub.
        commit: the current commit of the revision: 40 hex digits.
        files: all files that are needed, small ones first.
        total_bytes: size of all files.
        to_fetch: bytes that are not in the cache yet.
    """

    hub_id: str
    commit: str
    files: tuple[RemoteFile, ...]
    total_bytes: int
    to_fetch: int


DownloadProgress = Callable[[DownloadPlan], AbstractContextManager[Advance]]
"""Opens a progress display for a plan; the context's value is called with numbers of bytes."""


def bytes_progress(progress: ProgressFactory) -> DownloadProgress:
    """Show a download, counted in bytes, with a general progress display."""
    return lambda plan: progress(plan.total_bytes, title=f"downloading {plan.hub_id}", unit="bytes")


progress_bar = bytes_progress(bar)
"""A progress bar on standard error, if that is a terminal."""


def _no_display(_: DownloadPlan) -> AbstractContextManager[Advance]:
    return nullcontext(lambda _: None)


def cached(hub_id: str, *, revision: str | None = None, hub: Hub | None = None) -> Path | None:
    """The folder of a complete checkpoint in the cache; None if there is none."""
    if not is_hub_id(hub_id):
        return None
    repository = Repository.of((hub or Hub.from_environment()).cache, hub_id)
    commit = repository.commit(revision)
    if commit is None or not repository.snapshot(commit).is_dir():
        return None
    return None if repository.missing(commit) else repository.snapshot(commit)


def plan(
    hub_id: str,
    *,
    revision: str | None = None,
    weights: str | None = None,
    sha256: str | None = None,
    hub: Hub | None = None,
) -> DownloadPlan:
    """Request the listing of a checkpoint from the hub and select the files to download.

    Args:
        hub_id: owner/name.
        revision: branch, tag or commit; by default the main branch.
        weights: `safetensors`, `pytorch` or `onnx`; by default the first that is available.
        sha256: expected hash of `model.safetensors`, if known.
        hub: the hub; by default from the environment.

    Raises:
        ModelNotFoundError: the hub has no such model or revision.
        DownloadError: offline, unreachable or refused; it has no weights of that format; or the
            hash of its weights differs from the expected one.
    """
    hub = hub or Hub.from_environment()

    def work() -> DownloadPlan:
        made = _plan(hub_id, revision, weights, hub)
        _check_weights(made, sha256, hub)
        return made

    return translate_errors(work, hub_id, revision, hub)


def fetch(
    hub_id: str,
    *,
    revision: str | None = None,
    weights: str | None = None,
    sha256: str | None = None,
    hub: Hub | None = None,
    progress: DownloadProgress | None = None,
) -> Path:
    """Download the missing files of a checkpoint.

    Proxies (`HTTPS_PROXY`, `NO_PROXY`) are supported.

    Args:
        hub_id: owner/name.
        revision: branch, tag or commit; by default the main branch.
        weights: `safetensors`, `pytorch` or `onnx`; by default the first that is available.
        sha256: expected hash of `model.safetensors`, if known.
        hub: the hub and its cache; by default from the environment.
        progress: opens a display for the plan. It is called with the bytes of each file: those
            that were in the cache first.

    Returns:
        The folder of the commit; its name is the commit.

    Raises:
        ModelNotFoundError: the hub has no such model or revision.
        DownloadError: offline, unreachable, refused, interrupted, or with a wrong hash.
    """
    hub = hub or Hub.from_environment()

    def work() -> Path:
        made = plan(hub_id, revision=revision, weights=weights, sha256=sha256, hub=hub)
        _check_disk_space(made, hub.cache)
        with (progress or _no_display)(made) as advance:
            return _download(made, revision or "main", hub, advance)

    return translate_errors(work, hub_id, revision, hub)


def _plan(hub_id: str, revision: str | None, weights: str | None, hub: Hub) -> DownloadPlan:
    from huggingface_hub import HfApi

    if weights is not None and weights not in FORMATS:
        raise DownloadError(f"unknown format {weights!r}", hint="one of " + ", ".join(FORMATS))
    if not is_hub_id(hub_id):
        raise ModelNotFoundError(
            f"{hub_id!r} is not a name of a model on the hub", hint="names look like owner/name"
        )
    if hub.offline:
        raise unavailable(hub_id, hub, "HF_HUB_OFFLINE is set")
    api = HfApi(endpoint=hub.endpoint, token=hub.token, library_name="likewise")
    info = _retried(
        lambda: api.model_info(hub_id, revision=revision, files_metadata=True, timeout=hub.timeout)
    )
    if not info.sha or info.siblings is None:
        raise DownloadError(f"{hub.endpoint} does not respond like a hub", hint="check HF_ENDPOINT")
    listing = {
        s.rfilename: RemoteFile(
            s.rfilename,
            int((s.lfs.size if s.lfs else s.size) or 0),
            s.blob_id or "",
            s.lfs.sha256 if s.lfs else None,
        )
        for s in info.siblings
        if _is_inside(s.rfilename)
    }
    repository = Repository.of(hub.cache, hub_id)
    repository.write_listing(info.sha, listing)
    modules = file_selection.parse_modules(
        _read_modules_json(repository, listing, info.sha, hub), f"{hub_id}/{file_selection.MODULES}"
    )
    paths = file_selection.select_files(
        listing, modules, _weight_format(hub_id, listing, modules, weights)
    )
    files = tuple(sorted((listing[p] for p in paths), key=lambda f: f.size))
    return DownloadPlan(
        hub_id,
        info.sha,
        files,
        sum(f.size for f in files),
        sum(f.size for f in files if not repository.blob(f).exists()),
    )


def _weight_format(
    hub_id: str,
    listing: dict[str, RemoteFile],
    modules: file_selection.Modules,
    weights: str | None,
) -> file_selection.WeightFormat:
    available = file_selection.formats_in(listing, modules)
    if not available:
        raise DownloadError(
            f"{hub_id} has no weights in a supported format",
            hint="it needs model.safetensors, pytorch_model.bin or onnx/model.onnx",
        )
    if weights is None:
        return available[0]
    found = next((f for f in available if f.name == weights), None)
    if found is None:
        raise DownloadError(
            f"{hub_id} has no {weights} weights",
            hint="it has " + ", ".join(f.name for f in available),
        )
    return found


def _read_modules_json(
    repository: Repository, listing: dict[str, RemoteFile], commit: str, hub: Hub
) -> str | None:
    file = listing.get(file_selection.MODULES)
    if file is None:
        return None
    _download_file(repository, file, commit, hub, lambda _: None)
    return (repository.snapshot(commit) / file.path).read_text("utf-8")


def _download(plan: DownloadPlan, revision: str, hub: Hub, advance: Advance) -> Path:
    repository = Repository.of(hub.cache, plan.hub_id)
    for file in plan.files:
        _download_file(repository, file, plan.commit, hub, advance)
    # last, so that an older commit is used until the new one is complete
    repository.write_ref(revision, plan.commit)
    return repository.snapshot(plan.commit)


def _download_file(
    repository: Repository, file: RemoteFile, commit: str, hub: Hub, advance: Advance
) -> None:
    from huggingface_hub import hf_hub_url
    from huggingface_hub.utils import WeakFileLock, build_hf_headers  # type: ignore[attr-defined]

    blob = repository.blob(file)
    repository.locks.mkdir(parents=True, exist_ok=True)
    # the client's lock, so that no other program downloads the same file at the same time
    with WeakFileLock(repository.locks / f"{file.blob}.lock"):
        if blob.exists() and blob.stat().st_size == file.size:
            advance(file.size)
        else:
            source = RemoteSource(
                hf_hub_url(repository.hub_id, file.path, revision=commit, endpoint=hub.endpoint),
                build_hf_headers(token=hub.token, library_name="likewise"),
                hub.timeout,
            )
            download_file(source, file, blob, advance)
        repository.link(file, commit)


def _retried(call: Callable[[], _Result], attempts: int = 4) -> _Result:
    """Repeat a request if the hub is busy, but not if it is unreachable."""
    from huggingface_hub.errors import HfHubHTTPError

    for attempt in range(1, attempts):
        try:
            return call()
        except HfHubHTTPError as error:
            if error.response.status_code not in RETRIED_STATUS:
                raise
            wait = error.response.headers.get("Retry-After", "")
            time.sleep(min(float(wait), 60.0) if wait.isdigit() else 0.25 * 2**attempt)
    return call()


def _is_inside(path: str) -> bool:
    """Whether a path in a listing stays inside the checkpoint's folder."""
    return not path.startswith(("/", "\\")) and not {"..", ""} & set(path.split("/"))


def _check_weights(plan: DownloadPlan, sha256: str | None, hub: Hub) -> None:
    listed = next((f.sha256 for f in plan.files if f.path == "model.safetensors"), None)
    if sha256 and listed and listed != sha256:
        raise DownloadError(
            f"{hub.endpoint} has different weights of {plan.hub_id} than were published "
            f"(SHA-256 {listed[:12]}…, expected {sha256[:12]}…)",
            hint="do not trust this mirror; name a revision to download them anyway",
        )


def _check_disk_space(plan: DownloadPlan, cache: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(cache).free
    if plan.to_fetch > free:
        raise DownloadError(
            f"{plan.hub_id} needs {plan.to_fetch / 1e6:,.0f} MB, "
            f"{free / 1e6:,.0f} MB are free at {cache}",
            hint="free some space, or set HF_HUB_CACHE to a folder on another disk",
        )
