"""The whole server with a store of its own, and people who have the workspace open."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.web.conftest import LOOPBACK

LOOKS = pytest.mark.parametrize(
    ("locale", "width", "scheme"),
    [
        ("en", 1280, "light"),
        ("en", 390, "dark"),
        ("zh-CN", 1280, "dark"),
        ("zh-CN", 390, "light"),
    ],
)
"""Each pair of language, width and color scheme."""

AXE = Path(__file__).with_name("axe.min.js")
"""axe-core 4.14.1 (MPL-2.0), from npm."""


@dataclass
class Workspace:
    """A server with the workspace."""

    address: str

    def collection(self, name: str, texts: Sequence[str]) -> None:
        """Make a collection of texts, over HTTP."""
        with httpx.Client(base_url=f"{self.address}/api/v1", timeout=60) as client:
            assert client.post("/collections", json={"name": name}).status_code == 200
            body = {"records": list(texts), "source": f"{name}.txt"}
            assert client.post(f"/collections/{name}/records", json=body).status_code == 200


@pytest.fixture(scope="session")
def workspace(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The server, started once for all tests."""
    import uvicorn

    from likewise.server.access import Access
    from likewise.server.app import Server, Settings
    from likewise.server.operations_api import ApiSettings
    from likewise.server.secure import ServedApp, secure

    folder = tmp_path_factory.mktemp("workspace")
    app = Server(Settings(api=ApiSettings(store=str(folder / "store"), state=folder / "state")))
    listener = socket.create_server(("127.0.0.1", 0))
    served = secure(ServedApp(app, app.routes.error_form), Access())
    config = uvicorn.Config(served, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.05)
    yield Workspace(f"http://127.0.0.1:{listener.getsockname()[1]}")
    server.should_exit = True
    thread.join(20)


class Person:
    """Somebody with the workspace open; what their page complains about is recorded."""

    def __init__(self, page: Any, workspace: Workspace) -> None:
        self.page, self.workspace = page, workspace
        self.complaints: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._asked)

    def _said(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} {message.location}")

    def _asked(self, request: Any) -> None:
        if not LOOPBACK.match(request.url):
            self.complaints.append(f"a request to {request.url}")

    def go(self, path: str = "") -> Person:
        """Open an address of the workspace."""
        self.page.goto(f"{self.workspace.address}/app{path}")
        self.page.wait_for_selector("html[data-ready=yes] main > *")
        return self

    def index(self, file: Path, name: str) -> None:
        """Make a collection from a file, as people do, and wait until it can be searched."""
        self.go("/import")
        self.page.set_input_files("input[type=file]:not([webkitdirectory])", file)
        self.page.wait_for_selector("table tbody tr")
        self.page.fill("input[required]", name)
        self.page.click("button.primary")
        self.page.wait_for_selector("[role=search]")
        self.page.wait_for_selector(".job", state="detached")

    def search(self, query: str) -> list[str]:
        """Type a query; gives the texts that were found."""
        with self.page.expect_response(lambda answer: answer.url.endswith("/search")):
            self.page.fill("[role=search] input[type=search]", query)
        self.page.wait_for_selector(".found[aria-busy=false] [role=status] >> text=ms")
        return [str(text) for text in self.page.locator(".hit .text").all_inner_texts()]

    def overflow(self) -> int:
        """Pixels by which the page is wider than the screen."""
        return int(
            self.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
        )

    def findings(self) -> list[str]:
        """What axe-core finds that is serious or critical."""
        self.page.evaluate(AXE.read_text("utf-8"))  # a script tag would be refused
        found = self.page.evaluate(
            "axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations)"
        )
        return [
            f"{each['id']}: {node['html'][:160]}"
            for each in found
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]


@pytest.fixture
def people(browser: Any, workspace: Workspace) -> Iterator[Callable[..., Person]]:
    """Opens the workspace; at the end, no page may have complained or called another host."""
    opened: list[tuple[Any, Person]] = []

    def arrive(**options: Any) -> Person:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
        context.set_default_timeout(60_000)
        person = Person(context.new_page(), workspace)
        opened.append((context, person))
        return person

    yield arrive
    complaints = [text for _, person in opened for text in person.complaints]
    for context, _ in opened:  # which cancels the requests that are under way
        context.close()
    assert complaints == []


QUESTIONS = {
    "cards": (
        "My card was stolen", "My card is lost", "How do I block a lost card?",
        "My new card has not arrived", "When will my card be delivered?",
    ),
    "refunds": (
        "How do I get my money back?", "I want a refund", "The refund is missing",
        "Can I return what I bought?", "How do I get my money back",
    ),
    "access": (
        "I forgot my password", "How can I reset my passcode?", "I cannot log in",
        "The app does not let me in", "My account is locked",
    ),
}  # fmt: skip


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table with two columns of fields and one row that cannot be read."""
    path = tmp_path_factory.mktemp("tables") / "questions.csv"
    rows = ["text,topic,year"]
    for number, (topic, texts) in enumerate(QUESTIONS.items()):
        rows += [f'"{text}",{topic},{2000 + 10 * number + n}' for n, text in enumerate(texts)]
    rows.insert(4, "one,two,three,four,five")
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


@pytest.fixture(scope="session")
def questions(browser: Any, workspace: Workspace, table: Path) -> str:
    """The name of a collection of the table."""
    context = browser.new_context()
    context.set_default_timeout(60_000)
    Person(context.new_page(), workspace).index(table, "questions")
    context.close()
    return "questions"
