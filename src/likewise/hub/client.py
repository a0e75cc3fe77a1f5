"""The hub or a mirror: its address, its cache, and the translation of its errors."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from likewise.errors import DownloadError, LikewiseError, ModelNotFoundError
from likewise.hub.cache import Repository

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Hub:
    """A model hub.

    Attributes:
        endpoint: URL of the hub or of a mirror.
        cache: folder of downloaded models.
        token: access token for private and gated models; None is the token of the last login.
        offline: whether the network must not be used.
        timeout: maximum number of seconds without a response.
    """

    endpoint: str
    cache: Path
    token: str | None = None
    offline: bool = False
    timeout: float = 10

    @classmethod
    def from_environment(cls) -> Hub:
        """From `HF_ENDPOINT`, `HF_HOME`, `HF_HUB_CACHE`, `HF_TOKEN` and `HF_HUB_OFFLINE`."""
        from huggingface_hub import constants

        return cls(
            constants.ENDPOINT,
            Path(constants.HF_HUB_CACHE),
            offline=constants.HF_HUB_OFFLINE,
            timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT,
        )


def unavailable(hub_id: str, hub: Hub, reason: str) -> DownloadError:
    """The error for a model that is not on this machine and cannot be downloaded."""
    present = "only partly" if Repository.of(hub.cache, hub_id).folder.exists() else "not"
    return DownloadError(
        f"{hub_id} is {present} on this machine and {reason}",
        hint=f"download it where there is a network: likewise download {hub_id}; "
        f"or put its files into models/{hub_id.rsplit('/', 1)[-1]}",
    )


def translate_errors(
    work: Callable[[], _Result], hub_id: str, revision: str | None, hub: Hub
) -> _Result:
    """Call a function and translate the errors of the hub's client.

    Args:
        work: the function.
        hub_id: the model, for errors.
        revision: its revision, for errors.
        hub: the hub, for errors.

    Raises:
        ModelNotFoundError: the hub has no such model or revision.
        DownloadError: any other error of the client, or of the disk.
    """
    from huggingface_hub.errors import (  # type: ignore[attr-defined]
        HfHubHTTPError,
        HTTPError,
        OfflineModeIsEnabled,
    )

    try:
        return work()
    except LikewiseError:
        raise
    except HfHubHTTPError as error:
        raise _http_error(error, hub_id, revision, hub) from error
    except OfflineModeIsEnabled as error:
        raise unavailable(hub_id, hub, "HF_HUB_OFFLINE is set") from error
    except HTTPError as error:
        reason = f"{hub.endpoint} cannot be reached ({_first_line(error)})"
        raise unavailable(hub_id, hub, reason) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            hint = "free some space and start again; the download is resumed"
        else:
            hint = "set HF_HUB_CACHE to a folder that can be written"
        raise DownloadError(
            f"{hub_id} cannot be written to {hub.cache}: {_first_line(error)}", hint=hint
        ) from error


def _http_error(error: Any, hub_id: str, revision: str | None, hub: Hub) -> LikewiseError:
    from huggingface_hub.errors import (
        GatedRepoError,
        RemoteEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    status = error.response.status_code
    match error:
        case GatedRepoError():
            return DownloadError(
                f"{hub_id} is gated: its terms have to be accepted first",
                hint=f"accept them at {hub.endpoint}/{hub_id}, then set HF_TOKEN",
            )
        case RevisionNotFoundError():
            return ModelNotFoundError(
                f"{hub_id} has no revision {revision!r}",
                hint="use a branch, a tag or a full commit hash",
            )
        case RemoteEntryNotFoundError():
            return DownloadError(
                f"{hub_id} lists a file that {hub.endpoint} does not have",
                hint="the mirror is incomplete; try again later or another HF_ENDPOINT",
            )
    if isinstance(error, RepositoryNotFoundError) or status in (401, 404):
        return ModelNotFoundError(
            f"the hub has no model {hub_id} that you may access (status {status})",
            hint="check the name; for a private model set HF_TOKEN to a valid token",
        )
    hints = {403: "the token in HF_TOKEN has no access to it", 429: "wait a while, then try again"}
    return DownloadError(
        f"{hub.endpoint} answered {status} for {hub_id}",
        hint=hints.get(status, "try again later; the download is resumed"),
    )


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0]
