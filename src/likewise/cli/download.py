"""`likewise download`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import say
from likewise.operations.download import DownloadRequest, DownloadResult
from likewise.operations.download import download as operation


@command(DownloadRequest, operation)
def download(result: DownloadResult, _: DownloadRequest) -> None:
    """Download a model to this machine, and print its folder.

    Only the files it needs are downloaded, each is checked against its hash, and an interrupted
    download is resumed. HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE, HF_HOME and proxies are honoured.

    \b
    Example:
      likewise download gte-small
    """
    say(str(result.folder))
