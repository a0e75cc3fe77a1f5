"""Download of one file over HTTP: resumed after an interruption, verified by its hash."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from likewise.errors import DownloadError
from likewise.hub.cache import RemoteFile

BLOCK_BYTES = 1 << 20
ATTEMPTS = 5
"""Attempts without any new bytes after which a download fails."""

RETRIED_STATUS = (408, 429, 500, 502, 503, 504)

OnBytes = Callable[[int], None]


@dataclass(frozen=True)
class RemoteSource:
    """Where a file comes from.

    Attributes:
        url: its URL; redirects are followed.
        headers: of the request, such as the access token.
        timeout: maximum number of seconds without a response.
    """

    url: str
    headers: Mapping[str, str]
    timeout: float


def download_file(
    source: RemoteSource, file: RemoteFile, destination: Path, on_bytes: OnBytes
) -> None:
    """Download a file; it appears at `destination` when it is complete and its hash is correct.

    Bytes that an earlier attempt downloaded, also in another process, are not requested again.

    Args:
        source: where it comes from.
        file: its size and hash.
        destination: path of the file; the incomplete file ends in `.incomplete`.
        on_bytes: called with the number of new bytes, or of bytes of an earlier attempt; a negative
            number is of discarded bytes.

    Raises:
        DownloadError: the hash differs, or the file is too short.
        OSError: an error of the disk or of the hub (huggingface_hub's errors are subclasses).
    """
    part = destination.with_name(destination.name + ".incomplete")
    part.parent.mkdir(parents=True, exist_ok=True)
    if part.exists() and part.stat().st_size > file.size:
        part.unlink()
    digest = _new_hash(file)
    resumed = _hash_part(part, digest, on_bytes)
    with part.open("ab") as output:
        _append(source, file, _Part(output, digest, on_bytes))
    if digest.hexdigest() == file.blob:
        part.replace(destination)
        return
    part.unlink()
    on_bytes(-file.size)
    if resumed:  # the earlier attempt may be damaged
        download_file(source, file, destination, on_bytes)
        return
    raise DownloadError(
        f"{file.path} was received with the hash {digest.hexdigest()[:12]}…, "
        f"expected {file.blob[:12]}…; it was discarded",
        hint="try again; if it happens again, the mirror or a proxy changes files",
    )


@dataclass(frozen=True)
class _Part:
    """The incomplete file, its hash, and the callback."""

    output: BinaryIO
    digest: Any
    on_bytes: OnBytes

    @property
    def size(self) -> int:
        return self.output.tell()

    def write(self, block: bytes) -> None:
        self.output.write(block)
        self.digest.update(block)
        self.on_bytes(len(block))


def _new_hash(file: RemoteFile) -> Any:
    if file.sha256:
        return hashlib.sha256()
    # a git object id: SHA-1 of a header and the content
    return hashlib.sha1(f"blob {file.size}\0".encode(), usedforsecurity=False)


def _hash_part(part: Path, digest: Any, on_bytes: OnBytes) -> bool:
    """Hash the bytes of an earlier attempt; returns whether there are any."""
    if not part.exists():
        return False
    with part.open("rb") as existing:
        while block := existing.read(BLOCK_BYTES):
            digest.update(block)
            on_bytes(len(block))
    return part.stat().st_size > 0


def _append(source: RemoteSource, file: RemoteFile, part: _Part) -> None:
    """Request the missing bytes until the file is complete."""
    from huggingface_hub.errors import HfHubHTTPError, HTTPError  # type: ignore[attr-defined]

    attempt = 0
    while (start := part.size) < file.size:
        interruption: Exception | None = None
        part.on_bytes(0)  # lets the callback raise an error to cancel a stalled download
        try:
            _request(source, file, part)
        except HfHubHTTPError:
            raise
        except HTTPError as error:
            interruption = error
        attempt = 1 if part.size > start else attempt + 1
        if part.size < file.size and attempt >= ATTEMPTS:
            raise interruption or DownloadError(
                f"{file.path} ends after {part.size} of {file.size} bytes",
                hint="try again; the download is resumed",
            )
        if interruption:
            part.output.flush()
            time.sleep(0.125 * 2**attempt)


def _request(source: RemoteSource, file: RemoteFile, part: _Part) -> None:
    """Request the missing bytes once and append those that are received."""
    from huggingface_hub.utils import (  # type: ignore[attr-defined]
        hf_raise_for_status,
        http_stream_backoff,
    )

    start = part.size
    byte_range = {"Range": f"bytes={start}-"} if start else {}
    with http_stream_backoff(
        "GET",
        source.url,
        headers={**source.headers, **byte_range, "Accept-Encoding": "identity"},
        timeout=source.timeout,
        max_retries=ATTEMPTS - 1,
        base_wait_time=0.25,
        retry_on_exceptions=(),
        retry_on_status_codes=RETRIED_STATUS,
    ) as response:
        hf_raise_for_status(response)
        skip = 0 if response.status_code == 206 else start  # the server may ignore the range
        for block in response.iter_bytes():
            new, skip = block[skip:], max(0, skip - len(block))
            part.write(new[: file.size - part.size])
