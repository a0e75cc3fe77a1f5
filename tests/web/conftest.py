"""A real server in a thread, a real Chromium, and a record of the requests of both."""

from __future__ import annotations

import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import likewise
from tests.conftest import skip_unless_ci

if TYPE_CHECKING:
    from likewise.server.access import Access

LOOPBACK = re.compile(
    r"^(https?|wss?)://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/|$)|^(data|blob):"
)


@dataclass
class Site:
    """The web app, served."""

    address: str
    results: Path
    outside: list[Any] = field(default_factory=list)


@contextmanager
def served(results: Path, access: Access | None = None) -> Iterator[Site]:
    """The app on a free port; every address it connects to that is not loopback is noted."""
    import uvicorn

    from likewise.server.access import Access
    from likewise.server.secure import ServedApp, secure
    from likewise.web.app import create_app

    app = secure(ServedApp(create_app(results=results)), access or Access())
    listener = socket.create_server(("127.0.0.1", 0))
    found = Site(f"http://127.0.0.1:{listener.getsockname()[1]}/", results)
    connect = socket.socket.connect

    def watched(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(("127.", "::1")):
            found.outside.append(address)
        connect(self, address)

    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    socket.socket.connect = watched  # type: ignore[method-assign, assignment]
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.05)
    yield found
    server.should_exit = True
    thread.join(10)
    socket.socket.connect = connect  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def site(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The app, served once for all tests."""
    with served(tmp_path_factory.mktemp("results")) as found:
        yield found


def _chromium() -> str | None:
    """Chromium as the machine has it; None leaves it to Playwright's own."""
    named = os.environ.get("CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        skip_unless_ci("Playwright is not installed")
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(
                executable_path=_chromium(),
                args=[
                    "--no-sandbox",
                    "--disable-background-networking",
                    "--disable-component-update",
                ],
            )
        except Error as error:
            skip_unless_ci(f"no Chromium: {error.message.splitlines()[0]}")
        yield started
        started.close()


TURNS = """(() => {
  // events that a page sends to the server, and those that are finished and drawn
  const turns = (window.turns = { begun: 0, ended: 0 });
  const open = new Set(), done = new Set();
  const end = (id) => {
    if (done.has(id)) return;
    done.add(id);
    open.delete(id);
    requestAnimationFrame(() => setTimeout(() => turns.ended++));
  };
  const read = async (answer) => {
    let rest = "";
    for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + part).split("\\n");
      rest = lines.pop();
      for (const line of lines) {
        if (!line.startsWith("data:")) continue;
        const message = JSON.parse(line.slice(5));
        if (message.msg === "process_completed") end(message.event_id);
      }
    }
  };
  const real = window.fetch;
  window.fetch = async (...request) => {
    const address = String(request[0]?.url ?? request[0]);
    const joins = address.includes("/queue/join");
    if (joins) turns.begun++;
    const answer = await real(...request);
    if (joins) {
      const id = answer.ok ? (await answer.clone().json()).event_id : Symbol();
      answer.ok && !done.has(id) ? open.add(id) : end(id);
    }
    if (address.includes("/queue/data")) {
      // the page closes the stream at the last result, often before this copy has read it
      read(answer.clone()).catch(() => {}).finally(() => [...open].forEach(end));
    }
    return answer;
  };
})()"""
"""A script that counts a page's events: `turns.begun`, `turns.ended`."""

LEAVING = ("AbortError", "TypeError: Failed to fetch", "Connection errored out.")


class Visitor:
    """A user with the page open; requests to other hosts and errors of the page are recorded."""

    def __init__(self, page: Any, site: Site) -> None:
        self.page, self.site = page, site
        self.complaints: list[str] = []
        self.outside: list[str] = []
        page.add_init_script(TURNS)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self._complained(str(error)))
        page.on("request", self._asked)
        page.on("response", self._answered)

    def _said(self, message: Any) -> None:
        over = "/upload_progress?" in str(message.location) or message.text == "Response"
        if message.type == "error" and not over:
            self._complained(f"{message.text} {message.location}")

    def _complained(self, text: str) -> None:
        # a page that is left cancels its own open streams, and the framework says so; a server
        # that fails shows as a status or as net::ERR_…
        if not any(own in text for own in LEAVING):
            self.complaints.append(text)

    def _asked(self, request: Any) -> None:
        if not LOOPBACK.match(request.url):
            self.outside.append(request.url)

    def _answered(self, response: Any) -> None:
        # the framework requests the progress of an upload that has just ended
        over = "/upload_progress?" in response.url and response.status == 404
        if response.status >= 400 and not over:
            self.complaints.append(f"{response.status} {response.url}")

    def upload(self, tab: str, path: Path) -> None:
        """Upload a file of texts in a tab."""
        self.page.click(f"#{tab}-source > button")
        self.page.set_input_files(f"#{tab}-file input[type=file]", path)
        self.page.wait_for_selector(f"#{tab}-file >> text={path.stem}")

    def go(self, path: str = "") -> Visitor:
        """Open the page and wait until it is ready."""
        self.page.goto(self.site.address + path)
        self.page.wait_for_selector("#tab-similarity-button")
        self.page.wait_for_selector("#similarity-run")
        self.page.wait_for_function("turns.begun > 0 && turns.ended >= turns.begun")
        return self

    def tab(self, name: str) -> Visitor:
        """Open a tab."""
        self.page.click(f"#tab-{name}-button")
        self.page.wait_for_selector(f"#{name}-run", state="visible")
        self.page.wait_for_timeout(200)  # the contents of a tab are drawn when it opens
        return self

    def run(self, name: str) -> Visitor:
        """Press a tab's button and wait for its result."""
        self.press(name)
        self.page.wait_for_selector(f"#{name}-result", state="visible")
        return self

    def press(self, name: str) -> None:
        """Press a tab's button and wait until its events are finished and drawn."""
        begun = self.page.evaluate("turns.begun")
        self.page.click(f"#{name}-run")
        self.page.wait_for_function(
            "begun => turns.begun > begun && turns.ended >= turns.begun", arg=begun
        )
        self.page.wait_for_selector(f"#{name}-run:not([disabled])")

    def fails(self, name: str) -> str:
        """Press a tab's button, and return the error shown."""
        self.press(name)
        self.page.wait_for_selector(f"#{name}-notice .lw-error", state="visible")
        assert not self.page.is_visible(f"#{name}-result")
        return str(self.page.inner_text(f"#{name}-notice"))

    def fill(self, selector: str, text: str) -> Visitor:
        """Type into a box; repeat if the page has redrawn it in the meantime."""
        box = self.page.locator(f"{selector} textarea, {selector} input")
        for _ in range(10):
            box.fill(text)
            self.page.wait_for_timeout(50)
            if box.input_value() == text:
                return self
        raise AssertionError(f"{selector} does not keep what is typed")

    def text(self, selector: str) -> str:
        """The text of an element."""
        return str(self.page.inner_text(selector))

    def download(self, name: str, ending: str, folder: Path) -> Path:
        """Follow a download link, and return the file."""
        with self.page.expect_download() as waiting:
            self.page.click(f"#{name}-downloads a[href$='.{ending}']")
        path = folder / str(waiting.value.suggested_filename)
        waiting.value.save_as(path)
        return path

    def overflow(self) -> int:
        """Pixels by which the page is wider than the screen."""
        return int(
            self.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
        )


@pytest.fixture
def visitors(browser: Any, site: Site) -> Iterator[Callable[..., Visitor]]:
    """Opens pages; at the end, none may have had an error or a request to another host."""
    opened: list[tuple[Any, Visitor]] = []

    def open_page(**options: Any) -> Visitor:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
        context.set_default_timeout(60_000)
        visitor = Visitor(context.new_page(), site)
        opened.append((context, visitor))
        return visitor

    yield open_page
    complaints = [text for _, visitor in opened for text in visitor.complaints]
    for context, _ in opened:  # which cancels the requests that are under way
        context.close()
    assert complaints == []
    assert [url for _, visitor in opened for url in visitor.outside] == []
    assert site.outside == []


@pytest.fixture(scope="session")
def model() -> likewise.Encoder:
    """The model as the page loads it."""
    return likewise.load()
