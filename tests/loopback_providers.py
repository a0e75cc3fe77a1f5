"""Azure's and Google's emulators on loopback, and the variables that lead to them.

Azurite is Microsoft's own (`npm install --global azurite`); Google's service has no emulator of its
own, the one here is a package of the community.
"""

from __future__ import annotations

import shutil
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from pyarrow import fs

from tests.loopback_server import HOST, running_server

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Account and key of every Azurite; its documentation names them."""
BUCKET = "texts"


@contextmanager
def azure_server(folder: Path) -> Iterator[Mapping[str, str]]:
    """The variables of a server with an empty container; the test is skipped without Azurite."""
    program = shutil.which("azurite-blob")
    if program is None:
        pytest.skip("azurite is not installed (npm install --global azurite)")
    command = [
        program, "--silent", "--skipApiVersionCheck", "--disableTelemetry",
        "--location", str(folder), "--blobHost", HOST, "--blobPort", "{port}",
    ]  # fmt: skip
    with running_server(command) as server:
        fs.AzureFileSystem(
            ACCOUNT, account_key=KEY, blob_storage_scheme="http", blob_storage_authority=server,
            dfs_storage_scheme="http", dfs_storage_authority=server,
        ).create_dir(BUCKET)  # fmt: skip
        yield {
            "AZURE_STORAGE_USE_EMULATOR": "true",
            "AZURITE_BLOB_STORAGE_URL": f"http://{server}",
            "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": KEY,
            "NO_PROXY": HOST,
        }


@contextmanager
def google_server() -> Iterator[Mapping[str, str]]:
    """The variables of a server with an empty bucket."""
    program = str(Path(sysconfig.get_path("scripts"), "gcp-storage-emulator"))
    command = [
        program, "start", "--host", HOST, "--port", "{port}", "--in-memory",
        "--default-bucket", BUCKET,
    ]  # fmt: skip
    with running_server(command) as server:
        yield {
            "GOOGLE_BASE_URL": f"http://{server}",
            "GOOGLE_SKIP_SIGNATURE": "true",
            "NO_PROXY": HOST,
        }
