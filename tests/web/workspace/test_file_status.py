"""Files that change after they were indexed, as people see it on the page of a collection."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.web.workspace.conftest import Person, Workspace

pytestmark = pytest.mark.browser
People = Callable[..., Person]


def index_folder(workspace: Workspace, folder: Path, name: str) -> None:
    """Index a folder of this machine where it is, and wait for it."""
    with httpx.Client(base_url=f"{workspace.address}/api/v1", timeout=60) as client:
        named = client.post("/files/path", json={"path": str(folder)}).json()["id"]
        job = client.post(f"/collections/{name}/index", json={"files": [named]}).json()["id"]
        deadline = time.monotonic() + 60
        while client.get(f"/jobs/{job}").json()["status"] != "done":
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_changed_files_are_shown_and_indexed_again(
    people: People, workspace: Workspace, tmp_path: Path
) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / f"{name}.txt").write_text(f"Notes of {name}.\n", "utf-8")
    index_folder(workspace, folder, "watched")
    person = people().go("/collections/watched")
    page = person.page
    page.wait_for_selector(".filestatus >> text=3 files unchanged")
    (folder / "a.txt").write_text("The harbor is closed.\n", "utf-8")
    (folder / "b.txt").unlink()
    (folder / "d.txt").write_text("A ladder is missing.\n", "utf-8")
    page.click(".filestatus >> text=Look again")
    page.wait_for_selector(".filestatus >> text=1 new file · 1 changed · 1 deleted")
    page.click(".filestatus summary")
    assert page.locator(".filestatus li").count() == 3
    assert person.findings() == []
    page.click(".filestatus >> text=Bring up to date")
    page.wait_for_selector(".filestatus >> text=3 files unchanged")
    page.wait_for_selector(".hit >> text=A ladder is missing.")
    assert page.locator(".hit").count() == 3
    folder.rename(tmp_path / "elsewhere")
    page.click(".filestatus >> text=Look again")
    page.wait_for_selector(".filestatus >> text=/is no longer there/")


def test_files_that_were_sent_have_no_status(people: People, questions: str) -> None:
    person = people().go(f"/collections/{questions}")
    person.page.wait_for_selector(".hit")
    person.page.wait_for_load_state("networkidle")
    assert person.page.locator(".filestatus").count() == 0


@pytest.mark.parametrize(
    ("locale", "width", "scheme"), [("en", 1280, "dark"), ("zh-CN", 390, "light")]
)
def test_the_status_is_accessible(
    people: People, tmp_path: Path, locale: str, width: int, scheme: str
) -> None:
    person = people(locale=locale, color_scheme=scheme, viewport={"width": width, "height": 844})
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.txt").write_text("Notes of a.\n", "utf-8")
    index_folder(person.workspace, folder, f"status-{width}")
    (folder / f"{'long-' * 20}name.txt").write_text("More notes.\n", "utf-8")
    person.go(f"/collections/status-{width}")
    person.page.click(".filestatus summary")
    person.page.wait_for_load_state("networkidle")
    assert (person.findings(), person.overflow()) == ([], 0)
