"""Take the pictures of the web app that the README shows: docs/images/*.png.

    python scripts/screenshots.py [FOLDER]

Needs the extra `web`, Playwright and a Chromium (the one named by CHROMIUM, else the one on PATH,
else Playwright's own).
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
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import uvicorn
from playwright.sync_api import Browser, sync_playwright

from likewise.web.app import create_app


@dataclass(frozen=True)
class Shot:
    """One picture.

    Attributes:
        name: of the file.
        tab: which tab.
        height: of the window.
        width: of the window.
        locale: of the browser.
        scheme: `light` or `dark`.
    """

    name: str
    tab: str
    height: int
    width: int = 1200
    locale: str = "en"
    scheme: Literal["light", "dark"] = "light"


SHOTS = (
    Shot("similarity", "similarity", 1020),
    Shot("find", "find", 1080),
    Shot("example-dark", "example", 1120, scheme="dark"),
    Shot("example-zh", "example", 1120, locale="zh-CN"),
    Shot("phone", "similarity", 844, width=390),
)


@contextmanager
def _served() -> Iterator[str]:
    """The app on a free port, run in a folder that goes away."""
    with tempfile.TemporaryDirectory() as place, chdir(place):
        listener = socket.create_server(("127.0.0.1", 0))
        app = create_app()
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        server.should_exit = True
        thread.join(10)


def _take(browser: Browser, address: str, shot: Shot, folder: Path) -> None:
    context: Any = browser.new_context(
        viewport={"width": shot.width, "height": shot.height},
        locale=shot.locale,
        color_scheme=shot.scheme,
        device_scale_factor=2 if shot.width < 600 else 1,
    )
    page = context.new_page()
    page.goto(address)
    page.click(f"#tab-{shot.tab}-button")
    page.click(f"#{shot.tab}-run")
    page.wait_for_selector(f"#{shot.tab}-result", state="visible")
    if shot.tab == "similarity":
        page.wait_for_selector(f"#{shot.tab}-plot .heatmaplayer image")
    page.wait_for_timeout(500)
    page.screenshot(path=folder / f"{shot.name}.png")
    context.close()


def main() -> None:
    """Take them all."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/images")
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with _served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for shot in SHOTS:
            _take(browser, address, shot, folder)
            sys.stderr.write(f"wrote {folder / shot.name}.png\n")
        browser.close()


if __name__ == "__main__":
    main()
