"""The hub or a mirror of it: its address and cache, and what its refusals mean."""

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
    """Where models are fetched from and kept.

    Attributes:
        endpoint: address of the hub, or of a mirror.
        cache: folder they are kept in.
        token: for private and gated models; None takes the one that was logged in with.
        offline: nothing is asked of the network.
        timeout: seconds without an answer until it counts as gone.
    """

    endpoint: str
    cache: Path
    token: str | None = None
    offline: bool = False
    timeout: float = 10

    @classmethod
    def from_environment(cls) -> Hub:
        """As `HF_ENDPOINT`, `HF_HOME`, `HF_HUB_CACHE`, `HF_TOKEN` and `HF_HUB_OFFLINE` say."""
        from huggingface_hub import constants

        return cls(
            constants.ENDPOINT,
            Path(constants.HF_HUB_CACHE),
            offline=constants.HF_HUB_OFFLINE,
            timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT,
        )


def by_hand(hub_id: str) -> str:
    """What to do where a model cannot be fetched."""
    return (
        f"fetch it where there is a network: likewise download {hub_id}; "
        f"or put its files into models/{hub_id.rsplit('/', 1)[-1]}"
    )


def offline(hub_id: str, hub: Hub, why: str) -> DownloadError:
    """The error for a model that must come from the network, and cannot."""
    half = "only partly" if Repository.of(hub.cache, hub_id).folder.exists() else "not"
    return DownloadError(f"{hub_id} is {half} on this machine and {why}", hint=by_hand(hub_id))


def hub_errors(work: Callable[[], _Result], hub_id: str, revision: str | None, hub: Hub) -> _Result:
    """Run a job of the hub's client; its errors become the project's own, here alone."""
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
        raise _refused(error, hub_id, revision, hub) from error
    except OfflineModeIsEnabled as error:
        raise offline(hub_id, hub, "HF_HUB_OFFLINE is set") from error
    except HTTPError as error:
        why = f"{hub.endpoint} cannot be reached ({_line(error)})"
        raise offline(hub_id, hub, why) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            hint = "make room and start again; what arrived is kept"
        else:
            hint = "set HF_HUB_CACHE to a folder that can be written"
        raise DownloadError(
            f"{hub_id} cannot be kept at {hub.cache}: {_line(error)}", hint=hint
        ) from error


def _refused(error: Any, hub_id: str, revision: str | None, hub: Hub) -> LikewiseError:
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
                f"{hub_id} is only given to those who agreed to its terms",
                hint=f"agree at {hub.endpoint}/{hub_id}, then set HF_TOKEN",
            )
        case RevisionNotFoundError():
            return ModelNotFoundError(
                f"{hub_id} has no revision {revision!r}",
                hint="name a branch, a tag or a whole commit hash",
            )
        case RemoteEntryNotFoundError():
            return DownloadError(
                f"{hub_id} lists a file that {hub.endpoint} does not have",
                hint="the mirror is incomplete; try again later or another HF_ENDPOINT",
            )
    if isinstance(error, RepositoryNotFoundError) or status in (401, 404):
        return ModelNotFoundError(
            f"the hub has no model {hub_id}, or not for you (status {status})",
            hint="check the name; for a private model set HF_TOKEN to a valid token",
        )
    hints = {403: "the token in HF_TOKEN may not read it", 429: "wait a while, then try again"}
    return DownloadError(
        f"{hub.endpoint} answered {status} for {hub_id}",
        hint=hints.get(status, "try again later; what arrived is kept"),
    )


def _line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0]
