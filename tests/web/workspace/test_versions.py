"""Versions of a collection, compared as people do it."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from tests.web.workspace.conftest import Person, Workspace

pytestmark = pytest.mark.browser
People = Callable[..., Person]

LINES = (
    "The shop opens at nine.", "Refunds take thirty days.", "Parcels arrive on Monday.",
    "We sell bread and cake.", "Gift cards do not expire.",
)  # fmt: skip


@pytest.fixture(scope="module")
def versions(workspace: Workspace) -> str:
    """The name of a collection whose second version has a line more, one less and one edited."""
    workspace.collection("versions", LINES)
    edited = ["A new first line.", LINES[0], "Refunds take sixty days.", *LINES[3:]]
    body = {"records": edited, "source": "versions.txt", "sync": True}
    address = f"{workspace.address}/api/v1/collections/versions/records"
    assert httpx.post(address, json=body, timeout=60).status_code == 200
    return "versions"


def test_what_changed_between_two_versions(people: People, versions: str) -> None:
    person = people().go(f"/collections/{versions}/history")
    page = person.page
    page.click("tbody tr:first-child >> text=What changed")
    page.wait_for_selector(".differences >> text=1 added, 1 removed, 1 changed")
    page.wait_for_selector(".differences >> text=3 unchanged")
    assert page.inner_text(".differences .texts del") == "thirty"
    assert page.inner_text(".differences .texts ins") == "sixty"
    assert page.inner_text(".differences ul ins") == "A new first line."
    assert page.inner_text(".differences ul del") == LINES[2]
    page.reload()  # the address has both versions
    page.wait_for_selector(".differences >> text=1 added, 1 removed, 1 changed")
    page.select_option(".differences label:has-text('From') select", "3")
    page.select_option(".differences label:has-text('To') select", "2")
    page.wait_for_selector(".differences del >> text=sixty")
    page.select_option(".differences label:has-text('To') select", "")
    page.wait_for_selector(".differences >> text=The two versions have the same records.")


@pytest.mark.parametrize(
    ("locale", "width", "scheme"), [("en", 1280, "dark"), ("zh-CN", 390, "light")]
)
def test_versions_are_accessible(
    people: People, versions: str, locale: str, width: int, scheme: str
) -> None:
    person = people(locale=locale, color_scheme=scheme, viewport={"width": width, "height": 844})
    person.go(f"/collections/{versions}/history?from=2")
    person.page.wait_for_selector(".differences .pair >> nth=2")
    assert (person.findings(), person.overflow()) == ([], 0)
