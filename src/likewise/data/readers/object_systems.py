"""Arrow's file systems of S3, Google Cloud Storage and Azure, connected by the variables of each.

The variables are those that LanceDB reads, so one set of them reads files and holds collections.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from likewise.errors import RecordError
from likewise.extras import require

_CONNECT, _REQUEST, _ATTEMPTS = 10.0, 60.0, 4
"""Seconds to connect and to wait for an answer, and attempts of a request of S3."""
_RETRY = timedelta(seconds=30)
"""For how long a request of Google Cloud Storage is tried again."""
_PREFIXES = ("AWS_", "AZURE_", "AZURITE_", "GOOGLE_")
AZURITE = "http://127.0.0.1:10000"
"""Where Azure's emulator is, if `AZURITE_BLOB_STORAGE_URL` does not say."""


def connected(scheme: str, bucket: str) -> tuple[Any, str]:
    """The file system of a bucket, and the path of the bucket there.

    Args:
        scheme: one of `SYSTEMS`.
        bucket: its bucket; of `abfs`, `container@account.dfs.core.windows.net`.

    Raises:
        RecordError: a variable is missing.
        MissingExtraError: the extra `files` is not installed.
        OSError: it cannot be connected; also ValueError and NotImplementedError, of Arrow.
    """
    surroundings = {n: v for n, v in os.environ.items() if n.startswith(_PREFIXES)}
    return _connected(scheme, bucket, frozenset(surroundings.items()))


@lru_cache(16)
def _connected(scheme: str, bucket: str, variables: frozenset[tuple[str, str]]) -> tuple[Any, str]:
    return SYSTEMS[scheme](require("pyarrow.fs", "files"), bucket, dict(variables))


def _s3(fs: Any, bucket: str, variables: Mapping[str, str]) -> tuple[Any, str]:
    options: dict[str, Any] = {}
    get = variables.get
    endpoint = get("AWS_ENDPOINT_URL_S3") or get("AWS_ENDPOINT_URL")
    if endpoint:
        options = _address(endpoint)
    region = get("AWS_REGION") or get("AWS_DEFAULT_REGION")
    if not region and not endpoint:
        region = fs.resolve_s3_region(bucket)
    if region:
        options["region"] = region
    if _is_on(get("AWS_SKIP_SIGNATURE")):
        options["anonymous"] = True
    retry = fs.AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS)
    return fs.S3FileSystem(
        **options, connect_timeout=_CONNECT, request_timeout=_REQUEST, retry_strategy=retry
    ), bucket


def _google(fs: Any, bucket: str, variables: Mapping[str, str]) -> tuple[Any, str]:
    options: dict[str, Any] = {}
    if endpoint := variables.get("GOOGLE_BASE_URL"):
        options = _address(endpoint)
    if _is_on(variables.get("GOOGLE_SKIP_SIGNATURE")):
        options["anonymous"] = True
    return fs.GcsFileSystem(**options, retry_time_limit=_RETRY), bucket


def _azure(fs: Any, bucket: str, variables: Mapping[str, str]) -> tuple[Any, str]:
    container, _, host = bucket.partition("@")
    account, _, domain = host.partition(".")
    account = account or variables.get("AZURE_STORAGE_ACCOUNT_NAME", "")
    if not account:
        raise RecordError(
            f"az://{container} does not say whose container it is",
            hint="set AZURE_STORAGE_ACCOUNT_NAME, or write "
            f"abfs://{container}@ACCOUNT.dfs.core.windows.net/…",
        )
    options: dict[str, Any] = {}
    if key := variables.get("AZURE_STORAGE_ACCOUNT_KEY"):
        options["account_key"] = key
    elif token := variables.get("AZURE_STORAGE_SAS_TOKEN"):
        options["sas_token"] = token
    if _is_on(variables.get("AZURE_STORAGE_USE_EMULATOR")):
        given = _address(variables.get("AZURITE_BLOB_STORAGE_URL", AZURITE))
        for service in ("blob", "dfs"):
            options[f"{service}_storage_scheme"] = given["scheme"]
            options[f"{service}_storage_authority"] = given["endpoint_override"]
    elif domain:
        options["dfs_storage_authority"] = f".{domain}"
        options["blob_storage_authority"] = f".{domain.replace('dfs.', 'blob.', 1)}"
    return fs.AzureFileSystem(account, **options), container


def _address(url: str) -> dict[str, str]:
    """The scheme and the host of an address, by Arrow's names."""
    scheme, found, host = url.rpartition("://")
    return {"scheme": scheme if found else "https", "endpoint_override": host.rstrip("/")}


def _is_on(value: str | None) -> bool:
    return (value or "").lower() in ("1", "true")


Connect = Callable[[Any, str, Mapping[str, str]], tuple[Any, str]]

SYSTEMS: Mapping[str, Connect] = MappingProxyType(
    {"s3": _s3, "gs": _google, "gcs": _google, "az": _azure, "abfs": _azure, "abfss": _azure}
)
"""Connects to a bucket, by the scheme of its address."""

VARIABLES: Mapping[Connect, str] = MappingProxyType(
    {
        _s3: "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL",
        _google: "GOOGLE_APPLICATION_CREDENTIALS, GOOGLE_SKIP_SIGNATURE",
        _azure: "AZURE_STORAGE_ACCOUNT_NAME, AZURE_STORAGE_ACCOUNT_KEY, AZURE_STORAGE_SAS_TOKEN",
    }
)
"""The variables of each provider that most need."""
