"""A real S3 server (moto's) on loopback, and the variables that lead to it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from tests.loopback_server import HOST, running_server


@contextmanager
def s3_server(**variables: str) -> Iterator[str]:
    """The address of a server; the variables are set for it."""
    command = [sys.executable, "-m", "moto.server", "-H", HOST, "-p", "{port}"]
    with running_server(command, **variables) as server:
        yield f"http://{server}"


def s3_variables(address: str) -> Mapping[str, str]:
    """The variables that the guide names."""
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "NO_PROXY": HOST,
    }


def new_bucket(address: str, name: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket named after a test; the variables lead to it."""
    for variable, value in s3_variables(address).items():
        monkeypatch.setenv(variable, value)
    bucket = name.replace("_", "-").split("[")[0][:60].rstrip("-")
    s3_client().create_bucket(Bucket=bucket)
    return bucket


def s3_client() -> Any:
    """A client of the server of the variables."""
    import boto3

    return boto3.client("s3")
