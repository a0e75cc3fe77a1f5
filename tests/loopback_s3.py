"""A real S3 server (moto's) on loopback, and the variables that lead to it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def s3_server(**variables: str) -> Iterator[str]:
    """The address of a server; the variables are set for it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | variables
    ) as process:
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(address, timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield address
        finally:
            process.kill()


def s3_variables(address: str) -> Mapping[str, str]:
    """The variables that the guide names."""
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "NO_PROXY": "127.0.0.1",
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
