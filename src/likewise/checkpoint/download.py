"""Files from the hub or a mirror of it, through huggingface_hub."""

from __future__ import annotations

import os
from pathlib import Path

from likewise.errors import DownloadError, ModelNotFoundError

_PATTERNS = (
    "*.json", "*.txt", "*.model", "model*.safetensors", "1_*/*", "2_*/*", "3_*/*",
)  # fmt: skip


def cached(hub_id: str, *, revision: str | None = None) -> Path | None:
    """The folder of a checkpoint that was fetched before, whole; None where there is none."""
    if hub_id.count("/") != 1:
        return None
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        config = try_to_load_from_cache(hub_id, "config.json", revision=revision)
    except HFValidationError:
        return None
    if not isinstance(config, str):
        return None
    folder = Path(config).parent
    complete = any((folder / f).exists() for f in ("model.safetensors", "pytorch_model.bin"))
    return folder if complete else None


def fetch(hub_id: str, *, revision: str | None = None) -> Path:
    """Fetch a checkpoint, or what is missing of it.

    `HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE` and proxies are honoured.

    Raises:
        ModelNotFoundError: the hub has no such model or revision.
        DownloadError: offline, unreachable, refused, or cut in the middle.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    by_hand = (
        f"fetch it where there is a network: likewise download {hub_id}; "
        f"or put its files into models/{hub_id.rsplit('/', 1)[-1]}"
    )
    try:
        return Path(snapshot_download(hub_id, revision=revision, allow_patterns=list(_PATTERNS)))
    except GatedRepoError as error:
        raise DownloadError(
            f"{hub_id} is only given to those who agreed to its terms",
            hint="agree on its page, then set HF_TOKEN",
        ) from error
    except (RepositoryNotFoundError, RevisionNotFoundError, HFValidationError) as error:
        at = f" at revision {revision}" if revision else ""
        raise ModelNotFoundError(
            f"the hub has no model {hub_id}{at}",
            hint="check the name; for a private model set HF_TOKEN",
        ) from error
    except LocalEntryNotFoundError as error:
        why = "HF_HUB_OFFLINE is set" if os.environ.get("HF_HUB_OFFLINE") else "no hub reachable"
        raise DownloadError(f"{hub_id} is not on this machine and {why}", hint=by_hand) from error
    except (HfHubHTTPError, OSError) as error:
        raise DownloadError(f"fetching {hub_id} failed: {error}", hint=by_hand) from error
