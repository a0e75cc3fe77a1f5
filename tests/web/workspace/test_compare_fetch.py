"""Models are fetched on the page Compare: a real program and browser, a hub on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.loopback_hub import Fault, LoopbackHub, serve
from tests.web.workspace.conftest import Person, Workspace

pytestmark = pytest.mark.browser
NAME, HUB_ID = "gte-small", "thenlper/gte-small"


@pytest.fixture
def hub(model_folder: Path) -> Iterator[LoopbackHub]:
    """A hub that publishes the real model under another name."""
    paths = [path for path in model_folder.rglob("*") if path.is_file()]
    with serve() as running:
        running.add(HUB_ID, {p.relative_to(model_folder).as_posix(): p.read_bytes() for p in paths})
        yield running


@pytest.fixture
def program(hub: LoopbackHub, tmp_path: Path) -> Iterator[Workspace]:
    """A server of its own, whose models come from that hub."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    given = {
        "HF_ENDPOINT": hub.endpoint, "HF_HUB_CACHE": str(tmp_path / "cache"),
        "LIKEWISE_STORE": str(tmp_path / "store"), "HF_HUB_OFFLINE": "0",
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-m", "likewise", "ui", "--port", port],
        cwd=tmp_path, env={**os.environ, **given}, text=True, stderr=subprocess.PIPE,
    ) as running:  # fmt: skip
        assert running.stderr is not None
        assert any("Likewise is at" in line for line in running.stderr)
        yield Workspace(f"http://127.0.0.1:{port}")
        running.kill()


def test_a_model_is_fetched_and_can_be_chosen(
    browser: Any, hub: LoopbackHub, program: Workspace
) -> None:
    hub.faults[:] = [Fault("/cdn/.*/model.safetensors", pause=0.01)]
    context = browser.new_context()
    context.set_default_timeout(60_000)
    person = Person(context.new_page(), program).go("/compare")
    page = person.page
    page.click("summary >> text=not on this machine")
    row = page.locator(f".others li:has-text('{NAME}')").first
    for fact in ("384 dimensions", "MIT", "about 134 MB", "English"):
        assert fact in row.inner_text()
    assert page.locator(f".choices label:has-text('{NAME}')").count() == 0
    assert not hub.requests, "no request goes to the hub before the button is pressed"
    row.locator("button >> text=Fetch").click()
    page.wait_for_selector(".others .job .progress")
    assert person.findings() == []
    page.click(f".choices label:has-text('{NAME}')")  # it appears when it is on this machine
    assert "on this machine" in page.inner_text(f".choices label:has-text('{NAME}')")
    assert page.locator(f".others b >> text=/^{NAME}$/").count() == 0
    assert page.inner_text("form .buttons .soft") == "36 candidates"
    assert person.complaints == []
    context.close()
