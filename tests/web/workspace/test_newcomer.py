"""A newcomer from a file to a named map and a saved search; a server that is killed meanwhile."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.web.workspace.conftest import Person

pytestmark = pytest.mark.browser
People = Callable[..., Person]

THINGS = ("card", "refund", "password", "parcel", "invoice", "meeting")
SAYINGS = ("is lost", "was stolen", "has not arrived", "is wrong", "is late", "cannot be found",
           "came twice", "is too expensive")  # fmt: skip


def test_from_a_file_to_a_map_and_a_saved_search(people: People, tmp_path: Path) -> None:
    """By what is written on the page alone, in under two minutes."""
    rows = [f"My {thing} {saying},{thing}" for thing in THINGS for saying in SAYINGS]
    file = tmp_path / "support questions.csv"
    file.write_text("\n".join(["question,kind", *rows]), "utf-8")
    started = time.monotonic()
    page = people().go().page
    with page.expect_file_chooser() as chooser:
        page.click("text=Choose files")
    chooser.value.set_files(file)
    page.wait_for_selector("table >> text=My card is lost")
    page.click("button:has-text('Index')")
    page.wait_for_selector(".hit")
    page.wait_for_selector(".job", state="detached")
    page.fill("input[placeholder='Search by meaning, in your own words']", "somebody took my money")
    page.wait_for_selector(".found[aria-busy=false] [role=status] >> text=ms")
    page.click("button:has-text('Save')")
    page.click("dialog[open] button.primary")
    page.wait_for_selector("dialog[open]", state="detached")
    page.click(".tabs >> text=Map")
    page.wait_for_selector("html[data-map=tsne-named]")
    assert page.locator(".legend .name").first.inner_text()
    page.click(".tabs >> text=Search")
    page.wait_for_selector(".chip >> text=somebody took my money")
    assert time.monotonic() - started < 120


@contextmanager
def served(port: int, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The server in a process of its own, which is killed at the end."""
    settings = {"LIKEWISE_STORE": str(folder / "store"), "XDG_DATA_HOME": str(folder / "data")}
    process = subprocess.Popen(
        [sys.executable, "-m", "likewise", "ui", "--port", str(port), "--log-format", "off"],
        env=os.environ | settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + 90
        while time.monotonic() < until:
            try:
                httpx.get(f"http://127.0.0.1:{port}/health")
                break
            except httpx.TransportError:
                assert process.poll() is None, "the server did not start"
                time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait()


def test_the_page_goes_on_when_the_server_is_killed(browser: Any, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    texts = tmp_path / "many.jsonl"
    rows = [json.dumps({"text": f"note {n} about matter {n % 97}"}) for n in range(4000)]
    texts.write_text("\n".join(rows), "utf-8")
    context = browser.new_context()
    context.set_default_timeout(90_000)
    page = context.new_page()
    try:
        with served(port, tmp_path):
            page.goto(f"http://127.0.0.1:{port}/app/import")
            page.set_input_files("input[type=file]:not([webkitdirectory])", texts)
            page.wait_for_selector("table tbody tr")
            page.fill("input[required]", "many")
            page.click("button.primary")
            page.wait_for_selector(".job.running .progress")
        with served(port, tmp_path):  # nobody touches the page
            page.wait_for_selector(".job", state="detached")
            page.wait_for_selector("text=4,000 records")
            assert page.locator(".hit").count() > 0
    finally:
        context.close()


def test_the_first_paint_is_early(people: People) -> None:
    times = []
    for _ in range(3):
        page = people().go().page
        page.wait_for_selector("h1")
        times.append(
            page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        )
    sent = page.evaluate(
        "performance.getEntriesByType('resource').filter((r) => r.name.endsWith('.js'))"
        ".reduce((sum, r) => sum + r.encodedBodySize, 0)"
    )
    assert min(times) < 6000  # about one on an idle slow machine; tests run side by side
    assert 30_000 < sent < 250_000
