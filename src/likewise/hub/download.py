"""Files from the hub or a mirror of it, through huggingface_hub, into the cache all share.

The client's own downloads throw away what arrived when they are interrupted; here it is kept, taken
up again, and every file is held against the hash that the hub tells.
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
from likewise.hub.client import Hub, hub_errors, offline
from likewise.hub.transfer import RETRIED_STATUS, RemoteSource, receive
from likewise.progress import Advance, ProgressFactory, bar

FORMATS = tuple(f.name for f in file_selection.FORMATS)

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class DownloadPlan:
    """What fetching a checkpoint would bring.

    Attributes:
        hub_id: its name.
        commit: what the revision means now: 40 hex digits.
        files: those that are needed, small ones first.
        total_bytes: of all of them.
        to_fetch: bytes that are not here yet.
    """

    hub_id: str
    commit: str
    files: tuple[RemoteFile, ...]
    total_bytes: int
    to_fetch: int


DownloadProgress = Callable[[DownloadPlan], AbstractContextManager[Advance]]
"""Opens a display for a plan; what it gives is told the bytes, and closed at the end."""


def bytes_progress(progress: ProgressFactory) -> DownloadProgress:
    """Show a download, counted in bytes, by a progress that any other work is shown by."""
    return lambda wanted: progress(
        wanted.total_bytes, title=f"downloading {wanted.hub_id}", unit="bytes"
    )


progress_bar = bytes_progress(bar)
"""A bar on standard error, where that is a terminal."""


def _unseen(_: DownloadPlan) -> AbstractContextManager[Advance]:
    return nullcontext(lambda _: None)


def cached(hub_id: str, *, revision: str | None = None, hub: Hub | None = None) -> Path | None:
    """The folder of a checkpoint that was fetched before, whole; None where there is none."""
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
    """Ask the hub what a checkpoint consists of, and choose what is needed.

    Args:
        hub_id: owner/name.
        revision: branch, tag or commit; the main branch where not given.
        weights: `safetensors`, `pytorch` or `onnx`; the first that is there where not given.
        sha256: what `model.safetensors` must hash to, where that is known from elsewhere.
        hub: where to ask.

    Raises:
        ModelNotFoundError: the hub has no such model or revision.
        DownloadError: offline, unreachable, refused; or it has no weights of that format, or
            others than those known.
    """
    hub = hub or Hub.from_environment()

    def work() -> DownloadPlan:
        wanted = _plan(hub_id, revision, weights, hub)
        _check_weights(wanted, sha256, hub)
        return wanted

    return hub_errors(work, hub_id, revision, hub)


def fetch(
    hub_id: str,
    *,
    revision: str | None = None,
    weights: str | None = None,
    sha256: str | None = None,
    hub: Hub | None = None,
    progress: DownloadProgress | None = None,
) -> Path:
    """Fetch a checkpoint, or what is missing of it.

    Proxies (`HTTPS_PROXY`, `NO_PROXY`) are honoured.

    Args:
        hub_id: owner/name.
        revision: branch, tag or commit; the main branch where not given.
        weights: `safetensors`, `pytorch` or `onnx`; the first that is there where not given.
        sha256: what `model.safetensors` must hash to, where that is known from elsewhere.
        hub: where from and where to.
        progress: shown the plan, opens what is told the bytes as they arrive, those that were
            here already first.

    Returns:
        The folder of the commit; its name is the commit.

    Raises:
        ModelNotFoundError: the hub has no such model or revision.
        DownloadError: offline, unreachable, refused, cut in the middle, or with a wrong hash.
    """
    hub = hub or Hub.from_environment()

    def work() -> Path:
        wanted = plan(hub_id, revision=revision, weights=weights, sha256=sha256, hub=hub)
        _check_room(wanted, hub.cache)
        with (progress or _unseen)(wanted) as advance:
            return _carry_out(wanted, revision or "main", hub, advance)

    return hub_errors(work, hub_id, revision, hub)


def _plan(hub_id: str, revision: str | None, weights: str | None, hub: Hub) -> DownloadPlan:
    from huggingface_hub import HfApi

    if weights is not None and weights not in FORMATS:
        raise DownloadError(f"unknown format {weights!r}", hint="one of " + ", ".join(FORMATS))
    if not is_hub_id(hub_id):
        raise ModelNotFoundError(
            f"{hub_id!r} is no name of a model on the hub", hint="names look like owner/name"
        )
    if hub.offline:
        raise offline(hub_id, hub, "HF_HUB_OFFLINE is set")
    api = HfApi(endpoint=hub.endpoint, token=hub.token, library_name="likewise")
    info = _retried(
        lambda: api.model_info(hub_id, revision=revision, files_metadata=True, timeout=hub.timeout)
    )
    if not info.sha or info.siblings is None:
        raise DownloadError(
            f"{hub.endpoint} does not answer as a hub does", hint="check HF_ENDPOINT"
        )
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
    modules = file_selection.read_modules(
        _read_modules_json(repository, listing, info.sha, hub), f"{hub_id}/{file_selection.MODULES}"
    )
    paths = file_selection.needed(
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
    there = file_selection.formats_in(listing, modules)
    if not there:
        raise DownloadError(
            f"{hub_id} has no weights that can be read here",
            hint="it needs model.safetensors, pytorch_model.bin or onnx/model.onnx",
        )
    if weights is None:
        return there[0]
    found = next((f for f in there if f.name == weights), None)
    if found is None:
        raise DownloadError(
            f"{hub_id} has no {weights} weights",
            hint="it has " + ", ".join(f.name for f in there),
        )
    return found


def _read_modules_json(
    repository: Repository, listing: dict[str, RemoteFile], commit: str, hub: Hub
) -> str | None:
    file = listing.get(file_selection.MODULES)
    if file is None:
        return None
    _bring(repository, file, commit, hub, lambda _: None)
    return (repository.snapshot(commit) / file.path).read_text("utf-8")


def _carry_out(wanted: DownloadPlan, revision: str, hub: Hub, advance: Advance) -> Path:
    repository = Repository.of(hub.cache, wanted.hub_id)
    for file in wanted.files:
        _bring(repository, file, wanted.commit, hub, advance)
    # last of all, so that an older commit is found until the newer one is whole
    repository.pin(revision, wanted.commit)
    return repository.snapshot(wanted.commit)


def _bring(
    repository: Repository, file: RemoteFile, commit: str, hub: Hub, advance: Advance
) -> None:
    from huggingface_hub import hf_hub_url
    from huggingface_hub.utils import WeakFileLock, build_hf_headers  # type: ignore[attr-defined]

    blob = repository.blob(file)
    repository.locks.mkdir(parents=True, exist_ok=True)
    # the client's own lock: two processes, of whatever program, do not fetch the same twice
    with WeakFileLock(repository.locks / f"{file.blob}.lock"):
        if blob.exists() and blob.stat().st_size == file.size:
            advance(file.size)
        else:
            source = RemoteSource(
                hf_hub_url(repository.hub_id, file.path, revision=commit, endpoint=hub.endpoint),
                build_hf_headers(token=hub.token, library_name="likewise"),
                hub.timeout,
            )
            receive(source, file, blob, advance)
        repository.link(file, commit)


def _retried(call: Callable[[], _Result], attempts: int = 4) -> _Result:
    """Ask again where the hub is busy; not where it cannot be reached, which would take minutes."""
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
    """Whether a path that a hub tells stays in its folder."""
    return not path.startswith(("/", "\\")) and not {"..", ""} & set(path.split("/"))


def _check_weights(wanted: DownloadPlan, sha256: str | None, hub: Hub) -> None:
    told = next((f.sha256 for f in wanted.files if f.path == "model.safetensors"), None)
    if sha256 and told and told != sha256:
        raise DownloadError(
            f"{hub.endpoint} offers other weights of {wanted.hub_id} than were published "
            f"(SHA-256 {told[:12]}…, expected {sha256[:12]}…)",
            hint="do not trust this mirror; name a revision to take them all the same",
        )


def _check_room(wanted: DownloadPlan, cache: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(cache).free
    if wanted.to_fetch > free:
        raise DownloadError(
            f"{wanted.hub_id} needs {wanted.to_fetch / 1e6:,.0f} MB, "
            f"{free / 1e6:,.0f} MB are free at {cache}",
            hint="make room, or set HF_HUB_CACHE to a folder on another disk",
        )
