"""One file over HTTP, taken up where it was cut, and held against its hash."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from likewise.errors import DownloadError
from likewise.hub.cache import RemoteFile

PIECE = 1 << 20
ATTEMPTS = 5
"""How often a transfer that brings nothing new is tried before it is given up."""

RETRIED_STATUS = (408, 429, 500, 502, 503, 504)

Received = Callable[[int], None]


@dataclass(frozen=True)
class RemoteSource:
    """Where a file comes from.

    Attributes:
        url: where it lies; redirects are followed.
        headers: for the request, such as the token.
        timeout: seconds without an answer until it counts as gone.
    """

    url: str
    headers: Mapping[str, str]
    timeout: float


def receive(source: RemoteSource, file: RemoteFile, destination: Path, received: Received) -> None:
    """Bring a file to `destination`; until it is whole and has its hash it is called otherwise.

    What arrived before, in this process or in one that was killed, is not asked for again.

    Args:
        source: where it comes from.
        file: its size and hash.
        destination: where it goes.
        received: told the bytes of each piece, those that were here already too; a negative
            number takes some back.

    Raises:
        DownloadError: what arrived has another hash, or is too short.
        OSError: the disk, or the hub, refused (huggingface_hub's own errors are of this kind).
    """
    part = destination.with_name(destination.name + ".incomplete")
    part.parent.mkdir(parents=True, exist_ok=True)
    if part.exists() and part.stat().st_size > file.size:
        part.unlink()
    digest = _new_digest(file)
    resumed = _read_part(part, digest, received)
    with part.open("ab") as out:
        _fill(source, file, _Sink(out, digest, received))
    if digest.hexdigest() == file.blob:
        part.replace(destination)
        return
    part.unlink()
    received(-file.size)
    if resumed:  # what an earlier process left may be what is wrong
        receive(source, file, destination, received)
        return
    raise DownloadError(
        f"{file.path} arrived with the hash {digest.hexdigest()[:12]}…, "
        f"expected {file.blob[:12]}…; it was thrown away",
        hint="try again; if it happens again, the mirror or something on the way changes files",
    )


@dataclass(frozen=True)
class _Sink:
    """Where bytes go: the part, its hash, and who is told."""

    out: BinaryIO
    digest: Any
    received: Received

    @property
    def size(self) -> int:
        return self.out.tell()

    def write(self, piece: bytes) -> None:
        self.out.write(piece)
        self.digest.update(piece)
        self.received(len(piece))


def _new_digest(file: RemoteFile) -> Any:
    if file.sha256:
        return hashlib.sha256()
    # git's name for a content: SHA-1 over a header and the bytes
    return hashlib.sha1(f"blob {file.size}\0".encode(), usedforsecurity=False)


def _read_part(part: Path, digest: Any, received: Received) -> bool:
    """Show the hash what is already here; whether anything is."""
    if not part.exists():
        return False
    with part.open("rb") as have:
        while piece := have.read(PIECE):
            digest.update(piece)
            received(len(piece))
    return part.stat().st_size > 0


def _fill(source: RemoteSource, file: RemoteFile, sink: _Sink) -> None:
    from huggingface_hub.errors import HfHubHTTPError, HTTPError  # type: ignore[attr-defined]

    attempt = 0
    while (have := sink.size) < file.size:
        cut: Exception | None = None
        sink.received(0)  # whoever counts may raise here to stop a transfer that stalls
        try:
            _request(source, file, sink)
        except HfHubHTTPError:
            raise
        except HTTPError as error:
            cut = error
        # go on from where it was cut, unless nothing at all comes any more
        attempt = 1 if sink.size > have else attempt + 1
        if sink.size < file.size and attempt >= ATTEMPTS:
            raise cut or DownloadError(
                f"{file.path} ends after {sink.size} of {file.size} bytes",
                hint="try again; what arrived is kept",
            )
        if cut:
            sink.out.flush()
            time.sleep(0.125 * 2**attempt)


def _request(source: RemoteSource, file: RemoteFile, sink: _Sink) -> None:
    """Ask once for what is missing, and take what comes of it."""
    from huggingface_hub.utils import (  # type: ignore[attr-defined]
        hf_raise_for_status,
        http_stream_backoff,
    )

    have = sink.size
    wanted = {"Range": f"bytes={have}-"} if have else {}
    with http_stream_backoff(
        "GET",
        source.url,
        headers={**source.headers, **wanted, "Accept-Encoding": "identity"},
        timeout=source.timeout,
        max_retries=ATTEMPTS - 1,
        base_wait_time=0.25,
        retry_on_exceptions=(),
        retry_on_status_codes=RETRIED_STATUS,
    ) as response:
        hf_raise_for_status(response)
        skip = 0 if response.status_code == 206 else have
        for piece in response.iter_bytes():
            fresh, skip = piece[skip:], max(0, skip - len(piece))
            sink.write(fresh[: file.size - sink.size])
