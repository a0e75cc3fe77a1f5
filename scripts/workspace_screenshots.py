"""Take the pictures of the workspace that the guide shows: docs/images/workspace-*.png.

    python scripts/workspace_screenshots.py TABLE [FOLDER]

TABLE is a file with a column `text`, such as banking77/train.tsv (Casanueva et al. 2020, CC BY
4.0); every sixth row is indexed, as people do it on the page. Needs the extras `web`, `store`,
`explore` and `train`, Playwright and a Chromium (the one named by CHROMIUM, else the one on PATH).
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import uvicorn
from playwright.sync_api import Browser, sync_playwright

from likewise.server.app import Server, Settings
from likewise.server.operations_api import ApiSettings

NAME = "banking"
STEP = 6


@dataclass(frozen=True)
class Shot:
    """One picture.

    Attributes:
        name: of the file.
        path: address below `/app`.
        wait: what is there when the page is ready.
        clicks: what is clicked then.
        width: of the window.
        height: of the window.
        locale: of the browser.
        scheme: `light` or `dark`.
    """

    name: str
    path: str
    wait: str
    clicks: tuple[str, ...] = field(default=())
    width: int = 1280
    height: int = 800
    locale: str = "en"
    scheme: Literal["light", "dark"] = "light"


C = f"/collections/{NAME}"
TRAINING, COMPARISON = "/train/…", "/compare/…"
"""In place of the addresses of the training and the comparison, known when they were made."""
FEWER = (("formats of the network", "int8"), ("Dimensions", "a quarter"))
"""Choices that are left out of the comparison, which takes seconds for each candidate."""
SHOTS = (
    Shot("search", f"{C}?q=somebody+took+my+wallet", ".hit .score", ("#hit-1 .body",)),
    Shot("map", f"/explore/{NAME}", "html[data-map=tsne-named]"),
    Shot("map-lit", f"/explore/{NAME}?q=lost+or+stolen+card", ".selection li",
         (".selection li button",), scheme="dark"),
    Shot("ask", f"{C}/ask?q=What+do+I+do+if+my+card+is+lost?", ".sources li"),
    Shot("duplicates", f"{C}/duplicates", ".pair"),
    Shot("compare", COMPARISON, ".verdict"),
    Shot("train", TRAINING, ".beforeafter"),
    Shot("phone", f"{C}?q=lost+card", ".hit .score", (), 390, 844, "zh-CN", "dark"),
)  # fmt: skip


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """The server on a free port, with a store that goes away."""
    listener = socket.create_server(("127.0.0.1", 0))
    settings = ApiSettings(store=str(folder / "store"), state=folder / "state")
    config = uvicorn.Config(
        Server(Settings(api=settings)), log_level="warning", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/app"
    server.should_exit = True
    thread.join(20)


def _prepare(browser: Browser, address: str, table: Path) -> dict[str, str]:
    """Index the table, draw the map, look for duplicates, compare, train; gives the addresses."""
    context: Any = browser.new_context()
    context.set_default_timeout(1_200_000)
    page = context.new_page()
    page.goto(f"{address}/import")
    page.set_input_files("input[type=file]:not([webkitdirectory])", table)
    page.wait_for_selector("table tbody tr")
    page.fill("input[required]", NAME)
    page.click("button.primary")
    page.wait_for_selector(".hit")
    page.wait_for_selector(".job", state="detached")
    page.goto(f"{address}/collections/{NAME}/duplicates")
    page.click("button.primary")
    page.wait_for_selector(".pair")
    page.goto(f"{address}/explore/{NAME}")
    page.wait_for_selector("html[data-map=tsne-named]")
    page.goto(f"{address}/compare")
    page.set_input_files("input[type=file]:not([webkitdirectory])", table)
    page.wait_for_selector(f".chip >> text={table.name}")
    for group, choice in FEWER:
        page.click(f"fieldset:has-text('{group}') label >> text={choice}")
    page.click("form button.primary")
    page.wait_for_selector(".verdict")
    comparison = str(page.url).removeprefix(address)
    page.goto(f"{address}/train")
    page.set_input_files("input[type=file]:not([webkitdirectory])", table)
    page.wait_for_selector("table tbody tr")
    page.fill("label:has-text('Times') input", "1")
    page.fill("textarea", "the machine has eaten my card\nsomebody else used my card")
    page.click("form button.primary")
    page.wait_for_selector(".verdict")
    training = str(page.url).removeprefix(address)
    context.close()
    return {TRAINING: training, COMPARISON: comparison}


def _take(browser: Browser, address: str, shot: Shot, folder: Path) -> None:
    context: Any = browser.new_context(
        viewport={"width": shot.width, "height": shot.height}, locale=shot.locale,
        color_scheme=shot.scheme, device_scale_factor=2 if shot.width < 600 else 1,
    )  # fmt: skip
    page = context.new_page()
    page.goto(address + shot.path)
    page.wait_for_selector(shot.wait)
    for selector in shot.clicks:
        page.click(selector)
        page.wait_for_selector(".panel .near li")
    page.wait_for_timeout(700)
    page.screenshot(path=folder / f"workspace-{shot.name}.png")
    context.close()


def main() -> None:
    """Take them all."""
    table = Path(sys.argv[1])
    folder = Path(sys.argv[2] if len(sys.argv) > 2 else "docs/images").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as place:
        head, *rows = table.read_text("utf-8").splitlines()
        sample = Path(place) / table.name
        sample.write_text("\n".join([head, *rows[::STEP]]) + "\n", "utf-8")
        with _served(Path(place)) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            made = _prepare(browser, address, sample)
            for shot in SHOTS:
                path = made.get(shot.path, shot.path)
                _take(browser, address, replace(shot, path=path), folder)
                sys.stderr.write(f"wrote {folder}/workspace-{shot.name}.png\n")
            browser.close()


if __name__ == "__main__":
    main()
